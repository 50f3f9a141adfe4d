/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stop_reply.h"

#include "breakpoints.h"
#include "register_order.h"

#include <stdlib.h>
#include <string.h>

/*
 * Adds the core registers: gdb looks at some of them after every stop, and asks for all registers
 * if it lacks one. They are the first in 'g': of AArch64 (whose PC is 32) x0 to x30, SP, PC, and
 * CPSR with 4 bytes (org.gnu.gdb.aarch64.core); of ARM r0 to r12, SP, LR, PC and CPSR, number 25,
 * with 4 bytes each (org.gnu.gdb.arm.core).
 */
static void add_core_registers(struct rsp_session *session, const uint8_t *registers, size_t size)
{
    bool a64 = timeline_pc_register(session->timeline) == 32;
    unsigned last = a64 ? 33 : 16;

    for (unsigned i = 0; i <= last; i++) {
        size_t length = a64 && i < last ? 8 : 4;
        uint8_t value[8];

        if (length > size) {
            return;
        }
        memcpy(value, registers, length);
        rsp_register_order(session, value, length);
        rsp_buffer_printf(&session->reply, "%02x:", a64 || i < last ? i : 25);
        rsp_buffer_hex(&session->reply, value, length);
        rsp_buffer_text(&session->reply, ";");
        registers += length;
        size -= length;
    }
}

void rsp_stop_reply(struct rsp_session *session)
{
    size_t size = timeline_registers_size(session->timeline);
    uint8_t *registers = malloc(size + 1);
    struct ebb_error error;

    session->told = timeline_position(session->timeline);
    rsp_buffer_clear(&session->reply);
    rsp_buffer_printf(&session->reply, "T%02xthread:%x;", session->signal, RSP_THREAD);
    if (registers && timeline_read_registers(session->timeline, registers, &error) == 0) {
        add_core_registers(session, registers, size);
    }
    free(registers);
}

static void add_breakpoint(struct rsp_session *session, const struct timeline_stop *stop)
{
    const struct rsp_breakpoint *breakpoint = rsp_breakpoint_at(session, stop->address);

    if (!breakpoint) {
        breakpoint = rsp_breakpoint_removed_at(session, stop->address);
    }
    if (breakpoint && breakpoint->type == 0 && session->client_swbreak) {
        rsp_buffer_text(&session->reply, "swbreak:;");
    } else if (breakpoint && breakpoint->type == 1 && session->client_hwbreak) {
        rsp_buffer_text(&session->reply, "hwbreak:;");
    }
}

static void add_watchpoint(struct rsp_session *session, const struct timeline_stop *stop)
{
    static const char *const names[] = {"watch", "rwatch", "awatch"};
    uint64_t address;
    const struct rsp_breakpoint *watchpoint =
        rsp_watchpoint_hit(session, stop->kind, stop->address, &address);

    if (watchpoint) {
        rsp_buffer_printf(&session->reply, "%s:%llx;", names[watchpoint->type - 2],
                          (unsigned long long)address);
    }
}

void rsp_print_notice(struct rsp_session *session)
{
    char *notice = timeline_take_notice(session->timeline);

    if (notice) {
        rsp_session_printf(session, "ebb: %s\n", notice);
    }
    free(notice);
}

/* Text that gdb shows above its own; it has to go out before the stop reply. */
static void print_story(struct rsp_session *session, const struct timeline_stop *stop)
{
    switch (stop->reason) {
    case TIMELINE_STOP_WATCHPOINT:
        if (stop->by_device) {
            rsp_session_printf(session, "ebb: %s wrote to 0x%llx at position %llu\n",
                               stop->by_reset ? "the reset" : "a device",
                               (unsigned long long)stop->address,
                               (unsigned long long)stop->position);
        }
        break;
    case TIMELINE_STOP_DIVERGED:
        rsp_session_print(session, stop->report ? stop->report : "ebb: replay and log disagree");
        rsp_session_print(session, "\n");
        break;
    case TIMELINE_STOP_DAMAGED:
        rsp_session_printf(session, "ebb: %s\n",
                           stop->report ? stop->report : "the recording is damaged behind this");
        break;
    case TIMELINE_STOP_HALTED:
        rsp_session_print(session, "ebb: the CPU waits for an interrupt, and in code that the "
                                   "debugger started none will come\n");
        break;
    default:
        break;
    }
}

void rsp_report_stop(struct rsp_session *session, const struct timeline_stop *stop)
{
    bool broken_off =
        stop->reason == TIMELINE_STOP_INTERRUPTED || stop->reason == TIMELINE_STOP_HALTED;

    rsp_print_notice(session);
    print_story(session, stop);
    session->signal = broken_off ? RSP_SIGINT : RSP_SIGTRAP;
    rsp_stop_reply(session);
    switch (stop->reason) {
    case TIMELINE_STOP_BREAKPOINT:
        add_breakpoint(session, stop);
        break;
    case TIMELINE_STOP_WATCHPOINT:
        add_watchpoint(session, stop);
        break;
    case TIMELINE_STOP_BEGIN:
        rsp_buffer_text(&session->reply, "replaylog:begin;");
        break;
    case TIMELINE_STOP_END:
    case TIMELINE_STOP_DIVERGED:
    case TIMELINE_STOP_DAMAGED:
        rsp_buffer_text(&session->reply, "replaylog:end;");
        break;
    case TIMELINE_STOP_STEP:
    case TIMELINE_STOP_INTERRUPTED:
    case TIMELINE_STOP_HALTED:
        break;
    }
}
