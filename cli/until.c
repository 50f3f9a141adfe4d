/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "until.h"

#include "options.h"
#include "text.h"

#include "log/cursor.h"

#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASS "pass:"
#define CONSOLE "console:"
#define TIMEOUT "timeout"
#define MAXIMUM_TIMEOUT_S 100000000ull /* some years */

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

static bool has_back_reference(const char *expression)
{
    for (const char *at = expression; (at = strchr(at, '\\')) && at[1]; at += 2) {
        if (at[1] >= '1' && at[1] <= '9') {
            return true;
        }
    }
    return false;
}

static int check_console(const char *expression, struct ebb_error *error)
{
    size_t length = strlen(expression);
    char *inner, reason[200];
    regex_t regex;
    int status;

    if (length < 3 || expression[0] != '/' || expression[length - 1] != '/' ||
        strchr(expression, '\n')) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--until: write console:/REGEX/, as in 'console:/BUG|Oops/'");
    }
    if (has_back_reference(expression)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--until: back references, as \\1, are no part of extended regular "
                        "expressions and may take for ever to match; do without");
    }
    inner = strndup(expression + 1, length - 2);
    if (!inner) {
        return ebb_fail_memory(error);
    }
    status = regcomp(&regex, inner, REG_EXTENDED | REG_NOSUB);
    if (status != 0) {
        regerror(status, &regex, reason, sizeof(reason));
        ebb_fail(error, EBB_ERROR_USAGE, "--until: \"%s\" is no regular expression: %s", inner,
                 reason);
    } else {
        regfree(&regex);
    }
    free(inner);
    return status == 0 ? 0 : -1;
}

/* Written as the recorder reads it, which knows but decimal digits. */
static int check_timeout(const char *text, struct ebb_error *error)
{
    unsigned long long seconds;

    if (text[strspn(text, "0123456789")] != '\0') {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "--until timeout:SECONDS: \"%s\" is not a whole number in decimal digits",
                        text);
    }
    if (options_number(text, "--until timeout:SECONDS", MAXIMUM_TIMEOUT_S, &seconds, error) < 0) {
        return -1;
    }
    return seconds > 0 ? 0
                       : ebb_fail(error, EBB_ERROR_USAGE,
                                  "--until timeout:0 would end the recording at once");
}

int until_check(const char *text, struct ebb_error *error)
{
    const char *condition = until_passes(text) ? text + strlen(PASS) : text;

    if (begins_with(condition, CONSOLE)) {
        return check_console(condition + strlen(CONSOLE), error);
    }
    if (strcmp(condition, "panic") == 0 || strcmp(condition, "exit") == 0 ||
        strcmp(condition, TIMEOUT) == 0) {
        return 0;
    }
    if (begins_with(condition, TIMEOUT ":")) {
        return check_timeout(condition + strlen(TIMEOUT ":"), error);
    }
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "--until: \"%s\" is no condition; write console:/REGEX/, panic, exit or "
                    "timeout:SECONDS",
                    condition);
}

bool until_passes(const char *text)
{
    return begins_with(text, PASS);
}

char *until_join(const char *const *texts, size_t count)
{
    char *joined = NULL;
    size_t size;
    FILE *file = open_memstream(&joined, &size);

    if (!file) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%s%s", i ? "\n" : "", texts[i]);
    }
    if (fclose(file) != 0) {
        free(joined);
        return NULL;
    }
    return joined;
}

int until_place(const struct manifest *manifest, const struct ebb_log *log, uint64_t *position,
                struct ebb_error *error)
{
    struct ebb_log_summary summary;
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int status;

    if (!manifest->until.condition) {
        return 0;
    }
    ebb_log_summary(log, &summary);
    *position = summary.end_position;
    if (!manifest->until.has_event || manifest->until.event < summary.first_event ||
        manifest->until.event >= summary.event_count) {
        return 1;
    }
    cursor = ebb_cursor_new(log, error);
    status = cursor ? ebb_cursor_seek_event(cursor, manifest->until.event, error) : -1;
    if (status >= 0) {
        status = ebb_cursor_next(cursor, &event, error);
    }
    if (status > 0 && event.position < *position) {
        *position = event.position + 1;
    }
    ebb_cursor_free(cursor);
    if (status < 0 && error->kind == EBB_ERROR_CORRUPT) {
        return 1; /* the event is lost, and what is before the damage is still there */
    }
    return status < 0 ? -1 : 1;
}

char *until_describe(const char *condition, const char *line)
{
    char *name = text_printable(condition, strlen(condition));
    char *text = line ? text_printable(line, strlen(line)) : NULL, *whole = NULL;

    if (name && (text || !line) &&
        asprintf(&whole, "%s%s%s", name, text ? ": " : "", text ? text : "") < 0) {
        whole = NULL;
    }
    free(name);
    free(text);
    return whole;
}
