/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses: what the vCPU asks of the outside in the middle of an instruction, as loads and stores
 * of devices, system registers, hypercalls. The event of an access comes behind those of the
 * effects that it had.
 */
#ifndef EBB_RECORDER_ACCESS_H
#define EBB_RECORDER_ACCESS_H

#include "state.h"

/*
 * Around an access by the instruction at a position: effects in between are nested in it. False,
 * and nothing is to be ended, if it is part of another access or there is no recording.
 */
bool recorder_access_begin(struct recorder_session *session, uint64_t position);
void recorder_access_end(struct recorder_session *session);

/* Appends the event of the access itself, before its end. */
void recorder_access_append(struct recorder_session *session, struct ebb_event *event);

/* The same for a load or store: kind is EBB_EVENT_MMIO_READ or EBB_EVENT_MMIO_WRITE. */
void recorder_access_append_mmio(struct recorder_session *session, uint32_t kind, uint64_t address,
                                 uint64_t value, unsigned size, uint32_t flags);

#endif
