/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A timeline that one thread opens and another one serves: what passes between them. All functions
 * can be called by both threads, except where it says otherwise.
 */
#ifndef EBB_CLI_OPENING_H
#define EBB_CLI_OPENING_H

#include "rsp/rsp.h"

#include <pthread.h>

struct opening_document {
    char *name;
    char *text;
    struct opening_document *next;
};

struct opening {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct timeline *timeline;
    bool open;      /* as far as the server needs it: it may have it */
    bool failed;    /* it will not be opened */
    bool described; /* documents are complete */
    bool abandoned; /* nobody waits for it any more */
    char progress[200];
    struct opening_document *documents; /* of the target description */
};

void opening_init(struct opening *opening);
void opening_free(struct opening *opening);

/* What the server asks; opaque is the opening. */
int opening_wait(void *opaque, unsigned milliseconds, struct timeline **timeline, char *progress,
                 size_t size);
const char *opening_document(void *opaque, const char *name);

/* By who opens: what it is at; the result (NULL: it has failed). */
void opening_tell(struct opening *opening, const char *what, int percent);
void opening_publish(struct opening *opening, struct timeline *timeline);

/* The target description, from a function that returns a document's text for free(), or NULL. Once
 * only: the server may be using it. */
typedef char *(*opening_describer)(void *opaque, const char *name);
void opening_describe(struct opening *opening, opening_describer describe, void *opaque);

/* The server has ended. */
void opening_abandon(struct opening *opening);
bool opening_is_abandoned(struct opening *opening);

#endif
