/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "part_file.h"

#include "json_list.h"
#include "new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "ebb-part"
#define MAX_BYTES (1ull << 31) /* of a file */

/* Of the document without its own digest. */
static int digest_of(const json_t *document, char digest[SHA256_TEXT_SIZE])
{
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);

    if (!text) {
        return -1;
    }
    sha256_text(text, strlen(text), digest);
    free(text);
    return 0;
}

static json_t *make_document(const struct part *part)
{
    json_t *document =
        json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:{s:I, s:I}, s:O}", "format", FORMAT, "version",
                  PART_VERSION, "command", part->command, "recording", part->recording, "shard",
                  (json_int_t)part->shard.number, "shards", (json_int_t)part->shard.count,
                  "intervals", "first", (json_int_t)part->intervals.first, "count",
                  (json_int_t)part->intervals.count, "found", part->found);
    char digest[SHA256_TEXT_SIZE];

    if (document && (digest_of(document, digest) < 0 ||
                     json_object_set_new(document, "digest", json_string(digest)) < 0)) {
        json_decref(document);
        return NULL;
    }
    return document;
}

int part_write(const char *path, const struct part *part, struct ebb_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *document = make_document(part);
    int status = -1;

    if (!out) {
        json_decref(document);
        return ebb_fail_memory(error);
    }
    status = json_print(out, document, error);
    if (fclose(out) == EOF && status == 0) {
        status = ebb_fail_memory(error);
    }
    if (status == 0 && size > MAX_BYTES) {
        status =
            ebb_fail(error, EBB_ERROR_USAGE,
                     "what this shard has found takes %zu bytes, and ebb merge reads parts of up "
                     "to %llu; make more shards, or ask for less with --from and --to",
                     size, MAX_BYTES);
    }
    if (status == 0) {
        status = new_file_write(path, text, size, error);
    }
    free(text);
    return status;
}

void part_tell(const struct part *part, const char *directory, const char *path)
{
    printf("%s: shard %u of %u, which has %zu interval%s, is in %s%s\n", directory,
           part->shard.number, part->shard.count, part->intervals.count,
           part->intervals.count == 1 ? "" : "s", path,
           json_object_get(part->found, "problem")
               ? "; it does not replay as recorded to its end, of which ebb merge tells"
               : "");
}

static int fail_to_read(const char *path, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_FAILED, "cannot read %s: %s", path, strerror(errno));
}

static int refuse(const char *path, const char *what, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "%s %s; name a file that a command with --shard has written, or run that shard "
                    "again",
                    path, what);
}

static json_t *load_opened(const char *path, FILE *file, struct ebb_error *error)
{
    struct stat status;
    json_error_t problem;
    json_t *document = NULL;

    if (fstat(fileno(file), &status) < 0) {
        fail_to_read(path, error);
    } else if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > MAX_BYTES) {
        refuse(path, "is no part", error);
    } else {
        document = json_loadf(file, JSON_REJECT_DUPLICATES, &problem);
        if (!document) {
            refuse(path, "is no part, or damaged", error);
        }
    }
    return document;
}

static json_t *load(const char *path, struct ebb_error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    json_t *document;

    if (!file) {
        fail_to_read(path, error);
        if (descriptor >= 0) {
            close(descriptor);
        }
        return NULL;
    }
    document = load_opened(path, file, error);
    fclose(file);
    return document;
}

static int check_head(const char *path, const json_t *document, struct ebb_error *error)
{
    const char *format = json_string_value(json_object_get(document, "format"));
    const json_t *version = json_object_get(document, "version");

    if (!format || strcmp(format, FORMAT) || !json_is_integer(version)) {
        return refuse(path, "is no part", error);
    }
    if (json_integer_value(version) != PART_VERSION) {
        return ebb_fail(error, EBB_ERROR_UNSUPPORTED,
                        "%s is a part of version %lld, and this ebb knows version %d; run all "
                        "shards with the ebb that joins them",
                        path, (long long)json_integer_value(version), PART_VERSION);
    }
    return 0;
}

/* Takes the document's digest out and compares it with the rest. */
static bool is_whole(json_t *document)
{
    json_t *written = json_incref(json_object_get(document, "digest"));
    char digest[SHA256_TEXT_SIZE];
    bool whole;

    json_object_del(document, "digest");
    whole = json_is_string(written) && digest_of(document, digest) == 0 &&
            strcmp(json_string_value(written), digest) == 0;
    json_decref(written);
    return whole;
}

static bool copy_string(const json_t *document, const char *name, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(document, name));

    return text && snprintf(to, size, "%s", text) < (int)size;
}

static bool is_command_name(const char *name)
{
    return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

static bool read_members(const json_t *document, struct part *part)
{
    const json_t *intervals = json_object_get(document, "intervals");
    uint64_t number, count, first, interval_count;

    if (!copy_string(document, "command", part->command, sizeof(part->command)) ||
        !copy_string(document, "recording", part->recording, sizeof(part->recording)) ||
        json_read_number(json_object_get(document, "shard"), &number) < 0 ||
        json_read_number(json_object_get(document, "shards"), &count) < 0 ||
        json_read_number(json_object_get(intervals, "first"), &first) < 0 ||
        json_read_number(json_object_get(intervals, "count"), &interval_count) < 0 || number < 1 ||
        number > count || count > SHARD_MAX) {
        return false;
    }
    part->shard = (struct shard){(unsigned)number, (unsigned)count};
    part->intervals = (struct interval_range){first, interval_count};
    part->found = json_incref(json_object_get(document, "found"));
    return json_is_object(part->found);
}

int part_read(const char *path, struct part *part, struct ebb_error *error)
{
    json_t *document = load(path, error);
    int status;

    *part = (struct part){0};
    if (!document) {
        return -1;
    }
    status = check_head(path, document, error);
    if (status == 0 && (!is_whole(document) || !read_members(document, part))) {
        status = refuse(path, "is damaged", error);
    } else if (status == 0 && !is_command_name(part->command)) {
        status = refuse(path, "names something that is no command's name", error);
    }
    json_decref(document);
    return status;
}

void part_free(struct part *part)
{
    json_decref(part->found);
    *part = (struct part){0};
}

int part_refuse(const struct part *part, struct ebb_error *error)
{
    return ebb_fail(error, EBB_ERROR_USAGE,
                    "what the part of shard %u of %u says was found makes no sense; run that shard "
                    "again",
                    part->shard.number, part->shard.count);
}
