/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes each synchronous exception many times, each handled and gone on from. */
#include "guest.h"

#ifdef FOR_KVM /* which lets an access to nowhere through to QEMU, and that ignores it */
#define NOWHERE 0x90000000u /* not mapped */
#define FAULT_NOWHERE 0x05  /* translation, level 1 */
#else
#define NOWHERE 0x60000000u /* no memory and no device */
#define FAULT_NOWHERE FAULT_EXTERNAL
#endif
#define ROUNDS 10

static volatile unsigned counts[EXCEPTION_OTHER + 1];
static volatile struct exception last;

static void on_exception(struct exception *exception)
{
    counts[exception->kind]++;
    last.kind = exception->kind;
    last.pc = exception->pc;
    last.address = exception->address;
    last.status = exception->status;
    last.write = exception->write;
    switch (exception->kind) {
    case EXCEPTION_UNDEFINED:
    case EXCEPTION_DATA_ABORT:
        exception->pc += 4;
        break;
    case EXCEPTION_PREFETCH_ABORT:
        exception->pc = exception->link;
        break;
    default:
        break;
    }
}

static void system_call(void)
{
#ifdef __aarch64__
    __asm__ volatile("svc #7" ::: "memory");
#else
    __asm__ volatile("svc #7" ::: "memory", "lr");
#endif
}

static void undefined_instruction(void)
{
#ifdef __aarch64__
    __asm__ volatile("udf #0" ::: "memory");
#else
    __asm__ volatile("udf #0" ::: "memory");
#endif
}

static void check_last(enum exception_kind kind, uintptr_t address, const char *what)
{
    check(last.kind == kind, what);
    check(last.address == address, what);
    check(last.status == FAULT_NOWHERE, what);
}

int main(void)
{
    unsigned round;

    set_exception_handler(on_exception);
    for (round = 0; round < ROUNDS; round++) {
        system_call();
        check(last.kind == EXCEPTION_CALL, "supervisor call");
        undefined_instruction();
        check(last.kind == EXCEPTION_UNDEFINED, "undefined instruction");
        load_word(NOWHERE + round * 8);
        check_last(EXCEPTION_DATA_ABORT, NOWHERE + round * 8, "load from nowhere");
        check(!last.write, "load is not a write");
        store_word(NOWHERE + round * 8, round);
        check_last(EXCEPTION_DATA_ABORT, NOWHERE + round * 8, "store to nowhere");
        check(last.write, "store is a write");
        ((void (*)(void))(uintptr_t)(NOWHERE + round * 16))();
        check_last(EXCEPTION_PREFETCH_ABORT, NOWHERE + round * 16, "jump to nowhere");
    }
    for (unsigned kind = EXCEPTION_CALL; kind <= EXCEPTION_OTHER; kind++) {
        print("exceptions: kind %u taken %u times\n", kind, counts[kind]);
    }
    check(counts[EXCEPTION_DATA_ABORT] == 2 * ROUNDS, "count of data aborts");
    check(counts[EXCEPTION_OTHER] == 0, "no other exceptions");
    finish("exceptions");
}
