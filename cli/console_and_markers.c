/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console_and_markers.h"

#include "markers.h"

struct merger {
    uint64_t from, to;
    struct markers markers;
    size_t next; /* of the markers */
    bool ended;  /* visit has said so */
    console_visit visit;
    void *opaque;
};

/* Those up to a position. */
static int visit_markers(struct merger *merger, uint64_t until, struct ebb_error *error)
{
    const struct markers *markers = &merger->markers;
    int status = 0;

    while (status == 0 && merger->next < markers->count &&
           markers->list[merger->next].position <= until) {
        const struct marker *marker = &markers->list[merger->next++];

        if (marker->position >= merger->from && marker->position <= merger->to) {
            status = merger->visit(
                merger->opaque,
                &(struct console_line){.position = marker->position, .marker = marker->name},
                error);
        }
    }
    return status;
}

static int visit_line(void *opaque, const struct console_line *line, struct ebb_error *error)
{
    struct merger *merger = opaque;
    int status = visit_markers(merger, line->position, error);

    status = status ? status : merger->visit(merger->opaque, line, error);
    merger->ended = status > 0;
    return status;
}

int console_and_markers_visit(const struct ebb_log *log, const struct manifest *manifest,
                              uint64_t from, uint64_t to, console_visit visit, void *opaque,
                              struct ebb_error *error)
{
    struct merger merger = {.from = from, .to = to, .visit = visit, .opaque = opaque};
    int status = markers_read(&merger.markers, log, manifest, error);

    if (status == 0) {
        status = console_lines_visit(log, manifest, from, to, visit_line, &merger, error);
    }
    if (status == 0 && !merger.ended) {
        status = visit_markers(&merger, UINT64_MAX, error);
    }
    markers_clear(&merger.markers);
    return status < 0 ? -1 : 0;
}
