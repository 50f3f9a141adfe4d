/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "physical_mode.h"

#include "breakpoints.h"

/* QEMU's bits: a step is one; it is no place to mask interrupts or stop timers, which are history.
 */
enum { STEP_ENABLED = 1 };

void rsp_handle_physical_mode(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_text(&session->reply, session->physical_mode ? "1" : "0");
}

void rsp_handle_set_physical_mode(struct rsp_session *session,
                                  const struct rsp_arguments *arguments)
{
    if (arguments->list[0].number > 1) {
        rsp_reply_error(session, RSP_EINVAL,
                        "Qqemu.PhyMemMode is 0, virtual addresses, or 1, physical ones");
        return;
    }
    session->physical_mode = arguments->list[0].number != 0;
    rsp_breakpoints_view_changed(session);
    rsp_reply_ok(session);
}

void rsp_handle_qemu_supported(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_text(&session->reply, "sstepbits;sstep;PhyMemMode");
}

void rsp_handle_qemu_step(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_printf(&session->reply, "0x%x", STEP_ENABLED);
}

void rsp_handle_set_qemu_step(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    if (arguments->list[0].number != STEP_ENABLED) {
        rsp_reply_error(session, RSP_EINVAL,
                        "a step goes along the recording, whose interrupts "
                        "and timers cannot be held back: 0x1 is all there is");
        return;
    }
    rsp_reply_ok(session);
}

void rsp_handle_qemu_step_bits(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_printf(&session->reply, "ENABLE=%x", STEP_ENABLED);
}

long rsp_physical_mode_read(struct rsp_session *session, uint64_t address, uint8_t *buffer,
                            size_t length, struct ebb_error *error)
{
    return session->physical_mode
               ? timeline_read_physical(session->timeline, address, buffer, length, error)
               : timeline_read_memory(session->timeline, address, buffer, length, error);
}

int rsp_physical_mode_write(struct rsp_session *session, uint64_t address, const uint8_t *data,
                            size_t length, struct ebb_error *error)
{
    return session->physical_mode
               ? timeline_write_physical(session->timeline, address, data, length, error)
               : timeline_write_memory(session->timeline, address, data, length, error);
}
