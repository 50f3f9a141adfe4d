/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "log/digest.h"
#include "ebb/recorder/events.h"
#include "anchor.h"
#include "count.h"
#include "registers.h"
#include "state.h"
#include "trace.h"

#define FULL_EVERY 128u

static bool read_place(struct recorder_session *session, uint64_t *pc, uint64_t *pstate)
{
    if (!recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pc), pc) ||
        !recorder_kvm_registers_get(session, RECORDER_KVM_CORE(regs.pstate), pstate)) {
        return false;
    }
    *pstate &= *pstate & PSTATE_nRW ? EBB_ANCHOR_CPSR : EBB_ANCHOR_PSTATE;
    return true;
}

/* One of those that a digest is of. In AArch32 state KVM puts more into them than the guest sees.
 */
static bool read_register(struct recorder_session *session, unsigned number, bool aarch32,
                          uint64_t *value)
{
    uint64_t id = number == EBB_ANCHOR_SP_EL0   ? RECORDER_KVM_CORE(regs.sp)
                  : number == EBB_ANCHOR_SP_EL1 ? RECORDER_KVM_CORE(sp_el1)
                                                : RECORDER_KVM_X(number);

    if (!recorder_kvm_registers_get(session, id, value)) {
        return false;
    }
    *value = aarch32 ? (uint32_t)*value : *value;
    return true;
}

static bool digest_all(struct recorder_session *session, bool aarch32, uint64_t *digest)
{
    uint64_t registers[EBB_ANCHOR_REGISTERS] = {0};
    unsigned i;

    for (i = 0; i < (aarch32 ? EBB_ANCHOR_SP_EL0 : EBB_ANCHOR_REGISTERS); i++) {
        if (!read_register(session, i, aarch32, &registers[i])) {
            return false;
        }
    }
    *digest = ebb_digest_anchor(registers);
    return true;
}

static bool digest_few(struct recorder_session *session, bool aarch32, uint32_t *digest)
{
    uint64_t values[EBB_THIN_ANCHOR_REGISTERS];
    unsigned i;

    for (i = 0; i < EBB_THIN_ANCHOR_REGISTERS; i++) {
        if (!read_register(session, ebb_thin_anchor_registers[i], aarch32, &values[i])) {
            return false;
        }
    }
    *digest = ebb_digest_thin_anchor(values);
    return true;
}

/* Reads the registers, of which the digest goes into data. */
static bool fill_in(struct recorder_session *session, struct ebb_event *event, uint8_t data[8])
{
    uint64_t full;
    uint32_t few;

    if (!read_place(session, &event->address, &event->value)) {
        return false;
    }
    event->data = data;
    if (session->kvm->anchors % FULL_EVERY) {
        event->data_length = sizeof(few);
        return digest_few(session, event->value & PSTATE_nRW, &few) && (stl_le_p(data, few), true);
    }
    event->data_length = sizeof(full);
    return digest_all(session, event->value & PSTATE_nRW, &full) && (stq_le_p(data, full), true);
}

uint64_t recorder_kvm_anchor_place(struct recorder_session *session)
{
    uint8_t data[8];
    struct ebb_event event = {.kind = EBB_EVENT_ANCHOR};

    if (!session->kvm->ran || !recorder_state_is_recording(session)) {
        return session->kvm->count;
    }
    session->kvm->ran = false;
    if (!recorder_kvm_count_read(session, &event.position) || !fill_in(session, &event, data)) {
        return session->kvm->count;
    }
    recorder_kvm_trace_anchor(session, event.position);
    session->kvm->count = event.position;
    session->kvm->anchors++;
    recorder_events_append(session, &event);
    return event.position;
}
