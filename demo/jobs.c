/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small controller with a bug in it. It has a list of jobs to run now and then, and keeps
 * statistics that a timer interrupt updates. After a while it dies, far from where it went wrong.
 */
#include "guest.h"

#define PERIOD 10000 /* microseconds between samples */
#define SAMPLES 16
#define ROUNDS_PER_JOB 2000000

struct job {
    const char *name;
    unsigned (*run)(unsigned);
    unsigned runs;
    struct job *next;
};

/* What the timer interrupt keeps, and the list of jobs right behind it. */
struct controller {
    unsigned position;         /* of the next sample */
    unsigned taken;            /* samples in all */
    uint64_t samples[SAMPLES]; /* load in the upper half, time in the lower */
    struct job *jobs;
};

static struct controller controller;
static volatile unsigned load;

static unsigned measure(unsigned round)
{
    return round * 7 % 31;
}

static unsigned regulate(unsigned round)
{
    return round * 13 % 37;
}

static struct job regulator = {"regulate", regulate, 0, NULL};
static struct job meter = {"measure", measure, 0, &regulator};

/* The timer's interrupt: one more sample in the ring. */
static void take_sample(void)
{
    uint64_t sample = (uint64_t)load << 32 | (uint32_t)timer_count();

    controller.samples[controller.position] = sample;
    controller.taken++;
    controller.position++;
    if (controller.position > SAMPLES) {
        controller.position = 0;
    }
    timer_start(PERIOD);
}

__attribute__((noinline)) static void run_jobs(unsigned round)
{
    struct job *job;

    for (job = controller.jobs; job; job = job->next) {
        load = load / 2 + job->run(round);
        job->runs++;
    }
}

__attribute__((noinline)) static void control_loop(void)
{
    unsigned round;

    for (round = 0;; round++) {
        load = load * 3 / 4 + round % 5000;
        if (round % ROUNDS_PER_JOB == 0) {
            print("controller: round %u, load %u\n", round, load);
            run_jobs(round);
        }
    }
}

/* Data aborts and the like end up here: say so, and stop. */
static void die(struct exception *exception)
{
    print("controller: dead after %u samples: bad address %p used by the code at %p\n",
          controller.taken, exception->address, exception->pc);
    power_off();
}

int main(void)
{
    set_exception_handler(die);
    controller.jobs = &meter;
    irq_init();
    irq_enable(TIMER_IRQ, take_sample);
    irq_unmask();
    timer_start(PERIOD);
    control_loop();
    return 0;
}
