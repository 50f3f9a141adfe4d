/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exception.h"

static exception_function exception_handler;

void set_exception_handler(exception_function handler)
{
    exception_handler = handler;
}

void exception_dispatch(struct exception *exception)
{
    if (exception_handler) {
        exception_handler(exception);
        return;
    }
    print("unexpected exception: kind %u at %p, address %p, status %x\n", exception->kind,
          exception->pc, exception->address, exception->status);
    power_off();
}
