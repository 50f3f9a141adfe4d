/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inspect.h"
#include "recovery.h"
#include "reach.h"
#include "log/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Looking at the state of the moment, which is replica 0's. */

/* Asks replica 0's worker for something; returns -1 on failure. */
typedef long (*question)(struct timeline *timeline, void *opaque, struct ebb_error *error);

/* Asks at the timeline's state, with a new worker if the old one has died. */
static long ask(struct timeline *timeline, question put, void *opaque, struct ebb_error *error)
{
    long result;

    recovery_forget_deaths(timeline);
    if (timeline->diversion) {
        result = put(timeline, opaque, error);
        return result < 0 ? recovery_lose_diversion(timeline, error) : result;
    }
    do {
        result = reach_present(timeline, error) ? -1 : put(timeline, opaque, error);
    } while (result < 0 && recovery_try_again(timeline, 0, error));
    return result;
}

size_t timeline_registers_size(const struct timeline *timeline)
{
    return timeline->hello.registers_size;
}

unsigned timeline_register_count(const struct timeline *timeline)
{
    return timeline->hello.register_count;
}

unsigned timeline_pc_register(const struct timeline *timeline)
{
    return timeline->hello.pc_register;
}

static long ask_registers(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    return worker_client_read_registers(timeline->replicas[0].worker, opaque, error);
}

int timeline_read_registers(struct timeline *timeline, uint8_t *buffer, struct ebb_error *error)
{
    return (int)ask(timeline, ask_registers, buffer, error);
}

struct register_question {
    unsigned number;
    uint8_t *buffer;
    size_t size;
};

static long ask_register(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    struct register_question *wanted = opaque;

    return worker_client_read_register(timeline->replicas[0].worker, wanted->number, wanted->buffer,
                                       wanted->size, error);
}

int timeline_read_register(struct timeline *timeline, unsigned number, uint8_t *buffer,
                           size_t buffer_size, struct ebb_error *error)
{
    struct register_question wanted = {.number = number, .buffer = buffer, .size = buffer_size};

    return (int)ask(timeline, ask_register, &wanted, error);
}

int timeline_read_pc(struct timeline *timeline, uint64_t *pc, struct ebb_error *error)
{
    uint8_t bytes[8];
    int size =
        timeline_read_register(timeline, timeline->hello.pc_register, bytes, sizeof(bytes), error);

    if (size < 0) {
        return -1;
    }
    *pc = 0;
    for (int i = 0; i < size; i++) {
        *pc = *pc << 8 | bytes[timeline->hello.big_endian ? i : size - 1 - i];
    }
    return 0;
}

static long ask_context(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    return worker_client_read_context(timeline->replicas[0].worker, opaque, error);
}

int inspect_context(struct timeline *timeline, struct worker_context *context,
                    struct ebb_error *error)
{
    return ask(timeline, ask_context, context, error) < 0 ? -1 : 0;
}

struct condition_question {
    uint32_t flags;
    const uint8_t *bytes;
    size_t size;
};

static long ask_conditions(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    const struct condition_question *wanted = opaque;

    return worker_client_evaluate(timeline->replicas[0].worker, wanted->flags, wanted->bytes,
                                  wanted->size, error);
}

int inspect_conditions(struct timeline *timeline, uint32_t flags, const uint8_t *bytes, size_t size,
                       struct ebb_error *error)
{
    struct condition_question wanted = {.flags = flags, .bytes = bytes, .size = size};

    return (int)ask(timeline, ask_conditions, &wanted, error);
}

struct memory_question {
    struct worker_memory where;
    uint8_t *buffer;
};

static long ask_memory(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    struct memory_question *wanted = opaque;

    return worker_client_read_memory(timeline->replicas[0].worker, &wanted->where, wanted->buffer,
                                     error);
}

static long read_memory(struct timeline *timeline, struct worker_memory where, uint8_t *buffer,
                        size_t length, struct ebb_error *error)
{
    struct memory_question wanted = {.where = where, .buffer = buffer};

    wanted.where.length =
        length < WORKER_MAX_MESSAGE / 2 ? (uint32_t)length : WORKER_MAX_MESSAGE / 2;
    return ask(timeline, ask_memory, &wanted, error);
}

