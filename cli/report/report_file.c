/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report_file.h"

#include "cli/report_page.h"

#include <string.h>

/*
 * JSON in a page ends where the page's parser finds the end of its element, whatever JSON's own
 * rules say. So what that parser looks for is written as \uNNNN; these characters are in strings
 * only, where that is the same.
 */
static int write_escaped(const char *bytes, size_t size, void *opaque)
{
    FILE *file = opaque;
    const char *end = bytes + size;

    while (bytes < end) {
        size_t plain = 0;

        while (bytes + plain < end && !strchr("<>&", bytes[plain])) {
            plain++;
        }
        fwrite(bytes, 1, plain, file);
        bytes += plain;
        if (bytes < end) {
            fprintf(file, "\\u%04x", (unsigned char)*bytes++);
        }
    }
    return 0;
}

int report_file_write(FILE *file, json_t *data, struct ebb_error *error)
{
    int status;

    if (!data) {
        return ebb_fail_memory(error);
    }
    fwrite(report_page_head, 1, sizeof(report_page_head), file);
    status = json_dump_callback(data, write_escaped, file, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(data);
    fwrite(report_page_tail, 1, sizeof(report_page_tail), file);
    return status < 0 ? ebb_fail_memory(error) : 0;
}
