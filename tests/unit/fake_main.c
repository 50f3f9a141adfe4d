/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker with the toy CPU: speaks the protocol, replays a recording that toy_history.c wrote.
 * With FAKE_WORKER_DIES_AT in its environment it dies on reaching that position; if a file's name
 * is in FAKE_WORKER_DIES_ONCE, only the first does that writes to it. FAKE_WORKER_TRIES makes it
 * ask for something there that its walls refuse (fake_trespass.h). FAKE_WORKER_EXITS is a status to
 * exit with at once; if a file is named in FAKE_WORKER_EXITS_ONCE, only the one does that makes it.
 * For FAKE_WORKER_LIES see tell_lies() and fake_silence.h, for FAKE_WORKER_CHANGES fake_worker.c.
 */
#include "fake_resolve.h"
#include "fake_run.h"
#include "fake_silence.h"
#include "fake_trespass.h"

#include "log/digest.h"
#include "log/kvm_registers.h"
#include "walls/walls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Several pages long; a part of it changes with the position. */
struct state {
    struct moment moment;
    uint64_t event_number;
    uint64_t diversion;
    int64_t drift;
    struct toy_cpu cpu;
    uint8_t padding[9000];
};

#define LIE_SIZE 40

/* What is in the file that FAKE_WORKER_LIES names; "": the truth is to be told. */
static void read_lie(const struct fake_worker *worker, char lie[LIE_SIZE])
{
    memset(lie, 0, LIE_SIZE);
    if (worker->lies && pread(worker->lies, lie, LIE_SIZE - 1, 0) < 0) {
        fake_die("cannot read the lie");
    }
}

/* While there is a lie in the file, a run's reply is not true. */
static void tell_lies(const struct fake_worker *worker, const struct worker_run *run,
                      struct worker_stop *stop)
{
    char lie[LIE_SIZE];

    read_lie(worker, lie);
    if (strcmp(lie, "hit") == 0) {
        stop->hit.moment.position = UINT64_MAX;
    } else if (strcmp(lie, "other breakpoint") == 0) {
        stop->hit.address += 4;
    } else if (strcmp(lie, "long access") == 0) {
        stop->hit.data_length = UINT64_MAX;
    } else if (strcmp(lie, "hit by a reset") == 0) {
        stop->hit.by_reset = 1;
    } else if (strcmp(lie, "reset") == 0) {
        *stop = (struct worker_stop){.reason = WORKER_STOP_RESET, .moment = moment_arrived(0)};
    } else if (strcmp(lie, "interrupted") == 0) {
        stop->reason = WORKER_STOP_INTERRUPTED;
        stop->moment = moment_settled(run->limit.position - 1);
    } else if (strcmp(lie, "left") == 0) {
        *stop = (struct worker_stop){.reason = WORKER_STOP_LEFT, .moment = run->limit};
    } else if (strcmp(lie, "end") == 0) {
        *stop = (struct worker_stop){.reason = WORKER_STOP_END, .moment = moment_settled(0)};
    } else if (strcmp(lie, "error") == 0) {
        stop->reason = WORKER_ERROR; /* see below */
    }
}

/* The sets that searches go by are made by brute force (toy_pages.h). */
static void serve_pages(void)
{
    const struct worker_page_set set = {.flags = WORKER_PAGES_UNKNOWN};

    fake_reply(WORKER_TAKE_PAGES, &set, sizeof(set));
}

static void serve_run(struct fake_worker *worker, const void *payload)
{
    struct worker_stop stop;
    struct worker_run wanted;
    char message[sizeof(stop) + sizeof(worker->report)];

    memcpy(&wanted, payload, sizeof(wanted));
    if (!fake_run(worker, &wanted, &stop)) {
        fake_reply_error(EBB_ERROR_USAGE, "cannot run there from here");
        return;
    }
    fake_remember_ram(worker);
    if (stop.reason == WORKER_STOP_DIVERGED && worker->damaged) {
        stop.reason = WORKER_STOP_DAMAGED;
    }
    tell_lies(worker, &wanted, &stop);
    if (stop.reason == WORKER_ERROR) {
        fake_reply_error(EBB_ERROR_NONE, "\033[31mnothing is wrong\007 \302\2331m \2332m \303\234");
        return;
    }
    stop.pc = worker->cpu.pc;
    stop.keyframe = stop.reason == WORKER_STOP_RESET ? worker->next.value : 0;
    stop.report_length = (uint32_t)strlen(worker->report);
    memcpy(message, &stop, sizeof(stop));
    memcpy(message + sizeof(stop), worker->report, stop.report_length);
    fake_reply(WORKER_RUN, message, sizeof(stop) + stop.report_length);
}

