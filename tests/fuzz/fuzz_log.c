/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzing of the reader of log/. An input is one byte that says what it is for, then bytes:
 *   0 the files as they are: uint32_t lengths of log, keyframes and index, those three, `start`;
 *     index and `start` are missing if they are empty;
 *   1 the same, with all checksums made to fit first, so that what is behind them is reached;
 *   2 uint16_t number of events, a decompressed block of events;
 *   3 uint16_t number of runs, a table block.
 *
 * By itself the program changes inputs of its own making at random (rounds.h); with -o, in
 * recordings only one of their files, else anything:
 *   fuzz_log [-o log|keyframes|index|start] ...
 *   fuzz_log -f FILE...                 runs inputs from files
 * For libFuzzer: clang -fsanitize=fuzzer,address,undefined -DEBB_LIBFUZZER with log/'s sources.
 */
#include "log/buffer.h"
#include "log/event_encoding.h"
#include "log/format.h"
#include "log/index_writer.h"
#include "log/page_table.h"
#include "log/page_sets.h"
#include "log/reader.h"
#include "log/writer.h"
#include "rounds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { FILES, SEALED_FILES, EVENT_BLOCK, TABLE_BLOCK, INPUT_KINDS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "fuzz_log: %s\n", what);
        abort();
    }
}

/* Reads every byte of an event's data, so that the sanitizers see where it lies. */
static unsigned touch(const uint8_t *bytes, size_t size)
{
    unsigned sum = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        sum += bytes[i];
    }
    return sum;
}

static void check_event(const struct ebb_event *event, uint64_t *position)
{
    check(event->position >= *position, "positions go down");
    check(!ebb_event_problem(event), "an event breaks the rules");
    check((event->data_length > 0) == (event->data != NULL), "length and data do not agree");
    touch(event->data, event->data_length);
    *position = event->position;
}

/* --- Files. --- */

/* The files in the order in which they stand in an input. */
enum { FILE_COUNT = 5 };
static const struct {
    const char *name;
    const char *magic;
    uint32_t flags; /* that are let through when the file is sealed */
    bool needed;
} files[FILE_COUNT] = {
    {EBB_LOG_FILE, EBB_LOG_MAGIC, EBB_LOG_FLAGS, true},
    {EBB_KEYFRAMES_FILE, EBB_KEYFRAMES_MAGIC, 0, true},
    {EBB_INDEX_FILE, EBB_INDEX_MAGIC, 0, false},
    {EBB_START_FILE, EBB_START_MAGIC, 0, false},
    {EBB_PAGES_FILE, EBB_PAGES_MAGIC, 0, false},
};

/* Makes all checksums of a file fit that can be found by walking from block to block. */
static void seal(uint8_t *bytes, size_t size, const char *magic, uint32_t flags)
{
    uint64_t id = 0x1234, place = EBB_FILE_HEADER_SIZE;
    struct ebb_block block;

    if (size < EBB_FILE_HEADER_SIZE) {
        return;
    }
    ebb_pack_file_header(bytes, magic, id, ebb_get_le32(bytes + 12) & flags);
    while (size - place >= EBB_BLOCK_HEADER_SIZE) {
        ebb_unpack_block_header(bytes + place, place, id, &block);
        if (block.stored_size > size - place - EBB_BLOCK_HEADER_SIZE) {
            block.stored_size = size - place - EBB_BLOCK_HEADER_SIZE;
        }
        block.checksum =
            ebb_payload_checksum(bytes + place + EBB_BLOCK_HEADER_SIZE, block.stored_size);
        ebb_pack_block_header(bytes + place, &block, id);
        place += EBB_BLOCK_HEADER_SIZE + block.stored_size;
    }
}

