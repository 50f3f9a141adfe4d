/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include <regex.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/timer.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "system/runstate.h"
#include "system/runstate-action.h"
#include "until.h"

#define DEFAULT_TIMEOUT_S 60
#define LINE_MAX_BYTES 4096 /* longer ones are looked at in pieces */
#define PROMPT_MS 100       /* a line without an end counts when nothing more came for so long */

/* How Linux begins to tell of a panic (kernel/panic.c). */
#define LINUX_PANIC "Kernel panic - not syncing"

enum condition_kind {
    CONDITION_CONSOLE,
    CONDITION_PANIC,
    CONDITION_EXIT,
    CONDITION_TIMEOUT,
};

struct condition {
    enum condition_kind kind;
    char *text;    /* as the user wrote it */
    regex_t regex; /* of CONDITION_CONSOLE and CONDITION_PANIC */
    int64_t ms;    /* of CONDITION_TIMEOUT */
};

/* A line in the making. */
struct line {
    GString *text;
    uint64_t position; /* of its last character */
    uint64_t event;
    bool looked_at; /* as far as it is */
    bool is_rest;   /* of one that is too long */
};

struct recorder_until {
    struct condition *conditions;
    size_t count;

    /* While there is a recording: one line for each console, and one for text that came by other
     * means. */
    uint64_t *consoles; /* addresses */
    size_t console_count;
    struct line *lines;
    QEMUTimer *prompt_timer, *timeout_timer;

    const struct condition *met; /* NULL: none */
    char *what;                  /* the line that has met it; NULL: it was none */
    bool has_place;              /* position and event are known */
    uint64_t position, event;
};

/* The conditions. */

static void clear_conditions(struct recorder_until *until)
{
    for (size_t i = 0; i < until->count; i++) {
        struct condition *condition = &until->conditions[i];

        if (condition->kind == CONDITION_CONSOLE || condition->kind == CONDITION_PANIC) {
            regfree(&condition->regex);
        }
        g_free(condition->text);
    }
    g_clear_pointer(&until->conditions, g_free);
    until->count = 0;
    until->met = NULL;
}

static bool compile(struct condition *condition, const char *expression, Error **errp)
{
    char reason[200];
    int status = regcomp(&condition->regex, expression, REG_EXTENDED | REG_NOSUB);

    if (status) {
        regerror(status, &condition->regex, reason, sizeof(reason));
        error_setg(errp, "until: \"%s\" is no regular expression: %s", expression, reason);
    }
    return !status;
}

/* POSIX's extended expressions have none, but the C library's do. */
static bool has_back_reference(const char *expression)
{
    for (const char *at = expression; (at = strchr(at, '\\')) && at[1]; at += 2) {
        if (at[1] >= '1' && at[1] <= '9') {
            return true;
        }
    }
    return false;
}

static bool parse_console(struct condition *condition, const char *expression, Error **errp)
{
    size_t length = strlen(expression);
    g_autofree char *inner = NULL;

    condition->kind = CONDITION_CONSOLE;
    if (length < 3 || expression[0] != '/' || expression[length - 1] != '/') {
        error_setg(errp, "until: write console:/REGEX/");
        return false;
    }
    if (has_back_reference(expression)) {
        error_setg(errp, "until: \"%s\" has a back reference, which may take for ever to match",
                   expression);
        return false;
    }
    inner = g_strndup(expression + 1, length - 2);
    return compile(condition, inner, errp);
}

static bool parse_timeout(struct condition *condition, const char *seconds, Error **errp)
{
    unsigned number = DEFAULT_TIMEOUT_S;

    condition->kind = CONDITION_TIMEOUT;
    if (*seconds && (qemu_strtoui(seconds + 1, NULL, 10, &number) || !number)) {
        error_setg(errp, "until: \"%s\" is not a number of seconds", seconds + 1);
        return false;
    }
    condition->ms = (int64_t)number * 1000;
    return true;
}

