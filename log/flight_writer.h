/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flight recorder: keeps the newest part of a recording only. A base is a place where it may later
 * begin: ebb_log_writer_base(), then (in that order) an EBB_EVENT_MEMORY_MAP event with the whole
 * map, if the map has ever changed, and a keyframe with every page that is not all zeroes.
 * ebb_log_writer_drop_before() gives the disk space of everything before the newest base that is at
 * or before (keyframe) number back to the file system, by punching holes; event and keyframe
 * numbers and positions stay as they are. It happens on the writer's thread, whose errors come with
 * a later call; *first tells the number of the first keyframe that will be left. A base gives up a
 * keyframe that was begun. A file system that cannot make holes is an error of
 * ebb_log_writer_base(), with kind EBB_ERROR_UNSUPPORTED, before anything is lost.
 */
#ifndef EBB_LOG_FLIGHT_WRITER_H
#define EBB_LOG_FLIGHT_WRITER_H

#include "error.h"

#include <stdint.h>

struct ebb_log_writer;

int ebb_log_writer_base(struct ebb_log_writer *writer, struct ebb_error *error);
int ebb_log_writer_drop_before(struct ebb_log_writer *writer, uint64_t keyframe, uint64_t *first,
                               struct ebb_error *error);

#endif
