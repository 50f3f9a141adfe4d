/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "internals.h"
#include "exec/cpu-common.h"
#include "hw/core/cpu.h"
#include "calls.h"
#include "context.h"
#include "debug.h"
#include "exceptions.h"
#include "map.h"
#include "physical.h"
#include "rows.h"

#define FRAME_POINTER 29
/* Bytes: the caller's frame pointer, the return address (AAPCS64, 6.4.6). */
#define FRAME_RECORD 16
#define RESULT_REGISTERS 3u /* where both AAPCS leave a result of up to two registers */

/* Memory that a row tells of: on two pages at most. */
struct piece {
    const uint8_t *ram;
    size_t length;
};

/* What an instruction writes is still to come in a row of it. */
struct pending {
    size_t at; /* in rows: where that goes */
    struct piece pieces[2];
};

struct worker_rows {
    struct worker_collector collector;
    GByteArray *rows;
    GArray *pending;      /* struct pending: of one instruction, which may make several accesses */
    struct moment moment; /* of that */
    /* RAM before a device's write. */
    GByteArray *before;
    uint64_t before_offset;
    struct worker_row exception;
};

struct worker_rows *worker_rows_new(void)
{
    struct worker_rows *rows = g_new0(struct worker_rows, 1);

    rows->rows = g_byte_array_new();
    rows->pending = g_array_new(FALSE, FALSE, sizeof(struct pending));
    rows->before = g_byte_array_new();
    return rows;
}

int worker_rows_collect(struct worker *worker, const struct worker_collector *collector,
                        const struct worker_call *calls, size_t call_count, struct ebb_error *error)
{
    if (collector->frames > WORKER_MAX_FRAMES || collector->room > WORKER_MAX_ROWS_SIZE ||
        !worker_loads_are_good(collector)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "rows of %u return addresses and %u loads, in %u bytes", collector->frames,
                        collector->load_count, collector->room);
    }
    worker->rows->collector = *collector;
    worker_calls_follow(worker, collector->flags & WORKER_COLLECT_CALLS, calls, call_count);
    return 0;
}

void worker_rows_complete(struct worker *worker)
{
    struct worker_rows *rows = worker->rows;
    guint i;

    for (i = 0; i < rows->pending->len; i++) {
        const struct pending *pending = &g_array_index(rows->pending, struct pending, i);
        const struct piece *pieces = pending->pieces;
        uint8_t *to = rows->rows->data + pending->at;

        memcpy(to, pieces[0].ram, pieces[0].length);
        memcpy(to + pieces[0].length, pieces[1].ram, pieces[1].length);
    }
    g_array_set_size(rows->pending, 0);
}

void worker_rows_take(struct worker *worker, GByteArray *reply)
{
    struct worker_rows *rows = worker->rows;

    worker_rows_complete(worker);
    g_byte_array_append(reply, rows->rows->data, rows->rows->len);
    g_byte_array_set_size(rows->rows, 0);
}

void worker_rows_exception(struct worker *worker, int index)
{
    worker->rows->exception = (struct worker_row){0};
    worker_exception_describe(worker, index, &worker->rows->exception);
}

static void append(struct worker_rows *rows, const void *data, size_t length)
{
    g_byte_array_append(rows->rows, data, length);
}

static void append_padding(struct worker_rows *rows)
{
    static const uint8_t zeroes[8];

    append(rows, zeroes, -rows->rows->len & 7);
}

static unsigned registers_of(CPUARMState *env)
{
    return arm_feature(env, ARM_FEATURE_AARCH64) ? 32 : 15;
}

static uint64_t register_value(CPUARMState *env, unsigned i)
{
    return arm_feature(env, ARM_FEATURE_AARCH64) ? env->xregs[i] : env->regs[i];
}

static unsigned append_registers(struct worker *worker, uint32_t mask)
{
    CPUARMState *env = &worker->cpu->env;
    unsigned count = 0, i;

    worker_debug_sync_registers(worker);
    for (i = 0; i < registers_of(env); i++) {
        uint64_t value = register_value(env, i);

        if (mask >> i & 1) {
            append(worker->rows, &value, sizeof(value));
            count++;
        }
    }
    return count;
}

static unsigned append_frames(struct worker *worker, unsigned most)
{
    CPUARMState *env = &worker->cpu->env;
    uint64_t frame = env->xregs[FRAME_POINTER], record[2];
    unsigned count = 0;

    if (!is_a64(env)) {
        return 0;
    }
    while (count < most && frame && frame % 8 == 0) {
        struct worker_memory memory = {.address = frame, .length = FRAME_RECORD};
        uint64_t address;

        if (worker_debug_read_memory(worker, &memory, (uint8_t *)record) != FRAME_RECORD ||
            !record[1]) {
            break;
        }
        if (arm_cpu_data_is_big_endian(env)) {
            bswap64s(&record[0]);
            bswap64s(&record[1]);
        }
        address = worker_calls_plain_address(env, record[1]);
        append(worker->rows, &address, sizeof(address));
        count++;
        if (record[0] <= frame) {
            break; /* callers' frames are above: this is no chain, or another stack */
        }
        frame = record[0];
    }
    return count;
}

