/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_facts.h"

#include "log/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int rsp_print_recording(struct rsp_session *session, char **words, unsigned count,
                        struct ebb_error *error)
{
    (void)words;
    (void)count;
    if (!session->recording) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this server knows nothing of the recording");
    }
    rsp_session_print(session, session->recording->facts);
    return 0;
}

static bool print_line(void *opaque, uint64_t position, const char *text)
{
    struct rsp_session *session = opaque;

    rsp_session_printf(session, "%20" PRIu64 "  ", position);
    rsp_session_print(session, text);
    rsp_session_print(session, "\n");
    return !rsp_session_interrupted(session);
}

static int parse_number(const char *word, uint64_t *number, struct ebb_error *error)
{
    char *rest;

    *number = strtoull(word, &rest, 10);
    if (word[0] < '0' || word[0] > '9' || *rest) {
        return ebb_fail(error, EBB_ERROR_USAGE, "'%.40s' is no number", word);
    }
    return 0;
}

int rsp_print_console(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    const struct rsp_recording *recording = session->recording;
    uint64_t from = timeline_begin(session->timeline), to = timeline_end(session->timeline);

    if (!recording) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this server knows nothing of the recording");
    }
    if ((count > 1 && parse_number(words[1], &from, error) < 0) ||
        (count > 2 && parse_number(words[2], &to, error) < 0)) {
        return -1;
    }
    return recording->console(recording->opaque, timeline_log(session->timeline), from, to,
                              print_line, session, error);
}

/*
 * CNTPCT, CNTVCT and what reads the same (Arm ARM, D24.10), as the log has them: ids in the form of
 * KVM_GET_ONE_REG (KVM API, section 4.68).
 */
static bool is_counter(uint64_t id)
{
    static const uint64_t counters[] = {
        0x603000000013df01, /* CNTPCT_EL0 */
        0x603000000013df02, /* CNTVCT_EL0 */
        0x603000000013df05, /* CNTPCTSS_EL0 */
        0x603000000013df06, /* CNTVCTSS_EL0 */
        0x40300000000f0700, /* CNTPCT */
        0x40300000000f0708, /* CNTVCT */
    };

    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        if ((id & ~(UINT64_C(1) << 29)) == counters[i]) {
            return true;
        }
    }
    return false;
}

/* The first reading that is at least wanted, or, without wanted, the last one until a position. */
static int find_counter(struct rsp_session *session, struct ebb_cursor *cursor,
                        const uint64_t *wanted, struct ebb_event *found, struct ebb_error *error)
{
    uint64_t until = timeline_position(session->timeline), from;
    struct ebb_log_summary summary;
    struct ebb_event event;
    int status;

    ebb_log_summary(timeline_log(session->timeline), &summary);
    from = summary.first_event;
    for (;;) {
        status =
            ebb_cursor_seek_kind(cursor, EBB_EVENT_SYSREG_READ, from, summary.event_count, error);
        if (status <= 0) {
            return status;
        }
        status = ebb_cursor_next(cursor, &event, error);
        if (status <= 0 || (!wanted && event.position > until) ||
            rsp_session_interrupted(session)) {
            return status < 0 ? -1 : 0;
        }
        from = ebb_cursor_event_number(cursor);
        if (is_counter(event.address) && (!wanted || event.value >= *wanted)) {
            *found = event;
            if (wanted) {
                return 0;
            }
        }
    }
}

int rsp_print_counter(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    struct ebb_event found = {0};
    struct ebb_cursor *cursor;
    uint64_t wanted = 0;
    int status;

    if (count > 1 && parse_number(words[1], &wanted, error) < 0) {
        return -1;
    }
    cursor = ebb_cursor_new(timeline_log(session->timeline), error);
    if (!cursor) {
        return -1;
    }
    status = find_counter(session, cursor, count > 1 ? &wanted : NULL, &found, error);
    ebb_cursor_free(cursor);
    if (status == 0 && found.kind) {
        rsp_session_printf(session, "counter %" PRIu64 " at %" PRIu64 "\n", found.value,
                           found.position);
    } else if (status == 0) {
        rsp_session_print(session, "no reading of the counter\n");
    }
    return status;
}
