/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_client_resolve.h"

#include <stdlib.h>
#include <string.h>

int worker_client_resolve_begin(struct worker_client *worker, const struct worker_resolve *resolve,
                                const struct worker_override *overrides, struct ebb_error *error)
{
    struct iovec parts[2] = {
        {.iov_base = (void *)resolve, .iov_len = sizeof(*resolve)},
        {.iov_base = (void *)overrides, .iov_len = resolve->override_count * sizeof(*overrides)},
    };

    return worker_client_begin(worker, WORKER_RESOLVE, parts, 2, error);
}

/* An array of a reply, for free(); *array stays NULL if it is empty. */
static int receive_array(struct worker_channel *channel, uint64_t count, size_t size, void *array,
                         struct ebb_error *error)
{
    void *bytes;

    if (!count) {
        return 0;
    }
    bytes = calloc(count, size);
    if (!bytes) {
        channel->died = true; /* what it says next would be taken for a reply */
        channel->why = EBB_ERROR_FAILED;
        return ebb_fail_memory(error);
    }
    memcpy(array, &bytes, sizeof(bytes));
    return worker_channel_receive(channel, bytes, count * size, error);
}

static bool is_reason(uint32_t reason)
{
    return reason >= WORKER_RESOLVE_DONE && reason <= WORKER_RESOLVE_INTERRUPTED;
}

/* The first ambiguous anchor is one of the events consumed; what follows goes back to it. */
static bool place_makes_sense(const struct worker_resolved *head)
{
    return head->event_number >= head->event_count && head->position <= EBB_MAX_POSITION &&
           (!head->ambiguous || (head->first_ambiguous < head->event_number &&
                                 head->event_number - head->first_ambiguous <= head->event_count));
}

int worker_client_resolve_end(struct worker_client *worker,
                              struct worker_client_resolution *resolution, struct ebb_error *error)
{
    struct worker_channel *channel = worker_client_end(worker);
    struct worker_resolved *head = &resolution->head;
    uint32_t length;

    *resolution = (struct worker_client_resolution){0};
    if (worker_channel_receive_header(channel, WORKER_RESOLVE, &length, error)) {
        return -1;
    }
    if (length < sizeof(*head)) {
        return worker_channel_nonsense(channel, error);
    }
    if (worker_channel_receive(channel, head, sizeof(*head), error)) {
        return -1;
    }
    if (!is_reason(head->reason) || !place_makes_sense(head) ||
        head->event_count > WORKER_MAX_RESOLVED || head->exclusive_count > WORKER_MAX_EXCLUSIVES ||
        head->clear_count > head->event_count ||
        length !=
            sizeof(*head) + head->event_count * sizeof(*resolution->positions) +
                (head->exclusive_count + head->clear_count) * sizeof(*resolution->exclusives) +
                head->report_length) {
        return worker_channel_nonsense(channel, error);
    }
    if (receive_array(channel, head->event_count, sizeof(*resolution->positions),
                      &resolution->positions, error) ||
        receive_array(channel, head->exclusive_count, sizeof(*resolution->exclusives),
                      &resolution->exclusives, error) ||
        receive_array(channel, head->clear_count, sizeof(*resolution->cleared),
                      &resolution->cleared, error)) {
        return -1;
    }
    return worker_channel_receive_text(channel, head->report_length, &resolution->report, error);
}

void worker_client_resolution_free(struct worker_client_resolution *resolution)
{
    free(resolution->positions);
    free(resolution->exclusives);
    free(resolution->cleared);
    free(resolution->report);
    *resolution = (struct worker_client_resolution){0};
}

/* Counts the packed registers, or, with list, unpacks them. Returns -1 if they are not whole. */
static int unpack_registers(const uint8_t *packed, size_t size, struct ebb_register *list,
                            size_t *count)
{
    *count = 0;
    while (size) {
        struct ebb_register reg = {.value = packed + 12};

        if (size < 12) {
            return -1;
        }
        memcpy(&reg.id, packed, 8);
        memcpy(&reg.size, packed + 8, 4);
        if (reg.size > size - 12) {
            return -1;
        }
        if (list) {
            list[*count] = reg;
        }
        ++*count;
        packed += 12 + reg.size;
        size -= 12 + reg.size;
    }
    return 0;
}

struct ebb_register *worker_client_list_registers(struct worker_client *worker, size_t *count,
                                                  struct ebb_error *error)
{
    struct ebb_register *list = NULL;
    struct worker_channel *channel = worker_client_end(worker);
    uint8_t *packed;
    uint32_t length;

    if (worker_channel_send(channel, WORKER_LIST_REGISTERS, NULL, 0, error) ||
        worker_channel_receive_header(channel, WORKER_LIST_REGISTERS, &length, error)) {
        return NULL;
    }
    packed = malloc(length + 1);
    if (!packed) {
        channel->died = true;
        channel->why = EBB_ERROR_FAILED;
        ebb_fail_memory(error);
        return NULL;
    }
    if (worker_channel_receive(channel, packed, length, error) == 0) {
        if (unpack_registers(packed, length, NULL, count)) {
            worker_channel_nonsense(channel, error);
        } else {
            list = calloc(1, *count * sizeof(*list) + length + 1);
        }
    }
    if (list) {
        memcpy(list + *count, packed, length);
        unpack_registers((uint8_t *)(list + *count), length, list, count);
    }
    free(packed);
    return list;
}
