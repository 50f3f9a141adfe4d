/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A replica: a worker of which the engine knows what is in its RAM, so that it can be brought to
 * the state of any checkpoint by copying only the pages that differ.
 *
 * What is known is "the contents of `base`, plus the pages the worker has written since": the
 * worker's dirty bitmap says which. Functions return 0, or -1 and fill *error; when the worker has
 * died the replica must be stopped and started again.
 */
#ifndef EBB_ENGINE_REPLICA_H
#define EBB_ENGINE_REPLICA_H

#include "checkpoints/checkpoint_set.h"
#include "worker_client.h"

struct breakpoint_list {
    struct worker_breakpoint *list;
    size_t count;
    uint8_t *conditions; /* of all of them (protocol/conditions.h) */
    size_t conditions_size;
};

bool breakpoint_list_same(const struct breakpoint_list *a, const struct breakpoint_list *b);
/* *copy is the caller's to free; false without memory, and then it is empty. */
bool breakpoint_list_copy(const struct breakpoint_list *list, struct breakpoint_list *copy);
void breakpoint_list_free(struct breakpoint_list *list);

struct replica {
    struct worker_client *worker;  /* NULL: not started */
    struct ram_image *base;        /* NULL: nothing is known */
    struct ram_image *state_base;  /* the last state taken or set, for sharing its pages */
    struct breakpoint_list loaded; /* the breakpoints the worker has */
    struct moment moment;          /* where it is */
};

/* Starts the worker. Its RAM is known to be zeroes; it has no CPU state yet. */
int replica_start(struct replica *replica, const char *program, const char *recording,
                  enum worker_purpose purpose, struct page_store *store, struct ebb_error *error);
void replica_stop(struct replica *replica);

/* Takes a checkpoint of the state as it is; position is what the caller says. One owner. */
struct checkpoint *replica_capture(struct replica *replica, uint64_t position,
                                   struct ebb_error *error);

/* Brings RAM and CPU to a checkpoint's state. */
int replica_restore(struct replica *replica, const struct checkpoint *checkpoint,
                    struct ebb_error *error);

/* RAM as a keyframe has it: the next one that is loaded takes from it what is the same. */
struct keyframe_ram {
    struct ram_image *image; /* NULL: none yet */
    uint64_t number;
};

/* Makes *loaded the RAM of keyframe number, for this replica. */
int replica_read_keyframe(const struct replica *replica, const struct ebb_log *log,
                          struct keyframe_ram *loaded, uint64_t number, struct ebb_error *error);

/*
 * Loads a keyframe of the log and goes on in the log from event number first_event or from the
 * keyframe's place, whichever is later. The replica has then arrived at the keyframe's position:
 * asynchronous events may follow there.
 */
int replica_load_keyframe(struct replica *replica, const struct ebb_log *log,
                          struct keyframe_ram *loaded, uint64_t number, uint64_t first_event,
                          struct ebb_error *error);

/* Gives the worker these breakpoints, if it does not have them already. */
int replica_set_breakpoints(struct replica *replica, const struct breakpoint_list *breakpoints,
                            struct ebb_error *error);

#endif
