/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instructions that the recorder puts into a guest, as the recorder encodes them. */
#include "cli/replacement.h"
#include "ebb/counter/access.h"

#include "unit.h"

static const enum counter_site_form forms[] = {COUNTER_SITE_A64, COUNTER_SITE_A32,
                                               COUNTER_SITE_T32};

static void expect_known(const struct counter_access *access)
{
    uint8_t bytes[5];

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        bool is_a64 = forms[i] == COUNTER_SITE_A64;

        if (!is_a64 && (access->rt > 15 || counter_is_random(access->reg))) {
            continue;
        }
        counter_breakpoint_encode(forms[i], access, bytes);
        assert_true(replacement_is(bytes, 4));
        counter_open_read_encode(forms[i], access, bytes);
        assert_true(replacement_is(bytes, 4));
        assert_false(replacement_is(bytes, 3));
        assert_false(replacement_is(bytes, 5));
    }
}

static void all_are_known(void **state)
{
    (void)state;
    for (int reg = COUNTER_COUNT; reg <= COUNTER_RANDOM_RESEEDED; reg++) {
        for (unsigned i = 0; i < 32 * 16 * 4; i++) {
            struct counter_access access = {
                .reg = (enum counter_register)reg,
                .rt = i % 32,
                .rt2 = counter_is_wide((enum counter_register)reg) ? i / 32 % 16 : 0,
                .physical = reg < COUNTER_FREQUENCY && i / 512 % 2,
                .write = reg != COUNTER_COUNT && reg < COUNTER_FREQUENCY && i / 1024,
            };

            expect_known(&access);
        }
    }
}

static void others_are_not(void **state)
{
    static const uint8_t others[][4] = {
        {0, 0, 0, 0},
        {1, 0, 0, 0},
        {0x40, 0xe0, 0x3b, 0xd5}, /* mrs x0, cntvct_el0 */
        {0x1e, 0x0f, 0x50, 0xec}, /* mrrc p15, 1, r0, r0, c14 */
        {0x00, 0x00, 0x20, 0xd4}, /* brk #0 */
        {0x00, 0x00, 0x3d, 0xd4}, /* brk #0xe800 */
        {0x70, 0x00, 0x20, 0xe1}, /* bkpt #0 */
        {0x00, 0xbe, 0x00, 0xea}, /* Thumb's */
        {0xeb, 0xbe, 0x00, 0x00},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(replacement_is(others[i], 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_known),
        cmocka_unit_test(others_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
