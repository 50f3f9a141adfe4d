/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_client_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int died(struct worker *worker, struct ebb_error *error)
{
    char words[400];

    worker->died = true;
    worker_last_words(&worker->process, words, sizeof(words));
    return ebb_fail(error, EBB_ERROR_FAILED, "the worker process died%s%s", *words ? ": " : "",
                    words);
}

int worker_nonsense(struct worker *worker, struct ebb_error *error)
{
    worker->died = true;
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "the worker process gave an unexpected reply; is it of the same build as ebb?");
}

static int send_all(struct worker *worker, struct iovec *parts, size_t count,
                    struct ebb_error *error)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

    while (message.msg_iovlen) {
        ssize_t sent = sendmsg(worker->process.socket, &message, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return died(worker, error);
        }
        while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len) {
            sent -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= (size_t)sent;
        }
    }
    return 0;
}

int worker_receive_all(struct worker *worker, void *buffer, size_t size, struct ebb_error *error)
{
    char *to = buffer;

    while (size) {
        ssize_t got = recv(worker->process.socket, to, size, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return died(worker, error);
        }
        to += got;
        size -= (size_t)got;
    }
    return 0;
}

int worker_send_request(struct worker *worker, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error)
{
    struct worker_message header = {.type = type};
    struct iovec all[4] = {{.iov_base = &header, .iov_len = sizeof(header)}};
    size_t length = 0;

    if (worker->died) {
        return died(worker, error);
    }
    for (size_t i = 0; i < parts; i++) {
        all[i + 1] = payload[i];
        length += payload[i].iov_len;
    }
    if (length > WORKER_MAX_MESSAGE) {
        return ebb_fail(error, EBB_ERROR_USAGE, "a request of %zu bytes is too long for a worker",
                        length);
    }
    header.length = (uint32_t)length;
    return send_all(worker, all, parts + 1, error);
}

static int receive_error(struct worker *worker, uint32_t length, struct ebb_error *error)
{
    struct worker_error reply;

    if (length != sizeof(reply)) {
        return worker_nonsense(worker, error);
    }
    if (worker_receive_all(worker, &reply, sizeof(reply), error)) {
        return -1;
    }
    reply.message[sizeof(reply.message) - 1] = '\0';
    return ebb_fail(error, (enum ebb_error_kind)reply.kind, "%s", reply.message);
}

int worker_receive_header(struct worker *worker, uint32_t type, uint32_t *length,
                          struct ebb_error *error)
{
    struct worker_message header;

    if (worker_receive_all(worker, &header, sizeof(header), error)) {
        return -1;
    }
    if (header.length > WORKER_MAX_MESSAGE) {
        return worker_nonsense(worker, error);
    }
    if (header.type == WORKER_ERROR) {
        return receive_error(worker, header.length, error);
    }
    if (header.type != type) {
        return worker_nonsense(worker, error);
    }
    *length = header.length;
    return 0;
}

/* A request with at most one part of payload and a reply of exactly reply_size bytes. */
static int request(struct worker *worker, uint32_t type, const void *payload, size_t size,
                   void *reply, size_t reply_size, struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)payload, .iov_len = size};
    uint32_t length;

    if (worker_send_request(worker, type, &part, size ? 1 : 0, error) ||
        worker_receive_header(worker, type, &length, error)) {
        return -1;
    }
    if (length != reply_size) {
        return worker_nonsense(worker, error);
    }
    return worker_receive_all(worker, reply, reply_size, error);
}