static bool parse(struct condition *condition, const char *text, Error **errp)
{
    const char *rest;

    strstart(text, "pass:", &text);
    if (strstart(text, "console:", &rest)) {
        return parse_console(condition, rest, errp);
    }
    if (g_str_equal(text, "panic")) {
        condition->kind = CONDITION_PANIC;
        return compile(condition, LINUX_PANIC, errp);
    }
    if (g_str_equal(text, "exit")) {
        condition->kind = CONDITION_EXIT;
        return true;
    }
    if (strstart(text, "timeout", &rest) && (!*rest || *rest == ':')) {
        return parse_timeout(condition, rest, errp);
    }
    error_setg(errp,
               "until: \"%s\" is no condition; write console:/REGEX/, panic, exit or "
               "timeout:SECONDS",
               text);
    return false;
}

bool recorder_until_set(struct recorder_session *session, const char *text, Error **errp)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    struct recorder_until *until = session->until;

    if (!until) {
        until = session->until = g_new0(struct recorder_until, 1);
    }
    if (until->lines) {
        error_setg(errp, "until: the guest is being recorded already");
        return false;
    }
    clear_conditions(until);
    for (char **line = lines; *line; line++) {
        struct condition condition = {0};

        if (!**line) {
            continue;
        }
        if (!parse(&condition, *line, errp)) {
            return false;
        }
        condition.text = g_strdup(*line);
        until->conditions = g_renew(struct condition, until->conditions, until->count + 1);
        until->conditions[until->count++] = condition;
    }
    return true;
}

static const struct condition *find(const struct recorder_until *until, enum condition_kind kind)
{
    for (size_t i = 0; i < until->count; i++) {
        if (until->conditions[i].kind == kind) {
            return &until->conditions[i];
        }
    }
    return NULL;
}

static const struct condition *shortest_timeout(const struct recorder_until *until)
{
    const struct condition *shortest = NULL;

    for (size_t i = 0; i < until->count; i++) {
        const struct condition *condition = &until->conditions[i];

        if (condition->kind == CONDITION_TIMEOUT && (!shortest || condition->ms < shortest->ms)) {
            shortest = condition;
        }
    }
    return shortest;
}

/* Meeting one. */

void recorder_until_shut_down(void)
{
    /* As the monitor's quit does, whatever -no-shutdown says. */
    shutdown_action = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

static void meet(struct recorder_session *session, const struct condition *condition)
{
    CPUState *cpu = CPU(session->cpu);

    session->until->met = condition;
    if (qemu_cpu_is_self(cpu)) {
        cpu_exit(cpu);
    } else {
        recorder_until_shut_down();
    }
}

static bool matches(const struct condition *condition, const char *text, int flags)
{
    return (condition->kind == CONDITION_CONSOLE || condition->kind == CONDITION_PANIC) &&
           !regexec(&condition->regex, text, 0, NULL, flags);
}

/* What of the line is there; more of it follows in another piece, or not. */
static void look_at(struct recorder_session *session, struct line *line, bool more)
{
    int flags = (line->is_rest ? REG_NOTBOL : 0) | (more ? REG_NOTEOL : 0);
    struct recorder_until *until = session->until;

    while (line->text->len && line->text->str[line->text->len - 1] == '\r') {
        g_string_truncate(line->text, line->text->len - 1);
    }
    line->looked_at = true;
    for (size_t i = 0; i < until->count && !until->met; i++) {
        if (matches(&until->conditions[i], line->text->str, flags)) {
            until->what = g_strdup(line->text->str);
            until->has_place = true;
            until->position = line->position;
            until->event = line->event;
            meet(session, &until->conditions[i]);
        }
    }
}

/* Nothing more will come, or has come for some time. */
static void look_at_rests(void *opaque)
{
    struct recorder_session *session = opaque;
    struct recorder_until *until = session->until;

    for (size_t i = 0; i <= until->console_count && !until->met; i++) {
        if (until->lines[i].text->len && !until->lines[i].looked_at) {
            look_at(session, &until->lines[i], false);
        }
    }
}

static void timed_out(void *opaque)
{
    struct recorder_session *session = opaque;

    if (!session->until->met) {
        meet(session, shortest_timeout(session->until));
    }
}

/* What the guest writes. */

static void take(struct recorder_session *session, struct line *line, const struct ebb_event *event,
                 char character)
{
    struct recorder_until *until = session->until;
    struct ebb_log_writer_stats stats;

    if (until->met) {
        return;
    }
    ebb_log_writer_stats(session->writer, &stats);
    line->position = event->position;
    line->event = stats.events - 1;
    if (character == '\n' || line->text->len == LINE_MAX_BYTES) {
        look_at(session, line, character != '\n');
        g_string_truncate(line->text, 0);
        line->is_rest = character != '\n';
    }
    if (character && character != '\n') {
        g_string_append_c(line->text, character);
        line->looked_at = false;
        timer_mod(until->prompt_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + PROMPT_MS);
    }
}

void recorder_until_see(struct recorder_session *session, const struct ebb_event *event)
{
    struct recorder_until *until = session->until;

    if (!until || !until->lines) {
        return;
    }
    if (event->kind == EBB_EVENT_CONSOLE) {
        for (uint32_t i = 0; i < event->data_length; i++) {
            take(session, &until->lines[until->console_count], event, (char)event->data[i]);
        }
    } else if (event->kind == EBB_EVENT_MMIO_WRITE && !(event->flags & EBB_EVENT_FAILED)) {
        for (size_t i = 0; i < until->console_count; i++) {
            if (event->address == until->consoles[i]) {
                take(session, &until->lines[i], event, (char)event->value);
                return;
            }
        }
    }
}

/* The recording's life. */

static void find_consoles(struct recorder_until *until, const QDict *manifest)
{
    const QListEntry *entry;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(manifest, "consoles"), entry)
    {
        const QDict *console = qobject_to(QDict, qlist_entry_obj(entry));

        until->consoles = g_renew(uint64_t, until->consoles, until->console_count + 1);
        until->consoles[until->console_count++] =
            qnum_get_uint(qobject_to(QNum, qdict_get(console, "address")));
    }
}

