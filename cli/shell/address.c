/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"

#include "cli/guest_state.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 256u

const struct target_register *address_register(const struct shell *shell, const char *name,
                                               struct ebb_error *error)
{
    const char *plain = name + (name[0] == '$');
    const struct target_register *reg =
        target_registers_find(&shell->registers, plain, strlen(plain));

    if (!reg) {
        ebb_fail(error, EBB_ERROR_USAGE,
                 "the CPU has no register \"%.40s\"; \"registers all\" prints those it has", plain);
    }
    return reg;
}

int address_register_bytes(struct shell *shell, const struct target_register *reg,
                           uint8_t bytes[ADDRESS_REGISTER_BYTES], struct ebb_error *error)
{
    return timeline_read_register(shell->timeline, reg->number, bytes, ADDRESS_REGISTER_BYTES,
                                  error);
}

int address_register_value(struct shell *shell, const struct target_register *reg, uint64_t *value,
                           struct ebb_error *error)
{
    uint8_t bytes[ADDRESS_REGISTER_BYTES];
    int size = address_register_bytes(shell, reg, bytes, error);

    *value = 0;
    for (int i = size < 8 ? size : 8; i > 0; i--) {
        *value = *value << 8 | bytes[i - 1];
    }
    return size < 0 ? -1 : 0;
}

static int read_register(struct shell *shell, const char *name, uint64_t *value,
                         struct ebb_error *error)
{
    const struct target_register *reg = address_register(shell, name, error);

    return reg ? address_register_value(shell, reg, value, error) : -1;
}

static int read_symbol(struct shell *shell, const char *name, uint64_t *value,
                       struct ebb_error *error)
{
    if (!shell->symbols) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.60s\" is no address, and there are no symbols; --symbols names a file "
                        "with them",
                        name);
    }
    if (!symbols_lookup(shell->symbols, name, value)) {
        return ebb_fail(error, EBB_ERROR_USAGE, "%s has no symbol \"%.60s\"", shell->symbol_file,
                        name);
    }
    *value += symbols_offset(shell->symbols);
    return 0;
}

static bool is_name(char character)
{
    return isalnum((unsigned char)character) || strchr("_.$@", character) != NULL;
}

/* A number, a register or a symbol; *text is then what follows. */
static int read_term(struct shell *shell, const char **text, uint64_t *value,
                     struct ebb_error *error)
{
    const char *rest = rsp_scan_number(*text, 0, value);
    char name[NAME_SIZE];
    size_t length = 0;

    if (rest) {
        *text = rest;
        return 0;
    }
    while ((*text)[length] && is_name((*text)[length])) {
        length++;
    }
    if (length == 0 || length >= sizeof(name)) {
        return ebb_fail(error, EBB_ERROR_USAGE,
                        "\"%.60s\" is no address; write a number, a register as $sp, or a symbol, "
                        "and +N or -N behind it",
                        *text);
    }
    memcpy(name, *text, length);
    name[length] = '\0';
    *text += length;
    return name[0] == '$' ? read_register(shell, name, value, error)
                          : read_symbol(shell, name, value, error);
}

/* A term, and numbers that are added. */
static int read_sum(struct shell *shell, const char **text, uint64_t *address,
                    struct ebb_error *error)
{
    if (read_term(shell, text, address, error) < 0) {
        return -1;
    }
    while (**text == '+' || **text == '-') {
        bool minus = **text == '-';
        uint64_t number;

        (*text)++;
        if (read_term(shell, text, &number, error) < 0) {
            return -1;
        }
        *address += minus ? 0 - number : number;
    }
    if (!guest_state_is_wide(shell->timeline)) {
        *address &= UINT32_MAX;
    }
    return 0;
}

static int check_end(const char *rest, const char *text, struct ebb_error *error)
{
    return *rest ? ebb_fail(error, EBB_ERROR_USAGE, "\"%.60s\" is no address", text) : 0;
}

int address_read(struct shell *shell, const char *text, uint64_t *address, struct ebb_error *error)
{
    const char *rest = text;

    return read_sum(shell, &rest, address, error) < 0 ? -1 : check_end(rest, text, error);
}

int address_read_place(struct shell *shell, const char *text, struct rsp_place *place,
                       struct ebb_error *error)
{
    const char *comma = strchr(text, ','), *rest = text;
    char word[60];

    if (read_sum(shell, &rest, &place->address, error) < 0) {
        return -1;
    }
    if (!comma) {
        return check_end(rest, text, error);
    }
    if (rest != comma) {
        return ebb_fail(error, EBB_ERROR_USAGE, "\"%.60s\" is no address", text);
    }
    /* The rules for lengths are one place's. */
    snprintf(word, sizeof(word), "0x%llx%.30s", (unsigned long long)place->address, comma);
    return rsp_parse_place(word, place, error);
}

int address_read_code(struct shell *shell, const char *text, uint64_t *address,
                      struct ebb_error *error)
{
    if (address_read(shell, text, address, error) < 0) {
        return -1;
    }
    *address &= guest_state_is_wide(shell->timeline) ? UINT64_MAX : UINT64_MAX - 1;
    return 0;
}
