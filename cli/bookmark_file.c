/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bookmark_file.h"

#include "new_file.h"
#include "sha256.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, NAME_MAX_LENGTH = 60, LOG_BYTES = 24, PLACES = 2 };

struct bookmark_file {
    char *paths[PLACES]; /* in the recording, in the data folder; NULL: not there */
    int lock;            /* the recording's directory; -1: not locked */
};

static const char *user_name(void)
{
    static const char *const names[] = {"LOGNAME", "USER", "LNAME", "USERNAME"};
    const struct passwd *entry;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value && *value) {
            return value;
        }
    }
    entry = getpwuid(getuid());
    return entry ? entry->pw_name : NULL;
}

/* The user as a part of a file's name. */
static char *user_word(void)
{
    const char *name = user_name();
    char *word = NULL;

    if (!name) {
        return asprintf(&word, "%lu", (unsigned long)getuid()) < 0 ? NULL : word;
    }
    word = strdup(name);
    for (char *at = word; at && *at; at++) {
        /* What is above ASCII is taken for a letter. */
        if (!isalnum((unsigned char)*at) && !strchr("_.-", *at) && !((unsigned char)*at & 0x80)) {
            *at = '_';
        }
    }
    return word;
}

/* As the XDG Base Directory Specification has it; caller frees. */
static char *data_folder(void)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    const struct passwd *entry = home ? NULL : getpwuid(getuid());
    char *folder = NULL;
    int length;

    home = home ? home : entry ? entry->pw_dir : "/";
    length = data && data[0] == '/' ? asprintf(&folder, "%s/ebb/bookmarks", data)
                                    : asprintf(&folder, "%s/.local/share/ebb/bookmarks", home);
    return length < 0 ? NULL : folder;
}

/* The file's name in the data folder: from the log's beginning, which has the recording's number.
 */
static int name_by_log(const char *directory, char name[SHA256_TEXT_SIZE])
{
    uint8_t bytes[LOG_BYTES];
    char *path = NULL;
    ssize_t got;
    int log;

    if (asprintf(&path, "%s/log", directory) < 0) {
        return -1;
    }
    log = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(path);
    got = log < 0 ? 0 : read(log, bytes, sizeof(bytes));
    if (log >= 0) {
        close(log);
    }
    sha256_text(bytes, got > 0 ? (size_t)got : 0, name);
    name[SHA256_TEXT_SIZE / 2] = '\0'; /* half of it will do */
    return 0;
}

static int find_paths(struct bookmark_file *file, const struct recording *recording,
                      struct ebb_error *error)
{
    char *user = user_word(), *folder = data_folder(), name[SHA256_TEXT_SIZE];
    char *directory = realpath(recording->directory, NULL);
    int problem = errno;
    bool failed = !directory || !user || !folder || name_by_log(directory, name) < 0;

    if (!failed) {
        failed = asprintf(&file->paths[0], "%s/bookmarks-%s.json", directory, user) < 0 ||
                 asprintf(&file->paths[1], "%s/%s.json", folder, name) < 0;
    }
    if (!directory) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot find the recording's directory %s: %s",
                 recording->directory, strerror(problem));
    } else if (failed) {
        ebb_fail_memory(error);
    }
    free(directory);
    free(user);
    free(folder);
    return failed ? -1 : 0;
}

struct bookmark_file *bookmark_file_open(const struct recording *recording, struct ebb_error *error)
{
    struct bookmark_file *file = calloc(1, sizeof(*file));

    if (!file) {
        ebb_fail_memory(error);
        return NULL;
    }
    file->lock = -1;
    if (find_paths(file, recording, error) < 0) {
        bookmark_file_close(file);
        return NULL;
    }
    return file;
}

void bookmark_file_close(struct bookmark_file *file)
{
    if (!file) {
        return;
    }
    if (file->lock >= 0) {
        close(file->lock);
    }
    for (size_t i = 0; i < PLACES; i++) {
        free(file->paths[i]);
    }
    free(file);
}

/* Of UTF-8; C1 (C2 80 to C2 9F) commands terminals. */
static bool may_be_in_name(const unsigned char *at)
{
    return *at < 0x80 ? isalnum(*at) || strchr("_.:+-", *at) : *at != 0xc2 || at[1] >= 0xa0;
}

bool bookmark_file_is_name(const char *text)
{
    size_t length = 0; /* characters */

    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (!may_be_in_name(at)) {
            return false;
        }
        length += (*at & 0xc0) != 0x80;
    }
    return length > 0 && length <= NAME_MAX_LENGTH;
}

