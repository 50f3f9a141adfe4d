/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_digest.h"

#include "manifest.h"

#include "log/format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536u /* bytes that are read at once */

/* Adds at most so many bytes of an open file. */
static int add_opened(struct sha256 *digest, int descriptor, uint64_t most)
{
    uint8_t piece[PIECE];
    ssize_t got = 1;

    while (most && got) {
        got = read(descriptor, piece, most < sizeof(piece) ? (size_t)most : sizeof(piece));
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got > 0) {
            sha256_add(digest, piece, (size_t)got);
            most -= (uint64_t)got;
        }
    }
    return 0;
}

static int add_file(struct sha256 *digest, const char *directory, const char *name, uint64_t most,
                    struct ebb_error *error)
{
    char *path = NULL;
    int descriptor, status;

    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        return ebb_fail_memory(error);
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    status = descriptor < 0 ? -1 : add_opened(digest, descriptor, most);
    if (status < 0) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", path, strerror(errno));
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    free(path);
    return status;
}

static void add_number(struct sha256 *digest, uint64_t number)
{
    char text[24];

    sha256_add(digest, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64 " ", number));
}

static int add_log(struct sha256 *digest, const struct ebb_log *log,
                   const struct ebb_log_summary *summary, struct ebb_error *error)
{
    const uint64_t numbers[] = {
        summary->first_event,    summary->event_count,    summary->first_keyframe,
        summary->keyframe_count, summary->begin_position, summary->end_position,
        summary->complete,       summary->counts,         summary->resolved,
        summary->log_bytes,      summary->keyframe_bytes, summary->cut_off_bytes};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        add_number(digest, numbers[i]);
    }
    for (uint64_t i = summary->first_keyframe; i < summary->keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        if (ebb_log_keyframe(log, i, &keyframe, error) < 0) {
            return -1;
        }
        add_number(digest, keyframe.position);
        add_number(digest, keyframe.event_number);
    }
    return 0;
}

int recording_digest(const char *directory, const struct ebb_log *log,
                     char digest[SHA256_TEXT_SIZE], struct ebb_error *error)
{
    struct ebb_log_summary summary;
    struct sha256 sum;

    ebb_log_summary(log, &summary);
    sha256_begin(&sum);
    /* The log's header has a number that no other recording has. */
    if (add_log(&sum, log, &summary, error) < 0 ||
        add_file(&sum, directory, EBB_LOG_FILE, EBB_FILE_HEADER_SIZE, error) < 0 ||
        add_file(&sum, directory, MANIFEST_NAME, UINT64_MAX, error) < 0 ||
        (summary.resolved && add_file(&sum, directory, EBB_INDEX_FILE, UINT64_MAX, error) < 0)) {
        return -1;
    }
    sha256_end(&sum, digest);
    return 0;
}
