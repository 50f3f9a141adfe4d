/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ebb irqs over rows that are made here: which interrupts a return ends and a number belongs to,
 * and what is printed. In the place of what it asks, a recording and its timeline, are functions
 * of this file.
 */
#include "cli/questions/device_tree.h"
#include "cli/questions/irq_events.h"
#include "cli/questions/irq_queue.h"
#include "cli/questions/question.h"
#include "cli/questions/questions.h"

#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define END 1000000u

static struct timeline_row entry(uint64_t position, uint64_t stack)
{
    return (struct timeline_row){
        .position = position,
        .kind = TIMELINE_ROW_EXCEPTION,
        .exception = TIMELINE_EXCEPTION_IRQ,
        .from_pc = 0x1000,
        .stack = stack,
        .mode = 5,
        .level = 1,
    };
}

static struct timeline_row back(uint64_t position, uint64_t stack)
{
    struct timeline_row row = entry(position, stack);

    row.kind = TIMELINE_ROW_RETURN;
    return row;
}

/* The queue alone. */

static void add(struct irq_queue *queue, uint64_t position, uint64_t stack)
{
    struct timeline_row row = entry(position, stack);
    struct ebb_error error;

    assert_int_equal(irq_queue_add(queue, &row, 0, &error), 0);
}

static const struct irq *end(struct irq_queue *queue, uint64_t position, uint64_t stack)
{
    struct timeline_row row = back(position, stack);

    return irq_queue_returned(queue, &row);
}

static const struct irq *take(struct irq_queue *queue, bool all, uint64_t position)
{
    const struct irq *irq = irq_queue_take(queue, all);

    assert_non_null(irq);
    assert_int_equal(irq->row.position, position);
    return irq;
}

static void test_nested(void **state)
{
    struct irq_queue queue = {0};
    const struct irq *irq;

    (void)state;
    irq_queue_acknowledged(&queue, 7); /* nobody's */
    add(&queue, 10, 100);
    irq_queue_acknowledged(&queue, 27);
    add(&queue, 20, 90);
    irq_queue_acknowledged(&queue, 5);
    irq_queue_acknowledged(&queue, 6);
    irq_queue_acknowledged(&queue, IRQ_SPURIOUS_LAST);
    end(&queue, 29, 90);
    irq_queue_acknowledged(&queue, 28);
    assert_null(irq_queue_take(&queue, false)); /* the first one still runs */
    assert_null(end(&queue, 39, 95));           /* of no interrupt */
    assert_int_equal(end(&queue, 49, 100)->number, 27);
    irq = take(&queue, false, 10);
    assert_int_equal(irq->number, 27);
    assert_int_equal(irq->duration, 40);
    assert_int_equal(irq->more_count, 1);
    assert_int_equal(irq->more[0], 28);
    irq = take(&queue, false, 20);
    assert_int_equal(irq->number, 5);
    assert_int_equal(irq->duration, 10);
    assert_int_equal(irq->more_count, 1);
    assert_true(irq_queue_is_empty(&queue));
    irq_queue_free(&queue);
}

/* The outer of two ends first, as where the inner has gone to another task. */
static void test_outer_first(void **state)
{
    struct irq_queue queue = {0};

    (void)state;
    add(&queue, 10, 100);
    add(&queue, 20, 90);
    add(&queue, 30, 80);
    end(&queue, 39, 90);
    irq_queue_acknowledged(&queue, 1); /* the third's */
    end(&queue, 49, 80);
    irq_queue_acknowledged(&queue, 2); /* the first's */
    assert_int_equal(take(&queue, true, 10)->number, 2);
    assert_int_equal(take(&queue, true, 20)->duration, 20);
    assert_int_equal(take(&queue, true, 30)->number, 1);
    irq_queue_free(&queue);
}

/* Where several were entered from a like context, it is the last one that returns. */
static void test_like_contexts(void **state)
{
    struct irq_queue queue = {0};

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        add(&queue, i, i % 10);
    }
    for (unsigned i = 1000; i > 500; i--) {
        end(&queue, 3000 - i, (i - 1) % 10);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(take(&queue, true, i)->duration,
                         i < 500 ? IRQ_UNKNOWN : (uint64_t)(3000 - (i + 1) + 1 - i));
    }
    irq_queue_free(&queue);
}

/* Two hundred thousand that never return: looking at all for each would never end in time. */
static void test_many(void **state)
{
    struct irq_queue queue = {0};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        add(&queue, 10 * i, i);
        add(&queue, 10 * i + 1, UINT64_MAX - i);
        irq_queue_acknowledged(&queue, 3);
        end(&queue, 10 * i + 2, UINT64_MAX - i);
        end(&queue, 10 * i + 3, UINT64_MAX);
    }
    for (unsigned i = 0; i < 200000; i++) {
        assert_int_equal(take(&queue, true, 10 * i)->number, IRQ_UNKNOWN);
        assert_int_equal(take(&queue, true, 10 * i + 1)->number, 3);
    }
    irq_queue_free(&queue);
}

