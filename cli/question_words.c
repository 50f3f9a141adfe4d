/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Of how it is answered, and of where the answer goes. */
static bool is_of_answer(const char *name)
{
    static const char *const names[] = {"json", "memory", "output", "shard", "workers"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

json_t *question_words_json(const struct arguments *arguments, bool named, int operand_count)
{
    json_t *operands = json_array(), *options = json_object();
    int failed = 0;

    for (int i = named; i < operand_count; i++) {
        failed |= json_array_append_new(operands, json_string(arguments->operands[i]));
    }
    for (size_t i = 0; arguments->command->options[i].name; i++) {
        const char *name = arguments->command->options[i].name;

        if (arguments->values[i] && !is_of_answer(name)) {
            failed |= json_object_set_new(options, name, json_string(arguments->values[i]));
        }
    }
    if (failed) {
        json_decref(operands);
        json_decref(options);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "operands", operands, "options", options);
}

static bool read_options(const json_t *options, struct arguments *arguments)
{
    const struct option_spec *specs = arguments->command->options;
    size_t found = 0;

    for (size_t i = 0; specs[i].name; i++) {
        const json_t *value = json_object_get(options, specs[i].name);

        if (value && (!json_is_string(value) || is_of_answer(specs[i].name))) {
            return false;
        }
        arguments->values[i] = json_string_value(value);
        found += value != NULL;
    }
    return json_is_object(options) && json_object_size(options) == found;
}

static bool read_operands(const json_t *operands, struct arguments *arguments)
{
    size_t count = json_array_size(operands);

    if (!json_is_array(operands) || count >= (size_t)arguments->command->operands_max) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        arguments->operands[i + 1] =
            (char *)(uintptr_t)json_string_value(json_array_get(operands, i));
        if (!arguments->operands[i + 1]) {
            return false;
        }
    }
    arguments->operand_count = (int)count + 1;
    return true;
}

bool question_words_read(const json_t *question, const struct command *command,
                         const char *directory, struct arguments *arguments)
{
    *arguments = (struct arguments){.command = command};
    arguments->operands = calloc((size_t)command->operands_max + 1, sizeof(char *));
    if (!arguments->operands) {
        return false;
    }
    arguments->operands[0] = (char *)(uintptr_t)directory;
    return read_operands(json_object_get(question, "operands"), arguments) &&
           read_options(json_object_get(question, "options"), arguments);
}

void question_words_free(struct arguments *arguments)
{
    free(arguments->operands);
    *arguments = (struct arguments){0};
}
