/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites.h"
#include <stdlib.h>
#include <string.h>
#include "code_a32.h"
#include "code_a64.h"
#include "elf.h"

/* How many words on either side of a candidate are looked at. */
#define WINDOW 64
/* Code goes on for this long behind a read, or ends properly before. */
#define FORWARD 8
/* The same before a read, and on both sides of an instruction whose references count. */
#define NEAR 4
/* More reads than this in a row, which nothing leads to, are a table. */
#define MOST_IN_A_ROW 2

/* Words [start, end) of the image, which may hold code. */
struct range {
    size_t start, end;
};

struct scan {
    const struct instruction_set *set;
    const struct code_finder *finder;
    struct code_words code; /* the whole image */
    /* The words with the encoding of a read, under a condition or not, in order. */
    size_t *candidates;
    size_t candidate_count, candidate_capacity;
    /* One bit for each word of the image, while search_ranges() runs: those around candidates, and
     * what is known of them. */
    struct code_wanted near_candidate;
    uint64_t *branch_target, *loaded, *address_taken;
    struct counter_sites *found;
    size_t capacity;
    size_t skipped; /* bytes of the image before its first word */
};

static void *allocate(void *old, size_t count, size_t size)
{
    void *memory = realloc(old, count ? count * size : 1);

    if (!memory) {
        abort();
    }
    return memory;
}

/* Makes place for one more in a list of count elements. */
static void *grow(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return list;
    }
    *capacity = *capacity ? *capacity * 2 : 64;
    return allocate(list, *capacity, size);
}

static uint64_t *new_bits(size_t count)
{
    size_t size = (count / 64 + 1) * sizeof(uint64_t);

    return memset(allocate(NULL, 1, size), 0, size);
}

static void set_bit(uint64_t *bits, size_t index)
{
    bits[index / 64] |= 1ULL << (index % 64);
}

static void add_site(struct scan *scan, struct counter_site site, uint64_t offset)
{
    struct counter_sites *found = scan->found;

    found->sites = grow(found->sites, found->count, &scan->capacity, sizeof(*found->sites));
    site.offset = offset;
    counter_breakpoint_encode(site.form, &site.access, site.replacement);
    found->sites[found->count++] = site;
}

static bool is_read(const struct scan *scan, size_t index, struct counter_site *site)
{
    return scan->finder->is_read(code_word(&scan->code, index), site);
}

static void collect_candidates(struct scan *scan)
{
    size_t index = 0, end = scan->code.count;

    while ((index = scan->finder->next_read(&scan->code, index, end)) < end) {
        scan->candidates = grow(scan->candidates, scan->candidate_count, &scan->candidate_capacity,
                                sizeof(*scan->candidates));
        scan->candidates[scan->candidate_count++] = index++;
    }
}

