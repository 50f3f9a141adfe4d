/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzing of the reader of log/. An input is one byte that says what it is for, then bytes:
 *   0 the two files as they are: uint32_t length of the log, the log, the keyframes;
 *   1 the same, with all checksums made to fit first, so that what is behind them is reached;
 *   2 uint16_t number of events, a decompressed block of events;
 *   3 uint16_t number of runs, a table block.
 *
 * By itself the program changes inputs of its own making at random, the same ones in every run:
 *   fuzz_log [-v] [ITERATIONS [SEED]]   iteration i uses SEED + i alone; -v prints each
 *   fuzz_log -f FILE...                 runs inputs from files
 * For libFuzzer: clang -fsanitize=fuzzer,address,undefined -DEBB_LIBFUZZER with log/'s sources.
 */
#include "buffer.h"
#include "event_block.h"
#include "format.h"
#include "page_table.h"
#include "reader.h"
#include "writer.h"

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

/* Makes all checksums of a file fit that can be found by walking from block to block. */
static void seal(uint8_t *bytes, size_t size, const char *magic)
{
    uint64_t id = 0x1234, place = EBB_FILE_HEADER_SIZE;
    struct ebb_block block;

    if (size < EBB_FILE_HEADER_SIZE) {
        return;
    }
    ebb_pack_file_header(bytes, magic, id, 0);
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

    snprintf(name, sizeof(name), "%s/%s", directory, EBB_LOG_FILE);
    unlink(name);
    snprintf(name, sizeof(name), "%s/%s", directory, EBB_KEYFRAMES_FILE);
    unlink(name);
    rmdir(directory);
}

static int visit_page(void *opaque, uint64_t page_number, const void *page)
{
    check(page_number < EBB_MAX_PAGES, "a page number is too high");
    touch(page, EBB_PAGE_SIZE);
    return --*(int *)opaque <= 0;
}

static void read_events(const struct ebb_log *log, uint64_t count)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, NULL);
    uint64_t position = 0, read = 0;
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
    ebb_cursor_seek_event(cursor, count / 2, &error);
    ebb_cursor_next(cursor, &event, &error);
    ebb_cursor_free(cursor);
}

static void read_keyframes(const struct ebb_log *log, uint64_t count)
{
    struct ebb_keyframe keyframe;
    uint64_t number;
    size_t i;

    for (number = 0; number < count && number < 50; number++) {
        int pages = 1000;

        if (!ebb_log_keyframe(log, number, &keyframe, NULL)) {
            for (i = 0; i < keyframe.register_count; i++) {
                touch(keyframe.registers[i].value, keyframe.registers[i].size);
            }
        }
        ebb_keyframe_visit_pages(log, number, visit_page, &pages, NULL);
    }
}

static void read_recording(const char *directory)
{
    struct ebb_log_summary summary;
    struct ebb_error error;
    struct ebb_log *log = ebb_log_open(directory, &error);

    if (!log) {
        check(strlen(error.message) > 0, "an error without a message");
        return;
    }
    ebb_log_summary(log, &summary);
    read_events(log, summary.event_count);
    read_keyframes(log, summary.keyframe_count);
    ebb_log_close(log);
}

