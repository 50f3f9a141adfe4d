/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb info: what a recording holds. */
#include "commands.h"
#include "json_list.h"
#include "markers.h"
#include "recording.h"
#include "text.h"
#include "until.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MARKERS_SHOWN 40 /* ebb console has all */
#define KIND_LIMIT 64    /* kinds are small numbers; what is above is counted as one */

struct contents {
    struct ebb_log_summary summary;
    uint64_t events[KIND_LIMIT + 1];
    const char *end_reason;  /* NULL: no end event */
    struct ebb_error damage; /* the first there is, or none; events behind it are not counted */
    struct markers markers;
};

static int count_events(const struct recording *recording, struct contents *contents,
                        struct ebb_error *error)
{
    struct ebb_cursor *cursor;
    struct ebb_event event;
    int result;

    *contents = (struct contents){0};
    ebb_log_summary(recording->log, &contents->summary);
    cursor = ebb_cursor_new(recording->log, error);
    if (!cursor) {
        return -1;
    }
    result = ebb_cursor_seek_event(cursor, contents->summary.first_event, error);
    while (result >= 0 && (result = ebb_cursor_next(cursor, &event, error)) > 0) {
        bool known = event.kind < KIND_LIMIT && ebb_event_kind_name(event.kind);

        contents->events[known ? event.kind : KIND_LIMIT]++;
        if (event.kind == EBB_EVENT_END) {
            contents->end_reason = ebb_end_reason_name(event.value);
        }
    }
    ebb_cursor_free(cursor);
    if (result < 0 && error->kind == EBB_ERROR_CORRUPT) {
        contents->damage = *error;
        return 0;
    }
    if (ebb_log_damage(recording->log)) {
        ebb_fail(&contents->damage, EBB_ERROR_CORRUPT, "%s", ebb_log_damage(recording->log));
    }
    return result;
}

static const char *kind_name(uint32_t kind)
{
    const char *name = kind < KIND_LIMIT ? ebb_event_kind_name(kind) : NULL;

    return name ? name : "unknown";
}

static void print_member(const char *label, const char *value)
{
    char *text;

    if (!value) {
        return;
    }
    text = text_printable(value, strlen(value));
    printf("%-13s %s\n", label, text ? text : "?");
    free(text);
}

/* QEMU's command line, so that it can be pasted into a shell. */
static void print_command(json_t *words)
{
    json_t *word;
    size_t index;

    if (!json_is_array(words)) {
        return;
    }
    printf("%-13s", "command");
    json_array_foreach(words, index, word)
    {
        const char *string = json_string_value(word);
        char *text = string ? text_printable(string, strlen(string)) : NULL;
        char *quoted = text ? text_shell_word(text) : NULL;

        printf(" %s", quoted ? quoted : "?");
        free(quoted);
        free(text);
    }
    putchar('\n');
}

static void print_manifest(const struct recording *recording)
{
    const struct manifest *manifest = recording->manifest;
    char address[TEXT_NUMBER_SIZE];

    print_member("recording", recording->directory);
    print_member("created", manifest->created);
    print_member("host", manifest->host_system);
    print_member("", manifest->host_architecture);
    print_member("ebb", manifest->ebb);
    print_member("qemu", manifest->qemu);
    print_member("accelerator", manifest->accelerator);
    print_command(json_object_get(manifest->root, "command"));
    print_member("machine", manifest->machine);
    print_member("cpu", manifest->cpu);
    print_member("architecture", manifest->architecture);
    print_member("kernel", manifest->kernel);
    print_member("symbols", manifest->symbols);
    if (manifest->ram_bytes) {
        printf("%-13s %" PRIu64 " MiB (RAM, flash and ROM)\n", "memory", manifest->ram_bytes >> 20);
    }
    for (size_t i = 0; i < manifest->console_count; i++) {
        snprintf(address, sizeof(address), "0x%" PRIx64, manifest->consoles[i].address);
        print_member(i == 0 ? "consoles" : "", address);
    }
}

static int print_keyframes(const struct recording *recording, const struct contents *contents,
                           struct ebb_error *error)
{
    char number[TEXT_NUMBER_SIZE], bytes[TEXT_NUMBER_SIZE], place[TEXT_NUMBER_SIZE + 1];

