/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluator.h"

#include "cli/private_folder.h"
#include "cli/programs.h"
#include "cli/stop_signals.h"
#include "cli/symbol_file.h"

#include <errno.h>
#include <stdlib.h>
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

static int start(struct evaluator *evaluator, struct question *question, const char *gdb,
                 struct ebb_error *error)
{
    char socket[PATH_MAX + 8];
    char *script = programs_gdb_script();
    struct gdb_session_options options = {
        .gdb = gdb,
        .asked = "bisect.py",
        .script = script,
        .symbols = question->symbol_file,
        .offset = question->symbols ? symbols_offset(question->symbols) : 0,
        .big_endian = question->symbol_file && symbol_file_is_big_endian(question->symbol_file),
        .socket = socket,
        .stop_fd = evaluator->signals,
    };

    snprintf(socket, sizeof(socket), "%s/gdb", evaluator->folder);
    evaluator->session = gdb_session_start(question->timeline, &options, error);
    free(script);
    return evaluator->session ? 0 : -1;
}

int evaluator_open(struct evaluator *evaluator, struct question *question, struct ebb_error *error)
{
    char *gdb = programs_gdb(error);
    int status = -1;

    *evaluator = (struct evaluator){.signals = -1};
    if (gdb && watch_signals(evaluator, error) == 0 &&
        private_folder_create(evaluator->folder, error) == 0) {
        status = start(evaluator, question, gdb, error);
    }
    free(gdb);
    return status;
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
