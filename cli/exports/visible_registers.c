/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "visible_registers.h"

#include "cli/arm_state.h"

#include <stdio.h>
#include <string.h>

#define AARCH32_REGISTERS 15u
#define STACK 13u
#define LINK 14u
#define FIRST_OF_FIQ 8u
#define BITS_OF_FIQ (0x1fu << FIRST_OF_FIQ) /* R8 to R12 */

/* AArch32's modes that have registers of their own. */
static const struct mode {
    uint32_t mode;
    const char *name;
} modes[] = {
    {0x11, "fiq"}, {0x12, "irq"}, {0x13, "svc"}, {0x16, "mon"},
    {0x17, "abt"}, {0x1a, "hyp"}, {0x1b, "und"}, {0x10, "usr"},
};
#define MODES (sizeof(modes) / sizeof(modes[0]))
#define FIQ (&modes[0])

/* System mode is the last as well: it has User mode's. */
static const struct mode *find_mode(uint32_t mode)
{
    size_t i = 0;

    while (i < MODES - 1 && modes[i].mode != mode) {
        i++;
    }
    return &modes[i];
}

static void set_up(struct visible_registers *visible, uint32_t mode)
{
    *visible = (struct visible_registers){
        .aarch64 = !(mode & ARM_STATE_AARCH32),
        .mode = mode & ARM_STATE_MODE,
    };
    visible->known = visible->aarch64 ? UINT32_MAX : (1u << AARCH32_REGISTERS) - 1;
}

/* A row of a CPU with AArch64 has all of its registers, and of one without it the current R0 to
 * R14. */
static void fill(struct visible_registers *visible, const struct timeline_row *row)
{
    bool has_all = row->register_count == VISIBLE_REGISTERS;
    unsigned count = visible->aarch64 ? VISIBLE_REGISTERS : AARCH32_REGISTERS;

    for (unsigned i = 0; i < count; i++) {
        unsigned place = has_all && !visible->aarch64 ? arm_state_bank(visible->mode, i) : i;

        if (place < row->register_count) {
            visible->values[i] = row->registers[place];
        } else {
            visible->known &= ~(1u << i);
        }
        if (!visible->aarch64) {
            visible->values[i] &= UINT32_MAX;
        }
    }
}

void visible_registers_of(const struct timeline_row *row, struct visible_registers *visible)
{
    set_up(visible, row->state);
    fill(visible, row);
}

void visible_registers_interrupted(const struct timeline_row *row,
                                   struct visible_registers *visible)
{
    unsigned stack;

    set_up(visible, row->mode);
    fill(visible, row);
    stack = visible->aarch64 ? VISIBLE_STACK_POINTER : STACK;
    visible->values[stack] = row->stack;
    if (row->register_count != VISIBLE_REGISTERS) {
        visible->known &= ~(1u << LINK);
        if (find_mode(row->to_mode) == FIQ || find_mode(row->mode) == FIQ) {
            visible->known &= ~BITS_OF_FIQ;
        }
    }
}

void visible_register_name(const struct visible_registers *visible, unsigned number, char *name)
{
    const struct mode *mode = find_mode(visible->mode);

    if (visible->aarch64 && number == VISIBLE_STACK_POINTER) {
        /* M[0] says whether an exception level uses its own or that of EL0. */
        snprintf(name, VISIBLE_NAME_SIZE, "SP_EL%u",
                 visible->mode & 1 ? visible->mode >> 2 & 3 : 0);
    } else if (visible->aarch64) {
        snprintf(name, VISIBLE_NAME_SIZE, "X%u", number);
    } else if (number >= STACK || (mode == FIQ && number >= FIRST_OF_FIQ)) {
        snprintf(name, VISIBLE_NAME_SIZE, "r%u_%s", number, mode->name);
    } else {
        snprintf(name, VISIBLE_NAME_SIZE, "r%u", number);
    }
}
