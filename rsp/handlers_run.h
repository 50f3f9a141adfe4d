/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that move the timeline, or ask where it is. */
#ifndef EBB_RSP_HANDLERS_RUN_H
#define EBB_RSP_HANDLERS_RUN_H

#include "handler.h"

rsp_handler rsp_handle_stop_reason;
rsp_handler rsp_handle_continue;
rsp_handler rsp_handle_step;
rsp_handler rsp_handle_reverse_continue;
rsp_handler rsp_handle_reverse_step;
rsp_handler rsp_handle_start_again;
rsp_handler rsp_handle_attach;
rsp_handler rsp_handle_vcont_query;
rsp_handler rsp_handle_vcont;

#endif
