/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's loop: reads a request, handles it, replies. */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "ebb/arm/cpu_state.h"
#include "ebb/arm/cpu_state_kvm.h"
#include "protocol/conditions.h"
#include "breakpoints.h"
#include "conditions.h"
#include "context.h"
#include "coverage.h"
#include "debug.h"
#include "enclose.h"
#include "events.h"
#include "loop.h"
#include "pages.h"
#include "physical.h"
#include "ram.h"
#include "resolve.h"
#include "resolve_exclusives.h"
#include "rows.h"
#include "run.h"
#include "state.h"

struct request {
    uint32_t type;
    const uint8_t *data;
    size_t length;
    GByteArray *reply;
};

typedef int request_handler(struct worker *worker, struct request *request,
                            struct ebb_error *error);

static void append(struct request *request, const void *data, size_t length)
{
    g_byte_array_append(request->reply, data, length);
}

static int handle_hello(struct worker *worker, struct request *request, struct ebb_error *error)
{
    g_autoptr(GByteArray) registers = g_byte_array_new();
    bool a64 = arm_feature(&worker->cpu->env, ARM_FEATURE_AARCH64);
    struct worker_hello hello = {
        .version = WORKER_PROTOCOL_VERSION,
        .cpu_count = 1,
        .ram_size = worker->manifest->ram_size,
        .state_size = worker_state_size(worker),
        .register_count = CPU(worker->cpu)->gdb_num_regs,
        .pc_register = worker_debug_pc_register(worker),
        .aarch64 = a64,
    };

    worker_debug_read_registers(worker, registers);
    hello.registers_size = registers->len;
    append(request, &hello, sizeof(hello));
    return 0;
}

static int handle_target_xml(struct worker *worker, struct request *request,
                             struct ebb_error *error)
{
    g_autofree char *name = g_strndup((const char *)request->data, request->length);
    g_autofree char *text = worker_debug_target_xml(worker, name);

    if (!text) {
        return ebb_fail(error, EBB_ERROR_USAGE, "there is no target description \"%s\"", name);
    }
    append(request, text, strlen(text));
    return 0;
}

static int handle_load_keyframe(struct worker *worker, struct request *request,
                                struct ebb_error *error)
{
    return worker_state_load_keyframe(worker, request->data, request->length, error);
}

static int handle_get_state(struct worker *worker, struct request *request, struct ebb_error *error)
{
    g_byte_array_set_size(request->reply, worker_state_size(worker));
    worker_state_get(worker, request->reply->data);
    return 0;
}

static int handle_set_state(struct worker *worker, struct request *request, struct ebb_error *error)
{
    return worker_state_set(worker, request->data, request->length, error);
}

static int short_request(struct request *request, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE, "request %u has only %zu bytes", request->type,
                    request->length);
}

static int handle_set_breakpoints(struct worker *worker, struct request *request,
                                  struct ebb_error *error)
{
    const struct worker_breakpoint *set;
    uint64_t count;
    size_t left;

    if (request->length < sizeof(count)) {
        return short_request(request, error);
    }
    count = ldq_he_p(request->data);
    left = request->length - sizeof(count);
    if (count > left / sizeof(*set)) {
        return short_request(request, error);
    }
    set = (const struct worker_breakpoint *)(request->data + sizeof(count));
    return worker_breakpoints_set(worker, set, count, (const uint8_t *)(set + count),
                                  left - count * sizeof(*set), error);
}

static int handle_evaluate(struct worker *worker, struct request *request, struct ebb_error *error)
{
    const uint8_t *conditions;
    uint64_t flags, holds;
    size_t size;

    if (request->length < sizeof(flags)) {
        return short_request(request, error);
    }
    flags = ldq_he_p(request->data);
    conditions = request->data + sizeof(flags);
    size = request->length - sizeof(flags);
    if (!conditions_are_whole(conditions, size)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "conditions that are not whole");
    }
    holds = worker_conditions_hold(worker, conditions, size, flags & WORKER_BREAK_BIG_ENDIAN,
                                   worker_pc(worker), 0);
    append(request, &holds, sizeof(holds));
    return 0;
}

