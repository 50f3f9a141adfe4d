/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: a FIFO in place of a file must not hold us up. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK)

static const char *const names[EBB_LOG_FILE_COUNT] = {
    [EBB_FILE_START] = EBB_START_FILE,
    [EBB_FILE_LOG] = EBB_LOG_FILE,
    [EBB_FILE_KEYFRAMES] = EBB_KEYFRAMES_FILE,
    [EBB_FILE_INDEX] = EBB_INDEX_FILE,
};

static struct timespec last_change(int directory)
{
    struct stat status;

    return directory < 0 || fstat(directory, &status) ? (struct timespec){0} : status.st_ctim;
}

void ebb_log_files_open(struct ebb_log_files *files, const char *directory)
{
    files->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    files->changed = last_change(files->directory);
    for (unsigned i = 0; i < EBB_LOG_FILE_COUNT; i++) {
        files->files[i] = files->directory < 0 ? -1 : openat(files->directory, names[i], FLAGS);
        files->problems[i] = files->files[i] < 0 ? errno : 0;
    }
}

void ebb_log_files_close(struct ebb_log_files *files)
{
    for (unsigned i = 0; i < EBB_LOG_FILE_COUNT; i++) {
        if (files->files[i] >= 0) {
            close(files->files[i]);
        }
    }
    if (files->directory >= 0) {
        close(files->directory);
    }
}

int ebb_log_files_get(const struct ebb_log_files *files, const char *name)
{
    for (unsigned i = 0; i < EBB_LOG_FILE_COUNT; i++) {
        if (strcmp(names[i], name) == 0 && files->files[i] >= 0) {
            return fcntl(files->files[i], F_DUPFD_CLOEXEC, 0);
        }
        if (strcmp(names[i], name) == 0) {
            errno = files->problems[i];
            return -1;
        }
    }
    errno = ENOENT;
    return -1;
}

bool ebb_log_files_have_moved(const struct ebb_log_files *files)
{
    struct timespec now = last_change(files->directory);

    return now.tv_sec != files->changed.tv_sec || now.tv_nsec != files->changed.tv_nsec;
}
