/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread of a vCPU, which QEMU names so with -name debug-threads=on, and how long it has run.
 * It is looked for in all of /proc, once.
 */
#ifndef EBB_BENCH_VCPU_H
#define EBB_BENCH_VCPU_H

#include "calls.h"

#define VCPU_NAME "CPU 0/KVM\n"
#define VCPU_TIME 32 /* bytes that a time takes at most, with one to spare */

#define AT_FDCWD (-100)

enum { IN_PROC, IN_TASK };

struct vcpu_entry { /* of a directory, as the kernel gives it */
    unsigned long inode;
    long offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int vcpu_file = -1; /* its schedstat */
static char vcpu_path[128];

/* Puts text into the path at `end`; returns where it ends then. */
static unsigned long vcpu_append(unsigned long end, const char *text)
{
    while (*text && end < sizeof(vcpu_path) - 1) {
        vcpu_path[end++] = *text++;
    }
    vcpu_path[end] = '\0';
    return end;
}

static int vcpu_open(void)
{
    return call(CALL_OPEN_AT, AT_FDCWD, vcpu_path, 0, 0);
}

/* Opens the file of the thread that the path names, if it is the one. */
static int vcpu_is(unsigned long end)
{
    static const char wanted[] = VCPU_NAME;
    char name[sizeof(wanted)];
    long i, count;
    int file;

    vcpu_append(end, "/comm");
    file = vcpu_open();
    count = call(CALL_READ, file, name, sizeof(name), 0);
    call(CALL_CLOSE, file, 0, 0, 0);
    for (i = 0; i < count && name[i] == wanted[i]; i++) {
    }
    if (i != sizeof(wanted) - 1) {
        return 0;
    }
    vcpu_append(end, "/schedstat");
    vcpu_file = vcpu_open();
    return vcpu_file >= 0;
}

/* Looks through a directory of processes or threads, and through those of each process. */
static int vcpu_find(unsigned long end, int where)
{
    long entries[128];
    int folder = vcpu_open(), found = 0;
    long count;

    while (!found && (count = call(CALL_ENTRIES, folder, entries, sizeof(entries), 0)) > 0) {
        const struct vcpu_entry *entry;

        for (long at = 0; !found && at < count; at += entry->length) {
            unsigned long longer;

            entry = (const struct vcpu_entry *)((const char *)entries + at);
            if (entry->name[0] < '0' || entry->name[0] > '9') {
                continue;
            }
            longer = vcpu_append(vcpu_append(end, "/"), entry->name);
            found = where == IN_TASK ? vcpu_is(longer)
                                     : vcpu_find(vcpu_append(longer, "/task"), IN_TASK);
        }
    }
    call(CALL_CLOSE, folder, 0, 0, 0);
    return found;
}

/* Puts the time into the line, the first word of the file, or -; returns its length. */
static long vcpu_time(char *line)
{
    long count = -1, i = 0;

    if (vcpu_file >= 0 || vcpu_find(vcpu_append(0, "/proc"), IN_PROC)) {
        count = call(CALL_READ_AT, vcpu_file, line, VCPU_TIME - 1, 0);
        if (count <= 0) { /* it has ended */
            call(CALL_CLOSE, vcpu_file, 0, 0, 0);
            vcpu_file = -1;
        }
    }
    while (i < count && line[i] >= '0' && line[i] <= '9') {
        i++;
    }
    if (!i) {
        line[i++] = '-';
    }
    return i;
}

#endif
