/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of CPU and log as an opaque blob, for the engine's checkpoints: exact by construction,
 * because it is a copy of QEMU's own state, and quick. Pointers of that state stay where they are.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "exec/cputlb.h"
#include "exec/exec-all.h"
#include "internals.h"
#include "cpu-features.h"
#include "ebb/arm/cpu_state.h"
#include "ebb/arm/cpu_state_kvm.h"
#include "ebb/position.h"
#include "events.h"
#include "map.h"
#include "pages.h"
#include "ram.h"
#include "state.h"

struct state_header {
    struct moment moment;
    uint64_t event_number;
    uint64_t map_event;
    uint32_t diversion;
    uint32_t interrupt_request;
    uint32_t halted;
    int32_t exception_index;
    uint32_t power_state;
    uint32_t reserved;
    struct worker_progress progress;
};

/* The bytes of CPUARMState that hold guest state: all before its first pointer; the SME array, its
 * largest field, only where the CPU has one. */
static size_t env_size(struct worker *worker)
{
    return cpu_isar_feature(aa64_sme, worker->cpu) ? offsetof(CPUARMState, cpu_breakpoint)
                                                   : offsetof(CPUARMState, zarray);
}

size_t worker_state_size(struct worker *worker)
{
    return sizeof(struct state_header) + env_size(worker);
}

void worker_state_get(struct worker *worker, void *blob)
{
    CPUState *cpu = CPU(worker->cpu);
    struct state_header header = {
        .moment = worker->clockwork.now,
        .event_number = worker->events.next_number,
        .map_event = worker->map.event_number,
        .diversion = worker->diversion,
        .interrupt_request = cpu->interrupt_request,
        .halted = cpu->halted,
        .exception_index = cpu->exception_index,
        .power_state = worker->cpu->power_state,
        .progress = worker->kvm.progress,
    };

    header.moment.position = ebb_position_now();
    memcpy(blob, &header, sizeof(header));
    memcpy((uint8_t *)blob + sizeof(header), &worker->cpu->env, env_size(worker));
}

/* What QEMU derives from the state and keeps elsewhere. */
static void forget_derived(struct worker *worker)
{
    CPUState *cpu = CPU(worker->cpu);

    cpu->cflags_next_tb = -1;
    cpu->watchpoint_hit = NULL;
    cpu->neg.icount_decr.u16.high = 0;
    hw_breakpoint_update_all(worker->cpu);
    hw_watchpoint_update_all(worker->cpu);
    tlb_flush(cpu);
    g_string_truncate(worker->report, 0);
}

int worker_state_set(struct worker *worker, const void *blob, size_t size, struct ebb_error *error)
{
    CPUState *cpu = CPU(worker->cpu);
    struct state_header header;

    if (size != worker_state_size(worker)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a CPU state of %zu bytes, not %zu", size,
                        worker_state_size(worker));
    }
    memcpy(&header, blob, sizeof(header));
    memcpy(&worker->cpu->env, (const uint8_t *)blob + sizeof(header), env_size(worker));
    cpu->interrupt_request = header.interrupt_request;
    cpu->halted = header.halted;
    cpu->exception_index = header.exception_index;
    worker->cpu->power_state = header.power_state;
    worker->diversion = header.diversion;
    worker->kvm.progress = header.progress;
    ebb_position_set(header.moment.position);
    clockwork_load(&worker->clockwork, header.moment);
    worker_pages_lose(worker);
    forget_derived(worker);
    worker_ram_accept_replaced(worker);
    if (worker_map_restore(worker, header.map_event, error)) {
        return -1;
    }
    process_queued_cpu_work(cpu);
    return worker_events_seek(worker, header.event_number, error);
}

/* Splits the registers of a WORKER_LOAD_KEYFRAME message; their values stay in the message. */
static struct ebb_register *parse_registers(const uint8_t *data, size_t length, uint64_t count)
{
    struct ebb_register *registers;
    uint64_t i;

    if (count > length / 12) {
        return NULL;
    }
    registers = g_new0(struct ebb_register, count + 1);
    for (i = 0; i < count; i++) {
        if (length < 12 || ldl_he_p(data + 8) > length - 12) {
            g_free(registers);
            return NULL;
        }
        registers[i].id = ldq_he_p(data);
        registers[i].size = ldl_he_p(data + 8);
        registers[i].value = data + 12;
        data += 12 + registers[i].size;
        length -= 12 + registers[i].size;
    }
    return registers;
}

static int set_registers(struct worker *worker, const struct ebb_register *registers, size_t count,
                         struct ebb_error *error)
{
    return worker->kvm.active ? ebb_cpu_kvm_registers_set(worker->cpu, registers, count, error)
                              : ebb_cpu_registers_set(worker->cpu, registers, count, error);
}

int worker_state_load_keyframe(struct worker *worker, const uint8_t *message, size_t length,
                               struct ebb_error *error)
{
    g_autofree struct ebb_register *registers = NULL;
    struct worker_keyframe keyframe;

    if (length < sizeof(keyframe)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a keyframe message of %zu bytes", length);
    }
    memcpy(&keyframe, message, sizeof(keyframe));
    registers = parse_registers(message + sizeof(keyframe), length - sizeof(keyframe),
                                keyframe.register_count);
    if (!registers) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a keyframe message with broken registers");
    }
    if (set_registers(worker, registers, keyframe.register_count, error)) {
        return ebb_fail_prefix(error, "keyframe %" PRIu64, keyframe.number);
    }
    worker->diversion = false;
    worker->kvm.progress = (struct worker_progress){.counter_cost = 1};
    ebb_position_set(keyframe.position);
    clockwork_load(&worker->clockwork, moment_arrived(keyframe.position));
    worker_pages_lose(worker);
    forget_derived(worker);
    worker_ram_accept_replaced(worker);
    worker_ram_collect_dirty(worker);
    if (worker_map_restore_before(worker, keyframe.event_number, error)) {
        return -1;
    }
    process_queued_cpu_work(CPU(worker->cpu));
    return worker_events_seek(worker, keyframe.event_number, error);
}