/* State. */

static void send_descriptors(struct fake_worker *worker, struct worker_message *header)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {{0}};
    struct iovec part = {header, sizeof(*header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int files[2] = {worker->ram_file, worker->control_file};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(files));
    memcpy(CMSG_DATA(&control.header), files, sizeof(files));
    if (sendmsg(FAKE_SOCKET, &message, MSG_NOSIGNAL) != sizeof(*header)) {
        fake_die("cannot say hello");
    }
}

static void raise_walls(void)
{
    const struct walls_plan plan = {
        .kind = WALLS_WORKER, .socket = FAKE_SOCKET, .more_memory = 1u << 30};

    if (walls_wanted()) {
        walls_raise(&plan);
    }
}

static void serve_hello(struct fake_worker *worker)
{
    struct worker_message header = {.type = WORKER_HELLO, .length = sizeof(struct worker_hello)};
    struct worker_hello hello = {.version = WORKER_PROTOCOL_VERSION,
                                 .cpu_count = 1,
                                 .ram_size = TOY_RAM_SIZE,
                                 .state_size = sizeof(struct state),
                                 .register_count = TOY_REGISTERS,
                                 .registers_size = sizeof(struct toy_cpu),
                                 .pc_register = TOY_PC_REGISTER,
                                 .aarch64 = 1};

    send_descriptors(worker, &header);
    raise_walls();
    fake_change_now_and_then(&hello, sizeof(hello));
    fake_send(&hello, sizeof(hello));
}

static void fill_padding(struct state *state)
{
    for (size_t i = 0; i < sizeof(state->padding); i++) {
        state->padding[i] = (uint8_t)((i < 5000 ? state->moment.position / 50 : 7) * (i / 64 + 1));
    }
}

static void serve_get_state(struct fake_worker *worker)
{
    static struct state state;

    state.moment = worker->clockwork.now;
    state.moment.position = worker->position;
    state.event_number = worker->next_number;
    state.diversion = worker->diversion;
    state.drift = worker->drift;
    state.cpu = worker->cpu;
    fill_padding(&state);
    fake_reply(WORKER_GET_STATE, &state, sizeof(state));
}

/* A worker that translates would drop what it has of the replaced pages; this one checks that it
 * is told of all of them. */
static void accept_replaced(struct fake_worker *worker)
{
    for (uint64_t page = 0; page < TOY_PAGES; page++) {
        if (!(worker->replaced[0] >> page & 1) &&
            memcmp(worker->ram + page * 4096, worker->known + page * 4096, 4096) != 0) {
            fake_die("a page was changed in secret");
        }
    }
    worker->replaced[0] = 0;
    fake_remember_ram(worker);
}

static void serve_set_state(struct fake_worker *worker, const void *payload)
{
    static struct state state, expected;

    memcpy(&state, payload, sizeof(state));
    expected.moment = state.moment;
    fill_padding(&expected);
    if (memcmp(state.padding, expected.padding, sizeof(state.padding)) != 0) {
        fake_die("the state is not one that was taken");
    }
    worker->position = state.moment.position;
    clockwork_load(&worker->clockwork, state.moment);
    worker->diversion = state.diversion;
    worker->drift = state.drift;
    worker->cpu = state.cpu;
    if (fake_seek_event(worker, state.event_number)) {
        accept_replaced(worker);
        fake_reply(WORKER_SET_STATE, NULL, 0);
    }
}

