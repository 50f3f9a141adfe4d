/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker with the toy CPU: speaks the protocol, replays a recording that toy_history.c wrote.
 * With FAKE_WORKER_DIES_AT in its environment it dies on reaching that position; if a file's name
 * is in FAKE_WORKER_DIES_ONCE, only the one that creates that file does.
 */
#include "fake_worker.h"

#include "log/digest.h"
#include "log/kvm_registers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET 3

_Noreturn void worker_die(const char *why)
{
    fprintf(stderr, "fake worker: %s\n", why);
    _exit(1);
}

static void receive(void *buffer, size_t size)
{
    for (char *to = buffer; size;) {
        ssize_t got = recv(SOCKET, to, size, 0);

        if (got <= 0) {
            exit(0);
        }
        to += got;
        size -= (size_t)got;
    }
}

static void send_bytes(const void *buffer, size_t size)
{
    for (const char *from = buffer; size;) {
        ssize_t sent = send(SOCKET, from, size, MSG_NOSIGNAL);

        if (sent <= 0) {
            exit(0);
        }
        from += sent;
        size -= (size_t)sent;
    }
}

void worker_reply(uint32_t type, const void *payload, size_t size)
{
    struct worker_message header = {.type = type, .length = (uint32_t)size};

    send_bytes(&header, sizeof(header));
    send_bytes(payload, size);
}

static void reply_error(const char *text)
{
    struct worker_error error = {.kind = EBB_ERROR_USAGE};

    snprintf(error.message, sizeof(error.message), "%s", text);
    worker_reply(WORKER_ERROR, &error, sizeof(error));
}

/* The log. */

void worker_read_next(struct worker *worker)
{
    struct ebb_error error;
    int result;

    worker->next_number = ebb_cursor_event_number(worker->cursor);
    result = ebb_cursor_next(worker->cursor, &worker->next, &error);
    if (result < 0) {
        worker_die(error.message);
    }
    worker->have_next = result > 0;
}

void worker_seek_event(struct worker *worker, uint64_t number)
{
    struct ebb_error error;

    if (ebb_cursor_seek_event(worker->cursor, number, &error)) {
        worker_die(error.message);
    }
    worker_read_next(worker);
}

/* Breakpoints. */

static void hit(struct worker *worker, const struct worker_hit *what)
{
    worker->stop.hit = *what;
    worker->stop.hit_count++;
}

static bool check_access(struct worker *worker, uint64_t address, uint64_t length, bool write,
                         bool by_device, bool nested)
{
    bool any = false;

    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        const struct worker_breakpoint *watch = &worker->breakpoints[i];
        bool kind = watch->kind == WORKER_WATCH_ACCESS ||
                    watch->kind == (write ? WORKER_WATCH_WRITE : WORKER_WATCH_READ);

        if (kind && address < watch->address + watch->length && watch->address < address + length) {
            struct worker_hit what = {
                .position = worker->position,
                .kind = watch->kind,
                .access = write ? WORKER_WATCH_WRITE : WORKER_WATCH_READ,
                .address = watch->address,
                .data_address = address > watch->address ? address : watch->address,
                .pc = worker->cpu.pc,
                .by_device = by_device,
                .nested = nested,
            };

            hit(worker, &what);
            any = true;
        }
    }
    return any;
}

static bool check_execute(struct worker *worker)
{
    for (size_t i = 0; i < worker->breakpoint_count; i++) {
        if (worker->breakpoints[i].kind == WORKER_BREAK_EXECUTE &&
            worker->breakpoints[i].address == worker->cpu.pc) {
            struct worker_hit what = {.position = worker->position,
                                      .kind = WORKER_BREAK_EXECUTE,
                                      .address = worker->cpu.pc,
                                      .pc = worker->cpu.pc};

            hit(worker, &what);
            return true;
        }
    }
    return false;
}

/* Running. */

static void diverge(struct worker *worker, const char *what)
{
    snprintf(worker->report, sizeof(worker->report), "event %llu at position %llu: %s",
             (unsigned long long)worker->next_number, (unsigned long long)worker->position, what);
    worker->stop.reason = WORKER_STOP_DIVERGED;
}

void worker_mark_written(struct worker *worker, uint64_t address, uint64_t length)
{
    for (uint64_t page = address / 4096; page <= (address + length - 1) / 4096; page++) {
        worker->written |= (uint64_t)1 << page;
    }
}

