/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bare-metal test guest has at its disposal. The same C code is compiled for AArch64 and for
 * ARMv7; each guest is one file with a main() and is linked with everything in this folder.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Device registers, which are little-endian whatever the guest is. */
static inline uint32_t device_order32(uint32_t value)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(value) : value;
}

static inline uint32_t read32(uintptr_t address)
{
    return device_order32(*(volatile uint32_t *)address);
}

static inline void write32(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = device_order32(value);
}

static inline uint16_t read16(uintptr_t address)
{
    return *(volatile uint16_t *)address;
}

/* Console (PL011). print() knows %s, %c, %u (unsigned), %x (unsigned, 8 digits), %p (uintptr_t,
 * all digits), %X (uint64_t, 16 digits) and %%. */
void print(const char *format, ...);
void console_put(char c);
void console_enable_input_interrupt(void);
/* To be called before reading what has come: a byte that comes later interrupts again. */
void console_acknowledge_input(void);
/* One received byte, or -1. */
int console_get(void);

/*
 * Exceptions. The handler may change pc, which is where the guest goes on. Without a handler an
 * exception ends the guest with a message.
 */
enum exception_kind {
    EXCEPTION_CALL = 1,       /* SVC; pc is behind it */
    EXCEPTION_UNDEFINED,      /* pc is at the instruction */
    EXCEPTION_DATA_ABORT,     /* pc is at the instruction */
    EXCEPTION_PREFETCH_ABORT, /* pc is where nothing could be fetched */
    EXCEPTION_WATCHPOINT,     /* of the debug registers; pc is at the instruction */
    EXCEPTION_BREAKPOINT,     /* of the debug registers; pc is at the instruction */
    EXCEPTION_TRAP,           /* a breakpoint instruction; pc is at it */
    EXCEPTION_STEP,           /* AArch64; pc is at the next instruction */
    EXCEPTION_OTHER,
};

struct exception {
    enum exception_kind kind;
    uintptr_t pc;
    uintptr_t address; /* aborts: the address */
    unsigned status;   /* aborts: the fault status code */
    bool write;        /* data aborts, watchpoints */
    bool step;         /* the handler's: of what it goes on with, the next instruction is a step */
    uintptr_t link;    /* the link register at the exception */
};

typedef void (*exception_function)(struct exception *exception);
void set_exception_handler(exception_function handler);

/* One instruction each, of 4 bytes where it is not Thumb, so that a handler can go on behind it.
 * A load that a handler passes over gives 0. */
uint32_t load_word(uintptr_t address);
void store_word(uintptr_t address, uint32_t value);

/* Fault status codes of the long-descriptor format. */
#define FAULT_TRANSLATION_3 0x07
#define FAULT_PERMISSION_3 0x0f
#define FAULT_EXTERNAL 0x10

/* Interrupts: GICv2, or GICv3 if the CPU has its system registers. */
#define IRQ_COUNT 128
typedef void (*irq_function)(void);
void irq_init(void);
void irq_enable(unsigned irq, irq_function handler);
void irq_send_to_self(unsigned irq); /* a software-generated interrupt, 0 to 15 */
void irq_unmask(void);
void irq_mask(void);
void wait_for_interrupt(void);
unsigned irq_controller_version(void);

/* A timer of the generic timer: the virtual one of the CPU, or a memory-mapped one (board.h). */
#if defined(FOR_KVM) && !defined(CPU_TIMER)
#define TIMER_IRQ 42
#else
#define TIMER_IRQ 27
#endif
uint64_t timer_count(void);
uint32_t timer_frequency(void);
/* Interrupt in that many microseconds. */
void timer_start(uint32_t microseconds);
void timer_stop(void);
bool timer_expired(void);

/* Switches the MMU and the caches on. Tables of the long-descriptor format for the lower 4 GiB,
 * level 1; memory attributes 0 are normal memory, 1 a device. */
void translation_on(const uint64_t *tables);

/* Maps every address to itself and does that; done before main() with FOR_KVM. */
void flat_map_on(void);

/* Neither returns. */
void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));

/* Counts of check(), and the closing line "NAME: PASS" or "NAME: FAIL", then power off. */
void check(bool ok, const char *what);
void finish(const char *name) __attribute__((noreturn));

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

int main(void);

#endif