/* Behind append_registers(). Returns which could not be read. */
static uint32_t append_loads(struct worker *worker)
{
    CPUARMState *env = &worker->cpu->env;
    const struct worker_collector *collector = &worker->rows->collector;
    uint32_t failed = 0, i;

    for (i = 0; i < collector->load_count; i++) {
        const struct worker_load *load = &collector->loads[i];
        struct worker_memory memory = {.length = load->length};
        uint8_t bytes[WORKER_MAX_LOAD] = {0};

        if (load->number < registers_of(env)) {
            memory.address = register_value(env, load->number) + load->offset;
        }
        if (load->number >= registers_of(env) ||
            worker_debug_read_memory(worker, &memory, bytes) != load->length) {
            failed |= 1u << i;
            memset(bytes, 0, sizeof(bytes));
        }
        append(worker->rows, bytes, load->length);
        append_padding(worker->rows);
    }
    return failed;
}

static uint64_t offset_of_virtual(struct worker *worker, uint64_t address)
{
    MemTxAttrs attrs;
    hwaddr page = cpu_get_phys_page_attrs_debug(CPU(worker->cpu),
                                                address & ~(uint64_t)(EBB_PAGE_SIZE - 1), &attrs);

    return page == -1 ? UINT64_MAX
                      : worker_map_offset(worker, page + address % EBB_PAGE_SIZE, attrs);
}

static const uint8_t *ram_at(struct worker *worker, const struct worker_hit *hit, uint64_t address)
{
    uint64_t offset;

    if (worker_watch_is_physical(hit->kind)) {
        return worker_physical_pointer(worker, address);
    }
    offset = offset_of_virtual(worker, address);
    return offset == UINT64_MAX ? NULL
                                : (uint8_t *)memory_region_get_ram_ptr(&worker->ram) + offset;
}

/* Returns the bytes that the row has of what was accessed; 0 if they are not in RAM. */
static size_t find_pieces(struct worker *worker, const struct worker_hit *hit, struct piece *pieces)
{
    size_t length = MIN(hit->data_length, WORKER_MAX_ROW_DATA);
    size_t on_page = MIN(length, EBB_PAGE_SIZE - hit->data_address % EBB_PAGE_SIZE);

    pieces[0] = (struct piece){ram_at(worker, hit, hit->data_address), on_page};
    pieces[1] = (struct piece){pieces[0].ram, length - on_page};
    if (pieces[1].length) {
        pieces[1].ram = ram_at(worker, hit, hit->data_address + on_page);
    }
    return pieces[0].ram && pieces[1].ram ? length : 0;
}

/* What was there before a device wrote. */
static void append_before(struct worker *worker, const struct piece *piece)
{
    const struct worker_rows *rows = worker->rows;
    const uint8_t *ram = memory_region_get_ram_ptr(&worker->ram);
    uint64_t offset = piece->ram - ram - rows->before_offset;

    if (offset < rows->before->len && piece->length <= rows->before->len - offset) {
        append(worker->rows, rows->before->data + offset, piece->length);
    } else {
        append(worker->rows, piece->ram, piece->length);
    }
}

static size_t append_data(struct worker *worker, const struct worker_hit *hit)
{
    struct worker_rows *rows = worker->rows;
    struct pending pending;
    size_t length = find_pieces(worker, hit, pending.pieces), i;

    for (i = 0; length && i < 2; i++) {
        if (hit->by_device) {
            append_before(worker, &pending.pieces[i]);
        } else {
            append(rows, pending.pieces[i].ram, pending.pieces[i].length);
        }
    }
    append_padding(rows);
    pending.at = rows->rows->len;
    for (i = 0; length && i < 2; i++) {
        append(rows, pending.pieces[i].ram, pending.pieces[i].length);
    }
    append_padding(rows);
    if (length && !hit->by_device && hit->access == WORKER_WATCH_WRITE) {
        g_array_append_val(rows->pending, pending);
        cpu_exit(CPU(worker->cpu)); /* soon, before anything else writes there */
    }
    return length;
}

static bool is_end_of_call(const struct worker_hit *hit)
{
    return hit->kind == WORKER_CALL_RETURNED || hit->kind == WORKER_CALL_LEFT;
}

static bool rows_follow_calls(struct worker *worker, const struct worker_hit *hit)
{
    return worker->rows->collector.flags & WORKER_COLLECT_CALLS &&
           (hit->kind == WORKER_BREAK_EXECUTE || is_end_of_call(hit));
}

