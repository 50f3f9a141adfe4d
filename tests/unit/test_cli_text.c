/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text and status lines from strangers. */
#include "cli/json_list.h"
#include "cli/record_status.h"
#include "cli/text.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_printable(const char *bytes, size_t length, const char *wanted)
{
    char *text = text_printable(bytes, length);

    assert_string_equal(text, wanted);
    free(text);
}

static void test_printable(void **state)
{
    (void)state;
    assert_printable("plain\ttext", 10, "plain\ttext");
    assert_printable("\033[2J\r\n\a\x7f", 8, "\\x1b[2J\\x0d\\x0a\\x07\\x7f");
    assert_printable("a\0b", 3, "a\\x00b");
    assert_printable("\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8a", 9,
                     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8a");
    assert_printable("\xc2\x9b", 2, "\\xc2\\x9b");          /* a C1 control: CSI */
    assert_printable("\xc0\x80", 2, "\\xc0\\x80");          /* overlong */
    assert_printable("\xe0\x9f\xbf", 3, "\\xe0\\x9f\\xbf"); /* overlong */
    assert_printable("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"); /* surrogate */
    assert_printable("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
    assert_printable("\xe2\x82", 2, "\\xe2\\x82"); /* cut off */
    assert_printable("\xff", 1, "\\xff");
    assert_printable("", 0, "");
}

static void test_cut(void **state)
{
    static const char text[] = "ab\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x8a";
    static const size_t cuts[] = {0, 1, 2, 2, 4, 4, 4, 7, 7, 7, 7, 11, 11, 11};

    (void)state;
    for (size_t most = 0; most < sizeof(cuts) / sizeof(cuts[0]); most++) {
        assert_int_equal(text_cut(text, sizeof(text) - 1, most), cuts[most]);
    }
    /* No text at all. */
    assert_int_equal(text_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
    assert_int_equal(text_cut("\x80\x80\x80\x80\x80\x80", 6, 2), 2);
}

/* What a shell makes of the word is the text again. */
static void test_shell_word(void **state)
{
    static const char *const texts[] = {"plain-1.2,a=b:/c",
                                        "",
                                        "it's",
                                        "'",
                                        "a b",
                                        "$HOME",
                                        "`x`",
                                        "\\",
                                        "\"",
                                        "!x",
                                        "#x",
                                        "~",
                                        "a~b",
                                        "[x]",
                                        "{a,b}",
                                        "a\tb",
                                        "*",
                                        "\xc3\xa4",
                                        "a'b'c"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char command[256], back[64] = {0}, *word = text_shell_word(texts[i]);
        FILE *shell;

        snprintf(command, sizeof(command), "printf %%s %s", word);
        shell = popen(command, "r");
        assert_non_null(shell);
        fread(back, 1, sizeof(back) - 1, shell);
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(back, texts[i]);
        free(word);
    }
    char *word = text_shell_word("plain");

    assert_string_equal(word, "plain");
    free(word);
}

/* Whatever the bytes, JSON takes them. */
static void test_json_takes_any_bytes(void **state)
{
    uint8_t bytes[3];

    (void)state;
    for (unsigned i = 0; i < 65536; i++) {
        json_t *string;

        bytes[0] = (uint8_t)i;
        bytes[1] = (uint8_t)(i >> 8);
        bytes[2] = 0xbf;
        string = json_printable(bytes, 3);
        assert_non_null(string);
        json_decref(string);
    }
}

static void test_hex(void **state)
{
    char *text = text_hex((const uint8_t *)"\x01\xab\xff", 3, 2);

    (void)state;
    assert_string_equal(text, "01ab...");
    free(text);
    text = text_hex((const uint8_t *)"\x01\xab\xff", 3, 3);
    assert_string_equal(text, "01abff");
    free(text);
}

static void test_numbers(void **state)
{
    char buffer[TEXT_NUMBER_SIZE];

    (void)state;
    assert_string_equal(text_count(buffer, 0), "0");
    assert_string_equal(text_count(buffer, 999), "999");
    assert_string_equal(text_count(buffer, 1000), "1 000");
    assert_string_equal(text_count(buffer, UINT64_MAX), "18 446 744 073 709 551 615");
    assert_string_equal(text_bytes(buffer, 12), "12 bytes");
    assert_string_equal(text_bytes(buffer, 1500), "1.5 kB");
    assert_string_equal(text_bytes(buffer, 644000), "644 kB");
    assert_string_equal(text_bytes(buffer, 999999), "1.0 MB");
    assert_string_equal(text_bytes(buffer, UINT64_MAX), "18.4 EB");
}

/* What the recorder writes arrives in pieces, and may be cut off or nonsense. */
static void test_status_lines(void **state)
{
    static const char *const pieces[] = {
        "{\"position\": 1, \"gu", "est_seconds\": 0.5}\n{\"position\": 2}\nnonsense\n[]\n",
        "{\"position\": 3, \"end\": \"power-off\"}\n{\"position\": 4"};
    struct record_status status;
    struct ebb_error error;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(record_status_init(&status, false, &error), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(write(ends[1], pieces[i], strlen(pieces[i])), strlen(pieces[i]));
        assert_int_equal(record_status_read(&status, ends[0]), 1);
        if (i < 2) {
            assert_null(record_status_end(&status));
        }
    }
    close(ends[1]);
    assert_int_equal(record_status_read(&status, ends[0]), 0);
    assert_int_equal(json_integer_value(json_object_get(status.last, "position")), 3);
    assert_string_equal(record_status_end(&status), "power-off");
    record_status_destroy(&status);
    close(ends[0]);
}

static void test_status_line_too_long(void **state)
{
    enum { LONG = 2 * RECORD_STATUS_LINE_MAX };
    static char line[4096];
    struct record_status status;
    struct ebb_error error;
    int ends[2];

    (void)state;
    memset(line, ' ', sizeof(line));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(record_status_init(&status, false, &error), 0);
    for (size_t done = 0; done < LONG; done += sizeof(line)) {
        assert_int_equal(write(ends[1], line, sizeof(line)), sizeof(line));
        assert_int_equal(record_status_read(&status, ends[0]), 1);
    }
    assert_int_equal(write(ends[1], "{\"end\":\"x\"}\n{\"end\":\"y\"}\n", 24), 24);
    assert_int_equal(record_status_read(&status, ends[0]), 1);
    assert_string_equal(record_status_end(&status), "y");
    record_status_destroy(&status);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_shell_word),   cmocka_unit_test(test_json_takes_any_bytes),
        cmocka_unit_test(test_hex),          cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_status_lines), cmocka_unit_test(test_status_line_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
