/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"

#include "cli/address_sum.h"
#include "cli/guest_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static int read_register(void *opaque, const char *name, uint64_t *value, struct ebb_error *error)
{
    struct shell *shell = opaque;
    const struct target_register *reg = address_register(shell, name, error);

    return reg ? address_register_value(shell, reg, value, error) : -1;
}

static struct address_terms terms_of(struct shell *shell)
{
    return (struct address_terms){
        .symbols = shell->symbols,
        .symbol_file = shell->symbol_file,
        .wide = guest_state_is_wide(shell->timeline),
        .read_register = read_register,
        .opaque = shell,
    };
}

int address_read(struct shell *shell, const char *text, uint64_t *address, struct ebb_error *error)
{
    const struct address_terms terms = terms_of(shell);

    return address_sum_read(&terms, text, address, error);
}

int address_read_place(struct shell *shell, const char *text, struct rsp_place *place,
                       struct ebb_error *error)
{
    const struct address_terms terms = terms_of(shell);
    char word[60];

    if (address_sum_read_place(&terms, text, &place->address, &place->length, error) < 0) {
        return -1;
    }
    /* The rules for lengths are one place's. */
    snprintf(word, sizeof(word), "0x%" PRIx64 ",%" PRIu64, place->address, place->length);
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