static bool is_mark(const json_t *mark)
{
    const char *name = json_string_value(json_object_get(mark, "name"));
    const json_t *position = json_object_get(mark, "position");

    return name && bookmark_file_is_name(name) && json_is_integer(position) &&
           json_is_string(json_object_get(mark, "note")) &&
           json_is_string(json_object_get(mark, "place"));
}

struct contents {
    const char *path;
    char *text; /* NULL: there is no such file */
    size_t size;
    struct timespec changed;
};

static json_t *decode(const struct contents *contents, struct ebb_error *error)
{
    json_error_t problem;
    json_t *root =
        contents->size <= FILE_MAX ? json_loadb(contents->text, contents->size, 0, &problem) : NULL;
    json_t *marks = json_incref(json_object_get(root, "bookmarks")), *mark;
    bool good = json_is_array(marks);
    size_t i;

    json_array_foreach(marks, i, mark)
    {
        good &= is_mark(mark);
    }
    json_decref(root);
    if (!good) {
        json_decref(marks);
        ebb_fail(error, EBB_ERROR_CORRUPT,
                 "the bookmarks in %s are damaged: the file is left as it is; repair it or move it "
                 "away",
                 contents->path);
        return NULL;
    }
    return marks;
}

static int fail_to_read(const struct contents *contents, struct ebb_error *error)
{
    ebb_fail(error, EBB_ERROR_FAILED, "cannot read bookmarks from %s: %s", contents->path,
             strerror(errno));
    return -1;
}

static int read_text(struct contents *contents, int descriptor, struct ebb_error *error)
{
    ssize_t got = 0;

    contents->text = malloc(FILE_MAX + 1);
    if (!contents->text) {
        return ebb_fail_memory(error);
    }
    do {
        got = read(descriptor, contents->text + contents->size, FILE_MAX + 1 - contents->size);
        contents->size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    return got < 0 ? fail_to_read(contents, error) : 0;
}

/* Reads a file of this user's, if there is one. */
static int read_file(struct contents *contents, struct ebb_error *error)
{
    int descriptor = open(contents->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    int result;

    if (descriptor < 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_to_read(contents, error);
    }
    if (fstat(descriptor, &status) || S_ISDIR(status.st_mode)) {
        close(descriptor);
        return 0;
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
        close(descriptor);
        return ebb_fail(error, EBB_ERROR_FAILED,
                        "%s is no file of yours: bookmarks are not read from it", contents->path);
    }
    contents->changed = status.st_mtim;
    result = read_text(contents, descriptor, error);
    close(descriptor);
    return result;
}

static bool is_later(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
                                        : one->tv_nsec > other->tv_nsec;
}

/* Of the two, the one written last. */
static const struct contents *latest(const struct contents *contents)
{
    return contents[1].text &&
                   (!contents[0].text || is_later(&contents[1].changed, &contents[0].changed))
               ? &contents[1]
               : &contents[0];
}

json_t *bookmark_file_load(struct bookmark_file *file, struct ebb_error *error)
{
    struct contents contents[PLACES] = {{.path = file->paths[0]}, {.path = file->paths[1]}};
    json_t *marks = NULL;

    if (read_file(&contents[0], error) == 0 && read_file(&contents[1], error) == 0) {
        marks = latest(contents)->text ? decode(latest(contents), error) : json_array();
    }
    free(contents[0].text);
    free(contents[1].text);
    return marks;
}

json_t *bookmark_file_lock(struct bookmark_file *file, struct ebb_error *error)
{
    char *slash = strrchr(file->paths[0], '/');

    *slash = '\0';
    file->lock = open(file->paths[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    if (file->lock >= 0) {
        while (flock(file->lock, LOCK_EX) < 0 && errno == EINTR) {
        }
    }
    return bookmark_file_load(file, error);
}

/* The folder that a file is to be in, with those above it. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

int bookmark_file_save(struct bookmark_file *file, const json_t *marks, struct ebb_error *error)
{
    json_t *root = json_pack("{s:O}", "bookmarks", marks);
    char *text = root ? json_dumps(root, JSON_INDENT(1) | JSON_ENSURE_ASCII) : NULL;
    int status = -1;

    json_decref(root);
    if (!text) {
        return ebb_fail_memory(error);
    }
    if (strlen(text) > FILE_MAX) {
        free(text);
        return ebb_fail(error, EBB_ERROR_FAILED, "there are too many bookmarks; delete some");
    }
    for (size_t i = 0; i < PLACES && status < 0; i++) {
        if (i + 1 == PLACES) {
            make_folders(file->paths[i]);
        }
        status = new_file_write_private(file->paths[i], text, strlen(text), error);
    }
    free(text);
    return status < 0 ? ebb_fail_prefix(error, "cannot write bookmarks") : 0;
}