static int handle_run(struct worker *worker, struct request *request, struct ebb_error *error)
{
    struct worker_stop stop;
    struct worker_run run;

    if (request->length < sizeof(run)) {
        return short_request(request, error);
    }
    memcpy(&run, request->data, sizeof(run));
    if (worker_run(worker, &run, &stop, error)) {
        return -1;
    }
    append(request, &stop, sizeof(stop));
    append(request, worker->report->str, worker->report->len);
    return 0;
}

static int handle_read_registers(struct worker *worker, struct request *request,
                                 struct ebb_error *error)
{
    worker_debug_read_registers(worker, request->reply);
    return 0;
}

static int handle_read_register(struct worker *worker, struct request *request,
                                struct ebb_error *error)
{
    if (request->length < sizeof(uint32_t)) {
        return short_request(request, error);
    }
    worker_debug_read_register(worker, ldl_he_p(request->data), request->reply);
    return 0;
}

static int handle_write_register(struct worker *worker, struct request *request,
                                 struct ebb_error *error)
{
    if (request->length < sizeof(uint32_t)) {
        return short_request(request, error);
    }
    return worker_debug_write_register(worker, ldl_he_p(request->data),
                                       request->data + sizeof(uint32_t),
                                       request->length - sizeof(uint32_t), error);
}

static int handle_read_memory(struct worker *worker, struct request *request,
                              struct ebb_error *error)
{
    struct worker_memory memory;

    if (request->length < sizeof(memory)) {
        return short_request(request, error);
    }
    memcpy(&memory, request->data, sizeof(memory));
    if (memory.length > WORKER_MAX_MESSAGE) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a read of %u bytes is too long", memory.length);
    }
    g_byte_array_set_size(request->reply, memory.length);
    g_byte_array_set_size(request->reply,
                          worker_debug_read_memory(worker, &memory, request->reply->data));
    return 0;
}

static int handle_write_memory(struct worker *worker, struct request *request,
                               struct ebb_error *error)
{
    struct worker_memory memory;
    uint64_t written;

    if (request->length < sizeof(memory)) {
        return short_request(request, error);
    }
    memcpy(&memory, request->data, sizeof(memory));
    if (memory.length > request->length - sizeof(memory)) {
        return short_request(request, error);
    }
    written = worker_debug_write_memory(worker, &memory, request->data + sizeof(memory));
    append(request, &written, sizeof(written));
    return 0;
}

static int handle_digest_registers(struct worker *worker, struct request *request,
                                   struct ebb_error *error)
{
    uint64_t digest =
        worker->kvm.active ? ebb_cpu_kvm_digest(worker->cpu) : ebb_cpu_digest(worker->cpu);

    append(request, &digest, sizeof(digest));
    return 0;
}

static int handle_collect_dirty(struct worker *worker, struct request *request,
                                struct ebb_error *error)
{
    uint64_t pages = worker_ram_collect_dirty(worker);

    append(request, &pages, sizeof(pages));
    return 0;
}

/* The overrides are those of the request; a copy, since they may lie at odd addresses in it. */
static int handle_resolve(struct worker *worker, struct request *request, struct ebb_error *error)
{
    g_autofree struct worker_override *overrides = NULL;
    struct worker_resolve resolve;
    struct worker_resolved resolved;

    if (request->length < sizeof(resolve)) {
        return short_request(request, error);
    }
    memcpy(&resolve, request->data, sizeof(resolve));
    if (resolve.override_count > (request->length - sizeof(resolve)) / sizeof(*overrides)) {
        return short_request(request, error);
    }
    overrides =
        g_memdup2(request->data + sizeof(resolve), resolve.override_count * sizeof(*overrides));
    if (worker_resolve(worker, &resolve, overrides, &resolved, error)) {
        return -1;
    }
    append(request, &resolved, sizeof(resolved));
    append(request, worker_resolve_positions(worker), resolved.event_count * sizeof(uint64_t));
    worker_resolve_exclusives_append(worker, request->reply);
    append(request, worker_resolve_cleared(worker),
           resolved.clear_count * sizeof(struct worker_exclusive));
    append(request, worker->report->str, worker->report->len);
    return 0;
}

