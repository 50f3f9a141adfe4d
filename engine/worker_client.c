/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_TRIES 20u /* while the recording's beginning is dropped */

struct worker_client {
    struct worker_channel channel;
    struct worker_hello hello;
    int ram_file;
    int control_file;
    uint8_t *ram;
    struct worker_control *control;
    size_t control_size;
    bool running;
    struct worker_run run; /* the one in progress, or the last */
    uint32_t loads_size;   /* bytes, of each row */
    uint64_t marks_size;   /* bytes of WORKER_TAKE_COVERAGE */
};

/* A request with a reply of exactly reply_size bytes. */
static int request_parts(struct worker_client *worker, uint32_t type, const struct iovec *parts,
                         size_t count, void *reply, size_t reply_size, struct ebb_error *error)
{
    uint32_t length;

    if (worker_channel_send(&worker->channel, type, parts, count, error) ||
        worker_channel_receive_header(&worker->channel, type, &length, error)) {
        return -1;
    }
    if (length != reply_size) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    return worker_channel_receive(&worker->channel, reply, reply_size, error);
}

/* The same with at most one part. */
static int request(struct worker_client *worker, uint32_t type, const void *payload, size_t size,
                   void *reply, size_t reply_size, struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)payload, .iov_len = size};

    return request_parts(worker, type, &part, size ? 1 : 0, reply, reply_size, error);
}

/* Sealed, memory cannot be taken away from under whoever has mapped it. */
static bool is_sealed(int file)
{
    int seals = fcntl(file, F_GET_SEALS);

    return seals >= 0 && (seals & WORKER_SEALS) == WORKER_SEALS;
}

/* The first bytes of the reply to hello bring the two descriptors. */
static int receive_descriptors(struct worker_client *worker, struct worker_message *header,
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

    got = worker_channel_receive_message(&worker->channel, &message);
    if (got <= 0) {
        return worker_channel_died(&worker->channel, error);
    }
    first = CMSG_FIRSTHDR(&message);
    if (first && first->cmsg_type == SCM_RIGHTS && first->cmsg_len == CMSG_LEN(sizeof(files))) {
        memcpy(files, CMSG_DATA(first), sizeof(files));
        worker->ram_file = files[0];
        worker->control_file = files[1];
    }
    return worker_channel_receive(&worker->channel, (char *)header + got,
                                  sizeof(*header) - (size_t)got, error);
}

static int check_hello(struct worker_client *worker, struct ebb_error *error)
{
    const struct worker_hello *hello = &worker->hello;
    struct stat ram, control;

    if (hello->version != WORKER_PROTOCOL_VERSION || worker->ram_file < 0 || !hello->ram_size ||
        hello->ram_size % EBB_PAGE_SIZE || !hello->state_size || !hello->registers_size ||
        hello->state_size > WORKER_MAX_MESSAGE || hello->registers_size > WORKER_MAX_MESSAGE) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    worker->control_size = sizeof(*worker->control) + 2 * worker_bitmap_size(hello->ram_size);
    if (fstat(worker->ram_file, &ram) || fstat(worker->control_file, &control) ||
        (uint64_t)ram.st_size < hello->ram_size ||
        (uint64_t)control.st_size < worker->control_size || !is_sealed(worker->ram_file) ||
        !is_sealed(worker->control_file)) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    return 0;
}

static int map_files(struct worker_client *worker, struct ebb_error *error)
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
    /* Not for the process that reads symbols, which is forked. */
    madvise(worker->ram, worker->hello.ram_size, MADV_DONTFORK);
    madvise(worker->control, worker->control_size, MADV_DONTFORK);
    /* Whatever the worker's start may have left there: begin with zeroes. */
    if (fallocate(worker->ram_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  (off_t)worker->hello.ram_size)) {
        memset(worker->ram, 0, worker->hello.ram_size);
    }
    return 0;
}

static int say_hello(struct worker_client *worker, struct ebb_error *error)
{
    struct worker_message header;
    uint64_t count;

    if (worker_channel_send(&worker->channel, WORKER_HELLO, NULL, 0, error) ||
        receive_descriptors(worker, &header, error)) {
        return -1;
    }
    if (header.type == WORKER_ERROR) {
        return worker_channel_receive_error(&worker->channel, header.length, error);
    }
    if (header.type != WORKER_HELLO || header.length != sizeof(worker->hello)) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    if (worker_channel_receive(&worker->channel, &worker->hello, sizeof(worker->hello), error) ||
        check_hello(worker, error) || map_files(worker, error)) {
        return -1;
    }
    worker->channel.control = worker->control;
    worker->channel.patience = worker_patience_new();
    /* The first collection reports every page; it says nothing. */
    return worker_client_collect_dirty(worker, &count, error);
}

