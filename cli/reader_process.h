/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process behind walls (walls/walls.h) for what reads strangers' bytes with a library that was
 * not made for that. It is forked from this one, and asked questions of one size, each of which it
 * answers in one size. If it ends, or thinks for longer than a minute of CPU time, there are no
 * answers from then on.
 */
#ifndef EBB_CLI_READER_PROCESS_H
#define EBB_CLI_READER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reader_process {
    pid_t process; /* 0: it has ended */
    int socket;    /* valid once it was started */
    bool started;
    const char *lost; /* why there are no more answers; NULL: there are */
};

/* Starts one; serve is called in it and does not return. Returns 0, or -1 with errno. */
int reader_process_start(struct reader_process *reader,
                         void (*serve)(const void *opaque, int socket), const void *opaque);
void reader_process_end(struct reader_process *reader);

void reader_process_send(struct reader_process *reader, const void *question, size_t size);
/* False: there is no answer, and reader->lost says why. */
bool reader_process_receive(struct reader_process *reader, void *answer, size_t size);

/* In the process itself. What else is open belongs to the process that it was forked from. */
void reader_process_close_others(int socket);
/* more_memory: bytes that it may take. */
void reader_process_enclose(uint64_t more_memory);
void reader_process_answer(int socket, const void *answer, size_t size);

#endif
