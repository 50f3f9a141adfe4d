/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's time: when it read its clock. */
#ifndef EBB_CLI_SHELL_GUEST_TIME_H
#define EBB_CLI_SHELL_GUEST_TIME_H

#include "shell.h"

/* Reads 1.5s, 20ms, 3us or 4ns as nanoseconds; false: it is no time. */
bool guest_time_read(const char *text, double *nanoseconds);

/* Where the guest read its clock first at that time or later. */
int guest_time_find(struct shell *shell, double nanoseconds, uint64_t *position,
                    struct ebb_error *error);

#endif
