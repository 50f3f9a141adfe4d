/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guest said: the lines of its consoles, and its markers between them. */
#ifndef EBB_CLI_CONSOLE_AND_MARKERS_H
#define EBB_CLI_CONSOLE_AND_MARKERS_H

#include "console_lines.h"

/* As console_lines_visit(), and visits each marker between from and to as well, in front of the
 * first line with a later position that is visited: of it there are the position and the name. */
int console_and_markers_visit(const struct ebb_log *log, const struct manifest *manifest,
                              uint64_t from, uint64_t to, console_visit visit, void *opaque,
                              struct ebb_error *error);

#endif
