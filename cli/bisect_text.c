/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bisect_text.h"

#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A string of the document, which symbols of strangers' files may be in; "" if it is none. */
static void print_string(const json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));
    char *text = string ? text_printable(string, strlen(string)) : NULL;

    fputs(text ? text : "", stdout);
    free(text);
}

static bool has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value && !json_is_null(value);
}

static void print_headline(const struct finding *finding)
{
    const struct bisection_result *bisection = &finding->bisection;
    char position[TEXT_NUMBER_SIZE];

    printf("position %s: ", text_count(position, finding->position));
    if (finding->at_position) {
        printf("here the guest began to write the line\n");
    } else if (finding->scanned) {
        printf("the first at which it holds, by a look at each candidate\n");
    } else if (finding->at_begin) {
        printf("it holds here already\n");
    } else {
        printf("the first at which it holds (%u probes, %.1f s)\n", bisection->probes,
               finding->seconds);
    }
}

static void print_doubts(const struct finding *finding)
{
    const struct bisection_result *bisection = &finding->bisection;
    char one[TEXT_NUMBER_SIZE], other[TEXT_NUMBER_SIZE];

    if (finding->at_begin) {
        if (bisection->not_monotone) {
            printf("later      it does not hold at position %s; --from looks behind that\n",
                   text_count(other, bisection->good_behind));
        }
        return;
    }
    if (bisection->unsure && bisection->has_good) {
        printf("unsure     it cannot be judged right before; that it does not hold is known at "
               "position %s\n",
               text_count(one, bisection->last_good));
    } else if (bisection->unsure) {
        printf("unsure     it cannot be judged right before, nor at any position before that was "
               "probed\n");
    }
    if (bisection->not_monotone) {
        printf("unsure     it comes and goes: it holds at position %s and does not at %s, so that "
               "it may have held\n           before as well; --scan looks at each candidate\n",
               text_count(one, bisection->bad_before), text_count(other, bisection->good_behind));
    }
}

static void print_function(const json_t *object)
{
    if (has(object, "function")) {
        fputs(" in ", stdout);
        print_string(object, "function");
    }
    if (has(object, "file")) {
        fputs(" at ", stdout);
        print_string(object, "file");
        if (json_integer_value(json_object_get(object, "line")) > 0) {
            printf(":%lld", (long long)json_integer_value(json_object_get(object, "line")));
        }
    }
}

/* When devices wrote: because of the instruction, while it executed, or by themselves. */
static const char *device_place(const json_t *document)
{
    const json_t *at = json_object_get(document, "instruction_at"), *event;
    bool within = false, behind = false;
    size_t i;

    json_array_foreach(json_object_get(document, "events"), i, event)
    {
        const char *kind = json_string_value(json_object_get(event, "kind"));
        bool is_dma = kind && strcmp(kind, "dma") == 0;
        bool same = json_equal(json_object_get(event, "position"), at);

        within |= is_dma && same;
        behind |= is_dma && !same;
    }
    return within && behind ? "within or right behind" : within ? "within" : "right behind";
}

static void print_maker(const json_t *document, const struct finding *finding)
{
    const char *by = json_string_value(json_object_get(document, "by"));
    uint64_t at = (uint64_t)json_integer_value(json_object_get(document, "instruction_at"));
    char position[TEXT_NUMBER_SIZE];

    text_count(position, at);
    if (finding->at_begin) {
        printf("there      ");
    } else if (by && strcmp(by, "device") == 0) {
        printf("made by    a device's write to memory, %s the instruction at position %s:\n"
               "           ",
               device_place(document), position);
    } else if (by && strcmp(by, "reset") == 0) {
        printf(
            "made by    a reset of the guest, behind the instruction at position %s:\n           ",
            position);
    } else {
        printf("made by    the instruction at position %s:\n           ", position);
    }
    print_string(document, "pc");
    print_function(document);
    if (has(document, "instruction")) {
        fputs(": ", stdout);
        print_string(document, "instruction");
    }
    putchar('\n');
}

static void print_changes(const json_t *document, const char *key, const char *label,
                          const char *name)
{
    const json_t *change;
    size_t i;

    json_array_foreach(json_object_get(document, key), i, change)
    {
        printf("%-11s", i ? "" : label);
        print_string(change, name);
        if (has(change, "before")) {
            fputs(" ", stdout);
            print_string(change, "before");
        } else {
            fputs(" (unknown)", stdout);
        }
        if (json_object_get(change, "after")) {
            fputs(" -> ", stdout);
            has(change, "after") ? print_string(change, "after") : (void)fputs("(unknown)", stdout);
        }
        putchar('\n');
    }
}

static void print_device(const json_t *document)
{
    const json_t *device = json_object_get(document, "device");

    if (device) {
        printf("written    ");
        print_string(device, "words");
        putchar('\n');
    }
}

static void print_events(const json_t *document)
{
    const json_t *event;
    size_t i;

    json_array_foreach(json_object_get(document, "events"), i, event)
    {
        printf("%-11s", i ? "" : "events");
        print_string(event, "kind");
        fputs(" ", stdout);
        print_string(event, "address");
        if (has(event, "bytes")) {
            printf(", %lld bytes", (long long)json_integer_value(json_object_get(event, "bytes")));
        } else {
            fputs(" value ", stdout);
            print_string(event, "value");
        }
        putchar('\n');
    }
    if (has(document, "events_left_out")) {
        printf("           and %lld more, which ebb dump prints\n",
               (long long)json_integer_value(json_object_get(document, "events_left_out")));
    }
}

static void print_backtrace(const json_t *document)
{
    const json_t *frame;
    size_t i;

    json_array_foreach(json_object_get(document, "backtrace"), i, frame)
    {
        printf("%-11s#%-3zu ", i ? "" : "backtrace", i);
        print_string(frame, "pc");
        print_function(frame);
        putchar('\n');
    }
}

void bisect_text_print(const json_t *document, const struct finding *finding)
{
    print_headline(finding);
    print_doubts(finding);
    print_maker(document, finding);
    print_device(document);
    print_changes(document, "operands", "compared", "text");
    print_changes(document, "registers", "registers", "name");
    print_events(document);
    print_backtrace(document);
}