/* Applies the next event; true if a watchpoint saw it. */
static bool apply(struct worker *worker)
{
    const struct ebb_event *event = &worker->next;
    bool nested = event->flags & EBB_EVENT_NESTED, seen = false;

    if (event->kind == EBB_EVENT_INTERRUPT_LINE) {
        worker->cpu.line = event->value;
    } else if (event->kind == EBB_EVENT_ANCHOR) {
        worker->cpu.monitor = 0;
    } else if (event->kind == EBB_EVENT_DMA) {
        memcpy(worker->ram + event->address, event->data, event->data_length);
        worker_mark_written(worker, event->address, event->data_length);
        seen = check_access(worker, event->address, event->data_length, true, true, nested);
    }
    worker_read_next(worker);
    return seen;
}

/* What happens on reaching a position; true if a watchpoint saw something. */
static bool settle(struct worker *worker)
{
    bool seen = false;

    while (worker->have_next && worker->next.position == worker->position &&
           ebb_event_is_asynchronous(&worker->next)) {
        if (worker->next.kind == EBB_EVENT_RESET) {
            worker->stop.reason = WORKER_STOP_RESET;
            worker->stop.keyframe = worker->next.value;
            return seen;
        }
        if (worker->next.kind == EBB_EVENT_END) {
            break;
        }
        seen |= apply(worker);
    }
    toy_take_interrupt(&worker->cpu);
    return seen;
}

/* A device access: the next event has to be of its kind; nested ones come first. */
static uint64_t device_access(struct worker *worker, const struct toy_instruction *instruction,
                              bool *seen)
{
    bool read = instruction->kind == TOY_DEVICE_READ;
    uint64_t value;

    while (worker->have_next && worker->next.position == worker->position &&
           (worker->next.flags & EBB_EVENT_NESTED)) {
        *seen |= apply(worker);
    }
    if (!worker->have_next || worker->next.position != worker->position ||
        worker->next.kind != (uint32_t)(read ? EBB_EVENT_MMIO_READ : EBB_EVENT_MMIO_WRITE) ||
        worker->next.address != instruction->address) {
        diverge(worker, "another access was expected");
        return 0;
    }
    if (!read && worker->next.value != instruction->value) {
        diverge(worker, "another value was expected");
        return 0;
    }
    value = worker->next.value;
    worker->cpu.monitor = 0;
    worker_read_next(worker);
    return value;
}

/* True if the monitor was cleared on the host for reasons of its own before this instruction. */
static bool clears_here(const struct worker *worker)
{
    for (size_t i = 0; i < worker->clear_count; i++) {
        if (worker->clears[i] == worker->position) {
            return true;
        }
    }
    return false;
}

/* Executes one instruction; true if the run stops for a hit. */
static bool execute(struct worker *worker, bool last_hit, bool ignore_execute)
{
    struct toy_instruction instruction;
    bool seen = false;
    uint64_t value = 0;

    if (!ignore_execute && check_execute(worker) && !last_hit) {
        return true;
    }
    if (!worker->diversion && clears_here(worker)) {
        worker->cpu.monitor = 0;
    }
    toy_decode(&worker->cpu, &instruction);
    if (instruction.kind == TOY_LOAD || instruction.kind == TOY_STORE) {
        seen = check_access(worker, instruction.address, instruction.length,
                            instruction.kind == TOY_STORE, false, false);
        if (seen && !last_hit) {
            return true;
        }
    } else if (instruction.kind >= TOY_DEVICE_READ && instruction.kind <= TOY_DEVICE_WRITE &&
               !worker->diversion) {
        value = device_access(worker, &instruction, &seen);
        if (worker->stop.reason) {
            return false;
        }
    }
    toy_execute(&worker->cpu, worker->ram, &instruction, value);
    if (instruction.kind == TOY_STORE || instruction.kind >= TOY_STORE_EXCLUSIVE) {
        worker_mark_written(worker, instruction.address, instruction.length);
    }
    worker->position++;
    return seen && !last_hit;
}

bool worker_look_up(struct worker *worker)
{
    if (worker->position % LOOK_UP_EVERY) {
        return false;
    }
    __atomic_store_n(&worker->control->position, worker->position, __ATOMIC_RELAXED);
    return __atomic_exchange_n(&worker->control->stop_request, 0, __ATOMIC_SEQ_CST);
}

void worker_maybe_die(struct worker *worker)
{
    int file;

    if (worker->position != worker->dies_at) {
        return;
    }
    if (worker->dies_once) {
        file = open(worker->dies_once, O_CREAT | O_EXCL | O_WRONLY, 0600);
        if (file < 0) {
            return;
        }
        close(file);
    }
    worker_die("this is the position to die at");
}

