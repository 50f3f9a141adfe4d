/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address_sum.h"

#include "rsp/words.h"

#include <string.h>

#define NAME_SIZE 256u

/* A sum that is being read. */
struct sum {
    const struct address_terms *terms;
    const char *text, *rest;
    uint64_t value;
    bool named; /* not of numbers alone */
};

static int read_symbol(const struct address_terms *terms, const char *name, uint64_t *value,
                       struct ebb_error *error)
{
    if (!terms->symbols) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.60s\" is no address, and there are no symbols; --symbols names a file "
                        "with them",
                        name);
    }
    if (!symbols_lookup(terms->symbols, name, value)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s has no symbol \"%.60s\"", terms->symbol_file,
                        name);
    }
    *value += symbols_offset(terms->symbols);
    return 0;
}

static int read_term(struct sum *sum, uint64_t *value, struct ebb_error *error)
{
    const struct address_terms *terms = sum->terms;
    const char *behind = rsp_scan_number(sum->rest, 0, value);
    size_t length = strcspn(sum->rest, "+-, \t");
    char name[NAME_SIZE];

    if (behind) {
        sum->rest = behind;
        return 0;
    }
    if (length == 0 || length >= sizeof(name)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.60s\" is no address; write a number%s or a symbol, and +N or -N "
                        "behind it",
                        sum->text, terms->read_register ? ", a register as $sp," : "");
    }
    memcpy(name, sum->rest, length);
    name[length] = '\0';
    sum->rest += length;
    sum->named = true;
    return name[0] == '$' && terms->read_register
               ? terms->read_register(terms->opaque, name, value, error)
               : read_symbol(terms, name, value, error);
}

static int read_sum(struct sum *sum, struct ebb_error *error)
{
    if (read_term(sum, &sum->value, error) < 0) {
        return -1;
    }
    while (*sum->rest == '+' || *sum->rest == '-') {
        bool minus = *sum->rest++ == '-';
        uint64_t value;

        if (read_term(sum, &value, error) < 0) {
            return -1;
        }
        sum->value += minus ? 0 - value : value;
    }
    if (sum->named && !sum->terms->wide) {
        sum->value &= UINT32_MAX;
    }
    return 0;
}

static int check_end(const struct sum *sum, struct ebb_error *error)
{
    return *sum->rest ? ebb_fail(error, EBB_ERROR_USAGE,
                                 "\"%.60s\" is no address; \"%.40s\" cannot be understood",
                                 sum->text, sum->rest)
                      : 0;
}

int address_sum_read(const struct address_terms *terms, const char *text, uint64_t *address,
                     struct ebb_error *error)
{
    struct sum sum = {.terms = terms, .text = text, .rest = text};

    if (read_sum(&sum, error) < 0) {
        return -1;
    }
    *address = sum.value;
    return check_end(&sum, error);
}

int address_sum_read_place(const struct address_terms *terms, const char *text, uint64_t *address,
                           uint64_t *length, struct ebb_error *error)
{
    struct sum sum = {.terms = terms, .text = text, .rest = text};

    if (read_sum(&sum, error) < 0) {
        return -1;
    }
    *address = sum.value;
    if (*sum.rest == ',') {
        const char *behind = rsp_scan_number(sum.rest + 1, 0, length);

        sum.rest = behind ? behind : sum.rest;
    }
    return check_end(&sum, error);
}