static int handle_list_registers(struct worker *worker, struct request *request,
                                 struct ebb_error *error)
{
    struct ebb_cpu_registers *registers;
    const struct ebb_register *list;
    size_t count, i;

    if (!worker->kvm.active) {
        return ebb_fail(error, EBB_ERROR_USAGE, "the recording was not made under KVM");
    }
    registers = ebb_cpu_kvm_registers_get(worker->cpu);
    list = ebb_cpu_registers_list(registers, &count);
    for (i = 0; i < count; i++) {
        append(request, &list[i].id, sizeof(list[i].id));
        append(request, &list[i].size, sizeof(list[i].size));
        append(request, list[i].value, list[i].size);
    }
    ebb_cpu_registers_free(registers);
    return 0;
}

static int handle_read_context(struct worker *worker, struct request *request,
                               struct ebb_error *error)
{
    uint64_t pc = worker_pc(worker);
    struct worker_context context;

    worker_context_read(worker, pc, &context);
    context.returns = worker_context_returns(worker, pc);
    append(request, &context, sizeof(context));
    return 0;
}

static int handle_host_address(struct worker *worker, struct request *request,
                               struct ebb_error *error)
{
    uint64_t host;

    if (request->length < sizeof(uint64_t)) {
        return short_request(request, error);
    }
    host = (uintptr_t)worker_physical_pointer(worker, ldq_he_p(request->data));
    append(request, &host, sizeof(host));
    return 0;
}

static int handle_set_collector(struct worker *worker, struct request *request,
                                struct ebb_error *error)
{
    struct worker_collector collector;
    const struct worker_call *calls;

    if (request->length < sizeof(collector)) {
        return short_request(request, error);
    }
    memcpy(&collector, request->data, sizeof(collector));
    calls = (const struct worker_call *)(request->data + sizeof(collector));
    return worker_rows_collect(worker, &collector, calls,
                               (request->length - sizeof(collector)) / sizeof(*calls), error);
}

static int handle_take_rows(struct worker *worker, struct request *request, struct ebb_error *error)
{
    worker_rows_take(worker, request->reply);
    return 0;
}

static int handle_set_coverage(struct worker *worker, struct request *request,
                               struct ebb_error *error)
{
    struct worker_coverage coverage;

    if (request->length < sizeof(coverage)) {
        return short_request(request, error);
    }
    memcpy(&coverage, request->data, sizeof(coverage));
    return worker_coverage_set(worker, &coverage, error);
}

static int handle_take_coverage(struct worker *worker, struct request *request,
                                struct ebb_error *error)
{
    worker_coverage_take(worker, request->reply);
    return 0;
}

static int handle_take_pages(struct worker *worker, struct request *request,
                             struct ebb_error *error)
{
    worker_pages_take(worker, request->reply);
    return 0;
}

static request_handler *const handlers[] = {
    [WORKER_HELLO] = handle_hello,
    [WORKER_TARGET_XML] = handle_target_xml,
    [WORKER_LOAD_KEYFRAME] = handle_load_keyframe,
    [WORKER_GET_STATE] = handle_get_state,
    [WORKER_SET_STATE] = handle_set_state,
    [WORKER_SET_BREAKPOINTS] = handle_set_breakpoints,
    [WORKER_RUN] = handle_run,
    [WORKER_READ_REGISTERS] = handle_read_registers,
    [WORKER_READ_REGISTER] = handle_read_register,
    [WORKER_WRITE_REGISTER] = handle_write_register,
    [WORKER_READ_MEMORY] = handle_read_memory,
    [WORKER_WRITE_MEMORY] = handle_write_memory,
    [WORKER_DIGEST_REGISTERS] = handle_digest_registers,
    [WORKER_COLLECT_DIRTY] = handle_collect_dirty,
    [WORKER_RESOLVE] = handle_resolve,
    [WORKER_LIST_REGISTERS] = handle_list_registers,
    [WORKER_READ_CONTEXT] = handle_read_context,
    [WORKER_HOST_ADDRESS] = handle_host_address,
    [WORKER_EVALUATE] = handle_evaluate,
    [WORKER_SET_COLLECTOR] = handle_set_collector,
    [WORKER_TAKE_ROWS] = handle_take_rows,
    [WORKER_SET_COVERAGE] = handle_set_coverage,
    [WORKER_TAKE_COVERAGE] = handle_take_coverage,
    [WORKER_TAKE_PAGES] = handle_take_pages,
};