static void run_history(struct worker *worker, const struct worker_run *run)
{
    bool last_hit = run->flags & WORKER_RUN_LAST_HIT;
    bool ignore = !(run->flags & WORKER_RUN_HIT_AT_START);

    while (1) {
        bool seen = settle(worker);

        worker_maybe_die(worker);
        if (seen && !last_hit) {
            worker->stop.reason = WORKER_STOP_HIT;
        } else if (!worker->stop.reason && worker->position >= run->limit) {
            worker->stop.reason = WORKER_STOP_LIMIT;
        } else if (!worker->stop.reason && worker->position >= worker->end_position) {
            worker->stop.reason = WORKER_STOP_END;
        } else if (!worker->stop.reason && worker_look_up(worker)) {
            worker->stop.reason = WORKER_STOP_INTERRUPTED;
        }
        if (worker->stop.reason) {
            return;
        }
        /* A device's write inside an instruction is known once the instruction is over; the run
         * stops without having settled behind it. */
        if (execute(worker, last_hit, ignore)) {
            worker->stop.reason = WORKER_STOP_HIT;
        }
        ignore = false;
        if (worker->stop.reason) {
            return;
        }
    }
}

static void run_diversion(struct worker *worker, const struct worker_run *run)
{
    bool ignore = true;

    worker->diversion = true;
    for (uint64_t i = 0; i < run->limit; i++) {
        if (worker->cpu.general[0] == 0) {
            worker->stop.reason = WORKER_STOP_HALTED;
            return;
        }
        if (execute(worker, false, ignore)) {
            worker->stop.reason = WORKER_STOP_HIT;
            return;
        }
        ignore = false;
        if (worker_look_up(worker)) {
            worker->stop.reason = WORKER_STOP_INTERRUPTED;
            return;
        }
    }
    worker->stop.reason = WORKER_STOP_LIMIT;
}

void worker_remember_ram(struct worker *worker)
{
    memcpy(worker->known, worker->ram, TOY_RAM_SIZE);
}

static void serve_run(struct worker *worker, const void *payload)
{
    struct worker_run run;
    char message[sizeof(worker->stop) + sizeof(worker->report)];

    memcpy(&run, payload, sizeof(run));
    worker->stop = (struct worker_stop){0};
    worker->report[0] = '\0';
    if (run.flags & WORKER_RUN_DIVERSION) {
        run_diversion(worker, &run);
    } else if (worker->diversion || run.limit < worker->position) {
        reply_error("cannot run there from here");
        return;
    } else {
        run_history(worker, &run);
    }
    worker_remember_ram(worker);
    worker->stop.position = worker->position;
    worker->stop.pc = worker->cpu.pc;
    worker->stop.event_number = worker->next_number;
    worker->stop.report_length = (uint32_t)strlen(worker->report);
    memcpy(message, &worker->stop, sizeof(worker->stop));
    memcpy(message + sizeof(worker->stop), worker->report, worker->stop.report_length);
    worker_reply(WORKER_RUN, message, sizeof(worker->stop) + worker->stop.report_length);
}

/* State. */

static void serve_hello(struct worker *worker)
{
    struct {
        struct worker_message header;
        struct worker_hello hello;
    } all = {
        .header = {.type = WORKER_HELLO, .length = sizeof(struct worker_hello)},
        .hello = {.version = WORKER_PROTOCOL_VERSION,
                  .cpu_count = 1,
                  .ram_size = TOY_RAM_SIZE,
                  .state_size = sizeof(struct state),
                  .register_count = TOY_REGISTERS,
                  .registers_size = sizeof(struct toy_cpu),
                  .pc_register = TOY_PC_REGISTER,
                  .aarch64 = 1},
    };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {{0}};
    struct iovec part = {&all, sizeof(all)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    int files[2] = {worker->ram_file, worker->control_file};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(files));
    memcpy(CMSG_DATA(&control.header), files, sizeof(files));
    if (sendmsg(SOCKET, &message, MSG_NOSIGNAL) != sizeof(all)) {
        worker_die("cannot say hello");
    }
}

static void fill_padding(struct state *state)
{
    for (size_t i = 0; i < sizeof(state->padding); i++) {
        state->padding[i] = (uint8_t)((i < 5000 ? state->position / 50 : 7) * (i / 64 + 1));
    }
}