    printf("%-13s %" PRIu64 ", %s\n", "keyframes",
           contents->summary.keyframe_count - contents->summary.first_keyframe,
           text_bytes(bytes, contents->summary.keyframe_bytes));
    for (uint64_t i = contents->summary.first_keyframe; i < contents->summary.keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        if (ebb_log_keyframe(recording->log, i, &keyframe, error) < 0) {
            return -1;
        }
        snprintf(place, sizeof(place), "%s%s", recording->counts ? "~" : "",
                 text_count(number, keyframe.position));
        printf("  %16s  before event %" PRIu64 "\n", place, keyframe.event_number);
    }
    return 0;
}

/* What is wrong, in a few lines. */
static void print_problem(const char *problem)
{
    const char *label = "problem";

    while (problem && *problem) {
        size_t length = strcspn(problem, "\n");
        char *text = text_printable(problem, length);

        printf("%-13s %s\n", label, text ? text : "?");
        free(text);
        label = "";
        problem += length + (problem[length] == '\n');
    }
}

/* Without a keyframe there is nothing to start a replay from. */
static bool is_replayable(const struct ebb_log_summary *summary)
{
    return summary->keyframe_count > summary->first_keyframe;
}

/* How long it is, and what the numbers in it are. */
static void print_length(const struct recording *recording, const struct ebb_log_summary *summary)
{
    char number[TEXT_NUMBER_SIZE];
    size_t clears;

    printf("%-13s %s instructions%s\n", "length",
           text_count(number, summary->end_position - summary->begin_position),
           summary->counts && !summary->resolved ? ", as the host counted" : "");
    if (summary->begin_position > 0 || summary->first_event > 0) {
        printf("%-13s at %s%s; what was before was dropped (--last)\n", "begin",
               recording->counts ? "~" : "", text_count(number, summary->begin_position));
    }
    if (!summary->counts) {
        return;
    }
    if (!summary->resolved) {
        printf("%-13s not resolved%s\n", "positions",
               is_replayable(summary) ? " yet: numbers are counts of the host, the first replay "
                                        "(ebb verify) finds the positions"
                                      : ": numbers are counts of the host");
        return;
    }
    ebb_log_exclusive_clears(recording->log, &clears);
    printf("%-13s resolved", "positions");
    if (clears) {
        printf("; %s store-exclusives failed on the host only",
               text_count(number, (uint64_t)clears));
    }
    printf("\n");
}

static void print_damage(const struct contents *contents)
{
    if (contents->damage.kind) {
        print_member("damage", contents->damage.message);
        if (is_replayable(&contents->summary)) {
            print_member("", "what is before can be replayed; ebb verify tells how far");
        }
    }
}

static void print_cut_off(const struct ebb_log_summary *summary)
{
    char bytes[TEXT_NUMBER_SIZE];

    printf("%-13s cut off%s", "end",
           is_replayable(summary) ? "; what is there can be replayed"
                                  : " before the first keyframe was complete; nothing can be "
                                    "replayed, record again");
    if (summary->cut_off_bytes) {
        printf(" (%s after the last whole block are ignored)",
               text_bytes(bytes, summary->cut_off_bytes));
    }
    putchar('\n');
}

static void print_end(const struct recording *recording, const struct contents *contents)
{
    const struct ebb_log_summary *summary = &contents->summary;
    const char *problem = ebb_log_problem(recording->log);

    print_damage(contents);
    if (problem) {
        printf("%-13s where replay and recording disagree; what is before can be replayed\n",
               "end");
        print_problem(problem);
    } else if (summary->complete) {
        printf("%-13s complete (%s)%s\n", "end",
               contents->end_reason ? contents->end_reason : "unknown reason",
               is_replayable(summary)
                   ? ""
                   : ", but no keyframe is left; nothing can be replayed, record again");
    } else {
        print_cut_off(summary);
    }
}

static int print_until(const struct recording *recording, struct ebb_error *error)
{
    const struct manifest_until *until = &recording->manifest->until;
    char *what, number[TEXT_NUMBER_SIZE];
    uint64_t position = 0;
    int found = until_place(recording->manifest, recording->log, &position, error);

    if (found <= 0) {
        return found;
    }
    what = until_describe(until->condition, until->line);
    printf("%-13s %s%s  %s\n", "until", recording->counts ? "~" : "", text_count(number, position),
           what ? what : "?");
    free(what);
    return 0;
}

