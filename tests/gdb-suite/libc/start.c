/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the start-up code of the test guests and main(). A program that does not end by itself is
 * switched off after LIMIT of guest time, so that all of it can be recorded: at -icount shift=1
 * that is 25 million instructions.
 */
#include "guest.h"

#include <stdlib.h>
#include <unistd.h>

#define LIMIT 50000 /* microseconds */
#define AT_EXIT_MAX 32

/* As guest.h knows it, it has no arguments. */
int program_main(int argument_count, char **arguments, char **variables) __asm__("main");

static char *no_variables[] = {NULL};
static void (*at_exit[AT_EXIT_MAX])(void);
static unsigned at_exit_count;

char **environ = no_variables;

static void give_up(void)
{
    print("still running at the limit: off\n");
    power_off();
}

/* Called by _start in place of main(). */
void libc_start(void)
{
    static char name[] = "program";
    static char *arguments[] = {name, NULL};

    irq_init();
    irq_enable(TIMER_IRQ, give_up);
    timer_start(LIMIT);
    irq_unmask();
    exit(program_main(1, arguments, environ));
}

int atexit(void (*function)(void))
{
    if (at_exit_count == AT_EXIT_MAX) {
        return -1;
    }
    at_exit[at_exit_count++] = function;
    return 0;
}

void exit(int status)
{
    while (at_exit_count) {
        at_exit[--at_exit_count]();
    }
    _exit(status);
}

void _exit(int status)
{
    (void)status;
    power_off();
}

void _Exit(int status)
{
    _exit(status);
}

void abort(void)
{
    print("abort\n");
    _exit(134);
}