/* The first bytes of the reply to hello bring the two descriptors. */
static int receive_descriptors(struct worker *worker, struct worker_message *header,
                               struct ebb_error *error)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = header, .iov_len = sizeof(*header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *first;
    int files[2];
    ssize_t got;

    do {
        got = recvmsg(worker->process.socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return died(worker, error);
    }
    first = CMSG_FIRSTHDR(&message);
    if (first && first->cmsg_type == SCM_RIGHTS && first->cmsg_len == CMSG_LEN(sizeof(files))) {
        memcpy(files, CMSG_DATA(first), sizeof(files));
        worker->ram_file = files[0];
        worker->control_file = files[1];
    }
    return worker_receive_all(worker, (char *)header + got, sizeof(*header) - (size_t)got, error);
}

static int check_hello(struct worker *worker, struct ebb_error *error)
{
    const struct worker_hello *hello = &worker->hello;
    struct stat ram, control;

    if (hello->version != WORKER_PROTOCOL_VERSION || worker->ram_file < 0 || !hello->ram_size ||
        hello->ram_size % EBB_PAGE_SIZE || !hello->state_size || !hello->registers_size ||
        hello->state_size > WORKER_MAX_MESSAGE || hello->registers_size > WORKER_MAX_MESSAGE) {
        return worker_nonsense(worker, error);
    }
    worker->control_size = sizeof(*worker->control) + 2 * worker_bitmap_size(hello->ram_size);
    if (fstat(worker->ram_file, &ram) || fstat(worker->control_file, &control) ||
        (uint64_t)ram.st_size < hello->ram_size ||
        (uint64_t)control.st_size < worker->control_size) {
        return worker_nonsense(worker, error);
    }
    return 0;
}

static int map_files(struct worker *worker, struct ebb_error *error)
{
    void *ram =
        mmap(NULL, worker->hello.ram_size, PROT_READ | PROT_WRITE, MAP_SHARED, worker->ram_file, 0);
    void *control = mmap(NULL, worker->control_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                         worker->control_file, 0);

    worker->ram = ram == MAP_FAILED ? NULL : ram;
    worker->control = control == MAP_FAILED ? NULL : control;
    if (!worker->ram || !worker->control) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot map the worker's memory: %s",
                        strerror(errno));
    }
    /* Whatever the worker's start may have left there: begin with zeroes. */
    if (fallocate(worker->ram_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  (off_t)worker->hello.ram_size)) {
        memset(worker->ram, 0, worker->hello.ram_size);
    }
    return 0;
}

static int say_hello(struct worker *worker, struct ebb_error *error)
{
    struct worker_message header;
    uint64_t count;

    if (worker_send_request(worker, WORKER_HELLO, NULL, 0, error) ||
        receive_descriptors(worker, &header, error)) {
        return -1;
    }
    if (header.type == WORKER_ERROR) {
        return receive_error(worker, header.length, error);
    }
    if (header.type != WORKER_HELLO || header.length != sizeof(worker->hello)) {
        return worker_nonsense(worker, error);
    }
    if (worker_receive_all(worker, &worker->hello, sizeof(worker->hello), error) ||
        check_hello(worker, error) || map_files(worker, error)) {
        return -1;
    }
    /* The first collection reports every page; it says nothing. */
    return worker_collect_dirty(worker, &count, error);
}

struct worker *worker_start(const char *program, const char *recording, enum worker_purpose purpose,
                            struct ebb_error *error)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (!worker) {
        ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
        return NULL;
    }
    worker->ram_file = worker->control_file = -1;
    if (worker_spawn(&worker->process, program, recording, purpose, error)) {
        free(worker);
        return NULL;
    }
    if (say_hello(worker, error)) {
        ebb_fail_prefix(error, "cannot start the worker %s", program);
        worker_stop(worker);
        return NULL;
    }
    return worker;
}

void worker_stop(struct worker *worker)
{
    struct ebb_error ignored;

    if (!worker) {
        return;
    }
    if (worker->running ||
        (!worker->died && worker_send_request(worker, WORKER_QUIT, NULL, 0, &ignored))) {
        kill(worker->process.pid, SIGKILL);
    }
    worker_reap(&worker->process);
    if (worker->ram) {
        munmap(worker->ram, worker->hello.ram_size);
    }
    if (worker->control) {
        munmap(worker->control, worker->control_size);
    }
    if (worker->ram_file >= 0) {
        close(worker->ram_file);
        close(worker->control_file);
    }
    free(worker);
}

bool worker_died(const struct worker *worker)
{
    return worker->died;
}

pid_t worker_pid(const struct worker *worker)
{
    return worker->process.pid;
}

const struct worker_hello *worker_hello(const struct worker *worker)
{
    return &worker->hello;
}

uint8_t *worker_ram(struct worker *worker)
{
    return worker->ram;
}

int worker_ram_file(const struct worker *worker)
{
    return worker->ram_file;
}

const uint64_t *worker_dirty_bitmap(const struct worker *worker)
{
    return (const uint64_t *)(worker->control + 1);
}

static uint64_t *replaced_bitmap(struct worker *worker)
{
    return (uint64_t *)(worker->control + 1) + worker_bitmap_size(worker->hello.ram_size) / 8;
}

