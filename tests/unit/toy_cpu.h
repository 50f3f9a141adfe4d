/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A toy CPU with a known history: what the instructions are follows from its registers alone. It
 * computes, loads, stores, jumps, reads and writes device registers, and takes interrupts. With
 * exclusives it also loads and stores exclusively. Guest addresses are RAM offsets.
 */
#ifndef EBB_TOY_CPU_H
#define EBB_TOY_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOY_PAGES 48u
#define TOY_RAM_SIZE (TOY_PAGES * 4096u)
#define TOY_GENERAL 8u
#define TOY_DEVICE 0x40000000u /* device registers begin here */

struct toy_cpu {
    uint64_t general[TOY_GENERAL];
    uint64_t seed; /* of the instruction stream */
    uint64_t pc;
    uint64_t return_pc;
    uint64_t in_handler;
    uint64_t line;       /* the interrupt input's level */
    uint64_t no_devices; /* device accesses are computations instead */
    uint64_t exclusives; /* some computations are exclusive accesses instead */
    uint64_t monitor;    /* an exclusive load was done, and nothing has happened since */
};
#define TOY_REGISTERS (sizeof(struct toy_cpu) / 8)
#define TOY_PC_REGISTER 9u

enum toy_kind {
    TOY_COMPUTE,
    TOY_LOAD,
    TOY_STORE,
    TOY_JUMP,
    TOY_DEVICE_READ,
    TOY_DEVICE_WRITE,
    TOY_RETURN, /* from the interrupt handler */
    TOY_LOAD_EXCLUSIVE,
    TOY_STORE_EXCLUSIVE,        /* whether it stored is seen in a register */
    TOY_STORE_EXCLUSIVE_SILENT, /* nobody asks whether it stored */
};

struct toy_instruction {
    enum toy_kind kind;
    uint64_t address; /* of the access, or where to jump */
    unsigned length;  /* bytes accessed */
    unsigned reg;
    uint64_t value; /* stored */
    bool emulated;  /* a hypervisor would have to emulate it */
};

/* The class of an exit that such an instruction causes. */
#define TOY_EMULATED 0x18u

/* The instruction about to execute. */
void toy_decode(const struct toy_cpu *cpu, struct toy_instruction *instruction);

/* Executes it; value is what a device read gives. */
void toy_execute(struct toy_cpu *cpu, uint8_t *ram, const struct toy_instruction *instruction,
                 uint64_t value);

/* Enters the handler if the line is up and it is not running. */
void toy_take_interrupt(struct toy_cpu *cpu);

/* The id that register number i has in a keyframe; of KVM, the first ones it has. */
uint64_t toy_register_id(bool kvm, size_t i);

/* The digest in an anchor; a vague one, which many places match, has TOY_VAGUE in its value. */
uint64_t toy_digest_anchor(const struct toy_cpu *cpu, bool vague);
#define TOY_VAGUE 2u

/* The digest a recording's end carries. */
uint64_t toy_digest_registers(const struct toy_cpu *cpu);

#endif
