/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_fixture.h"

#include "log/format.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t fixture_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static void file_name(char *name, size_t size, const char *directory, const char *file)
{
    assert_in_range(snprintf(name, size, "%s/%s", directory, file), 1, size - 1);
}

char *fixture_directory(void)
{
    const char *base = getenv("TMPDIR");
    char name[4096];

    file_name(name, sizeof(name), base ? base : "/tmp", "ebb-test-XXXXXX");
    assert_non_null(mkdtemp(name));
    return strdup(name);
}

void fixture_remove(char *directory)
{
    static const char *const files[] = {"log", "keyframes", "index", "pages", "start", "start.new"};
    char name[4096];
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        file_name(name, sizeof(name), directory, files[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(directory), 0);
    free(directory);
}

size_t fixture_size(const char *directory, const char *file)
{
    char name[4096];
    struct stat status;

    file_name(name, sizeof(name), directory, file);
    assert_int_equal(stat(name, &status), 0);
    return status.st_size;
}

uint8_t *fixture_read(const char *directory, const char *file, size_t *size)
{
    char name[4096];
    uint8_t *bytes;
    int fd;

    *size = fixture_size(directory, file);
    bytes = malloc(*size + 1);
    assert_non_null(bytes);
    file_name(name, sizeof(name), directory, file);
    fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, *size), *size);
    close(fd);
    return bytes;
}

void fixture_write(const char *directory, const char *file, const void *bytes, size_t size)
{
    char name[4096];
    int fd;

    file_name(name, sizeof(name), directory, file);
    /* A new file: rewriting one in place makes some file systems wait for the disk. */
    unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

static struct ebb_block find_block(const uint8_t *bytes, size_t size, uint32_t type, size_t n)
{
    struct ebb_block block = {.offset = EBB_FILE_HEADER_SIZE};

    while (block.offset < size) {
        ebb_unpack_block_header(bytes + block.offset, block.offset, 0, &block);
        if (block.type == type && n-- == 0) {
            return block;
        }
        block.offset += EBB_BLOCK_HEADER_SIZE + block.stored_size;
    }
    fail_msg("there is no such block");
    return block;
}

uint64_t fixture_damage(const char *directory, uint32_t type, size_t n, bool header,
                        uint64_t *first)
{
    const char *file = type == EBB_BLOCK_EVENTS ? EBB_LOG_FILE : EBB_KEYFRAMES_FILE;
    size_t size;
    uint8_t *bytes = fixture_read(directory, file, &size);
    struct ebb_block block = find_block(bytes, size, type, n);

    if (header) {
        memset(bytes + block.offset, 0, EBB_BLOCK_HEADER_SIZE);
    } else {
        bytes[block.offset + EBB_BLOCK_HEADER_SIZE + block.stored_size / 2] ^= 0x10;
    }
    fixture_write(directory, file, bytes, size);
    free(bytes);
    if (first) {
        *first = block.first;
    }
    return block.offset;
}

/* Kinds with their sizes of access and of data. */
static const struct {
    uint32_t kind, size, data_length;
} kinds[] = {
    {EBB_EVENT_MMIO_READ, 4, 0},    {EBB_EVENT_MMIO_WRITE, 1, 0},     {EBB_EVENT_SYSREG_READ, 8, 0},
    {EBB_EVENT_SYSREG_WRITE, 8, 0}, {EBB_EVENT_SEMIHOSTING, 0, 0},    {EBB_EVENT_HYPERCALL, 0, 32},
    {EBB_EVENT_DMA, 0, 75},         {EBB_EVENT_INTERRUPT_LINE, 0, 0}, {EBB_EVENT_MEMORY_MAP, 0, 96},
    {EBB_EVENT_CONSOLE, 0, 7},      {EBB_EVENT_MMIO_READ, 8, 0},      {EBB_EVENT_DMA, 0, 1},
    {EBB_EVENT_RESET, 0, 0},        {EBB_EVENT_MMIO_READ, 2, 0},      {EBB_EVENT_END, 0, 16},
};

struct ebb_event fixture_event(uint64_t n, uint8_t data[FIXTURE_DATA])
{
    size_t which = n % (sizeof(kinds) / sizeof(kinds[0])), i;
    uint64_t state = n;
    struct ebb_event event = {.position = n / 3 * 10, .kind = kinds[which].kind};

    event.size = kinds[which].size;
    event.data_length = kinds[which].data_length;
    event.flags = n % 11 == 0 ? n % 16 : 0;
    event.address = n % 5 ? 0x9000000 + n % 7 * 8 : fixture_random(&state);
    /* Among them constants, clocks, small numbers and anything at all. */
    switch (n / 100 % 4) {
    case 0:
        event.value = 0x90;
        break;
    case 1:
        event.value = event.position / 8 + n / 64 * 1000;
        break;
    case 2:
        event.value = n % 3;
        break;
    default:
        event.value = fixture_random(&state);
        break;
    }
    for (i = 0; i < event.data_length; i++) {
        data[i] = fixture_random(&state) % 5;
    }
    event.data = event.data_length ? data : NULL;
    return event;
}

struct ebb_log_writer *fixture_create(const char *directory)
{
    struct ebb_error error;
    struct ebb_log_writer *writer = ebb_log_writer_create(directory, 0, &error);

    if (!writer) {
        fail_msg("%s", error.message);
    }
    return writer;
}

void fixture_append(struct ebb_log_writer *writer, uint64_t first, uint64_t count)
{
    uint8_t data[FIXTURE_DATA];
    struct ebb_error error;
    uint64_t n;

    for (n = first; n < first + count; n++) {
        struct ebb_event event = fixture_event(n, data);

        if (ebb_log_writer_append(writer, &event, &error)) {
            fail_msg("%s", error.message);
        }
    }
}

void fixture_flush(struct ebb_log_writer *writer)
{
    struct ebb_error error;

    if (ebb_log_writer_flush(writer, &error)) {
        fail_msg("%s", error.message);
    }
}

void fixture_close(struct ebb_log_writer *writer)
{
    struct ebb_error error;

    if (ebb_log_writer_close(writer, &error)) {
        fail_msg("%s", error.message);
    }
}

struct ebb_log *fixture_open(const char *directory)
{
    struct ebb_error error;
    struct ebb_log *log = ebb_log_open(directory, &error);

    if (!log) {
        fail_msg("%s", error.message);
    }
    return log;
}

struct ebb_cursor *fixture_cursor(const struct ebb_log *log)
{
    struct ebb_cursor *cursor = ebb_cursor_new(log, NULL);

    assert_non_null(cursor);
    return cursor;
}

void fixture_assert_same(const struct ebb_event *left, const struct ebb_event *right)
{
    assert_int_equal(left->position, right->position);
    assert_int_equal(left->kind, right->kind);
    assert_int_equal(left->flags, right->flags);
    assert_int_equal(left->size, right->size);
    assert_int_equal(left->address, right->address);
    assert_int_equal(left->value, right->value);
    assert_int_equal(left->data_length, right->data_length);
    if (left->data_length) {
        assert_memory_equal(left->data, right->data, left->data_length);
    } else {
        assert_null(left->data);
    }
}
