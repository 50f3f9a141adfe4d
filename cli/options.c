/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parser is glibc's getopt_long under our tables: it reorders words and knows --name=value,
 * --name value, -nvalue and unambiguous abbreviations as users expect them, and it is everywhere
 * that Ebb is. argp would bring its own help texts, but not manual pages or completion.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_HELP = 1000, OPTION_TABLE = 1001 }; /* getopt_long values; no character's */

const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (int i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int optional_or_required(const struct option_spec *spec)
{
    if (!spec->argument) {
        return no_argument;
    }
    return spec->argument[0] == '[' ? optional_argument : required_argument;
}

/* The table in getopt's form. A leading ':' makes it tell a missing argument from a bad option. */
static void build_getopt_tables(const struct command *command, struct option *longs, char *shorts)
{
    size_t n = 0;

    *shorts++ = ':';
    *shorts++ = 'h';
    for (const struct option_spec *spec = command->options; spec->name; spec++, n++) {
        longs[n] = (struct option){
            .name = spec->name,
            .has_arg = optional_or_required(spec),
            .val = OPTION_TABLE + (int)n,
        };
        if (spec->letter) {
            *shorts++ = spec->letter;
            if (spec->argument) {
                *shorts++ = ':';
            }
        }
    }
    longs[n++] = (struct option){.name = "help", .val = OPTION_HELP};
    longs[n] = (struct option){0};
    *shorts = '\0';
}

static int table_index_of_letter(const struct command *command, int letter)
{
    for (int i = 0; command->options[i].name; i++) {
        if (command->options[i].letter == letter) {
            return i;
        }
    }
    return -1;
}

/* How many words of argv the option at its start takes: 0 if it is none of the command's. */
static int own_option_words(const struct command *command, int argc, char **argv)
{
    const char *word = argv[0];

    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        return 1;
    }
    for (const struct option_spec *spec = command->options; spec->name; spec++) {
        size_t length = strlen(spec->name);
        bool takes_next = optional_or_required(spec) == required_argument;
        bool is_long = strncmp(word, "--", 2) == 0 && strncmp(word + 2, spec->name, length) == 0;

        if (is_long && word[2 + length] == '=') {
            return 1;
        }
        if ((is_long && word[2 + length] == '\0') ||
            (spec->letter && word[0] == '-' && word[1] == spec->letter && word[2] == '\0')) {
            return takes_next && argc > 1 ? 2 : 1;
        }
    }
    return 0;
}

/* True for the option that the rest stands behind. */
static bool begins_rest(const struct command *command, const char *word)
{
    return command->rest_option && strncmp(word, "--", 2) == 0 &&
           strcmp(word + 2, command->rest_option) == 0;
}

/* Splits argv where the rest is what stands behind an option of ours, or that and "--". */
static int split_behind_option(const struct command *command, int argc, char **argv,
                               struct arguments *arguments)
{
    int own = 0, rest;

    while (own < argc && strcmp(argv[own], "--") != 0 && !begins_rest(command, argv[own])) {
        int words = own_option_words(command, argc - own, argv + own);

        own += words ? words : 1;
    }
    rest = own + 1;
    if (own < argc && begins_rest(command, argv[own])) {
        own++;
        rest = own + (own < argc && strcmp(argv[own], "--") == 0);
    }
    if (rest < argc) {
        arguments->rest = argv + rest;
        arguments->rest_count = argc - rest;
    }
    return own;
}

/* The index of the first "--" at or behind one; argc: there is none. */
static int find_end(int argc, char **argv, int from)
{
    while (from < argc && strcmp(argv[from], "--") != 0) {
        from++;
    }
    return from;
}

/* Splits argv into ours and the rest; returns the number of words that are ours. */
static int split_rest(const struct command *command, int argc, char **argv,
                      struct arguments *arguments)
{
    int own = 0, words, end;

