/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device_guess.h"

#include "device_name.h"
#include "markers.h"
#include "replacement.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What reading an event costs is 1, and as much for so many bytes of its data. So much may be spent
 * before it is asked whether to go on. */
enum { BYTES = 256, PART = 4096 };

enum { NAME_BYTES = 64, VIRTIO_DEVICE_ID = 8 };

struct search {
    struct device_guess *guess;
    struct ebb_log_summary log;
    struct ebb_cursor *cursor;
    uint64_t position; /* where the step begins */
    uint64_t left;     /* may be spent on what is looked for now */
    uint64_t unasked;  /* is spent since it was asked whether to go on */
};

/* The events of the step. */
struct step {
    struct ebb_event access; /* inside of which a device has written, */
    bool has_access;         /* if there is one */
    bool behind;             /* a device has written behind the instruction */
    uint64_t end;            /* number of the first event behind the instruction */
};

/* Reads the next event. Returns 1, 0 if the log ends there or enough is spent, or -1. */
static int next_event(struct search *search, struct ebb_event *event, struct ebb_error *error)
{
    const struct device_guess *guess = search->guess;
    int status = search->left ? ebb_cursor_next(search->cursor, event, error) : 0;
    uint64_t cost;

    if (status <= 0) {
        return status;
    }
    cost = 1 + event->data_length / BYTES;
    search->left -= cost < search->left ? cost : search->left;
    search->unasked += cost;
    if (search->unasked >= PART) {
        search->unasked = 0;
        if (guess->stopped(guess->opaque)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
    }
    return 1;
}

/* Where the log is damaged, less is known than elsewhere. */
static int forgive_damage(int status, const struct ebb_error *error)
{
    return status < 0 && error->kind == EBB_ERROR_CORRUPT ? 0 : status;
}

/* Whether the recorder has written: the page of the guest's clock, which goes with each access to
 * any device, or code. */
static bool is_of_recorder(const struct manifest *manifest, const struct ebb_event *event)
{
    bool is_kvm = manifest->accelerator && strcmp(manifest->accelerator, "kvm") == 0;

    return (manifest->has_counter_page && event->address >= manifest->counter_page &&
            event->address - manifest->counter_page < EBB_PAGE_SIZE) ||
           (is_kvm && replacement_is(event->data, event->data_length));
}

/* Whether a device has written. */
static bool is_write(const struct manifest *manifest, const struct ebb_event *event)
{
    return event->kind == EBB_EVENT_DMA && !is_of_recorder(manifest, event);
}

/* Takes an event of the instruction; *wrote says whether a device has written in the access that is
 * going on. */
static void note_inside(const struct manifest *manifest, struct step *step,
                        const struct ebb_event *event, bool *wrote)
{
    if (ebb_event_is_synchronous(event)) {
        if (*wrote) {
            step->access = *event;
            step->has_access = true;
        }
        *wrote = false;
    } else if (is_write(manifest, event) && (event->flags & EBB_EVENT_NESTED)) {
        *wrote = true;
    }
}

/* What is asynchronous at the step's first position is of the step before; at its last one, what is
 * not is of the next instruction. */
static int read_step(struct search *search, struct step *step, struct ebb_error *error)
{
    int status = ebb_cursor_seek_position(search->cursor, search->position, error);
    struct ebb_event event;
    bool wrote = false;

    if (status < 0) {
        return -1;
    }
    *step = (struct step){.end = ebb_cursor_event_number(search->cursor)};
    while (!step->behind && (status = next_event(search, &event, error)) > 0 &&
           event.position <= search->position + 1) {
        if (event.position == search->position) {
            note_inside(search->guess->manifest, step, &event, &wrote);
            step->end = ebb_cursor_event_number(search->cursor);
        } else if (ebb_event_is_asynchronous(&event)) {
            step->behind = is_write(search->guess->manifest, &event);
        } else {
            break;
        }
    }
    if (step->has_access) {
        status = forgive_damage(status, error); /* the replay goes no farther either */
    }
    return status < 0 ? -1 : 0;
}

/* A write to a device that may be the one. */
static bool may_be(const struct manifest *manifest, const struct ebb_event *write)
{
    bool is_marker = manifest->markers && write->address >= manifest->markers &&
                     write->address - manifest->markers < MARKER_REGISTERS_SIZE;

    return !is_marker && !(write->flags & EBB_EVENT_FAILED) &&
           device_name_may_write(device_name_at(manifest, write->address));
}

/* The guest's last write to such a device among the events from one number to another. This and
 * what follows return 1, 0 if there is none or enough is spent, or -1. */
static int last_write_between(struct search *search, uint64_t from, uint64_t end,
                              struct ebb_event *last, struct ebb_error *error)
{
    int found = 0, status = ebb_cursor_seek_event(search->cursor, from, error) < 0 ? -1 : 1;
    struct ebb_event event;

    for (; status > 0 && from < end; from++) {
        status = next_event(search, &event, error);
        if (status > 0 && event.kind == EBB_EVENT_MMIO_WRITE &&
            may_be(search->guess->manifest, &event)) {
            *last = event;
            found = 1;
        }
    }
    return status > 0 ? found : status; /* the last of those that were read may not be the last */
}

/* The same where the log may be damaged: behind that, if it is there. */
static int last_write_behind_damage(struct search *search, uint64_t from, uint64_t end,
                                    struct ebb_event *last, struct ebb_error *error)
{
    int found = last_write_between(search, from, end, last, error);
    bool damaged = found < 0 && error->kind == EBB_ERROR_CORRUPT;

    while (found < 0 && error->kind == EBB_ERROR_CORRUPT && end - from > 1) {
        from += (end - from) / 2;
        found = last_write_between(search, from, end, last, error);
    }
    return damaged && found == 0 ? -1 : found;
}

/* The same from an event back. */
static int last_write(struct search *search, uint64_t end, struct ebb_event *last,
                      struct ebb_error *error)
{
    uint64_t begin = search->log.first_event, from;
    int found = 0;

    search->left = DEVICE_GUESS_EVENTS_MAX;
    for (; found == 0 && search->left && end > begin; end = from) {
        from = end - begin > PART ? end - PART : begin;
        found = last_write_behind_damage(search, from, end, last, error);
    }
    return found;
}

/* What the guest has first read from an address; guests look at what devices there are before they
 * use them. */
static int first_reading(struct search *search, uint64_t address, uint64_t *value,
                         struct ebb_error *error)
{
    int status = ebb_cursor_seek_event(search->cursor, search->log.first_event, error);
    struct ebb_event event;

    if (status < 0) {
        return -1;
    }
    search->left = DEVICE_GUESS_EVENTS_MAX;
    while ((status = next_event(search, &event, error)) > 0) {
        if (event.kind == EBB_EVENT_MMIO_READ && event.address == address &&
            !(event.flags & EBB_EVENT_FAILED)) {
            *value = event.value;
            break;
        }
    }
    return status;
}

static int name_device(struct search *search, struct ebb_error *error)
{
    struct device_guess *guess = search->guess;
    uint64_t id = 0;
    int status;

    if (!device_guess_has_register(guess)) {
        return 0;
    }
    guess->device = device_name_at(guess->manifest, guess->address);
    if (!device_name_is_virtio(guess->device)) {
        return 0;
    }
    status = forgive_damage(
        first_reading(search, guess->device->address + VIRTIO_DEVICE_ID, &id, error), error);
    guess->virtio = status > 0 ? device_name_virtio(id) : NULL;
    return status < 0 ? -1 : 0;
}

static int take(struct device_guess *guess, enum device_guess_kind kind,
                const struct ebb_event *access)
{
    guess->kind = kind;
    guess->access = access->kind;
    guess->address = access->address;
    guess->position = access->position;
    return 1;
}

/* The access that tells the device. A step in which one has written inside of an access, and one
 * behind it, is told as if there were only the second: nobody knows which of them is meant. */
static int find_access(struct search *search, struct ebb_error *error)
{
    struct device_guess *guess = search->guess;
    struct ebb_event write = {0};
    struct step step;
    int status;

    search->left = DEVICE_GUESS_EVENTS_MAX;
    if (read_step(search, &step, error) < 0) {
        return -1;
    }
    if (!search->left) {
        return 0; /* of more events than anybody can look at */
    }
    if (!step.behind && !step.has_access) {
        guess->kind = DEVICE_GUESS_NOBODY;
        return 0;
    }
    if (!step.behind) {
        return take(guess, DEVICE_GUESS_CERTAIN, &step.access);
    }
    status = forgive_damage(last_write(search, step.end, &write, error), error);
    return status <= 0
               ? status
               : take(guess,
                      guess->manifest->device_count ? DEVICE_GUESS_PROBABLE : DEVICE_GUESS_NAMELESS,
                      &write);
}

int device_guess(struct device_guess *guess, const struct ebb_log *log, uint64_t step,
                 struct ebb_error *error)
{
    struct search search = {.guess = guess, .cursor = ebb_cursor_new(log, error), .position = step};
    int status = -1;

    guess->kind = DEVICE_GUESS_UNKNOWN;
    guess->access = 0;
    guess->device = NULL;
    guess->virtio = NULL;
    if (search.cursor) {
        ebb_log_summary(log, &search.log);
        status = find_access(&search, error);
    }
    if (status > 0) {
        status = name_device(&search, error);
    }
    ebb_cursor_free(search.cursor);
    return status;
}

bool device_guess_has_register(const struct device_guess *guess)
{
    return guess->access == EBB_EVENT_MMIO_READ || guess->access == EBB_EVENT_MMIO_WRITE;
}

/* What has a register at the address. */
static int name_words(const struct device_guess *guess, char *words, size_t size,
                      struct ebb_error *error)
{
    const char *name = guess->device ? guess->device->name : NULL;
    char *text = name ? text_printable(name, strnlen(name, NAME_BYTES)) : NULL;

    if (name && !text) {
        return ebb_fail_memory(error);
    }
    if (!name) {
        snprintf(words, size, "the device at 0x%" PRIx64, guess->address);
    } else if (guess->virtio) {
        snprintf(words, size, "%s (virtio's %s device, 0x%" PRIx64 ")", text, guess->virtio,
                 guess->address);
    } else {
        snprintf(words, size, "%s (0x%" PRIx64 ")", text, guess->address);
    }
    free(text);
    return 0;
}

/* What the guest has asked for, if it was no register in memory. */
static const char *call_words(const struct device_guess *guess)
{
    switch (guess->access) {
    case EBB_EVENT_SEMIHOSTING:
        return "a semihosting call";
    case EBB_EVENT_HYPERCALL:
        return "a hypercall";
    case EBB_EVENT_SYSREG_READ:
    case EBB_EVENT_SYSREG_WRITE:
        return "the device behind a system register";
    default:
        return NULL;
    }
}

int device_guess_words(const struct device_guess *guess, char *words, struct ebb_error *error)
{
    static const char unknown[] = "by a device; which one, the log does not tell";
    const char *call = call_words(guess);
    char who[DEVICE_GUESS_WORDS_SIZE - 128], position[TEXT_NUMBER_SIZE];

    switch (guess->kind) {
    case DEVICE_GUESS_NOBODY:
        snprintf(words, DEVICE_GUESS_WORDS_SIZE, "by no device");
        return 0;
    case DEVICE_GUESS_UNKNOWN:
        snprintf(words, DEVICE_GUESS_WORDS_SIZE, "%s", unknown);
        return 0;
    case DEVICE_GUESS_NAMELESS:
        snprintf(words, DEVICE_GUESS_WORDS_SIZE,
                 "%s: the guest wrote to 0x%" PRIx64 " last, at position %s", unknown,
                 guess->address, text_count(position, guess->position));
        return 0;
    case DEVICE_GUESS_CERTAIN:
    case DEVICE_GUESS_PROBABLE:
        break;
    }
    if (!call && name_words(guess, who, sizeof(who), error) < 0) {
        return -1;
    }
    if (guess->kind == DEVICE_GUESS_CERTAIN) {
        snprintf(words, DEVICE_GUESS_WORDS_SIZE, "by %s", call ? call : who);
    } else {
        snprintf(words, DEVICE_GUESS_WORDS_SIZE,
                 "probably by %s: it is the one that the guest wrote to last, at position %s", who,
                 text_count(position, guess->position));
    }
    return 0;
}
