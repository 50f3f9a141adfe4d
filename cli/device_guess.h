/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which device has written to the guest's memory in a step: the instruction at a position, and what
 * happens up to the next position. The log does not say. What is written inside of an instruction's
 * access to a device is that device's; what is written at another time is taken to be of the device
 * that the guest wrote to last, but for those that write to memory at no other time than that. What
 * the recorder writes itself under KVM, the guest's clock and instructions that access the counter,
 * is no device's.
 */
#ifndef EBB_CLI_DEVICE_GUESS_H
#define EBB_CLI_DEVICE_GUESS_H

#include "manifest.h"

#include "log/reader.h"

/* So many are looked at for one thing: in the step, from there back, and for a device's kind; fewer
 * if there is much data in them. */
#define DEVICE_GUESS_EVENTS_MAX (1u << 20)
#define DEVICE_GUESS_WORDS_SIZE 512

enum device_guess_kind {
    DEVICE_GUESS_UNKNOWN,  /* a device has written; nothing tells which */
    DEVICE_GUESS_NOBODY,   /* no device has written in the step */
    DEVICE_GUESS_CERTAIN,  /* inside of an access */
    DEVICE_GUESS_PROBABLE, /* the device that the guest wrote to last */
    DEVICE_GUESS_NAMELESS, /* the manifest names no devices: where the guest wrote last, whatever is
                            * there */
};

struct device_guess {
    const struct manifest *manifest;
    bool (*stopped)(void *opaque); /* whether somebody wants it to end */
    void *opaque;
    /* What is found: from DEVICE_GUESS_CERTAIN on, the access that tells the device. */
    enum device_guess_kind kind;
    uint32_t access;   /* enum ebb_event_kind: of a register in memory, or something else */
    uint64_t address;  /* of a register in memory: guest-physical; */
    uint64_t position; /* when */
    const struct manifest_device *device; /* NULL: the manifest has none there */
    const char *virtio; /* the kind of a virtio device ("entropy"); NULL: it is none, or unknown */
};

/* Guesses who has written in the step that begins at a position. If it is stopped, that is
 * EBB_ERROR_INTERRUPTED. */
int device_guess(struct device_guess *guess, const struct ebb_log *log, uint64_t step,
                 struct ebb_error *error);

/* Whether the access is known, and of a register in memory. */
bool device_guess_has_register(const struct device_guess *guess);

/* How users are told that, behind "is written" ("by fw_cfg_mem (0x9020014)"), as a terminal can
 * have it; words has DEVICE_GUESS_WORDS_SIZE bytes. */
int device_guess_words(const struct device_guess *guess, char *words, struct ebb_error *error);

#endif