static void serve_get_state(struct worker *worker)
{
    static struct state state;

    state.position = worker->position;
    state.event_number = worker->next_number;
    state.diversion = worker->diversion;
    state.drift = worker->drift;
    state.cpu = worker->cpu;
    fill_padding(&state);
    worker_reply(WORKER_GET_STATE, &state, sizeof(state));
}

/* A worker that translates would drop what it has of the replaced pages; this one checks that it
 * is told of all of them. */
static void accept_replaced(struct worker *worker)
{
    for (uint64_t page = 0; page < TOY_PAGES; page++) {
        if (!(worker->replaced[0] >> page & 1) &&
            memcmp(worker->ram + page * 4096, worker->known + page * 4096, 4096) != 0) {
            worker_die("a page was changed in secret");
        }
    }
    worker->replaced[0] = 0;
    worker_remember_ram(worker);
}

static void serve_set_state(struct worker *worker, const void *payload)
{
    static struct state state, expected;

    memcpy(&state, payload, sizeof(state));
    expected.position = state.position;
    fill_padding(&expected);
    if (memcmp(state.padding, expected.padding, sizeof(state.padding)) != 0) {
        worker_die("the state is not one that was taken");
    }
    worker->position = state.position;
    worker->diversion = state.diversion;
    worker->drift = state.drift;
    worker->cpu = state.cpu;
    worker_seek_event(worker, state.event_number);
    accept_replaced(worker);
    worker_reply(WORKER_SET_STATE, NULL, 0);
}

static void serve_load_keyframe(struct worker *worker, const uint8_t *payload)
{
    struct worker_keyframe keyframe;
    uint64_t *registers = (uint64_t *)&worker->cpu;

    memcpy(&keyframe, payload, sizeof(keyframe));
    payload += sizeof(keyframe);
    if (keyframe.register_count != TOY_REGISTERS) {
        worker_die("the keyframe is not complete");
    }
    for (size_t i = 0; i < TOY_REGISTERS; i++, payload += 20) {
        memcpy(&registers[i], payload + 12, 8);
    }
    worker->position = keyframe.position;
    worker->drift = 0;
    worker->diversion = false;
    worker_seek_event(worker, keyframe.event_number);
    accept_replaced(worker);
    worker_reply(WORKER_LOAD_KEYFRAME, NULL, 0);
}

static void serve_collect_dirty(struct worker *worker)
{
    uint64_t pages = worker->collected ? worker->written : ((uint64_t)1 << TOY_PAGES) - 1;
    uint64_t count = (uint64_t)__builtin_popcountll(pages);

    worker->dirty[0] = pages;
    worker->written = 0;
    worker->collected = true;
    worker_reply(WORKER_COLLECT_DIRTY, &count, sizeof(count));
}

/* Looking and changing. */

static uint32_t clip(uint64_t address, uint32_t length)
{
    if (address >= TOY_RAM_SIZE) {
        return 0;
    }
    return length < TOY_RAM_SIZE - address ? length : (uint32_t)(TOY_RAM_SIZE - address);
}

static void serve_memory(struct worker *worker, uint32_t type, const uint8_t *payload)
{
    struct worker_memory where;
    uint64_t length;

    memcpy(&where, payload, sizeof(where));
    length = clip(where.address, where.length);
    if (type == WORKER_READ_MEMORY) {
        worker_reply(type, worker->ram + (length ? where.address : 0), length);
        return;
    }
    worker->diversion = true;
    if (length) {
        memcpy(worker->ram + where.address, payload + sizeof(where), length);
        memcpy(worker->known + where.address, payload + sizeof(where), length);
        worker_mark_written(worker, where.address, length);
    }
    worker_reply(type, &length, sizeof(length));
}

static void serve_register(struct worker *worker, uint32_t type, const uint8_t *payload)
{
    uint8_t *registers = (uint8_t *)&worker->cpu;
    uint32_t number;

    memcpy(&number, payload, sizeof(number));
    if (type == WORKER_READ_REGISTER) {
        worker_reply(type, registers + (number < TOY_REGISTERS ? 8 * number : 0),
                     number < TOY_REGISTERS ? 8 : 0);
    } else if (number < TOY_REGISTERS) {
        worker->diversion = true;
        memcpy(registers + 8 * number, payload + sizeof(number), 8);
        worker_reply(type, NULL, 0);
    } else {
        reply_error("there is no such register");
    }
}

static void serve_breakpoints(struct worker *worker, const void *payload, uint32_t length)
{
    worker->breakpoint_count = length / sizeof(worker->breakpoints[0]);
    if (worker->breakpoint_count > MAX_BREAKPOINTS) {
        worker_die("too many breakpoints");
    }
    memcpy(worker->breakpoints, payload, length);
    worker_reply(WORKER_SET_BREAKPOINTS, NULL, 0);
}

