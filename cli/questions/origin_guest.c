/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "origin_guest.h"

#include "cli/arm_state.h"
#include "cli/guest_state.h"
#include "cli/symbol_file.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCTLR_E0E (UINT32_C(1) << 24)
#define SCTLR_EE (UINT32_C(1) << 25)

int origin_guest_open(struct origin_guest *guest, struct question *question,
                      struct ebb_error *error)
{
    guest->question = question;
    guest->timeline = question->timeline;
    guest->wide = guest_state_is_wide(question->timeline);
    guest->big_endian = question->symbol_file && symbol_file_is_big_endian(question->symbol_file);
    return guest_state_registers(&guest->registers, question->timeline, error);
}

void origin_guest_close(struct origin_guest *guest)
{
    target_registers_free(&guest->registers);
}

static uint64_t number_of(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;

    for (size_t i = size; i > 0; i--) {
        number = number << 8 | bytes[i - 1];
    }
    return number;
}

/* By SCTLR_ELx of the level; a CPU without that has the order of the file with the symbols. */
static int read_order(struct origin_guest *guest, struct movements_cpu *cpu,
                      struct ebb_error *error)
{
    static const char *const names[] = {"SCTLR", "SCTLR", "SCTLR_EL2", "SCTLR_EL3"};
    unsigned level = cpu->psr >> 2 & 3;
    const struct target_register *reg =
        target_registers_find(&guest->registers, names[level], strlen(names[level]));
    uint8_t bytes[8] = {0};

    cpu->big_endian = guest->big_endian;
    if (!reg) {
        return 0;
    }
    if (timeline_read_register(guest->timeline, reg->number, bytes, sizeof(bytes), error) < 0) {
        return -1;
    }
    cpu->big_endian = number_of(bytes, sizeof(bytes)) & (level ? SCTLR_EE : SCTLR_E0E);
    return 0;
}

static int read_state(struct origin_guest *guest, struct movements_cpu *cpu,
                      struct ebb_error *error)
{
    uint8_t bytes[8] = {0};

    if (timeline_read_register(guest->timeline,
                               guest->wide ? ARM_STATE_NUMBER_AARCH64 : ARM_STATE_NUMBER_AARCH32,
                               bytes, sizeof(bytes), error) < 0 ||
        timeline_read_pc(guest->timeline, &cpu->pc, error) < 0) {
        return -1;
    }
    cpu->psr = (uint32_t)number_of(bytes, 4);
    cpu->mode = cpu->psr & ARM_STATE_MODE;
    cpu->wide = guest->wide && !(cpu->psr & ARM_STATE_AARCH32);
    cpu->big_endian = cpu->psr & ARM_STATE_BIG_ENDIAN;
    return cpu->wide ? read_order(guest, cpu, error) : 0;
}

int origin_guest_code(struct origin_guest *guest, struct origin_cpu *cpu, struct ebb_error *error)
{
    long got;

    *cpu = (struct origin_cpu){0};
    if (read_state(guest, &cpu->cpu, error) < 0) {
        return -1;
    }
    got = timeline_read_memory(guest->timeline, cpu->cpu.pc, cpu->code, sizeof(cpu->code), error);
    if (got < 0) {
        return -1;
    }
    cpu->size = (unsigned)got;
    cpu->word = (uint32_t)number_of(cpu->code, sizeof(cpu->code));
    return 0;
}

int origin_guest_read(struct origin_guest *guest, struct origin_cpu *cpu, struct ebb_error *error)
{
    size_t size = timeline_registers_size(guest->timeline), width = guest->wide ? 8 : 4;
    uint8_t *bytes = malloc(size);
    int status;

    if (!bytes) {
        return ebb_fail_memory(error);
    }
    status = origin_guest_code(guest, cpu, error) < 0 ||
                     timeline_read_registers(guest->timeline, bytes, error) < 0
                 ? -1
                 : 0;
    for (unsigned i = 0; status == 0 && i < (guest->wide ? 32u : 15u); i++) {
        unsigned place = guest->wide ? i : arm_state_bank(cpu->cpu.mode, i);

        cpu->cpu.general[place] = number_of(bytes + i * width, width);
    }
    free(bytes);
    return status;
}

