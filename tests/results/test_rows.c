/* text_table.h, escape.h and rows.h: text in the form that each output needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "escape.h"
#include "filled_store.h"
#include "rows.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    return out;
}

static void assert_wrote(FILE *out, const char *want)
{
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, want);
    free(text);
}

static void assert_rows(struct store *s, const char *sql, enum print_format f, int count,
                        const char *want)
{
    FILE *out = begin();
    int rows = -1;
    assert_ok(rows_print(s, sql, NULL, 0, f, out, &rows, &err));
    assert_int_equal(rows, count);
    assert_wrote(out, want);
}

static const char two_rows[] =
    "SELECT 'a_b' AS name, 1 AS n, 0.1 + 0.2 AS real, NULL AS absent "
    "UNION ALL SELECT 'long, \"quoted\"', 20, 1e300, x'00ff'";

static void rows_for_the_terminal(void **state)
{
    const struct fixture *f = *state;
    assert_rows(f->store, two_rows, PRINT_TEXT, 2,
                "name             n    real  absent\n"
                "--------------  --  ------  ---------\n"
                "a_b              1     0.3\n"
                "long, \"quoted\"  20  1e+300  (2 bytes)\n");
}

static void rows_as_markdown_and_csv(void **state)
{
    const struct fixture *f = *state;
    assert_rows(f->store, two_rows, PRINT_MD, 2,
                "| name | n | real | absent |\n|:---|---:|---:|:---|\n"
                "| a_b | 1 | 0.3 |  |\n"
                "| long, \"quoted\" | 20 | 1e+300 | (2 bytes) |\n");
    assert_rows(f->store, two_rows, PRINT_CSV, 2,
                "name,n,real,absent\na_b,1,0.30000000000000004,\n"
                "\"long, \"\"quoted\"\"\",20,1e+300,(2 bytes)\n");
}

static void rows_as_json_keep_their_types(void **state)
{
    const struct fixture *f = *state;
    FILE *out = begin();
    assert_ok(rows_print(f->store, two_rows, NULL, 0, PRINT_JSON, out, NULL, &err));
    fclose(out);
    json_t *root = parse_json(text), *row = json_array_get(root, 0);
    assert_int_equal(json_array_size(root), 2);
    assert_true(json_is_integer(json_object_get(row, "n")));
    assert_true(json_real_value(json_object_get(row, "real")) == 0.1 + 0.2);
    assert_true(json_is_null(json_object_get(row, "absent")));
    row = json_array_get(root, 1);
    assert_string_equal(json_string_value(json_object_get(row, "name")),
                        "long, \"quoted\"");
    assert_string_equal(json_string_value(json_object_get(row, "absent")), "00ff");
    json_decref(root);
    free(text);
}

static void json_of_odd_text_and_numbers_is_well_formed(void **state)
{
    const struct fixture *f = *state;
    FILE *out = begin();
    assert_ok(rows_print(
        f->store, "SELECT char(1, 9, 10, 34, 92, 233) AS \"odd \"\" name\", 1e999 AS i",
        NULL, 0, PRINT_JSON, out, NULL, &err));
    fclose(out);
    json_t *root = parse_json(text);
    const json_t *row = json_array_get(root, 0);
    assert_string_equal(json_string_value(json_object_get(row, "odd \" name")),
                        "\x01\t\n\"\\\xC3\xA9");
    assert_true(json_is_null(json_object_get(row, "i")));
    json_decref(root);
    free(text);
}

static void no_rows_are_a_header(void **state)
{
    const struct fixture *f = *state;
    assert_rows(f->store, "SELECT id, seed FROM run", PRINT_CSV, 0, "id,seed\n");
    assert_rows(f->store, "SELECT id, seed FROM run", PRINT_TEXT, 0,
                "id  seed\n--  ----\n");
    assert_rows(f->store, "SELECT id, seed FROM run", PRINT_JSON, 0, "[]\n");
}

static void a_wrong_statement_prints_nothing(void **state)
{
    const struct fixture *f = *state;
    FILE *out = begin();
    assert_int_equal(rows_print_typed(f->store, "DELETE FROM run", PRINT_JSON, out, &err),
                     ST_USAGE);
    assert_wrote(out, "");
}

static void columns_line_up_by_characters_not_bytes(void **state)
{
    struct text_table t;
    FILE *out = begin();
    (void)state;
    text_table_init(&t, PRINT_TEXT, out);
    text_table_column(&t, "é", false);
    text_table_column(&t, "x", true);
    text_table_text(&t, "±±±");
    text_table_text(&t, "1");
    text_table_tail(&t, " ± %d", 10);
    text_table_best(&t);
    text_table_text(&t, "a\tb\n");
    text_table_text(&t, "123");
    text_table_note(&t, "1");
    text_table_note(&t, "2");
    assert_ok(text_table_end(&t, &err));
    assert_wrote(out, "é               x\n"
                      "------  ---------\n"
                      "±±±       1 ± 10*\n"
                      "a\\tb\\n  123[1,2]\n");
}

static void each_format_escapes_what_it_must(void **state)
{
    static const char odd[] = "a_b & 50% {x} $y ~^\\ |*<#±\"";
    FILE *out = begin();
    (void)state;
    escape_latex(out, odd);
    assert_wrote(out, "a\\_b \\& 50\\% \\{x\\} \\$y "
                      "\\textasciitilde{}\\textasciicircum{}\\textbackslash{} "
                      "$|$*$<$\\#$\\pm$''");
    out = begin();
    escape_md(out, odd);
    assert_wrote(out, "a_b \\& 50% {x} \\$y \\~^\\\\ \\|\\*\\<#±\"");
    out = begin();
    escape_md(out, "_a_b_ n_");
    assert_wrote(out, "\\_a_b\\_ n\\_");
    out = begin();
    escape_csv(out, "plain");
    escape_csv(out, "a\nb");
    assert_wrote(out, "plain\"a\nb\"");
    assert_int_equal(text_width("± é"), 3);
}

static void formats_go_by_name(void **state)
{
    enum print_format f = PRINT_TEXT;
    (void)state;
    assert_ok(print_format_parse("latex", &f, &err));
    assert_int_equal(f, PRINT_LATEX);
    assert_int_equal(print_format_parse("latx", &f, &err), ST_USAGE);
    assert_non_null(strstr(err.msg, "did you mean \"latex\"?"));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_for_the_terminal),
        CASE(rows_as_markdown_and_csv),
        CASE(rows_as_json_keep_their_types),
        CASE(json_of_odd_text_and_numbers_is_well_formed),
        CASE(no_rows_are_a_header),
        CASE(a_wrong_statement_prints_nothing),
        cmocka_unit_test(columns_line_up_by_characters_not_bytes),
        cmocka_unit_test(each_format_escapes_what_it_must),
        cmocka_unit_test(formats_go_by_name),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
