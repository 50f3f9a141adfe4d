/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The "monitor" commands: what gdb has no command of its own for. A failed one prints why and is
 * answered with an error, so that scripts notice; one that there is not prints so.
 */
#include "monitor.h"

#include "examine.h"
#include "guest_clock.h"
#include "moves.h"
#include "physical_watch.h"
#include "position.h"
#include "recording_facts.h"
#include "register_order.h"
#include "search.h"
#include "steps.h"
#include "stop_reply.h"
#include "words.h"

#include "log/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 36, EVENTS_DEFAULT = 20, EVENTS_MAX = 10000 };

struct command {
    const char *name;
    const char *arguments;
    unsigned at_least; /* arguments */
    unsigned at_most;
    /* words[1..] are the arguments; -1: *error says why not */
    int (*run)(struct rsp_session *session, char **words, unsigned count, struct ebb_error *error);
    const char *help;
};

static int run_help(struct rsp_session *, char **, unsigned, struct ebb_error *);

/* As QEMU and OpenOCD do: IDEs and scripts send what other servers know, and an error would end
 * their session. The first two words are QEMU's, which some of them look for. */
static int run_unknown(struct rsp_session *session, const char *first, const char *second)
{
    rsp_session_printf(session,
                       "unknown command: '%.40s%s%.40s'; 'monitor help' lists what there is\n",
                       first, second ? " " : "", second ? second : "");
    return 0;
}

static int parse_position(struct rsp_session *session, const char *text, uint64_t *position,
                          struct ebb_error *error)
{
    const char *digits = rsp_position_digits(text);
    uint64_t number = 0;
    const char *rest;

    if (digits) {
        rest = rsp_scan_number(digits, 10, &number);
        if (!rest || *rest) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "'%.40s' is no position; give a number, +N, -N, begin or end", text);
        }
    }
    return rsp_position_resolve(session->timeline, text, number, position, error);
}

static int run_position(struct rsp_session *session, char **words, unsigned count,
                        struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    rsp_session_printf(session, "position %" PRIu64 " of %" PRIu64 " to %" PRIu64 "%s\n",
                       timeline_position(session->timeline), timeline_begin(session->timeline),
                       timeline_end(session->timeline),
                       timeline_in_diversion(session->timeline) ? ", in a diversion" : "");
    return 0;
}

static int run_seek(struct rsp_session *session, char **words, unsigned count,
                    struct ebb_error *error)
{
    struct rsp_move move = {.kind = RSP_MOVE_SEEK, .can_give_up = true};
    struct timeline_stop stop;

    (void)count;
    if (parse_position(session, words[1], &move.from, error) < 0 ||
        rsp_move(session, &move, &stop, error) < 0) {
        return -1;
    }
    session->signal = RSP_SIGTRAP;
    rsp_print_notice(session);
    if (stop.reason == TIMELINE_STOP_DIVERGED || stop.reason == TIMELINE_STOP_DAMAGED) {
        rsp_session_print(session, stop.report ? stop.report : "replay and log disagree");
        rsp_session_print(session, "\n");
    } else if (stop.reason == TIMELINE_STOP_INTERRUPTED) {
        rsp_session_print(session, "interrupted\n");
    }
    run_position(session, NULL, 0, NULL);
    rsp_session_print(session, "gdb does not know that time has moved; tell it with "
                               "'maintenance flush register-cache'\n");
    return 0;
}

/* What debuggers for boards send when they connect. */
static int run_halt(struct rsp_session *session, char **words, unsigned count,
                    struct ebb_error *error)
{
    (void)session;
    (void)words;
    (void)count;
    (void)error;
    return 0; /* nothing runs while gdb waits for an answer */
}

static int run_reset(struct rsp_session *session, char **words, unsigned count,
                     struct ebb_error *error)
{
    char begin[] = "begin", *seek[WORDS_MAX] = {words[0], begin};

    (void)count;
    return run_seek(session, seek, 2, error);
}

static void print_checkpoint(void *opaque, const struct timeline_checkpoint_info *info)
{
    rsp_session_printf(opaque, "%20" PRIu64 "  %12" PRIu64 "  %s\n", info->position,
                       info->own_bytes, info->keyframe ? "keyframe" : "checkpoint");
}

