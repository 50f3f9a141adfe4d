/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signatures.h"
#include "question_gdb.h"

#include "cli/gdb_session.h"
#include "cli/json_list.h"

#include <stdlib.h>
#include <string.h>

struct signatures {
    struct question *question;
    struct gdb_session *session;
    struct signature *known; /* by address */
    size_t known_count;
};

static int compare(const void *address, const void *signature)
{
    uint64_t a = *(const uint64_t *)address, b = ((const struct signature *)signature)->function;

    return (a > b) - (a < b);
}

const struct signature *signatures_find(const struct signatures *signatures, uint64_t function)
{
    return signatures && signatures->known_count
               ? bsearch(&function, signatures->known, signatures->known_count,
                         sizeof(*signatures->known), compare)
               : NULL;
}

/* Copies that a compiler has made for some callers may lack arguments, which nobody tells. */
static bool is_copy(const struct function *function)
{
    return strchr(function->name, '.') != NULL;
}

static size_t bounded(const json_t *number, size_t most)
{
    json_int_t value = json_integer_value(number);

    return value < 0 || (size_t)value > most ? most : (size_t)value;
}

static void add(struct signatures *signatures, uint64_t function, json_t *reply)
{
    if (!json_is_true(json_object_get(reply, "known"))) {
        return;
    }
    signatures->known[signatures->known_count++] = (struct signature){
        .function = function,
        .arguments = json_incref(json_object_get(reply, "arguments")),
        .result = json_incref(json_object_get(reply, "result")),
        .argument_registers = bounded(json_object_get(reply, "argument_registers"), CALL_ARGUMENTS),
        .result_registers = bounded(json_object_get(reply, "result_registers"), CALL_RESULTS),
    };
}

static int ask(struct signatures *signatures, const struct functions *functions,
               struct ebb_error *error)
{
    for (size_t i = 0; i < functions->count; i++) {
        json_t *request, *reply;

        if (is_copy(&functions->list[i])) {
            continue;
        }
        request = json_pack("{s:s, s:o}", "do", "signature", "address",
                            json_hexadecimal(functions->list[i].address));
        reply = gdb_session_ask(signatures->session, request, error);
        if (!reply) {
            return -1;
        }
        add(signatures, functions->list[i].address, reply);
        json_decref(reply);
    }
    return 0;
}

static void forget(struct signatures *signatures)
{
    for (size_t i = 0; i < signatures->known_count; i++) {
        json_decref(signatures->known[i].arguments);
        json_decref(signatures->known[i].result);
    }
    signatures->known_count = 0;
}

/* gdb is asked no more. */
static void give_up(struct signatures *signatures, const struct ebb_error *why)
{
    gdb_session_end(signatures->session);
    signatures->session = NULL;
    forget(signatures);
    progress_clear(&signatures->question->progress);
    fprintf(stderr, "ebb: registers are printed, and no names and types: %s\n", why->message);
}

struct signatures *signatures_open(struct question *question, const struct functions *functions)
{
    struct signatures *signatures = calloc(1, sizeof(*signatures));
    struct ebb_error error = {0};

    if (!question->symbols || !signatures) {
        free(signatures);
        return NULL;
    }
    signatures->question = question;
    signatures->known = calloc(functions->count + 1, sizeof(*signatures->known));
    if (!signatures->known) {
        ebb_fail_memory(&error);
    } else {
        signatures->session = question_gdb_start(question, "questions.py", NULL, -1, &error);
    }
    if (!signatures->session || ask(signatures, functions, &error) < 0) {
        give_up(signatures, &error);
    }
    if (signatures->known_count == 0) {
        signatures_close(signatures);
        return NULL;
    }
    return signatures;
}

static json_t *registers(const uint64_t *values, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_hexadecimal(values[i]));
    }
    return list;
}

static json_t *describe_call(const struct signature *signature, const struct call *call)
{
    return json_pack("[o, o, o]", json_hexadecimal(call->made.function),
                     registers(call->arguments, signature->argument_registers),
                     call->end == CALL_RETURNED
                         ? registers(call->results, signature->result_registers)
                         : json_null());
}

json_t *signatures_describe(struct signatures *signatures, const struct call *calls, size_t count)
{
    json_t *list = json_array(), *reply, *result;
    struct ebb_error error = {0};

    for (size_t i = 0; i < count; i++) {
        const struct signature *signature = signatures_find(signatures, calls[i].made.function);

        if (signature) {
            json_array_append_new(list, describe_call(signature, &calls[i]));
        }
    }
    if (json_array_size(list) == 0) {
        return list;
    }
    reply = gdb_session_ask(signatures->session,
                            json_pack("{s:s, s:o}", "do", "describe", "calls", list), &error);
    result = reply ? json_incref(json_object_get(reply, "calls")) : NULL;
    json_decref(reply);
    if (reply && !json_is_array(result)) {
        ebb_fail(&error, EBB_ERROR_UNSUPPORTED, "gdb's answer has no calls");
    }
    if (!json_is_array(result)) {
        give_up(signatures, &error);
    }
    return result;
}

void signatures_close(struct signatures *signatures)
{
    if (signatures) {
        gdb_session_end(signatures->session);
        forget(signatures);
        free(signatures->known);
        free(signatures);
    }
}
