/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manual.h"

#include "version.h"

#include <ctype.h>
#include <string.h>

#define HELP_WIDTH 79

struct named_text {
    const char *name;
    const char *text;
};

static const char about[] =
    "Ebb records a whole ARM virtual machine while it runs, replays the recording bit for bit on "
    "any machine, without its devices and disks, and lets gdb run it backwards.\n\n"
    "A recording is a directory. Time in it is a position: the number of instructions that the "
    "guest has executed since the recording began. Every state of the guest has one, and any "
    "position can be reached again.";

static const struct named_text exit_statuses[] = {
    {"0", "The command did what it was asked to."},
    {"1", "The work could not be done: I/O, memory, a missing program."},
    {"2", "The request itself is wrong."},
    {"3", "Replay and recording disagree; the report on standard error says where."},
    {"4", "The recording is damaged."},
    {"5", "The guest, the machine or the recording's version cannot be handled."},
    {"6", "Stopped by the user."},
    {"7", "No run of the guest met a condition of --until."},
};

static const struct named_text environment[] = {
    {"EBB_QEMU", "The qemu-system-aarch64 of Ebb's own build, to record and to replay with."},
    {"EBB_GDB", "The gdb that is started; default: gdb-multiarch, else gdb."},
    {"EBB_GDB_SCRIPTS",
     "The directory with ebb.py and what else gdb is given, if not the installed one."},
    {"EBB_PROGRAM",
     "In gdb, the ebb that answers its command ebb ask; ebb replay names itself to the gdb that it "
     "starts. Default: the installed one, else that in $PATH."},
};