/* What ends is forgotten at once, and what is before it never ends: it needs no memory. */
static void test_forgotten(void **state)
{
    struct irq_queue queue = {0};

    (void)state;
    add(&queue, 1, 7);
    for (unsigned i = 0; i < 100000; i++) {
        add(&queue, 10 * i + 10, i);
        add(&queue, 10 * i + 11, i + 1);
        irq_queue_acknowledged(&queue, i % 16);
        irq_queue_forget(&queue, end(&queue, 10 * i + 12, i + 1));
        assert_null(irq_queue_take(&queue, false));
        irq_queue_forget(&queue, end(&queue, 10 * i + 13, i));
        assert_true(queue.capacity < 1000);
    }
    add(&queue, 2000000, 8);
    irq_queue_acknowledged(&queue, 5);
    assert_int_equal(end(&queue, 2000009, 7)->duration, 2000009);
    assert_int_equal(take(&queue, false, 1)->number, IRQ_UNKNOWN);
    assert_int_equal(take(&queue, true, 2000000)->number, 5);
    assert_true(irq_queue_is_empty(&queue));
    irq_queue_free(&queue);
}

/* The command. */

struct rows {
    const struct timeline_row *rows;
    size_t count;
};

static struct rows told;    /* what the scan tells of */
static bool without_memory; /* for what is printed */

int question_open(struct question *question, const struct arguments *arguments,
                  struct ebb_error *error)
{
    (void)error;
    question->arguments = arguments;
    question->limit = arguments->values[QUESTION_LIMIT]
                          ? strtoull(arguments->values[QUESTION_LIMIT], NULL, 10)
                          : 0;
    question->scan.to = END;
    return 0;
}

/* As of a question without wants(). */
bool question_takes(struct question *question, const struct timeline_row *row, bool *enough)
{
    *enough =
        question->limit && question->told >= question->limit && row->position != question->last;
    question->told += !*enough;
    question->last = *enough ? question->last : row->position;
    return !*enough;
}

void question_begin_rows(struct question *question)
{
    (void)question;
}

void question_end_rows(struct question *question)
{
    (void)question;
}

void question_tell_more(struct question *question, uint64_t from)
{
    (void)question;
    fprintf(stderr, "more from %" PRIu64 "\n", from);
}

int question_end(struct question *question, int status, struct ebb_error *error)
{
    (void)error;
    (void)question;
    return status;
}

const char *locations_find(struct locations *locations, uint64_t address)
{
    (void)locations;
    (void)address;
    return without_memory ? NULL : "";
}

void locations_set(struct locations *locations, json_t *object, uint64_t address)
{
    (void)locations;
    (void)object;
    (void)address;
}

int question_scan(struct question *question, struct timeline_scan_result *result,
                  struct ebb_error *error)
{
    (void)error;
    for (size_t i = 0; i < told.count && !result->ended; i++) {
        result->ended = question->scan.row(question->scan.opaque, &told.rows[i]) != 0;
    }
    return 0;
}

void progress_clear(struct progress *progress)
{
    (void)progress;
}

uint64_t timeline_end(const struct timeline *timeline)
{
    (void)timeline;
    return END;
}

int device_tree_read(struct device_tree *tree, struct timeline *timeline,
                     const struct manifest *manifest, struct ebb_error *error)
{
    (void)tree;
    (void)timeline;
    (void)manifest;
    (void)error;
    return 0;
}

int irq_events_open(struct irq_events *events, const struct ebb_log *log,
                    const struct manifest *manifest, struct ebb_error *error)
{
    (void)events;
    (void)log;
    (void)manifest;
    (void)error;
    return 0;
}

void irq_events_close(struct irq_events *events)
{
    (void)events;
}

int irq_events_go(struct irq_events *events, uint64_t position, struct ebb_error *error)
{
    (void)events;
    (void)position;
    (void)error;
    return 0;
}

int irq_events_go_behind(struct irq_events *events, uint64_t position, struct ebb_error *error)
{
    return irq_events_go(events, position, error);
}

/* Runs the command, what it prints on a stream in a file; returns that. */
static char *run(FILE *stream, const char *limit, int status)
{
    struct arguments arguments = {.values = {[QUESTION_LIMIT] = limit}};
    int descriptor = fileno(stream), before = dup(descriptor);
    static char text[4096];
    struct ebb_error error;
    FILE *file = tmpfile();
    size_t size;

    assert_non_null(file);
    fflush(stream);
    dup2(fileno(file), descriptor);
    assert_int_equal(command_irqs.run(&arguments, &error), status);
    fflush(stream);
    dup2(before, descriptor);
    close(before);
    rewind(file);
    size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    return text;
}

static void test_limit(void **state)
{
    static struct timeline_row rows[7];

    (void)state;
    rows[0] = entry(10, 100);
    rows[1] = back(19, 100);
    rows[2] = entry(20, 100);
    rows[3] = entry(20, 90); /* before the first handler's first instruction */
    rows[4] = back(29, 90);
    rows[5] = back(39, 100);
    rows[6] = entry(40, 100);
    told = (struct rows){rows, 7};
    assert_string_equal(run(stdout, "2", 0),
                        "             10 irq unknown duration 10 in EL1h 0x1000\n"
                        "             20 irq unknown duration 20 in EL1h 0x1000\n"
                        "             20 irq unknown duration 10 in EL1h 0x1000\n");
    assert_string_equal(run(stderr, "2", 0), "more from 21\n");
    told.count = 6;
    assert_string_equal(run(stderr, "2", 0), "");
}

/* Also of the last ones, when the scan has come to its end. */
static void test_failure(void **state)
{
    struct timeline_row rows[] = {entry(10, 100), entry(20, 90)};

    (void)state;
    told = (struct rows){rows, 2};
    without_memory = true;
    run(stdout, NULL, -1);
    without_memory = false;
    run(stdout, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested),        cmocka_unit_test(test_outer_first),
        cmocka_unit_test(test_like_contexts), cmocka_unit_test(test_many),
        cmocka_unit_test(test_forgotten),     cmocka_unit_test(test_limit),
        cmocka_unit_test(test_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
