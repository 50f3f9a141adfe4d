/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/prctl.h>
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "ebb/recorder/hooks.h"
#include "clock.h"
#include "count.h"
#include "state.h"
#include "stores.h"
#include "trace.h"

#define SHORTEST_STEP_NS 100000 /* many times what it takes to enter the guest */
/* At an access of the guest's it sees a clock that is not older. */
#define FRESH_NS 250000
#define PAUSE_STEPS 16 /* outside of the guest for so long: the machine is paused */
#define STEP_DIVISOR 8
/* A guest that reads the page so soon after it was closed does nothing else. */
#define WAITING_NS 20000
#define SLEEP_MS 1000 /* after which a vCPU that sleeps in the guest is looked at again */

struct recorder_kvm_clock {
    EbbMmioTimer *timer;
    const struct recorder_kvm_clock_follower *follower; /* NULL: none */
    CPUState *cpu;
    int cpu_fd; /* /proc's file of the vCPU thread's state; -1: none */
    int64_t longest_step_ns;
    QemuMutex lock; /* for what follows */
    QemuCond entered;
    bool waiting; /* the thread, for the vCPU to enter the guest */
    bool in_guest;
    bool closed;
    int64_t step_ns; /* now, of host time as the others */
    int64_t refreshed_ns;
    int64_t closed_ns;
    int64_t age_limit_ns; /* the vCPU is brought out when the page is older; 0: never */
    bool too_old;         /* the vCPU was, since it last entered */
    uint64_t fault_count; /* of instructions, at the last look at the closed page */
};

static void protect(struct recorder_kvm_clock *clock, int protection)
{
    size_t size = memory_region_size(&clock->timer->page);

    if (mprotect(clock->timer->page_bytes, size, protection)) {
        error_report("cannot change the protection of the guest's clock page: %s", strerror(errno));
        abort();
    }
    clock->closed = protection == PROT_NONE;
    clock->closed_ns = clock->closed ? get_clock() : clock->closed_ns;
}

static int64_t age(const struct recorder_kvm_clock *clock)
{
    return get_clock() - clock->refreshed_ns;
}

/* These are called with the lock, and do not hold it while they wait. */
static void wait_for_vcpu(struct recorder_kvm_clock *clock)
{
    clock->waiting = true;
    qemu_cond_wait(&clock->entered, &clock->lock);
    clock->waiting = false;
}

/* Whether the vCPU is to be brought out once the page is older than the limit. */
static bool is_age_limited(const struct recorder_kvm_clock *clock)
{
    return clock->in_guest && clock->age_limit_ns && !clock->too_old;
}

/* Until something may have to be done; not for longer than a step, since that changes. */
static void wait_for_age(struct recorder_kvm_clock *clock)
{
    int64_t left = clock->step_ns - age(clock), time_ns = left > 0 ? left : clock->step_ns;
    int64_t limit = clock->age_limit_ns - age(clock);
    struct timespec time;

    if (is_age_limited(clock) && limit > 0) {
        time_ns = MIN(time_ns, limit);
    }
    time = (struct timespec){.tv_sec = time_ns / NANOSECONDS_PER_SECOND,
                             .tv_nsec = time_ns % NANOSECONDS_PER_SECOND};
    qemu_mutex_unlock(&clock->lock);
    nanosleep(&time, NULL);
    qemu_mutex_lock(&clock->lock);
}

/* Whether the vCPU's thread sleeps, which it does inside the guest for a WFI only. */
static bool is_asleep(const struct recorder_kvm_clock *clock)
{
    char text[256];
    ssize_t length = clock->cpu_fd < 0 ? -1 : pread(clock->cpu_fd, text, sizeof(text) - 1, 0);
    const char *state;

    text[MAX(length, 0)] = '\0';
    state = strrchr(text, ')'); /* behind the thread's name */
    return state && g_str_has_prefix(state, ") S");
}

/* What sleeps does not look at the clock, and an interrupt that wakes it brings it out. */
static void bring_out(struct recorder_kvm_clock *clock)
{
    if (is_asleep(clock)) {
        clock->waiting = true;
        qemu_cond_timedwait(&clock->entered, &clock->lock, SLEEP_MS);
        clock->waiting = false;
    } else {
        clock->too_old = true;
        qemu_cpu_kick(clock->cpu);
    }
}

static void *watch_age(void *opaque)
{
    struct recorder_kvm_clock *clock = opaque;

    prctl(PR_SET_TIMERSLACK, 1ul); /* ns; short steps are to be short */
    qemu_mutex_lock(&clock->lock);
    for (;;) {
        bool is_paused = !clock->in_guest && age(clock) > PAUSE_STEPS * clock->longest_step_ns;

        if (is_age_limited(clock) && age(clock) >= clock->age_limit_ns) {
            bring_out(clock);
        } else if (clock->in_guest && !clock->closed && age(clock) >= clock->step_ns) {
            protect(clock, PROT_NONE);
        } else if ((clock->closed && !is_age_limited(clock)) || is_paused) {
            wait_for_vcpu(clock);
        } else {
            wait_for_age(clock);
        }
    }
    return NULL;
}

static int open_state(const CPUState *cpu)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/stat", cpu->thread_id);

    return open(path, O_RDONLY | O_CLOEXEC);
}

