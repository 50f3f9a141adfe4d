/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes by the debugger, each of which begins a diversion if there is none. */
#include "diversion.h"
#include "recovery.h"

int timeline_write_register(struct timeline *timeline, unsigned number, const uint8_t *value,
                            size_t size, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];

    if (diversion_begin(timeline, error)) {
        return -1;
    }
    if (worker_client_write_register(replica->worker, number, value, size, error)) {
        return recovery_lose_diversion(timeline, error);
    }
    return 0;
}

static int write_memory(struct timeline *timeline, struct worker_memory where, const uint8_t *data,
                        size_t length, struct ebb_error *error)
{
    struct replica *replica = &timeline->replicas[0];
    long written;

    if (length > WORKER_MAX_MESSAGE / 2) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%zu bytes are too many for one write", length);
    }
    if (diversion_begin(timeline, error)) {
        return -1;
    }
    where.length = (uint32_t)length;
    written = worker_client_write_memory(replica->worker, &where, data, error);
    if (written < 0) {
        return recovery_lose_diversion(timeline, error);
    }
    if ((size_t)written < length) {
        return ebb_fail(error, EBB_ERROR_USAGE, "the memory at 0x%llx cannot be written",
                        (unsigned long long)where.address + (unsigned long long)written);
    }
    return 0;
}

int timeline_write_memory(struct timeline *timeline, uint64_t address, const uint8_t *data,
                          size_t length, struct ebb_error *error)
{
    return write_memory(timeline, (struct worker_memory){.address = address}, data, length, error);
}

int timeline_write_physical(struct timeline *timeline, uint64_t address, const uint8_t *data,
                            size_t length, struct ebb_error *error)
{
    struct worker_memory where = {.address = address, .flags = WORKER_MEMORY_PHYSICAL};

    return write_memory(timeline, where, data, length, error);
}
