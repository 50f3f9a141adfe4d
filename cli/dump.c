/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ebb dump: the events of a recording, one to a line. */
#include "commands.h"
#include "early_stop.h"
#include "json_list.h"
#include "progress.h"
#include "recording.h"
#include "register_name.h"
#include "slide.h"
#include "symbol_file.h"
#include "symbols.h"
#include "text.h"
#include "walls_check.h"

#include "replay/timeline/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DATA_SHOWN 32 /* bytes of an event's data in the text form */
#define KIND_MAX 64

struct dump {
    uint64_t from, to; /* positions, both included */
    bool kinds[KIND_MAX];
    bool all_kinds;
    bool json;
    const struct recording *recording;
    struct json_list list;
    /* With --symbols: */
    char *symbol_file;
    struct symbols *symbols;
    struct timeline *timeline;
    uint64_t pc; /* at the timeline's position */
};

static int select_kinds(struct dump *dump, const char *text, struct ebb_error *error)
{
    char *copy = strdup(text), *save = NULL;
    int status = 0;

    if (!copy) {
        return ebb_fail_memory(error);
    }
    for (char *word = strtok_r(copy, ",", &save); word && status == 0;
         word = strtok_r(NULL, ",", &save)) {
        uint32_t kind = 0;

        while (kind < KIND_MAX &&
               (!ebb_event_kind_name(kind) || strcmp(ebb_event_kind_name(kind), word) != 0)) {
            kind++;
        }
        if (kind < KIND_MAX) {
            dump->kinds[kind] = true;
        } else {
            status = ebb_fail(error, EBB_ERROR_USAGE,
                              "--kind: there is no kind of event \"%s\"; ebb info lists those of "
                              "a recording",
                              word);
        }
    }
    free(copy);
    return status;
}

/* Moves the timeline to the event and reads the PC there. */
static int find_pc(struct dump *dump, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    if (timeline_position(dump->timeline) == position) {
        return 0;
    }
    if (timeline_seek(dump->timeline, position, &stop, error) < 0 ||
        early_stop_fail(&stop, NULL, stderr, error) < 0) {
        return -1;
    }
    return timeline_read_pc(dump->timeline, &dump->pc, error);
}

static const char *event_kind(const struct ebb_event *event, char *buffer, size_t size)
{
    const char *name = ebb_event_kind_name(event->kind);

    if (name) {
        return name;
    }
    snprintf(buffer, size, "kind-%" PRIu32, event->kind);
    return buffer;
}

static bool is_register(const struct ebb_event *event)
{
    return event->kind == EBB_EVENT_SYSREG_READ || event->kind == EBB_EVENT_SYSREG_WRITE;
}

static void print_text(const struct recording *recording, const struct ebb_event *event,
                       uint64_t number, const char *where)
{
    char *data = event->data_length ? text_hex(event->data, event->data_length, DATA_SHOWN) : NULL;
    char kind[24], place[RECORDING_PLACE_SIZE], name[REGISTER_NAME_SIZE];

    printf("%15s %9" PRIu64 "  %-14s ", recording_place(recording, event->position, place), number,
           event_kind(event, kind, sizeof(kind)));
    if (is_register(event)) {
        printf("%s", register_name_of(event->address, name));
    } else {
        printf("0x%08" PRIx64, event->address);
    }
    if (event->kind == EBB_EVENT_END) {
        const char *reason = ebb_end_reason_name(event->value);

        printf(" %s", reason ? reason : "unknown");
    } else if (event->kind == EBB_EVENT_ANCHOR) {
        printf(" pstate 0x%08" PRIx64, event->value);
    } else if (event->size) {
        printf(" size %" PRIu32 " value 0x%0*" PRIx64, event->size,
               event->size <= 8 ? (int)event->size * 2 : 16, event->value);
    } else {
        printf(" value 0x%" PRIx64, event->value);
    }
    if (event->data_length) {
        printf(" %s[%" PRIu32 "] %s", event->kind == EBB_EVENT_ANCHOR ? "registers" : "data",
               event->data_length, data ? data : "");
    }
    if (event->flags & EBB_EVENT_NESTED) {
        printf(" nested");
    }
    if (event->flags & EBB_EVENT_FAILED) {
        printf(" failed");
    }
    if (event->flags & EBB_EVENT_AFTER_ENTRY) {
        printf(" after-entry");
    }
    if (event->flags & EBB_EVENT_COALESCED) {
        printf(" coalesced");
    }
    printf(where ? "  %s\n" : "\n", where);
    free(data);
}