/*
 * Why a worker did not say hello. One that cannot replay the recording says so in a sentence and
 * ends with the kind of error (log/error.h) as its exit status; any other has died.
 */
static void explain_start(struct worker_client *worker, const char *program, const char *recording,
                          struct ebb_error *error)
{
    enum ebb_error_kind why = worker->channel.why;
    char words[400];
    const char *reason = words;

    if (why != EBB_ERROR_CORRUPT && why != EBB_ERROR_UNSUPPORTED) {
        ebb_fail_prefix(error, "cannot start the worker %s", program);
        return;
    }
    worker_process_last_words(&worker->channel.process, words, sizeof(words));
    /* QEMU puts its name before what it says. */
    if (strncmp(words, "qemu-system-", strlen("qemu-system-")) == 0 && strstr(words, ": ")) {
        reason = strstr(words, ": ") + 2;
    }
    ebb_fail(error, why, "%s cannot be replayed: %s", recording, reason);
}

/* NULL with *again: another one may be luckier (WORKER_EXIT_MOVED). */
static struct worker_client *try_start(const char *program, const char *recording,
                                       enum worker_purpose purpose, bool *again,
                                       struct ebb_error *error)
{
    struct worker_client *worker = calloc(1, sizeof(*worker));

    *again = false;
    if (!worker) {
        ebb_fail_memory(error);
        return NULL;
    }
    worker->ram_file = worker->control_file = -1;
    if (worker_process_spawn(&worker->channel.process, program, recording, purpose, error)) {
        free(worker);
        return NULL;
    }
    worker_channel_open(&worker->channel);
    if (say_hello(worker, error)) {
        *again = worker->channel.died && worker->channel.exit_status == WORKER_EXIT_MOVED;
        explain_start(worker, program, recording, error);
        worker_client_stop(worker);
        return NULL;
    }
    return worker;
}

struct worker_client *worker_client_start(const char *program, const char *recording,
                                          enum worker_purpose purpose, struct ebb_error *error)
{
    for (unsigned tries = START_TRIES; tries > 0; tries--) {
        bool again;
        struct worker_client *worker = try_start(program, recording, purpose, &again, error);

        if (!again) {
            return worker;
        }
    }
    ebb_fail(error, EBB_ERROR_FAILED,
             "%s is being recorded, and its beginning dropped, faster than a worker can open it; "
             "stop the recording first",
             recording);
    return NULL;
}

