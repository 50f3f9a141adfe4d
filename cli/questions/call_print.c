/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call_print.h"

#include "cli/arm_state.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_AARCH32 4u

static bool is_narrow(const struct call *call)
{
    return call->made.mode & ARM_STATE_AARCH32;
}

static size_t argument_count(const struct call *call)
{
    return is_narrow(call) ? ARGUMENTS_AARCH32 : CALL_ARGUMENTS;
}

static void print_text(const char *text)
{
    char *printable = text_printable(text, strlen(text));

    fputs(printable ? printable : "?", stdout);
    free(printable);
}

static void print_function(const struct call_print *print, const struct call *call)
{
    const struct function *function = functions_at(print->functions, call->made.function);

    if (function && *function->name) {
        print_text(function->name);
    } else {
        printf("0x%" PRIx64, call->made.function);
    }
}

static void print_registers(const struct call *call)
{
    for (size_t i = 0; i < argument_count(call); i++) {
        printf("%s%c%zu=0x%" PRIx64, i ? ", " : "", is_narrow(call) ? 'r' : 'x', i,
               call->arguments[i]);
    }
}

static void print_arguments(const struct signature *signature, json_t *values)
{
    json_t *argument;
    size_t i;

    json_array_foreach(signature->arguments, i, argument)
    {
        const char *name = json_string_value(json_array_get(argument, 0));
        const char *value = json_string_value(json_array_get(values, i));

        fputs(i ? ", " : "", stdout);
        print_text(name ? name : "?");
        putchar('=');
        print_text(value ? value : "...");
    }
}

/* The result, if there is one, and the way there. */
static void print_end(const struct call_print *print, const struct call *call,
                      const struct signature *signature, json_t *values)
{
    const char *value = json_string_value(json_array_get(values, 1));
    uint64_t duration = call->end_position - call->made.position;

    switch (call->end) {
    case CALL_RETURNED:
        if (!signature) {
            printf(" = 0x%" PRIx64, call->results[0]);
        } else if (json_is_string(signature->result)) {
            fputs(" = ", stdout);
            print_text(value ? value : "...");
        }
        printf(", returns at %" PRIu64 " after %" PRIu64, call->end_position, duration);
        break;
    case CALL_LEFT:
        printf(", never returns: left before its caller calls again, at %" PRIu64,
               call->end_position);
        break;
    default:
        printf(", does not return before %" PRIu64, print->question->scan.to);
    }
}

static int print_call(struct call_print *print, const struct call *call,
                      const struct signature *signature, json_t *values, struct ebb_error *error)
{
    char *caller = callers_describe(&print->callers, call->made.return_address);

    if (!caller) {
        return ebb_fail_memory(error);
    }
    printf("%15" PRIu64 " ", call->made.position);
    print_function(print, call);
    putchar('(');
    if (signature) {
        print_arguments(signature, json_array_get(values, 0));
    } else {
        print_registers(call);
    }
    putchar(')');
    print_end(print, call, signature, values);
    printf(", from %s\n", caller);
    free(caller);
    return 0;
}

static json_t *registers_json(const struct call *call, const uint64_t *values, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        char name[24];

        snprintf(name, sizeof(name), "%c%zu", is_narrow(call) ? 'r' : 'x', i);
        json_object_set_new(object, name, json_hexadecimal(values[i]));
    }
    return object;
}

/* What stands in gdb's answer may be anything. */
static json_t *printable(const json_t *text)
{
    return json_is_string(text) ? json_printable(json_string_value(text), json_string_length(text))
                                : json_null();
}

static json_t *arguments_json(const struct signature *signature, json_t *values)
{
    json_t *list = json_array(), *argument;
    size_t i;

    json_array_foreach(signature->arguments, i, argument)
    {
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "name",
                                              printable(json_array_get(argument, 0)), "type",
                                              printable(json_array_get(argument, 1)), "value",
                                              printable(json_array_get(values, i))));
    }
    return list;
}

static void add_result(json_t *object, const struct call *call, const struct signature *signature,
                       json_t *values)
{
    if (!signature) {
        json_object_set_new(object, "results", registers_json(call, call->results, CALL_RESULTS));
    } else if (json_is_string(signature->result)) {
        json_object_set_new(object, "result",
                            json_pack("{s:o, s:o}", "type", printable(signature->result), "value",
                                      printable(json_array_get(values, 1))));
    }
}

static json_t *call_json(struct call_print *print, const struct call *call,
                         const struct signature *signature, json_t *values)
{
    const struct function *function = functions_at(print->functions, call->made.function);
    json_t *object = json_pack("{s:o, s:o}", "position", json_unsigned(call->made.position),
                               "address", json_hexadecimal(call->made.function));

    if (function && *function->name) {
        json_object_set_new(object, "function",
                            json_printable(function->name, strlen(function->name)));
    }
    json_object_set_new(object, signature ? "arguments" : "registers",
                        signature ? arguments_json(signature, json_array_get(values, 0))
                                  : registers_json(call, call->arguments, argument_count(call)));
    json_object_set_new(object, "caller", callers_json(&print->callers, call->made.return_address));
    if (call->end == CALL_RETURNED) {
        json_object_set_new(object, "returned", json_unsigned(call->end_position));
        json_object_set_new(object, "duration",
                            json_unsigned(call->end_position - call->made.position));
        add_result(object, call, signature, values);
    } else if (call->end == CALL_LEFT) {
        json_object_set_new(object, "left_before", json_unsigned(call->end_position));
    }
    return object;
}

static int print_one(struct call_print *print, const struct call *call, json_t *texts, size_t *next,
                     struct ebb_error *error)
{
    struct question *question = print->question;
    const struct signature *signature = signatures_find(print->signatures, call->made.function);
    json_t *values = signature ? json_array_get(texts, (*next)++) : NULL;

    return question->json
               ? json_list_add(&question->list, call_json(print, call, signature, values), error)
               : print_call(print, call, signature, values, error);
}

int call_print_flush(struct call_print *print, struct ebb_error *error)
{
    json_t *texts = NULL;
    size_t next = 0, count = print->count;
    int status = 0;

    print->count = 0;
    if (print->signatures && count) {
        texts = signatures_describe(print->signatures, print->waiting, count);
    }
    progress_clear(&print->question->progress);
    for (size_t i = 0; i < count && status == 0; i++) {
        status = print_one(print, &print->waiting[i], texts, &next, error);
    }
    json_decref(texts);
    return status;
}

int call_print_add(struct call_print *print, const struct call *call, struct ebb_error *error)
{
    print->waiting[print->count++] = *call;
    return print->count < CALL_PRINT_BATCH ? 0 : call_print_flush(print, error);
}
