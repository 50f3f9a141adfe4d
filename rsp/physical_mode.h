/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What QEMU's own gdbstub has beside the protocol (QEMU manual, "GDB usage"): memory packets that
 * take physical addresses, by Qqemu.PhyMemMode, and the question what a single step is.
 */
#ifndef EBB_RSP_PHYSICAL_MODE_H
#define EBB_RSP_PHYSICAL_MODE_H

#include "handler.h"

rsp_handler rsp_handle_physical_mode;
rsp_handler rsp_handle_set_physical_mode;
rsp_handler rsp_handle_qemu_supported;
rsp_handler rsp_handle_qemu_step;
rsp_handler rsp_handle_set_qemu_step;
rsp_handler rsp_handle_qemu_step_bits;

/* Memory at an address as the client means it: see timeline_read_memory() and
 * timeline_write_memory(). */
long rsp_physical_mode_read(struct rsp_session *session, uint64_t address, uint8_t *buffer,
                            size_t length, struct ebb_error *error);
int rsp_physical_mode_write(struct rsp_session *session, uint64_t address, const uint8_t *data,
                            size_t length, struct ebb_error *error);

#endif
