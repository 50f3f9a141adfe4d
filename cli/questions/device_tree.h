/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which devices interrupts are of, as a device tree in the guest's memory says: QEMU puts one there
 * for most machines, and the guest may overwrite it when it has read it.
 */
#ifndef EBB_CLI_QUESTIONS_DEVICE_TREE_H
#define EBB_CLI_QUESTIONS_DEVICE_TREE_H

#include "cli/manifest.h"

#include "replay/timeline/timeline.h"

#define DEVICE_TREE_INTERRUPTS                                                                     \
    1020u /* numbers of the GIC below those with a meaning of their own */
#define DEVICE_TREE_NAME_SIZE 40u

struct device_tree {
    /* Names of nodes by the GIC's number; empty: none has it. */
    char names[DEVICE_TREE_INTERRUPTS][DEVICE_TREE_NAME_SIZE];
};

/* Reads the device tree that is in memory where the timeline is; without one all names are empty.
 * Only failures of memory and of the worker are errors. */
int device_tree_read(struct device_tree *tree, struct timeline *timeline,
                     const struct manifest *manifest, struct ebb_error *error);

/* The same from its bytes, which may be anything. False: they are no device tree. */
bool device_tree_parse(struct device_tree *tree, const uint8_t *bytes, size_t size);

#endif
