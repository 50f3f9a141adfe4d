/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recordings for the tests of log/: a temporary directory, files read and written whole, events and
 * pages that a number determines. Failures fail the running cmocka test.
 */
#ifndef EBB_RECORDING_FIXTURE_H
#define EBB_RECORDING_FIXTURE_H

#include "log/reader.h"
#include "log/writer.h"

/* A random number generator with its whole state in *state (SplitMix64). */
uint64_t fixture_random(uint64_t *state);

/* Makes an empty temporary directory; the name is the caller's to pass to fixture_remove(). */
char *fixture_directory(void);
void fixture_remove(char *directory);

/* A whole file; *size receives its bytes. To be freed. */
uint8_t *fixture_read(const char *directory, const char *file, size_t *size);
void fixture_write(const char *directory, const char *file, const void *bytes, size_t size);
size_t fixture_size(const char *directory, const char *file);

/* Damages block number n of a type (log/format.h), its header or its payload, in the file where it
 * belongs. Returns its offset; *first, if not NULL, receives the number of its first event. */
uint64_t fixture_damage(const char *directory, uint32_t type, size_t n, bool header,
                        uint64_t *first);

/* Event number n of a made-up history in which every kind occurs; data is room for its data. */
#define FIXTURE_DATA 96
struct ebb_event fixture_event(uint64_t n, uint8_t data[FIXTURE_DATA]);

/* Like the library's functions, but every error fails the test. */
struct ebb_log_writer *fixture_create(const char *directory);
void fixture_append(struct ebb_log_writer *writer, uint64_t first, uint64_t count);
void fixture_flush(struct ebb_log_writer *writer);
void fixture_close(struct ebb_log_writer *writer);
struct ebb_log *fixture_open(const char *directory);
struct ebb_cursor *fixture_cursor(const struct ebb_log *log);

void fixture_assert_same(const struct ebb_event *left, const struct ebb_event *right);

#endif