void worker_client_stop(struct worker_client *worker)
{
    struct ebb_error ignored;

    if (!worker) {
        return;
    }
    if (worker->running ||
        (!worker->channel.died &&
         worker_channel_send(&worker->channel, WORKER_QUIT, NULL, 0, &ignored))) {
        kill(worker->channel.process.pid, SIGKILL);
    }
    worker_process_reap(&worker->channel.process);
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

int worker_client_distrust(struct worker_client *worker, struct ebb_error *error)
{
    return worker_channel_nonsense(&worker->channel, error);
}

bool worker_client_died(const struct worker_client *worker)
{
    return worker->channel.died;
}

uint64_t worker_client_requests(const struct worker_client *worker)
{
    return worker->channel.requests;
}

pid_t worker_client_pid(const struct worker_client *worker)
{
    return worker->channel.process.pid;
}

const struct worker_hello *worker_client_hello(const struct worker_client *worker)
{
    return &worker->hello;
}

uint8_t *worker_client_ram(struct worker_client *worker)
{
    return worker->ram;
}

int worker_client_ram_file(const struct worker_client *worker)
{
    return worker->ram_file;
}

const uint64_t *worker_client_dirty_bitmap(const struct worker_client *worker)
{
    return (const uint64_t *)(worker->control + 1);
}

static uint64_t *replaced_bitmap(struct worker_client *worker)
{
    return (uint64_t *)(worker->control + 1) + worker_bitmap_size(worker->hello.ram_size) / 8;
}

void worker_client_mark_replaced(struct worker_client *worker, uint64_t page_number)
{
    replaced_bitmap(worker)[page_number / 64] |= (uint64_t)1 << page_number % 64;
}

uint64_t worker_client_page_count(const struct worker_client *worker)
{
    return worker->hello.ram_size / EBB_PAGE_SIZE;
}

/* The registers as the message wants them; NULL without memory. */
static uint8_t *pack_registers(const struct ebb_keyframe_registers *registers, size_t *size)
{
    uint8_t *packed, *to;

    *size = 0;
    for (size_t i = 0; i < registers->count; i++) {
        *size += 12 + registers->list[i].size;
    }
    packed = to = malloc(*size + 1);
    for (size_t i = 0; packed && i < registers->count; i++) {
        const struct ebb_register *reg = &registers->list[i];

        memcpy(to, &reg->id, 8);
        memcpy(to + 8, &reg->size, 4);
        memcpy(to + 12, reg->value, reg->size);
        to += 12 + reg->size;
    }
    return packed;
}

int worker_client_load_keyframe(struct worker_client *worker, const struct ebb_keyframe *keyframe,
                                const struct ebb_keyframe_registers *registers,
                                struct ebb_error *error)
{
    struct worker_keyframe head = {.number = keyframe->number,
                                   .position = keyframe->position,
                                   .event_number = keyframe->event_number,
                                   .register_count = registers->count};
    size_t size;
    uint8_t *packed = pack_registers(registers, &size);
    struct iovec parts[2] = {{.iov_base = &head, .iov_len = sizeof(head)},
                             {.iov_base = packed, .iov_len = size}};
    int result;

    if (!packed) {
        return ebb_fail_memory(error);
    }
    result = request_parts(worker, WORKER_LOAD_KEYFRAME, parts, 2, NULL, 0, error);
    free(packed);
    return result;
}

int worker_client_get_state(struct worker_client *worker, void *state, struct ebb_error *error)
{
    return request(worker, WORKER_GET_STATE, NULL, 0, state, worker->hello.state_size, error);
}

int worker_client_set_state(struct worker_client *worker, const void *state,
                            struct ebb_error *error)
{
    return request(worker, WORKER_SET_STATE, state, worker->hello.state_size, NULL, 0, error);
}

int worker_client_collect_dirty(struct worker_client *worker, uint64_t *count,
                                struct ebb_error *error)
{
    return request(worker, WORKER_COLLECT_DIRTY, NULL, 0, count, sizeof(*count), error);
}

int worker_client_set_breakpoints(struct worker_client *worker,
                                  const struct worker_breakpoint *list, size_t count,
                                  const uint8_t *conditions, size_t conditions_size,
                                  struct ebb_error *error)
{
    uint64_t number = count;
    struct iovec parts[3] = {{.iov_base = &number, .iov_len = sizeof(number)},
                             {.iov_base = (void *)list, .iov_len = count * sizeof(*list)},
                             {.iov_base = (void *)conditions, .iov_len = conditions_size}};

    return request_parts(worker, WORKER_SET_BREAKPOINTS, parts, 3, NULL, 0, error);
}

int worker_client_begin(struct worker_client *worker, uint32_t type, const struct iovec *payload,
                        size_t parts, struct ebb_error *error)
{
    /* A request that came too late for the previous run is not for this one. */
    __atomic_store_n(&worker->control->stop_request, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&worker->channel.stop_requested, false, __ATOMIC_RELAXED);
    if (worker_channel_send(&worker->channel, type, payload, parts, error)) {
        return -1;
    }
    worker->running = true;
    return 0;
}

struct worker_channel *worker_client_end(struct worker_client *worker)
{
    worker->running = false;
    return &worker->channel;
}

int worker_client_run_begin(struct worker_client *worker, const struct worker_run *run,
                            struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)run, .iov_len = sizeof(*run)};

    worker->run = *run;
    return worker_client_begin(worker, WORKER_RUN, &part, 1, error);
}

static bool is_moment(struct moment moment)
{
    return moment.phase <= MOMENT_INSIDE;
}

static bool hit_makes_sense(const struct worker_run *run, const struct worker_hit *hit)
{
    bool in_history = !(run->flags & WORKER_RUN_DIVERSION);

    return hit->kind >= WORKER_BREAK_EXECUTE &&
           hit->kind <= (run->flags & WORKER_RUN_ROWS ? WORKER_WATCH_ALL : WORKER_BREAK_RETURN) &&
           is_moment(hit->moment) && !hit->by_reset && hit->data_length <= WORKER_MAX_DATA &&
           (!in_history ||
            (moment_before(run->reported, hit->moment) && !moment_before(run->limit, hit->moment)));
}

