/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

_Noreturn void fake_die(const char *why)
{
    fprintf(stderr, "fake worker: %s\n", why);
    _exit(1);
}

void fake_receive(void *buffer, size_t size)
{
    for (char *to = buffer; size;) {
        ssize_t got = read(FAKE_SOCKET, to, size);

        if (got <= 0) {
            _exit(0);
        }
        to += got;
        size -= (size_t)got;
    }
}

void fake_send(const void *buffer, size_t size)
{
    for (const char *from = buffer; size;) {
        ssize_t sent = send(FAKE_SOCKET, from, size, MSG_NOSIGNAL);

        if (sent <= 0) {
            _exit(0);
        }
        from += sent;
        size -= (size_t)sent;
    }
}

void fake_reply(uint32_t type, const void *payload, size_t size)
{
    struct worker_message header = {.type = type, .length = (uint32_t)size};

    fake_send(&header, sizeof(header));
    fake_send(payload, size);
}

void fake_reply_error(enum ebb_error_kind kind, const char *text)
{
    struct worker_error error = {.kind = kind};

    snprintf(error.message, sizeof(error.message), "%s", text);
    fake_reply(WORKER_ERROR, &error, sizeof(error));
}

/* The log. */

void fake_read_next(struct fake_worker *worker)
{
    struct ebb_error error;
    int result;

    worker->next_number = ebb_cursor_event_number(worker->cursor);
    result = ebb_cursor_next(worker->cursor, &worker->next, &error);
    if (result < 0) {
        snprintf(worker->report, sizeof(worker->report), "the recording is damaged: %s",
                 error.message);
        worker->damaged = true;
    }
    worker->have_next = result > 0;
}

bool fake_seek_event(struct fake_worker *worker, uint64_t number)
{
    struct ebb_error error;

    worker->report[0] = '\0';
    worker->damaged = false;
    if (ebb_cursor_seek_event(worker->cursor, number, &error)) {
        fake_reply_error(error.kind, error.message);
        return false;
    }
    fake_read_next(worker);
    return true;
}

void fake_mark_written(struct fake_worker *worker, uint64_t address, uint64_t length)
{
    for (uint64_t page = address / 4096; page <= (address + length - 1) / 4096; page++) {
        worker->written |= (uint64_t)1 << page;
    }
}

void fake_remember_ram(struct fake_worker *worker)
{
    memcpy(worker->known, worker->ram, TOY_RAM_SIZE);
}

bool fake_stop_requested(struct fake_worker *worker)
{
    return __atomic_exchange_n(&worker->control->stop_request, 0, __ATOMIC_SEQ_CST);
}

bool fake_look_up(struct fake_worker *worker)
{
    if (worker->position % LOOK_UP_EVERY) {
        return false;
    }
    __atomic_store_n(&worker->control->position, worker->position, __ATOMIC_RELAXED);
    return fake_stop_requested(worker);
}

void fake_maybe_die(struct fake_worker *worker)
{
    char written[2];

    if (worker->position != worker->dies_at) {
        return;
    }
    /* Each appends a byte; with a second one there, it was not the first. */
    if (worker->dies_once >= 0 && (write(worker->dies_once, "x", 1) != 1 ||
                                   pread(worker->dies_once, written, sizeof(written), 0) != 1)) {
        return;
    }
    if (worker->tries) {
        worker->tries();
    }
    fake_die("this is the position to die at");
}
