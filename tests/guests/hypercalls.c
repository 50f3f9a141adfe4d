/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls the firmware through HVC: PSCI, SMCCC, vendor services, and functions that there are none
 * of. What comes back, in all four result registers, goes into memory and is printed.
 */
#include "guest.h"

#define ROUNDS 20
#define NOT_SUPPORTED 0xffffffffu

struct call {
    uint32_t function;
    uint32_t argument;
};

static const struct call calls[] = {
    {0x84000000, 0},          /* PSCI_VERSION */
    {0x8400000a, 0x84000000}, /* PSCI_FEATURES of PSCI_VERSION */
    {0x8400000a, 0x84000008}, /* of SYSTEM_OFF */
    {0x8400000a, 0x80000000}, /* of SMCCC_VERSION */
    {0x8400000a, 0x8400ffff}, /* of nothing */
    {0x84000006, 0},          /* MIGRATE_INFO_TYPE */
    {0x84000004, 0},          /* AFFINITY_INFO of this CPU */
    {0x84000004, 0x77},       /* of none */
    {0x84000003, 0},          /* CPU_ON of this CPU, which is on */
    {0x80000000, 0},          /* SMCCC_VERSION */
    {0x80000001, 0x80000000}, /* SMCCC_ARCH_FEATURES of SMCCC_VERSION */
    {0x80000001, 0x80008000}, /* of WORKAROUND_1 */
    {0x80000001, 0x80007fff}, /* of WORKAROUND_2 */
    {0x80000001, 0x80003fff}, /* of WORKAROUND_3 */
    {0x84000050, 0},          /* TRNG_VERSION */
    {0xc5000020, 0},          /* PV_TIME_FEATURES */
    {0x8600ff01, 0},          /* the hypervisor's UID */
    {0x86000000, 0},          /* its features */
    {0x86000001, 0},          /* its clock */
    {0x82001234, 0},          /* no such service of the platform */
    {0x12345678, 1},          /* no such call at all */
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static volatile uintptr_t results[CALLS][4];

#ifdef __aarch64__
static void call(const struct call *call, volatile uintptr_t *result)
{
    register uint64_t x0 __asm__("x0") = call->function;
    register uint64_t x1 __asm__("x1") = call->argument;
    register uint64_t x2 __asm__("x2") = 0;
    register uint64_t x3 __asm__("x3") = 0;

    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    result[0] = x0;
    result[1] = x1;
    result[2] = x2;
    result[3] = x3;
}
#else
static void call(const struct call *call, volatile uintptr_t *result)
{
    register uint32_t r0 __asm__("r0") = call->function;
    register uint32_t r1 __asm__("r1") = call->argument;
    register uint32_t r2 __asm__("r2") = 0;
    register uint32_t r3 __asm__("r3") = 0;

    __asm__ volatile(".arch_extension virt\n\thvc #0"
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
    result[0] = r0;
    result[1] = r1;
    result[2] = r2;
    result[3] = r3;
}
#endif

int main(void)
{
    uint32_t checksum = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CALLS; i++) {
            call(&calls[i], results[i]);
            for (unsigned j = 0; j < 4; j++) {
                checksum = (checksum << 5 | checksum >> 27) ^ (uint32_t)results[i][j];
            }
        }
    }
    for (unsigned i = 0; i < CALLS; i++) {
        print("hypercalls: %x(%x) is %x\n", calls[i].function, calls[i].argument,
              (unsigned)results[i][0]);
    }
    check((results[0][0] >> 16) >= 1, "PSCI is at least 1.0");
    check((uint32_t)results[1][0] == 0, "PSCI_VERSION is there");
    check((uint32_t)results[4][0] == NOT_SUPPORTED, "a feature of nothing is none");
    check((uint32_t)results[CALLS - 1][0] == NOT_SUPPORTED, "a call that is none fails");
    print("hypercalls: checksum %x\n", checksum);
    finish("hypercalls");
}