static void serve_load_keyframe(struct fake_worker *worker, const uint8_t *payload)
{
    struct worker_keyframe keyframe;
    uint64_t *registers = (uint64_t *)&worker->cpu;

    memcpy(&keyframe, payload, sizeof(keyframe));
    payload += sizeof(keyframe);
    if (keyframe.register_count != TOY_REGISTERS) {
        fake_die("the keyframe is not complete");
    }
    for (size_t i = 0; i < TOY_REGISTERS; i++, payload += 20) {
        memcpy(&registers[i], payload + 12, 8);
    }
    worker->position = keyframe.position;
    clockwork_load(&worker->clockwork, moment_arrived(keyframe.position));
    worker->drift = 0;
    worker->diversion = false;
    if (fake_seek_event(worker, keyframe.event_number)) {
        accept_replaced(worker);
        fake_reply(WORKER_LOAD_KEYFRAME, NULL, 0);
    }
}

static void serve_collect_dirty(struct fake_worker *worker)
{
    uint64_t pages = worker->collected ? worker->written : ((uint64_t)1 << TOY_PAGES) - 1;
    uint64_t count = (uint64_t)__builtin_popcountll(pages);

    worker->dirty[0] = pages;
    worker->written = 0;
    worker->collected = true;
    fake_reply(WORKER_COLLECT_DIRTY, &count, sizeof(count));
}

/* The lies are about the first row. */
static void serve_take_rows(struct fake_worker *worker, const char *lie)
{
    struct worker_row row;

    if (worker->rows_size && *lie) {
        memcpy(&row, worker->rows, sizeof(row));
        row.size += strcmp(lie, "longer row") == 0 ? 8 : 0;
        row.register_count += strcmp(lie, "more registers") == 0 ? 1u << 30 : 0;
        row.hit.moment.position += strcmp(lie, "row behind") == 0 ? 1000000 : 0;
        row.hit.kind += strcmp(lie, "row of no kind") == 0 ? 100 : 0;
        memcpy(worker->rows, &row, sizeof(row));
    }
    worker->rows_size -= worker->rows_size && strcmp(lie, "part of a row") == 0 ? 4 : 0;
    fake_reply(WORKER_TAKE_ROWS, worker->rows, worker->rows_size);
    worker->rows_size = 0;
}

/* Looking and changing. */

static uint32_t clip(uint64_t address, uint32_t length)
{
    if (address >= TOY_RAM_SIZE) {
        return 0;
    }
    return length < TOY_RAM_SIZE - address ? length : (uint32_t)(TOY_RAM_SIZE - address);
}

static void serve_memory(struct fake_worker *worker, uint32_t type, const uint8_t *payload)
{
    struct worker_memory where;
    uint64_t length;

    memcpy(&where, payload, sizeof(where));
    length = clip(where.address, where.length);
    if (type == WORKER_READ_MEMORY) {
        fake_reply(type, worker->ram + (length ? where.address : 0), length);
        return;
    }
    worker->diversion = true;
    if (length) {
        memcpy(worker->ram + where.address, payload + sizeof(where), length);
        memcpy(worker->known + where.address, payload + sizeof(where), length);
        fake_mark_written(worker, where.address, length);
    }
    fake_reply(type, &length, sizeof(length));
}

static void serve_register(struct fake_worker *worker, uint32_t type, const uint8_t *payload)
{
    uint8_t *registers = (uint8_t *)&worker->cpu;
    uint32_t number;

    memcpy(&number, payload, sizeof(number));
    if (type == WORKER_READ_REGISTER) {
        fake_reply(type, registers + (number < TOY_REGISTERS ? 8 * number : 0),
                   number < TOY_REGISTERS ? 8 : 0);
    } else if (number < TOY_REGISTERS) {
        worker->diversion = true;
        memcpy(registers + 8 * number, payload + sizeof(number), 8);
        fake_reply(type, NULL, 0);
    } else {
        fake_reply_error(EBB_ERROR_USAGE, "there is no such register");
    }
}

static void serve_breakpoints(struct fake_worker *worker, const void *payload, uint32_t length)
{
    uint64_t count;
    size_t size;

    memcpy(&count, payload, sizeof(count));
    size = count * sizeof(worker->breakpoints[0]);
    if (count > MAX_BREAKPOINTS || length < sizeof(count) + size ||
        length - sizeof(count) - size > MAX_CONDITIONS) {
        fake_die("too many breakpoints, or too few");
    }
    worker->breakpoint_count = count;
    memcpy(worker->breakpoints, (const char *)payload + sizeof(count), size);
    memcpy(worker->conditions, (const char *)payload + sizeof(count) + size,
           length - sizeof(count) - size);
    fake_reply(WORKER_SET_BREAKPOINTS, NULL, 0);
}

