/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

static int grow(void **array, size_t *capacity, size_t needed, size_t size, struct ebb_error *error)
{
    size_t wanted = *capacity ? *capacity : 64;
    void *grown;

    while (wanted < needed) {
        wanted *= 2;
    }
    if (wanted == *capacity) {
        return 0;
    }
    grown = realloc(*array, wanted * size);
    if (!grown) {
        return ebb_fail_memory(error);
    }
    *array = grown;
    *capacity = wanted;
    return 0;
}

/* A change, with the contents of the one before it. One at the same position takes its place. */
static int append(struct changes *changes, const struct change *change, struct ebb_error *error)
{
    struct change *last = changes->count ? &changes->list[changes->count - 1] : NULL;
    void *list = changes->list, *bytes = changes->bytes;
    int status;

    if (last && last->position == change->position) {
        last->pc = change->pc;
        last->who = change->who;
        return 0;
    }
    status = grow(&list, &changes->capacity, changes->count + 1, sizeof(*changes->list), error);
    changes->list = list;
    if (status == 0) {
        status =
            grow(&bytes, &changes->bytes_capacity, changes->bytes_used + changes->size, 1, error);
        changes->bytes = bytes;
    }
    if (status < 0) {
        return -1;
    }
    changes->list[changes->count] = *change;
    changes->list[changes->count].bytes_at = changes->bytes_used;
    if (changes->count) {
        memcpy(changes->bytes + changes->bytes_used,
               changes->bytes + changes->bytes_used - changes->size, changes->size);
    }
    changes->bytes_used += changes->size;
    changes->count++;
    return 0;
}

int changes_begin(struct changes *changes, uint64_t position, const uint8_t *bytes,
                  struct ebb_error *error)
{
    const struct change first = {.position = position, .who = ""};

    changes->whole = bytes && changes->size;
    if (append(changes, &first, error) < 0) {
        return -1;
    }
    if (changes->whole) {
        memcpy(changes->bytes, bytes, changes->size);
    }
    return 0;
}

static bool is_equal(const struct timeline_row *row)
{
    return row->before && row->data_size == row->data_length &&
           memcmp(row->before, row->after, row->data_size) == 0;
}

int changes_add(struct changes *changes, const struct timeline_row *row, const char *who,
                struct ebb_error *error)
{
    struct change change = {.position = row->position + row->inside, .pc = row->pc, .who = who};
    uint64_t offset = row->data_address - changes->address;

    if (is_equal(row)) {
        return 0;
    }
    if (append(changes, &change, error) < 0) {
        return -1;
    }
    if (!row->before || row->data_size != row->data_length || offset >= changes->size ||
        row->data_size > changes->size - offset) {
        changes->whole = false; /* a reset, a write of many bytes: only a look there tells */
    } else {
        memcpy(changes->bytes + changes->bytes_used - changes->size + offset, row->after,
               row->data_size);
    }
    return 0;
}

void changes_clear(struct changes *changes)
{
    changes->count = 0;
    changes->bytes_used = 0;
}

void changes_free(struct changes *changes)
{
    free(changes->list);
    free(changes->bytes);
    *changes = (struct changes){0};
}