static const struct named_text files[] = {
    {"ebb-recording-N", "Recordings are made in the current directory under the next free number "
                        "unless -o says otherwise. Commands that take a recording use the newest "
                        "of these when none is given."},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Prints text wrapped to the terminal's width, every line indented; "\n\n" separates paragraphs. */
static void print_wrapped(FILE *out, const char *text, int indent, int column)
{
    while (*text) {
        size_t length = strcspn(text, " \n");

        if (column > indent && column + 1 + (int)length > HELP_WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0) {
            fprintf(out, "%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, length, out);
        column += (int)length;
        text += length;
        if (*text == '\n') {
            fputs("\n\n", out);
            column = 0;
        }
        text += strspn(text, " \n");
    }
    if (column > 0) {
        fputc('\n', out);
    }
}

static void print_entry(FILE *out, const char *name, const char *text, int indent)
{
    int column = fprintf(out, "  %s", name);

    if (column + 2 > indent) {
        fputc('\n', out);
        column = 0;
    } else {
        fprintf(out, "%*s", indent - column, "");
        column = indent;
    }
    print_wrapped(out, text, indent, column);
}

void manual_help(FILE *out, const struct command *const *commands)
{
    fputs("Usage: ebb COMMAND [OPTION...] [ARGUMENT...]\n\n", out);
    print_wrapped(out, about, 0, 0);
    fputs("\nCommands:\n", out);
    for (int i = 0; commands[i]; i++) {
        print_entry(out, commands[i]->name, commands[i]->summary, 12);
    }
    fputs("\nExit status:\n", out);
    for (size_t i = 0; i < COUNT(exit_statuses); i++) {
        print_entry(out, exit_statuses[i].name, exit_statuses[i].text, 12);
    }
    fputs("\nEnvironment:\n", out);
    for (size_t i = 0; i < COUNT(environment); i++) {
        print_entry(out, environment[i].name, environment[i].text, 20);
    }
    fputs("\n\"ebb help COMMAND\" tells about a command, \"ebb --version\" the version.\n", out);
}

/* "-o, --output=DIR" */
static void format_option(const struct option_spec *spec, char *buffer, size_t size)
{
    const char *argument = spec->argument;
    char letter[8] = "";

    if (spec->letter) {
        snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
    }
    if (!argument) {
        snprintf(buffer, size, "%s--%s", letter, spec->name);
    } else if (argument[0] == '[') {
        snprintf(buffer, size, "%s--%s[=%s", letter, spec->name, argument + 1);
    } else {
        snprintf(buffer, size, "%s--%s=%s", letter, spec->name, argument);
    }
}

static void print_synopsis(FILE *out, const struct command *command)
{
    fprintf(out, "ebb %s [OPTION...]", command->name);
    if (command->operands) {
        fprintf(out, " %s", command->operands);
    }
    if (command->rest_option) {
        fprintf(out, " [--%s %s]", command->rest_option, command->rest);
    } else if (command->rest) {
        fprintf(out, command->own_options_first ? " [--] %s" : " [-- %s]", command->rest);
    }
}

static void print_words(FILE *out, const struct command *command)
{
    const char *word, *summary;

    if (command->word) {
        fprintf(out, "\n%s:\n", command->words_title);
        for (size_t i = 0; (word = command->word(i, &summary)); i++) {
            print_entry(out, word, summary, 12);
        }
    }
}

void manual_command_help(FILE *out, const struct command *command)
{
    char option[80];

    fputs("Usage: ", out);
    print_synopsis(out, command);
    fputs("\n\n", out);
    print_wrapped(out, command->description, 0, 0);
    print_words(out, command);
    fputs("\nOptions:\n", out);
    for (const struct option_spec *spec = command->options; spec->name; spec++) {
        format_option(spec, option, sizeof(option));
        print_entry(out, option, spec->help, 28);
    }
    print_entry(out, "-h, --help", "Prints this text.", 28);
    if (command->examples) {
        fprintf(out, "\nExamples:\n");
        for (const char *line = command->examples; *line;) {
            size_t length = strcspn(line, "\n");

            fprintf(out, "  %.*s\n", (int)length, line);
            line += length + (line[length] == '\n');
        }
    }
}

/* Text in roff: dashes that stay dashes, no line that begins with a control character. */
static void print_roff(FILE *out, const char *text)
{
    bool line_start = true;

    for (; *text; text++) {
        if (text[0] == '\n' && text[1] == '\n') {
            fputs("\n.PP\n", out);
            text++;
            line_start = true;
            continue;
        }
        if (line_start && (*text == '.' || *text == '\'')) {
            fputs("\\&", out);
        }
        if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else {
            fputc(*text, out);
        }
        line_start = *text == '\n';
    }
}

static void roff_section(FILE *out, const char *title)
{
    fprintf(out, ".SH %s\n", title);
}

static void roff_entry(FILE *out, const char *name, const char *text)
{
    fputs(".TP\n.B ", out);
    print_roff(out, name);
    fputc('\n', out);
    print_roff(out, text);
    fputc('\n', out);
}

static void roff_header(FILE *out, const char *suffix, const char *summary)
{
    fputs(".\\\" Generated by the ebb command from its option tables.\n.TH EBB", out);
    if (*suffix) {
        fputs("\\-", out);
        for (const char *letter = suffix; *letter; letter++) {
            fputc(toupper((unsigned char)*letter), out);
        }
    }
    fprintf(out, " 1 \"\" \"Ebb %s\" \"Ebb manual\"\n", EBB_VERSION);
    roff_section(out, "NAME");
    fprintf(out, "ebb%s%s \\- ", *suffix ? "\\-" : "", suffix);
    print_roff(out, summary);
    fputc('\n', out);
}

static void roff_entries(FILE *out, const char *title, const struct named_text *entries,
                         size_t count)
{
    roff_section(out, title);
    for (size_t i = 0; i < count; i++) {
        roff_entry(out, entries[i].name, entries[i].text);
    }
}

void manual_page(FILE *out, const struct command *const *commands)
{
    char name[64];

    roff_header(out, "", "records ARM virtual machines and debugs them backwards");
    roff_section(out, "SYNOPSIS");
    fputs(".B ebb\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n", out);
    roff_section(out, "DESCRIPTION");
    print_roff(out, about);
    fputc('\n', out);
    roff_section(out, "COMMANDS");
    for (int i = 0; commands[i]; i++) {
        snprintf(name, sizeof(name), "ebb-%s(1)", commands[i]->name);
        roff_entry(out, name, commands[i]->summary);
    }
    roff_entries(out, "EXIT STATUS", exit_statuses, COUNT(exit_statuses));
    roff_entries(out, "ENVIRONMENT", environment, COUNT(environment));
    roff_entries(out, "FILES", files, COUNT(files));
    roff_section(out, "SEE ALSO");
    fputs(".BR gdb (1),\n.BR qemu (1)\n", out);
}

static void roff_examples(FILE *out, const char *examples)
{
    roff_section(out, "EXAMPLES");
    fputs(".nf\n", out);
    for (const char *line = examples; *line;) {
        size_t length = strcspn(line, "\n");
        char buffer[256];

        snprintf(buffer, sizeof(buffer), "%.*s", (int)length, line);
        print_roff(out, buffer);
        fputc('\n', out);
        line += length + (line[length] == '\n');
    }
    fputs(".fi\n", out);
}

static void roff_words(FILE *out, const struct command *command)
{
    const char *word, *summary;

    if (command->word) {
        fputs(".SH ", out);
        for (const char *letter = command->words_title; *letter; letter++) {
            fputc(toupper((unsigned char)*letter), out);
        }
        fputc('\n', out);
        for (size_t i = 0; (word = command->word(i, &summary)); i++) {
            roff_entry(out, word, summary);
        }
    }
}

void manual_command_page(FILE *out, const struct command *command)
{
    char option[80];

    roff_header(out, command->name, command->summary);
    roff_section(out, "SYNOPSIS");
    fprintf(out, ".B ebb %s\n[\\fIOPTION\\fR...]", command->name);
    if (command->operands) {
        fprintf(out, " %s", command->operands);
    }
    if (command->rest_option) {
        fprintf(out, " [\\-\\-%s ", command->rest_option);
        print_roff(out, command->rest);
        fputc(']', out);
    } else if (command->rest) {
        fputs(command->own_options_first ? " [\\-\\-] " : " [\\-\\- ", out);
        print_roff(out, command->rest);
        fputs(command->own_options_first ? "" : "]", out);
    }
    fputc('\n', out);
    roff_section(out, "DESCRIPTION");
    print_roff(out, command->description);
    fputc('\n', out);
    roff_words(out, command);
    roff_section(out, "OPTIONS");
    for (const struct option_spec *spec = command->options; spec->name; spec++) {
        format_option(spec, option, sizeof(option));
        roff_entry(out, option, spec->help);
    }
    roff_entry(out, "-h, --help", "Prints a summary of this page.");
    if (command->examples) {
        roff_examples(out, command->examples);
    }
    roff_section(out, "EXIT STATUS");
    fputs("As described in\n.BR ebb (1).\n", out);
    roff_section(out, "SEE ALSO");
    fputs(".BR ebb (1)\n", out);
}
