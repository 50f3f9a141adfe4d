/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "instructions.h"

#include "address.h"
#include "place.h"
#include "words.h"

#include "cli/arm_state.h"
#include "cli/guest_state.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_DEFAULT 8u
#define COUNT_MAX 10000u

/* In the CPSR (Arm ARM, SPSR_ELx): T, and M[4]: AArch32. */

/* What the CPU executes now. */
static int set_now(struct shell *shell, enum disassembly_set *set, struct ebb_error *error)
{
    const struct target_register *cpsr = address_register(shell, "cpsr", error);
    uint64_t value = 0;

    if (!cpsr || address_register_value(shell, cpsr, &value, error) < 0) {
        return -1;
    }
    *set = guest_state_is_wide(shell->timeline) && !(value & ARM_STATE_AARCH32) ? DISASSEMBLY_A64
           : value & ARM_STATE_THUMB                                            ? DISASSEMBLY_T32
                                                                                : DISASSEMBLY_A32;
    return 0;
}

/* What an address has: elsewhere than at the program counter, what the symbols say. */
static int find_set(struct shell *shell, uint64_t *address, enum disassembly_set *set,
                    struct ebb_error *error)
{
    char kind = shell->symbols ? symbols_code_kind(shell->symbols, *address) : 0;
    uint64_t pc;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0 || set_now(shell, set, error) < 0) {
        return -1;
    }
    if (*address == pc || *set == DISASSEMBLY_A64) {
        return 0;
    }
    if (kind == 'a' || kind == 't') {
        *set = kind == 't' ? DISASSEMBLY_T32 : DISASSEMBLY_A32;
    }
    if (*address & 1) {
        *set = DISASSEMBLY_T32;
    }
    *address &= UINT64_MAX - 1;
    return 0;
}

/* "<function+4>"; empty if nothing is known. */
static void name_place(struct shell *shell, uint64_t address, char *buffer, size_t size)
{
    struct symbols_location location = {0};
    char *name;

    buffer[0] = '\0';
    if (shell->symbols) {
        symbols_find(shell->symbols, address, &location);
    }
    name = location.function ? text_printable(location.function, strlen(location.function)) : NULL;
    if (name) {
        snprintf(buffer, size, "<%.200s+%" PRIu64 ">", name, location.offset);
    }
    free(name);
}

/* Returns the instruction's size; 0: no memory is there; -1. */
static int print_one(struct shell *shell, enum disassembly_set set, uint64_t address, uint64_t pc,
                     struct ebb_error *error)
{
    uint8_t bytes[DISASSEMBLY_BYTES];
    long got = timeline_read_memory(shell->timeline, address, bytes, sizeof(bytes), error);
    struct disassembler_line line;
    char place[256], target[256];

    if (got < (set == DISASSEMBLY_T32 ? 2 : 4)) {
        return got < 0 ? -1 : 0;
    }
    if (disassembler_show(shell->disassembler, set, address, bytes, (size_t)got, &line, error) <
        0) {
        return -1;
    }
    name_place(shell, address, place, sizeof(place));
    printf("%s 0x%0*" PRIx64 "%s%s:  %s", address == pc ? "=>" : "  ",
           guest_state_is_wide(shell->timeline) ? 16 : 8, address, *place ? " " : "", place,
           line.text);
    if (line.has_target) {
        name_place(shell, line.target, target, sizeof(target));
        printf("%s%s", *target ? " " : "", target);
    }
    printf("\n");
    return (int)line.size;
}

static int print_many(struct shell *shell, enum disassembly_set set, uint64_t address,
                      unsigned long long count, struct ebb_error *error)
{
    uint64_t pc;

    if (timeline_read_pc(shell->timeline, &pc, error) < 0) {
        return -1;
    }
    while (count-- > 0) {
        int size = print_one(shell, set, address, pc, error);

        if (size >= 0 && place_is_stopped(shell)) {
            return ebb_fail(error, EBB_ERROR_INTERRUPTED, "stopped");
        }
        if (size < 0) {
            return -1;
        }
        if (size == 0) {
            printf("No memory is mapped at 0x%" PRIx64 ".\n", address);
            return 0;
        }
        address += (unsigned)size;
    }
    return 0;
}

int instructions_run(struct shell *shell, char *argument, struct ebb_error *error)
{
    const char *where = words_next(&argument), *many = words_next(&argument);
    unsigned long long count = COUNT_DEFAULT;
    enum disassembly_set set;
    uint64_t address;

    if (*argument) {
        return ebb_fail(error, EBB_ERROR_USAGE, "write: disassemble [ADDRESS [COUNT]]");
    }
    if ((many && options_number(many, "count", COUNT_MAX, &count, error) < 0) ||
        (where ? address_read(shell, where, &address, error)
               : timeline_read_pc(shell->timeline, &address, error)) < 0 ||
        find_set(shell, &address, &set, error) < 0) {
        return -1;
    }
    return print_many(shell, set, address, count, error);
}
