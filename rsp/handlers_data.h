/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets about registers and memory. */
#ifndef EBB_RSP_HANDLERS_DATA_H
#define EBB_RSP_HANDLERS_DATA_H

#include "handler.h"

rsp_handler rsp_handle_read_registers;
rsp_handler rsp_handle_write_registers;
rsp_handler rsp_handle_read_register;
rsp_handler rsp_handle_write_register;
rsp_handler rsp_handle_read_memory;
rsp_handler rsp_handle_read_memory_binary;
rsp_handler rsp_handle_write_memory;
rsp_handler rsp_handle_write_memory_binary;
rsp_handler rsp_handle_search_memory;

#endif
