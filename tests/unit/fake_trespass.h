/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker could try that a guest has taken over: each of these its walls refuse. */
#ifndef EBB_FAKE_TRESPASS_H
#define EBB_FAKE_TRESPASS_H

typedef void fake_trespass(void);

/* By name: "open", "socket", "fork", "thread", "execute", "kill", "unseal", "trace"; NULL: another,
 * or NULL. Each comes back only if nothing has kept it from what it does. */
fake_trespass *fake_trespass_named(const char *name);

#endif
