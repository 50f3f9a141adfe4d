/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands and their options, as tables. The parser, --help, the manual pages and the completion
 * scripts all read the same tables, so that they cannot tell different stories.
 */
#ifndef EBB_CLI_OPTIONS_H
#define EBB_CLI_OPTIONS_H

#include "log/error.h"

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_MAX 24       /* entries in a command's table */
#define OPTION_VALUES_MAX 16 /* of the option that may be repeated */

/*
 * One option. The argument's name also tells completion what to offer: DIR directories, FILE, ELF,
 * PATH and SOCKET files, "begin|end|POSITION" the words in lower case. An argument in brackets
 * ("[FILE]") may be left out and is given as --name=FILE only.
 */
struct option_spec {
    const char *name;     /* long name without dashes; NULL ends a table */
    char letter;          /* short name; 0: none */
    const char *argument; /* NULL: the option is a flag */
    const char *help;     /* a sentence or two, no line breaks */
};

/* What stands on a command line. Strings belong to argv. */
struct arguments {
    const char *values[OPTIONS_MAX];         /* by table index; NULL: not given; "" for flags */
    const char *repeated[OPTION_VALUES_MAX]; /* all of the option that may be repeated */
    int repeated_count;
    char **operands;
    int operand_count;
    char **rest; /* command.passes_on: what is handed to another program */
    int rest_count;
    bool help;
    const struct command *const *commands; /* all there are; from whoever runs one */
    const struct command *command;         /* the one that is run; the same */
    const struct merging *merging;         /* of ebb merge (merging.h), which runs it; else NULL */
};

struct command {
    const char *name;
    const char *summary;         /* "records a guest": one line, no full stop */
    const char *operands;        /* "[RECORDING]"; as in the synopsis */
    const char *rest;            /* "QEMU-ARGUMENT..."; NULL: the command passes nothing on */
    bool own_options_first;      /* the first word that is not ours begins the rest */
    const char *rest_option;     /* or what stands behind this flag, a long name, is the rest */
    const char *repeated_option; /* a long name: may be given several times; NULL: none may */
    const char *description;     /* paragraphs, separated by empty lines */
    const char *examples;        /* lines of "command" or "# what it does"; may be NULL */
    const struct option_spec *options;
    int operands_max;
    /* What the first operand may be: word n, and a line about it; NULL behind the last. NULL:
     * anything. words_title stands above them ("Formats"). */
    const char *words_title;
    const char *(*word)(size_t n, const char **summary);
    /* Returns 0, or -1 after filling *error; the error's kind is the exit status. */
    int (*run)(const struct arguments *arguments, struct ebb_error *error);
};

/* The command with that name, or NULL; a NULL ends the table of commands. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* The place in its table of the command's option of that long name; -1: it has none. */
int command_option(const struct command *command, const char *name);

/*
 * Reads the words after the command's name (argc of them). The words may be reordered. Returns 0,
 * or -1 with EBB_ERROR_USAGE. Not reentrant: getopt_long(3) underneath keeps its place in globals.
 */
int options_parse(const struct command *command, int argc, char **argv, struct arguments *arguments,
                  struct ebb_error *error);

/* The value of the command's option of that long name; NULL: not given, or there is none. */
const char *arguments_value(const struct arguments *arguments, const char *name);

/* Whole numbers, decimal or 0x hexadecimal, with _ between digits where the user likes. what names
 * the thing in the message ("--workers"). */
int options_number(const char *text, const char *what, unsigned long long maximum,
                   unsigned long long *number, struct ebb_error *error);

/* The same for positions, which may also be as we print them, or others do: with blanks or commas
 * between groups of three digits. */
int options_position(const char *text, const char *what, unsigned long long *number,
                     struct ebb_error *error);

/* A number of bytes with an optional suffix K, M, G or T (powers of 1024). */
int options_size(const char *text, const char *what, unsigned long long *bytes,
                 struct ebb_error *error);

#endif
