/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "elf.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

struct elf_file {
    const uint8_t *bytes;
    size_t size;
    bool wide; /* ELF64 */
};

struct table {
    uint64_t offset;
    unsigned entry_size, count;
};

struct segment {
    uint64_t offset, size, virtual, physical;
    bool executable;
};

struct section {
    uint64_t offset, size, virtual, entry_size;
    uint32_t type, link, index;
    bool executable;
};

/* A mapping symbol: from here on, the section holds that. */
struct mapping {
    uint64_t offset; /* in the file */
    char kind;       /* x, a, t: code; d: data */
    size_t order;    /* in the symbol table: the last of several at one place counts */
};

struct growing {
    void *items;
    size_t count, capacity;
};

/* The new item, zeroed. */
static void *grow(struct growing *list, size_t item_size)
{
    char *item;

    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 16;
        list->items = realloc(list->items, list->capacity * item_size);
        if (!list->items) {
            abort();
        }
    }
    item = (char *)list->items + list->count++ * item_size;
    return memset(item, 0, item_size);
}

static bool within(const struct elf_file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset;
}

/* A number in the file; 0 if it is not all there. */
static uint64_t number(const struct elf_file *file, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    if (!within(file, offset, size)) {
        return 0;
    }
    for (unsigned i = size; i-- > 0;) {
        value = value << 8 | file->bytes[offset + i];
    }
    return value;
}

