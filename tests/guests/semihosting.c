/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talks to the host through semihosting: output, the clocks, the command line (which the host
 * writes into memory), and the exit. Ends by SYS_EXIT, with status 3.
 */
#include "guest.h"

enum {
    SYS_OPEN = 0x01,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
};

#define APPLICATION_EXIT 0x20026
#define OPEN_WRITE 4

static intptr_t host_call(uintptr_t operation, const void *argument)
{
#ifdef __aarch64__
    register uintptr_t r0 __asm__("x0") = operation;
    register const void *r1 __asm__("x1") = argument;

    __asm__ volatile("hlt #0xf000" : "+r"(r0) : "r"(r1) : "memory");
#else
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("svc #0x123456" : "+r"(r0) : "r"(r1) : "memory", "lr");
#endif
    return r0;
}

static void write_to_host(const char *text, size_t length)
{
    static const char name[] = ":tt";
    uintptr_t open_block[3] = {(uintptr_t)name, OPEN_WRITE, sizeof(name) - 1};
    uintptr_t write_block[3] = {host_call(SYS_OPEN, open_block), (uintptr_t)text, length};

    check(write_block[0] != (uintptr_t)-1, "host's console opens");
    check(host_call(SYS_WRITE, write_block) == 0, "all is written");
}

int main(void)
{
    static char command_line[128];
    uintptr_t line_block[2] = {(uintptr_t)command_line, sizeof(command_line)};
    uint64_t elapsed = 0;
    uintptr_t exit_block[2] = {APPLICATION_EXIT, 3};
    intptr_t clock = host_call(SYS_CLOCK, NULL);
    intptr_t time = host_call(SYS_TIME, NULL);

    check(clock >= 0, "clock");
    check(time > 1700000000, "time");
    check(host_call(SYS_ELAPSED, &elapsed) == 0 && elapsed, "elapsed ticks");
    check(host_call(SYS_GET_CMDLINE, line_block) == 0, "command line");
    print("semihosting: time %x, clock %x, command line '%s'\n", (unsigned)time, (unsigned)clock,
          command_line);
    host_call(SYS_WRITE0, "semihosting: hello, host\n");
    host_call(SYS_WRITEC, "!");
    write_to_host("\nsemihosting: written\n", 22);
    print("semihosting: PASS\n");
    host_call(SYS_EXIT_EXTENDED, exit_block);
    return 0;
}
