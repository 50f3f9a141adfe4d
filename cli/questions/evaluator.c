/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluator.h"
#include "question_gdb.h"

#include "cli/private_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Progress has blocked SIGINT; the others end the program as ever. */
static int watch_signals(struct evaluator *evaluator, struct ebb_error *error)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    evaluator->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return evaluator->signals < 0
               ? ebb_fail(error, EBB_ERROR_FAILED, "cannot watch for signals: %s", strerror(errno))
               : 0;
}

int evaluator_open(struct evaluator *evaluator, struct question *question, const char *asked,
                   struct ebb_error *error)
{
    char socket[PATH_MAX + 8];

    *evaluator = (struct evaluator){.signals = -1};
    if (question_gdb_check(question, error) < 0 || watch_signals(evaluator, error) < 0 ||
        private_folder_create(evaluator->folder, error) < 0) {
        return -1;
    }
    snprintf(socket, sizeof(socket), "%s/gdb", evaluator->folder);
    evaluator->session = question_gdb_start(question, asked, socket, evaluator->signals, error);
    return evaluator->session ? 0 : -1;
}

void evaluator_close(struct evaluator *evaluator)
{
    gdb_session_end(evaluator->session);
    if (evaluator->folder[0]) {
        rmdir(evaluator->folder);
    }
    if (evaluator->signals >= 0) {
        close(evaluator->signals);
    }
    *evaluator = (struct evaluator){.signals = -1};
}

json_t *evaluator_ask(struct evaluator *evaluator, json_t *request, struct ebb_error *error)
{
    return gdb_session_ask(evaluator->session, request, error);
}