/* Finds the files in an input: bounds[i] to bounds[i + 1]. */
static void find_files(const uint8_t *data, size_t size, size_t bounds[FILE_COUNT + 1])
{
    int i;

    bounds[0] = 4 * (FILE_COUNT - 1);
    for (i = 0; i < FILE_COUNT - 1; i++) {
        size_t length = ebb_get_le32(data + 4 * i);

        bounds[i + 1] = bounds[i] + (length < size - bounds[i] ? length : size - bounds[i]);
    }
    bounds[FILE_COUNT] = size;
}

static void seal_files(uint8_t *bytes, const size_t bounds[FILE_COUNT + 1])
{
    int i;

    for (i = 0; i < FILE_COUNT; i++) {
        seal(bytes + bounds[i], bounds[i + 1] - bounds[i], files[i].magic, files[i].flags);
    }
}

#define DIRECTORY_SIZE 64u

/*
 * A directory of its own for each recording, in memory where the system has a place for that: files
 * are made and removed thousands of times. On a disk that others use too nearly all of the time is
 * waiting for it (measured: 15 seconds, in memory 2).
 */
static void make_directory(char directory[DIRECTORY_SIZE])
{
    snprintf(directory, DIRECTORY_SIZE, "/dev/shm/ebb-fuzz-XXXXXX");
    if (mkdtemp(directory)) {
        return;
    }
    snprintf(directory, DIRECTORY_SIZE, "/tmp/ebb-fuzz-XXXXXX");
    check(mkdtemp(directory) != NULL, "cannot make a temporary directory");
}

static void write_file(const char *directory, const char *file, const void *bytes, size_t size)
{
    char name[128];
    int fd;

    snprintf(name, sizeof(name), "%s/%s", directory, file);
    unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "cannot write a temporary file");
    close(fd);
}

static void remove_files(const char *directory)
{
    char name[128];
    int i;

    for (i = 0; i < FILE_COUNT; i++) {
        snprintf(name, sizeof(name), "%s/%s", directory, files[i].name);
        unlink(name);
    }
    check(rmdir(directory) == 0, "something is left beside the recording");
}

static int visit_page(void *opaque, uint64_t page_number, const void *page)
{
    check(page_number < EBB_MAX_PAGES, "a page number is too high");
    touch(page, EBB_PAGE_SIZE);
    return --*(int *)opaque <= 0;
}

static void read_events(const struct ebb_log *log, uint64_t first, uint64_t count)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, NULL);
    uint64_t position = 0, read = first;
    struct ebb_event event;
    struct ebb_error error;
    int status;

    check(cursor != NULL, "no cursor");
    while ((status = ebb_cursor_next(cursor, &event, &error)) > 0) {
        check_event(&event, &position);
        read++;
    }
    check(status < 0 || read == count, "the number of events is not what the summary says");
    ebb_cursor_seek_position(cursor, position / 2, &error);
    ebb_cursor_next(cursor, &event, &error);
    ebb_cursor_seek_event(cursor, first + (count - first) / 2, &error);
    ebb_cursor_next(cursor, &event, &error);
    ebb_cursor_free(cursor);
}

static void read_keyframes(const struct ebb_log *log, uint64_t first, uint64_t count)
{
    struct ebb_keyframe_registers registers;
    struct ebb_keyframe keyframe;
    uint64_t number, position = 0;
    size_t i;

    for (number = first; number < count && number - first < 50; number++) {
        int pages = 1000;

        check(!ebb_log_keyframe(log, number, &keyframe, NULL), "a keyframe has no place");
        check(keyframe.position >= position, "positions of keyframes go down");
        position = keyframe.position;
        if (!ebb_keyframe_registers_read(log, number, &registers, NULL)) {
            for (i = 0; i < registers.count; i++) {
                touch(registers.list[i].value, registers.list[i].size);
            }
            ebb_keyframe_registers_free(&registers);
        }
        ebb_keyframe_visit_pages(log, number, visit_page, &pages, NULL);
    }
    check(ebb_log_keyframe(log, count, &keyframe, NULL) < 0, "there is a keyframe too many");
}