    if (command->rest_option) {
        return split_behind_option(command, argc, argv, arguments);
    }
    while (command->own_options_first && own < argc && strcmp(argv[own], "--") != 0 &&
           (words = own_option_words(command, argc - own, argv + own)) > 0) {
        own += words;
    }
    end = find_end(argc, argv, own);
    if (end < argc) {
        own = end; /* what is before it was meant for us, and the parser will say what is wrong */
        arguments->rest = argv + end + 1;
        arguments->rest_count = argc - end - 1;
    } else if (command->own_options_first && own < argc) {
        arguments->rest = argv + own;
        arguments->rest_count = argc - own;
    } else {
        own = argc;
    }
    return own;
}

static int usage_error(const struct command *command, int result, char **words,
                       struct ebb_error *error)
{
    /* getopt leaves optind behind the word in question, except inside a group of letters. */
    const char *word = words[optind > 1 ? optind - 1 : 1];

    if (result == ':') {
        return ebb_fail(error, EBB_ERROR_USAGE, "option %s needs an argument (see ebb help %s)",
                        word, command->name);
    }
    if (optopt >= OPTION_HELP) {
        return ebb_fail(error, EBB_ERROR_USAGE, "option %s takes no argument (see ebb help %s)",
                        word, command->name);
    }
    if (optopt) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no option -%c (see ebb help %s)",
                        isprint(optopt) ? optopt : '?', command->name);
    }
    return ebb_fail(error, EBB_ERROR_USAGE, "there is no option %s (see ebb help %s)", word,
                    command->name);
}

static bool is_repeated(const struct command *command, int index)
{
    return command->repeated_option &&
           !strcmp(command->options[index].name, command->repeated_option);
}

static int add_repeated(struct arguments *arguments, const char *value, struct ebb_error *error)
{
    if (arguments->repeated_count == OPTION_VALUES_MAX) {
        return ebb_fail(error, EBB_ERROR_USAGE, "\"%s\" is one too many; give at most %d of these",
                        value, OPTION_VALUES_MAX);
    }
    arguments->repeated[arguments->repeated_count++] = value;
    return 0;
}

/* words[0] stands in for a program's name; getopt starts behind it. */
static int parse_own(const struct command *command, int count, char **words,
                     struct arguments *arguments, struct ebb_error *error)
{
    struct option longs[OPTIONS_MAX + 2];
    char shorts[2 * OPTIONS_MAX + 3];
    int result;

