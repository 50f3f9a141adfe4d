/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "served_facts.h"

#include "console_lines.h"
#include "device_guess.h"
#include "guest_clock.h"
#include "markers.h"
#include "text.h"
#include "until.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct visitor {
    uint64_t from, to; /* positions; console_lines_visit() keeps to them by itself */
    bool (*visit)(void *opaque, uint64_t position, const char *text);
    void *opaque;
};

static int visit_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    const struct visitor *visitor = opaque;
    bool go_on;
    char *text;

    text = text_printable(line->bytes, line->length);
    if (!text) {
        return ebb_fail_memory(error);
    }
    go_on = visitor->visit(visitor->opaque, line->position, text);
    free(text);
    return !go_on;
}

static int visit_console(void *opaque, const struct ebb_log *log, uint64_t from, uint64_t to,
                         bool (*visit)(void *opaque, uint64_t position, const char *text),
                         void *visit_opaque, struct ebb_error *error)
{
    const struct recording *recording = opaque;
    struct visitor visitor = {.from = from, .to = to, .visit = visit, .opaque = visit_opaque};

    return console_lines_visit(log, recording->manifest, from, to, visit_line, &visitor, error);
}

/* Visits a line of "WORD TEXT". */
static int visit_word(const struct visitor *visitor, uint64_t position, const char *word,
                      const char *text, struct ebb_error *error)
{
    char *line;
    bool go_on;

    if (position < visitor->from || position > visitor->to) {
        return 0;
    }
    if (asprintf(&line, "%s %s", word, text) < 0) {
        return ebb_fail_memory(error);
    }
    go_on = visitor->visit(visitor->opaque, position, line);
    free(line);
    return !go_on;
}

static int visit_until(const struct visitor *visitor, const struct manifest *manifest,
                       const struct ebb_log *log, struct ebb_error *error)
{
    uint64_t position;
    int status = until_place(manifest, log, &position, error);
    char *what;

    if (status <= 0) {
        return status;
    }
    what = until_describe(manifest->until.condition, manifest->until.line);
    status = what ? visit_word(visitor, position, "until", what, error) : ebb_fail_memory(error);
    free(what);
    return status;
}

static int visit_markers(void *opaque, const struct ebb_log *log, uint64_t from, uint64_t to,
                         bool (*visit)(void *opaque, uint64_t position, const char *text),
                         void *visit_opaque, struct ebb_error *error)
{
    const struct recording *recording = opaque;
    struct visitor visitor = {.from = from, .to = to, .visit = visit, .opaque = visit_opaque};
    struct markers markers;
    int status = markers_read(&markers, log, recording->manifest, error);

    for (size_t i = 0; i < markers.count && status == 0; i++) {
        status =
            visit_word(&visitor, markers.list[i].position, "marker", markers.list[i].name, error);
    }
    if (status == 0) {
        status = visit_until(&visitor, recording->manifest, log, error);
    }
    markers_clear(&markers);
    return status < 0 ? -1 : 0;
}

_Static_assert(DEVICE_GUESS_WORDS_SIZE <= RSP_WHO_WROTE_SIZE, "what is told has to fit");

static int tell_who_wrote(void *opaque, const struct ebb_log *log, uint64_t step,
                          bool (*stopped)(void *opaque), void *stopped_opaque,
                          char words[RSP_WHO_WROTE_SIZE], struct ebb_error *error)
{
    const struct recording *recording = opaque;
    struct device_guess guess = {
        .manifest = recording->manifest, .stopped = stopped, .opaque = stopped_opaque};

    return device_guess(&guess, log, step, error) < 0 ? -1
                                                      : device_guess_words(&guess, words, error);
}

static void write_fact(FILE *file, const char *name, const char *value)
{
    char *text = value ? text_printable(value, strlen(value)) : NULL;

    if (text) {
        fprintf(file, "%s %s\n", name, text);
    }
    free(text);
}

int served_facts_init(struct rsp_recording *served, struct recording *recording,
                      struct ebb_error *error)
{
    char *directory = realpath(recording->directory, NULL), *facts = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&facts, &size);
    struct guest_clock clock = guest_clock_of(recording->manifest);

    if (!file) {
        free(directory);
        return ebb_fail_memory(error);
    }
    write_fact(file, "directory", directory);
    write_fact(file, "machine", recording->manifest->machine);
    write_fact(file, "architecture", recording->manifest->architecture);
    write_fact(file, "accelerator", recording->manifest->accelerator);
    write_fact(file, "created", recording->manifest->created);
    if (clock.frequency) {
        fprintf(file, "clock-frequency %" PRIu64 "\n", clock.frequency);
    }
    free(directory);
    if (fclose(file) != 0) {
        free(facts);
        return ebb_fail_memory(error);
    }
    *served = (struct rsp_recording){.facts = facts,
                                     .opaque = recording,
                                     .console = visit_console,
                                     .markers = visit_markers,
                                     .who_wrote = tell_who_wrote,
                                     .clock = clock.kind,
                                     .clock_address = clock.address};
    return 0;
}

void served_facts_free(struct rsp_recording *served)
{
    free((char *)served->facts);
}
