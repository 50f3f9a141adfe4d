/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packets that the server knows: a table of names, argument schemas and handlers (table.c).
 * A handler fills session->reply, which is empty when it is called; an empty reply tells the client
 * that the packet is not supported.
 */
#ifndef EBB_RSP_HANDLERS_H
#define EBB_RSP_HANDLERS_H

#include "session.h"

typedef void rsp_handler(struct rsp_session *session, const struct rsp_arguments *arguments);

enum rsp_packet_flag {
    /* Every gdb understands "E.text" in reply (a newer one may say that it always does). */
    RSP_ERROR_TEXT = 1 << 0,
};

struct rsp_packet_type {
    const char *name;
    const char *schema; /* of what follows the name: arguments.h */
    rsp_handler *handle;
    unsigned flags; /* enum rsp_packet_flag */
};

/* The type of a packet; NULL: unknown. */
const struct rsp_packet_type *rsp_packet_type(const uint8_t *packet, size_t length);

/* handlers_session.c: the connection, the server, the threads */
rsp_handler rsp_handle_supported;
rsp_handler rsp_handle_no_ack;
rsp_handler rsp_handle_non_stop;
rsp_handler rsp_handle_features;
rsp_handler rsp_handle_attached;
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

/* handlers_data.c: registers and memory */
rsp_handler rsp_handle_read_registers;
rsp_handler rsp_handle_write_registers;
rsp_handler rsp_handle_read_register;
rsp_handler rsp_handle_write_register;
rsp_handler rsp_handle_read_memory;
rsp_handler rsp_handle_read_memory_binary;
rsp_handler rsp_handle_write_memory;
rsp_handler rsp_handle_write_memory_binary;
rsp_handler rsp_handle_search_memory;

/* handlers_run.c: breakpoints and moves */
rsp_handler rsp_handle_stop_reason;
rsp_handler rsp_handle_continue;
rsp_handler rsp_handle_step;
rsp_handler rsp_handle_reverse_continue;
rsp_handler rsp_handle_reverse_step;
rsp_handler rsp_handle_vcont_query;
rsp_handler rsp_handle_vcont;
rsp_handler rsp_handle_insert;
rsp_handler rsp_handle_remove;

/* monitor.c: the user's "monitor" commands */
rsp_handler rsp_handle_monitor;

#endif
