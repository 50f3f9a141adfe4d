/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between the files of this folder only. */
#ifndef EXCEPTION_H
#define EXCEPTION_H

#include "guest.h"

struct frame;

/* Called by the vectors. */
void exception_entry(struct frame *frame, unsigned vector);

void exception_dispatch(struct exception *exception);
void irq_dispatch(void);

#endif
