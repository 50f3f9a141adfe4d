/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's own walls, its -sandbox, around the QEMU that records (docs/walls.md). It refuses system
 * calls that no guest's device has a need of: starting programs, more privileges, other priorities.
 */
#ifndef EBB_CLI_QEMU_SANDBOX_H
#define EBB_CLI_QEMU_SANDBOX_H

#include "argument_list.h"
#include "host_checks.h"

#include <stdbool.h>

/* Looks at the QEMU program, or asks it; false also where the system lets it have none. */
bool qemu_sandbox_exists(const char *qemu);

/*
 * Appends -sandbox to the list, as tight as the user's arguments let it be, with a note where that
 * is less than all. Nothing if they have one of their own.
 */
void qemu_sandbox_add(char *const *words, int count, const char *qemu, struct argument_list *list);

/* For ebb doctor: what holds a guest that is being recorded. qemu NULL: none was found. */
void qemu_sandbox_check(const char *qemu, struct host_finding *finding);

#endif
