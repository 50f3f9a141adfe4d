/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "walls_check.h"

#include "walls/probe.h"
#include "walls/walls.h"

#include <stdio.h>
#include <string.h>

/* The walls that do not stand, in words. */
static void list_missing(const struct walls *walls, char *text, size_t size)
{
    static const struct {
        enum walls_part part;
        const char *name;
    } names[] = {
        {WALLS_LIMITS, "limits of memory and files"},
        {WALLS_CAPABILITIES, "dropping capabilities"},
        {WALLS_PRIVILEGES, "no_new_privs"},
    };
    size_t used = 0;

    text[0] = '\0';
    if (!(walls->parts & WALLS_CALLS)) {
        used = (size_t)snprintf(text, size, "a filter of system calls (seccomp: %s)",
                                strerror(walls->calls_errno));
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && used < size; i++) {
        if (!(walls->parts & names[i].part)) {
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", names[i].name);
        }
    }
}

static void check(struct host_finding *finding)
{
    struct walls walls;
    char missing[300];

    *finding = (struct host_finding){.name = "walls", .verdict = HOST_NOTE};
    if (!walls_wanted()) {
        snprintf(finding->text, sizeof(finding->text),
                 "EBB_SANDBOX=off: there are no walls between a recording's guest and what you may "
                 "do; replay nothing that a stranger has recorded");
        return;
    }
    walls = walls_probe();
    list_missing(&walls, missing, sizeof(missing));
    if (missing[0]) {
        snprintf(finding->text, sizeof(finding->text),
                 "this system refuses walls around a recording's guest: %s; replay what strangers "
                 "have recorded on another one",
                 missing);
        return;
    }
    finding->verdict = HOST_OK;
    snprintf(finding->text, sizeof(finding->text),
             "a recording's guest is behind walls: filter of system calls (seccomp), no_new_privs, "
             "no capabilities, sealed memory, limits of memory and files");
}

void walls_check(struct host_finding *finding)
{
    size_t used;

    check(finding);
    used = strlen(finding->text);
    if (finding->verdict == HOST_OK) {
        snprintf(finding->text + used, sizeof(finding->text) - used, "%s",
                 walls_probe_network()
                     ? ", a network of its own with nothing in it"
                     : "; this system lets it have no network namespace, but the filter refuses "
                       "all sockets");
    }
}

void walls_check_before_replay(void)
{
    struct host_finding finding;

    check(&finding);
    if (finding.verdict != HOST_OK) {
        fprintf(stderr, "ebb: warning: %s\n", finding.text);
    }
}
