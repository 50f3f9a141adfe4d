/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place.h"

#include "trail.h"

#include "cli/early_stop.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool place_is_stopped(void *opaque)
{
    struct shell *shell = opaque;

    shell->interrupted |= progress_is_interrupted();
    return shell->interrupted;
}

/* Interrupts once: the command has to find its way back afterwards. */
void place_progress(void *opaque, uint64_t position, uint64_t from, uint64_t to)
{
    struct shell *shell = opaque;

    if (!shell->interrupted && place_is_stopped(shell) && shell->timeline) {
        timeline_interrupt(shell->timeline);
    }
    progress_show(&shell->progress, position, from, to);
}

void place_describe(const struct shell *shell, uint64_t address, char *buffer, size_t size)
{
    char text[512] = "", *printable;

    if (shell->symbols) {
        symbols_describe(shell->symbols, address, text, sizeof(text));
    }
    printable = text_printable(text, strlen(text));
    snprintf(buffer, size, "%s", printable ? printable : "");
    free(printable);
}

int place_show(struct shell *shell, struct ebb_error *error)
{
    char count[TEXT_NUMBER_SIZE], place[1024];
    uint64_t pc;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0) {
        return -1;
    }
    place_describe(shell, pc, place, sizeof(place));
    progress_clear(&shell->progress);
    printf("%s  0x%016" PRIx64 "  %s\n", text_count(count, timeline_position(shell->timeline)), pc,
           place);
    return 0;
}

/* A stop that is none at the wanted position. */
static int check_stop(struct shell *shell, const struct timeline_stop *stop,
                      struct ebb_error *error)
{
    char count[TEXT_NUMBER_SIZE];

    if (stop->reason == TIMELINE_STOP_INTERRUPTED) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped; the position is %s",
                        text_count(count, timeline_position(shell->timeline)));
    }
    if (stop->reason == TIMELINE_STOP_DIVERGED) {
        progress_clear(&shell->progress);
    }
    return early_stop_fail(stop, NULL, stdout, error);
}

int place_seek(struct shell *shell, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    return timeline_seek(shell->timeline, position, &stop, error) < 0
               ? -1
               : check_stop(shell, &stop, error);
}

int place_return(struct shell *shell, uint64_t origin, struct ebb_error *error)
{
    struct timeline_stop stop;

    do {
        if (timeline_seek(shell->timeline, origin, &stop, error) < 0) {
            return -1;
        }
    } while (stop.reason == TIMELINE_STOP_INTERRUPTED);
    return timeline_position(shell->timeline) == origin ? 0 : check_stop(shell, &stop, error);
}

int place_give_up(struct shell *shell, uint64_t origin, struct ebb_error *error)
{
    struct ebb_error another;
    char count[TEXT_NUMBER_SIZE];

    if (place_return(shell, origin, &another) < 0) {
        /* That one has stopped it is no news any more. */
        *error = error->kind == EBB_ERROR_INTERRUPTED ? another : *error;
        return -1;
    }
    return error->kind == EBB_ERROR_INTERRUPTED
               ? ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped; the position is still %s",
                          text_count(count, origin))
               : -1;
}

int place_arrive(struct shell *shell, uint64_t origin, struct ebb_error *error)
{
    trail_jumped(&shell->trail, origin, timeline_position(shell->timeline));
    return place_show(shell, error);
}

int place_step(struct shell *shell, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    if (timeline_seek(shell->timeline, position, &stop, error) < 0 ||
        check_stop(shell, &stop, error) < 0) {
        return -1;
    }
    progress_clear(&shell->progress);
    if (stop.reason == TIMELINE_STOP_BEGIN) {
        printf("This is the beginning of the recording.\n");
    } else if (stop.reason == TIMELINE_STOP_END) {
        printf("This is the end of the recording.\n");
    }
    return place_show(shell, error);
}

int place_jump(struct shell *shell, uint64_t position, struct ebb_error *error)
{
    uint64_t origin = timeline_position(shell->timeline);
    int status = place_step(shell, position, error);

    trail_jumped(&shell->trail, origin, timeline_position(shell->timeline));
    return status;
}
