/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets about the connection, the server, the threads. */
#ifndef EBB_RSP_HANDLERS_SESSION_H
#define EBB_RSP_HANDLERS_SESSION_H

#include "handler.h"

rsp_handler rsp_handle_supported;
rsp_handler rsp_handle_thread_suffix;
rsp_handler rsp_handle_host_info;
rsp_handler rsp_handle_no_ack;
rsp_handler rsp_handle_non_stop;
rsp_handler rsp_handle_features;
rsp_handler rsp_handle_attached;
rsp_handler rsp_handle_extended;
rsp_handler rsp_handle_detach;
rsp_handler rsp_handle_kill;
rsp_handler rsp_handle_kill_process;
rsp_handler rsp_handle_ok;
rsp_handler rsp_handle_empty;
rsp_handler rsp_handle_current_thread;
rsp_handler rsp_handle_thread_list;
rsp_handler rsp_handle_thread_list_end;
rsp_handler rsp_handle_thread_text;
rsp_handler rsp_handle_thread;

#endif
