/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "completion.h"

#include <stdbool.h>
#include <string.h>

enum complete_with { COMPLETE_NOTHING, COMPLETE_FILES, COMPLETE_DIRECTORIES, COMPLETE_WORDS };

/* What an argument's name says about its values; the words, if any, go to buffer. */
static enum complete_with argument_completion(const char *argument, char *words, size_t size)
{
    char copy[128], *save = NULL;

    words[0] = '\0';
    if (strstr(argument, "FILE") || strstr(argument, "ELF") || strcmp(argument, "PATH") == 0 ||
        strcmp(argument, "SOCKET") == 0) {
        return COMPLETE_FILES;
    }
    if (strcmp(argument, "DIR") == 0) {
        return COMPLETE_DIRECTORIES;
    }
    snprintf(copy, sizeof(copy), "%s", argument);
    for (char *word = strtok_r(copy, "|", &save); word; word = strtok_r(NULL, "|", &save)) {
        size_t used = strlen(words);

        if (word[strspn(word, "abcdefghijklmnopqrstuvwxyz-")] == '\0') {
            snprintf(words + used, size - used, "%s%s", used ? " " : "", word);
        }
    }
    return words[0] ? COMPLETE_WORDS : COMPLETE_NOTHING;
}

static bool takes_separate_argument(const struct option_spec *spec)
{
    return spec->argument && spec->argument[0] != '[';
}

static void bash_option_values(FILE *out, const struct command *command)
{
    char words[128];

    fputs("            case $previous in\n", out);
    for (const struct option_spec *spec = command->options; spec->name; spec++) {
        if (!takes_separate_argument(spec)) {
            continue;
        }
        fputs("                ", out);
        if (spec->letter) {
            fprintf(out, "-%c|", spec->letter);
        }
        fprintf(out, "--%s) ", spec->name);
        switch (argument_completion(spec->argument, words, sizeof(words))) {
        case COMPLETE_FILES:
            fputs("COMPREPLY=($(compgen -f -- \"$word\"));", out);
            break;
        case COMPLETE_DIRECTORIES:
            fputs("COMPREPLY=($(compgen -d -- \"$word\"));", out);
            break;
        case COMPLETE_WORDS:
            fprintf(out, "COMPREPLY=($(compgen -W '%s' -- \"$word\"));", words);
            break;
        case COMPLETE_NOTHING:
            break;
        }
        fputs(" return;;\n", out);
    }
    fputs("            esac\n", out);
}

/* What stands on the command line are recordings, and nothing else. */
static bool takes_recordings_only(const struct command *command)
{
    return command->operands && !strchr(command->operands, ' ');
}

static void bash_command(FILE *out, const struct command *command)
{
    fprintf(out, "        %s)\n", command->name);
    bash_option_values(out, command);
    fputs("            if [[ $word == -* ]]; then\n"
          "                COMPREPLY=($(compgen -W '",
          out);
    for (const struct option_spec *spec = command->options; spec->name; spec++) {
        fprintf(out, "--%s ", spec->name);
    }
    fputs("--help' -- \"$word\"))\n            else\n", out);
    if (strcmp(command->name, "help") == 0) {
        fputs("                COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n", out);
    } else if (!takes_recordings_only(command)) {
        fputs("                COMPREPLY=($(compgen -f -- \"$word\"))\n", out);
    } else {
        fputs("                COMPREPLY=($(compgen -d -- \"$word\"))\n", out);
    }
    fputs("            fi;;\n", out);
}

static void bash_completion(FILE *out, const struct command *const *commands)
{
    fputs("# bash completion for ebb, generated from its option tables\n"
          "_ebb()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local commands='",
          out);
    for (int i = 0; commands[i]; i++) {
        fprintf(out, "%s%s", i ? " " : "", commands[i]->name);
    }
    fputs("'\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
          out);
    for (int i = 0; commands[i]; i++) {
        bash_command(out, commands[i]);
    }
    fputs("    esac\n}\ncomplete -o filenames -F _ebb ebb\n", out);
}

/* Text inside single quotes of the shell, without the characters that _arguments takes for its
 * own. */
