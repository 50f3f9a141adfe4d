/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "hw/arm/virt.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "clockless.h"
#include "state.h"

/* All that is known sets a timer within its first second. */
#define PATIENCE_S 10

static void look(void *opaque)
{
    const struct recorder_session *session = opaque;
    const struct recorder_kvm *kvm = session->kvm;

    if (kvm->timer->was_set || kvm->exits[RECORDER_KVM_COUNTER]) {
        return;
    }
    warn_report(
        "the guest has run for %d seconds without setting a timer or reading a counter that "
        "can be recorded; if it hangs, it knows none of them: try --guest-clock %s, "
        "%sor record with --accel tcg",
        PATIENCE_S, kvm->timer->of_cpu ? "page" : "registers",
        session->settings.rescan_on_execute ? ""
                                            : "--rescan-on-execute on if its code is packed, ");
}

/* Programs for the bare machine need no clock. */
static bool wants_clock(void)
{
    const struct arm_boot_info *boot = &VIRT_MACHINE(qdev_get_machine())->bootinfo;

    return boot->is_linux || boot->firmware_loaded;
}

void recorder_kvm_clockless_watch(struct recorder_session *session)
{
    struct recorder_kvm *kvm = session->kvm;

    if (kvm->timer && wants_clock()) {
        kvm->clockless = timer_new_ns(QEMU_CLOCK_VIRTUAL, look, session);
        timer_mod(kvm->clockless,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + PATIENCE_S * NANOSECONDS_PER_SECOND);
    }
}

void recorder_kvm_clockless_forget(struct recorder_session *session)
{
    timer_free(session->kvm->clockless);
    session->kvm->clockless = NULL;
}
