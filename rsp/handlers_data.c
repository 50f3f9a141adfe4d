/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handlers_data.h"

#include "physical_mode.h"
#include "register_order.h"

#include <stdlib.h>
#include <string.h>

enum {
    REGISTER_SIZE_MAX = 256,
    MEMORY_CHUNK = 0x4000, /* bytes of a search at a time */
    PATTERN_MAX = RSP_PACKET_SIZE,
};

/* Their sizes are all that is asked for. */
static int order_registers(struct rsp_session *session, uint8_t *registers, size_t length,
                           struct ebb_error *error)
{
    unsigned count = session->big_endian ? timeline_register_count(session->timeline) : 0;
    uint8_t value[REGISTER_SIZE_MAX];
    size_t offset = 0;

    for (unsigned i = 0; i < count && offset < length; i++) {
        int size = timeline_read_register(session->timeline, i, value, sizeof(value), error);

        if (size < 0 || (size_t)size > length - offset) {
            return -1;
        }
        rsp_register_order(session, registers + offset, (size_t)size);
        offset += (size_t)size;
    }
    return 0;
}

void rsp_handle_read_registers(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    size_t size = timeline_registers_size(session->timeline);
    struct ebb_error error;
    uint8_t *registers;

    (void)arguments;
    registers = malloc(size + 1);
    if (registers && timeline_read_registers(session->timeline, registers, &error) == 0 &&
        order_registers(session, registers, size, &error) == 0) {
        rsp_buffer_hex(&session->reply, registers, size);
    } else {
        rsp_reply_error(session, RSP_EIO, NULL);
    }
    free(registers);
}

/* Every write goes through here: it may be the one that starts a diversion. */
static int before_write(struct rsp_session *session, struct ebb_error *error)
{
    if (timeline_in_diversion(session->timeline)) {
        return 0;
    }
    session->wrote_memory = false;
    if (!session->origin) {
        session->origin = malloc(timeline_registers_size(session->timeline) + 1);
    }
    if (!session->origin) {
        return ebb_fail_memory(error);
    }
    return timeline_read_registers(session->timeline, session->origin, error);
}

static int write_register(struct rsp_session *session, unsigned number, const uint8_t *value,
                          size_t size, struct ebb_error *error)
{
    if (before_write(session, error) < 0) {
        return -1;
    }
    return timeline_write_register(session->timeline, number, value, size, error);
}

/* Writes what differs only: some registers cannot be written, and need not be. */
static int write_registers(struct rsp_session *session, uint8_t *registers, size_t length,
                           struct ebb_error *error)
{
    unsigned count = timeline_register_count(session->timeline);
    uint8_t now[REGISTER_SIZE_MAX];
    size_t offset = 0;

    for (unsigned i = 0; i < count && offset < length; i++) {
        int size = timeline_read_register(session->timeline, i, now, sizeof(now), error);

        if (size < 0 || (size_t)size > length - offset) {
            return size < 0 ? -1 : ebb_fail(error, EBB_ERROR_FAILED, "registers are cut off");
        }
        rsp_register_order(session, registers + offset, (size_t)size);
        if (memcmp(now, registers + offset, (size_t)size) &&
            write_register(session, i, registers + offset, (size_t)size, error) < 0) {
            return -1;
        }
        offset += (size_t)size;
    }
    return 0;
}

void rsp_handle_write_registers(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    size_t size = timeline_registers_size(session->timeline);
    struct ebb_error error;
    uint8_t *registers = malloc(size + 1);

    if (!registers) {
        rsp_reply_error(session, RSP_EIO, NULL);
    } else if (arguments->list[0].length != 2 * size ||
               !rsp_hex_decode(arguments->list[0].bytes, size, registers)) {
        rsp_reply_error(session, RSP_EINVAL, "not as many bytes as there are in the registers");
    } else if (write_registers(session, registers, size, &error) < 0) {
        rsp_reply_error(session, RSP_EIO, error.message);
    } else {
        rsp_reply_ok(session);
    }
    free(registers);
}

static int read_register(struct rsp_session *session, uint64_t number, uint8_t *value)
{
    struct ebb_error error;

    if (number > UINT32_MAX) {
        return -1;
    }
    return timeline_read_register(session->timeline, (unsigned)number, value, REGISTER_SIZE_MAX,
                                  &error);
}

void rsp_handle_read_register(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    uint8_t value[REGISTER_SIZE_MAX];
    int size = read_register(session, arguments->list[0].number, value);

    if (size <= 0) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    rsp_register_order(session, value, (size_t)size);
    rsp_buffer_hex(&session->reply, value, (size_t)size);
}

void rsp_handle_write_register(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    const struct rsp_argument *digits = &arguments->list[1];
    uint8_t value[REGISTER_SIZE_MAX];
    int size = read_register(session, arguments->list[0].number, value);
    struct ebb_error error;

    if (size <= 0) {
        rsp_reply_error(session, RSP_EINVAL, "there is no such register");
    } else if (digits->length != 2 * (size_t)size ||
               !rsp_hex_decode(digits->bytes, (size_t)size, value)) {
        rsp_reply_error(session, RSP_EINVAL, "the value has not the register's size");
    } else {
        rsp_register_order(session, value, (size_t)size);
        if (write_register(session, (unsigned)arguments->list[0].number, value, (size_t)size,
                           &error) < 0) {
            rsp_reply_error(session, RSP_EIO, error.message);
            return;
        }
        rsp_reply_ok(session);
    }
}