static void serve_list_registers(struct fake_worker *worker)
{
    uint8_t packed[TOY_REGISTERS * 20];

    for (size_t i = 0; i < TOY_REGISTERS; i++) {
        uint64_t id = toy_register_id(true, i);
        uint32_t size = 8;

        memcpy(packed + 20 * i, &id, 8);
        memcpy(packed + 20 * i + 8, &size, 4);
        memcpy(packed + 20 * i + 12, (uint8_t *)&worker->cpu + 8 * i, 8);
    }
    fake_reply(WORKER_LIST_REGISTERS, packed, sizeof(packed));
}

static void serve(struct fake_worker *worker, const struct worker_message *request,
                  const uint8_t *payload)
{
    struct worker_context context;
    char lie[LIE_SIZE];
    uint64_t digest, holds;

    read_lie(worker, lie);
    fake_silence(worker, request->type, lie);
    switch (request->type) {
    case WORKER_HELLO:
        serve_hello(worker);
        break;
    case WORKER_TARGET_XML:
        fake_reply(request->type, "<target/>", memcmp(payload, "target.xml", 10) == 0 ? 9 : 0);
        break;
    case WORKER_LOAD_KEYFRAME:
        serve_load_keyframe(worker, payload);
        break;
    case WORKER_GET_STATE:
        serve_get_state(worker);
        break;
    case WORKER_SET_STATE:
        serve_set_state(worker, payload);
        break;
    case WORKER_SET_BREAKPOINTS:
        serve_breakpoints(worker, payload, request->length);
        break;
    case WORKER_RUN:
        serve_run(worker, payload);
        break;
    case WORKER_READ_REGISTERS:
        fake_reply(request->type, &worker->cpu, sizeof(worker->cpu));
        break;
    case WORKER_READ_REGISTER:
    case WORKER_WRITE_REGISTER:
        serve_register(worker, request->type, payload);
        break;
    case WORKER_READ_MEMORY:
    case WORKER_WRITE_MEMORY:
        serve_memory(worker, request->type, payload);
        break;
    case WORKER_DIGEST_REGISTERS:
        digest = toy_digest_registers(&worker->cpu);
        fake_reply(request->type, &digest, sizeof(digest));
        break;
    case WORKER_RESOLVE:
        fake_resolve(worker, payload);
        break;
    case WORKER_LIST_REGISTERS:
        serve_list_registers(worker);
        break;
    case WORKER_READ_CONTEXT:
        fake_context(worker, &context);
        fake_reply(request->type, &context, sizeof(context));
        break;
    case WORKER_EVALUATE:
        holds = fake_conditions_hold(worker, payload + sizeof(uint64_t),
                                     request->length - sizeof(uint64_t));
        holds += strcmp(lie, "maybe") == 0 ? 2 : 0;
        fake_reply(request->type, &holds, sizeof(holds));
        break;
    case WORKER_TAKE_PAGES:
        serve_pages();
        break;
    case WORKER_SET_COLLECTOR:
        fake_reply(request->type, NULL, 0);
        break;
    case WORKER_TAKE_ROWS:
        serve_take_rows(worker, lie);
        break;
    case WORKER_COLLECT_DIRTY:
        serve_collect_dirty(worker);
        break;
    default:
        fake_reply_error(EBB_ERROR_USAGE, "there is no such request");
        break;
    }
}

/* The recording's directory out of "ebb,recording=DIR,engine-fd=3[,resolve=on]", where commas are
 * doubled. */
static char *parse_machine(const char *text, bool *resolves)
{
    const char *from = strstr(text, "recording=") + strlen("recording=");
    char *directory = calloc(1, strlen(from) + 1), *to = directory;

    while (*from && (*from != ',' || from[1] == ',')) {
        from += *from == ',';
        *to++ = *from++;
    }
    *resolves = strcmp(from, ",engine-fd=3,resolve=on") == 0;
    if (!*resolves && strcmp(from, ",engine-fd=3") != 0) {
        fake_die("the machine's options are not as expected");
    }
    return directory;
}