/* How many candidates lie before a word. */
static size_t candidates_before(const struct scan *scan, size_t index)
{
    size_t low = 0, high = scan->candidate_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (scan->candidates[middle] < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Which of the candidates lie in a range of words. */
static struct range candidates_in(const struct scan *scan, struct range range)
{
    return (struct range){candidates_before(scan, range.start), candidates_before(scan, range.end)};
}

static enum code_looks looks(const struct scan *scan, size_t index)
{
    return scan->set->looks(code_word(&scan->code, index));
}

static enum code_flow flow(const struct scan *scan, size_t index)
{
    return scan->set->flow(code_word(&scan->code, index));
}

/* Whether words [start, end) look like code, the odd constant among them granted. */
static bool looks_like_code(const struct scan *scan, size_t start, size_t end)
{
    size_t count = end - start, possible = 0, typical = 0;

    for (size_t i = start; i < end; i++) {
        enum code_looks word = looks(scan, i);

        possible += word != CODE_NONE;
        typical += word == CODE_TYPICAL;
    }
    return possible * 16 >= count * 15 && typical * 2 >= count;
}

static size_t minus(size_t value, size_t amount)
{
    return value > amount ? value - amount : 0;
}

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Code lies before it, or behind it. */
static bool is_among_code(const struct scan *scan, struct range range, size_t index)
{
    size_t start = minus(index, WINDOW), end = least(index + 1 + WINDOW, range.end);

    if (start < range.start) {
        start = range.start;
    }
    return (index - start >= FORWARD && looks_like_code(scan, start, index)) ||
           (end - index - 1 >= FORWARD && looks_like_code(scan, index + 1, end));
}

static void want_word(struct scan *scan, size_t index)
{
    size_t page = code_page(&scan->code, index);

    set_bit(scan->near_candidate.words, index);
    for (size_t i = minus(page, CODE_LOAD_PAGES - 1); i <= page; i++) {
        set_bit(scan->near_candidate.pages, i);
    }
}

/* Marks the words around each candidate of a range; false: there is none that can be replaced. */
static bool mark_candidates(struct scan *scan, struct range range)
{
    struct range candidates = candidates_in(scan, range);
    size_t marked = range.start;
    struct counter_site site;
    bool any = false;

    for (size_t i = candidates.start; i < candidates.end; i++) {
        size_t index = scan->candidates[i], end = least(index + 1 + WINDOW, range.end);

        if (!is_read(scan, index, &site)) {
            continue;
        }
        any = true;
        if (marked < minus(index, WINDOW)) {
            marked = minus(index, WINDOW);
        }
        for (; marked < end; marked++) {
            want_word(scan, marked);
        }
    }
    return any;
}

/* Where it is noted that something refers to a word in this way. */
static uint64_t *bits_for(struct scan *scan, enum code_reference_kind kind)
{
    switch (kind) {
    case CODE_REFERENCE_BRANCH:
        return scan->branch_target;
    case CODE_REFERENCE_LOAD:
        return scan->loaded;
    default:
        return scan->address_taken;
    }
}

/* Notes what the word at index says of others, if it looks like an instruction. */
static void note_reference(struct scan *scan, size_t index, const struct code_reference *reference)
{
    size_t start = minus(index, NEAR), end = least(index + NEAR + 1, scan->code.count);
    uint64_t *bits = bits_for(scan, reference->kind);
    size_t first, last;

    if (looks_like_code(scan, start, end) && code_referred(&scan->code, reference, &first, &last)) {
        for (size_t i = first; i < last; i++) {
            if (code_has_bit(scan->near_candidate.words, i)) {
                set_bit(bits, i);
            }
        }
    }
}

/* Notes what the words of a range say of those around candidates. */
static void note_references(struct scan *scan, struct range range)
{
    size_t index = range.start, end = range.end;
    struct code_reference reference;

    while ((index = scan->set->next_reference(&scan->code, index, end, &scan->near_candidate,
                                              &reference)) < end) {
        note_reference(scan, index++, &reference);
    }
}

/* Whether the words from index on are zeros that align the code behind them. */
static bool is_alignment(const struct scan *scan, struct range range, size_t index)
{
    size_t end = index;

    while (end < range.end && end - index < NEAR && code_word(&scan->code, end) == 0) {
        end++;
    }
    return end != index && range.end - end >= NEAR && looks_like_code(scan, end, end + NEAR);
}

/*
 * Whether code goes on behind index: instructions only, for limit words or up to a proper end. The
 * end of a section that is filled up with zeros is one, too, for some of what the guest copies.
 */
static bool goes_on(const struct scan *scan, struct range range, size_t index, size_t limit,
                    bool must_end)
{
    for (size_t i = index + 1; i < range.end; i++) {
        if (looks(scan, i) == CODE_NONE || code_has_bit(scan->loaded, i)) {
            return i - index > NEAR && is_alignment(scan, range, i);
        }
        if (flow(scan, i) != CODE_GOES_ON) {
            return true;
        }
        if (i - index == limit) {
            return !must_end;
        }
    }
    return false;
}

/* Whether control can come from the word before start. */
static bool is_fallen_into(const struct scan *scan, struct range range, size_t start)
{
    for (size_t i = start; i-- > range.start && start - i <= NEAR;) {
        if (looks(scan, i) == CODE_NONE || code_has_bit(scan->loaded, i)) {
            return false;
        }
        if (flow(scan, i) == CODE_ENDS) {
            return i + 1 != start;
        }
    }
    return start != range.start;
}

static bool is_padding(const struct scan *scan, size_t index)
{
    uint32_t word = code_word(&scan->code, index);
    struct counter_site site;

    return word == scan->set->nop[0] || word == scan->set->nop[1] || is_read(scan, index, &site);
}

/* Whether one of the words [start, index] has its bit set. */
static bool any_bit(const uint64_t *bits, size_t start, size_t index)
{
    for (size_t i = start; i <= index; i++) {
        if (code_has_bit(bits, i)) {
            return true;
        }
    }
    return false;
}

static size_t reads_in_a_row(const struct scan *scan, struct range range, size_t index)
{
    struct counter_site site;
    size_t start = index, end = index + 1;

    while (start > range.start && index - start < WINDOW && is_read(scan, start - 1, &site)) {
        start--;
    }
    while (end < range.end && end - index < WINDOW && is_read(scan, end, &site)) {
        end++;
    }
    return end - start;
}

/*
 * Whether the word at index, which nothing falls into and no branch goes to, begins a function that
 * is called through a pointer, or code that the guest copies elsewhere. Tables of counter reads are
 * known, and taken by their address; nobody has one of accesses to the timers.
 */
static bool is_an_entry(const struct scan *scan, struct range range, size_t start, size_t index)
{
    struct counter_site site;
    bool may_be_table = is_read(scan, index, &site) && site.access.reg == COUNTER_COUNT;

    return !(may_be_table && any_bit(scan->address_taken, start, index)) &&
           reads_in_a_row(scan, range, index) <= MOST_IN_A_ROW &&
           goes_on(scan, range, index, WINDOW, true);
}

/*
 * Whether the read at index is what Linux puts in the place of a barrier and a read on CPUs with
 * FEAT_ECV: a NOP and a self-synchronised read, with other replacements on both sides, into which
 * nothing leads.
 */
static bool is_alternative(const struct scan *scan, struct range range, size_t index)
{
    return scan->set->is_synchronised &&
           scan->set->is_synchronised(code_word(&scan->code, index)) && index > range.start &&
           code_word(&scan->code, index - 1) == scan->set->nop[0] &&
           !any_bit(scan->loaded, index - 1, index) &&
           !any_bit(scan->address_taken, index - 1, index);
}

/* Whether the counter read at index is an instruction, as far as the words around it tell. */
static bool is_instruction(const struct scan *scan, struct range range, size_t index)
{
    size_t start = index;

    if (code_has_bit(scan->loaded, index) || !is_among_code(scan, range, index)) {
        return false;
    }
    if (is_alternative(scan, range, index)) {
        return true;
    }
    if (!goes_on(scan, range, index, FORWARD, false)) {
        return false;
    }
    while (start > range.start && is_padding(scan, start - 1) &&
           !code_has_bit(scan->loaded, start - 1)) {
        if (index - --start > WINDOW) {
            return false; /* a table */
        }
    }
    return is_fallen_into(scan, range, start) || any_bit(scan->branch_target, start, index) ||
           is_an_entry(scan, range, start, index);
}

/* Adds the candidates of a range; judged: those only that are instructions by the words around. */
static void add_candidates(struct scan *scan, struct range range, bool judged)
{
    struct range candidates = candidates_in(scan, range);
    struct counter_site site;

    for (size_t i = candidates.start; i < candidates.end; i++) {
        size_t index = scan->candidates[i];

        if (is_read(scan, index, &site) && (!judged || is_instruction(scan, range, index))) {
            add_site(scan, site, scan->skipped + index * 4);
        }
    }
}

/* Finds the reads in ranges of which nothing but their words is known; code: there is none outside
 * of these. */
static void search_ranges(struct scan *scan, const struct range *ranges, size_t count,
                          const struct range *code, size_t code_count)
{
    bool any = false;

    if (!scan->candidate_count) {
        return;
    }
    scan->near_candidate.words = new_bits(scan->code.count);
    scan->near_candidate.pages = new_bits(code_page(&scan->code, scan->code.count) + 1);
    scan->branch_target = new_bits(scan->code.count);
    scan->loaded = new_bits(scan->code.count);
    scan->address_taken = new_bits(scan->code.count);
    for (size_t i = 0; i < count; i++) {
        any |= mark_candidates(scan, ranges[i]);
    }
    if (any) {
        for (size_t i = 0; i < code_count; i++) {
            note_references(scan, code[i]);
        }
        for (size_t i = 0; i < count; i++) {
            add_candidates(scan, ranges[i], true);
        }
    }
    free(scan->near_candidate.words);
    free(scan->near_candidate.pages);
    free(scan->branch_target);
    free(scan->loaded);
    free(scan->address_taken);
}

/* The number at a place in an image, 0 where the image ends before. */
static uint32_t image_number(const struct counter_image *image, uint64_t offset, unsigned size)
{
    uint32_t value = 0;

    if (offset > image->size || size > image->size - offset) {
        return 0;
    }
    for (unsigned i = size; i-- > 0;) {
        value = value << 8 | image->bytes[offset + i];
    }
    return value;
}

/* Linux' header of an arm64 Image, and the PE/COFF one that it also has when built with EFI. */
#define IMAGE_MAGIC_OFFSET 56
#define IMAGE_MAGIC 0x644d5241u
#define DOS_MAGIC 0x5a4du
#define PE_OFFSET 60
#define PE_MAGIC 0x4550u
#define PE_SECTIONS 6
#define PE_OPTIONAL_SIZE 20
#define PE_HEADER_SIZE 24
#define PE_SECTION_SIZE 40
#define PE_SECTION_RAW_SIZE 16
#define PE_SECTION_RAW_OFFSET 20
#define PE_SECTION_FLAGS 36
#define PE_EXECUTABLE 0x20000000u
#define MOST_PE_SECTIONS 16

/* The executable sections of a Linux Image; 0 if it is none, or does not tell. */
static size_t image_ranges(const struct counter_image *image, struct range *ranges)
{
    uint64_t pe = image_number(image, PE_OFFSET, 4), section, last = 0;
    unsigned sections;
    size_t count = 0;

    if (image_number(image, IMAGE_MAGIC_OFFSET, 4) != IMAGE_MAGIC || image->address & 3 ||
        image_number(image, 0, 2) != DOS_MAGIC || image_number(image, pe, 4) != PE_MAGIC) {
        return 0;
    }
    sections = image_number(image, pe + PE_SECTIONS, 2);
    section = pe + PE_HEADER_SIZE + image_number(image, pe + PE_OPTIONAL_SIZE, 2);
    for (unsigned i = 0; i < sections && i < MOST_PE_SECTIONS; i++, section += PE_SECTION_SIZE) {
        uint64_t start = image_number(image, section + PE_SECTION_RAW_OFFSET, 4);
        uint64_t end = start + image_number(image, section + PE_SECTION_RAW_SIZE, 4);

        if (image_number(image, section + PE_SECTION_FLAGS, 4) & PE_EXECUTABLE && start >= last &&
            start < end && end <= image->size) {
            ranges[count++] = (struct range){(start + 3) / 4, end / 4};
            last = end;
        }
    }
    return count;
}

static void search_raw_image(struct scan *scan, const struct counter_image *image)
{
    struct range ranges[MOST_PE_SECTIONS];
    size_t count = image->aarch64 ? image_ranges(image, ranges) : 0;

    if (!count) {
        ranges[count++] = (struct range){0, scan->code.count};
    }
    search_ranges(scan, ranges, count, ranges, count);
}

/* Reads in Thumb code that begins with an instruction, at bytes [start, end) of the image. */
static void search_thumb(struct scan *scan, const struct counter_image *image, size_t start,
                         size_t end)
{
    bool (*matches)(uint16_t, uint16_t, struct counter_site *) =
        image->wanted & COUNTER_WANTED_TIMERS ? code_t32_is_access : code_t32_is_read;
    unsigned it_block = 0; /* instructions left of it */
    struct counter_site site;

    for (size_t offset = start; end - offset >= 2;) {
        uint16_t first = image_number(image, offset, 2);
        bool wide = code_t32_is_wide(first);
        uint16_t second = wide && end - offset >= 4 ? image_number(image, offset + 2, 2) : 0;

        if (wide && matches(first, second, &site)) {
            if (it_block) {
                scan->found->left_alone++;
            } else {
                add_site(scan, site, offset);
            }
        }
        if (it_block) {
            it_block--;
        } else {
            it_block = code_t32_it_block(first);
        }
        offset += least(wide ? 4 : 2, end - offset);
    }
}

/* Reads in A64 or A32 code, at bytes [start, end) of the image. */
static void search_words(struct scan *scan, size_t start, size_t end)
{
    struct range range = {(minus(start, scan->skipped) + 3) / 4, minus(end, scan->skipped) / 4};

    add_candidates(scan, range, false);
}

/* What of a code range is in the image, as bytes [*start, *end) of it; false: nothing. */
static bool in_image(const struct counter_image *image, const struct elf_code *code, size_t *start,
                     size_t *end)
{
    uint64_t offset = code->address - image->address, size = code->size;

    if (code->address < image->address) {
        uint64_t before = image->address - code->address;

        if (before >= size) {
            return false;
        }
        size -= before;
        offset = 0;
    }
    if (offset >= image->size) {
        return false;
    }
    *start = offset;
    *end = offset + (size < image->size - offset ? size : image->size - offset);
    return true;
}

static void search_elf_image(struct scan *scan, const struct counter_image *image)
{
    const struct elf_codes *codes = image->codes;
    struct range *unknown = allocate(NULL, codes->count, sizeof(*unknown));
    size_t unknown_count = 0, start, end;

    for (size_t i = 0; i < codes->count; i++) {
        enum elf_code_kind kind = codes->ranges[i].kind;

        if (!in_image(image, &codes->ranges[i], &start, &end)) {
            continue;
        }
        if (kind == ELF_CODE_T32) {
            search_thumb(scan, image, start, end);
        } else if (kind != ELF_CODE_UNKNOWN) {
            search_words(scan, start, end);
        } else if (end > scan->skipped) {
            unknown[unknown_count++] =
                (struct range){(minus(start, scan->skipped) + 3) / 4, (end - scan->skipped) / 4};
        }
    }
    if (unknown_count) {
        search_ranges(scan, unknown, unknown_count, &(struct range){0, scan->code.count}, 1);
    }
    free(unknown);
}

static int by_offset(const void *left, const void *right)
{
    const struct counter_site *a = left, *b = right;

    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Sorts the sites; those that overlap another one, which code never does, are dropped. */
static void finish_sites(struct counter_sites *found)
{
    size_t kept = 0;

    if (!found->count) {
        return;
    }
    qsort(found->sites, found->count, sizeof(*found->sites), by_offset);
    for (size_t i = 0; i < found->count; i++) {
        if (!kept || found->sites[i].offset >= found->sites[kept - 1].offset + 4) {
            found->sites[kept++] = found->sites[i];
        }
    }
    found->count = kept;
}

/* Notes the candidates that are no site. */
static void note_left_alone(const struct scan *scan)
{
    struct counter_sites *found = scan->found;
    size_t next = 0;

    found->left = allocate(NULL, scan->candidate_count, sizeof(*found->left));
    for (size_t i = 0; i < scan->candidate_count; i++) {
        uint64_t offset = scan->skipped + scan->candidates[i] * 4;

        while (next < found->count && found->sites[next].offset < offset) {
            next++;
        }
        if (next == found->count || found->sites[next].offset != offset) {
            found->left[found->left_count++] = offset;
        }
    }
    found->left_alone += found->left_count;
}

static struct scan new_scan(const struct counter_image *image)
{
    bool aarch64 = image->codes ? image->codes->aarch64 : image->aarch64;
    struct scan scan = {.set = aarch64 ? &code_a64 : &code_a32};

    scan.finder = &scan.set->finders[image->wanted];
    scan.skipped = least(-image->address & 3, image->size);
    scan.code = (struct code_words){.bytes = image->bytes + scan.skipped,
                                    .count = (image->size - scan.skipped) / 4,
                                    .address = image->address + scan.skipped};
    return scan;
}

bool counter_sites_any(const struct counter_image *image)
{
    struct scan scan = new_scan(image);

    return scan.finder->next_read(&scan.code, 0, scan.code.count) < scan.code.count;
}

struct counter_sites counter_sites_find(const struct counter_image *image)
{
    struct counter_sites found = {0};
    struct scan scan = new_scan(image);

    scan.found = &found;
    collect_candidates(&scan);
    if (image->codes) {
        search_elf_image(&scan, image);
    } else {
        search_raw_image(&scan, image);
    }
    finish_sites(&found);
    note_left_alone(&scan);
    free(scan.candidates);
    return found;
}

void counter_sites_free(struct counter_sites *sites)
{
    free(sites->sites);
    free(sites->left);
    *sites = (struct counter_sites){0};
}