void recorder_until_start(struct recorder_session *session, const QDict *manifest)
{
    struct recorder_until *until = session->until;
    const struct condition *timeout = until ? shortest_timeout(until) : NULL;

    if (!until || !until->count) {
        return;
    }
    until->met = NULL;
    until->has_place = false;
    g_clear_pointer(&until->what, g_free);
    find_consoles(until, manifest);
    until->lines = g_new0(struct line, until->console_count + 1);
    for (size_t i = 0; i <= until->console_count; i++) {
        until->lines[i].text = g_string_new(NULL);
    }
    until->prompt_timer = timer_new_ms(QEMU_CLOCK_REALTIME, look_at_rests, session);
    until->timeout_timer = timer_new_ms(QEMU_CLOCK_REALTIME, timed_out, session);
    if (timeout) {
        timer_mod(until->timeout_timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + timeout->ms);
    }
}

void recorder_until_stop(struct recorder_session *session)
{
    struct recorder_until *until = session->until;

    if (!until || !until->lines) {
        return;
    }
    timer_free(until->prompt_timer);
    timer_free(until->timeout_timer);
    for (size_t i = 0; i <= until->console_count; i++) {
        g_string_free(until->lines[i].text, true);
    }
    g_clear_pointer(&until->lines, g_free);
    g_clear_pointer(&until->consoles, g_free);
    until->console_count = 0;
}

bool recorder_until_is_met(const struct recorder_session *session)
{
    return session->until && session->until->met;
}

enum ebb_end_reason recorder_until_settle(struct recorder_session *session,
                                          enum ebb_end_reason reason)
{
    bool by_guest = reason == EBB_END_POWER_OFF || reason == EBB_END_PANIC;
    struct recorder_until *until = session->until;

    if (!until || !until->lines) {
        return reason;
    }
    if (by_guest) {
        look_at_rests(session);
    }
    if (by_guest && !until->met) {
        until->met = find(until, reason == EBB_END_PANIC ? CONDITION_PANIC : CONDITION_EXIT);
    }
    if (until->met && until->met->kind == CONDITION_PANIC) {
        return EBB_END_PANIC;
    }
    return until->met && !by_guest ? EBB_END_STOPPED : reason;
}

QDict *recorder_until_describe(const struct recorder_session *session)
{
    const struct recorder_until *until = session->until;
    QDict *dict;

    if (!until || !until->met) {
        return NULL;
    }
    dict = qdict_new();
    qdict_put_str(dict, "condition", until->met->text);
    if (until->what) {
        qdict_put_str(dict, "text", until->what);
    }
    if (until->has_place) {
        qdict_put(dict, "event", qnum_from_uint(until->event));
    }
    return dict;
}
