/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb shell: a prompt to look at a recording without gdb. */
#include "commands.h"
#include "markers.h"
#include "progress.h"
#include "recording.h"
#include "register_name.h"
#include "slide.h"
#include "symbol_file.h"
#include "symbols.h"
#include "text.h"
#include "walls_check.h"

#include "replay/timeline/timeline.h"
#include "rsp/position.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#define WORDS_MAX 16
#define EVENTS_DEFAULT 10
#define BYTES_DEFAULT 64
#define BYTES_MAX 4096

struct shell {
    struct recording recording;
    struct timeline *timeline;
    struct progress progress;
    char *symbol_file;
    struct symbols *symbols; /* NULL: none */
    bool quit;
};

struct shell_command {
    const char *name;
    const char *arguments;
    int at_least, at_most; /* number of arguments */
    int (*run)(struct shell *shell, char **words, int count, struct ebb_error *error);
    const char *help;
};

static int run_help(struct shell *shell, char **words, int count, struct ebb_error *error);

static int show_place(struct shell *shell, struct ebb_error *error)
{
    char count[TEXT_NUMBER_SIZE], place[512] = "";
    char *printable;
    uint64_t pc;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0) {
        return -1;
    }
    if (shell->symbols) {
        symbols_describe(shell->symbols, pc, place, sizeof(place));
    }
    printable = text_printable(place, strlen(place));
    printf("%s  0x%016" PRIx64 "  %s\n", text_count(count, timeline_position(shell->timeline)), pc,
           printable ? printable : "");
    free(printable);
    return 0;
}

/* Says why a move ended, if not where it was to end. */
static int show_stop(struct shell *shell, const struct timeline_stop *stop, struct ebb_error *error)
{
    switch (stop->reason) {
    case TIMELINE_STOP_BEGIN:
        printf("This is the beginning of the recording.\n");
        break;
    case TIMELINE_STOP_END:
        printf("This is the end of the recording.\n");
        break;
    case TIMELINE_STOP_INTERRUPTED:
        printf("Stopped.\n");
        break;
    case TIMELINE_STOP_DAMAGED:
        return ebb_fail(error, EBB_ERROR_CORRUPT, "%s",
                        stop->report ? stop->report : "the recording is damaged behind this");
    case TIMELINE_STOP_DIVERGED:
        if (stop->report) {
            printf("%s\n", stop->report);
        }
        return ebb_fail(error, EBB_ERROR_DIVERGED,
                        "replay and log disagree after position %" PRIu64, stop->position);
    default:
        break;
    }
    return show_place(shell, error);
}

static int parse_position(struct shell *shell, const char *text, uint64_t *position,
                          struct ebb_error *error)
{
    const char *digits = rsp_position_digits(text);
    unsigned long long number = 0;

    if (digits && options_number(digits, "position", UINT64_MAX, &number, error) < 0) {
        return -1;
    }
    return rsp_position_resolve(shell->timeline, text, number, position, error);
}

static int run_position(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    (void)words;
    (void)count;
    return show_place(shell, error);
}

static int seek(struct shell *shell, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;
    int status;

    progress_begin(&shell->progress, "replaying");
    shell->progress.timeline = shell->timeline;
    status = timeline_seek(shell->timeline, position, &stop, error);
    progress_end(&shell->progress);
    return status < 0 ? -1 : show_stop(shell, &stop, error);
}

/* The marker whose name the words make. */
static int find_marker(struct shell *shell, char **words, int count, uint64_t *position,
                       struct ebb_error *error)
{
    char name[4 * MARKER_TEXT_MAX + WORDS_MAX] = "";
    const struct marker *marker;
    struct markers markers;
    int status = markers_read(&markers, shell->recording.log, shell->recording.manifest, error);

    for (int i = 0; i < count; i++) {
        size_t length = strlen(name);

        snprintf(name + length, sizeof(name) - length, "%s%s", i ? " " : "", words[i]);
    }
    marker = markers_find(&markers, name, timeline_position(shell->timeline));
    if (status == 0 && !marker) {
        status = ebb_fail(error, EBB_ERROR_USAGE,
                          "there is no marker \"%.40s\"; markers prints them", name);
    } else if (status == 0) {
        *position = marker->position;
    }
    markers_clear(&markers);
    return status;
}