static void print_zsh_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", out);
        } else if (strchr("[]:\\", *text)) {
            fprintf(out, "\\%c", *text);
        } else {
            fputc(*text, out);
        }
    }
}

static void zsh_option(FILE *out, const struct option_spec *spec)
{
    char words[128];

    fprintf(out, " \\\n                '--%s%s[", spec->name,
            takes_separate_argument(spec) ? "=" : "");
    print_zsh_text(out, spec->help);
    fputs("]", out);
    if (takes_separate_argument(spec)) {
        fputs(":", out);
        print_zsh_text(out, spec->argument);
        switch (argument_completion(spec->argument, words, sizeof(words))) {
        case COMPLETE_FILES:
            fputs(":_files", out);
            break;
        case COMPLETE_DIRECTORIES:
            fputs(":_files -/", out);
            break;
        case COMPLETE_WORDS:
            fprintf(out, ":(%s)", words);
            break;
        case COMPLETE_NOTHING:
            fputs(": ", out);
            break;
        }
    }
    fputs("'", out);
}

static void zsh_completion(FILE *out, const struct command *const *commands)
{
    fputs("#compdef ebb\n# zsh completion for ebb, generated from its option tables\n"
          "_ebb()\n{\n    local -a commands\n    commands=(\n",
          out);
    for (int i = 0; commands[i]; i++) {
        fprintf(out, "        '%s:", commands[i]->name);
        print_zsh_text(out, commands[i]->summary);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    "
          "fi\n"
          "    local name=$words[2]\n    shift words\n    ((CURRENT--))\n    case $name in\n",
          out);
    for (int i = 0; commands[i]; i++) {
        const struct command *command = commands[i];

        fprintf(out, "        %s)\n            _arguments '--help[Prints help.]'", command->name);
        for (const struct option_spec *spec = command->options; spec->name; spec++) {
            zsh_option(out, spec);
        }
        if (strcmp(command->name, "help") == 0) {
            fputs(" '1:command:{_describe command commands}';;\n", out);
        } else {
            bool recordings = takes_recordings_only(command);

            fprintf(out, " '*:%s:_files%s';;\n", recordings ? "recording" : "file",
                    recordings ? " -/" : "");
        }
    }
    fputs("    esac\n}\n_ebb \"$@\"\n", out);
}

static void print_fish_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void fish_option(FILE *out, const char *command, const struct option_spec *spec)
{
    char words[128];

    fprintf(out, "complete -c ebb -n '__fish_seen_subcommand_from %s' -l %s", command, spec->name);
    if (spec->letter) {
        fprintf(out, " -s %c", spec->letter);
    }
    if (takes_separate_argument(spec)) {
        switch (argument_completion(spec->argument, words, sizeof(words))) {
        case COMPLETE_FILES:
            fputs(" -r -F", out);
            break;
        case COMPLETE_DIRECTORIES:
            fputs(" -x -a '(__fish_complete_directories)'", out);
            break;
        case COMPLETE_WORDS:
            fprintf(out, " -x -a '%s'", words);
            break;
        case COMPLETE_NOTHING:
            fputs(" -x", out);
            break;
        }
    }
    fputs(" -d ", out);
    print_fish_text(out, spec->help);
    fputc('\n', out);
}

static void fish_completion(FILE *out, const struct command *const *commands)
{
    fputs("# fish completion for ebb, generated from its option tables\n", out);
    for (int i = 0; commands[i]; i++) {
        fprintf(out, "complete -c ebb -f -n __fish_use_subcommand -a %s -d ", commands[i]->name);
        print_fish_text(out, commands[i]->summary);
        fputc('\n', out);
        for (const struct option_spec *spec = commands[i]->options; spec->name; spec++) {
            fish_option(out, commands[i]->name, spec);
        }
    }
}

int completion_write(FILE *out, const struct command *const *commands, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        bash_completion(out, commands);
    } else if (strcmp(shell, "zsh") == 0) {
        zsh_completion(out, commands);
    } else if (strcmp(shell, "fish") == 0) {
        fish_completion(out, commands);
    } else {
        return -1;
    }
    return 0;
}
