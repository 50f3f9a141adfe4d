/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's CPU at a position, as it is needed to tell what its instruction moves. */
#ifndef EBB_CLI_QUESTIONS_ORIGIN_GUEST_H
#define EBB_CLI_QUESTIONS_ORIGIN_GUEST_H

#include "cli/movements/decode.h"
#include "cli/target_registers.h"
#include "question.h"

#define ORIGIN_VALUE_MAX 16u /* bytes */
#define ORIGIN_NAME_SIZE 64

struct origin_guest {
    struct question *question;
    struct timeline *timeline; /* the question's */
    struct target_registers registers;
    bool wide;       /* the CPU has AArch64 */
    bool big_endian; /* the file with the symbols says so */
};

/* What is about to be executed, and with what. */
struct origin_cpu {
    struct movements_cpu cpu;
    uint32_t word; /* for movements_decode() */
    uint8_t code[4];
    unsigned size; /* bytes of code that could be read */
};

int origin_guest_open(struct origin_guest *guest, struct question *question,
                      struct ebb_error *error);
void origin_guest_close(struct origin_guest *guest);

/* The instruction where the timeline is, with T32 if `mode` is of AArch32 and the state says so. */
int origin_guest_code(struct origin_guest *guest, struct origin_cpu *cpu, struct ebb_error *error);

/* The same with all general registers. */
int origin_guest_read(struct origin_guest *guest, struct origin_cpu *cpu, struct ebb_error *error);

/* The bytes of a place where the timeline is; cpu is what is there. Returns 1, 0 if they cannot be
 * read, or -1. */
int origin_guest_value(struct origin_guest *guest, const struct origin_cpu *cpu,
                       struct movement_place place, uint8_t *bytes, struct ebb_error *error);

/* "w3", "x3 bytes 4 to 7", "0x40001000,4"; of registers, as code of the CPU's set names them. Fills
 * name (ORIGIN_NAME_SIZE) and returns it. */
const char *origin_guest_name(const struct movements_cpu *cpu, struct movement_place place,
                              char *name);

/* The place of a register by its name, "x3", "w3", "sp", "r3", "lr", "v3", "q3", "d3", "s3". False:
 * there is none of that name. */
bool origin_guest_register(const struct movements_cpu *cpu, const char *name,
                           struct movement_place *place);

#endif