/* The engine is gone, or told us to go: there is nothing to save. */
static G_NORETURN void leave(void)
{
    _exit(0);
}

static void receive(int socket, void *buffer, size_t length)
{
    while (length) {
        ssize_t count = read(socket, buffer, length);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            leave();
        }
        buffer = (uint8_t *)buffer + count;
        length -= count;
    }
}

static void transmit(int socket, const void *buffer, size_t length)
{
    while (length) {
        ssize_t count = send(socket, buffer, length, MSG_NOSIGNAL);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            leave();
        }
        buffer = (const uint8_t *)buffer + count;
        length -= count;
    }
}

/* Sends the header of the hello reply, with the two descriptors. */
static void transmit_with_descriptors(struct worker *worker, const struct worker_message *header)
{
    union {
        char buffer[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec part = {(void *)header, sizeof(*header)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.buffer,
        .msg_controllen = sizeof(control.buffer),
    };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    int descriptors[2] = {worker->ram_fd, worker->control_fd};

    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(descriptors));
    memcpy(CMSG_DATA(rights), descriptors, sizeof(descriptors));
    if (sendmsg(worker->socket, &message, MSG_NOSIGNAL) != sizeof(*header)) {
        leave();
    }
}

static void reply(struct worker *worker, uint32_t type, const void *data, size_t length)
{
    struct worker_message header = {type, length};

    if (type == WORKER_HELLO) {
        transmit_with_descriptors(worker, &header);
        worker_enclose(worker);
    } else {
        transmit(worker->socket, &header, sizeof(header));
    }
    transmit(worker->socket, data, length);
}

static void reply_error(struct worker *worker, const struct ebb_error *error)
{
    struct worker_error message = {.kind = error->kind};

    pstrcpy(message.message, sizeof(message.message), error->message);
    reply(worker, WORKER_ERROR, &message, sizeof(message));
}

static void serve_one(struct worker *worker, GByteArray *buffer)
{
    struct worker_message header;
    struct request request = {.reply = NULL};
    struct ebb_error error = {0};

    receive(worker->socket, &header, sizeof(header));
    if (header.type == WORKER_QUIT || header.length > WORKER_MAX_MESSAGE) {
        leave();
    }
    g_byte_array_set_size(buffer, header.length);
    receive(worker->socket, buffer->data, header.length);
    request.type = header.type;
    request.data = buffer->data;
    request.length = header.length;
    if (header.type >= ARRAY_SIZE(handlers) || !handlers[header.type]) {
        ebb_fail(&error, EBB_ERROR_USAGE, "there is no request %u", header.type);
        reply_error(worker, &error);
        return;
    }
    request.reply = g_byte_array_new();
    if (handlers[header.type](worker, &request, &error)) {
        reply_error(worker, &error);
    } else {
        reply(worker, header.type, request.reply->data, request.reply->len);
    }
    g_byte_array_unref(request.reply);
}

void worker_loop_serve(CPUState *cpu)
{
    struct worker *worker = worker_current();
    GByteArray *buffer = g_byte_array_new();

    current_cpu = cpu;
    worker_events_seek(worker, 0, NULL);
    for (;;) {
        serve_one(worker, buffer);
    }
}
