/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question_merge.h"

#include "question_words.h"

/* Options of ebb merge that are the command's as well. */
static void take_own_options(struct arguments *arguments, const struct merging *merging)
{
    int json = command_option(arguments->command, "json");
    int output = command_option(arguments->command, "output");

    if (json >= 0 && merging->json) {
        arguments->values[json] = "";
    }
    if (output >= 0) {
        arguments->values[output] = merging->output;
    }
}

/* What commands print goes to standard output. */
static int run(struct merging *merging, struct arguments *arguments, struct ebb_error *error)
{
    FILE *kept = stdout;
    int status;

    arguments->merging = merging;
    take_own_options(arguments, merging);
    stdout = merging->out;
    status = merging->command->run(arguments, error);
    stdout = kept;
    return status;
}

int question_merge(struct merging *merging, struct ebb_error *error)
{
    const struct part *part = &merging->parts->parts[0];
    struct arguments arguments;
    int status = question_words_read(json_object_get(part->found, "question"), merging->command,
                                     merging->recording->directory, &arguments)
                     ? run(merging, &arguments, error)
                     : part_refuse(part, error);

    question_words_free(&arguments);
    return status;
}
