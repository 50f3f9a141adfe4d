/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which device has written to the guest's memory. The log does not say: what is written while an
 * instruction accesses a device is that device's; what is written at another time is taken to be of
 * the device that the guest spoke to last, but for those that write no memory.
 */
#ifndef EBB_CLI_DEVICE_GUESS_H
#define EBB_CLI_DEVICE_GUESS_H

#include "recording.h"

struct device_guess {
    bool certain;      /* its registers were accessed meanwhile */
    uint64_t address;  /* guest-physical, of the register that was accessed; */
    uint64_t position; /* when */
    const char *name;  /* QEMU's; NULL: the recording has no name for it; the manifest's */
};

/* Of a write in the step that ends at the position. Returns 1, 0 if there is nothing to guess from,
 * or -1. */
int device_guess(const struct manifest *manifest, const struct ebb_log *log, uint64_t position,
                 struct device_guess *guess, struct ebb_error *error);

#endif
