/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "position.h"

#include <inttypes.h>
#include <string.h>

const char *rsp_position_digits(const char *text)
{
    if (!strcmp(text, "begin") || !strcmp(text, "end")) {
        return NULL;
    }
    return text + (text[0] == '+' || text[0] == '-');
}

int rsp_position_resolve(const struct timeline *timeline, const char *text, uint64_t number,
                         uint64_t *position, struct ebb_error *error)
{
    uint64_t begin = timeline_begin(timeline), end = timeline_end(timeline);
    uint64_t now = timeline_position(timeline);

    if (!rsp_position_digits(text)) {
        *position = text[0] == 'b' ? begin : end;
    } else if (text[0] == '+') {
        *position = number < end - now ? now + number : end;
    } else if (text[0] == '-') {
        *position = number < now - begin ? now - number : begin;
    } else if (number < begin || number > end) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "position %" PRIu64 " is outside of the recording, which goes from %" PRIu64
                        " to %" PRIu64,
                        number, begin, end);
    } else {
        *position = number;
    }
    return 0;
}
