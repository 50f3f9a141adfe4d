/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Symbols whose reader says what it wants, as one may that a stranger's file has taken over: who
 * asks it comes to an end.
 */
#include "cli/reader_process.h"
#include "cli/symbol_question.h"
#include "cli/symbol_reader.h"
#include "cli/symbols.h"

#include "unit.h"

#include <string.h>
#include <unistd.h>

/* In place of the real one: there is always another name, from the third on at the same number. */
_Noreturn void symbol_reader_serve(const char *path, int socket)
{
    static struct symbol_question question;
    static struct symbol_answer answer = {.wide = 1};

    (void)path;
    reader_process_answer(socket, &answer, sizeof(answer));
    while (read(socket, &question, sizeof(question)) == sizeof(question)) {
        answer.found = 1;
        answer.value = question.address < 3 ? question.address + 1 : 3;
        strcpy(answer.function, "name");
        reader_process_answer(socket, &answer, sizeof(answer));
    }
    _exit(0);
}

static void test_completion_ends(void **state)
{
    struct ebb_error error;
    struct symbols *symbols = symbols_open("/dev/null", &error);
    uint64_t next = 0;

    (void)state;
    assert_non_null(symbols);
    for (unsigned i = 1; i <= 3; i++) {
        assert_string_equal(symbols_complete(symbols, "n", &next), "name");
        assert_int_equal(next, i);
    }
    assert_null(symbols_complete(symbols, "n", &next));
    symbols_close(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_completion_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
