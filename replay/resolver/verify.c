/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify.h"

#include "log/digest.h"
#include "log/kvm_registers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_SIZE 1000u /* bytes of a text; its three lines have less than 400 */
#define DIGESTS_BYTES 16u /* of the end event's data: two digests of eight bytes (log/event.h) */

struct ram_difference {
    struct page_store *store;
    uint64_t pages, bytes;
    uint64_t offset; /* of the first byte that differs */
    uint8_t got, expected;
};

static int compare_page(void *opaque, uint64_t number, uint32_t page_a, uint32_t page_b)
{
    struct ram_difference *difference = opaque;
    const uint8_t *a = page_store_data(difference->store, page_a);
    const uint8_t *b = page_store_data(difference->store, page_b);

    if (memcmp(a, b, EBB_PAGE_SIZE) == 0) {
        return 0;
    }
    difference->pages++;
    for (uint32_t i = 0; i < EBB_PAGE_SIZE; i++) {
        if (a[i] != b[i] && !difference->bytes++) {
            difference->offset = number * EBB_PAGE_SIZE + i;
            difference->got = a[i];
            difference->expected = b[i];
        }
    }
    return 0;
}

/* Appends to the text of REPORT_SIZE bytes. */
__attribute__((format(printf, 2, 3))) static void add_line(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, REPORT_SIZE - used, format, arguments);
    va_end(arguments);
}

/* 1: they are the same; 0: not, the text says in what; -1: error. */
static int compare_registers(struct interval *interval, uint64_t number, char *text,
                             struct ebb_error *error)
{
    struct worker_client *worker = interval->runner->replica.worker;
    bool aarch64 = worker_client_hello(worker)->aarch64;
    struct ebb_keyframe_registers recorded;
    const struct ebb_kvm_register *different;
    struct ebb_register *list;
    uint64_t got = 0, expected = 0;
    size_t count;

    if (ebb_keyframe_registers_read(interval->runner->task->log, number, &recorded, error)) {
        return -1;
    }
    list = worker_client_list_registers(worker, &count, error);
    if (!list) {
        ebb_keyframe_registers_free(&recorded);
        return -1;
    }
    different = ebb_compare_kvm_registers(list, count, recorded.list, recorded.count, aarch64, &got,
                                          &expected);
    ebb_keyframe_registers_free(&recorded);
    free(list);
    if (different) {
        add_line(text, "\n  register %s is 0x%" PRIx64 ", recorded was 0x%" PRIx64, different->name,
                 got, expected);
    }
    return different ? 0 : 1;
}

static int compare_with_keyframe(struct interval *interval, const struct trail *tip, char *text,
                                 uint64_t *differences, struct ebb_error *error)
{
    struct runner *runner = interval->runner;
    const struct ebb_log *log = runner->task->log;
    struct ram_difference ram = {.store = runner->store};
    uint64_t number = interval->number + 1;
    int result;

    if (!interval->end_ram.image) {
        interval->end_ram.image = ram_image_take(runner->loaded.image);
        interval->end_ram.number = runner->loaded.number;
    }
    if (interval->end_ram.number != number &&
        replica_read_keyframe(&runner->replica, log, &interval->end_ram, number, error)) {
        return -1;
    }
    add_line(text, "at the end of the interval the state is not that of keyframe %" PRIu64, number);
    result = compare_registers(interval, number, text, error);
    if (result < 0) {
        return -1;
    }
    ram_image_diff(tip->checkpoint->ram, interval->end_ram.image, compare_page, &ram);
    if (ram.pages) {
        add_line(text,
                 "\n  RAM differs in %" PRIu64 " pages, first at offset 0x%" PRIx64
                 ": 0x%02x, recorded was 0x%02x",
                 ram.pages, ram.offset, ram.got, ram.expected);
    }
    *differences = ram.bytes + (result == 0);
    return *differences == 0;
}

static uint64_t read_u64(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* The digests in the end event. 1: they are there; 0: not; -1: error. */
static int read_end(struct interval *interval, uint64_t *registers, uint64_t *ram,
                    struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(interval->runner->task->log, error);
    struct ebb_event event;
    int result = -1;

    if (!cursor) {
        return -1;
    }
    if (ebb_cursor_seek_event(cursor, interval->until_event - 1, error) == 0) {
        result = ebb_cursor_next(cursor, &event, error);
    }
    if (result > 0) {
        result = event.kind == EBB_EVENT_END && event.data_length == DIGESTS_BYTES;
    }
    if (result > 0) {
        *registers = read_u64(event.data);
        *ram = read_u64(event.data + 8);
    }
    ebb_cursor_free(cursor);
    return result;
}

static int compare_with_end(struct interval *interval, const struct trail *tip, char *text,
                            struct ebb_error *error)
{
    uint64_t registers = 0, ram = 0, expected_registers = 0, expected_ram = 0;
    int result = read_end(interval, &expected_registers, &expected_ram, error);

    if (result <= 0) {
        return result < 0 ? -1 : 1;
    }
    if (worker_client_digest_registers(interval->runner->replica.worker, &registers, error) ||
        ram_digest_update(&interval->digest, interval->runner->store, tip->checkpoint->ram,
                          error)) {
        return -1;
    }
    ram = interval->digest.digest;
    add_line(text, "at the end of the recording the state is not the recorded one");
    if (registers != expected_registers) {
        add_line(text,
                 "\n  the digest of the registers is %016" PRIx64 ", recorded was %016" PRIx64,
                 registers, expected_registers);
    }
    if (ram != expected_ram) {
        add_line(text, "\n  the digest of RAM is %016" PRIx64 ", recorded was %016" PRIx64, ram,
                 expected_ram);
    }
    return registers == expected_registers && ram == expected_ram;
}

int verify_interval(struct interval *interval, const struct trail *tip, struct failure *failure,
                    struct ebb_error *error)
{
    char text[REPORT_SIZE] = "";
    int result = 1;

    if (interval->ends_with_keyframe) {
        result = compare_with_keyframe(interval, tip, text, &failure->differences, error);
    } else if (interval->ends_recording) {
        result = compare_with_end(interval, tip, text, error);
    }
    if (result == 0) {
        failure->report = strdup(text);
    }
    return result;
}
