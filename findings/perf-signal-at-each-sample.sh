#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Linux' perf sends its signal at each sample, whatever wakeup_events says.
#
# perf_event_open(2): wakeup_events tells how many samples happen before an overflow notification, and a
# notification is POLL_IN for poll() or, after fcntl(O_ASYNC), a signal. poll() keeps to it. The signal
# does not: with a tracepoint at every event and a wake-up at every thousandth, the thread is interrupted
# a thousand times as often as asked for, which is dear where the events are exits of a virtual machine.
#
# Seen with Linux 6.1.192 of Debian 12 (amd64, under QEMU 7.2): 50 system calls make 50 samples and 50
# signals of an event with wakeup_events = 1000, and poll() says that there is nothing.
#
# Exit status: 0 as described, 1 it behaves otherwise, 2 the packages could not be had.

. "$(dirname "$0")/lib/linux.sh"
fetch_linux

cat >init.c <<'END_OF_C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS 50

static volatile sig_atomic_t signals;

static void count(int number) { signals++; }

int main(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
                                   .wakeup_events = 1000, .disabled = 1};
    struct f_owner_ex owner = {F_OWNER_TID, (pid_t)syscall(SYS_gettid)};
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    struct perf_event_mmap_page *ring;
    struct pollfd ready = {.events = POLLIN};
    unsigned long long id = 0;
    unsigned samples = 0;
    FILE *file;
    int fd;

    mkdir("/trace", 0755);
    mount("tracefs", "/trace", "tracefs", 0, NULL);
    file = fopen("/trace/events/syscalls/sys_enter_getppid/id", "r");
    if (!file || fscanf(file, "%llu", &id) != 1) {
        puts("result: no tracepoint");
    }
    attr.config = id;
    fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    ring = mmap(NULL, 4096 * 17, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    sigaction(SIGUSR1, &action, NULL);
    fcntl(fd, F_SETOWN_EX, &owner);
    fcntl(fd, F_SETSIG, SIGUSR1);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    for (int i = 0; i < CALLS; i++) {
        syscall(SYS_getppid);
    }
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    for (unsigned long long at = 0; at < ring->data_head;) {
        struct perf_event_header *record = (void *)((char *)ring + 4096 + at % (16 * 4096));

        samples += record->type == PERF_RECORD_SAMPLE;
        at += record->size;
    }
    ready.fd = fd;
    printf("result: %u samples, %d signals, poll() %d\n", samples, (int)signals, poll(&ready, 1, 0));
    fflush(stdout);
    reboot(RB_POWER_OFF);
}
END_OF_C
run_in_linux init.c
if [ "$seen" = "result: 50 samples, 50 signals, poll() 0" ]; then
    finish 0 "50 samples with a wake-up at every 1000th: 50 signals, and nothing for poll()"
fi
finish 1 "otherwise: ${seen:-no result}"
