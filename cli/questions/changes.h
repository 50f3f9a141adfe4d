/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The changes of a piece of memory that scanning for writes has found. */
#ifndef EBB_CLI_QUESTIONS_CHANGES_H
#define EBB_CLI_QUESTIONS_CHANGES_H

#include "replay/timeline/scan.h"

#include "log/error.h"

struct change {
    uint64_t position; /* from which on memory is so */
    uint64_t pc;       /* of who made it; the first of a list: nobody did */
    const char *who;   /* static */
    size_t bytes_at;   /* in changes.bytes, the memory's contents; unless whole is false */
};

struct changes {
    uint64_t address;
    size_t size; /* bytes of the memory; 0: contents are not kept */
    bool whole;  /* contents are known throughout */
    struct change *list;
    size_t count, capacity;
    uint8_t *bytes;
    size_t bytes_used, bytes_capacity;
};

/* With what is there at position; bytes are the memory's contents, or NULL if not known. */
int changes_begin(struct changes *changes, uint64_t position, const uint8_t *bytes,
                  struct ebb_error *error);
/* Adds what a write has changed, if it has changed anything. */
int changes_add(struct changes *changes, const struct timeline_row *row, const char *who,
                struct ebb_error *error);
/* Forgets all changes, and keeps what is watched. */
void changes_clear(struct changes *changes);
void changes_free(struct changes *changes);

#endif
