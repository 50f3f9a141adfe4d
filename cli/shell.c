/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb shell: a prompt to look at a recording without gdb. */
#include "commands.h"
#include "guest_state.h"
#include "notices.h"
#include "served_facts.h"
#include "slide.h"
#include "symbol_file.h"
#include "walls_check.h"

#include "shell/place.h"
#include "shell/prompt.h"

#include "replay/timeline/timeline.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHELL_SYMBOLS };

static const struct option_spec options[] = {
    [SHELL_SYMBOLS] =
        {"symbols", 0, "ELF",
         "A file with the guest's symbols, in the place of the one that the recording "
         "names, if that is an ELF file on this machine. A kernel that has moved itself "
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

/* Processes of their own, which begin as copies of this one: while it has nothing of the worker's.
 */
static int open_readers(struct shell *shell, struct ebb_error *error)
{
    shell->disassembler = disassembler_open(error);
    if (!shell->disassembler) {
        return -1;
    }
    if (shell->symbol_file) {
        shell->symbols = symbols_open(shell->symbol_file, error);
        if (!shell->symbols) {
            return -1;
        }
        shell->big_endian = symbol_file_is_big_endian(shell->symbol_file);
    }
    return 0;
}

static void tell_cut(const struct recording *recording)
{
    struct ebb_log_summary summary;

    ebb_log_summary(recording->log, &summary);
    if (notices_is_cut_off(recording->log)) {
        fprintf(stderr, "ebb: %s was cut off at position %llu; what is there can be replayed\n",
                recording->directory, (unsigned long long)summary.end_position);
    }
}

static int open_shell(struct shell *shell, const struct arguments *arguments,
                      struct ebb_error *error)
{
    struct timeline_options timeline_options = {
        .replacing = progress_replacing,
        .progress = place_progress,
        .progress_opaque = shell,
        .resolving = progress_resolving,
        .resolving_opaque = &shell->progress,
    };

    walls_check_before_replay();
    if (recording_open(&shell->recording, arguments, error) < 0 ||
        symbol_file_find(&shell->recording, arguments->values[SHELL_SYMBOLS], &shell->symbol_file,
                         error) < 0 ||
        open_readers(shell, error) < 0) {
        return -1;
    }
    timeline_options.recording = shell->recording.directory;
    progress_begin(&shell->progress, "replaying");
    shell->timeline = timeline_open(&timeline_options, error);
    progress_end(&shell->progress);
    /* A recording made under KVM may have got its positions just now. */
    if (!shell->timeline || recording_open_log(&shell->recording, ebb_log_open, error) < 0) {
        return -1;
    }
    if (served_facts_init(&shell->served, &shell->recording, error) < 0 ||
        guest_state_registers(&shell->registers, shell->timeline, error) < 0) {
        return -1;
    }
    notices_tell(&shell->recording, shell->timeline);
    tell_cut(&shell->recording);
    return shell->symbols ? move_symbols(shell, error) : 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct shell shell = {0};
    int status = open_shell(&shell, arguments, error);

    if (status == 0) {
        status = prompt_run(&shell, error);
    }
    timeline_close(shell.timeline);
    disassembler_close(shell.disassembler);
    target_registers_free(&shell.registers);
    served_facts_free(&shell.served);
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
        "A prompt to move in a recording, look at registers, memory, instructions and events, and "
        "search history for who wrote something, for the first position at which a condition "
        "holds, or for calls. \"help\" lists the commands and \"help COMMAND\" tells about one; "
        "docs/shell.md has an example of each.\n\n"
        "Commands can also come from a file or pipe on standard input, which end at the first one "
        "that fails. What is printed then is meant for scripts: it does not change from one "
        "version to the next without need, and has no prompts and no progress in it.",
    .examples = "ebb shell\n"
                "echo 'goto end\nlast total\ndisassemble' | ebb shell ebb-recording-3\n",
    .options = options,
    .run = run,
};