/* The member of a structure that has an ELF32 and an ELF64 variant, at offset. */
#define MEMBER(file, offset, structure, member)                                                    \
    ((file)->wide ? number(file, (offset) + offsetof(Elf64_##structure, member),                   \
                           sizeof(((Elf64_##structure *)0)->member))                               \
                  : number(file, (offset) + offsetof(Elf32_##structure, member),                   \
                           sizeof(((Elf32_##structure *)0)->member)))

/* A table of count entries; none if it is damaged. */
static struct table read_table(const struct elf_file *file, uint64_t offset, uint64_t entry_size,
                               uint64_t count, size_t wanted)
{
    struct table table = {.offset = offset, .entry_size = entry_size, .count = count};

    if (entry_size < wanted || !within(file, offset, entry_size * count)) {
        table.count = 0;
    }
    return table;
}

static struct table segment_table(const struct elf_file *file)
{
    return read_table(file, MEMBER(file, 0, Ehdr, e_phoff), MEMBER(file, 0, Ehdr, e_phentsize),
                      MEMBER(file, 0, Ehdr, e_phnum),
                      file->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
}

static struct table section_table(const struct elf_file *file)
{
    return read_table(file, MEMBER(file, 0, Ehdr, e_shoff), MEMBER(file, 0, Ehdr, e_shentsize),
                      MEMBER(file, 0, Ehdr, e_shnum),
                      file->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
}

static int by_segment_offset(const void *left, const void *right)
{
    const struct segment *a = left, *b = right;

    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The segments that are loaded, by offset. */
static void read_segments(const struct elf_file *file, struct growing *segments)
{
    struct table table = segment_table(file);

    for (unsigned i = 0; i < table.count; i++) {
        uint64_t at = table.offset + (uint64_t)i * table.entry_size;
        uint64_t offset = MEMBER(file, at, Phdr, p_offset), size = MEMBER(file, at, Phdr, p_filesz);
        struct segment *segment;

        if (MEMBER(file, at, Phdr, p_type) != PT_LOAD || !within(file, offset, size) || !size) {
            continue;
        }
        segment = grow(segments, sizeof(*segment));
        segment->offset = offset;
        segment->size = size;
        segment->virtual = MEMBER(file, at, Phdr, p_vaddr);
        segment->physical = MEMBER(file, at, Phdr, p_paddr);
        segment->executable = MEMBER(file, at, Phdr, p_flags) & PF_X;
    }
    if (segments->count) {
        qsort(segments->items, segments->count, sizeof(struct segment), by_segment_offset);
    }
}

/* The segment that holds the file's byte at offset: the last one that begins there or before. */
static const struct segment *segment_of(const struct growing *segments, uint64_t offset)
{
    const struct segment *all = segments->items;
    size_t low = 0, high = segments->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all[middle].offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low && offset - all[low - 1].offset < all[low - 1].size ? &all[low - 1] : NULL;
}

static struct section read_section(const struct elf_file *file, struct table table, unsigned index)
{
    uint64_t at = table.offset + (uint64_t)index * table.entry_size;
    uint64_t flags = MEMBER(file, at, Shdr, sh_flags);
    struct section section = {
        .offset = MEMBER(file, at, Shdr, sh_offset),
        .size = MEMBER(file, at, Shdr, sh_size),
        .virtual = MEMBER(file, at, Shdr, sh_addr),
        .entry_size = MEMBER(file, at, Shdr, sh_entsize),
        .type = MEMBER(file, at, Shdr, sh_type),
        .link = MEMBER(file, at, Shdr, sh_link),
        .index = index,
    };

    section.executable = section.type == SHT_PROGBITS && flags & SHF_ALLOC && flags & SHF_EXECINSTR;
    if (section.type != SHT_NOBITS && !within(file, section.offset, section.size)) {
        section.type = SHT_NULL;
        section.executable = false;
    }
    return section;
}

static int by_offset(const void *left, const void *right)
{
    const struct section *a = left, *b = right;

    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Executable sections, by offset. */
static void read_sections(const struct elf_file *file, struct table table, struct growing *sections)
{
    for (unsigned i = 0; i < table.count; i++) {
        struct section section = read_section(file, table, i);

        if (section.executable && section.size) {
            *(struct section *)grow(sections, sizeof(section)) = section;
        }
    }
    if (sections->count) {
        qsort(sections->items, sections->count, sizeof(struct section), by_offset);
    }
}

/* The kind of a mapping symbol, from its name: $x, $a, $t, $d, with anything behind a dot; or 0. */
static char mapping_kind(const struct elf_file *file, const struct section *strings, uint64_t name)
{
    const uint8_t *text;

    if (name >= strings->size || strings->size - name < 3) {
        return 0;
    }
    text = file->bytes + strings->offset + name;
    if (text[0] != '$' || (text[2] && text[2] != '.')) {
        return 0;
    }
    return text[1] == 'x' || text[1] == 'a' || text[1] == 't' || text[1] == 'd' ? text[1] : 0;
}

/* Mapping symbols of the sections that sections_by_index knows. */
static void read_mappings(const struct elf_file *file, struct table table,
                          const struct section *symbols, const struct section *sections_by_index,
                          struct growing *mappings)
{
    size_t wanted = file->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    struct section strings;

    if (symbols->entry_size < wanted || symbols->link >= table.count) {
        return;
    }
    strings = read_section(file, table, symbols->link);
    if (strings.type != SHT_STRTAB) {
        return;
    }
    for (uint64_t at = 0; symbols->size - at >= symbols->entry_size; at += symbols->entry_size) {
        uint64_t symbol = symbols->offset + at, value = MEMBER(file, symbol, Sym, st_value);
        unsigned index = MEMBER(file, symbol, Sym, st_shndx);
        const struct section *section = index < table.count ? &sections_by_index[index] : NULL;
        char kind = mapping_kind(file, &strings, MEMBER(file, symbol, Sym, st_name));
        struct mapping *mapping;

        if (!kind || !section || !section->executable || value < section->virtual ||
            value - section->virtual >= section->size) {
            continue;
        }
        mapping = grow(mappings, sizeof(*mapping));
        mapping->offset = section->offset + (value - section->virtual);
        mapping->kind = kind;
        mapping->order = mappings->count;
    }
}

static int by_place(const void *left, const void *right)
{
    const struct mapping *a = left, *b = right;

    if (a->offset != b->offset) {
        return a->offset < b->offset ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void read_all_mappings(const struct elf_file *file, struct table table,
                              struct growing *mappings)
{
    struct section *all = calloc(table.count ? table.count : 1, sizeof(*all));

    if (!all) {
        abort();
    }
    for (unsigned i = 0; i < table.count; i++) {
        all[i] = read_section(file, table, i);
    }
    for (unsigned i = 0; i < table.count; i++) {
        if (all[i].type == SHT_SYMTAB) {
            read_mappings(file, table, &all[i], all, mappings);
            break; /* the format allows for one */
        }
    }
    free(all);
    if (mappings->count) {
        qsort(mappings->items, mappings->count, sizeof(struct mapping), by_place);
    }
}

static enum elf_code_kind code_kind(char mapping)
{
    switch (mapping) {
    case 'x':
        return ELF_CODE_A64;
    case 'a':
        return ELF_CODE_A32;
    default:
        return ELF_CODE_T32;
    }
}

/* Adds [start, end) of the file, as far as it is loaded and comes behind what is there already. */
static void add_range(struct growing *ranges, const struct growing *segments,
                      enum elf_code_kind kind, uint64_t start, uint64_t end)
{
    const struct elf_code *last =
        ranges->count ? (struct elf_code *)ranges->items + ranges->count - 1 : NULL;
    const struct segment *segment;
    struct elf_code *range;

    if (last && start < last->offset + last->size) {
        start = last->offset + last->size;
    }
    segment = segment_of(segments, start);
    if (!segment || start >= end) {
        return;
    }
    if (end - segment->offset > segment->size) {
        end = segment->offset + segment->size;
    }
    range = grow(ranges, sizeof(*range));
    range->kind = kind;
    range->offset = start;
    range->size = end - start;
    range->address = segment->physical + (start - segment->offset);
}

/* The section's code: as its mapping symbols say, *next being the first of them that may count. */
static void add_section(struct growing *ranges, const struct growing *segments,
                        const struct section *section, const struct growing *mappings, size_t *next)
{
    const struct mapping *all = mappings->items;
    uint64_t end = section->offset + section->size;

    while (*next < mappings->count && all[*next].offset < section->offset) {
        (*next)++;
    }
    if (*next == mappings->count || all[*next].offset >= end) {
        add_range(ranges, segments, ELF_CODE_UNKNOWN, section->offset, end);
        return;
    }
    for (; *next < mappings->count && all[*next].offset < end; (*next)++) {
        const struct mapping *mapping = &all[*next];
        bool last = *next + 1 == mappings->count || all[*next + 1].offset >= end;

        if (mapping->kind != 'd') {
            add_range(ranges, segments, code_kind(mapping->kind), mapping->offset,
                      last ? end : all[*next + 1].offset);
        }
    }
}

static void add_executable_segments(struct growing *ranges, const struct growing *segments)
{
    const struct segment *all = segments->items;

    for (size_t i = 0; i < segments->count; i++) {
        if (all[i].executable) {
            add_range(ranges, segments, ELF_CODE_UNKNOWN, all[i].offset,
                      all[i].offset + all[i].size);
        }
    }
}

/* All segments that are loaded, as ranges of which nothing is known. */
static void list_loaded(const struct growing *segments, struct elf_codes *codes)
{
    const struct segment *all = segments->items;
    struct growing loaded = {0};

    for (size_t i = 0; i < segments->count; i++) {
        *(struct elf_code *)grow(&loaded, sizeof(struct elf_code)) = (struct elf_code){
            .offset = all[i].offset, .size = all[i].size, .address = all[i].physical};
    }
    codes->loaded = loaded.items;
    codes->loaded_count = loaded.count;
}

static bool read_header(struct elf_file *file, bool *aarch64)
{
    unsigned machine;

    if (file->size < sizeof(Elf32_Ehdr) || memcmp(file->bytes, ELFMAG, SELFMAG) ||
        file->bytes[EI_DATA] != ELFDATA2LSB) {
        return false;
    }
    file->wide = file->bytes[EI_CLASS] == ELFCLASS64;
    machine = MEMBER(file, 0, Ehdr, e_machine);
    *aarch64 = machine == EM_AARCH64;
    return *aarch64 || machine == EM_ARM;
}

bool counter_elf_read(const uint8_t *bytes, size_t size, struct elf_codes *codes)
{
    struct elf_file file = {.bytes = bytes, .size = size};
    struct growing segments = {0}, sections = {0}, mappings = {0}, ranges = {0};
    struct table table;
    size_t next = 0;

    if (!bytes || !read_header(&file, &codes->aarch64)) {
        return false;
    }
    table = section_table(&file);
    read_segments(&file, &segments);
    read_sections(&file, table, &sections);
    if (sections.count) {
        read_all_mappings(&file, table, &mappings);
        for (size_t i = 0; i < sections.count; i++) {
            add_section(&ranges, &segments, (struct section *)sections.items + i, &mappings, &next);
        }
    } else {
        add_executable_segments(&ranges, &segments);
    }
    if (ranges.count) {
        list_loaded(&segments, codes);
    }
    free(segments.items);
    free(sections.items);
    free(mappings.items);
    codes->ranges = ranges.items;
    codes->count = ranges.count;
    return ranges.count != 0;
}

void counter_elf_free(struct elf_codes *codes)
{
    free(codes->ranges);
    free(codes->loaded);
    *codes = (struct elf_codes){.aarch64 = codes->aarch64};
}
