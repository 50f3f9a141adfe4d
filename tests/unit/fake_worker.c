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

/* Which generation of workers this is: each adds a byte to a file. */
static uint64_t count_generation(void)
{
    const char *name = getenv("FAKE_WORKER_COUNT");
    int file = name ? open(name, O_CREAT | O_WRONLY | O_APPEND, 0600) : -1;
    uint64_t count = 0;

    if (file >= 0 && write(file, "", 1) == 1) {
        count = (uint64_t)lseek(file, 0, SEEK_END);
    }
    close(file);
    return count;
}

static uint64_t draw(uint64_t *random, uint64_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (*random >> 33) % below;
}

static void change(uint8_t *bytes, size_t size, uint64_t *random)
{
    static const uint64_t likely[] = {0, 1, 3, 7, 1ull << 31, 1ull << 32, 1ull << 62, UINT64_MAX};
    size_t place = draw(random, size), length;

    switch (draw(random, 4)) {
    case 0:
        bytes[place] ^= (uint8_t)(1 << draw(random, 8));
        break;
    case 1:
        bytes[place] = (uint8_t)draw(random, 256);
        break;
    default: /* a whole number, where one may be */
        length = draw(random, 2) ? 8 : 4;
        place -= place % length;
        if (size - place >= length) {
            memcpy(bytes + place, &likely[draw(random, 8)], length);
        }
        break;
    }
}

/* With FAKE_WORKER_CHANGES, a seed, in the environment: the generator of changes; else NULL. */
static uint64_t *changes(void)
{
    static uint64_t random;
    const char *seed = getenv("FAKE_WORKER_CHANGES");

    if (seed && !random) {
        random = strtoull(seed, NULL, 0) * 0x9e3779b97f4a7c15u + count_generation();
    }
    return seed ? &random : NULL;
}

void fake_changes_begin(void)
{
    changes();
}

void fake_change_now_and_then(void *bytes, size_t size)
{
    uint64_t *random = changes();

    if (random && draw(random, 12) == 0) {
        change(bytes, size, random);
    }
}

/* Sends a reply that is changed; one that is cut short is the last. */
static void send_changed(struct worker_message *header, const void *payload, size_t size,
                         uint64_t *random)
{
    uint8_t *bytes = malloc(size + 1);

    memcpy(bytes, payload, size);
    for (uint64_t count = size ? 1 + draw(random, 3) : 0; count; count--) {
        change(bytes, size, random);
    }
    if (draw(random, 8) == 0) {
        change((uint8_t *)header, sizeof(*header), random);
    }
    fake_send(header, sizeof(*header));
    fake_send(bytes, size);
    free(bytes);
    if (header->length != size) {
        exit(0);
    }
}

void fake_reply(uint32_t type, const void *payload, size_t size)
{
    struct worker_message header = {.type = type, .length = (uint32_t)size};
    uint64_t *random = changes();

    if (random && draw(random, 12) == 0) {
        send_changed(&header, payload, size, random);
        return;
    }
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
    __atomic_add_fetch(&worker->control->signs, 1, __ATOMIC_RELAXED);
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
