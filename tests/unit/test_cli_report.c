/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a report, which keep few events of many, and the page that they get into. */
#include "cli/report/report_file.h"
#include "cli/report/report_rows.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct ebb_error error;

static void add(struct report_rows *rows, struct report_row *row, uint64_t position)
{
    if (report_rows_count(rows, row, position)) {
        assert_int_equal(report_rows_keep(rows, row,
                                          json_pack("{s:I}", "position", (json_int_t)position),
                                          &error),
                         0);
    }
}

static struct report_row *add_row(struct report_rows *rows, enum report_group group, uint64_t key)
{
    struct report_row *row = report_rows_add(rows, group, key, "name", &error);

    assert_non_null(row);
    assert_ptr_equal(report_rows_find(rows, group, key), row);
    return row;
}

/* The positions of what is kept are those from 0 on. */
static void assert_kept(const struct report_row *row, size_t kept, uint64_t count)
{
    assert_int_equal(json_array_size(row->events), kept);
    assert_int_equal(row->count, count);
    assert_int_equal(report_row_is_cut(row), count > kept);
    for (size_t i = 0; i < kept; i++) {
        assert_int_equal(
            json_integer_value(json_object_get(json_array_get(row->events, i), "position")), i);
    }
}

static void test_limit(void **state)
{
    struct report_rows rows;
    struct report_row *few, *many, *console;

    (void)state;
    report_rows_begin(&rows, 0, 100, 10);
    few = add_row(&rows, REPORT_EXCEPTIONS, 1);
    many = add_row(&rows, REPORT_EXCEPTIONS, 2);
    console = add_row(&rows, REPORT_CONSOLE, 1);
    for (uint64_t i = 0; i < 30; i++) {
        if (i < 10) {
            add(&rows, few, i);
        }
        add(&rows, many, i);
        add(&rows, console, i);
    }
    assert_kept(few, 10, 10);
    assert_kept(many, 0, 30);
    assert_kept(console, 10, 30);
    assert_int_equal(rows.kept, 20);
    assert_null(report_rows_find(&rows, REPORT_CONSOLE, 2));
    report_rows_free(&rows);
}

/* All rows together: the one with the most events goes without them, unless it is the console. */
static void test_limit_of_all(void **state)
{
    struct report_rows rows;
    struct report_row *console, *most;

    (void)state;
    report_rows_begin(&rows, 0, 1000, 10);
    console = add_row(&rows, REPORT_CONSOLE, 0);
    most = add_row(&rows, REPORT_INTERRUPTS, 500);
    for (uint64_t i = 0; i < 10; i++) {
        add(&rows, console, i);
        add(&rows, most, i);
    }
    for (uint64_t key = 0; key < 30; key++) {
        struct report_row *row = add_row(&rows, REPORT_INTERRUPTS, key);

        for (uint64_t i = 0; i < 9; i++) {
            add(&rows, row, i);
        }
    }
    assert_kept(console, 10, 10);
    assert_kept(most, 0, 10);
    assert_true(rows.kept <= REPORT_ROWS_TOGETHER * 10);
    assert_true(rows.kept > REPORT_ROWS_TOGETHER * 10 - 20);
    add(&rows, most, 100);
    assert_kept(most, 0, 11);
    report_rows_free(&rows);
}

static void assert_bin(const struct report_row *row, size_t number, uint64_t count, uint64_t first)
{
    assert_int_equal(row->bins[number].count, count);
    assert_int_equal(row->bins[number].first, first);
}

/* Events come in any order; what is at the part's end is in the last bin. */
static void test_bins(void **state)
{
    struct report_rows rows;
    struct report_row *row;

    (void)state;
    report_rows_begin(&rows, 1000, 1000 + 3 * REPORT_BINS - 1, 1);
    assert_int_equal(rows.bin, 3);
    row = add_row(&rows, REPORT_INTERRUPTS, 0);
    add(&rows, row, 1005);
    add(&rows, row, 1003);
    add(&rows, row, 1000);
    add(&rows, row, 1000 + 3 * REPORT_BINS - 1);
    add(&rows, row, 1000 + 3 * REPORT_BINS);
    assert_bin(row, 0, 1, 1000);
    assert_bin(row, 1, 2, 1003);
    assert_bin(row, REPORT_BINS - 1, 2, 1000 + 3 * REPORT_BINS - 1);
    report_rows_free(&rows);
    report_rows_begin(&rows, 7, 8, 1); /* a single position */
    assert_int_equal(rows.bin, 1);
    assert_int_equal(report_rows_bin(&rows, 8), 1);
    report_rows_free(&rows);
}

static void test_order(void **state)
{
    static const char wanted[] =
        "[{\"group\":\"console\",\"name\":\"name\",\"count\":2,\"events\":[{\"position\":4}],"
        "\"bins\":[[4,1,4],[6,1,6]]},"
        "{\"group\":\"exceptions\",\"name\":\"name\",\"count\":1,\"events\":[{\"position\":3}]},"
        "{\"group\":\"interrupts\",\"name\":\"name\",\"count\":0,\"events\":[]},"
        "{\"group\":\"interrupts\",\"name\":\"name\",\"count\":2,\"events\":[],"
        "\"bins\":[[5,2,5]]}]";
    struct report_rows rows;
    struct report_row *row;
    json_t *list;
    char *text;

    (void)state;
    report_rows_begin(&rows, 0, 100, 1);
    row = add_row(&rows, REPORT_INTERRUPTS, 9);
    add(&rows, row, 5);
    add(&rows, row, 5);
    add_row(&rows, REPORT_INTERRUPTS, 8);
    add(&rows, add_row(&rows, REPORT_EXCEPTIONS, 1), 3);
    row = add_row(&rows, REPORT_CONSOLE, 0);
    add(&rows, row, 4);
    add(&rows, row, 6);
    list = report_rows_describe(&rows);
    text = json_dumps(list, JSON_COMPACT);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(list);
    report_rows_free(&rows);
}

/* The data of a page, between its element's beginning and the first that may end it. */
static char *written(json_t *data)
{
    static const char begin[] = "<script type=\"application/json\" id=\"data\">";
    char *page = NULL, *from, *found;
    size_t size;
    FILE *file = open_memstream(&page, &size);

    assert_int_equal(report_file_write(file, data, &error), 0);
    fclose(file);
    from = strstr(page, begin);
    assert_non_null(from);
    from += strlen(begin);
    found = strndup(from, strcspn(from, "<"));
    assert_memory_equal(from + strlen(found), "</script>", strlen("</script>"));
    assert_string_equal(page + size - strlen("</html>\n"), "</html>\n");
    free(page);
    return found;
}

/* Nothing that it has ends the element, and it is what it was. */
static void test_page(void **state)
{
    static const char hostile[] = "</script><!--<script>&amp;]]>\xe2\x80\xa8\xf0\x9f\x98\x80\\\"";
    json_t *data = json_pack("{s:[s, i]}", hostile, hostile, 5), *read;
    char *text = written(json_incref(data));

    (void)state;
    for (const char *at = text; *at; at++) {
        assert_true(*at >= ' ' && *at < 0x7f && !strchr("<>&", *at));
    }
    read = json_loads(text, 0, NULL);
    assert_true(json_equal(read, data));
    json_decref(read);
    json_decref(data);
    free(text);
    assert_int_equal(report_file_write(stdout, NULL, &error), -1);
    assert_int_equal(error.kind, EBB_ERROR_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit), cmocka_unit_test(test_limit_of_all),
        cmocka_unit_test(test_bins),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
