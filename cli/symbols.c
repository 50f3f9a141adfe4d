/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbols.h"

/* bfd.h wants to be included by a configured package only. */
#define PACKAGE "ebb"
#define PACKAGE_VERSION "1"
#include <bfd.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How far behind its symbol an address may be when the symbol's file gives no sizes. */
#define FUNCTION_LIMIT (1u << 20)

struct function {
    uint64_t address;
    const char *name;
    bool preferred; /* a typed function; labels of assembler code come second */
};

struct symbols {
    bfd *file;
    asymbol **table;            /* what bfd_find_nearest_line wants; owns the names */
    struct function *functions; /* by address, one for each */
    size_t function_count;
    long count;      /* of the table */
    uint64_t offset; /* a guest's address less the file's */
};

/* Mapping symbols ($a, $t, $d, $x) mark what the bytes are, not where a function begins. */
static bool is_mapping_symbol(const char *name)
{
    return name[0] == '$' && name[1] && strchr("atdxbfmp", name[1]) &&
           (name[2] == '\0' || name[2] == '.');
}

static bool is_code(const asymbol *symbol)
{
    return (bfd_asymbol_section(symbol)->flags & SEC_CODE) &&
           !(symbol->flags & (BSF_DEBUGGING | BSF_FILE | BSF_SECTION_SYM | BSF_OBJECT)) &&
           symbol->name && symbol->name[0] && !is_mapping_symbol(symbol->name);
}

static int compare_functions(const void *a, const void *b)
{
    const struct function *first = a, *second = b;

    if (first->address != second->address) {
        return first->address < second->address ? -1 : 1;
    }
    if (first->preferred != second->preferred) {
        return first->preferred ? -1 : 1;
    }
    return strcmp(first->name, second->name);
}

static void sort_functions(struct symbols *symbols)
{
    size_t kept = 0;

    qsort(symbols->functions, symbols->function_count, sizeof(*symbols->functions),
          compare_functions);
    for (size_t i = 0; i < symbols->function_count; i++) {
        if (kept == 0 || symbols->functions[kept - 1].address != symbols->functions[i].address) {
            symbols->functions[kept++] = symbols->functions[i];
        }
    }
    symbols->function_count = kept;
}

static int read_symbol_table(struct symbols *symbols, struct ebb_error *error)
{
    long size = bfd_get_symtab_upper_bound(symbols->file), count = 0;
    /* Bit 0 of a Thumb function's address says that it is Thumb. */
    uint64_t mask = bfd_get_arch_size(symbols->file) == 32 ? ~1ull : ~0ull;

    if (size > 0) {
        symbols->table = malloc((size_t)size);
        count = symbols->table ? bfd_canonicalize_symtab(symbols->file, symbols->table) : -1;
    }
    symbols->functions = calloc(count > 0 ? (size_t)count : 1, sizeof(*symbols->functions));
    if (size < 0 || count < 0 || !symbols->functions) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols: %s",
                        bfd_errmsg(bfd_get_error()));
    }
    symbols->count = count;
    for (long i = 0; i < count; i++) {
        asymbol *symbol = symbols->table[i];

        if (is_code(symbol)) {
            symbols->functions[symbols->function_count++] = (struct function){
                .address = bfd_asymbol_value(symbol) & mask,
                .name = symbol->name,
                .preferred = symbol->flags & BSF_FUNCTION,
            };
        }
    }
    sort_functions(symbols);
    return 0;
}

struct symbols *symbols_open(const char *path, struct ebb_error *error)
{
    struct symbols *symbols = calloc(1, sizeof(*symbols));

    if (!symbols) {
        ebb_fail_memory(error);
        return NULL;
    }
    bfd_init();
    symbols->file = bfd_openr(path, NULL);
    if (!symbols->file || !bfd_check_format(symbols->file, bfd_object)) {
        ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols from %s: %s", path,
                 bfd_errmsg(bfd_get_error()));
        symbols_close(symbols);
        return NULL;
    }
    if (read_symbol_table(symbols, error) < 0) {
        ebb_fail_prefix(error, "%s", path);
        symbols_close(symbols);
        return NULL;
    }
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols) {
        free(symbols->functions);
        free(symbols->table);
        if (symbols->file) {
            bfd_close(symbols->file);
        }
        free(symbols);
    }
}

bool symbols_are_wide(const struct symbols *symbols)
{
    return bfd_get_arch_size(symbols->file) == 64;
}

bool symbols_lookup(const struct symbols *symbols, const char *name, uint64_t *address)
{
    for (long i = 0; i < symbols->count; i++) {
        const asymbol *symbol = symbols->table[i];

        if (symbol->name && strcmp(symbol->name, name) == 0 &&
            !(symbol->flags & (BSF_DEBUGGING | BSF_FILE | BSF_SECTION_SYM)) &&
            !bfd_is_und_section(bfd_asymbol_section(symbol))) {
            *address = bfd_asymbol_value(symbol);
            return true;
        }
    }
    return false;
}

size_t symbols_read(struct symbols *symbols, uint64_t address, void *buffer, size_t size)
{
    for (asection *section = symbols->file->sections; section; section = section->next) {
        uint64_t start = bfd_section_vma(section), length = bfd_section_size(section);

        if (!(bfd_section_flags(section) & SEC_ALLOC) || address < start ||
            address - start >= length) {
            continue;
        }
        if (size > length - (address - start)) {
            size = (size_t)(length - (address - start));
        }
        return (bfd_section_flags(section) & SEC_HAS_CONTENTS) &&
                       bfd_get_section_contents(symbols->file, section, buffer,
                                                (file_ptr)(address - start), size)
                   ? size
                   : 0;
    }
    return 0;
}

void symbols_move(struct symbols *symbols, uint64_t offset)
{
    symbols->offset = offset;
}

static const struct function *function_at(const struct symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->function_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->functions[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || address - symbols->functions[low - 1].address >= FUNCTION_LIMIT) {
        return NULL;
    }
    return &symbols->functions[low - 1];
}

bool symbols_has_code_at(const struct symbols *symbols, uint64_t address)
{
    const struct function *function = function_at(symbols, address);

    return function && function->address == address;
}

void symbols_find(struct symbols *symbols, uint64_t address, struct symbols_location *location)
{
    const struct function *function = NULL;
    const char *file = NULL, *name = NULL;
    unsigned line = 0;

    *location = (struct symbols_location){0};
    address -= symbols->offset;
    for (asection *section = symbols->file->sections; section; section = section->next) {
        uint64_t start = bfd_section_vma(section);

        if (!(bfd_section_flags(section) & SEC_CODE) || address < start ||
            address - start >= bfd_section_size(section)) {
            continue;
        }
        function = function_at(symbols, address);
        if (symbols->table && bfd_find_nearest_line(symbols->file, section, symbols->table,
                                                    address - start, &file, &name, &line)) {
            location->file = file;
            location->line = file ? line : 0;
        }
        break;
    }
    if (function) {
        location->function = function->name;
        location->offset = address - function->address;
    }
}

void symbols_describe(struct symbols *symbols, uint64_t address, char *buffer, size_t size)
{
    struct symbols_location location;
    int used = 0;

    symbols_find(symbols, address, &location);
    buffer[0] = '\0';
    if (location.function) {
        used = snprintf(buffer, size, "%s+0x%llx", location.function,
                        (unsigned long long)location.offset);
    }
    if (location.file && location.line && used >= 0 && (size_t)used < size) {
        snprintf(buffer + used, size - (size_t)used, "%s(%s:%u)", used ? " " : "", location.file,
                 location.line);
    }
}