static int run_seek(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    uint64_t position;
    int status;

    if (count > 2 && strcmp(words[1], "marker") == 0) {
        status = find_marker(shell, words + 2, count - 2, &position, error);
    } else if (count > 2) {
        status = ebb_fail(error, EBB_ERROR_USAGE, "write: %s POSITION", words[0]);
    } else if (strcmp(words[1], "until") == 0) {
        status = recording_position(&shell->recording, words[1], words[0], &position, error);
    } else {
        status = parse_position(shell, words[1], &position, error);
    }
    return status < 0 ? -1 : seek(shell, position, error);
}

static int run_markers(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    struct markers markers;
    int status = markers_read(&markers, shell->recording.log, shell->recording.manifest, error);

    (void)words;
    (void)count;
    for (size_t i = 0; i < markers.count && status == 0; i++) {
        char number[TEXT_NUMBER_SIZE];

        printf("%20s  %s\n", text_count(number, markers.list[i].position), markers.list[i].name);
    }
    markers_clear(&markers);
    return status;
}

/* step [N] and back [N]: steps are positions, so many of them are one seek. */
static int run_step(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    uint64_t position;
    char offset[40];

    snprintf(offset, sizeof(offset), "%c%.30s", words[0][0] == 'b' ? '-' : '+',
             count > 1 ? words[1] : "1");
    return parse_position(shell, offset, &position, error) < 0 ? -1 : seek(shell, position, error);
}

static int run_registers(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    /* gdb's numbering: AArch64 has its program counter at 32, 32-bit ARM at 15. */
    bool wide = timeline_pc_register(shell->timeline) == 32;
    unsigned shown = wide ? 34 : 17;

    (void)words;
    (void)count;
    for (unsigned i = 0; i < shown; i++) {
        static const char *const wide_names[] = {"sp", "pc", "cpsr"};
        static const char *const narrow_names[] = {"sp", "lr", "pc", "cpsr"};
        unsigned special = wide ? 31 : 13, number = !wide && i == 16 ? 25 : i;
        uint8_t bytes[16] = {0};
        uint64_t value = 0;
        char name[12]; /* a letter and any unsigned number */
        int size = timeline_read_register(shell->timeline, number, bytes, sizeof(bytes), error);

        if (size < 0) {
            return -1;
        }
        for (int byte = size < 8 ? size - 1 : 7; byte >= 0; byte--) {
            value = value << 8 | bytes[byte];
        }
        if (i < special) {
            snprintf(name, sizeof(name), "%c%u", wide ? 'x' : 'r', i);
        } else {
            snprintf(name, sizeof(name), "%s", (wide ? wide_names : narrow_names)[i - special]);
        }
        printf("%-5s 0x%0*" PRIx64 "%s", name, size * 2, value,
               i % 4 == 3 || i + 1 == shown ? "\n" : "   ");
    }
    return 0;
}

static int run_examine(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    unsigned long long address, length = BYTES_DEFAULT;
    uint8_t bytes[BYTES_MAX];
    long got;

    if (options_number(words[1], "address", UINT64_MAX, &address, error) < 0 ||
        (count > 2 && options_number(words[2], "length", BYTES_MAX, &length, error) < 0)) {
        return -1;
    }
    got = timeline_read_memory(shell->timeline, address, bytes, (size_t)length, error);
    if (got < 0) {
        return -1;
    }
    for (long i = 0; i < got; i += 16) {
        printf("%016llx ", address + (unsigned long long)i);
        for (long j = i; j < i + 16; j++) {
            printf(j < got ? " %02x" : "   ", j < got ? bytes[j] : 0);
        }
        printf("  ");
        for (long j = i; j < i + 16 && j < got; j++) {
            putchar(isprint(bytes[j]) && bytes[j] < 128 ? bytes[j] : '.');
        }
        putchar('\n');
    }
    if ((unsigned long long)got < length) {
        printf("No memory is mapped at 0x%llx.\n", address + (unsigned long long)got);
    }
    return 0;
}

