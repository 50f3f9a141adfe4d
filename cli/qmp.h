/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QEMU's monitor protocol (QMP), over a Unix socket: one command at a time. */
#ifndef EBB_CLI_QMP_H
#define EBB_CLI_QMP_H

#include "log/error.h"

#include <jansson.h>

struct qmp;

/* Connects and shakes hands; NULL: *error. */
struct qmp *qmp_connect(const char *path, struct ebb_error *error);
void qmp_close(struct qmp *qmp);

/*
 * Executes a command and waits for its answer. Takes the reference to arguments (NULL: none). An
 * answer that is wanted goes to *result, whose reference is the caller's.
 */
int qmp_execute(struct qmp *qmp, const char *command, json_t *arguments, json_t **result,
                struct ebb_error *error);

/* Properties of QEMU's objects. Takes the reference to value. */
int qmp_set(struct qmp *qmp, const char *object, const char *property, json_t *value,
            struct ebb_error *error);
json_t *qmp_get(struct qmp *qmp, const char *object, const char *property, struct ebb_error *error);

#endif
