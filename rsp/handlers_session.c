/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handlers_session.h"

#include "breakpoints.h"
#include "open.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

void rsp_handle_ok(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_reply_ok(session);
}

void rsp_handle_empty(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)session;
    (void)arguments;
}

static bool is_feature(const uint8_t *text, size_t length, const char *feature)
{
    return length == strlen(feature) && !memcmp(text, feature, length);
}

static void read_client_feature(struct rsp_session *session, const uint8_t *text, size_t length)
{
    session->client_swbreak |= is_feature(text, length, "swbreak+");
    session->client_hwbreak |= is_feature(text, length, "hwbreak+");
    session->client_error_message |= is_feature(text, length, "error-message+");
    session->client_steps_off |= is_feature(text, length, "vContSupported+"); /* gdb's alone */
}

void rsp_handle_supported(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    const uint8_t *text = arguments->list[0].bytes;
    size_t left = arguments->count ? arguments->list[0].length : 0;

    session->client_swbreak = false;
    session->client_hwbreak = false;
    session->client_error_message = false;
    session->client_steps_off = false;
    while (left) {
        const uint8_t *end = memchr(text, ';', left);
        size_t length = end ? (size_t)(end - text) : left;

        read_client_feature(session, text, length);
        length += end ? 1 : 0;
        text += length;
        left -= length;
    }
    rsp_buffer_printf(&session->reply,
                      "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+;"
                      "ReverseStep+;ReverseContinue+;swbreak+;hwbreak+;binary-upload+;"
                      "ConditionalBreakpoints+",
                      RSP_PACKET_SIZE);
    if (session->client_error_message) {
        rsp_buffer_text(&session->reply, ";error-message+");
    }
}

/* Only LLDB asks for it; one thread needs no suffixes. */
void rsp_handle_thread_suffix(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    session->client_lldb = true;
}

/* The architecture is not in it: LLDB has it from the target description and the symbols. */
void rsp_handle_host_info(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    if (session->client_lldb) {
        rsp_buffer_text(&session->reply, "watchpoint_exceptions_received:after;");
    }
}

void rsp_handle_no_ack(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    session->no_ack_next = true; /* this reply is still acknowledged */
    rsp_reply_ok(session);
}

void rsp_handle_non_stop(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    if (arguments->list[0].number == 0) {
        rsp_reply_ok(session);
    } else {
        rsp_reply_error(session, RSP_EINVAL,
                        "a timeline stops as a whole, so there is no non-stop mode");
    }
}

/* Sends length bytes of a document from offset on; 'l' marks its last piece. */
static void reply_piece(struct rsp_session *session, const char *text, uint64_t offset,
                        uint64_t length)
{
    /* Escaping may double the bytes. */
    const size_t most = (RSP_PACKET_SIZE - 8) / 2;
    size_t size = strlen(text), piece;

    if (offset > size) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    piece = size - (size_t)offset;
    piece = piece < most ? piece : most;
    piece = piece < length ? piece : (size_t)length;
    rsp_buffer_put_byte(&session->reply, offset + piece == size ? 'l' : 'm');
    rsp_buffer_put(&session->reply, text + offset, piece);
}

/* The description may be known before the timeline is open. */
static const char *find_document(struct rsp_session *session, const char *name)
{
    const char *document = NULL;

    if (!session->timeline && session->opening->document) {
        document = session->opening->document(session->opening->opaque, name);
    }
    if (!document && rsp_open_timeline(session, false)) {
        document = timeline_target_xml(session->timeline, name);
    }
    return document;
}

/* qXfer:features:read:ANNEX:OFFSET,LENGTH; other objects are not supported. */
void rsp_handle_features(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    static const char object[] = "features:read:";
    const size_t object_length = sizeof(object) - 1;
    const uint8_t *text = arguments->list[0].bytes;
    size_t length = arguments->list[0].length, annex_length;
    struct rsp_arguments range;
    const uint8_t *annex, *colon;
    const char *document;
    char name[128];

    if (length < object_length || memcmp(text, object, object_length)) {
        return;
    }
    annex = text + object_length;
    colon = memchr(annex, ':', length - object_length);
    if (!colon ||
        !rsp_arguments_parse("h,h", colon + 1, (size_t)(text + length - colon - 1), &range)) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    annex_length = (size_t)(colon - annex);
    if (annex_length >= sizeof(name)) {
        rsp_buffer_text(&session->reply, "E00");
        return;
    }
    memcpy(name, annex, annex_length);
    name[annex_length] = 0;
    document = find_document(session, name);
    if (session->end != RSP_END_NONE) {
        return;
    }
    if (!document) {
        rsp_buffer_text(&session->reply, "E00"); /* the manual's number for a bad annex */
        return;
    }
    reply_piece(session, document, range.list[0].number, range.list[1].number);
}

/* The recording was there before the client, so gdb detaches by default when it quits. */
void rsp_handle_attached(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_text(&session->reply, "1");
}

void rsp_handle_extended(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    session->extended = true;
    rsp_reply_ok(session);
}

/* With "target extended-remote" a connection outlives what is debugged over it. */
static bool keep_connection(struct rsp_session *session)
{
    struct ebb_error error;

    if (!session->extended) {
        return false;
    }
    timeline_clear_breakpoints(session->timeline);
    rsp_breakpoints_forget(session);
    session->interrupt = false;
    session->idle = true;
    if (timeline_in_diversion(session->timeline)) {
        timeline_drop_diversion(session->timeline, &error);
    }
    return true;
}

void rsp_handle_detach(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    if (!keep_connection(session)) {
        session->end = RSP_END_DETACHED;
    }
    rsp_reply_ok(session);
}

/* gdb sends it in place of vKill only to servers that do not know that one. */
void rsp_handle_kill(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    session->end = RSP_END_KILLED;
    session->silent = true;
}

void rsp_handle_kill_process(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    if (!keep_connection(session)) {
        session->end = RSP_END_KILLED;
    }
    rsp_reply_ok(session);
}

void rsp_handle_current_thread(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_printf(&session->reply, "QC%x", RSP_THREAD);
}

void rsp_handle_thread_list(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    /* gdb does so when it has decided to stop: nothing is left that an interrupt could mean. */
    session->interrupt = false;
    rsp_steps_end_command(session);
    if (session->idle) {
        rsp_buffer_text(&session->reply, "l");
        return;
    }
    rsp_buffer_printf(&session->reply, "m%x", RSP_THREAD);
}

void rsp_handle_thread_list_end(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_text(&session->reply, "l");
}

void rsp_handle_thread_text(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    char text[64];
    int length;

    if (arguments->list[0].number != RSP_THREAD) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    length = snprintf(text, sizeof(text), "CPU#%d [position %llu]", RSP_THREAD - 1,
                      (unsigned long long)timeline_position(session->timeline));
    rsp_buffer_hex(&session->reply, text, (size_t)length);
}

/* H and T: is there such a thread? There is nothing to choose from. */
void rsp_handle_thread(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    uint64_t thread = arguments->list[0].number;

    if (thread == RSP_ANY_THREAD || thread == RSP_ALL_THREADS || thread == RSP_THREAD) {
        rsp_reply_ok(session);
    } else {
        rsp_reply_error(session, RSP_EINVAL, NULL);
    }
}