/* What is there of an index. */
static void read_index(const struct ebb_log *log, const struct ebb_log_summary *summary)
{
    size_t count, i;
    const uint64_t *clears = ebb_log_exclusive_clears(log, &count);
    const char *problem = ebb_log_problem(log);

    check(!summary->resolved || summary->counts, "an index where there are no counts");
    check(summary->resolved || (!problem && count == 0), "parts of an index that is not used");
    check(!summary->resolved || !ebb_log_index_problem(log), "an index used and not used");
    for (i = 1; i < count; i++) {
        check(clears[i] > clears[i - 1], "exclusive clears are not in order");
    }
    check(!problem || strlen(problem) <= EBB_MAX_PROBLEM, "a problem is too long");
}

static void read_page_sets(const struct ebb_log *log)
{
    struct ebb_page_set *sets;
    size_t count, i;

    check(!ebb_page_sets_read(log, &sets, &count, NULL), "page sets that are no sets are an error");
    for (i = 0; i < count; i++) {
        check(sets[i].from < sets[i].to, "a page set of nothing");
        check(i == 0 || sets[i].from == sets[i - 1].to, "page sets with a gap between them");
        ebb_page_set_has(&sets[i], 5);
    }
    ebb_page_sets_free(sets, count);
}

/* Returns true if the recording could be opened and has an index that is used. */
static bool read_recording(const char *directory, bool resolved)
{
    struct ebb_log_summary summary;
    struct ebb_error error;
    struct ebb_log *log =
        resolved ? ebb_log_open(directory, &error) : ebb_log_open_unresolved(directory, &error);

    if (!log) {
        check(strlen(error.message) > 0, "an error without a message");
        return false;
    }
    ebb_log_summary(log, &summary);
    check(summary.first_event <= summary.event_count, "the first event is behind the last");
    check(summary.first_keyframe <= summary.keyframe_count, "the first keyframe, too");
    read_index(log, &summary);
    read_page_sets(log);
    read_events(log, summary.first_event, summary.event_count);
    read_keyframes(log, summary.first_keyframe, summary.keyframe_count);
    ebb_log_close(log);
    return summary.resolved;
}

static bool try_files(const uint8_t *data, size_t size, bool sealed)
{
    char directory[DIRECTORY_SIZE];
    size_t bounds[FILE_COUNT + 1];
    uint8_t *bytes;
    bool resolved;
    int i;

    if (size < 4 * (FILE_COUNT - 1)) {
        return false;
    }
    bytes = malloc(size);
    check(bytes != NULL, "out of memory");
    make_directory(directory);
    memcpy(bytes, data, size);
    find_files(bytes, size, bounds);
    if (sealed) {
        seal_files(bytes, bounds);
    }
    for (i = 0; i < FILE_COUNT; i++) {
        if (files[i].needed || bounds[i + 1] > bounds[i]) {
            write_file(directory, files[i].name, bytes + bounds[i], bounds[i + 1] - bounds[i]);
        }
    }
    read_recording(directory, false);
    resolved = read_recording(directory, true);
    remove_files(directory);
    free(bytes);
    return resolved;
}

/* --- Payloads. --- */

static void try_event_block(const uint8_t *data, size_t size)
{
    size_t count = size < 3 ? 0 : (data[0] | data[1] << 8) % EBB_MAX_BLOCK_EVENTS, i;
    struct ebb_event *events;
    uint64_t position = 0;
    uint8_t *raw;

    if (count == 0) {
        return;
    }
    /* A copy of its own, so that the sanitizer sees a read beyond its end. */
    raw = malloc(size - 2);
    events = malloc(count * sizeof(*events));
    check(raw && events, "out of memory");
    memcpy(raw, data + 2, size - 2);
    if (!ebb_event_decode(raw, size - 2, events, count, 0)) {
        for (i = 0; i < count; i++) {
            check_event(&events[i], &position);
        }
    }
    free(events);
    free(raw);
}

