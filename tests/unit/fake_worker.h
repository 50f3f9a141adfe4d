/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fake worker: what the files of its requests share. */
#ifndef EBB_FAKE_WORKER_H
#define EBB_FAKE_WORKER_H

#include "toy_cpu.h"

#include "log/reader.h"
#include "protocol/clockwork.h"

#define MAX_BREAKPOINTS 64u
#define MAX_CONDITIONS 4096u /* bytes */
#define FAKE_ROWS_FULL 4096u /* bytes of rows with which a run stops */
#define LOOK_UP_EVERY 1024u  /* instructions between two looks at the stop request */

struct fake_worker {
    struct ebb_log *log;
    struct ebb_cursor *cursor;
    struct ebb_event next;
    bool have_next;
    uint64_t next_number;
    uint64_t dies_at;
    int lies;               /* the file with lies; 0: none */
    int dies_once;          /* a file: the first to write to it dies; -1: each does */
    int requests;           /* a file: struct worker_resolve of each WORKER_RESOLVE; -1: none */
    void (*tries)(void);    /* instead of dying, or NULL */
    const uint64_t *clears; /* positions of exclusive clears, going up */
    size_t clear_count;
    bool resolves;
    int64_t drift; /* position - count, as far as known */
    struct toy_cpu cpu;
    uint64_t position;
    bool diversion;
    int ram_file, control_file;
    uint8_t *ram;
    struct worker_control *control;
    uint64_t *dirty, *replaced;
    uint64_t written; /* bitmap of pages; TOY_PAGES are fewer than 64 */
    bool collected;
    uint8_t known[TOY_RAM_SIZE]; /* RAM as this process left it */
    struct worker_breakpoint breakpoints[MAX_BREAKPOINTS];
    size_t breakpoint_count;
    uint8_t conditions[MAX_CONDITIONS]; /* of all of them */
    uint8_t rows[16 * FAKE_ROWS_FULL];
    size_t rows_size;
    struct clockwork clockwork;
    bool leaving;      /* execution, since a hit says so or the end of a run was met */
    char report[1200]; /* not empty: replay and log disagree */
    bool damaged;      /* or rather, the log cannot be read on */
};

_Noreturn void fake_die(const char *why);
#define FAKE_SOCKET 3
void fake_send(const void *buffer, size_t size);
void fake_receive(void *buffer, size_t size);
void fake_reply(uint32_t type, const void *payload, size_t size);
void fake_reply_error(enum ebb_error_kind kind, const char *text);
/* While files can be opened yet. */
void fake_changes_begin(void);
/* Changes what is about to be sent now and then, if FAKE_WORKER_CHANGES wants that. */
void fake_change_now_and_then(void *bytes, size_t size);
void fake_read_next(struct fake_worker *worker);
/* Goes to an event; false, and the reply is sent, if it cannot be read. */
bool fake_seek_event(struct fake_worker *worker, uint64_t number);
void fake_remember_ram(struct fake_worker *worker);
void fake_mark_written(struct fake_worker *worker, uint64_t address, uint64_t length);
/* Dies if this is where it should. */
void fake_maybe_die(struct fake_worker *worker);
/* True, once, if the engine asks to stop. */
bool fake_stop_requested(struct fake_worker *worker);
/* Now and then: tells the position; true if the engine asks to stop. */
bool fake_look_up(struct fake_worker *worker);

#endif
