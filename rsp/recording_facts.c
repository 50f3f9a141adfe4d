/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_facts.h"

#include "words.h"

#include <inttypes.h>

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

int rsp_print_console(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    const struct rsp_recording *recording = session->recording;
    uint64_t from = timeline_begin(session->timeline), to = timeline_end(session->timeline);

    if (!recording) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this server knows nothing of the recording");
    }
    if ((count > 1 && rsp_parse_number(words[1], &from, error) < 0) ||
        (count > 2 && rsp_parse_number(words[2], &to, error) < 0)) {
        return -1;
    }
    return recording->console(recording->opaque, timeline_log(session->timeline), from, to,
                              print_line, session, error);
}

int rsp_print_markers(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    const struct rsp_recording *recording = session->recording;

    (void)words;
    (void)count;
    if (!recording || !recording->markers) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this server knows nothing of the recording");
    }
    return recording->markers(recording->opaque, timeline_log(session->timeline),
                              timeline_begin(session->timeline), timeline_end(session->timeline),
                              print_line, session, error);
}

static bool is_stopped(void *opaque)
{
    return rsp_session_interrupted(opaque);
}

int rsp_print_who_wrote(struct rsp_session *session, uint64_t step, struct ebb_error *error)
{
    const struct rsp_recording *recording = session->recording;
    char words[RSP_WHO_WROTE_SIZE];

    if (!recording || !recording->who_wrote) {
        return ebb_fail(error, EBB_ERROR_FAILED, "this server knows nothing of the recording");
    }
    if (recording->who_wrote(recording->opaque, timeline_log(session->timeline), step, is_stopped,
                             session, words, error) < 0) {
        return -1;
    }
    rsp_session_printf(session, "%s\n", words);
    return 0;
}