static void try_table_block(const uint8_t *data, size_t size)
{
    struct ebb_page_table table = {NULL, 0, 0, false}, result = {NULL, 0, 0, false};
    uint64_t next = 0;
    size_t i;

    if (size < 3) {
        return;
    }
    if (!ebb_page_table_decode(&table, data + 2, size - 2, data[0] | data[1] << 8, 1, 5000)) {
        for (i = 0; i < table.count; i++) {
            check(table.runs[i].page >= next, "runs overlap");
            next = table.runs[i].page + table.runs[i].count;
            check(next <= EBB_MAX_PAGES && table.runs[i].count > 0, "a run is too long");
            check(table.runs[i].id == 0 || table.runs[i].id + table.runs[i].count <= 5001,
                  "a run names contents that are not there");
        }
        ebb_page_table_overlay(&result, &table, &table);
        check(result.count == table.count, "a table over itself is not itself");
    }
    ebb_page_table_free(&table);
    ebb_page_table_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        switch (data[0] % INPUT_KINDS) {
        case FILES:
        case SEALED_FILES:
            try_files(data + 1, size - 1, data[0] % INPUT_KINDS == SEALED_FILES);
            break;
        case EVENT_BLOCK:
            try_event_block(data + 1, size - 1);
            break;
        case TABLE_BLOCK:
            try_table_block(data + 1, size - 1);
            break;
        }
    }
    return 0;
}

#ifndef EBB_LIBFUZZER

/* --- Inputs of our own. --- */

enum { SEED_EVENTS = 60, SEED_DATA = 40 };

static void make_events(struct ebb_event *events, uint8_t *data)
{
    static const uint32_t kinds[] = {EBB_EVENT_MMIO_READ, EBB_EVENT_DMA, EBB_EVENT_MMIO_WRITE,
                                     EBB_EVENT_SYSREG_READ, EBB_EVENT_INTERRUPT_LINE};
    uint64_t random = 1;
    size_t i;

    for (i = 0; i < SEED_DATA; i++) {
        data[i] = rounds_random(&random);
    }
    for (i = 0; i < SEED_EVENTS; i++) {
        memset(&events[i], 0, sizeof(events[i]));
        events[i].position = i * 50;
        events[i].kind = kinds[i % 5];
        events[i].address = i % 7 * 4096;
        events[i].value = i % 5 == 3 ? i * 400 : rounds_random(&random) % 1000;
        if (events[i].kind == EBB_EVENT_DMA) {
            events[i].data = data;
            events[i].data_length = SEED_DATA;
        }
    }
}

static void append_file(struct ebb_buffer *input, const char *directory, const char *file)
{
    char name[128];
    uint8_t bytes[4096];
    ssize_t count;
    int fd;

    snprintf(name, sizeof(name), "%s/%s", directory, file);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return; /* not part of this recording */
    }
    while ((count = read(fd, bytes, sizeof(bytes))) > 0) {
        ebb_buffer_add(input, bytes, count);
    }
    close(fd);
}

static void write_keyframe(struct ebb_log_writer *writer, uint64_t position)
{
    static const uint8_t value[16] = {1, 2, 3};
    struct ebb_register registers[3] = {{1, 8, value}, {5, 16, value}, {9, 1, value}};
    uint8_t page[EBB_PAGE_SIZE] = {0};
    uint64_t number, i;

    check(!ebb_keyframe_begin(writer, position, &number, NULL), "cannot begin a keyframe");
    for (i = 0; i < 70; i++) {
        page[i] = i + position;
        ebb_keyframe_add_page(writer, i * (1 + i % 2), page, NULL);
    }
    check(!ebb_keyframe_commit(writer, registers, 3, NULL), "cannot commit a keyframe");
}

/* What recordings to change there are. */
enum recording {
    PLAIN,
    RESOLVED, /* with counts and an index */
    DROPPED,  /* the same, without its beginning; and resolving ended early */
    RECORDINGS
};

