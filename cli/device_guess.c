/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device_guess.h"

#include <string.h>

/* How far back the last access is looked for at first; each time that much farther. */
#define FIRST_LOOK 1000000u
#define LOOK_FACTOR 10u

/* QEMU's names of devices that write no memory begin so: interrupt controllers that have no tables
 * there, serial ports, clocks, buttons. */
static const char *const quiet[] = {"arm_gic", "gic", "pl0", "ebb"};

/* The name of the device that has a register at the address; NULL: not known. */
static const char *name_at(const struct manifest *manifest, uint64_t address)
{
    for (size_t i = 0; i < manifest->device_count; i++) {
        const struct manifest_device *device = &manifest->devices[i];

        if (address >= device->address && address - device->address < device->size) {
            return device->name;
        }
    }
    return NULL;
}

static bool is_quiet(const char *name)
{
    for (size_t i = 0; name && i < sizeof(quiet) / sizeof(quiet[0]); i++) {
        if (strncmp(name, quiet[i], strlen(quiet[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void take(const struct manifest *manifest, const struct ebb_event *event, bool certain,
                 struct device_guess *guess)
{
    *guess = (struct device_guess){
        .certain = certain,
        .address = event->address,
        .position = event->position,
        .name = name_at(manifest, event->address),
    };
}

/* Goes through the events from one position to the step. Returns 1 if there was an access, 0, or
 * -1. */
static int look(const struct manifest *manifest, struct ebb_cursor *cursor, uint64_t from,
                uint64_t position, struct device_guess *guess, struct ebb_error *error)
{
    bool nested = false;
    int found = 0, status = ebb_cursor_seek_position(cursor, from, error);
    struct ebb_event event;

    while (status == 0 && !guess->certain &&
           (status = ebb_cursor_next(cursor, &event, error)) > 0 && event.position < position) {
        status = 0;
        nested |= event.kind == EBB_EVENT_DMA && (event.flags & EBB_EVENT_NESTED);
        if (!ebb_event_is_synchronous(&event)) {
            continue;
        }
        if (event.kind == EBB_EVENT_MMIO_WRITE || event.kind == EBB_EVENT_MMIO_READ) {
            bool certain = nested && event.position == position - 1;

            if (certain || (event.kind == EBB_EVENT_MMIO_WRITE &&
                            !is_quiet(name_at(manifest, event.address)))) {
                take(manifest, &event, certain, guess);
                found = 1;
            }
        }
        nested = false;
    }
    return status < 0 ? -1 : found;
}

int device_guess(const struct manifest *manifest, const struct ebb_log *log, uint64_t position,
                 struct device_guess *guess, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, error);
    struct ebb_log_summary summary;
    uint64_t distance = FIRST_LOOK, from;
    int found = cursor ? 0 : -1;

    *guess = (struct device_guess){0};
    ebb_log_summary(log, &summary);
    do {
        from = position - summary.begin_position > distance ? position - distance
                                                            : summary.begin_position;
        distance *= LOOK_FACTOR;
        if (found == 0) {
            found = look(manifest, cursor, from, position, guess, error);
        }
    } while (found == 0 && from > summary.begin_position);
    ebb_cursor_free(cursor);
    return found;
}