static int run_checkpoints(struct rsp_session *session, char **words, unsigned count,
                           struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    rsp_session_printf(session, "%20s  %12s  %s\n", "position", "bytes", "kind");
    timeline_visit_checkpoints(session->timeline, print_checkpoint, session);
    return 0;
}

static void print_event(struct rsp_session *session, uint64_t number, const struct ebb_event *event)
{
    const char *name = ebb_event_kind_name(event->kind);

    rsp_session_printf(session, "%12" PRIu64 "  %20" PRIu64 "  %-14s 0x%" PRIx64, number,
                       event->position, name ? name : "?", event->address);
    if (event->data_length) {
        rsp_session_printf(session, " %" PRIu32 " bytes\n", event->data_length);
    } else if (event->size) {
        rsp_session_printf(session, " %" PRIu32 " 0x%" PRIx64 "\n", event->size, event->value);
    } else {
        rsp_session_printf(session, " 0x%" PRIx64 "\n", event->value);
    }
}

static int print_events(struct rsp_session *session, struct ebb_cursor *cursor, uint64_t count,
                        struct ebb_error *error)
{
    struct ebb_event event;

    rsp_session_printf(session, "%12s  %20s  %-14s %s\n", "event", "position", "kind",
                       "address, size, value");
    while (count-- && !rsp_session_interrupted(session)) {
        uint64_t number = ebb_cursor_event_number(cursor);
        int status = ebb_cursor_next(cursor, &event, error);

        if (status <= 0) {
            return status;
        }
        print_event(session, number, &event);
    }
    return 0;
}

static int run_events(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    uint64_t from = timeline_position(session->timeline), events = EVENTS_DEFAULT;
    bool by_number = false;
    struct ebb_cursor *cursor;
    int status;

    if (count > 1 && words[1][0] == '#') {
        by_number = true;
        if (rsp_parse_number(words[1] + 1, &from, error) < 0) {
            return -1;
        }
    } else if (count > 1 && parse_position(session, words[1], &from, error) < 0) {
        return -1;
    }
    if (count > 2) {
        if (rsp_parse_number(words[2], &events, error) < 0) {
            return -1;
        }
        if (events == 0 || events > EVENTS_MAX) {
            return ebb_fail(error, EBB_ERROR_USAGE, "COUNT is a number from 1 to %d", EVENTS_MAX);
        }
    }
    cursor = ebb_cursor_new(timeline_log(session->timeline), error);
    if (!cursor) {
        return -1;
    }
    status = by_number ? ebb_cursor_seek_event(cursor, from, error)
                       : ebb_cursor_seek_position(cursor, from, error);
    if (status == 0) {
        status = print_events(session, cursor, events, error);
    }
    ebb_cursor_free(cursor);
    return status;
}

static int run_stats(struct rsp_session *session, char **words, unsigned count,
                     struct ebb_error *error)
{
    struct timeline_stats stats;

    (void)words;
    (void)count;
    (void)error;
    timeline_stats(session->timeline, &stats);
    rsp_session_printf(session,
                       "checkpoints            %" PRIu64 "\n"
                       "memory used            %" PRIu64 " of %" PRIu64 " bytes\n"
                       "instructions replayed  %" PRIu64 "\n"
                       "states restored        %" PRIu64 "\n"
                       "workers replaced       %" PRIu64 "\n"
                       "requests to workers    %" PRIu64 "\n",
                       stats.checkpoints, stats.memory_used, stats.memory_budget,
                       stats.instructions_replayed, stats.restores, stats.workers_replaced,
                       stats.requests);
    return 0;
}

/* How the recording ended; problem: where replay and recording disagree, in lines, else NULL. */
static void print_end(struct rsp_session *session, const struct ebb_log_summary *summary,
                      const char *problem)
{
    const char *end = summary->complete ? "in good order" : "cut off";

    if (!problem) {
        rsp_session_printf(session, "ended         %s\n", end);
        return;
    }
    rsp_session_print(session, "ended         where replay and recording disagree; what is before "
                               "can be replayed\n");
    rsp_session_print(session, problem);
    if (*problem && problem[strlen(problem) - 1] != '\n') {
        rsp_session_print(session, "\n");
    }
}