static int run_events(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    unsigned long long wanted = EVENTS_DEFAULT;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int result;

    if (count > 1 && options_number(words[1], "count", UINT32_MAX, &wanted, error) < 0) {
        return -1;
    }
    cursor = ebb_cursor_new(shell->recording.log, error);
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_position(cursor, timeline_position(shell->timeline), error);
    while (result >= 0 && wanted-- > 0 && (result = ebb_cursor_next(cursor, &event, error)) > 0) {
        const char *name = ebb_event_kind_name(event.kind);
        char where[REGISTER_NAME_SIZE];

        if (event.kind == EBB_EVENT_SYSREG_READ || event.kind == EBB_EVENT_SYSREG_WRITE) {
            register_name_of(event.address, where);
        } else {
            snprintf(where, sizeof(where), "0x%08" PRIx64, event.address);
        }
        printf("%15" PRIu64 "  %-14s %s value 0x%" PRIx64 "\n", event.position,
               name ? name : "unknown", where, event.value);
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

static void print_checkpoint(void *opaque, const struct timeline_checkpoint_info *info)
{
    char position[TEXT_NUMBER_SIZE], bytes[TEXT_NUMBER_SIZE];

    (void)opaque;
    printf("%20s  %10s  %s\n", text_count(position, info->position),
           text_bytes(bytes, info->own_bytes), info->keyframe ? "keyframe" : "checkpoint");
}

static int run_checkpoints(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    timeline_visit_checkpoints(shell->timeline, print_checkpoint, NULL);
    return 0;
}

static int run_quit(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    shell->quit = true;
    return 0;
}

static const struct shell_command shell_commands[] = {
    {"position", "", 0, 0, run_position, "where in the recording this is"},
    {"seek", "POSITION", 1, WORDS_MAX - 1, run_seek,
     "goes there: a number, begin, end, until, +N or -N, or marker NAME"},
    {"goto", "POSITION", 1, WORDS_MAX - 1, run_seek, "the same"},
    {"markers", "", 0, 0, run_markers, "prints the guest's markers"},
    {"step", "[N]", 0, 1, run_step, "executes an instruction, or N"},
    {"back", "[N]", 0, 1, run_step, "takes back an instruction, or N"},
    {"registers", "", 0, 0, run_registers, "prints the CPU's general registers"},
    {"x", "ADDRESS [BYTES]", 1, 2, run_examine, "prints memory as the CPU sees it"},
    {"events", "[COUNT]", 0, 1, run_events, "prints the recorded events from here on"},
    {"checkpoints", "", 0, 0, run_checkpoints,
     "prints checkpoints and keyframes, reached without replaying"},
    {"help", "", 0, 0, run_help, "prints this list"},
    {"quit", "", 0, 0, run_quit, "leaves the shell"},
};

#define SHELL_COMMANDS (sizeof(shell_commands) / sizeof(shell_commands[0]))

static int run_help(struct shell *shell, char **words, int count, struct ebb_error *error)
{
    (void)shell;
    (void)words;
    (void)count;
    (void)error;
    for (size_t i = 0; i < SHELL_COMMANDS; i++) {
        printf("%-12s %-16s %s\n", shell_commands[i].name, shell_commands[i].arguments,
               shell_commands[i].help);
    }
    return 0;
}

/* The command that text is the beginning of; the first of them in the table's order. */
static const struct shell_command *find_command(const char *text)
{
    for (size_t i = 0; i < SHELL_COMMANDS; i++) {
        if (strncmp(shell_commands[i].name, text, strlen(text)) == 0) {
            return &shell_commands[i];
        }
    }
    return NULL;
}

static int run_line(struct shell *shell, char *line, struct ebb_error *error)
{
    char *words[WORDS_MAX], *save = NULL;
    const struct shell_command *command;
    int count = 0;

    for (char *word = strtok_r(line, " \t\r\n", &save); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \t\r\n", &save)) {
        words[count++] = word;
    }
    if (count == 0) {
        return 0;
    }
    command = find_command(words[0]);
    if (!command) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no command \"%.40s\"; try help",
                        words[0]);
    }
    if (count - 1 < command->at_least || count - 1 > command->at_most) {
        return ebb_fail(error, EBB_ERROR_USAGE, "write: %s %s", command->name, command->arguments);
    }
    return command->run(shell, words, count, error);
}

