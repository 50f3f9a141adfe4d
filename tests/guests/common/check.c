/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest.h"

static unsigned failures;
static unsigned checks;

void check(bool ok, const char *what)
{
    checks++;
    if (!ok) {
        failures++;
        print("not ok: %s\n", what);
    }
}

void finish(const char *name)
{
    print("%s: %u checks, %u failed\n", name, checks, failures);
    print("%s: %s\n", name, failures ? "FAIL" : "PASS");
    power_off();
}
