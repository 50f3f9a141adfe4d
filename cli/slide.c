/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slide.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANNER_BYTES 512u      /* the banner is a line of text */
#define VECTORS_BYTES 2048u    /* a table of vectors (Arm ARM, VBAR_EL1) */
#define VECTORS_ALIGN 2048u    /* of which Linux has several, one behind the other */
#define PAGE_BYTES 4096u       /* everything is moved by whole pages */
#define HIGH_HALF (1ull << 55) /* selects TTBR1, the kernel's half of addresses */
#define MOMENTS 8u             /* places in the recording that are looked at */
#define EVENTS_LOOKED_AT 4096u /* on the way to each of them */

static const char banner_begin[] = "Linux version ";

/* How well the memory at a slide fits the file. */
enum fit { FIT_NOT, FIT_OTHER_BUILD, FIT };

struct search {
    struct timeline *timeline;
    struct symbols *symbols;
    bool has_banner, has_vectors, has_more_vectors;
    uint64_t banner, vectors, more_vectors; /* the file's addresses */
    bool kernel_seen;                       /* VBAR is an address of the kernel's half */
    struct slide *slide;
};

static size_t read_guest(struct search *search, uint64_t address, void *buffer, size_t size)
{
    long got = timeline_read_memory(search->timeline, address, buffer, size, NULL);

    return got < 0 ? 0 : (size_t)got;
}

static enum fit compare_banner(struct search *search, uint64_t offset)
{
    char of_file[BANNER_BYTES], of_guest[BANNER_BYTES];
    size_t got = read_guest(search, search->banner + offset, of_guest, sizeof(of_guest));
    size_t length = symbols_read(search->symbols, search->banner, of_file, sizeof(of_file));

    if (got < sizeof(banner_begin) || memcmp(of_guest, banner_begin, sizeof(banner_begin) - 1)) {
        return FIT_NOT;
    }
    /* A file that holds nothing but debugging information has no contents to compare with. */
    length = strnlen(of_file, length);
    return length <= got && !memcmp(of_file, of_guest, length) ? FIT : FIT_OTHER_BUILD;
}

/* Where a B or BL at an address of the file goes to (Arm ARM, C6.2.26); false: it is neither. */
static bool branch_target(uint32_t word, uint64_t address, uint64_t *target)
{
    int64_t distance = (int32_t)(word << 6) >> 4; /* 26 bits of words */

    *target = address + (uint64_t)distance;
    return (word & 0x7c000000) == 0x14000000;
}

static enum fit compare_branches(struct search *search, const uint32_t *words, size_t count)
{
    size_t outside = 0, known = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t target;

        if (branch_target(words[i], search->vectors + 4 * i, &target) &&
            target - search->vectors >= 4 * count) {
            outside++;
            known += symbols_has_code_at(search->symbols, target);
        }
    }
    return known >= 4 && known * 4 >= outside * 3 ? FIT : FIT_NOT;
}

/* Code that is moved keeps most of its words; addresses in it and alternatives do not. */
static enum fit compare_vectors(struct search *search, uint64_t offset)
{
    uint32_t of_file[VECTORS_BYTES / 4], of_guest[VECTORS_BYTES / 4];
    size_t size = symbols_read(search->symbols, search->vectors, of_file, sizeof(of_file)) / 4;
    size_t got = read_guest(search, search->vectors + offset, of_guest, sizeof(of_guest)) / 4;
    size_t equal = 0, filled = 0;

    for (size_t i = 0; i < size && i < got; i++) {
        equal += of_file[i] == of_guest[i];
        filled += of_file[i] != 0;
    }
    if (filled == 0) {
        return compare_branches(search, of_guest, got);
    }
    return filled >= 16 && equal * 4 >= size * 3 ? FIT : FIT_NOT;
}

/* Takes the offset for the slide if memory agrees. */
static bool try_offset(struct search *search, uint64_t offset)
{
    enum fit fit;

    if (offset % PAGE_BYTES) {
        return false;
    }
    fit = search->has_banner ? compare_banner(search, offset) : compare_vectors(search, offset);
    if (fit == FIT_NOT) {
        return false;
    }
    search->slide->offset = offset;
    search->slide->kind = fit == FIT_OTHER_BUILD ? SLIDE_OTHER_BUILD
                          : offset               ? SLIDE_MOVED
                                                 : SLIDE_NONE;
    return true;
}

