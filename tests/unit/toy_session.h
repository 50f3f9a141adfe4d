/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timeline over a toy history, with fake workers. Failures fail the running test. */
#ifndef EBB_TOY_SESSION_H
#define EBB_TOY_SESSION_H

#include "toy_model.h"

struct toy_session {
    char *directory;
    struct toy_history *history;
    struct timeline *timeline;
    struct model model;
};

/* The path of the fake worker. */
const char *session_fake_worker(void);

/* Makes the history and opens it; options->recording and worker_path are filled in. */
void session_open(struct toy_session *session, const struct toy_history_options *history,
                  struct timeline_options options);
/* The same in two steps, in a directory that session->directory names. */
void session_make(struct toy_session *session, const struct toy_history_options *history);
void session_open_made(struct toy_session *session, struct timeline_options options);
void session_close(struct toy_session *session);

/* Compares registers and RAM of the timeline with the history's at the model's position. */
void session_check_state(struct toy_session *session);

/* Compares an answer with the model's. */
void session_check_stop(struct toy_session *session, const struct timeline_stop *stop,
                        const struct model_stop *expected);

void session_add(struct toy_session *session, enum timeline_breakpoint_kind kind, uint64_t address,
                 uint64_t length);
/* Gives one on execution a condition, or (mask 0) takes it away: struct model_breakpoint. */
void session_set_condition(struct toy_session *session, size_t number, uint8_t reg, uint8_t mask,
                           uint8_t bits);
void session_remove(struct toy_session *session, size_t number);

/* Moves the timeline and the model and compares both; the stop is returned. */
enum session_move {
    MOVE_SEEK,
    MOVE_FORWARD,
    MOVE_BACKWARD,
    MOVE_STEP,
    MOVE_REVERSE_STEP,
};
struct timeline_stop session_move(struct toy_session *session, enum session_move move,
                                  uint64_t position);
struct timeline_stop session_step_range(struct toy_session *session,
                                        const struct timeline_range *range);

#endif
