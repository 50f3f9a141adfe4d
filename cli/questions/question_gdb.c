/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question_gdb.h"

#include "cli/guest_state.h"
#include "cli/programs.h"
#include "cli/symbol_file.h"

#include <stdlib.h>

static int check_symbols(const struct question *question, struct ebb_error *error)
{
    return question->symbol_file
               ? symbol_file_check_for_gdb(&question->recording, question->symbol_file, error)
               : 0;
}

int question_gdb_check(struct question *question, struct ebb_error *error)
{
    char *gdb = check_symbols(question, error) == 0 ? programs_gdb(error) : NULL;
    bool found = gdb != NULL;

    free(gdb);
    return found ? 0 : -1;
}

static struct gdb_session *start(struct question *question, const char *gdb, const char *asked,
                                 const char *socket, int stop_fd, struct ebb_error *error)
{
    char *script = programs_gdb_script();
    struct gdb_session_options options = {
        .gdb = gdb,
        .script = script,
        .asked = asked,
        .symbols = question->symbol_file,
        .offset = question->symbols ? symbols_offset(question->symbols) : 0,
        .big_endian = question->symbol_file && symbol_file_is_big_endian(question->symbol_file),
        .socket = socket,
        .stop_fd = stop_fd,
    };
    struct gdb_session *session =
        gdb_session_start(socket ? question->timeline : NULL, &options, error);

    free(script);
    return session;
}

struct gdb_session *question_gdb_start(struct question *question, const char *asked,
                                       const char *socket, int stop_fd, struct ebb_error *error)
{
    struct gdb_session *session = NULL;
    char *gdb = NULL;

    /* Without a target, whatever the file is of is what gdb knows. */
    if ((!socket || check_symbols(question, error) == 0) && (gdb = programs_gdb(error))) {
        session = start(question, gdb, asked, socket, stop_fd, error);
        if (!session && error->kind == EBB_ERROR_USAGE) {
            /* What it says of a CPU that it does not know helps nobody. */
            programs_check_gdb(gdb, guest_state_is_wide(question->timeline), error);
        }
    }
    free(gdb);
    return session;
}
