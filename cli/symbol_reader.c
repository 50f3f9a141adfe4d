/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol_reader.h"

#include "reader_process.h"
#include "symbol_question.h"
#include "log/error.h"

/* bfd.h wants to be included by a configured package only. */
#define PACKAGE "ebb"
#define PACKAGE_VERSION "1"
#include <bfd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far behind its symbol an address may be when the symbol's file gives no sizes. */
#define FUNCTION_LIMIT (1u << 20)

/* Bytes that libbfd may take. */
#define MORE_MEMORY (1ull << 30)
#define PER_FILE_BYTE 4u

struct function {
    uint64_t address;
    const char *name;
    bool preferred; /* a typed function; labels of assembler code come second */
};

/* What the bytes are from here on (ELF for the Arm architecture, Mapping symbols). */
struct mark {
    uint64_t address;
    char kind;
};

struct reader {
    bfd *file;
    asymbol **table;            /* what bfd_find_nearest_line wants; owns the names */
    struct function *functions; /* by address, one for each */
    size_t function_count;
    struct mark *marks; /* by address */
    size_t mark_count;
    long count; /* of the table */
    uint64_t
        code_mask; /* without bit 0 of a Thumb function's address, which says that it is Thumb */
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

static int compare_marks(const void *a, const void *b)
{
    const struct mark *first = a, *second = b;

    return first->address < second->address ? -1 : first->address > second->address;
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

static void sort_functions(struct reader *reader)
{
    size_t kept = 0;

    qsort(reader->functions, reader->function_count, sizeof(*reader->functions), compare_functions);
    for (size_t i = 0; i < reader->function_count; i++) {
        if (kept == 0 || reader->functions[kept - 1].address != reader->functions[i].address) {
            reader->functions[kept++] = reader->functions[i];
        }
    }
    reader->function_count = kept;
}

/* The table has been read. */
static bool read_marks(struct reader *reader)
{
    reader->marks = calloc(reader->count > 0 ? (size_t)reader->count : 1, sizeof(*reader->marks));
    for (long i = 0; reader->marks && i < reader->count; i++) {
        const asymbol *symbol = reader->table[i];

        if (symbol->name && is_mapping_symbol(symbol->name) &&
            (bfd_asymbol_section(symbol)->flags & SEC_CODE)) {
            reader->marks[reader->mark_count++] =
                (struct mark){bfd_asymbol_value(symbol), symbol->name[1]};
        }
    }
    if (reader->marks) {
        qsort(reader->marks, reader->mark_count, sizeof(*reader->marks), compare_marks);
    }
    return reader->marks != NULL;
}

static int read_symbol_table(struct reader *reader, struct ebb_error *error)
{
    long size = bfd_get_symtab_upper_bound(reader->file), count = 0;

    reader->code_mask = bfd_get_arch_size(reader->file) == 32 ? ~1ull : ~0ull;

    if (size > 0) {
        reader->table = malloc((size_t)size);
        count = reader->table ? bfd_canonicalize_symtab(reader->file, reader->table) : -1;
    }
    reader->functions = calloc(count > 0 ? (size_t)count : 1, sizeof(*reader->functions));
    if (size < 0 || count < 0 || !reader->functions) {
        return ebb_fail(error, EBB_ERROR_FAILED, "cannot read symbols: %s",
                        bfd_errmsg(bfd_get_error()));
    }
    reader->count = count;
    if (!read_marks(reader)) {
        return ebb_fail_memory(error);
    }
    for (long i = 0; i < count; i++) {
        asymbol *symbol = reader->table[i];

        if (is_code(symbol)) {
            reader->functions[reader->function_count++] = (struct function){
                .address = bfd_asymbol_value(symbol) & reader->code_mask,
                .name = symbol->name,
                .preferred = symbol->flags & BSF_FUNCTION,
            };
        }
    }
    sort_functions(reader);
    return 0;
}

static const struct function *function_at(const struct reader *reader, uint64_t address)
{
    size_t low = 0, high = reader->function_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (reader->functions[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || address - reader->functions[low - 1].address >= FUNCTION_LIMIT) {
        return NULL;
    }
    return &reader->functions[low - 1];
}

/* Text of a stranger's, for somebody's terminal. */
static void copy_text(char *to, size_t size, const char *text)
{
    size_t i;

    for (i = 0; i + 1 < size && text[i]; i++) {
        to[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    }
    to[i] = '\0';
}

static void find(const struct reader *reader, uint64_t address, struct symbol_answer *answer)
{
    const struct function *function = NULL;
    const char *file = NULL, *name = NULL;
    unsigned line = 0;

    for (asection *section = reader->file->sections; section; section = section->next) {
        uint64_t start = bfd_section_vma(section);

        if (!(bfd_section_flags(section) & SEC_CODE) || address < start ||
            address - start >= bfd_section_size(section)) {
            continue;
        }
        function = function_at(reader, address);
        if (reader->table &&
            bfd_find_nearest_line(reader->file, section, reader->table, address - start, &file,
                                  &name, &line) &&
            file) {
            copy_text(answer->file, sizeof(answer->file), file);
            answer->line = line;
        }
        break;
    }
    if (function) {
        copy_text(answer->function, sizeof(answer->function), function->name);
        answer->offset = address - function->address;
    }
}

/* What users ask for: no parts of the file, and no mapping symbols. */
static bool has_name(const asymbol *symbol)
{
    return symbol->name && symbol->name[0] && !is_mapping_symbol(symbol->name) &&
           !(symbol->flags & (BSF_DEBUGGING | BSF_FILE | BSF_SECTION_SYM)) &&
           !bfd_is_und_section(bfd_asymbol_section(symbol));
}

static void complete(const struct reader *reader, const char *begin, uint64_t from,
                     struct symbol_answer *answer)
{
    size_t length = strlen(begin);

    for (uint64_t i = from; i < (uint64_t)reader->count && !answer->found; i++) {
        const asymbol *symbol = reader->table[i];

        if (has_name(symbol) && strncmp(symbol->name, begin, length) == 0) {
            copy_text(answer->function, sizeof(answer->function), symbol->name);
            answer->value = i + 1;
            answer->found = 1;
        }
    }
}

static void look_up(const struct reader *reader, const char *name, struct symbol_answer *answer)
{
    for (long i = 0; i < reader->count && !answer->found; i++) {
        const asymbol *symbol = reader->table[i];

        if (symbol->name && strcmp(symbol->name, name) == 0 &&
            !(symbol->flags & (BSF_DEBUGGING | BSF_FILE | BSF_SECTION_SYM)) &&
            !bfd_is_und_section(bfd_asymbol_section(symbol))) {
            answer->value = bfd_asymbol_value(symbol);
            answer->found = 1;
        }
    }
}

/* What GCC and linkers put behind the name of a copy of a whole function. */
static bool is_suffix_of_copy(const char *suffix)
{
    static const char *const kinds[] = {".isra.", ".constprop.", ".lto_priv."};
    bool known = true;

    while (known && *suffix) {
        known = false;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !known; i++) {
            size_t length = strlen(kinds[i]);

            if (strncmp(suffix, kinds[i], length) == 0) {
                suffix += length + strspn(suffix + length, "0123456789");
                known = true;
            }
        }
    }
    return known;
}

static bool is_function_of(const asymbol *symbol, const char *name)
{
    size_t length = strlen(name);

    return is_code(symbol) && strncmp(symbol->name, name, length) == 0 &&
           is_suffix_of_copy(symbol->name + length);
}

/* In the whole table: a function may have several names. */
static void find_function(const struct reader *reader, const char *name, uint64_t from,
                          struct symbol_answer *answer)
{
    for (uint64_t i = from; i < (uint64_t)reader->count && !answer->found; i++) {
        const asymbol *symbol = reader->table[i];

        if (is_function_of(symbol, name)) {
            copy_text(answer->function, sizeof(answer->function), symbol->name);
            answer->offset = bfd_asymbol_value(symbol) & reader->code_mask;
            answer->value = i + 1;
            answer->found = 1;
        }
    }
}

static void code_at(const struct reader *reader, uint64_t address, struct symbol_answer *answer)
{
    const struct function *function = function_at(reader, address);

    answer->found = function && function->address == address;
}

static void code_kind(const struct reader *reader, uint64_t address, struct symbol_answer *answer)
{
    size_t low = 0, high = reader->mark_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (reader->marks[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0 && address - reader->marks[low - 1].address < FUNCTION_LIMIT) {
        answer->value = (uint8_t)reader->marks[low - 1].kind;
    }
}

static void read_contents(const struct reader *reader, uint64_t address, size_t size,
                          struct symbol_answer *answer)
{
    for (asection *section = reader->file->sections; section; section = section->next) {
        uint64_t start = bfd_section_vma(section), length = bfd_section_size(section);

        if (!(bfd_section_flags(section) & SEC_ALLOC) || address < start ||
            address - start >= length) {
            continue;
        }
        if (size > length - (address - start)) {
            size = (size_t)(length - (address - start));
        }
        if ((bfd_section_flags(section) & SEC_HAS_CONTENTS) &&
            bfd_get_section_contents(reader->file, section, answer->data,
                                     (file_ptr)(address - start), size)) {
            answer->size = (uint32_t)size;
        }
        break;
    }
}

static void find_code(const struct reader *reader, uint64_t number, struct symbol_answer *answer)
{
    for (asection *section = reader->file->sections; section; section = section->next) {
        if ((bfd_section_flags(section) & SEC_CODE) && number-- == 0) {
            answer->value = bfd_section_vma(section);
            answer->offset = bfd_section_size(section);
            answer->found = 1;
            return;
        }
    }
}

static void think(const struct reader *reader, struct symbol_question *question,
                  struct symbol_answer *answer)
{
    switch (question->kind) {
    case SYMBOLS_FIND:
        find(reader, question->address, answer);
        break;
    case SYMBOLS_LOOKUP:
        question->name[sizeof(question->name) - 1] = '\0';
        look_up(reader, question->name, answer);
        break;
    case SYMBOLS_CODE_AT:
        code_at(reader, question->address, answer);
        break;
    case SYMBOLS_CODE_KIND:
        code_kind(reader, question->address, answer);
        break;
    case SYMBOLS_COMPLETE:
        question->name[sizeof(question->name) - 1] = '\0';
        complete(reader, question->name, question->address, answer);
        break;
    case SYMBOLS_CODE:
        find_code(reader, question->address, answer);
        break;
    case SYMBOLS_FUNCTION:
        question->name[sizeof(question->name) - 1] = '\0';
        find_function(reader, question->name, question->address, answer);
        break;
    case SYMBOLS_READ:
        read_contents(reader, question->address,
                      question->size < sizeof(answer->data) ? question->size : sizeof(answer->data),
                      answer);
        break;
    }
}

static void fail_to_open(const char *problem, int socket)
{
    static struct symbol_answer answer = {.failed = 1};

    copy_text(answer.problem, sizeof(answer.problem), problem);
    reader_process_answer(socket, &answer, sizeof(answer));
    _exit(1);
}

/* The file is open from here on, and nothing of it was looked at; bfd_check_format() does that. */
static bfd *open_file(const char *path, int socket)
{
    struct stat status;
    bfd *file;
    int descriptor;

    reader_process_close_others(socket);
    bfd_init();
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    file = descriptor < 0 ? NULL : bfd_fdopenr(path, NULL, descriptor);
    if (descriptor < 0 || fstat(descriptor, &status)) {
        fail_to_open(strerror(errno), socket);
    }
    /* It reads sections as a whole, more than one of them at a time, and unpacks them. */
    reader_process_enclose(MORE_MEMORY + PER_FILE_BYTE * (uint64_t)status.st_size);
    if (!S_ISREG(status.st_mode)) {
        fail_to_open("it is no file", socket);
    }
    if (!file || !bfd_check_format(file, bfd_object)) {
        fail_to_open(bfd_errmsg(bfd_get_error()), socket);
    }
    return file;
}

_Noreturn void symbol_reader_serve(const char *path, int socket)
{
    static struct symbol_answer answer;
    struct reader reader = {.file = open_file(path, socket)};
    struct symbol_question question;
    struct ebb_error error;

    if (read_symbol_table(&reader, &error)) {
        fail_to_open(error.message, socket);
    }
    answer.wide = bfd_get_arch_size(reader.file) == 64;
    reader_process_answer(socket, &answer, sizeof(answer));
    while (read(socket, &question, sizeof(question)) == sizeof(question)) {
        memset(&answer, 0, sizeof(answer));
        think(&reader, &question, &answer);
        reader_process_answer(socket, &answer, sizeof(answer));
    }
    _exit(0);
}
