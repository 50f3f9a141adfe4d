/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What walls a system allows. */
#ifndef EBB_WALLS_PROBE_H
#define EBB_WALLS_PROBE_H

#include "walls.h"

/* Finds out by raising those of a worker around a child process. Without one, none stand. */
struct walls walls_probe(void);

/* The same for walls/namespaces.h, which a filter of system calls makes up for. */
bool walls_probe_network(void);

#endif
