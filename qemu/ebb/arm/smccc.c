/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smccc.h"

#include <stddef.h>

#define FUNCTION_64BIT 0x40000000u
#define OWNER_MASK 0x3f000000u /* 0: architecture, 4: standard services, PSCI among them */

#define SUCCESS 0
#define NOT_SUPPORTED (-1)
#define NOT_REQUIRED (-2)
#define INVALID_PARAMETERS (-2)
#define ALREADY_ON (-4)
#define INTERNAL_FAILURE (-6)

#define SMCCC_VERSION_1_1 0x10001
#define PSCI_VERSION_1_0 0x10000u
#define PSCI_VERSION_1_1 0x10001u
#define TRUSTED_OS_NONE 2
#define UNAFFECTED 1
#define AFFINITY_ON 0

#define FUNCTION_SMCCC_VERSION 0x80000000u
#define FUNCTION_WORKAROUND_1 0x80008000u
#define FUNCTION_WORKAROUND_2 0x80007fffu
#define FUNCTION_WORKAROUND_3 0x80003fffu
#define FUNCTION_SYSTEM_RESET2 0x84000012u

#define AFFINITY_BITS 0xff00ffffffull /* of MPIDR_EL1 */
#define MOST_LEVEL 3u
#define WARM_RESET 0u
#define VENDOR_RESETS 0x80000000u

struct answer {
    int64_t result;
    enum smccc_effect effect;
};

struct call {
    const struct smccc_host *host;
    uint64_t arguments[4];
};

typedef struct answer answer_function(const struct call *call);

static struct answer returns(int64_t result)
{
    return (struct answer){result, SMCCC_RETURNS};
}

static struct answer smccc_version(const struct call *call)
{
    (void)call;
    return returns(SMCCC_VERSION_1_1);
}

/* Workarounds 1 and 3: 0 the host is vulnerable, 1 mitigated, 2 not affected. */
static struct answer workaround_level(uint32_t level)
{
    return returns(level == 1 ? SUCCESS : level == 2 ? UNAFFECTED : NOT_SUPPORTED);
}

static struct answer architecture_features(const struct call *call)
{
    const struct smccc_host *host = call->host;

    switch ((uint32_t)call->arguments[1]) {
    case FUNCTION_WORKAROUND_1:
        return workaround_level(host->workaround[1]);
    case FUNCTION_WORKAROUND_2:
        return returns((host->workaround[2] & 3) == 3 ? NOT_REQUIRED : NOT_SUPPORTED);
    case FUNCTION_WORKAROUND_3:
        return workaround_level(host->workaround[3]);
    default:
        return returns(NOT_SUPPORTED);
    }
}

static struct answer psci_version(const struct call *call)
{
    return returns(call->host->psci_version);
}

static struct answer cpu_suspend(const struct call *call)
{
    (void)call;
    return (struct answer){SUCCESS, SMCCC_WAITS};
}

static struct answer cpu_off(const struct call *call)
{
    (void)call;
    return (struct answer){SUCCESS, SMCCC_STOPS};
}

static struct answer cpu_on(const struct call *call)
{
    uint64_t target = call->arguments[1];

    return returns((target & ~AFFINITY_BITS) == 0 && target == (call->host->mpidr & AFFINITY_BITS)
                       ? ALREADY_ON
                       : INVALID_PARAMETERS);
}

static struct answer affinity_info(const struct call *call)
{
    uint64_t target = call->arguments[1], level = call->arguments[2];
    uint64_t mask;

    if ((target & ~AFFINITY_BITS) != 0 || level > MOST_LEVEL) {
        return returns(INVALID_PARAMETERS);
    }
    mask = AFFINITY_BITS & ~((1ull << (8 * level)) - 1);
    return returns((call->host->mpidr & mask) == (target & mask) ? AFFINITY_ON
                                                                 : INVALID_PARAMETERS);
}

static struct answer migrate_info_type(const struct call *call)
{
    (void)call;
    return returns(TRUSTED_OS_NONE);
}

static struct answer system_off(const struct call *call)
{
    (void)call;
    return (struct answer){INTERNAL_FAILURE, SMCCC_OFF};
}

static struct answer system_reset(const struct call *call)
{
    (void)call;
    return (struct answer){INTERNAL_FAILURE, SMCCC_RESETS};
}

static struct answer system_reset2(const struct call *call)
{
    uint32_t type = (uint32_t)call->arguments[1];

    return type <= WARM_RESET || type >= VENDOR_RESETS ? system_reset(call)
                                                       : returns(INVALID_PARAMETERS);
}

static answer_function psci_features;

static const struct function {
    uint32_t number;
    uint32_t since; /* the PSCI version, 0 for all */
    bool has_64bit; /* there is a form with 64-bit arguments */
    bool announced; /* by PSCI_FEATURES */
    answer_function *answer;
} functions[] = {
    {FUNCTION_SMCCC_VERSION, 0, false, true, smccc_version},
    {0x80000001u, 0, false, false, architecture_features},
    {0x84000000u, 0, false, true, psci_version},
    {0x84000001u, 0, true, true, cpu_suspend},
    {0x84000002u, 0, false, true, cpu_off},
    {0x84000003u, 0, true, true, cpu_on},
    {0x84000004u, 0, true, true, affinity_info},
    {0x84000006u, 0, false, true, migrate_info_type},
    {0x84000008u, 0, false, true, system_off},
    {0x84000009u, 0, false, true, system_reset},
    {0x8400000au, PSCI_VERSION_1_0, false, true, psci_features},
    {FUNCTION_SYSTEM_RESET2, PSCI_VERSION_1_1, true, true, system_reset2},
};

static const struct function *find_function(const struct smccc_host *host, uint32_t number)
{
    bool is_64bit = number & FUNCTION_64BIT;
    size_t i;

    for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (functions[i].number == (number & ~FUNCTION_64BIT)) {
            bool known = host->psci_version >= functions[i].since &&
                         (!is_64bit || (functions[i].has_64bit && !host->aarch32));

            return known ? &functions[i] : NULL;
        }
    }
    return NULL;
}

static struct answer psci_features(const struct call *call)
{
    const struct function *function = find_function(call->host, (uint32_t)call->arguments[1]);

    return returns(function && function->announced ? SUCCESS : NOT_SUPPORTED);
}

bool smccc_is_architecture_call(uint32_t function)
{
    return (function & OWNER_MASK) == 0;
}

static bool is_workaround(uint32_t function)
{
    return function == FUNCTION_WORKAROUND_1 || function == FUNCTION_WORKAROUND_2 ||
           function == FUNCTION_WORKAROUND_3;
}

enum smccc_effect smccc_answer(const struct smccc_host *host, const uint64_t arguments[4],
                               uint64_t results[4])
{
    uint32_t number = (uint32_t)arguments[0];
    const struct function *function = find_function(host, number);
    struct call call = {host, {arguments[0], arguments[1], arguments[2], arguments[3]}};
    struct answer answer = {NOT_SUPPORTED, SMCCC_RETURNS};
    int i;

    results[0] = results[1] = results[2] = results[3] = 0;
    if (is_workaround(number)) {
        /* KVM's exception vector does it, on the way in, and clears no more than it has used. */
        results[2] = arguments[2];
        results[3] = arguments[3];
        return SMCCC_RETURNS;
    }
    if (function) {
        for (i = 1; i < 4 && !(number & FUNCTION_64BIT); i++) {
            call.arguments[i] = (uint32_t)call.arguments[i];
        }
        answer = function->answer(&call);
    }
    results[0] = (uint64_t)answer.result;
    return answer.effect;
}
