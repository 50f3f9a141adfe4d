/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an exception was, for WORKER_BREAK_EXCEPTION: from QEMU's words to the Arm ARM's. */
#ifndef EBB_WORKER_EXCEPTIONS_H
#define EBB_WORKER_EXCEPTIONS_H

#include "worker.h"

/* True if no instruction has caused it: it was taken in front of one. index: QEMU's number. */
bool worker_exception_is_asynchronous(int index);
/* Before it is entered: true for a call whose return address is behind the instruction, with the
 * instruction's size in bytes. */
bool worker_exception_is_call(struct worker *worker, int index, uint64_t *size);
/* Behind its entry: fills in what a row has of exceptions. */
void worker_exception_describe(struct worker *worker, int index, struct worker_row *row);

#endif