static void write_log(const char *directory, enum recording recording)
{
    struct ebb_event events[SEED_EVENTS];
    uint8_t data[SEED_DATA];
    uint32_t flags = EBB_LOG_COUNTS | EBB_LOG_THIN_ANCHORS | EBB_LOG_EXACT_COUNTS | EBB_LOG_TRAPS |
                     EBB_LOG_COALESCED;
    struct ebb_log_writer *writer =
        ebb_log_writer_create(directory, recording == PLAIN ? 0 : flags, NULL);
    uint64_t first;
    size_t i;

    check(writer != NULL, "cannot write a recording");
    make_events(events, data);
    for (i = 0; i < SEED_EVENTS; i++) {
        if (i == 20 && recording == DROPPED) {
            check(!ebb_log_writer_base(writer, NULL), "cannot mark a base");
        }
        if (i % 20 == 0) {
            write_keyframe(writer, events[i].position);
        }
        if (i % 5 == 0 && recording != PLAIN) {
            events[i].kind = EBB_EVENT_ANCHOR;
            events[i].data = data;
            events[i].data_length = i % 2 ? 4 : 8;
        }
        if (i % 5 == 1 && recording != PLAIN) {
            events[i].kind = EBB_EVENT_EXIT;
            events[i].data = data;
            events[i].data_length = i % 2 * 8;
        }
        if (i % 5 == 2 && recording != PLAIN) {
            events[i].kind = EBB_EVENT_TRAP;
        }
        ebb_log_writer_append(writer, &events[i], NULL);
    }
    if (recording == DROPPED) {
        check(!ebb_log_writer_drop_before(writer, 1, &first, NULL) && first == 1, "cannot drop");
    }
    check(!ebb_log_writer_close(writer, NULL), "cannot write a recording");
}

static void write_index(const char *directory, enum recording recording)
{
    struct ebb_log *log = ebb_log_open_unresolved(directory, NULL);
    struct ebb_index_writer *writer = log ? ebb_index_writer_create(log, NULL) : NULL;
    uint64_t n = recording == DROPPED ? 20 : 0, k = n / 20, position = 0;

    check(writer != NULL, "cannot write an index");
    for (; k < 3; k++) {
        position = k * 20 * 57;
        check(!ebb_index_add_keyframe(writer, position, NULL), "cannot index a keyframe");
        ebb_index_add_exclusive_clear(writer, position + 3, NULL);
    }
    for (; n < SEED_EVENTS - (recording == DROPPED ? 4 : 0); n++) {
        position = n * 57;
        check(!ebb_index_add_events(writer, &position, 1, NULL), "cannot index an event");
    }
    check(!ebb_index_commit(writer, position, recording == DROPPED ? "It diverged." : NULL, NULL),
          "cannot write an index");
    ebb_index_writer_free(writer);
    ebb_log_close(log);
}

static void write_page_sets(const char *directory)
{
    uint32_t hashes[] = {1, 5, 1u << 31};
    struct ebb_page_set sets[] = {
        {.from = 0, .to = 57, .count = 3, .hashes = hashes},
        {.from = 57, .to = 570, .flags = EBB_PAGE_SET_DEVICE_WRITES, .hashes = hashes},
    };
    struct ebb_log *log = ebb_log_open(directory, NULL);

    check(log && !ebb_page_sets_write(log, sets, 2, NULL), "cannot write page sets");
    ebb_log_close(log);
}