long timeline_read_memory(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                          size_t length, struct ebb_error *error)
{
    return read_memory(timeline, (struct worker_memory){.address = address}, buffer, length, error);
}

long timeline_read_physical(struct timeline *timeline, uint64_t address, uint8_t *buffer,
                            size_t length, struct ebb_error *error)
{
    struct worker_memory where = {.address = address, .flags = WORKER_MEMORY_PHYSICAL};

    return read_memory(timeline, where, buffer, length, error);
}

struct host_question {
    uint64_t address;
    uint64_t host;
};

static long ask_host_address(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    struct host_question *wanted = opaque;

    return worker_client_host_address(timeline->replicas[0].worker, wanted->address, &wanted->host,
                                      error);
}

int timeline_host_address(struct timeline *timeline, uint64_t address, uint64_t *host,
                          struct ebb_error *error)
{
    struct host_question wanted = {.address = address};

    if (ask(timeline, ask_host_address, &wanted, error)) {
        return -1;
    }
    *host = wanted.host;
    return 0;
}

/* The sum over the pages of one stretch of RAM that is not a hole. */
static uint64_t digest_pages(const uint8_t *ram, uint64_t first, uint64_t end)
{
    uint64_t sum = 0;

    for (uint64_t number = first; number < end; number++) {
        sum += ebb_digest_page(number, ram + number * EBB_PAGE_SIZE);
    }
    return sum;
}

/* Skips the holes of the RAM file: reading them would fill them. */
static uint64_t digest_ram(struct worker_client *worker)
{
    uint64_t pages = worker_client_page_count(worker), number = 0, digest = 0;

    while (number < pages) {
        off_t data =
            lseek(worker_client_ram_file(worker), (off_t)(number * EBB_PAGE_SIZE), SEEK_DATA);
        off_t hole = data < 0 ? -1 : lseek(worker_client_ram_file(worker), data, SEEK_HOLE);
        uint64_t first, end;

        if (data < 0 && errno == ENXIO) {
            break;
        }
        first = data < 0 ? number : (uint64_t)data / EBB_PAGE_SIZE;
        end = hole < 0 ? pages : ((uint64_t)hole + EBB_PAGE_SIZE - 1) / EBB_PAGE_SIZE;
        end = end < pages ? end : pages;
        digest += digest_pages(worker_client_ram(worker), first, end);
        number = end;
    }
    return digest;
}

struct digest_question {
    uint64_t registers, ram;
};

static long ask_digest(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    struct digest_question *wanted = opaque;
    struct worker_client *worker = timeline->replicas[0].worker;

    if (worker_client_digest_registers(worker, &wanted->registers, error)) {
        return -1;
    }
    wanted->ram = digest_ram(worker);
    return 0;
}

int timeline_digest(struct timeline *timeline, uint64_t *registers, uint64_t *ram,
                    struct ebb_error *error)
{
    struct digest_question wanted;

    if (ask(timeline, ask_digest, &wanted, error)) {
        return -1;
    }
    *registers = wanted.registers;
    *ram = wanted.ram;
    return 0;
}

static long ask_document(struct timeline *timeline, void *opaque, struct ebb_error *error)
{
    struct target_document *document = opaque;

    return worker_client_target_xml(timeline->replicas[0].worker, document->name, &document->text,
                                    error);
}

const char *timeline_target_xml(struct timeline *timeline, const char *name)
{
    struct target_document *document;

    for (document = timeline->documents; document; document = document->next) {
        if (strcmp(document->name, name) == 0) {
            return document->text;
        }
    }
    document = calloc(1, sizeof(*document));
    if (!document || !(document->name = strdup(name)) ||
        ask(timeline, ask_document, document, NULL) || !document->text) {
        /* Names come from a debugger: what does not exist is not remembered. */
        if (document) {
            free(document->name);
        }
        free(document);
        return NULL;
    }
    document->next = timeline->documents;
    timeline->documents = document;
    return document->text;
}
