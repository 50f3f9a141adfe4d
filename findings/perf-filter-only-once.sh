#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A tracepoint's perf event takes one filter, for its life.
#
# PERF_EVENT_IOC_SET_FILTER (perf_event_open(2)) sets the filter of a tracepoint's event, and nothing says
# that it does so once. A second one fails with EEXIST, also while the event is disabled, and also to
# take the filter away: who watches a virtual machine's exits, and wants others of them later, has to
# open another event, and to move to it without losing what comes in between.
#
# Seen with Linux 6.1.192 of Debian 12 (amd64, under QEMU 7.2): the first filter is taken, a second one
# and an empty one are EEXIST.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/linux.sh"
fetch_linux

cat >init.c <<'END_OF_C'
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *set(int fd, const char *filter)
{
    return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) ? strerrorname_np(errno) : "taken";
}

int main(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
                                   .disabled = 1};
    unsigned long long id = 0;
    FILE *file;
    int fd;

    mkdir("/trace", 0755);
    mount("tracefs", "/trace", "tracefs", 0, NULL);
    file = fopen("/trace/events/sched/sched_switch/id", "r");
    if (!file || fscanf(file, "%llu", &id) != 1) {
        puts("result: no tracepoint");
    }
    attr.config = id;
    fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    printf("result: first %s, ", set(fd, "prev_prio > 100"));
    printf("second %s, ", set(fd, "prev_prio > 120"));
    printf("empty %s\n", set(fd, ""));
    fflush(stdout);
    reboot(RB_POWER_OFF);
}
END_OF_C
run_in_linux init.c
if [ "$seen" = "result: first taken, second EEXIST, empty EEXIST" ]; then
    finish 0 "the first filter was taken; another one, and an empty one, were EEXIST"
fi
finish 1 "otherwise: ${seen:-no result}"
