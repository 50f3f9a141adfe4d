/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toy_cpu.h"

#include "log/digest.h"
#include "log/kvm_registers.h"

#include <string.h>

#define HANDLER 0x2000u
#define CODE_WORDS 256u

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 32;
}

static enum toy_kind kind_of(const struct toy_cpu *cpu, unsigned number)
{
    if (cpu->in_handler && number % 16 == 5) {
        return TOY_RETURN;
    }
    if (cpu->no_devices && number % 64 < 2) {
        return TOY_COMPUTE;
    }
    switch (number % 64) {
    case 0:
        return TOY_DEVICE_READ;
    case 1:
        return TOY_DEVICE_WRITE;
    case 2 ... 9:
        return TOY_JUMP;
    case 10 ... 17:
        return TOY_STORE;
    case 18 ... 25:
        return TOY_LOAD;
    case 26 ... 29:
        return cpu->exclusives ? TOY_LOAD_EXCLUSIVE : TOY_COMPUTE;
    case 30:
        return cpu->exclusives ? TOY_STORE_EXCLUSIVE : TOY_COMPUTE;
    case 31:
        return cpu->exclusives ? TOY_STORE_EXCLUSIVE_SILENT : TOY_COMPUTE;
    default:
        return TOY_COMPUTE;
    }
}

void toy_decode(const struct toy_cpu *cpu, struct toy_instruction *instruction)
{
    uint64_t x = mix(cpu->seed ^ cpu->pc << 40);
    /* Most accesses are to few pages, the others anywhere. */
    uint64_t page = (x >> 8) % 8 ? (x >> 12) % 4 : (x >> 12) % TOY_PAGES;

    *instruction = (struct toy_instruction){
        .kind = kind_of(cpu, x & 0xff),
        .length = 1u << (x >> 24) % 4,
        .reg = (x >> 28) % TOY_GENERAL,
    };
    instruction->value = cpu->general[instruction->reg] ^ x;
    instruction->emulated = instruction->kind == TOY_COMPUTE && (x >> 48) % 64 == 0;
    switch (instruction->kind) {
    case TOY_JUMP:
        instruction->address = 4 * ((x >> 32) % CODE_WORDS);
        break;
    case TOY_DEVICE_READ:
    case TOY_DEVICE_WRITE:
        instruction->address = TOY_DEVICE + 8 * ((x >> 32) % 16);
        instruction->length = 8;
        break;
    default:
        instruction->address = page * 4096 + (x >> 32) % (4096 - instruction->length);
        break;
    }
}

void toy_execute(struct toy_cpu *cpu, uint8_t *ram, const struct toy_instruction *instruction,
                 uint64_t value)
{
    uint64_t *reg = &cpu->general[instruction->reg];
    uint64_t loaded = 0;

    cpu->pc += 4;
    switch (instruction->kind) {
    case TOY_COMPUTE:
        *reg = *reg * 5 + cpu->seed;
        break;
    case TOY_LOAD:
        memcpy(&loaded, ram + instruction->address, instruction->length);
        *reg ^= loaded;
        break;
    case TOY_STORE:
        memcpy(ram + instruction->address, &instruction->value, instruction->length);
        break;
    case TOY_DEVICE_READ:
        *reg ^= value;
        break;
    case TOY_DEVICE_WRITE:
        break;
    case TOY_JUMP:
        cpu->pc = instruction->address + (cpu->in_handler ? HANDLER : 0);
        break;
    case TOY_RETURN:
        cpu->pc = cpu->return_pc;
        cpu->in_handler = 0;
        cpu->monitor = 0;
        break;
    case TOY_LOAD_EXCLUSIVE:
        memcpy(&loaded, ram + instruction->address, instruction->length);
        *reg ^= loaded;
        cpu->monitor = 1;
        break;
    case TOY_STORE_EXCLUSIVE:
    case TOY_STORE_EXCLUSIVE_SILENT:
        if (cpu->monitor) {
            memcpy(ram + instruction->address, &instruction->value, instruction->length);
        }
        if (instruction->kind == TOY_STORE_EXCLUSIVE) {
            *reg = *reg * 3 + cpu->monitor;
        }
        cpu->monitor = 0;
        break;
    }
    cpu->seed = cpu->seed * 6364136223846793005u + 1442695040888963407u + (*reg & 1);
}

void toy_take_interrupt(struct toy_cpu *cpu)
{
    if (cpu->line && !cpu->in_handler) {
        cpu->return_pc = cpu->pc;
        cpu->pc = HANDLER;
        cpu->in_handler = 1;
        cpu->monitor = 0;
    }
}

uint64_t toy_register_id(bool kvm, size_t i)
{
    size_t count;

    return kvm ? ebb_kvm_registers(true, &count)[i].id : EBB_REGISTER(i);
}

uint64_t toy_digest_anchor(const struct toy_cpu *cpu, bool vague)
{
    uint64_t registers[EBB_ANCHOR_REGISTERS] = {0};

    for (size_t i = 0; i < TOY_GENERAL && !vague; i++) {
        registers[i] = cpu->general[i];
    }
    registers[TOY_GENERAL] = vague ? 0 : cpu->seed;
    return ebb_digest_anchor(registers);
}

uint64_t toy_digest_registers(const struct toy_cpu *cpu)
{
    struct ebb_register registers[TOY_REGISTERS];

    for (size_t i = 0; i < TOY_REGISTERS; i++) {
        registers[i] = (struct ebb_register){
            .id = EBB_REGISTER(i),
            .size = 8,
            .value = (const uint8_t *)cpu + 8 * i,
        };
    }
    return ebb_digest_registers(registers, TOY_REGISTERS);
}
