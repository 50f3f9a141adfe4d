/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See culprit.h. A program without a library, which the kernel's random numbers choose for. */
#include "../culprit.h"

#ifdef __aarch64__
enum { SYS_REBOOT = 142, SYS_WRITE = 64, SYS_GETRANDOM = 278 };

static long call(long number, long a, long b, long c)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#else
enum { SYS_REBOOT = 88, SYS_WRITE = 4, SYS_GETRANDOM = 384 };

static long call(long number, long a, long b, long c)
{
    register long r7 __asm__("r7") = number;
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;

    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}
#endif

#define GETRANDOM_INSECURE 4 /* does not wait until there is enough of it */
#define REBOOT_MAGIC (long)0xfee1dead
#define REBOOT_MAGIC2 672274793
#define REBOOT_POWER_OFF 0x4321fedc

static char line[64];
static char *line_end = line;

static void put_text(const char *text)
{
    while (*text) {
        *line_end++ = *text++;
    }
}

static void put_number(uint32_t number)
{
    if (number >= 10) {
        put_number(number / 10);
    }
    *line_end++ = (char)('0' + number % 10);
}

/* The same line as the bare guest's. */
static void print_choice(uint32_t round, uint32_t writer)
{
    put_text("culprit: writer ");
    put_number(writer % CULPRIT_WRITERS);
    put_text(" in round ");
    put_number(round % CULPRIT_ROUNDS);
    put_text("\n");
    call(SYS_WRITE, 1, (long)line, line_end - line);
}

void _start(void)
{
    static uint32_t choice[2];

    call(SYS_GETRANDOM, (long)choice, sizeof(choice), GETRANDOM_INSECURE);
    culprit_run(choice[0], choice[1]);
    print_choice(choice[0], choice[1]);
    call(SYS_REBOOT, REBOOT_MAGIC, REBOOT_MAGIC2, REBOOT_POWER_OFF);
    while (1) {
    }
}
