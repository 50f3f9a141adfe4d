/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "register_order.h"

#include "breakpoints.h"

#include <string.h>

/* A vector is a number of so many bytes, or several of them one after the other. */
enum { LARGEST_NUMBER = 16 };

static void reverse(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

void rsp_register_order(const struct rsp_session *session, uint8_t *bytes, size_t size)
{
    while (session->big_endian && size) {
        size_t part = size < LARGEST_NUMBER ? size : LARGEST_NUMBER;

        reverse(bytes, part);
        bytes += part;
        size -= part;
    }
}

int rsp_register_order_set(struct rsp_session *session, char **words, unsigned count,
                           struct ebb_error *error)
{
    bool big = count > 1 && !strcmp(words[1], "big");

    if (count > 1 && !big && strcmp(words[1], "little")) {
        return ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is neither big nor little", words[1]);
    }
    if (count > 1 && big != session->big_endian) {
        session->big_endian = big;
        rsp_breakpoints_view_changed(session);
        rsp_session_print(session, "gdb has the old bytes yet; drop them with "
                                   "'maintenance flush register-cache'\n");
    }
    rsp_session_printf(session,
                       "registers are sent %s-endian; gdb expects what 'show endian' says\n",
                       session->big_endian ? "big" : "little");
    return 0;
}