static void try_files(const uint8_t *data, size_t size, bool sealed)
{
    char directory[] = "/tmp/ebb-fuzz-XXXXXX";
    size_t log_size;
    uint8_t *bytes;

    if (size < 4) {
        return;
    }
    log_size = ebb_get_le32(data);
    size -= 4;
    log_size = log_size < size ? log_size : size;
    bytes = malloc(size + 1);
    check(bytes && mkdtemp(directory), "cannot make a temporary directory");
    memcpy(bytes, data + 4, size);
    if (sealed) {
        seal(bytes, log_size, EBB_LOG_MAGIC);
        seal(bytes + log_size, size - log_size, EBB_KEYFRAMES_MAGIC);
    }
    write_file(directory, EBB_LOG_FILE, bytes, log_size);
    write_file(directory, EBB_KEYFRAMES_FILE, bytes + log_size, size - log_size);
    read_recording(directory);
    remove_files(directory);
    free(bytes);
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

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

enum { SEED_EVENTS = 60, SEED_DATA = 40 };

static void make_events(struct ebb_event *events, uint8_t *data)
{
    static const uint32_t kinds[] = {EBB_EVENT_MMIO_READ, EBB_EVENT_DMA, EBB_EVENT_MMIO_WRITE,
                                     EBB_EVENT_SYSREG_READ, EBB_EVENT_INTERRUPT_LINE};
    uint64_t random = 1;
    size_t i;

    for (i = 0; i < SEED_DATA; i++) {
        data[i] = next_random(&random);
    }
    for (i = 0; i < SEED_EVENTS; i++) {
        memset(&events[i], 0, sizeof(events[i]));
        events[i].position = i * 50;
        events[i].kind = kinds[i % 5];
        events[i].address = i % 7 * 4096;
        events[i].value = i % 5 == 3 ? i * 400 : next_random(&random) % 1000;
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
    check(fd >= 0, "cannot read a temporary file");
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

static void make_recording(struct ebb_buffer *input)
{
    char directory[] = "/tmp/ebb-fuzz-XXXXXX";
    size_t log_size;
    struct ebb_event events[SEED_EVENTS];
    uint8_t data[SEED_DATA], length[4];
    struct ebb_log_writer *writer;
    size_t i;

    check(mkdtemp(directory) != NULL, "cannot make a temporary directory");
    writer = ebb_log_writer_create(directory, 0, NULL);
    check(writer != NULL, "cannot write a recording");
    make_events(events, data);
    for (i = 0; i < SEED_EVENTS; i++) {
        if (i % 20 == 0) {
            write_keyframe(writer, events[i].position);
        }
        ebb_log_writer_append(writer, &events[i], NULL);
    }
    check(!ebb_log_writer_close(writer, NULL), "cannot write a recording");
    ebb_buffer_add(input, "\0\0\0\0", 5);
    append_file(input, directory, EBB_LOG_FILE);
    log_size = input->size - 5;
    ebb_put_le32(length, log_size);
    memcpy(input->bytes + 1, length, 4);
    append_file(input, directory, EBB_KEYFRAMES_FILE);
    remove_files(directory);
    /* Recordings have a random id; every run of the test is to see the same bytes. */
    seal(input->bytes + 5, log_size, EBB_LOG_MAGIC);
    seal(input->bytes + 5 + log_size, input->size - 5 - log_size, EBB_KEYFRAMES_MAGIC);
}

static void make_event_block(struct ebb_buffer *input)
{
    struct ebb_event_encoder *encoder = ebb_event_encoder_new();
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

static void change(uint8_t *bytes, size_t *size, uint64_t *random)
{
    size_t place = 1 + next_random(random) % (*size - 1);
    size_t length = 1 + next_random(random) % 16, from;

    length = length < *size - place ? length : *size - place;
    switch (next_random(random) % 8) {
    case 0:
        bytes[place] = next_random(random);
        break;
    case 1:
        bytes[place] = 0xff;
        break;
    case 2:
        bytes[place]++;
        break;
    case 3: /* a number of several bytes, all ones or all zeroes */
        memset(bytes + place, next_random(random) % 2 ? 0xff : 0, length);
        break;
    case 4: /* something from elsewhere */
        from = 1 + next_random(random) % (*size - 1);
        length = length < *size - from ? length : *size - from;
        memmove(bytes + place, bytes + from, length);
        break;
    case 5: /* something is missing */
        memmove(bytes + place, bytes + place + length, *size - place - length);
        *size -= *size - length > 2 ? length : 0;
        break;
    case 6: /* the end is missing, now and then */
        *size = next_random(random) % 8 == 0 ? place + 1 : *size;
        break;
    default:
        bytes[place] ^= 1 << next_random(random) % 8;
        break;
    }
}

static void run_iteration(const struct ebb_buffer *inputs, uint64_t random)
{
    unsigned kind = next_random(&random) % INPUT_KINDS, changes;
    const struct ebb_buffer *input = &inputs[kind];
    uint8_t *bytes = malloc(input->size);
    size_t size = input->size;

    check(bytes != NULL, "out of memory");
    memcpy(bytes, input->bytes, size);
    for (changes = next_random(&random) % 6; changes > 0 && size > 2; changes--) {
        change(bytes, &size, &random);
    }
    bytes[0] = kind;
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
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
    struct ebb_buffer inputs[INPUT_KINDS];
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    uint64_t iterations, seed, i;

    if (argc > 1 && strcmp(argv[1], "-f") == 0) {
        return run_files(argc - 2, argv + 2);
    }
    argc -= verbose;
    argv += verbose;
    iterations = argc > 1 ? strtoull(argv[1], NULL, 0) : 8000;
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    memset(inputs, 0, sizeof(inputs));
    make_recording(&inputs[FILES]);
    make_recording(&inputs[SEALED_FILES]);
    make_event_block(&inputs[EVENT_BLOCK]);
    make_table_block(&inputs[TABLE_BLOCK]);
    for (i = 0; i < INPUT_KINDS; i++) {
        LLVMFuzzerTestOneInput(inputs[i].bytes, inputs[i].size);
    }
    for (i = 0; i < iterations; i++) {
        if (verbose) {
            printf("%llu\n", (unsigned long long)(seed + i));
            fflush(stdout);
        }
        run_iteration(inputs, seed + i);
    }
    for (i = 0; i < INPUT_KINDS; i++) {
        ebb_buffer_free(&inputs[i]);
    }
    return 0;
}

#endif