static bool left_makes_sense(const struct worker_run *run, const struct worker_stop *stop)
{
    return run->flags & WORKER_RUN_RANGE && worker_run_is_outside(run, stop->pc);
}

/* What the stop says about where the worker is: no farther than it was told to go. */
static bool place_makes_sense(const struct worker_client *worker, const struct worker_stop *stop)
{
    const struct worker_run *run = &worker->run;

    switch (stop->reason) {
    case WORKER_STOP_LIMIT:
        return stop->moment.position == run->limit.position &&
               stop->moment.phase == run->limit.phase;
    case WORKER_STOP_HIT:
        return stop->hit_count && !(run->flags & (WORKER_RUN_LAST_HIT | WORKER_RUN_ROWS)) &&
               stop->moment.position <= run->limit.position;
    case WORKER_STOP_INTERRUPTED:
        return worker->channel.stop_requested && moment_is_settled(stop->moment) &&
               moment_before(stop->moment, run->limit);
    case WORKER_STOP_FULL:
        return run->flags & WORKER_RUN_ROWS && moment_is_settled(stop->moment) &&
               moment_before(stop->moment, run->limit);
    case WORKER_STOP_LEFT:
        return moment_is_settled(stop->moment) && moment_before(run->reported, stop->moment) &&
               !moment_before(run->limit, stop->moment);
    case WORKER_STOP_END:
        return moment_is_settled(stop->moment) && moment_before(stop->moment, run->limit);
    case WORKER_STOP_RESET:
        return stop->moment.phase == MOMENT_ARRIVED && moment_before(stop->moment, run->limit);
    case WORKER_STOP_DIVERGED:
    case WORKER_STOP_DAMAGED:
        return stop->moment.position <= run->limit.position;
    default:
        return false;
    }
}

static bool stop_makes_sense(const struct worker_client *worker, const struct worker_stop *stop)
{
    const struct worker_run *run = &worker->run;

    if (stop->hit_count && !hit_makes_sense(run, &stop->hit)) {
        return false;
    }
    if (stop->reason == WORKER_STOP_LEFT && !left_makes_sense(run, stop)) {
        return false;
    }
    if (run->flags & WORKER_RUN_DIVERSION) {
        return stop->reason != WORKER_STOP_HIT || stop->hit_count;
    }
    return is_moment(stop->moment) && place_makes_sense(worker, stop);
}

int worker_client_run_end(struct worker_client *worker, struct worker_stop *stop, char **report,
                          struct ebb_error *error)
{
    struct worker_channel *channel = worker_client_end(worker);
    uint32_t length;

    *report = NULL;
    if (worker_channel_receive_header(channel, WORKER_RUN, &length, error)) {
        return -1;
    }
    if (length < sizeof(*stop)) {
        return worker_channel_nonsense(channel, error);
    }
    if (worker_channel_receive(channel, stop, sizeof(*stop), error)) {
        return -1;
    }
    if (stop->report_length != length - sizeof(*stop) || !stop_makes_sense(worker, stop)) {
        return worker_channel_nonsense(channel, error);
    }
    return worker_channel_receive_text(channel, stop->report_length, report, error);
}

int worker_client_set_collector(struct worker_client *worker,
                                const struct worker_collector *collector,
                                const struct worker_call *calls, size_t call_count,
                                struct ebb_error *error)
{
    struct iovec parts[] = {
        {.iov_base = (void *)collector, .iov_len = sizeof(*collector)},
        {.iov_base = (void *)calls, .iov_len = call_count * sizeof(*calls)},
    };

    worker->loads_size = worker_loads_size(collector);
    return request_parts(worker, WORKER_SET_COLLECTOR, parts, 2, NULL, 0, error);
}

static uint64_t padded(uint32_t length)
{
    return ((uint64_t)length + 7) / 8 * 8;
}

static bool row_is_whole(const struct worker_client *worker, const struct worker_row *row)
{
    return row->register_count <= 32 && row->frame_count <= WORKER_MAX_FRAMES &&
           row->data_length <= WORKER_MAX_ROW_DATA && row->loads_size == worker->loads_size &&
           row->size == sizeof(*row) + 8 * (row->register_count + row->frame_count) +
                            row->loads_size + 2 * padded(row->data_length);
}

static bool rows_make_sense(const struct worker_client *worker, const uint8_t *rows, size_t size)
{
    struct worker_row row;
    struct moment last = worker->run.reported;

    while (size) {
        if (size < sizeof(row)) {
            return false;
        }
        memcpy(&row, rows, sizeof(row));
        if (!row_is_whole(worker, &row) || row.size > size ||
            !hit_makes_sense(&worker->run, &row.hit) || moment_before(row.hit.moment, last)) {
            return false;
        }
        last = row.hit.moment;
        rows += row.size;
        size -= row.size;
    }
    return true;
}

