/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report as a file: page.html with page.css and the scripts (model.js, timeline.js, panels.js,
 * page.js) in it, and the data. */
#ifndef EBB_CLI_REPORT_REPORT_FILE_H
#define EBB_CLI_REPORT_REPORT_FILE_H

#include "log/error.h"

#include <jansson.h>
#include <stdio.h>

/* Takes the reference to the data; NULL is a lack of memory. That the file cannot be written is no
 * error here: ferror(file) tells. */
int report_file_write(FILE *file, json_t *data, struct ebb_error *error);

#endif