static void map_memory(struct fake_worker *worker)
{
    size_t bitmap = worker_bitmap_size(TOY_RAM_SIZE);
    size_t control_size = sizeof(struct worker_control) + 2 * bitmap;

    worker->ram_file = memfd_create("ram", MFD_ALLOW_SEALING);
    worker->control_file = memfd_create("control", MFD_ALLOW_SEALING);
    if (ftruncate(worker->ram_file, TOY_RAM_SIZE) ||
        ftruncate(worker->control_file, (off_t)control_size) ||
        (!getenv("FAKE_WORKER_UNSEALED") &&
         (fcntl(worker->ram_file, F_ADD_SEALS, WORKER_SEALS) ||
          fcntl(worker->control_file, F_ADD_SEALS, WORKER_SEALS)))) {
        fake_die("no memory");
    }
    worker->ram = mmap(NULL, TOY_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, worker->ram_file, 0);
    worker->control =
        mmap(NULL, control_size, PROT_READ | PROT_WRITE, MAP_SHARED, worker->control_file, 0);
    worker->dirty = (uint64_t *)(worker->control + 1);
    worker->replaced = worker->dirty + bitmap / 8;
}

static void open_log(struct fake_worker *worker, const char *machine)
{
    char *directory = parse_machine(machine, &worker->resolves);
    struct ebb_log_summary summary;
    struct ebb_error error;

    worker->log = worker->resolves ? ebb_log_open_unresolved(directory, &error)
                                   : ebb_log_open(directory, &error);
    worker->cursor = worker->log ? ebb_cursor_new(worker->log, &error) : NULL;
    if (!worker->cursor) {
        fake_die(error.message);
    }
    free(directory);
    ebb_log_summary(worker->log, &summary);
    fake_run_init(worker, summary.end_position);
    worker->clears = ebb_log_exclusive_clears(worker->log, &worker->clear_count);
    if (summary.counts && !summary.resolved && !worker->resolves) {
        fake_die("the recording is not resolved");
    }
}

static bool exits(void)
{
    const char *once = getenv("FAKE_WORKER_EXITS_ONCE");

    return !once || open(once, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0600) >= 0;
}

int main(int argc, char **argv)
{
    static struct fake_worker worker;
    const char *dies_at = getenv("FAKE_WORKER_DIES_AT");
    struct worker_message request;
    uint8_t *payload = malloc(1 << 20);

    if (argc < 3 || strcmp(argv[1], "-M") != 0) {
        fake_die("usage: fake_worker -M ebb,recording=DIR,engine-fd=3");
    }
    if (getenv("FAKE_WORKER_EXITS") && exits()) {
        fprintf(stderr, "fake worker: this guest is too strange\n");
        _exit(atoi(
            getenv("FAKE_WORKER_EXITS"))); /* as it is: what looks for leaks has a status, too */
    }
    if (getenv("FAKE_WORKER_LIES")) {
        worker.lies = open(getenv("FAKE_WORKER_LIES"), O_CREAT | O_RDONLY | O_CLOEXEC, 0600);
    }
    fake_changes_begin();
    worker.dies_at = dies_at ? strtoull(dies_at, NULL, 0) : UINT64_MAX;
    worker.dies_once = -1;
    if (getenv("FAKE_WORKER_DIES_ONCE")) {
        worker.dies_once =
            open(getenv("FAKE_WORKER_DIES_ONCE"), O_CREAT | O_APPEND | O_RDWR | O_CLOEXEC, 0600);
    }
    worker.requests = -1;
    if (getenv("FAKE_WORKER_REQUESTS")) {
        worker.requests =
            open(getenv("FAKE_WORKER_REQUESTS"), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
    }
    worker.tries = fake_trespass_named(getenv("FAKE_WORKER_TRIES"));
    open_log(&worker, argv[2]);
    map_memory(&worker);
    do {
        fake_receive(&request, sizeof(request));
        if (request.length >= 1 << 20) {
            fake_die("the request is too long");
        }
        fake_receive(payload, request.length);
        payload[request.length] = '\0';
        if (request.type != WORKER_QUIT) {
            serve(&worker, &request, payload);
        }
    } while (request.type != WORKER_QUIT);
    ebb_cursor_free(worker.cursor);
    ebb_log_close(worker.log);
    free(payload);
    _exit(0); /* looking for leaks takes threads, which there are none of inside of walls */
}
