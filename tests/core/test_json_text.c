/* wraps: malloc realloc */
/* JSON when memory runs out: the same value, the same text, or none. The linker directs the
 * allocations of core/json_text.c, and so Jansson's, to the functions below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_text.h"

static int until; /* allocations that succeed; negative: all */

/* The linker prescribes these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
void *__real_malloc(size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return until-- == 0 ? NULL : __real_malloc(n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return until-- == 0 ? NULL : __real_realloc(p, n);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */

/* Returns JSON with numbers and strings longer than Jansson's first buffer of 16 bytes, and
 * with more values than json_read first has room for. */
static char *long_text(void)
{
    enum { PARTS = 100, PART = 128 };
    char *text = calloc(PARTS, PART);
    assert_non_null(text);
    text[0] = '[';
    for (int i = 0; i < PARTS - 1; i++)
        snprintf(text + strlen(text), PART,
                 "%s{\"a name of some length %d\":0.88888888888888884,"
                 "\"b\":\"an escaped \\u00e9 and a long tail of text\"}",
                 i ? "," : "", i);
    text[strlen(text)] = ']';
    return text;
}

static enum status read_text(const char *text, int allocations, json_t **out)
{
    until = allocations;
    const enum status st = json_read(text, strlen(text), 0, out, NULL);
    until = -1;
    return st;
}

static void no_failed_allocation_changes_a_value(void **state)
{
    char *text = long_text();
    json_t *whole, *got;
    (void)state;
    assert_int_equal(read_text(text, -1, &whole), ST_OK);
    int n = 0;
    while (read_text(text, n++, &got) == ST_NOMEM) {
        assert_null(got);
        assert_true(json_starved());
    }
    assert_true(n > 500);
    assert_false(json_starved());
    assert_true(json_equal(got, whole));
    json_decref(got);
    json_decref(whole);
    free(text);
}

static void no_failed_allocation_changes_a_text(void **state)
{
    char *text = long_text(), *got = NULL, *whole;
    json_t *value;
    int n = 0;
    (void)state;
    assert_int_equal(read_text(text, -1, &value), ST_OK);
    whole = json_write(value, JSON_COMPACT);
    assert_non_null(whole);
    for (; !got; n++) {
        until = n;
        got = json_write(value, JSON_COMPACT);
        until = -1;
    }
    assert_true(n > 5);
    assert_string_equal(got, whole);
    free(got);
    free(whole);
    json_decref(value);
    free(text);
}

static void what_is_not_json_is_told_from_what_has_no_room(void **state)
{
    json_t *got;
    json_error_t why = {.text = ""};
    (void)state;
    assert_int_equal(json_read("[1,", 3, 0, &got, &why), ST_IO);
    assert_null(got);
    assert_non_null(strstr(why.text, "expected"));
    until = 0;
    assert_int_equal(json_read("[1]", 3, 0, &got, &why), ST_NOMEM);
    until = -1;
    assert_string_equal(why.text, "out of memory");
}

/* Memory taken during and after reading is freed in the same way. */
static void values_can_be_changed_printed_and_freed_as_ever(void **state)
{
    json_t *got;
    (void)state;
    assert_int_equal(read_text("{\"a\":[1,2]}", -1, &got), ST_OK);
    assert_int_equal(json_object_set_new(got, "b", json_string("c")), 0);
    char *text = json_write(got, JSON_COMPACT);
    assert_string_equal(text, "{\"a\":[1,2],\"b\":\"c\"}");
    free(text);
    json_decref(got);
}

static void what_is_shown_is_short_and_safe(void **state)
{
    /* ESC, a quote, a backslash, a C1 control and a mark that reverses the direction of text. */
    static const char odd[] = {0x1B,       '"',        '\\',       ' ',        (char)0xC2,
                               (char)0x9B, (char)0xE2, (char)0x80, (char)0xAE, 0};
    (void)state;
    json_t *all = json_pack("[f f f f f s s s]", 0.1, 0.1 + 0.2, 3.0, 1e300, -5e-324,
                            "0.10000000000000001", odd, "é");
    assert_non_null(all);
    char *text = json_show(all, 0);
    assert_string_equal(
        text, "[0.1, 0.30000000000000004, 3.0, 1e+300, -4.94065645841247e-324, "
              "\"0.10000000000000001\", \"\\u001B\\\"\\\\ \\u009b\\u202e\", \"é\"]");
    json_t *back = json_loads(text, 0, NULL);
    assert_true(json_equal(back, all));
    json_decref(back);
    json_decref(all);
    free(text);
}

static void any_bytes_are_a_string(void **state)
{
    (void)state;
    json_t *tag = json_bytes("\xF3\xA0\x80\x81\xFF\0", 6);
    char *text = json_show(tag, JSON_ENCODE_ANY);
    assert_string_equal(text, "\"\\udb40\\udc01\\\\xff\\u0000\"");
    json_decref(tag);
    free(text);
}

int main(void)
{
    until = -1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_failed_allocation_changes_a_value),
        cmocka_unit_test(no_failed_allocation_changes_a_text),
        cmocka_unit_test(what_is_not_json_is_told_from_what_has_no_room),
        cmocka_unit_test(values_can_be_changed_printed_and_freed_as_ever),
        cmocka_unit_test(what_is_shown_is_short_and_safe),
        cmocka_unit_test(any_bytes_are_a_string),
    };
    return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