static void serve_list_registers(struct worker *worker)
{
    uint8_t packed[TOY_REGISTERS * 20];

    for (size_t i = 0; i < TOY_REGISTERS; i++) {
        uint64_t id = toy_register_id(true, i);
        uint32_t size = 8;

        memcpy(packed + 20 * i, &id, 8);
        memcpy(packed + 20 * i + 8, &size, 4);
        memcpy(packed + 20 * i + 12, (uint8_t *)&worker->cpu + 8 * i, 8);
    }
    worker_reply(WORKER_LIST_REGISTERS, packed, sizeof(packed));
}

static void serve(struct worker *worker, const struct worker_message *request,
                  const uint8_t *payload)
{
    uint64_t digest;

    switch (request->type) {
    case WORKER_HELLO:
        serve_hello(worker);
        break;
    case WORKER_TARGET_XML:
        worker_reply(request->type, "<target/>", memcmp(payload, "target.xml", 10) == 0 ? 9 : 0);
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
        worker_reply(request->type, &worker->cpu, sizeof(worker->cpu));
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
        worker_reply(request->type, &digest, sizeof(digest));
        break;
    case WORKER_RESOLVE:
        fake_resolve(worker, payload);
        break;
    case WORKER_LIST_REGISTERS:
        serve_list_registers(worker);
        break;
    case WORKER_COLLECT_DIRTY:
        serve_collect_dirty(worker);
        break;
    default:
        reply_error("there is no such request");
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
        worker_die("the machine's options are not as expected");
    }
    return directory;
}

static void map_memory(struct worker *worker)
{
    size_t bitmap = worker_bitmap_size(TOY_RAM_SIZE);
    size_t control_size = sizeof(struct worker_control) + 2 * bitmap;

    worker->ram_file = memfd_create("ram", 0);
    worker->control_file = memfd_create("control", 0);
    if (ftruncate(worker->ram_file, TOY_RAM_SIZE) ||
        ftruncate(worker->control_file, (off_t)control_size)) {
        worker_die("no memory");
    }
    worker->ram = mmap(NULL, TOY_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, worker->ram_file, 0);
    worker->control =
        mmap(NULL, control_size, PROT_READ | PROT_WRITE, MAP_SHARED, worker->control_file, 0);
    worker->dirty = (uint64_t *)(worker->control + 1);
    worker->replaced = worker->dirty + bitmap / 8;
}

static void open_log(struct worker *worker, const char *machine)
{
    char *directory = parse_machine(machine, &worker->resolves);
    struct ebb_log_summary summary;
    struct ebb_error error;

    worker->log = worker->resolves ? ebb_log_open_unresolved(directory, &error)
                                   : ebb_log_open(directory, &error);
    worker->cursor = worker->log ? ebb_cursor_new(worker->log, &error) : NULL;
    if (!worker->cursor) {
        worker_die(error.message);
    }
    free(directory);
    ebb_log_summary(worker->log, &summary);
    worker->end_position = summary.end_position;
    worker->clears = ebb_log_exclusive_clears(worker->log, &worker->clear_count);
    if (summary.counts && !summary.resolved && !worker->resolves) {
        worker_die("the recording is not resolved");
    }
}

int main(int argc, char **argv)
{
    static struct worker worker;
    const char *dies_at = getenv("FAKE_WORKER_DIES_AT");
    struct worker_message request;
    uint8_t *payload = malloc(1 << 20);

    if (argc < 3 || strcmp(argv[1], "-M") != 0) {
        worker_die("usage: fake_worker -M ebb,recording=DIR,engine-fd=3");
    }
    worker.dies_once = getenv("FAKE_WORKER_DIES_ONCE");
    worker.dies_at = dies_at ? strtoull(dies_at, NULL, 0) : UINT64_MAX;
    open_log(&worker, argv[2]);
    map_memory(&worker);
    do {
        receive(&request, sizeof(request));
        if (request.length >= 1 << 20) {
            worker_die("the request is too long");
        }
        receive(payload, request.length);
        payload[request.length] = '\0';
        if (request.type != WORKER_QUIT) {
            serve(&worker, &request, payload);
        }
    } while (request.type != WORKER_QUIT);
    ebb_cursor_free(worker.cursor);
    ebb_log_close(worker.log);
    free(payload);
    return 0;
}