/* Whether a place is a register that the state has a value of. */
static bool is_visible(const struct origin_guest *guest, const struct movements_cpu *cpu,
                       unsigned number)
{
    if (guest->wide) {
        return number < 32;
    }
    for (unsigned i = 0; i < 15; i++) {
        if (arm_state_bank(cpu->mode, i) == number) {
            return true;
        }
    }
    return false;
}

static int read_vector(struct origin_guest *guest, struct movement_place place, uint8_t *bytes,
                       struct ebb_error *error)
{
    static const char *const forms[] = {"v%u", "z%u", "d%u"};
    const struct target_register *reg = NULL;
    uint8_t buffer[2048]; /* the largest of SVE, with room */
    unsigned i, width = 16;
    int got;

    for (i = 0; !reg && i < 3; i++) {
        char name[16];

        width = i < 2 ? 16 : 8;
        snprintf(name, sizeof(name), forms[i], (unsigned)(place.address / width) & 31);
        reg = target_registers_find(&guest->registers, name, strlen(name));
    }
    if (!reg) {
        return 0;
    }
    got = timeline_read_register(guest->timeline, reg->number, buffer, sizeof(buffer), error);
    if (got < 0 || place.address % width + place.length > (unsigned)got) {
        return got < 0 ? -1 : 0;
    }
    memcpy(bytes, buffer + place.address % width, place.length);
    return 1;
}

/* Registers of 8 bytes make a place of 16. */
static int read_vectors(struct origin_guest *guest, struct movement_place place, uint8_t *bytes,
                        struct ebb_error *error)
{
    struct movement_place half = {place.space, place.address, place.length / 2};
    int status = read_vector(guest, place, bytes, error);

    if (status != 0 || place.length < 16) {
        return status;
    }
    status = read_vector(guest, half, bytes, error);
    half.address += half.length;
    return status <= 0 ? status : read_vector(guest, half, bytes + half.length, error);
}

int origin_guest_value(struct origin_guest *guest, const struct origin_cpu *cpu,
                       struct movement_place place, uint8_t *bytes, struct ebb_error *error)
{
    unsigned number = (unsigned)(place.address / 8);
    long got;

    switch (place.space) {
    case MOVEMENT_GENERAL:
        if (!is_visible(guest, &cpu->cpu, number)) {
            return 0;
        }
        for (unsigned i = 0; i < place.length; i++) {
            bytes[i] = (uint8_t)(cpu->cpu.general[number] >> 8 * (place.address % 8 + i));
        }
        return 1;
    case MOVEMENT_VECTOR:
        return read_vectors(guest, place, bytes, error);
    default:
        got = timeline_read_memory(guest->timeline, place.address, bytes, place.length, error);
        return got < 0 ? -1 : got == (long)place.length;
    }
}

/* The number by which AArch32 knows a register in the mode; 16: it does not. */
static unsigned narrow_number(const struct movements_cpu *cpu, unsigned place)
{
    unsigned i = 0;

    while (i < 15 && arm_state_bank(cpu->mode, i) != place) {
        i++;
    }
    return i < 15 ? i : 16;
}

