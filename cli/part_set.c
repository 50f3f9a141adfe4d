/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "part_set.h"

#include <stdlib.h>
#include <string.h>

/* Of a question (question_words.h), what is asked; NULL: it is of none. */
static const json_t *question_of(const struct part *part)
{
    return json_object_get(part->found, "question");
}

static bool same_question(const struct part *first, const struct part *part)
{
    return (!question_of(first) && !question_of(part)) ||
           json_equal(question_of(first), question_of(part));
}

/* Does a part belong to the same whole as the first one? */
static int compare(const struct part *first, const char *first_path, const struct part *part,
                   const char *path, struct ebb_error *error)
{
    if (strcmp(part->command, first->command)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s is of ebb %.15s and %s of ebb %.15s; join those of one command", path,
                        part->command, first_path, first->command);
    }
    if (strcmp(part->recording, first->recording)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s and %s are of different recordings, or the recording has changed "
                        "between them; run all shards over the same one",
                        path, first_path);
    }
    if (!same_question(first, part)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s and %s are of ebb %.15s with other operands or options; join those of "
                        "one question",
                        path, first_path, part->command);
    }
    if (part->shard.count != first->shard.count) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s is of %u shards and %s of %u; join those of one number", path,
                        part->shard.count, first_path, first->shard.count);
    }
    return 0;
}

/* Puts a part where its shard belongs. */
static int place(struct part_set *set, const char **names, struct part *part, const char *path,
                 struct ebb_error *error)
{
    unsigned at = part->shard.number - 1;

    if (names[at]) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%s and %s are both shard %u of %u; name each shard once", names[at], path,
                        part->shard.number, part->shard.count);
    }
    names[at] = path;
    set->parts[at] = *part;
    *part = (struct part){0};
    return 0;
}

static int find_missing(const struct part_set *set, const char **names, struct ebb_error *error)
{
    unsigned missing = 0, first = 0;

    for (unsigned i = set->count; i > 0; i--) {
        if (!names[i - 1]) {
            missing++;
            first = i;
        }
    }
    if (missing > 1) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "%u of the %u shards are missing, the first is shard %u; name the parts of "
                        "all",
                        missing, set->count, first);
    }
    return missing ? ebb_fail(error, EBB_ERROR_USAGE,
                              "shard %u of %u is missing; name the parts of all", first, set->count)
                   : 0;
}

/* Makes room for all shards, once the first part has told how many there are. */
static int begin(struct part_set *set, const char ***names, const struct part *part,
                 struct ebb_error *error)
{
    set->count = part->shard.count;
    set->parts = calloc(set->count, sizeof(*set->parts));
    *names = calloc(set->count, sizeof(**names));
    return set->parts && *names ? 0 : ebb_fail_memory(error);
}

/* Takes over the part, which is the next one. */
static int add(struct part_set *set, const char ***names, struct part *part, const char *path,
               struct ebb_error *error)
{
    unsigned at = 0;

    if (!*names && begin(set, names, part, error) < 0) {
        return -1;
    }
    while (at < set->count && !(*names)[at]) {
        at++;
    }
    if (at < set->count && compare(&set->parts[at], (*names)[at], part, path, error) < 0) {
        return -1;
    }
    return place(set, *names, part, path, error);
}

int part_set_read(struct part_set *set, char *const *paths, int count, struct ebb_error *error)
{
    const char **names = NULL; /* of the shards that are there */
    int status = 0;

    *set = (struct part_set){0};
    for (int i = 0; i < count && status == 0; i++) {
        struct part part;

        status = part_read(paths[i], &part, error);
        if (status == 0) {
            status = add(set, &names, &part, paths[i], error);
        }
        part_free(&part);
    }
    if (status == 0) {
        status = find_missing(set, names, error);
    }
    free(names);
    return status;
}

void part_set_free(struct part_set *set)
{
    for (unsigned i = 0; i < set->count && set->parts; i++) {
        part_free(&set->parts[i]);
    }
    free(set->parts);
    *set = (struct part_set){0};
}

int part_set_check(const struct part_set *set, const char *directory, const char *digest,
                   const struct interval_list *intervals, struct ebb_error *error)
{
    bool same = strcmp(set->parts[0].recording, digest) == 0;

    for (unsigned i = 0; same && i < set->count; i++) {
        struct interval_range range = shard_intervals(&set->parts[i].shard, intervals);

        same = range.first == set->parts[i].intervals.first &&
               range.count == set->parts[i].intervals.count;
    }
    return same ? 0
                : ebb_fail(error, EBB_ERROR_USAGE,
                           "the parts are of another recording than %s, or it has changed since; "
                           "run all shards over it again",
                           directory);
}