static json_t *event_json(const struct dump *dump, const struct ebb_event *event, uint64_t number)
{
    char kind[24], name[REGISTER_NAME_SIZE];
    json_t *object = json_pack("{s:o, s:o, s:s, s:o, s:o}", recording_place_name(dump->recording),
                               json_unsigned(event->position), "event", json_unsigned(number),
                               "kind", event_kind(event, kind, sizeof(kind)), "address",
                               json_unsigned(event->address), "value", json_unsigned(event->value));

    if (is_register(event)) {
        json_object_set_new(object, "register",
                            json_string(register_name_of(event->address, name)));
    }
    if (event->size) {
        json_object_set_new(object, "size", json_integer(event->size));
    }
    if (event->data_length) {
        char *data = text_hex(event->data, event->data_length, event->data_length);

        json_object_set_new(object, "data", json_string(data ? data : ""));
        free(data);
    }
    if (event->flags & EBB_EVENT_NESTED) {
        json_object_set_new(object, "nested", json_true());
    }
    if (event->flags & EBB_EVENT_FAILED) {
        json_object_set_new(object, "failed", json_true());
    }
    if (event->flags & EBB_EVENT_AFTER_ENTRY) {
        json_object_set_new(object, "after_entry", json_true());
    }
    if (event->flags & EBB_EVENT_COALESCED) {
        json_object_set_new(object, "coalesced", json_true());
    }
    return object;
}

static int print_event(struct dump *dump, const struct ebb_event *event, uint64_t number,
                       struct ebb_error *error)
{
    char where[512] = "", *printable;
    json_t *object;

    if (dump->symbols) {
        if (find_pc(dump, event->position, error) < 0) {
            return -1;
        }
        symbols_describe(dump->symbols, dump->pc, where, sizeof(where));
    }
    if (dump->json) {
        object = event_json(dump, event, number);
        if (dump->symbols) {
            json_object_set_new(object, "pc", json_unsigned(dump->pc));
            json_object_set_new(object, "location", json_printable(where, strlen(where)));
        }
        return json_list_add(&dump->list, object, error);
    }
    printable = text_printable(where, strlen(where));
    if (dump->symbols) {
        char with_pc[640];

        snprintf(with_pc, sizeof(with_pc), "at 0x%" PRIx64 "%s%s", dump->pc,
                 printable && *printable ? " " : "", printable ? printable : "");
        print_text(dump->recording, event, number, with_pc);
    } else {
        print_text(dump->recording, event, number, NULL);
    }
    free(printable);
    return 0;
}

static int print_events(const struct recording *recording, struct dump *dump,
                        struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(recording->log, error);
    struct ebb_event event;
    int result = -1;

    if (!cursor) {
        return -1;
    }
    if (ebb_cursor_seek_position(cursor, dump->from, error) == 0) {
        while ((result = ebb_cursor_next(cursor, &event, error)) > 0 && !ferror(stdout)) {
            uint64_t number = ebb_cursor_event_number(cursor) - 1;

            if (event.position > dump->to) {
                result = 0;
                break;
            }
            if (!dump->all_kinds && (event.kind >= KIND_MAX || !dump->kinds[event.kind])) {
                continue;
            }
            if (print_event(dump, &event, number, error) < 0) {
                result = -1;
                break;
            }
        }
    }
    ebb_cursor_free(cursor);
    return result < 0 ? -1 : 0;
}

static int open_symbols(struct recording *recording, struct dump *dump, const char *path,
                        struct ebb_error *error)
{
    struct progress progress;
    struct slide slide;
    struct timeline_options options = {
        .recording = recording->directory,
        .workers = 1,
        .replacing = progress_replacing,
        .resolving = progress_resolving,
        .resolving_opaque = &progress,
    };

    walls_check_before_replay();
    if (symbol_file_find(recording, path, &dump->symbol_file, error) < 0) {
        return -1;
    }
    dump->symbols = symbols_open(dump->symbol_file, error);
    if (!dump->symbols) {
        return -1;
    }
    progress_begin(&progress, "replaying");
    dump->timeline = timeline_open(&options, error);
    progress_end(&progress);
    /* A recording made under KVM may have got its positions just now. */
    if (!dump->timeline || recording_open_log(recording, ebb_log_open, error) < 0) {
        return -1;
    }
    if (slide_find(&slide, dump->timeline, dump->symbols, error) < 0) {
        return -1;
    }
    slide_tell(&slide, path, false);
    symbols_move(dump->symbols, slide.offset);
    return timeline_read_pc(dump->timeline, &dump->pc, error);
}

