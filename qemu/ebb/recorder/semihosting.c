/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "semihosting/common-semi.h"
#include "semihosting/console.h"
#include "semihosting/guestfd.h"
#include "ebb/position.h"
#include "access.h"
#include "events.h"
#include "hooks.h"
#include "semihosting.h"
#include "session.h"

/* Operation numbers: "Semihosting for AArch32 and AArch64". */
enum operation {
    OPERATION_WRITEC = 0x03,
    OPERATION_WRITE0 = 0x04,
    OPERATION_WRITE = 0x05,
    OPERATION_READ = 0x06,
    OPERATION_READC = 0x07,
    OPERATION_EXIT = 0x18,
    OPERATION_EXIT_EXTENDED = 0x20,
};

#define MAX_CONSOLE_TEXT (64u << 10) /* bytes of one call that are kept */

static uint64_t argument(CPUARMState *env, int number)
{
    return is_a64(env) ? env->xregs[number] : env->regs[number];
}

/* A word of the block of arguments that the second register points to; 0 if it is not mapped. */
static uint64_t block_word(CPUState *cpu, int number)
{
    CPUARMState *env = cpu_env(cpu);
    uint8_t bytes[8] = {0};
    int size = is_a64(env) ? 8 : 4;

    if (cpu_memory_rw_debug(cpu, argument(env, 1) + number * size, bytes, size, false)) {
        return 0;
    }
    return ldn_p(bytes, size);
}

static bool is_console(uint64_t descriptor)
{
    GuestFD *file = get_guestfd((int)descriptor);

    return file && file->type == GuestFDConsole;
}

static void take_string(CPUState *cpu, GString *text, vaddr address)
{
    char c;

    while (text->len < MAX_CONSOLE_TEXT && !cpu_memory_rw_debug(cpu, address++, &c, 1, false) &&
           c) {
        g_string_append_c(text, c);
    }
}

static void take_bytes(CPUState *cpu, GString *text, vaddr address, uint64_t length)
{
    length = MIN(length, MAX_CONSOLE_TEXT);
    g_string_set_size(text, length);
    if (length && cpu_memory_rw_debug(cpu, address, text->str, length, false)) {
        g_string_truncate(text, 0);
    }
}

/* What the call is going to print; empty if it is another kind of call. */
static GString *console_text(CPUState *cpu, uint32_t operation)
{
    GString *text = g_string_new(NULL);
    uint64_t pointer = argument(cpu_env(cpu), 1);

    switch (operation) {
    case OPERATION_WRITEC:
        take_bytes(cpu, text, pointer, 1);
        break;
    case OPERATION_WRITE0:
        take_string(cpu, text, pointer);
        break;
    case OPERATION_WRITE:
        if (is_console(block_word(cpu, 0))) {
            take_bytes(cpu, text, block_word(cpu, 1), block_word(cpu, 2));
        }
        break;
    }
    return text;
}

static bool would_wait_for_input(CPUState *cpu, uint32_t operation)
{
    bool reads = operation == OPERATION_READC ||
                 (operation == OPERATION_READ && is_console(block_word(cpu, 0)));

    return reads && !qemu_semihosting_console_ready();
}

static void append_call(struct recorder_session *session, uint32_t operation, GString *text,
                        uint64_t value)
{
    struct ebb_event console = {
        .kind = EBB_EVENT_CONSOLE,
        .data = (const uint8_t *)text->str,
        .data_length = text->len,
    };
    struct ebb_event call = {
        .kind = EBB_EVENT_SEMIHOSTING,
        .address = operation,
        .value = value,
    };

    if (text->len) {
        recorder_events_effect(session, &console);
    }
    recorder_access_append(session, &call);
}

void recorder_semihosting_call(CPUState *cpu)
{
    struct recorder_session *session = recorder_hooks_session;
    uint32_t operation = (uint32_t)argument(cpu_env(cpu), 0);
    uint64_t position = ebb_position_of_instruction();
    g_autoptr(GString) text = NULL;

    if (operation == OPERATION_EXIT || operation == OPERATION_EXIT_EXTENDED) {
        recorder_session_finish(session, EBB_END_POWER_OFF, position);
    } else if (recorder_state_is_recording(session) && would_wait_for_input(cpu, operation)) {
        recorder_state_fail(session,
                            "cannot record a guest that waits for input from the semihosting "
                            "console; give it its input in a file or through a UART");
    }
    if (!recorder_access_begin(session, position)) {
        do_common_semihosting(cpu);
        return;
    }
    text = console_text(cpu, operation);
    do_common_semihosting(cpu);
    append_call(session, operation, text, argument(cpu_env(cpu), 0));
    recorder_access_end(session);
}