void worker_mark_replaced(struct worker *worker, uint64_t page_number)
{
    replaced_bitmap(worker)[page_number / 64] |= (uint64_t)1 << page_number % 64;
}

uint64_t worker_page_count(const struct worker *worker)
{
    return worker->hello.ram_size / EBB_PAGE_SIZE;
}

/* The registers as the message wants them; NULL without memory. */
static uint8_t *pack_registers(const struct ebb_keyframe *keyframe, size_t *size)
{
    uint8_t *packed, *to;

    *size = 0;
    for (size_t i = 0; i < keyframe->register_count; i++) {
        *size += 12 + keyframe->registers[i].size;
    }
    packed = to = malloc(*size + 1);
    for (size_t i = 0; packed && i < keyframe->register_count; i++) {
        const struct ebb_register *reg = &keyframe->registers[i];

        memcpy(to, &reg->id, 8);
        memcpy(to + 8, &reg->size, 4);
        memcpy(to + 12, reg->value, reg->size);
        to += 12 + reg->size;
    }
    return packed;
}

int worker_load_keyframe(struct worker *worker, const struct ebb_keyframe *keyframe,
                         struct ebb_error *error)
{
    struct worker_keyframe head = {.number = keyframe->number,
                                   .position = keyframe->position,
                                   .event_number = keyframe->event_number,
                                   .register_count = keyframe->register_count};
    size_t size;
    uint8_t *packed = pack_registers(keyframe, &size);
    struct iovec parts[2] = {{.iov_base = &head, .iov_len = sizeof(head)},
                             {.iov_base = packed, .iov_len = size}};
    uint32_t length;
    int result;

    if (!packed) {
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    result = worker_send_request(worker, WORKER_LOAD_KEYFRAME, parts, 2, error);
    free(packed);
    if (result || worker_receive_header(worker, WORKER_LOAD_KEYFRAME, &length, error)) {
        return -1;
    }
    return length ? worker_nonsense(worker, error) : 0;
}

int worker_get_state(struct worker *worker, void *state, struct ebb_error *error)
{
    return request(worker, WORKER_GET_STATE, NULL, 0, state, worker->hello.state_size, error);
}

int worker_set_state(struct worker *worker, const void *state, struct ebb_error *error)
{
    return request(worker, WORKER_SET_STATE, state, worker->hello.state_size, NULL, 0, error);
}

int worker_collect_dirty(struct worker *worker, uint64_t *count, struct ebb_error *error)
{
    return request(worker, WORKER_COLLECT_DIRTY, NULL, 0, count, sizeof(*count), error);
}

int worker_set_breakpoints(struct worker *worker, const struct worker_breakpoint *list,
                           size_t count, struct ebb_error *error)
{
    return request(worker, WORKER_SET_BREAKPOINTS, list, count * sizeof(*list), NULL, 0, error);
}

int worker_run_begin(struct worker *worker, uint64_t limit, uint32_t flags, struct ebb_error *error)
{
    struct worker_run run = {.limit = limit, .flags = flags};
    struct iovec part = {.iov_base = &run, .iov_len = sizeof(run)};

    /* A request that came too late for the previous run is not for this one. */
    __atomic_store_n(&worker->control->stop_request, 0, __ATOMIC_SEQ_CST);
    if (worker_send_request(worker, WORKER_RUN, &part, 1, error)) {
        return -1;
    }
    worker->running = true;
    return 0;
}

int worker_receive_text(struct worker *worker, uint32_t length, char **text,
                        struct ebb_error *error)
{
    *text = NULL;
    if (!length) {
        return 0;
    }
    *text = calloc(1, (size_t)length + 1);
    if (!*text) {
        worker->died = true; /* what it says next would be taken for a reply */
        return ebb_fail(error, EBB_ERROR_FAILED, "out of memory");
    }
    if (worker_receive_all(worker, *text, length, error)) {
        free(*text);
        *text = NULL;
        return -1;
    }
    return 0;
}

int worker_run_end(struct worker *worker, struct worker_stop *stop, char **report,
                   struct ebb_error *error)
{
    uint32_t length;

