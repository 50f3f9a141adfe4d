/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <time.h>
#include "cpu.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"
#include "alarm.h"
#include "state.h"

struct recorder_kvm_alarm {
    EbbMmioTimer *timer;
    timer_t host_timer;
    int64_t due_ns; /* of QEMU_CLOCK_VIRTUAL; INT64_MAX: none */
};

static void set_host_timer(struct recorder_kvm_alarm *alarm)
{
    struct itimerspec setting = {0}; /* off */
    int64_t left;

    if (alarm->due_ns != INT64_MAX) {
        left = MAX(alarm->due_ns - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), 1);
        setting.it_value.tv_sec = left / NANOSECONDS_PER_SECOND;
        setting.it_value.tv_nsec = left % NANOSECONDS_PER_SECOND;
    }
    timer_settime(alarm->host_timer, 0, &setting, NULL);
}

static void due_changed(void *opaque, int64_t ns)
{
    struct recorder_kvm_alarm *alarm = opaque;

    if (ns != alarm->due_ns) {
        alarm->due_ns = ns;
        set_host_timer(alarm);
    }
}

/* The guest's clock stands still while the machine is paused, the host's does not. */
static void run_state_changed(void *opaque, bool running, RunState state)
{
    if (running) {
        set_host_timer(opaque);
    }
}

bool recorder_kvm_alarm_prepare(struct recorder_session *session, Error **errp)
{
    struct recorder_kvm_alarm *alarm;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIG_IPI};

    if (!session->kvm->timer) {
        return true;
    }
    alarm = session->kvm->alarm = g_new0(struct recorder_kvm_alarm, 1);
    alarm->timer = session->kvm->timer;
    alarm->due_ns = INT64_MAX;
    event._sigev_un._tid = CPU(session->cpu)->thread_id;
    if (timer_create(CLOCK_MONOTONIC, &event, &alarm->host_timer)) {
        error_setg_errno(errp, errno, "cannot create a timer for the guest's one");
        return false;
    }
    ebb_mmio_timer_set_alarm(alarm->timer, due_changed, alarm);
    qemu_add_vm_change_state_handler(run_state_changed, alarm);
    return true;
}

void recorder_kvm_alarm_look(struct recorder_session *session)
{
    if (session->kvm->alarm) {
        ebb_mmio_timer_expire(session->kvm->alarm->timer);
    }
}
