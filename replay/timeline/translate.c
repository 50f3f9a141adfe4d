/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a virtual address is in physical memory. */
#include "inspect.h"
#include "timeline.h"

#include <string.h>

#define PAGE_MASK UINT64_C(0xfff)

/* Of the processor state (Arm ARM, SPSR_ELx and CPSR). */
#define PSR_MODE 0x1fu
#define PSR_AARCH32 0x10u
#define PSR_PAN (UINT32_C(1) << 22)
#define EL0 0x00u
#define EL1_WITH_ITS_STACK 0x05u
#define USER 0x10u
#define SUPERVISOR 0x13u

/* gdb's numbers: of the stack pointer; of SP_svc where AArch64's registers have AArch32's. */
#define WIDE_CPSR 33u
#define WIDE_STACK 31u
#define WIDE_SUPERVISOR_STACK 19u
#define NARROW_CPSR 25u
#define NARROW_STACK 13u

static int read_state(struct timeline *timeline, unsigned number, uint32_t *state,
                      struct ebb_error *error)
{
    uint8_t bytes[8] = {0};

    if (timeline_read_register(timeline, number, bytes, sizeof(bytes), error) < 0) {
        return -1;
    }
    *state =
        bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return 0;
}

static int write_number(struct timeline *timeline, unsigned number, uint64_t value, size_t size,
                        struct ebb_error *error)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    return timeline_write_register(timeline, number, bytes, size, error);
}

/* The kernel's state has the same tables as its user's, and may read what that may. */
static uint32_t privileged(uint32_t state)
{
    uint32_t mode = state & PSR_MODE;

    mode = mode == EL0 ? EL1_WITH_ITS_STACK : mode == USER ? SUPERVISOR : mode;
    return (state & ~(PSR_MODE | PSR_PAN)) | mode;
}

/* In a diversion, whose stack pointer the address is. */
static int ask_where_the_stack_is(struct timeline *timeline, uint64_t address, uint64_t *page,
                                  struct ebb_error *error)
{
    bool wide = timeline->hello.aarch64;
    unsigned state_number = wide ? WIDE_CPSR : NARROW_CPSR,
             stack = wide ? WIDE_STACK : NARROW_STACK;
    struct worker_context context;
    uint32_t state, wanted;

    if (read_state(timeline, state_number, &state, error) < 0) {
        return -1;
    }
    wanted = privileged(state);
    if (wide && state & PSR_AARCH32) {
        /* Supervisor mode's is there for sure; what is below Monitor mode has the same tables. */
        wanted = (wanted & ~PSR_MODE) | SUPERVISOR;
        stack = WIDE_SUPERVISOR_STACK;
    }
    if ((wanted != state &&
         write_number(timeline, state_number, wanted, sizeof(state), error) < 0) ||
        write_number(timeline, stack, address, wide ? 8 : 4, error) < 0 ||
        inspect_context(timeline, &context, error) < 0) {
        return -1;
    }
    *page = context.space;
    return 0;
}

int timeline_physical_address(struct timeline *timeline, uint64_t address, uint64_t *physical,
                              struct ebb_error *error)
{
    uint64_t page = UINT64_MAX;
    int status;

    if (timeline_drop_diversion(timeline, error) < 0) {
        return -1;
    }
    status = ask_where_the_stack_is(timeline, address & ~PAGE_MASK, &page, error);
    if (timeline_drop_diversion(timeline, status < 0 ? NULL : error) < 0 || status < 0) {
        return -1;
    }
    *physical = (page & ~PAGE_MASK) | (address & PAGE_MASK);
    return page == UINT64_MAX ? 0 : 1;
}