static int run_info(struct rsp_session *session, char **words, unsigned count,
                    struct ebb_error *error)
{
    const struct ebb_log *log = timeline_log(session->timeline);
    struct ebb_log_summary summary;

    (void)error;
    if (count > 1) {
        return run_unknown(session, words[0], words[1]); /* such as QEMU's "info mem" */
    }
    ebb_log_summary(log, &summary);
    rsp_session_printf(session, "instructions  %" PRIu64 "\n",
                       summary.end_position - summary.begin_position);
    if (summary.begin_position > 0 || summary.first_event > 0) {
        rsp_session_printf(session,
                           "begin         at %" PRIu64 "; what was before was dropped (--last)\n",
                           summary.begin_position);
    }
    rsp_session_printf(session,
                       "events        %" PRIu64 ", in %" PRIu64 " bytes of log\n"
                       "keyframes     %" PRIu64 ", in %" PRIu64 " bytes\n",
                       summary.event_count - summary.first_event, summary.log_bytes,
                       summary.keyframe_count - summary.first_keyframe, summary.keyframe_bytes);
    print_end(session, &summary, ebb_log_problem(log));
    return 0;
}

static int run_digest(struct rsp_session *session, char **words, unsigned count,
                      struct ebb_error *error)
{
    uint64_t registers, ram;

    (void)words;
    (void)count;
    if (timeline_digest(session->timeline, &registers, &ram, error) < 0) {
        return -1;
    }
    rsp_session_printf(session, "registers %016" PRIx64 " ram %016" PRIx64 "\n", registers, ram);
    return 0;
}

static int run_step_over_interrupts(struct rsp_session *session, char **words, unsigned count,
                                    struct ebb_error *error)
{
    if (count > 1 && strcmp(words[1], "on") && strcmp(words[1], "off")) {
        return ebb_fail(error, EBB_ERROR_USAGE, "it is on or off");
    }
    if (count > 1) {
        session->steps.over = !strcmp(words[1], "on");
    }
    rsp_session_printf(session, "step-over-interrupts is %s\n", session->steps.over ? "on" : "off");
    return 0;
}

static int run_next_is_stepi(struct rsp_session *session, char **words, unsigned count,
                             struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    rsp_steps_announce_stepi(session);
    return 0;
}

static int run_who_wrote(struct rsp_session *session, char **words, unsigned count,
                         struct ebb_error *error)
{
    uint64_t step = timeline_position(session->timeline);

    if (count > 1 && parse_position(session, words[1], &step, error) < 0) {
        return -1;
    }
    return rsp_print_who_wrote(session, step, error);
}

/* For clients that look anew only where a move of their own has stopped. */
static int run_next_is_seek(struct rsp_session *session, char **words, unsigned count,
                            struct ebb_error *error)
{
    (void)count;
    if (parse_position(session, words[1], &session->next_position, error) < 0) {
        return -1;
    }
    session->next_is_seek = true;
    return 0;
}

