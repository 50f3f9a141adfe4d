/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packets that the server knows: a table of names, argument schemas and handlers. */
#ifndef EBB_RSP_TABLE_H
#define EBB_RSP_TABLE_H

#include "handler.h"

enum rsp_packet_flag {
    /* Every gdb understands "E.text" in reply (a newer one may say that it always does). */
    RSP_ERROR_TEXT = 1 << 0,
    /* Can be answered before the timeline is open. */
    RSP_EARLY = 1 << 1,
    /* gdb shows O packets that come before the reply (remote_get_noisy_reply()), and waits anew
     * after each: so it can be told how opening the timeline gets on. */
    RSP_NOISY = 1 << 2,
};

struct rsp_packet_type {
    const char *name;
    const char *schema; /* of what follows the name: arguments.h */
    rsp_handler *handle;
    unsigned flags; /* enum rsp_packet_flag */
};

/* The type of a packet; NULL: unknown. */
const struct rsp_packet_type *rsp_packet_type(const uint8_t *packet, size_t length);

#endif