static uint32_t registers_wanted(const struct worker_collector *collector,
                                 const struct worker_hit *hit)
{
    if (hit->kind == WORKER_WATCH_ALL) {
        return 0;
    }
    return is_end_of_call(hit) ? collector->registers & RESULT_REGISTERS : collector->registers;
}

static size_t read_code(struct worker *worker, uint64_t pc, uint8_t *code, size_t length)
{
    struct worker_memory memory = {.address = pc, .length = length};

    return worker_debug_read_memory(worker, &memory, code) == length ? length : 0;
}

static bool is_half_of_thumb(const uint8_t *half)
{
    return lduw_le_p(half) >> 11 >= 0x1d; /* Arm ARM, F3.1: else these are all */
}

static void describe_code(struct worker *worker, struct worker_row *row)
{
    CPUARMState *env = &worker->cpu->env;
    bool a64 = is_a64(env);
    uint64_t pc = row->hit.pc;

    row->state = a64 ? pstate_read(env) : cpsr_read(env);
    row->big_endian = arm_cpu_data_is_big_endian(env);
    if (row->hit.kind != WORKER_BREAK_SAMPLE) {
        return;
    }
    row->code_size = read_code(worker, pc, row->code, a64 || !env->thumb ? 4 : 2);
    if (row->code_size == 2 && is_half_of_thumb(row->code)) {
        row->code_size += read_code(worker, pc + 2, row->code + 2, 2);
        row->code_size &= 4; /* half of one is none */
    }
}

static struct worker_row describe(struct worker *worker, const struct worker_hit *hit)
{
    CPUARMState *env = &worker->cpu->env;
    bool exception = hit->kind == WORKER_BREAK_EXCEPTION;
    struct worker_row row = exception ? worker->rows->exception : (struct worker_row){0};

    row.hit = *hit;
    row.tables[0] = env->cp15.ttbr0_el[1];
    row.tables[1] = env->cp15.ttbr1_el[1];
    row.context_id = env->cp15.contextidr_el[1];
    if (!exception && hit->kind != WORKER_BREAK_INTERRUPT && hit->kind != WORKER_BREAK_RETURN &&
        !is_end_of_call(hit) && worker->rows->collector.flags & WORKER_COLLECT_CONTEXT) {
        worker_context_read(worker, hit->pc, &row.hit.context);
    }
    if (rows_follow_calls(worker, hit)) {
        worker_calls_describe(worker, &row);
    }
    if (worker->rows->collector.flags & WORKER_COLLECT_CODE) {
        describe_code(worker, &row);
    }
    return row;
}

/* Nothing more will be noted, or so much is that the engine should take it. */
static bool has_enough(struct worker *worker, const struct worker_hit *hit)
{
    return worker->rows->rows->len >= worker->rows->collector.room ||
           (is_end_of_call(hit) && worker_calls_are_over(worker) &&
            !(worker->kinds >> WORKER_BREAK_EXECUTE & 1));
}

bool worker_rows_note(struct worker *worker, const struct worker_hit *hit)
{
    struct worker_rows *rows = worker->rows;
    struct worker_row row;
    size_t at = rows->rows->len;

    if (moment_compare(rows->moment, hit->moment) != 0) {
        worker_rows_complete(worker);
    }
    rows->moment = hit->moment;
    row = describe(worker, hit);
    append(rows, &row, sizeof(row));
    row.register_count = append_registers(worker, registers_wanted(&rows->collector, hit));
    row.frame_count = append_frames(worker, is_end_of_call(hit) ? 0 : rows->collector.frames);
    row.loads_size = worker_loads_size(&rows->collector);
    row.loads_failed = append_loads(worker);
    if (hit->data_length && rows->collector.flags & WORKER_COLLECT_DATA) {
        row.data_length = append_data(worker, hit);
    }
    row.size = rows->rows->len - at;
    memcpy(rows->rows->data + at, &row, sizeof(row));
    if (!has_enough(worker, hit)) {
        return false;
    }
    cpu_exit(CPU(worker->cpu));
    return true;
}

void worker_rows_device_writes(struct worker *worker, uint64_t offset, uint64_t length)
{
    struct worker_rows *rows = worker->rows;

    worker_rows_complete(worker);
    g_byte_array_set_size(rows->before, 0);
    if (worker->clockwork.notes_rows && rows->collector.flags & WORKER_COLLECT_DATA) {
        g_byte_array_append(rows->before,
                            (uint8_t *)memory_region_get_ram_ptr(&worker->ram) + offset, length);
        rows->before_offset = offset;
    }
}

uint64_t worker_rows_next_sample(struct worker *worker, uint64_t from, uint64_t limit)
{
    uint64_t distance = worker->sample_every, next;

    if (!distance) {
        return limit;
    }
    next = from - from % distance;
    return next > UINT64_MAX - distance || next + distance > limit ? limit : next + distance;
}