    build_getopt_tables(command, longs, shorts);
    optind = 0; /* glibc: start afresh */
    opterr = 0;
    while ((result = getopt_long(count, words, shorts, longs, NULL)) != -1) {
        int index =
            result >= OPTION_TABLE ? result - OPTION_TABLE : table_index_of_letter(command, result);

        if (result == 'h' || result == OPTION_HELP) {
            arguments->help = true;
        } else if (result == '?' || result == ':' || index < 0) {
            return usage_error(command, result, words, error);
        } else {
            arguments->values[index] = optarg ? optarg : "";
            if (is_repeated(command, index) && add_repeated(arguments, optarg, error) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int options_parse(const struct command *command, int argc, char **argv, struct arguments *arguments,
                  struct ebb_error *error)
{
    char **words;
    int own, status;

    *arguments = (struct arguments){0};
    own = split_rest(command, argc, argv, arguments);
    words = calloc((size_t)own + 2, sizeof(*words));
    if (!words) {
        return ebb_fail_memory(error);
    }
    words[0] = (char *)command->name;
    memcpy(words + 1, argv, (size_t)own * sizeof(*words));
    status = parse_own(command, own + 1, words, arguments, error);
    memcpy(argv, words + 1, (size_t)own * sizeof(*words));
    free(words);
    if (status < 0 || arguments->help) {
        return status;
    }
    arguments->operands = argv + optind - 1;
    arguments->operand_count = own - (optind - 1);
    if (!command->rest && arguments->rest_count > 0) {
        /* "--" only protects operands that look like options; close the gap it leaves. */
        memmove(argv + own, arguments->rest, (size_t)arguments->rest_count * sizeof(*argv));
        arguments->operand_count += arguments->rest_count;
        arguments->rest = NULL;
        arguments->rest_count = 0;
    }
    if (arguments->operand_count > command->operands_max) {
        return ebb_fail(error, EBB_ERROR_USAGE, "\"%s\" is one argument too many (see ebb help %s)",
                        arguments->operands[command->operands_max], command->name);
    }
    return 0;
}

/* Reads digits up to the first character that cannot be one; *end is set behind them. */
static int parse_digits(const char *text, unsigned long long *number, const char **end)
{
    unsigned base = 10;
    bool any = false;

    *number = 0;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    for (; (*text == '_' && any) || isxdigit((unsigned char)*text); text++) {
        unsigned digit;

        if (*text == '_') {
            continue;
        }
        digit = isdigit((unsigned char)*text) ? (unsigned)(*text - '0')
                                              : (unsigned)(tolower(*text) - 'a' + 10);
        if (digit >= base) {
            break;
        }
        if (__builtin_mul_overflow(*number, base, number) ||
            __builtin_add_overflow(*number, digit, number)) {
            return -1;
        }
        any = true;
    }
    *end = text;
    return any ? 0 : -1;
}

int command_option(const struct command *command, const char *name)
{
    for (int i = 0; command->options[i].name; i++) {
        if (strcmp(command->options[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *arguments_value(const struct arguments *arguments, const char *name)
{
    int i = command_option(arguments->command, name);

    return i < 0 ? NULL : arguments->values[i];
}

int options_number(const char *text, const char *what, unsigned long long maximum,
                   unsigned long long *number, struct ebb_error *error)
{
    const char *end;

    if (parse_digits(text, number, &end) < 0 || *end != '\0') {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s: \"%s\" is not a whole number", what, text);
    }
    if (*number > maximum) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s: %s is more than %llu", what, text, maximum);
    }
    return 0;
}

/* Copies a number without what divides its digits into groups of three: blanks or commas, the same
 * throughout. Returns false if it has others, or does not fit. */
static bool ungroup(const char *text, char *plain, size_t size)
{
    size_t digits = strspn(text, "0123456789");
    char divider = text[digits];
    bool grouped = divider == ' ' || divider == ',';

    if (!grouped) {
        return snprintf(plain, size, "%s", text) < (int)size;
    }
    if (digits < 1 || digits > 3 || strlen(text) >= size) {
        return false;
    }
    for (memcpy(plain, text, digits), plain += digits, text += digits; *text == divider;
         text += 4, plain += 3) {
        if (strspn(text + 1, "0123456789") != 3) {
            return false;
        }
        memcpy(plain, text + 1, 3);
    }
    *plain = '\0';
    return *text == '\0';
}

int options_position(const char *text, const char *what, unsigned long long *number,
                     struct ebb_error *error)
{
    char plain[80];

    return ungroup(text, plain, sizeof(plain))
               ? options_number(plain, what, ULLONG_MAX, number, error)
               : ebb_fail(error, EBB_ERROR_USAGE, "%s: \"%s\" is not a whole number", what, text);
}

int options_size(const char *text, const char *what, unsigned long long *bytes,
                 struct ebb_error *error)
{
    static const char suffixes[] = "KMGT";
    const char *end, *suffix;
    unsigned shift = 0;

    if (parse_digits(text, bytes, &end) == 0) {
        suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
        if (suffix) {
            shift = 10 * (unsigned)(suffix - suffixes + 1);
            end++;
        }
        if (*end == '\0' && *bytes <= ULLONG_MAX >> shift) {
            *bytes <<= shift;
            return 0;
        }
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "%s: \"%s\" is not a size; write bytes, or a number with K, M, G or T", what,
                    text);
}