enum { DUMP_JSON, DUMP_FROM, DUMP_TO, DUMP_KIND, DUMP_COUNTS, DUMP_SYMBOLS };

static const struct option_spec options[] = {
    [DUMP_JSON] = {"json", 0, NULL, "Prints a JSON array, one event to a line."},
    [DUMP_FROM] = {"from", 0, "begin|POSITION", "Begins at this position."},
    [DUMP_TO] = {"to", 0, "end|POSITION", "Ends with this position."},
    [DUMP_KIND] = {"kind", 0, "KIND",
                   "Prints events of this kind only (as ebb info names them); more than one may be "
                   "given, with commas between them."},
    [DUMP_COUNTS] = {"counts", 0, NULL,
                     "Prints a recording made under KVM as the host wrote it, with counts, even if "
                     "the positions are known."},
    [DUMP_SYMBOLS] =
        {"symbols", 0, "ELF",
         "Replays the range and names the guest's code at each event: function, file "
         "and line from this file; a kernel that has moved itself (KASLR) is followed."},
    {0},
};

static int configure(struct recording *recording, const struct arguments *arguments,
                     struct dump *dump, struct ebb_error *error)
{
    const char *from = arguments->values[DUMP_FROM], *to = arguments->values[DUMP_TO];
    const char *kinds = arguments->values[DUMP_KIND], *elf = arguments->values[DUMP_SYMBOLS];

    *dump = (struct dump){
        .to = UINT64_MAX,
        .json = arguments->values[DUMP_JSON] != NULL,
        .recording = recording,
        .all_kinds = kinds == NULL,
    };
    if (arguments->values[DUMP_COUNTS]) {
        if (elf) {
            return ebb_fail(error, EBB_ERROR_USAGE,
                            "--symbols needs positions, so it does not go with --counts");
        }
        if (recording_open_log(recording, ebb_log_open_unresolved, error) < 0) {
            return -1;
        }
    }
    if ((kinds && select_kinds(dump, kinds, error) < 0) ||
        (elf && open_symbols(recording, dump, elf, error) < 0)) {
        return -1;
    }
    if ((from && recording_position(recording, from, "--from", &dump->from, error) < 0) ||
        (to && recording_position(recording, to, "--to", &dump->to, error) < 0)) {
        return -1;
    }
    return 0;
}

static int run(const struct arguments *arguments, struct ebb_error *error)
{
    struct recording recording;
    struct dump dump = {0};
    int status = -1;

    if (recording_open(&recording, arguments, error) == 0 &&
        configure(&recording, arguments, &dump, error) == 0) {
        if (dump.json) {
            json_list_begin(&dump.list, stdout);
        }
        status = print_events(&recording, &dump, error);
        if (dump.json) {
            json_list_end(&dump.list);
        }
    }
    timeline_close(dump.timeline);
    symbols_close(dump.symbols);
    free(dump.symbol_file);
    recording_close(&recording);
    return status;
}

const struct command command_dump = {
    .name = "dump",
    .summary = "prints the events of a recording",
    .operands = "[RECORDING]",
    .operands_max = 1,
    .description =
        "Prints the events of a recording: position, number, kind, address, size, value and data. "
        "The address of mmio-read and mmio-write is guest-physical, that of dma is an offset into "
        "the guest's RAM, that of anchor, exit and trap the PC; in the place of that of "
        "sysreg-read and "
        "sysreg-write is the register's name. Of a recording made under KVM that has "
        "not been resolved yet the host's counts are printed in the place of positions, with a "
        "tilde "
        "before them; in JSON they are named count.\n\n"
        "Behind an event may stand: nested, it happened inside the synchronous event that "
        "follows; failed, the access did; after-entry, an interrupt was entered before it took "
        "effect; coalesced, KVM kept the store for a while, and what it caused stands behind it. "
        "The value of exit and trap is the exception class (ESR_EL2.EC), 0 if the guest did "
        "nothing. In JSON, numbers of 2^63 and more are texts, in hexadecimal.\n\n"
        "An event does not say which code caused it. With --symbols the range is replayed, and "
        "the code at each event's position is named.",
    .examples = "ebb dump --kind mmio-write --from 1_000_000 --to 2_000_000\n"
                "ebb dump --kind dma --symbols vmlinux\n",
    .options = options,
    .run = run,
};
