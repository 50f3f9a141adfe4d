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

/* However the bytes come, the digest is that of all of them: around the length of a block, where
 * the padding takes a block of its own or not. */
static void test_pieces(void **state)
{
    uint8_t bytes[200];
    char whole[SHA256_TEXT_SIZE], pieces[SHA256_TEXT_SIZE];

    (void)state;
    memset(bytes, 'a', sizeof(bytes));
    check("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        struct sha256 digest;

        sha256_text(bytes, length, whole);
        sha256_begin(&digest);
        for (size_t done = 0, piece = 1; done < length; done += piece, piece = piece % 70 + 1) {
            piece = piece < length - done ? piece : length - done;
            sha256_add(&digest, bytes + done, piece);
        }
        sha256_end(&digest, pieces);
        assert_string_equal(pieces, whole);
    }
    assert_string_equal(whole, "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