/* A register as a whole, or its lower part, has a name; else it is told which bytes. */
static void name_general(const struct movements_cpu *cpu, struct movement_place place, char *name)
{
    unsigned number = (unsigned)(place.address / 8), offset = (unsigned)(place.address % 8);
    unsigned narrow = narrow_number(cpu, number), full = cpu->wide && place.length > 4 ? 8 : 4;
    char reg[24];

    full = offset + place.length > full ? 8 : full;
    if (cpu->wide && number == MOVEMENTS_SP) {
        snprintf(reg, sizeof(reg), "%s", full == 8 ? "sp" : "wsp");
    } else if (cpu->wide) {
        snprintf(reg, sizeof(reg), "%c%u", full == 8 ? 'x' : 'w', number);
    } else if (narrow > 12) {
        snprintf(reg, sizeof(reg), "%s",
                 narrow == 13   ? "sp"
                 : narrow == 14 ? "lr"
                                : "another mode's register");
    } else {
        snprintf(reg, sizeof(reg), "r%u", narrow);
    }
    if (offset == 0 && place.length == full) {
        snprintf(name, ORIGIN_NAME_SIZE, "%s", reg);
    } else if (place.length == 1) {
        snprintf(name, ORIGIN_NAME_SIZE, "%s byte %u", reg, offset);
    } else {
        snprintf(name, ORIGIN_NAME_SIZE, "%s bytes %u to %u", reg, offset,
                 offset + place.length - 1);
    }
}

static void name_vector(const struct movements_cpu *cpu, struct movement_place place, char *name)
{
    unsigned width = cpu->wide || place.length == 16 ? 16 : place.length == 4 ? 4 : 8;
    unsigned number = (unsigned)(place.address / width), offset = (unsigned)(place.address % width);
    char letter = width == 16 ? cpu->wide ? 'v' : 'q' : width == 8 ? 'd' : 's';

    if (offset == 0 && place.length == width) {
        snprintf(name, ORIGIN_NAME_SIZE, "%c%u", letter, number);
    } else {
        snprintf(name, ORIGIN_NAME_SIZE, "%c%u bytes %u to %u", letter, number, offset,
                 offset + place.length - 1);
    }
}

const char *origin_guest_name(const struct movements_cpu *cpu, struct movement_place place,
                              char *name)
{
    switch (place.space) {
    case MOVEMENT_GENERAL:
        name_general(cpu, place, name);
        break;
    case MOVEMENT_VECTOR:
        name_vector(cpu, place, name);
        break;
    default:
        snprintf(name, ORIGIN_NAME_SIZE, "0x%" PRIx64 ",%u", place.address, place.length);
        break;
    }
    return name;
}

/* The number behind a letter, up to the last one that there is. */
static bool read_number(const char *text, unsigned last, unsigned *number)
{
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    *number = (unsigned)strtoul(text, &end, 10);
    return !*end && end - text <= 2 && *number <= last;
}

static bool wide_register(const char *name, struct movement_place *place)
{
    unsigned number;

    if (strcmp(name, "sp") == 0) {
        *place = movements_general(MOVEMENTS_SP, 0, 8);
        return true;
    }
    if ((name[0] == 'x' || name[0] == 'w') && read_number(name + 1, 30, &number)) {
        *place = movements_general(number, 0, name[0] == 'x' ? 8 : 4);
        return true;
    }
    return false;
}

static bool narrow_register(const struct movements_cpu *cpu, const char *name,
                            struct movement_place *place)
{
    unsigned number;

    if (strcmp(name, "sp") == 0 || strcmp(name, "lr") == 0) {
        number = name[0] == 's' ? 13 : 14;
    } else if (name[0] != 'r' || !read_number(name + 1, 14, &number)) {
        return false;
    }
    *place = movements_general(arm_state_bank(cpu->mode, number), 0, 4);
    return true;
}

bool origin_guest_register(const struct movements_cpu *cpu, const char *name,
                           struct movement_place *place)
{
    static const char letters[] = "vqds";
    const char *letter = name[0] ? strchr(letters, name[0]) : NULL;
    unsigned number, length = letter && *letter == 's' ? 4 : letter && *letter == 'd' ? 8 : 16;

    if (cpu->wide ? wide_register(name, place) : narrow_register(cpu, name, place)) {
        return true;
    }
    if (!letter || !read_number(name + 1, 31, &number)) {
        return false;
    }
    *place = movements_vector(number * (cpu->wide ? 16 : length), length);
    return place->address + length <= (cpu->wide ? 512u : 256u);
}
