/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include "cpu.h"
#include "qapi/error.h"
#include "log/digest.h"
#include "ebb/recorder/events.h"
#include "anchor.h"
#include "registers.h"
#include "state.h"
#include "trace.h"

#define INSTRUCTIONS_RETIRED 0x08 /* Arm ARM, D13.12.2 */

bool recorder_kvm_anchor_open(struct recorder_session *session, Error **errp)
{
    struct perf_event_attr attributes = {
        .size = sizeof(attributes),
        .type = session->settings.pmu_type,
        .config = INSTRUCTIONS_RETIRED,
        .exclude_host = 1,
        .exclude_hv = 1,
        .pinned = 1,
    };
    struct recorder_kvm *kvm = session->kvm;
    pid_t thread = CPU(session->cpu)->thread_id;

    kvm->counter_fd =
        syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (kvm->counter_fd < 0) {
        error_setg_errno(
            errp, errno,
            "cannot count the guest's instructions with the PMU; ebb doctor tells why");
        return false;
    }
    if (read(kvm->counter_fd, &kvm->base_count, sizeof(uint64_t)) != sizeof(uint64_t)) {
        error_setg(errp, "the PMU has no counter to spare; stop other users of perf");
        return false;
    }
    kvm->count = 0;
    return true;
}

void recorder_kvm_anchor_close(struct recorder_session *session)
{
    if (session->kvm->counter_fd >= 0) {
        close(session->kvm->counter_fd);
        session->kvm->counter_fd = -1;
    }
}

static bool read_count(struct recorder_session *session, uint64_t *count)
{
    uint64_t now;

    if (read(session->kvm->counter_fd, &now, sizeof(now)) != sizeof(now)) {
        recorder_state_fail(session,
                            "the PMU has stopped counting the guest's instructions; keep other "
                            "users of perf away while recording");
        return false;
    }
    *count = now - session->kvm->base_count;
    return true;
}

static bool read_registers(struct recorder_session *session, uint64_t *registers, uint64_t *pc,
                           uint64_t *pstate)
{
    int i;

    if (!recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pc), pc) ||
        !recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pstate), pstate)) {
        return false;
    }
    for (i = 0; i < 31; i++) {
        if (!recorder_kvm_registers_get(session, RECORDER_KVM_X(i), &registers[i])) {
            return false;
        }
    }
    registers[31] = registers[32] = 0;
    if (*pstate & PSTATE_nRW) {
        *pstate &= EBB_ANCHOR_CPSR;
        /* KVM itself puts more than the guest can see into them. */
        for (i = 0; i < 31; i++) {
            registers[i] = (uint32_t)registers[i];
        }
        return true;
    }
    *pstate &= EBB_ANCHOR_PSTATE;
    return recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.sp), &registers[31]) &&
           recorder_kvm_registers_get(session, RECORDER_KVM_CORE(sp_el1), &registers[32]);
}

uint64_t recorder_kvm_anchor_place(struct recorder_session *session)
{
    uint64_t registers[EBB_ANCHOR_REGISTERS];
    uint8_t digest[8];
    struct ebb_event event = {
        .kind = EBB_EVENT_ANCHOR, .data = digest, .data_length = sizeof(digest)};

    if (!session->kvm->ran || !recorder_state_is_recording(session)) {
        return session->kvm->count;
    }
    session->kvm->ran = false;
    if (!read_count(session, &event.position) ||
        !read_registers(session, registers, &event.address, &event.value)) {
        return session->kvm->count;
    }
    recorder_kvm_trace_anchor(session, event.position);
    session->kvm->count = event.position;
    session->kvm->anchors++;
    stq_le_p(digest, ebb_digest_anchor(registers));
    recorder_events_append(session, &event);
    return event.position;
}
