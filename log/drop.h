/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dropping the beginning of a recording from its files. The file `start` says where the recording
 * begins; only once it is on the disk are holes made in the other files. Internal to log/.
 */
#ifndef EBB_LOG_DROP_H
#define EBB_LOG_DROP_H

#include "writer_state.h"

/* For the caller: makes a hole where nothing is, to learn whether the file system can. */
int ebb_drop_try(struct ebb_log_writer *writer, struct ebb_error *error);

/* For the thread: takes down that a base is at the ends of the files as they are now. */
void ebb_drop_place_base(struct ebb_log_writer *writer, struct ebb_base *base);

/* For the thread: makes the recording begin at start. */
int ebb_drop_perform(struct ebb_log_writer *writer, const struct ebb_start *start,
                     struct ebb_error *error);

#endif
