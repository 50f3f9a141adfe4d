/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest_markers.h"

#include "cli/markers.h"
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

static int read_markers(const struct shell *shell, struct markers *markers, struct ebb_error *error)
{
    return markers_read(markers, shell->recording.log, shell->recording.manifest, error);
}

int guest_markers_run(struct shell *shell, char *argument, struct ebb_error *error)
{
    struct markers markers;
    int status = read_markers(shell, &markers, error);

    (void)argument;
    for (size_t i = 0; i < markers.count && status == 0; i++) {
        char position[TEXT_NUMBER_SIZE];

        printf("%20s  %s\n", text_count(position, markers.list[i].position), markers.list[i].name);
    }
    markers_clear(&markers);
    return status;
}

int guest_markers_find(struct shell *shell, char *name, uint64_t *position, struct ebb_error *error)
{
    const struct marker *marker;
    struct markers markers;
    int status = read_markers(shell, &markers, error);

    marker = markers_find(&markers, name, timeline_position(shell->timeline));
    if (status == 0 && !marker) {
        status = ebb_fail(error, EBB_ERROR_USAGE,
                          "there is no marker \"%.40s\"; markers prints them", name);
    } else if (status == 0) {
        *position = marker->position;
    }
    markers_clear(&markers);
    return status;
}

int guest_markers_until(struct shell *shell, uint64_t *position, struct ebb_error *error)
{
    return recording_position(&shell->recording, "until", "position", position, error);
}

char *guest_markers_complete(const struct shell *shell, const char *begin, unsigned i)
{
    struct ebb_error error;
    struct markers markers;
    char *found = NULL;

    if (read_markers(shell, &markers, &error) == 0) {
        for (size_t number = 0; number < markers.count && !found; number++) {
            const char *name = markers.list[number].name;

            if (strncmp(name, begin, strlen(begin)) == 0 && i-- == 0) {
                found = strdup(name);
            }
        }
    }
    markers_clear(&markers);
    return found;
}