/* The number that gdb has for a system register of that name; -1: there is none. */
static long register_number(struct timeline *timeline, const char *name)
{
    const char *document = timeline_target_xml(timeline, "system-registers.xml");
    char wanted[40];
    const char *tag, *number, *end;

    snprintf(wanted, sizeof(wanted), "name=\"%s\"", name);
    tag = document ? strstr(document, wanted) : NULL;
    number = tag ? strstr(tag, "regnum=\"") : NULL;
    end = tag ? strchr(tag, '>') : NULL;
    return number && end && number < end ? strtol(number + strlen("regnum=\""), NULL, 10) : -1;
}

static bool read_system_register(struct timeline *timeline, const char *name, uint64_t *value)
{
    long number = register_number(timeline, name);
    uint8_t bytes[8];

    *value = 0;
    if (number < 0 ||
        timeline_read_register(timeline, (unsigned)number, bytes, sizeof(bytes), NULL) != 8) {
        return false;
    }
    for (int i = 7; i >= 0; i--) {
        *value = *value << 8 | bytes[i];
    }
    return true;
}

/* With mitigations for branch predictors, Linux takes one of the tables in more_vectors. */
static bool try_vbar(struct search *search, uint64_t vbar)
{
    if (search->has_vectors && try_offset(search, vbar - search->vectors)) {
        return true;
    }
    for (unsigned i = 0; search->has_more_vectors && i < 8; i++) {
        if (try_offset(search, vbar - search->more_vectors - i * VECTORS_ALIGN)) {
            return true;
        }
    }
    return false;
}

/* Looks at the timeline's moment; false: the slide does not show there. */
static bool look(struct search *search)
{
    static const char *const names[] = {"VBAR", "VBAR_EL1", "VBAR_EL2", "VBAR_EL3"};
    uint64_t vbar;

    if (search->has_banner && try_offset(search, 0)) {
        return true;
    }
    for (size_t i = 0; symbols_are_wide(search->symbols) && i < sizeof(names) / sizeof(*names);
         i++) {
        if (read_system_register(search->timeline, names[i], &vbar) && vbar) {
            search->kernel_seen |= (vbar & HIGH_HALF) != 0;
            if (try_vbar(search, vbar)) {
                return true;
            }
        }
    }
    return false;
}

/* What only privileged code does: there the kernel's vectors and memory are in place, which they
 * are not while a process runs (kernel page table isolation). */
static bool is_privileged(const struct ebb_event *event)
{
    return event->kind == EBB_EVENT_MMIO_READ || event->kind == EBB_EVENT_MMIO_WRITE ||
           event->kind == EBB_EVENT_SYSREG_WRITE;
}

/* The last position of a privileged event among those before event number limit. Returns 1, or 0 if
 * there is none close to it. Damage hides events, and is no reason not to look elsewhere. */
static int find_privileged(struct ebb_cursor *cursor, uint64_t first, uint64_t limit,
                           uint64_t *position, struct ebb_error *error)
{
    uint64_t number = limit - first > EVENTS_LOOKED_AT ? limit - EVENTS_LOOKED_AT : first;
    struct ebb_event event;
    int found = 0, status = ebb_cursor_seek_event(cursor, number, error);

    for (; status >= 0 && number < limit; number++) {
        status = ebb_cursor_next(cursor, &event, error);
        if (status > 0 && is_privileged(&event)) {
            *position = event.position;
            found = 1;
        }
    }
    return status < 0 && error->kind != EBB_ERROR_CORRUPT ? -1 : found;
}