/*
 * Reads into bytes, at most capacity. The reply may hold less than was asked for: up to the first
 * byte that is not mapped. Returns -1 after an error reply.
 */
static long read_memory(struct rsp_session *session, const struct rsp_arguments *arguments,
                        uint8_t *bytes, size_t capacity)
{
    uint64_t address = arguments->list[0].number, length = arguments->list[1].number;
    struct ebb_error error;
    long count;

    if (length == 0) {
        return 0;
    }
    if (length > capacity) {
        length = capacity;
    }
    if (length - 1 > UINT64_MAX - address) {
        length = UINT64_MAX - address + 1; /* memory does not wrap around */
    }
    count = rsp_physical_mode_read(session, address, bytes, (size_t)length, &error);
    if (count <= 0) {
        rsp_reply_error(session, count < 0 ? RSP_EIO : RSP_EFAULT, NULL);
        return -1;
    }
    return count;
}

void rsp_handle_read_memory(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    uint8_t bytes[RSP_PACKET_SIZE / 2];
    long count = read_memory(session, arguments, bytes, sizeof(bytes));

    if (count > 0) {
        rsp_buffer_hex(&session->reply, bytes, (size_t)count);
    }
}

void rsp_handle_read_memory_binary(struct rsp_session *session,
                                   const struct rsp_arguments *arguments)
{
    uint8_t bytes[(RSP_PACKET_SIZE - 8) / 2]; /* escaping may double them */
    long count = read_memory(session, arguments, bytes, sizeof(bytes));

    if (count >= 0) {
        rsp_buffer_put_byte(&session->reply, 'b');
        rsp_buffer_put(&session->reply, bytes, (size_t)count);
    }
}

static void write_memory(struct rsp_session *session, uint64_t address, const uint8_t *bytes,
                         size_t length)
{
    struct ebb_error error;

    if (length && length - 1 > UINT64_MAX - address) {
        rsp_reply_error(session, RSP_EFAULT, "memory does not wrap around");
        return;
    }
    if (length) {
        if (before_write(session, &error) < 0 ||
            rsp_physical_mode_write(session, address, bytes, length, &error) < 0) {
            rsp_reply_error(session, RSP_EFAULT, error.message);
            return;
        }
        session->wrote_memory = true;
    }
    rsp_reply_ok(session);
}

void rsp_handle_write_memory(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    const struct rsp_argument *digits = &arguments->list[2];
    uint64_t length = arguments->list[1].number;
    uint8_t bytes[RSP_PACKET_SIZE / 2];

    if (digits->length % 2 || digits->length / 2 != length ||
        !rsp_hex_decode(digits->bytes, (size_t)length, bytes)) {
        rsp_reply_error(session, RSP_EINVAL, "the data has not the announced length");
        return;
    }
    write_memory(session, arguments->list[0].number, bytes, (size_t)length);
}

void rsp_handle_write_memory_binary(struct rsp_session *session,
                                    const struct rsp_arguments *arguments)
{
    const struct rsp_argument *data = &arguments->list[2];

    if (data->length != arguments->list[1].number) {
        rsp_reply_error(session, RSP_EINVAL, "the data has not the announced length");
        return;
    }
    write_memory(session, arguments->list[0].number, data->bytes, data->length);
}

/*
 * Looks for a pattern in [address, address + length). Returns 1 and fills *found, 0 if it is not
 * there, -1 if memory could not be read before it was found, or the client does not wait any more.
 */
static int search(struct rsp_session *session, uint64_t address, uint64_t length,
                  const struct rsp_argument *pattern, uint64_t *found)
{
    uint8_t *bytes = malloc(MEMORY_CHUNK + PATTERN_MAX);
    struct ebb_error error;
    int result = 0;

    while (bytes && length >= pattern->length) {
        uint64_t size = MEMORY_CHUNK + pattern->length - 1;
        const uint8_t *hit;
        long count;

        size = size < length ? size : length;
        count = rsp_physical_mode_read(session, address, bytes, (size_t)size, &error);
        hit = count > 0 ? memmem(bytes, (size_t)count, pattern->bytes, pattern->length) : NULL;
        if (hit) {
            *found = address + (uint64_t)(hit - bytes);
            result = 1;
            break;
        }
        if (count < (long)size || rsp_session_interrupted(session)) {
            result = -1;
            break;
        }
        size -= pattern->length - 1; /* a hit may straddle the border */
        address += size;
        length -= size;
    }
    free(bytes);
    return bytes ? result : -1;
}

/* qSearch:memory:ADDRESS;LENGTH;PATTERN */
void rsp_handle_search_memory(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    static const char object[] = "memory:";
    const size_t object_length = sizeof(object) - 1;
    const struct rsp_argument *text = &arguments->list[0];
    struct rsp_arguments range;
    uint64_t address, length, found = 0;
    int result;

    if (text->length < object_length || memcmp(text->bytes, object, object_length)) {
        return;
    }
    if (!rsp_arguments_parse("h;h;b", text->bytes + object_length, text->length - object_length,
                             &range) ||
        range.list[2].length == 0) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    address = range.list[0].number;
    length = range.list[1].number;
    if (length && length - 1 > UINT64_MAX - address) {
        length = UINT64_MAX - address; /* memory does not wrap around */
    }
    result = search(session, address, length, &range.list[2], &found);
    if (result < 0) {
        rsp_reply_error(session, RSP_EFAULT, NULL);
    } else if (result == 0) {
        rsp_buffer_text(&session->reply, "0");
    } else {
        rsp_buffer_printf(&session->reply, "1,%llx", (unsigned long long)found);
    }
}