int worker_client_take_rows(struct worker_client *worker, uint8_t **rows, size_t *size,
                            struct ebb_error *error)
{
    struct worker_channel *channel = &worker->channel;
    uint32_t length;

    *rows = NULL;
    *size = 0;
    if (worker_channel_send(channel, WORKER_TAKE_ROWS, NULL, 0, error) ||
        worker_channel_receive_header(channel, WORKER_TAKE_ROWS, &length, error)) {
        return -1;
    }
    *rows = length ? malloc(length) : NULL;
    if (length && !*rows) {
        channel->died = true; /* the rows are still to come on it */
        channel->why = EBB_ERROR_FAILED;
        return ebb_fail_memory(error);
    }
    if (worker_channel_receive(channel, *rows, length, error) == 0) {
        if (rows_make_sense(worker, *rows, length)) {
            *size = length;
            return 0;
        }
        worker_channel_nonsense(channel, error);
    }
    free(*rows);
    *rows = NULL;
    return -1;
}

static bool pages_make_sense(const struct worker_page_set *set, const uint32_t *hashes)
{
    for (uint32_t i = 1; i < set->count; i++) {
        if (hashes[i] <= hashes[i - 1]) {
            return false;
        }
    }
    return true;
}

int worker_client_take_pages(struct worker_client *worker, struct worker_page_set *set,
                             uint32_t **hashes, struct ebb_error *error)
{
    struct worker_channel *channel = &worker->channel;
    uint32_t length;

    *hashes = NULL;
    if (worker_channel_send(channel, WORKER_TAKE_PAGES, NULL, 0, error) ||
        worker_channel_receive_header(channel, WORKER_TAKE_PAGES, &length, error)) {
        return -1;
    }
    if (length < sizeof(*set) || worker_channel_receive(channel, set, sizeof(*set), error)) {
        return length < sizeof(*set) ? worker_channel_nonsense(channel, error) : -1;
    }
    if (set->count > WORKER_MAX_PAGE_SET ||
        length - sizeof(*set) != set->count * sizeof(**hashes)) {
        return worker_channel_nonsense(channel, error);
    }
    *hashes = malloc(set->count * sizeof(**hashes) + 1);
    if (!*hashes) {
        channel->died = true; /* they are still to come on it */
        channel->why = EBB_ERROR_FAILED;
        return ebb_fail_memory(error);
    }
    if (worker_channel_receive(channel, *hashes, set->count * sizeof(**hashes), error)) {
        return -1;
    }
    return pages_make_sense(set, *hashes) ? 0 : worker_channel_nonsense(channel, error);
}

int worker_client_set_coverage(struct worker_client *worker, const struct worker_coverage *coverage,
                               struct ebb_error *error)
{
    worker->marks_size = worker_coverage_size(coverage);
    return request(worker, WORKER_SET_COVERAGE, coverage, sizeof(*coverage), NULL, 0, error);
}

int worker_client_take_coverage(struct worker_client *worker, uint8_t *marks,
                                struct ebb_error *error)
{
    uint8_t *taken = malloc(worker->marks_size + 1);
    int status;

    if (!taken) {
        return ebb_fail_memory(error);
    }
    status = request(worker, WORKER_TAKE_COVERAGE, NULL, 0, taken, worker->marks_size, error);
    for (uint64_t i = 0; status == 0 && i < worker->marks_size; i++) {
        marks[i] |= taken[i];
    }
    free(taken);
    return status;
}

void worker_client_look(struct worker_client *worker)
{
    worker_channel_look(&worker->channel);
}

uint64_t worker_client_look_interval(const struct worker_client *worker)
{
    return worker_patience_interval(&worker->channel.patience);
}

bool worker_client_running(const struct worker_client *worker)
{
    return worker->running;
}

int worker_client_socket(const struct worker_client *worker)
{
    return worker->channel.process.socket;
}

void worker_client_request_stop(struct worker_client *worker)
{
    __atomic_store_n(&worker->channel.stop_requested, true, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->control->stop_request, 1, __ATOMIC_SEQ_CST);
}

uint64_t worker_client_progress(const struct worker_client *worker)
{
    return __atomic_load_n(&worker->control->position, __ATOMIC_RELAXED);
}