static void print_markers(const struct recording *recording, const struct markers *markers)
{
    char number[TEXT_NUMBER_SIZE], place[TEXT_NUMBER_SIZE + 1];

    if (!markers->count) {
        return;
    }
    printf("%-13s %s\n", "markers", text_count(number, markers->count));
    for (size_t i = 0; i < markers->count && i < MARKERS_SHOWN; i++) {
        const struct marker *marker = &markers->list[i];

        snprintf(place, sizeof(place), "%s%s", recording->counts ? "~" : "",
                 text_count(number, marker->position));
        printf("  %16s  %s%s%s%s\n", place, marker->name, marker->fault ? " (" : "",
               marker->fault ? marker->fault : "", marker->fault ? ")" : "");
    }
    if (markers->count > MARKERS_SHOWN) {
        printf("  %16s  ebb console prints the others\n", "...");
    }
}

static int print_text(const struct recording *recording, const struct contents *contents,
                      struct ebb_error *error)
{
    const struct ebb_log_summary *summary = &contents->summary;
    char number[TEXT_NUMBER_SIZE], bytes[TEXT_NUMBER_SIZE];

    print_manifest(recording);
    print_length(recording, summary);
    print_end(recording, contents);
    if (print_until(recording, error) < 0) {
        return -1;
    }
    printf("%-13s %s, %s\n", "events",
           text_count(number, summary->event_count - summary->first_event),
           text_bytes(bytes, summary->log_bytes));
    for (uint32_t kind = 0; kind <= KIND_LIMIT; kind++) {
        if (contents->events[kind]) {
            printf("  %16s  %s\n", text_count(number, contents->events[kind]), kind_name(kind));
        }
    }
    print_markers(recording, &contents->markers);
    return print_keyframes(recording, contents, error);
}

static json_t *keyframes_json(const struct recording *recording,
                              const struct ebb_log_summary *summary, struct ebb_error *error)
{
    json_t *list = json_array();

    for (uint64_t i = summary->first_keyframe; i < summary->keyframe_count; i++) {
        struct ebb_keyframe keyframe;

        if (ebb_log_keyframe(recording->log, i, &keyframe, error) < 0) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list,
                              json_pack("{s:o, s:o}", "position", json_unsigned(keyframe.position),
                                        "event", json_unsigned(keyframe.event_number)));
    }
    return list;
}

static json_t *events_json(const struct contents *contents)
{
    json_t *events = json_object();

    for (uint32_t kind = 0; kind <= KIND_LIMIT; kind++) {
        if (contents->events[kind]) {
            json_object_set_new(events, kind_name(kind), json_unsigned(contents->events[kind]));
        }
    }
    return events;
}

/* The lines of a problem; null if there is none. */
static json_t *problem_json(const char *problem)
{
    json_t *lines = problem ? json_array() : json_null();

    while (problem && *problem) {
        size_t length = strcspn(problem, "\n");

        json_array_append_new(lines, json_printable(problem, length));
        problem += length + (problem[length] == '\n');
    }
    return lines;
}

/* What only recordings made under KVM, or by a flight recorder, have to tell. */
static void add_positions_json(json_t *document, const struct recording *recording,
                               const struct ebb_log_summary *summary)
{
    size_t clears = 0;

    if (summary->resolved) {
        ebb_log_exclusive_clears(recording->log, &clears);
    }
    json_object_set_new(document, "begin_position", json_unsigned(summary->begin_position));
    json_object_set_new(document, "first_event", json_unsigned(summary->first_event));
    json_object_set_new(document, "first_keyframe", json_unsigned(summary->first_keyframe));
    json_object_set_new(document, "counts", json_boolean(summary->counts));
    json_object_set_new(document, "resolved", json_boolean(summary->resolved));
    json_object_set_new(document, "exclusive_clears", json_unsigned(clears));
    json_object_set_new(document, "problem", problem_json(ebb_log_problem(recording->log)));
}

