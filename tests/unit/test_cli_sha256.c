/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known answers. */
#include "cli/sha256.h"

#include "unit.h"

#include <string.h>

static void check(const char *text, const char *digest)
{
    char found[SHA256_TEXT_SIZE];

    sha256_text((const uint8_t *)text, strlen(text), found);
    assert_string_equal(found, digest);
}

/* The second is of FIPS 180-4's examples; the others are what sha256sum says. */
static void test_known_answers(void **state)
{
    (void)state;
    check("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("0123456789012345678901234567890123456789012345678901234",
          "f34d5a0f80c0cbf84c8c0b90218c22637abd199965249da736a20143c8c9c9d9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
