/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process sees of the system's network: namespaces(7). */
#ifndef EBB_WALLS_NAMESPACES_H
#define EBB_WALLS_NAMESPACES_H

#include <stdbool.h>

/*
 * Moves this process, which has one thread, into a network that has nothing in it, not even a
 * loopback that is up. It makes system calls only. A process that is no user's in its new user
 * namespace has all capabilities there until it executes a program or drops them. False where the
 * system does not let users have namespaces, and nothing has changed.
 */
bool namespaces_leave_network(void);

#endif
