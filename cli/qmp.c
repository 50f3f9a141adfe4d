/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct qmp {
    FILE *in;
    int out;
};

static int fail_closed(struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED,
                    "QEMU has closed the connection, or does not speak QMP");
}

/* The next message from QEMU, which is a whole object. */
static json_t *receive(struct qmp *qmp, struct ebb_error *error)
{
    json_t *message = json_loadf(qmp->in, JSON_DISABLE_EOF_CHECK, NULL);

    if (!json_is_object(message)) {
        json_decref(message);
        fail_closed(error);
        return NULL;
    }
    return message;
}

static int send_message(struct qmp *qmp, json_t *message, struct ebb_error *error)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t length = text ? strlen(text) : 0, done = 0;

    json_decref(message);
    if (!text) {
        return ebb_fail_memory(error);
    }
    text[length++] = '\n'; /* in place of the end */
    while (done < length) {
        ssize_t count = write(qmp->out, text + done, length - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            if (errno == EPIPE || errno == ECONNRESET) {
                fail_closed(error);
            } else {
                ebb_fail(error, EBB_ERROR_FAILED, "cannot write to QEMU: %s", strerror(errno));
            }
            free(text);
            return -1;
        }
        done += (size_t)count;
    }
    free(text);
    return 0;
}

/* Waits for the answer to a command; events that come before it are of no interest. */
static int receive_answer(struct qmp *qmp, json_t **result, struct ebb_error *error)
{
    for (;;) {
        json_t *message = receive(qmp, error), *failure, *answer;
        const char *text;

        if (!message) {
            return -1;
        }
        failure = json_object_get(message, "error");
        answer = json_object_get(message, "return");
        if (failure) {
            text = json_string_value(json_object_get(failure, "desc"));
            ebb_fail(error, EBB_ERROR_FAILED, "QEMU: %s", text ? text : "the command failed");
            json_decref(message);
            return -1;
        }
        if (answer && result) {
            *result = json_incref(answer);
        }
        json_decref(message);
        if (answer) {
            return 0;
        }
    }
}

int qmp_execute(struct qmp *qmp, const char *command, json_t *arguments, json_t **result,
                struct ebb_error *error)
{
    json_t *message = arguments
                          ? json_pack("{s:s, s:o}", "execute", command, "arguments", arguments)
                          : json_pack("{s:s}", "execute", command);

    return send_message(qmp, message, error) < 0 ? -1 : receive_answer(qmp, result, error);
}

int qmp_set(struct qmp *qmp, const char *object, const char *property, json_t *value,
            struct ebb_error *error)
{
    return qmp_execute(
        qmp, "qom-set",
        json_pack("{s:s, s:s, s:o}", "path", object, "property", property, "value", value), NULL,
        error);
}

json_t *qmp_get(struct qmp *qmp, const char *object, const char *property, struct ebb_error *error)
{
    json_t *value = NULL;

    return qmp_execute(qmp, "qom-get",
                       json_pack("{s:s, s:s}", "path", object, "property", property), &value,
                       error) < 0
               ? NULL
               : value;
}

static int connect_socket(const char *path, struct ebb_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int connection;

    if (strlen(path) >= sizeof(address.sun_path)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "the name of the socket %s is too long", path);
    }
    strcpy(address.sun_path, path);
    connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection >= 0 &&
        connect(connection, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        return connection;
    }
    ebb_fail(error, EBB_ERROR_FAILED,
             "cannot connect to %s: %s; it is the socket that ebb record --control names, while "
             "its guest runs",
             path, strerror(errno));
    if (connection >= 0) {
        close(connection);
    }
    return -1;
}

struct qmp *qmp_connect(const char *path, struct ebb_error *error)
{
    int connection = connect_socket(path, error);
    struct qmp *qmp;
    json_t *greeting;

    if (connection < 0) {
        return NULL;
    }
    qmp = calloc(1, sizeof(*qmp));
    if (qmp) {
        qmp->out = connection;
        qmp->in = fdopen(connection, "r");
    }
    if (!qmp || !qmp->in) {
        free(qmp);
        close(connection);
        ebb_fail_memory(error);
        return NULL;
    }
    greeting = receive(qmp, error);
    json_decref(greeting);
    if (!greeting || qmp_execute(qmp, "qmp_capabilities", NULL, NULL, error) < 0) {
        qmp_close(qmp);
        return NULL;
    }
    return qmp;
}

void qmp_close(struct qmp *qmp)
{
    if (qmp) {
        fclose(qmp->in);
        free(qmp);
    }
}
