/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accesses.h"

#include "address.h"
#include "place.h"
#include "searches.h"
#include "words.h"

#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_DEFAULT 4u
#define SHOWN_MAX 16u /* bytes of a value */
#define VALUE_SIZE 80u

struct access {
    const char *text; /* as the user wrote it */
    bool reads, physical;
    struct rsp_wanted wanted;
};

static int read_access(struct shell *shell, char *argument, struct access *access,
                       struct ebb_error *error)
{
    *access = (struct access){.wanted = {.count = 1}};
    for (;;) {
        if (words_take(&argument, "-r")) {
            access->reads = true;
        } else if (words_take(&argument, "-p")) {
            access->physical = true;
        } else {
            break;
        }
    }
    access->text = words_next(&argument);
    if (!access->text || *argument) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "write an address, and a length of other than 4 bytes behind it: total, or "
                        "0x40001000,8");
    }
    access->wanted.kind = access->reads ? TIMELINE_WATCH_READ : TIMELINE_WATCH_WRITE;
    if (access->physical) {
        access->wanted.kind =
            access->reads ? TIMELINE_WATCH_PHYSICAL_READ : TIMELINE_WATCH_PHYSICAL_WRITE;
    }
    access->wanted.places[0].length = LENGTH_DEFAULT;
    return address_read_place(shell, access->text, &access->wanted.places[0], error);
}

/* Bytes as a number, if they are as many as one has. */
static void format_value(const struct shell *shell, const uint8_t *bytes, size_t size, bool more,
                         char value[VALUE_SIZE])
{
    uint64_t number = 0;
    size_t used = 0;

    if (!more && (size == 1 || size == 2 || size == 4 || size == 8)) {
        for (size_t i = 0; i < size; i++) {
            number = number << 8 | bytes[shell->big_endian ? i : size - 1 - i];
        }
        snprintf(value, VALUE_SIZE, "%" PRIu64 " (0x%" PRIx64 ")", number, number);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        used += (size_t)snprintf(value + used, VALUE_SIZE - used, "%s%02x", i ? " " : "", bytes[i]);
    }
    snprintf(value + used, VALUE_SIZE - used, "%s", more ? " ..." : "");
}

/* What is there now. */
static int read_value(struct shell *shell, const struct access *access, char value[VALUE_SIZE],
                      struct ebb_error *error)
{
    const struct rsp_place *place = &access->wanted.places[0];
    size_t size = place->length < SHOWN_MAX ? place->length : SHOWN_MAX;
    uint8_t bytes[SHOWN_MAX];
    long got = access->physical
                   ? timeline_read_physical(shell->timeline, place->address, bytes, size, error)
                   : timeline_read_memory(shell->timeline, place->address, bytes, size, error);

    if (got < 0) {
        return -1;
    }
    if ((size_t)got < size) {
        snprintf(value, VALUE_SIZE, "?");
    } else {
        format_value(shell, bytes, size, place->length > size, value);
    }
    return 0;
}

static int tell_who(struct shell *shell, const struct access *access, const struct rsp_found *found,
                    struct ebb_error *error)
{
    char position[TEXT_NUMBER_SIZE], writer[RSP_WHO_WROTE_SIZE];

    text_count(position, found->step);
    if (found->stop.by_reset) {
        printf("%s is changed right behind position %s, by a reset of the guest\n", access->text,
               position);
    } else if (!found->stop.by_device) {
        printf("%s is written at position %s\n", access->text, position);
    } else if (shell->served.who_wrote(shell->served.opaque, timeline_log(shell->timeline),
                                       found->step, place_is_stopped, shell, writer, error) < 0) {
        return -1;
    } else {
        printf("%s is written right behind position %s, %s\n", access->text, position, writer);
    }
    return 0;
}

/* What happens in the step that begins here. */
static int tell(struct shell *shell, const struct access *access, const struct rsp_found *found,
                struct ebb_error *error)
{
    char before[VALUE_SIZE], after[VALUE_SIZE] = "?", position[TEXT_NUMBER_SIZE];

    if (read_value(shell, access, before, error) < 0) {
        return -1;
    }
    progress_clear(&shell->progress);
    if (access->reads) {
        printf("%s = %s is read at position %s\n", access->text, before,
               text_count(position, found->step));
        return 0;
    }
    if (found->step < timeline_end(shell->timeline) &&
        (place_return(shell, found->step + 1, error) < 0 ||
         read_value(shell, access, after, error) < 0 ||
         place_return(shell, found->step, error) < 0)) {
        return -1;
    }
    if (tell_who(shell, access, found, error) < 0) {
        return -1;
    }
    printf("old value = %s\nnew value = %s\n", before, after);
    return 0;
}

static int run(struct shell *shell, char *argument, enum searches_way way, struct ebb_error *error)
{
    uint64_t origin = timeline_position(shell->timeline);
    char position[TEXT_NUMBER_SIZE];
    struct rsp_found found;
    struct access access;
    int status;

    if (read_access(shell, argument, &access, error) < 0) {
        return -1;
    }
    status = searches_find(shell, &access.wanted, way, &found, error);
    if (status > 0) {
        return tell(shell, &access, &found, error) < 0 ? place_give_up(shell, origin, error)
                                                       : place_arrive(shell, origin, error);
    }
    if (status < 0) {
        return place_give_up(shell, origin, error);
    }
    if (place_return(shell, origin, error) < 0) {
        return -1;
    }
    progress_clear(&shell->progress);
    printf("Nothing %s %s %s this; the position is still %s.\n", access.reads ? "read" : "wrote",
           access.text, way == SEARCHES_LAST ? "before" : "after", text_count(position, origin));
    return 0;
}

int accesses_last(struct shell *shell, char *argument, struct ebb_error *error)
{
    return run(shell, argument, SEARCHES_LAST, error);
}

int accesses_next(struct shell *shell, char *argument, struct ebb_error *error)
{
    return run(shell, argument, SEARCHES_NEXT, error);
}