/* Returns 1 if the slide shows at the position, 0 if not, or -1. */
static int look_at(struct search *search, uint64_t position, struct ebb_error *error)
{
    struct timeline_stop stop;

    /* Of a damaged recording there are events to which nothing leads. */
    if (position < timeline_begin(search->timeline)) {
        position = timeline_begin(search->timeline);
    }
    if (position > timeline_end(search->timeline)) {
        position = timeline_end(search->timeline);
    }
    if (timeline_position(search->timeline) != position) {
        if (timeline_seek(search->timeline, position, &stop, error) < 0) {
            return -1;
        }
        if (stop.reason == TIMELINE_STOP_INTERRUPTED) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
    }
    return look(search);
}

/* Looks at places that are farther and farther from the end: the last may be firmware's. */
static int look_around(struct search *search, struct ebb_cursor *cursor, struct ebb_error *error)
{
    struct ebb_log_summary summary;
    uint64_t position, back = 0;
    int status = 0;

    ebb_log_summary(timeline_log(search->timeline), &summary);
    for (unsigned i = 0; i < MOMENTS && status == 0; i++) {
        if (back > summary.event_count - summary.first_event) {
            break;
        }
        status = find_privileged(cursor, summary.first_event, summary.event_count - back, &position,
                                 error);
        if (status > 0) {
            status = look_at(search, position, error);
        }
        back = back ? back * 4 : 4;
    }
    return status == 0 ? look_at(search, timeline_end(search->timeline), error) : status;
}

static int search_recording(struct search *search, struct ebb_error *error)
{
    struct ebb_cursor *cursor = ebb_cursor_new(timeline_log(search->timeline), error);
    uint64_t before = timeline_position(search->timeline);
    struct timeline_stop stop;
    int status;

    if (!cursor) {
        return -1;
    }
    status = look_around(search, cursor, error);
    ebb_cursor_free(cursor);
    if (status == 0 && (search->has_banner || search->vectors & HIGH_HALF)) {
        search->slide->kind = search->kernel_seen ? SLIDE_NO_FIT : SLIDE_NO_KERNEL;
    }
    if (status >= 0 && timeline_position(search->timeline) != before) {
        status = timeline_seek(search->timeline, before, &stop, error);
    }
    return status < 0 ? -1 : 0;
}

int slide_find(struct slide *slide, struct timeline *timeline, struct symbols *symbols,
               struct ebb_error *error)
{
    struct search search = {.timeline = timeline, .symbols = symbols, .slide = slide};

    *slide = (struct slide){0};
    search.has_banner = symbols_lookup(symbols, "linux_banner", &search.banner);
    search.has_vectors = symbols_lookup(symbols, "vectors", &search.vectors);
    search.has_more_vectors =
        symbols_lookup(symbols, "__bp_harden_el1_vectors", &search.more_vectors);
    if (!search.has_banner && !(search.has_vectors && symbols_are_wide(symbols))) {
        return 0;
    }
    return search_recording(&search, error);
}

void slide_tell(const struct slide *slide, const char *file, bool advise)
{
    const char *what = "";

    switch (slide->kind) {
    case SLIDE_NONE:
        return;
    case SLIDE_NO_FIT:
        fprintf(stderr,
                "ebb: %s is not of the kernel that was recorded but of another build: nothing of "
                "it is where this kernel's vectors say; its names will be wrong\n",
                file);
        return;
    case SLIDE_NO_KERNEL:
        fprintf(stderr,
                "ebb: the kernel of %s was not found in the recording: it has not started there, "
                "or it is another build; its addresses are taken as they are in the file\n",
                file);
        return;
    case SLIDE_OTHER_BUILD:
        what = ", but is of another build, so that names may be wrong";
        break;
    case SLIDE_MOVED:
        break;
    }
    if (slide->offset == 0) {
        fprintf(stderr, "ebb: %s is where the recorded kernel is%s\n", file, what);
    } else if (advise) {
        fprintf(stderr,
                "ebb: the guest has moved itself by 0x%" PRIx64 " from where %s has it%s; in gdb: "
                "symbol-file -o 0x%" PRIx64 " %s\n",
                slide->offset, file, what, slide->offset, file);
    } else {
        fprintf(stderr,
                "ebb: the guest has moved itself by 0x%" PRIx64 ": so are the symbols of %s%s\n",
                slide->offset, file, what);
    }
}
