/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handlers_run.h"

#include "breakpoints.h"
#include "moves.h"
#include "stop_reply.h"
#include "watch_after.h"
#include "watch_choice.h"

#include <string.h>

void rsp_handle_stop_reason(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    if (session->idle) {
        rsp_buffer_text(&session->reply, "W00");
        return;
    }
    rsp_stop_reply(session);
}

/* The packet's arguments are not valid any more once this is called. */
static void resume(struct rsp_session *session, struct rsp_move move)
{
    bool back = move.kind == RSP_MOVE_REVERSE_CONTINUE || move.kind == RSP_MOVE_REVERSE_STEP;
    struct timeline_stop stop;
    struct ebb_error error;

    if (rsp_move(session, &move, &stop, &error) < 0 ||
        rsp_watch_choose(session, back, &stop, &error) < 0 ||
        rsp_watch_go_over(session, back, &stop, &error) < 0) {
        /* gdb takes an error reply for a reason to try again, without end where it steps off a
         * watchpoint by itself: tell the user, and stop where we are. */
        rsp_session_printf(session, "ebb: %s\n", error.message);
        stop = (struct timeline_stop){.reason = TIMELINE_STOP_INTERRUPTED,
                                      .position = timeline_position(session->timeline)};
    }
    rsp_report_stop(session, &stop);
    rsp_breakpoints_forget_removed(session);
}

void rsp_handle_continue(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    resume(session, (struct rsp_move){.kind = RSP_MOVE_CONTINUE});
}

void rsp_handle_step(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    resume(session, (struct rsp_move){.kind = RSP_MOVE_STEP});
}

void rsp_handle_reverse_continue(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    resume(session, (struct rsp_move){.kind = RSP_MOVE_REVERSE_CONTINUE});
}

void rsp_handle_reverse_step(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    resume(session, (struct rsp_move){.kind = RSP_MOVE_REVERSE_STEP});
}

/* vRun and R, which "run" of "target extended-remote" becomes: another run is the same one again.
 */
void rsp_handle_start_again(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    struct rsp_move move = {.kind = RSP_MOVE_SEEK, .from = timeline_begin(session->timeline)};
    struct timeline_stop stop;
    struct ebb_error error;

    (void)arguments;
    if (rsp_move(session, &move, &stop, &error) < 0) {
        rsp_reply_error(session, RSP_EIO, error.message);
        return;
    }
    session->idle = false;
    session->signal = RSP_SIGTRAP;
    rsp_stop_reply(session);
}

/* vAttach: after "detach" in "target extended-remote", to the same recording. */
void rsp_handle_attach(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    session->idle = false;
    session->signal = RSP_SIGTRAP;
    rsp_stop_reply(session);
}

void rsp_handle_vcont_query(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    (void)arguments;
    rsp_buffer_text(&session->reply, "vCont;c;C;s;S;r");
}

/* One action of a vCont packet: what to do, and which thread is meant. */
static bool parse_action(const uint8_t *text, size_t length, struct rsp_move *move,
                         uint64_t *thread)
{
    static const struct {
        char letter;
        enum rsp_move_kind kind;
        const char *schema;
    } actions[] = {
        {'c', RSP_MOVE_CONTINUE, "?:t"}, {'C', RSP_MOVE_CONTINUE, "h?:t"},
        {'s', RSP_MOVE_STEP, "?:t"},     {'S', RSP_MOVE_STEP, "h?:t"},
        {'r', RSP_MOVE_RANGE, "h,h?:t"},
    };
    struct rsp_arguments arguments;

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]) && length; i++) {
        unsigned fixed;

        if (text[0] != (uint8_t)actions[i].letter) {
            continue;
        }
        if (!rsp_arguments_parse(actions[i].schema, text + 1, length - 1, &arguments)) {
            return false;
        }
        fixed = actions[i].schema[0] == '?' ? 0 : strchr(actions[i].schema, ',') ? 2 : 1;
        *thread = arguments.count > fixed ? arguments.list[fixed].number : RSP_ALL_THREADS;
        *move = (struct rsp_move){
            .kind = actions[i].kind,
            .from = arguments.list[0].number,
            .to = arguments.list[1].number,
        };
        return true;
    }
    return false;
}

/* The leftmost action that names the thread is the one that counts, but all have to be valid. */
static bool parse_vcont(const uint8_t *text, size_t length, struct rsp_move *chosen)
{
    bool found = false, all = false;

    while (length) {
        const uint8_t *end;
        size_t action;
        struct rsp_move move;
        uint64_t thread;

        if (text[0] != ';') {
            return false;
        }
        end = memchr(text + 1, ';', length - 1);
        action = end ? (size_t)(end - text) : length;
        if (!parse_action(text + 1, action - 1, &move, &thread)) {
            return false;
        }
        if (!found &&
            (thread == RSP_ALL_THREADS || thread == RSP_ANY_THREAD || thread == RSP_THREAD)) {
            *chosen = move;
            found = true;
            all = thread != RSP_THREAD;
        } else if (found && thread == RSP_ALL_THREADS) {
            all = true;
        }
        text += action;
        length -= action;
    }
    if (chosen->kind == RSP_MOVE_STEP && !all) {
        chosen->kind = RSP_MOVE_STEP_ALONE;
    }
    return found;
}

void rsp_handle_vcont(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    struct rsp_move move = {.kind = RSP_MOVE_CONTINUE};

    if (!parse_vcont(arguments->list[0].bytes, arguments->list[0].length, &move)) {
        rsp_reply_error(session, RSP_EINVAL, "the actions are malformed or resume no thread");
        return;
    }
    resume(session, move);
}