static void make_recording(struct ebb_buffer *input, enum recording recording)
{
    char directory[DIRECTORY_SIZE];
    size_t bounds[FILE_COUNT + 1], start;
    int i;

    make_directory(directory);
    write_log(directory, recording);
    if (recording != PLAIN) {
        write_index(directory, recording);
    }
    write_page_sets(directory);
    ebb_buffer_add(input, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 1 + 4 * (FILE_COUNT - 1));
    for (i = 0; i < FILE_COUNT; i++) {
        start = input->size;
        append_file(input, directory, files[i].name);
        if (i < FILE_COUNT - 1) {
            ebb_put_le32(input->bytes + 1 + 4 * i, input->size - start);
        }
    }
    remove_files(directory);
    /* Recordings have a random id; every run of the test is to see the same bytes. */
    find_files(input->bytes + 1, input->size - 1, bounds);
    seal_files(input->bytes + 1, bounds);
    check(try_files(input->bytes + 1, input->size - 1, false) == (recording != PLAIN),
          "the index of a recording is not used");
}

static void make_event_block(struct ebb_buffer *input)
{
    struct ebb_event_encoder *encoder = ebb_event_encoder_new(false);
    struct ebb_buffer payload = {NULL, 0, 0, false}, all = {NULL, 0, 0, false};
    struct ebb_event events[SEED_EVENTS];
    uint8_t data[SEED_DATA];
    uint32_t raw_size;
    size_t i;

    check(encoder != NULL, "out of memory");
    make_events(events, data);
    for (i = 0; i < SEED_EVENTS; i++) {
        ebb_buffer_add(&all, events[i].data, events[i].data_length);
    }
    check(!ebb_event_encode(encoder, events, SEED_EVENTS, all.bytes, all.size, &payload, &raw_size,
                            NULL),
          "cannot encode events");
    ebb_buffer_add(input, (uint8_t[]){EVENT_BLOCK, SEED_EVENTS, 0}, 3);
    ebb_buffer_reserve(input, raw_size);
    check(ZSTD_decompress(input->bytes + 3, raw_size, payload.bytes, payload.size) == raw_size,
          "cannot decompress events");
    input->size += raw_size;
    ebb_buffer_free(&all);
    ebb_buffer_free(&payload);
    ebb_event_encoder_free(encoder);
}

static void make_table_block(struct ebb_buffer *input)
{
    struct ebb_page_table table = {NULL, 0, 0, false};
    size_t i;

    for (i = 0; i < 50; i++) {
        ebb_page_table_append(&table, i * 10, 1 + i % 9, i % 4 ? 1 + i * 31 % 900 : 0);
    }
    ebb_buffer_add(input, (uint8_t[]){TABLE_BLOCK, table.count, 0}, 3);
    ebb_page_table_encode(table.runs, table.count, input);
    ebb_page_table_free(&table);
}

/* Changes *size bytes, more than one, in a way that breaks readers. */
static void change(uint8_t *bytes, size_t *size, uint64_t *random)
{
    size_t place = rounds_random(random) % *size;
    size_t length = 1 + rounds_random(random) % 16, from;

    length = length < *size - place ? length : *size - place;
    switch (rounds_random(random) % 8) {
    case 0:
        bytes[place] = rounds_random(random);
        break;
    case 1:
        bytes[place] = 0xff;
        break;
    case 2:
        bytes[place]++;
        break;
    case 3: /* a number of several bytes, all ones or all zeroes */
        memset(bytes + place, rounds_random(random) % 2 ? 0xff : 0, length);
        break;
    case 4: /* something from elsewhere */
        from = rounds_random(random) % *size;
        length = length < *size - from ? length : *size - from;
        memmove(bytes + place, bytes + from, length);
        break;
    case 5: /* something is missing */
        memmove(bytes + place, bytes + place + length, *size - place - length);
        *size -= *size - length > 2 ? length : 0;
        break;
    case 6: /* the end is missing, now and then */
        *size = rounds_random(random) % 8 == 0 ? place + 1 : *size;
        break;
    default:
        bytes[place] ^= 1 << rounds_random(random) % 8;
        break;
    }
}

/* Inputs to change: recordings, used as they are and sealed, then payloads. */
enum { SEEDS = RECORDINGS + 2 };

