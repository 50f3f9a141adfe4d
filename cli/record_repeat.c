/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record_repeat.h"

#include "progress.h"
#include "until.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_end_clear(struct run_end *end)
{
    free(end->directory);
    free(end->reason);
    free(end->condition);
    free(end->line);
    *end = (struct run_end){0};
}

static bool has_failed(const struct run_end *end)
{
    return end->condition && !until_passes(end->condition);
}

/* Nobody waits for the next run. */
static bool was_stopped(const struct run_end *end)
{
    return end->stopped || (!end->condition && (strcmp(end->reason, "quit") == 0 ||
                                                strcmp(end->reason, "stopped") == 0));
}

static void tell_failure(const struct record_settings *settings, unsigned long long run,
                         const struct run_end *end)
{
    char *what = until_describe(end->condition, end->line);

    fputs("ebb: ", stderr);
    if (settings->has_repeat) {
        fprintf(stderr, "run %llu of %llu: ", run, settings->repeat);
    }
    fprintf(stderr, "%s; recorded into %s\n", what ? what : end->condition,
            end->directory ? end->directory : "the directory given with --attach");
    free(what);
}

static int stopped(const struct record_settings *settings, unsigned long long run,
                   const struct run_end *end, struct ebb_error *error)
{
    char which[80] = "";

    if (settings->has_repeat) {
        snprintf(which, sizeof(which), " in run %llu of %llu", run, settings->repeat);
    }
    if (!end->directory && !settings->wait) {
        return ebb_fail(error, EBB_ERROR_INTERRUPTED,
                        "stopped%s before a condition of --until was met; no recording is left",
                        which);
    }
    return ebb_fail(error, EBB_ERROR_INTERRUPTED,
                    "stopped%s before a condition of --until was met; recorded into %s", which,
                    end->directory ? end->directory : "the directory given with --attach");
}

static int not_recorded(const struct record_settings *settings, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_UNMET,
                    "nothing was recorded, so that no condition of --until was met%s",
                    settings->wait ? "; with --wait, ebb record --attach begins a recording" : "");
}

/* The guest has not failed: without --repeat the recording is kept all the same. */
static int dismiss(const struct record_settings *settings, const struct run_end *end,
                   struct ebb_error *error)
{
    if (settings->has_repeat) {
        return end->directory ? recording_delete(end->directory, &end->made, error) : 0;
    }
    return ebb_fail(error, EBB_ERROR_UNMET, "the guest did not fail (%s); recorded into %s",
                    end->condition ? end->condition : end->reason,
                    end->directory ? end->directory : "the directory given with --attach");
}

/* Whatever it was busy with when the signal came. */
static bool take_stop(struct run_end *end)
{
    end->stopped = end->stopped || progress_is_interrupted();
    return end->stopped;
}

int record_repeat(const struct record_settings *settings, record_once once, void *opaque,
                  struct ebb_error *error)
{
    struct run_end end = {0};
    bool failed = false;
    int status = 0;

    for (unsigned long long run = 1; run <= settings->repeat && status == 0 && !failed; run++) {
        if (take_stop(&end)) {
            return stopped(settings, run, &end, error);
        }
        status = once(opaque, run, &end, error);
        if (status == 0 && !end.reason && (!take_stop(&end) || settings->wait)) {
            status = end.asked ? 0 : not_recorded(settings, error);
            run_end_clear(&end);
            return status;
        }
        failed = status == 0 && has_failed(&end);
        if (failed) {
            tell_failure(settings, run, &end);
        } else if (status == 0) {
            take_stop(&end);
            status = was_stopped(&end) ? stopped(settings, run, &end, error)
                                       : dismiss(settings, &end, error);
        }
        run_end_clear(&end);
    }
    if (status == 0 && !failed && take_stop(&end)) {
        status = stopped(settings, settings->repeat, &end, error);
    } else if (status == 0 && !failed) {
        status = ebb_fail(error, EBB_ERROR_UNMET,
                          "the guest did not fail in %llu runs; their recordings are deleted",
                          settings->repeat);
    }
    return status;
}