    *report = NULL;
    worker->running = false;
    if (worker_receive_header(worker, WORKER_RUN, &length, error)) {
        return -1;
    }
    if (length < sizeof(*stop)) {
        return worker_nonsense(worker, error);
    }
    if (worker_receive_all(worker, stop, sizeof(*stop), error)) {
        return -1;
    }
    if (stop->report_length != length - sizeof(*stop)) {
        return worker_nonsense(worker, error);
    }
    return worker_receive_text(worker, stop->report_length, report, error);
}

bool worker_running(const struct worker *worker)
{
    return worker->running;
}

int worker_socket(const struct worker *worker)
{
    return worker->process.socket;
}

void worker_request_stop(struct worker *worker)
{
    __atomic_store_n(&worker->control->stop_request, 1, __ATOMIC_SEQ_CST);
}

uint64_t worker_progress(const struct worker *worker)
{
    return __atomic_load_n(&worker->control->position, __ATOMIC_RELAXED);
}

int worker_read_registers(struct worker *worker, uint8_t *buffer, struct ebb_error *error)
{
    return request(worker, WORKER_READ_REGISTERS, NULL, 0, buffer, worker->hello.registers_size,
                   error);
}

int worker_read_register(struct worker *worker, unsigned number, uint8_t *buffer, size_t size,
                         struct ebb_error *error)
{
    uint32_t wanted = number, length;
    struct iovec part = {.iov_base = &wanted, .iov_len = sizeof(wanted)};

    if (worker_send_request(worker, WORKER_READ_REGISTER, &part, 1, error) ||
        worker_receive_header(worker, WORKER_READ_REGISTER, &length, error)) {
        return -1;
    }
    if (length > size) {
        return worker_nonsense(worker, error);
    }
    return worker_receive_all(worker, buffer, length, error) ? -1 : (int)length;
}

int worker_write_register(struct worker *worker, unsigned number, const uint8_t *value, size_t size,
                          struct ebb_error *error)
{
    uint32_t wanted = number, length;
    struct iovec parts[2] = {{.iov_base = &wanted, .iov_len = sizeof(wanted)},
                             {.iov_base = (void *)value, .iov_len = size}};

    if (worker_send_request(worker, WORKER_WRITE_REGISTER, parts, 2, error) ||
        worker_receive_header(worker, WORKER_WRITE_REGISTER, &length, error)) {
        return -1;
    }
    return length ? worker_nonsense(worker, error) : 0;
}

long worker_read_memory(struct worker *worker, const struct worker_memory *where, uint8_t *buffer,
                        struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)where, .iov_len = sizeof(*where)};
    uint32_t length;

    if (worker_send_request(worker, WORKER_READ_MEMORY, &part, 1, error) ||
        worker_receive_header(worker, WORKER_READ_MEMORY, &length, error)) {
        return -1;
    }
    if (length > where->length) {
        return worker_nonsense(worker, error);
    }
    return worker_receive_all(worker, buffer, length, error) ? -1 : (long)length;
}

long worker_write_memory(struct worker *worker, const struct worker_memory *where,
                         const uint8_t *data, struct ebb_error *error)
{
    struct iovec parts[2] = {{.iov_base = (void *)where, .iov_len = sizeof(*where)},
                             {.iov_base = (void *)data, .iov_len = where->length}};
    uint64_t count;
    uint32_t length;

    if (worker_send_request(worker, WORKER_WRITE_MEMORY, parts, 2, error) ||
        worker_receive_header(worker, WORKER_WRITE_MEMORY, &length, error)) {
        return -1;
    }
    if (length != sizeof(count)) {
        return worker_nonsense(worker, error);
    }
    if (worker_receive_all(worker, &count, sizeof(count), error)) {
        return -1;
    }
    return count > where->length ? worker_nonsense(worker, error) : (long)count;
}

int worker_digest_registers(struct worker *worker, uint64_t *digest, struct ebb_error *error)
{
    return request(worker, WORKER_DIGEST_REGISTERS, NULL, 0, digest, sizeof(*digest), error);
}

int worker_target_xml(struct worker *worker, const char *name, char **text, struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)name, .iov_len = strlen(name)};
    uint32_t length;

    *text = NULL;
    if (worker_send_request(worker, WORKER_TARGET_XML, &part, 1, error)) {
        return -1;
    }
    if (worker_receive_header(worker, WORKER_TARGET_XML, &length, error)) {
        return worker->died ? -1 : 0;
    }
    return worker_receive_text(worker, length, text, error);
}