static void make_seeds(struct ebb_buffer *seeds)
{
    int i;

    memset(seeds, 0, SEEDS * sizeof(*seeds));
    for (i = 0; i < RECORDINGS; i++) {
        make_recording(&seeds[i], i);
    }
    make_event_block(&seeds[RECORDINGS]);
    make_table_block(&seeds[RECORDINGS + 1]);
    for (i = 0; i < SEEDS; i++) {
        LLVMFuzzerTestOneInput(seeds[i].bytes, seeds[i].size);
    }
}

/* Changes one of the files in a recording; what is behind it moves. */
static void change_file(struct ebb_buffer *input, int file, unsigned changes, uint64_t *random)
{
    size_t bounds[FILE_COUNT + 1], size, rest;
    uint8_t *bytes;

    find_files(input->bytes + 1, input->size - 1, bounds);
    size = bounds[file + 1] - bounds[file];
    rest = bounds[FILE_COUNT] - bounds[file + 1];
    bytes = input->bytes + 1 + bounds[file];
    for (; changes > 0 && size > 1; changes--) {
        change(bytes, &size, random);
    }
    memmove(bytes + size, input->bytes + 1 + bounds[file + 1], rest);
    input->size = 1 + bounds[file] + size + rest;
    if (file < FILE_COUNT - 1) {
        ebb_put_le32(input->bytes + 1 + 4 * file, size);
    }
}

/* One round; file is the one to change, FILE_COUNT for anything. */
static void run_round(const struct ebb_buffer *seeds, int file, uint64_t random)
{
    const struct ebb_buffer *seed =
        &seeds[rounds_random(&random) % (file < FILE_COUNT ? RECORDINGS : SEEDS)];
    struct ebb_buffer input = {malloc(seed->size), seed->size, seed->size, false};
    unsigned changes = rounds_random(&random) % 6;
    size_t size = seed->size - 1;

    check(input.bytes != NULL, "out of memory");
    memcpy(input.bytes, seed->bytes, seed->size);
    if (file < FILE_COUNT) {
        change_file(&input, file, changes, &random);
    } else {
        for (; changes > 0 && size > 1; changes--) {
            change(input.bytes + 1, &size, &random);
        }
        input.size = 1 + size;
    }
    if (seed->bytes[0] == FILES) {
        input.bytes[0] = rounds_random(&random) % 2;
    }
    LLVMFuzzerTestOneInput(input.bytes, input.size);
    free(input.bytes);
}

static int find_file(const char *name)
{
    int file = 0;

    while (file < FILE_COUNT && strcmp(files[file].name, name) != 0) {
        file++;
    }
    check(file < FILE_COUNT, "there is no such file in a recording");
    return file;
}

static int run_files(int count, char **names)
{
    int i;

    for (i = 0; i < count; i++) {
        struct ebb_buffer input = {NULL, 0, 0, false};
        int character;
        FILE *file = fopen(names[i], "rb");

        check(file != NULL, "cannot open the input");
        while ((character = getc(file)) != EOF) {
            ebb_buffer_add_byte(&input, character);
        }
        fclose(file);
        LLVMFuzzerTestOneInput(input.bytes, input.size);
        ebb_buffer_free(&input);
    }
    return 0;
}

int main(int argc, char **argv)
{
    bool one_file = argc > 2 && strcmp(argv[1], "-o") == 0;
    struct ebb_buffer seeds[SEEDS];
    uint64_t seed;
    int i, file;

    if (argc > 1 && strcmp(argv[1], "-f") == 0) {
        return run_files(argc - 2, argv + 2);
    }
    file = one_file ? find_file(argv[2]) : FILE_COUNT;
    make_seeds(seeds);
    rounds_begin(argc, argv, one_file ? 3 : 1, one_file ? 2000 : 6000);
    while (rounds_next(&seed)) {
        run_round(seeds, file, seed);
    }
    for (i = 0; i < SEEDS; i++) {
        ebb_buffer_free(&seeds[i]);
    }
    return 0;
}

#endif