bool recorder_kvm_clock_prepare(struct recorder_session *session, Error **errp)
{
    EbbMmioTimer *timer = session->kvm->timer;
    struct recorder_kvm_clock *clock;
    QemuThread thread;

    if (!timer || timer->of_cpu || !session->settings.clock_step_us) {
        return true;
    }
    if (!ebb_mmio_timer_show(timer, errp)) {
        return false;
    }
    clock = session->kvm->clock = g_new0(struct recorder_kvm_clock, 1);
    clock->timer = timer;
    clock->cpu = CPU(session->cpu);
    clock->cpu_fd = open_state(clock->cpu);
    clock->longest_step_ns = session->settings.clock_step_us * (int64_t)SCALE_US;
    clock->step_ns = clock->longest_step_ns;
    qemu_mutex_init(&clock->lock);
    qemu_cond_init(&clock->entered);
    qemu_thread_create(&thread, "ebb-clock", watch_age, clock, QEMU_THREAD_DETACHED);
    return true;
}

bool recorder_kvm_clock_follow(struct recorder_session *session,
                               const struct recorder_kvm_clock_follower *follower)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (clock) {
        clock->follower = follower;
    }
    return clock != NULL;
}

void recorder_kvm_clock_enter(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (clock) {
        qemu_mutex_lock(&clock->lock);
        clock->in_guest = true;
        clock->too_old = false;
        if (clock->waiting) {
            qemu_cond_signal(&clock->entered);
        }
        qemu_mutex_unlock(&clock->lock);
    }
}

bool recorder_kvm_clock_leave(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;
    bool was_closed = false;

    if (clock) {
        qemu_mutex_lock(&clock->lock);
        clock->in_guest = false;
        was_closed = clock->closed;
        if (was_closed) {
            protect(clock, PROT_READ | PROT_WRITE);
        }
        qemu_mutex_unlock(&clock->lock);
    }
    return was_closed;
}

static void note_change(EbbMmioTimer *timer, hwaddr offset, hwaddr length)
{
    recorder_hooks_ram_written(&timer->page, offset, length);
}

void recorder_kvm_clock_refresh(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (clock) {
        if (clock->follower) {
            clock->follower->before(session);
        }
        ebb_mmio_timer_refresh(clock->timer, note_change);
        if (clock->follower) {
            clock->follower->after(session);
        }
        /* Behind the anchor, which takes its time: the guest is to get something of its step. */
        clock->refreshed_ns = get_clock();
    }
}

/* In a replay a follower's register goes with each change of the page, of which this is one. */
static void show_settings(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (clock->follower) {
        clock->follower->before(session);
    }
    ebb_mmio_timer_show_settings(clock->timer, note_change);
}

/*
 * Telling the time costs more than all else of the page: a longer event, and a register for a
 * follower. A guest whose timer has fired looks at the clock to see which of its own are due.
 */
void recorder_kvm_clock_pass(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (!clock) {
        return;
    }
    /* A page that was old enough to be closed is open now: it must not stay as old as it is. */
    if (clock->timer->counts_changed || age(clock) >= MIN(FRESH_NS, clock->step_ns)) {
        recorder_kvm_clock_refresh(session);
    } else if (clock->timer->changed) {
        show_settings(session);
    }
}

void recorder_kvm_clock_limit_age(struct recorder_session *session, int64_t limit_ns)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    qemu_mutex_lock(&clock->lock);
    clock->age_limit_ns = limit_ns;
    qemu_mutex_unlock(&clock->lock);
}

bool recorder_kvm_clock_was_too_old(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;
    bool was;

    qemu_mutex_lock(&clock->lock);
    was = clock->too_old;
    qemu_mutex_unlock(&clock->lock);
    return was;
}

/* What else has happened has an anchor already, and a timer that has fired needs one. */
void recorder_kvm_clock_settle(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;
    struct recorder_kvm_clock *clock = kvm->clock;

    if (clock && !kvm->ran && clock->timer->sp804) {
        recorder_kvm_clock_refresh(session); /* it may be what has fired */
    } else if (clock && (clock->timer->changed || !kvm->ran)) {
        recorder_kvm_clock_pass(session);
    }
}

/* A host that is busy may be so slow to enter the guest that the step is over by then. */
static bool made_progress(struct recorder_session *session)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;
    uint64_t count = session->kvm->count;
    bool progress = !recorder_state_is_recording(session) || count != clock->fault_count;

    clock->fault_count = count;
    return progress;
}

static void adapt_step(struct recorder_session *session, bool at_once)
{
    struct recorder_kvm_clock *clock = session->kvm->clock;

    if (made_progress(session) && at_once) {
        clock->step_ns = MAX(clock->step_ns / STEP_DIVISOR, SHORTEST_STEP_NS);
    } else {
        clock->step_ns = MIN(clock->step_ns * 2, clock->longest_step_ns);
    }
}

bool recorder_kvm_clock_fault(CPUState *cpu)
{
    struct recorder_session *session = recorder_hooks_session;
    bool at_once;

    recorder_kvm_trace_drain(session, false);
    if (!recorder_kvm_clock_leave(session)) {
        return false;
    }
    recorder_kvm_count_note(session);
    at_once = get_clock() - session->kvm->clock->closed_ns < WAITING_NS;
    session->kvm->exits[RECORDER_KVM_CLOCK]++;
    recorder_kvm_stores_settle(session);
    bql_lock();
    recorder_kvm_clock_refresh(session);
    bql_unlock();
    adapt_step(session, at_once);
    session->kvm->ran = true;
    recorder_kvm_count_forget(session);
    recorder_kvm_clock_enter(session);
    return true;
}
