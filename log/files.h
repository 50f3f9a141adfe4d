/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a recording's log, opened before anything in them is read: for a process that opens
 * no more of them by the time it looks into what came from a stranger.
 */
#ifndef EBB_LOG_FILES_H
#define EBB_LOG_FILES_H

#include <stdbool.h>
#include <time.h>

enum ebb_log_file { EBB_FILE_START, EBB_FILE_LOG, EBB_FILE_KEYFRAMES, EBB_FILE_INDEX };
#define EBB_LOG_FILE_COUNT 4u

struct ebb_log_files {
    int files[EBB_LOG_FILE_COUNT];    /* by enum ebb_log_file; -1: it could not be opened, as */
    int problems[EBB_LOG_FILE_COUNT]; /* this errno says; 0: it is open */
    int directory;                    /* -1: there is none to open */
    struct timespec changed;          /* when the directory had changed last before that */
};

void ebb_log_files_open(struct ebb_log_files *files, const char *directory);
void ebb_log_files_close(struct ebb_log_files *files);

/* Where an open log's files are. */
struct ebb_log_place {
    const char *directory;
    const struct ebb_log_files *files; /* NULL: they are opened by name */
};

/* A new descriptor of the file of that name (log/format.h), or -1 and errno. */
int ebb_log_files_get(const struct ebb_log_files *files, const char *name);

/* Was anything put in the place of a file since they were opened? */
bool ebb_log_files_have_moved(const struct ebb_log_files *files);

#endif