static char *complete_command(const char *text, int state)
{
    /* state counts the answers so far; readline wants them one by one. */
    for (size_t i = 0; i < SHELL_COMMANDS; i++) {
        if (strncmp(shell_commands[i].name, text, strlen(text)) == 0 && state-- == 0) {
            return strdup(shell_commands[i].name);
        }
    }
    return NULL;
}

/* The next line, without its end; NULL: no more. The caller frees it. */
static char *read_line(bool interactive)
{
    char *line = NULL;
    size_t size = 0;

    if (interactive) {
        line = readline("ebb> ");
        if (line && *line) {
            add_history(line);
        }
        return line;
    }
    if (getline(&line, &size, stdin) < 0) {
        free(line);
        return NULL;
    }
    return line;
}

/* A prompt forgives; a script ends at the first command that fails. */
static int run_lines(struct shell *shell, struct ebb_error *error)
{
    bool interactive = isatty(STDIN_FILENO);

    if (interactive) {
        rl_readline_name = "ebb";
        rl_completion_entry_function = complete_command;
        /* Ctrl-C ends a move, which looks for the blocked signal, but not the shell. */
        signal(SIGINT, SIG_IGN);
        if (show_place(shell, error) < 0) {
            return -1;
        }
    }
    while (!shell->quit) {
        char *line = read_line(interactive);
        int status;

        if (!line) {
            break;
        }
        status = run_line(shell, line, error);
        free(line);
        if (status < 0 && !interactive) {
            return -1;
        }
        if (status < 0) {
            printf("%s\n", error->message);
        }
        fflush(stdout);
    }
    return 0;
}

enum { SHELL_SYMBOLS };

static const struct option_spec options[] = {
    [SHELL_SYMBOLS] =
        {"symbols", 0, "ELF",
         "Names the code with this file's symbols; default: what the recording "
         "names, if it is an ELF file on this machine. A kernel that has moved itself "
         "(KASLR) is followed."},
    {0},
};

/* To where the guest has moved what they are of. */
static int move_symbols(struct shell *shell, struct ebb_error *error)
{
    struct slide slide;

    if (slide_find(&slide, shell->timeline, shell->symbols, error) < 0) {
        return -1;
    }
    slide_tell(&slide, shell->symbol_file, false);
    symbols_move(shell->symbols, slide.offset);
    return 0;
}

static int open_shell(struct shell *shell, const struct arguments *arguments,
                      struct ebb_error *error)
{
    struct timeline_options timeline_options = {
        .replacing = progress_replacing,
        .progress = progress_show,
        .progress_opaque = &shell->progress,
        .resolving = progress_resolving,
        .resolving_opaque = &shell->progress,
    };

    walls_check_before_replay();
    if (recording_open(&shell->recording, arguments, error) < 0 ||
        symbol_file_find(&shell->recording, arguments->values[SHELL_SYMBOLS], &shell->symbol_file,
                         error) < 0) {
        return -1;
    }
    if (shell->symbol_file) {
        shell->symbols = symbols_open(shell->symbol_file, error);
        if (!shell->symbols) {
            return -1;
        }
    }
    timeline_options.recording = shell->recording.directory;
    progress_begin(&shell->progress, "replaying");
    shell->timeline = timeline_open(&timeline_options, error);
    progress_end(&shell->progress);
    /* A recording made under KVM may have got its positions just now. */
    if (!shell->timeline || recording_open_log(&shell->recording, ebb_log_open, error) < 0) {
        return -1;
    }
    return shell->symbols ? move_symbols(shell, error) : 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct shell shell = {0};
    int status = open_shell(&shell, arguments, error);

    if (status == 0) {
        status = run_lines(&shell, error);
    }
    timeline_close(shell.timeline);
    symbols_close(shell.symbols);
    free(shell.symbol_file);
    recording_close(&shell.recording);
    return status;
}

const struct command command_shell = {
    .name = "shell",
    .summary = "looks at a recording without gdb",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "A prompt to move in a recording and look at registers, memory and events; help lists the "
        "commands. Commands can also come from a file or pipe on standard input, which end at the "
        "first one that fails.",
    .examples = "ebb shell\necho 'seek end\nregisters' | ebb shell ebb-recording-3\n",
    .options = options,
    .run = run,
};
