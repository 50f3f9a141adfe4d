/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses as users of the shell write them (cli/address_sum.h), and registers by their names. */
#ifndef EBB_CLI_SHELL_ADDRESS_H
#define EBB_CLI_SHELL_ADDRESS_H

#include "shell.h"

#include "rsp/words.h"

#define ADDRESS_REGISTER_BYTES 256u

/* The whole text is an address. */
int address_read(struct shell *shell, const char *text, uint64_t *address, struct ebb_error *error);

/* ADDRESS[,LENGTH]; place->length stays what it is where none is given. */
int address_read_place(struct shell *shell, const char *text, struct rsp_place *place,
                       struct ebb_error *error);

/* The address of an instruction: bit 0 of a Thumb function's symbol is not a part of it. */
int address_read_code(struct shell *shell, const char *text, uint64_t *address,
                      struct ebb_error *error);

/* The register of that name, with a dollar before it or not; NULL: *error. */
const struct target_register *address_register(const struct shell *shell, const char *name,
                                               struct ebb_error *error);

/* Its bytes, the lowest first; returns how many, or -1. */
int address_register_bytes(struct shell *shell, const struct target_register *reg,
                           uint8_t bytes[ADDRESS_REGISTER_BYTES], struct ebb_error *error);

/* Its lowest 64 bits. */
int address_register_value(struct shell *shell, const struct target_register *reg, uint64_t *value,
                           struct ebb_error *error);

#endif
