/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fake worker that gives no answer, or not soon. */
#ifndef EBB_FAKE_SILENCE_H
#define EBB_FAKE_SILENCE_H

#include "fake_worker.h"

/*
 * At a request, if that is the lie: "sleeps" and "spins" for good without a sign of life; "stops"
 * itself; "pretends": spins and gives signs for good; "mute": the same as "sleeps", at requests of
 * any kind. "works" gives signs while it uses half a second of CPU time, and then comes back.
 */
void fake_silence(struct fake_worker *worker, uint32_t request, const char *lie);

#endif
