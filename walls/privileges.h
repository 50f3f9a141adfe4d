/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process may do beyond others of its user: capabilities(7), no_new_privs. */
#ifndef EBB_WALLS_PRIVILEGES_H
#define EBB_WALLS_PRIVILEGES_H

#include <stdbool.h>

/*
 * Between fork and exec; makes system calls only. The program that is executed next has no
 * capabilities and gets no new privileges, in any of its threads, whoever starts it. Where the
 * program or the recording in the directory cannot be read without, as when root replays what a
 * user keeps to himself, it has those for that until it raises walls: false then.
 */
bool privileges_shed(const char *program, const char *directory);

/* Of this thread. True if it has none then. */
bool privileges_drop_capabilities(void);
/* True if the process has the flag then. */
bool privileges_get_no_new(void);

#endif
