/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/exec-all.h"
#include "hw/core/cpu.h"
#include "coverage.h"

struct worker_coverage_marks {
    struct worker_coverage wanted;
    uint8_t *marks; /* worker_coverage_size() bytes; NULL: nothing is wanted */
};

struct worker_coverage_marks *worker_coverage_new(void)
{
    return g_new0(struct worker_coverage_marks, 1);
}

/* What was translated before looks at other instructions. */
static void forget_translations(struct worker *worker)
{
    tb_flush(CPU(worker->cpu));
    process_queued_cpu_work(CPU(worker->cpu));
}

int worker_coverage_set(struct worker *worker, const struct worker_coverage *coverage,
                        struct ebb_error *error)
{
    struct worker_coverage_marks *marks = worker->coverage;

    if (coverage->begin > coverage->end || coverage->end - coverage->begin > WORKER_MAX_COVERAGE ||
        coverage->begin % 16) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "cannot mark what executes from 0x%" PRIx64 " to 0x%" PRIx64,
                        coverage->begin, coverage->end);
    }
    if (marks->marks && !memcmp(&marks->wanted, coverage, sizeof(*coverage))) {
        return 0; /* what is marked already counts for whoever asks for the same */
    }
    if (marks->marks || coverage->end > coverage->begin) {
        forget_translations(worker);
    }
    g_free(marks->marks);
    marks->wanted = *coverage;
    marks->marks =
        coverage->end > coverage->begin ? g_malloc0(worker_coverage_size(coverage)) : NULL;
    return 0;
}

void worker_coverage_take(struct worker *worker, GByteArray *reply)
{
    const struct worker_coverage_marks *marks = worker->coverage;

    if (marks->marks) {
        g_byte_array_append(reply, marks->marks, worker_coverage_size(&marks->wanted));
    }
}

bool worker_coverage_looks_at(struct worker *worker, uint64_t address)
{
    const struct worker_coverage_marks *marks = worker->coverage;

    return marks->marks &&
           address - marks->wanted.begin < marks->wanted.end - marks->wanted.begin &&
           !worker_coverage_has(marks->marks, address - marks->wanted.begin);
}

static bool is_wanted(struct worker *worker, uint64_t position)
{
    const struct worker_coverage *wanted = &worker->coverage->wanted;
    uint64_t table = worker->cpu->env.cp15.ttbr0_el[1];

    return worker->clockwork.notes_rows && position >= wanted->from &&
           (table & wanted->table_mask) == wanted->table;
}

bool worker_coverage_reached(struct worker *worker, uint64_t address, uint64_t position)
{
    struct worker_coverage_marks *marks = worker->coverage;
    uint64_t offset = address - marks->wanted.begin;

    if (!marks->marks || offset >= marks->wanted.end - marks->wanted.begin) {
        return false;
    }
    if (worker_coverage_has(marks->marks, offset)) {
        return true;
    }
    if (is_wanted(worker, position)) {
        marks->marks[offset / 16] |= 1u << offset / 2 % 8;
    }
    return false;
}