static json_t *markers_json(const struct recording *recording, const struct markers *markers)
{
    json_t *list = json_array();

    for (size_t i = 0; i < markers->count; i++) {
        const struct marker *marker = &markers->list[i];

        json_array_append_new(list, json_pack("{s:o, s:o, s:s?}", recording_place_name(recording),
                                              json_unsigned(marker->position), "name",
                                              json_printable(marker->name, strlen(marker->name)),
                                              "fault", marker->fault));
    }
    return list;
}

/* null if no condition of --until has ended it. */
static int add_until_json(json_t *document, const struct recording *recording,
                          struct ebb_error *error)
{
    const struct manifest_until *until = &recording->manifest->until;
    uint64_t position = 0;
    int found = until_place(recording->manifest, recording->log, &position, error);
    json_t *object = json_null();

    if (found > 0) {
        object =
            json_pack("{s:o, s:o, s:o}", "condition",
                      json_printable(until->condition, strlen(until->condition)), "text",
                      until->line ? json_printable(until->line, strlen(until->line)) : json_null(),
                      recording_place_name(recording), json_unsigned(position));
    }
    json_object_set_new(document, "until", object);
    return found < 0 ? -1 : 0;
}

static int print_json(const struct recording *recording, const struct contents *contents,
                      struct ebb_error *error)
{
    const struct ebb_log_summary *summary = &contents->summary;
    json_t *keyframes = keyframes_json(recording, summary, error), *document;

    if (!keyframes) {
        return -1;
    }
    document = json_pack(
        "{s:o, s:O, s:o, s:b, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "directory",
        json_printable(recording->directory, strlen(recording->directory)), "manifest",
        recording->manifest->root, "end_position", json_unsigned(summary->end_position), "complete",
        summary->complete, "end", contents->end_reason, "event_count",
        json_unsigned(summary->event_count - summary->first_event), "events", events_json(contents),
        "keyframe_count", json_unsigned(summary->keyframe_count - summary->first_keyframe),
        "keyframes", keyframes, "log_bytes", json_unsigned(summary->log_bytes), "keyframe_bytes",
        json_unsigned(summary->keyframe_bytes), "cut_off_bytes",
        json_unsigned(summary->cut_off_bytes));
    if (document) {
        add_positions_json(document, recording, summary);
        json_object_set_new(document, "markers", markers_json(recording, &contents->markers));
        json_object_set_new(document, "damage",
                            contents->damage.kind ? json_printable(contents->damage.message,
                                                                   strlen(contents->damage.message))
                                                  : json_null());
    }
    if (document && add_until_json(document, recording, error) < 0) {
        json_decref(document);
        return -1;
    }
    return json_print(stdout, document, error);
}

enum { INFO_JSON };

static const struct option_spec options[] = {
    [INFO_JSON] = {"json", 0, NULL, "Prints a JSON document."},
    {0},
};

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct recording recording;
    struct contents contents = {0};
    int status = -1;

    if (recording_open(&recording, arguments, error) == 0 &&
        count_events(&recording, &contents, error) == 0 &&
        markers_read(&contents.markers, recording.log, recording.manifest, error) == 0) {
        status = arguments->values[INFO_JSON] ? print_json(&recording, &contents, error)
                                              : print_text(&recording, &contents, error);
        if (status == 0 && contents.damage.kind) {
            *error = contents.damage;
            status = -1;
        }
    }
    markers_clear(&contents.markers);
    recording_close(&recording);
    return status;
}

const struct command command_info = {
    .name = "info",
    .summary = "tells what a recording holds",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Prints what was recorded, where and when, how long the recording is, its events by kind, "
        "its keyframes, its markers, what of --until has ended it, and whether it is complete or "
        "was cut off. If it is damaged, what is before the damage is told, and the exit status is "
        "4.\n\n"
        "Memory is RAM, flash and ROM together: -M virt has 128 MiB of flash beside the RAM of -m. "
        "In JSON it is manifest.ram.size.\n\n"
        "Of a recording made under KVM the host only knew counts and anchors; it says whether the "
        "first replay has resolved these into positions yet.",
    .examples = "ebb info\nebb info --json ebb-recording-3 | jq .end_position\n",
    .options = options,
    .run = run,
};
