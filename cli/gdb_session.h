/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gdb without a user, connected to a timeline: it is asked by a file of gdb-scripts, which has
 * the requests. While the session lasts the timeline is its server's. Or a gdb that is connected to
 * nothing, and is asked about symbols.
 */
#ifndef EBB_CLI_GDB_SESSION_H
#define EBB_CLI_GDB_SESSION_H

#include "replay/timeline/timeline.h"

#include <jansson.h>

struct gdb_session;

struct gdb_session_options {
    const char *gdb;     /* program */
    const char *script;  /* gdb-scripts/ebb.py; others are beside it */
    const char *asked;   /* the name of the one that has the requests */
    const char *symbols; /* ELF file; NULL: none */
    uint64_t offset;     /* to be added to the addresses in it */
    bool big_endian;     /* of the symbols */
    const char *socket;  /* a path for the server, if there is a timeline; nothing is there */
    int stop_fd;         /* becomes readable when the session is to end */
};

/* Without a timeline (NULL) it is connected to nothing. */
struct gdb_session *gdb_session_start(struct timeline *timeline,
                                      const struct gdb_session_options *options,
                                      struct ebb_error *error);

/* Whether a text that the user has given may be a part of a request: those are UTF-8. what: "the
 * expression". Returns 0, or -1 after filling *error (EBB_ERROR_USAGE). */
int gdb_session_check_text(const char *what, const char *text, struct ebb_error *error);

/* Sends a request, takes the reference to it, and returns the reply. A reply that tells of an error
 * is one: EBB_ERROR_USAGE, since it is what the user wrote that gdb does not take; or
 * EBB_ERROR_CORRUPT if history does not lead to where gdb was to look. Without a reply it is
 * EBB_ERROR_UNSUPPORTED. NULL: *error. */
json_t *gdb_session_ask(struct gdb_session *session, json_t *request, struct ebb_error *error);

/* The memory that an object of a reply tells of. Returns 0, or -1 if it tells of none. */
int gdb_session_memory(const json_t *object, uint64_t *address, uint64_t *size);

void gdb_session_end(struct gdb_session *session); /* NULL is allowed */

#endif