static const struct command commands[] = {
    {"help", "", 0, 0, run_help, "this list"},
    {"position", "", 0, 0, run_position, "where the timeline is, and where it begins and ends"},
    {"seek", "POSITION", 1, 1, run_seek, "go to a position"},
    {"events", "[POSITION|#EVENT [COUNT]]", 0, 2, run_events,
     "recorded events from a position or a number on"},
    {"checkpoints", "", 0, 0, run_checkpoints,
     "what is reached without replaying: checkpoints, keyframes"},
    {"digest", "", 0, 0, run_digest, "digests of the registers and RAM, to compare two visits"},
    {"stats", "", 0, 0, run_stats, "memory and work of the replay"},
    {"info", "", 0, WORDS_MAX - 1, run_info, "the recording"},
    {"recording", "", 0, 0, rsp_print_recording, "where it is, and what was recorded"},
    {"console", "[FROM [TO]]", 0, 2, rsp_print_console, "what the guest printed, with positions"},
    {"markers", "", 0, 0, rsp_print_markers,
     "the guest's markers, and what has ended the recording"},
    {"counter", "[VALUE]", 0, 1, rsp_print_counter,
     "the guest's last reading of its clock, or its first of at least VALUE"},
    {"search", "last|next|on|TO[:N] KIND ADDRESS[,LENGTH]...", 3, WORDS_MAX - 1, rsp_search,
     "go to where memory is accessed or code executed"},
    {"who-wrote", "[POSITION]", 0, 1, run_who_wrote,
     "which device has written to memory in the step that begins at a position"},
    {"halt", "", 0, 0, run_halt, "does nothing: for debuggers that send it"},
    {"reset", "[halt|init|run]", 0, 1, run_reset, "the same as seek begin"},
    {"step-over-interrupts", "[on|off]", 0, 1, run_step_over_interrupts,
     "whether step and next take interrupts for a part of a line"},
    {"next-is-stepi", "", 0, 0, run_next_is_stepi,
     "what ebb.py sends before stepi and reverse-stepi"},
    {"next-is-seek", "POSITION", 1, 1, run_next_is_seek,
     "what ebb_lldb.py sends before the move that is to go there"},
    {"byte-order", "[big|little]", 0, 1, rsp_register_order_set,
     "the order in which registers are sent"},
    {"xp", "[/FORMAT] ADDRESS", 1, 2, rsp_examine_physical,
     "physical memory, as QEMU's monitor prints it"},
    {"gpa2hva", "ADDRESS", 1, 1, rsp_examine_host_address,
     "where the replaying process has the memory at a physical address"},
    {"watch-physical", "[ADDRESS[,LENGTH] [write|read|access]]", 0, 2, rsp_physical_watch_set,
     "stop at accesses to physical memory; without arguments, list these"},
    {"unwatch-physical", "NUMBER|all", 1, 1, rsp_physical_watch_remove,
     "remove what watch-physical has set"},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int run_help(struct rsp_session *session, char **words, unsigned count,
                    struct ebb_error *error)
{
    (void)words;
    (void)count;
    (void)error;
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        rsp_session_printf(session, "monitor %-20s %-18s  %s\n", commands[i].name,
                           commands[i].arguments, commands[i].help);
    }
    rsp_session_print(session, "A position counts instructions since the recording began. POSITION "
                               "is a number, begin, end,\nor +N and -N, counted from where the "
                               "timeline is.\n");
    return 0;
}

/* Any beginning of a name that fits one command only will do. */
static const struct command *find_command(const char *name)
{
    const struct command *found = NULL;

    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
        if (!strncmp(commands[i].name, name, strlen(name))) {
            if (found) {
                return NULL;
            }
            found = &commands[i];
        }
    }
    return found;
}

static int run_line(struct rsp_session *session, char *line, struct ebb_error *error)
{
    char *words[WORDS_MAX] = {0}, *place = NULL;
    const struct command *command;
    unsigned count = 0;

    for (char *word = strtok_r(line, " \t\r\n", &place); word && count < WORDS_MAX;
         word = strtok_r(NULL, " \t\r\n", &place)) {
        words[count++] = word;
    }
    if (count == 0) {
        return run_help(session, words, 0, error);
    }
    place = strchr(words[0], '/');
    if (place && place > words[0] && count < WORDS_MAX) {
        /* QEMU's monitor takes a format right behind the name. */
        memmove(words + 2, words + 1, (count - 1) * sizeof(words[0]));
        words[1] = strdupa(place);
        *place = 0;
        count++;
    }
    command = find_command(words[0]);
    if (!command) {
        return run_unknown(session, words[0], NULL);
    }
    if (count - 1 < command->at_least || count - 1 > command->at_most) {
        return ebb_fail(error, EBB_ERROR_USAGE, "usage: monitor %s %s", command->name,
                        command->arguments);
    }
    return command->run(session, words, count, error);
}

void rsp_handle_monitor(struct rsp_session *session, const struct rsp_arguments *arguments)
{
    const struct rsp_argument *digits = &arguments->list[0];
    struct ebb_error error;
    char line[1024];
    size_t length = digits->length / 2;

    if (digits->length % 2 || length >= sizeof(line) ||
        !rsp_hex_decode(digits->bytes, length, (uint8_t *)line)) {
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    line[length] = 0;
    if (run_line(session, line, &error) < 0) {
        rsp_session_printf(session, "%s\n", error.message);
        rsp_reply_error(session, RSP_EINVAL, NULL);
        return;
    }
    rsp_reply_ok(session);
}