int worker_client_read_registers(struct worker_client *worker, uint8_t *buffer,
                                 struct ebb_error *error)
{
    return request(worker, WORKER_READ_REGISTERS, NULL, 0, buffer, worker->hello.registers_size,
                   error);
}

int worker_client_read_register(struct worker_client *worker, unsigned number, uint8_t *buffer,
                                size_t size, struct ebb_error *error)
{
    uint32_t wanted = number, length;
    struct iovec part = {.iov_base = &wanted, .iov_len = sizeof(wanted)};

    if (worker_channel_send(&worker->channel, WORKER_READ_REGISTER, &part, 1, error) ||
        worker_channel_receive_header(&worker->channel, WORKER_READ_REGISTER, &length, error)) {
        return -1;
    }
    if (length > size) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    return worker_channel_receive(&worker->channel, buffer, length, error) ? -1 : (int)length;
}

int worker_client_write_register(struct worker_client *worker, unsigned number,
                                 const uint8_t *value, size_t size, struct ebb_error *error)
{
    uint32_t wanted = number;
    struct iovec parts[2] = {{.iov_base = &wanted, .iov_len = sizeof(wanted)},
                             {.iov_base = (void *)value, .iov_len = size}};

    return request_parts(worker, WORKER_WRITE_REGISTER, parts, 2, NULL, 0, error);
}

long worker_client_read_memory(struct worker_client *worker, const struct worker_memory *where,
                               uint8_t *buffer, struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)where, .iov_len = sizeof(*where)};
    uint32_t length;

    if (worker_channel_send(&worker->channel, WORKER_READ_MEMORY, &part, 1, error) ||
        worker_channel_receive_header(&worker->channel, WORKER_READ_MEMORY, &length, error)) {
        return -1;
    }
    if (length > where->length) {
        return worker_channel_nonsense(&worker->channel, error);
    }
    return worker_channel_receive(&worker->channel, buffer, length, error) ? -1 : (long)length;
}

long worker_client_write_memory(struct worker_client *worker, const struct worker_memory *where,
                                const uint8_t *data, struct ebb_error *error)
{
    struct iovec parts[2] = {{.iov_base = (void *)where, .iov_len = sizeof(*where)},
                             {.iov_base = (void *)data, .iov_len = where->length}};
    uint64_t count;

    if (request_parts(worker, WORKER_WRITE_MEMORY, parts, 2, &count, sizeof(count), error)) {
        return -1;
    }
    return count > where->length ? worker_channel_nonsense(&worker->channel, error) : (long)count;
}

int worker_client_read_context(struct worker_client *worker, struct worker_context *context,
                               struct ebb_error *error)
{
    return request(worker, WORKER_READ_CONTEXT, NULL, 0, context, sizeof(*context), error);
}

int worker_client_evaluate(struct worker_client *worker, uint64_t flags, const uint8_t *conditions,
                           size_t size, struct ebb_error *error)
{
    struct iovec parts[2] = {{.iov_base = &flags, .iov_len = sizeof(flags)},
                             {.iov_base = (void *)conditions, .iov_len = size}};
    uint64_t holds;

    if (request_parts(worker, WORKER_EVALUATE, parts, 2, &holds, sizeof(holds), error)) {
        return -1;
    }
    return holds > 1 ? worker_channel_nonsense(&worker->channel, error) : (int)holds;
}

int worker_client_digest_registers(struct worker_client *worker, uint64_t *digest,
                                   struct ebb_error *error)
{
    return request(worker, WORKER_DIGEST_REGISTERS, NULL, 0, digest, sizeof(*digest), error);
}

int worker_client_host_address(struct worker_client *worker, uint64_t address, uint64_t *host,
                               struct ebb_error *error)
{
    return request(worker, WORKER_HOST_ADDRESS, &address, sizeof(address), host, sizeof(*host),
                   error);
}

int worker_client_target_xml(struct worker_client *worker, const char *name, char **text,
                             struct ebb_error *error)
{
    struct iovec part = {.iov_base = (void *)name, .iov_len = strlen(name)};
    uint32_t length;

    *text = NULL;
    if (worker_channel_send(&worker->channel, WORKER_TARGET_XML, &part, 1, error)) {
        return -1;
    }
    if (worker_channel_receive_header(&worker->channel, WORKER_TARGET_XML, &length, error)) {
        return worker->channel.died ? -1 : 0;
    }
    return worker_channel_receive_text(&worker->channel, length, text, error);
}
