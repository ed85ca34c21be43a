/* clean.h makes visible what a terminal would obey or hide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clean.h"

static void assert_clean(const char *text, size_t n, const char *keep, const char *want)
{
    size_t length = n;
    char *got = clean_text(text, &length, keep);
    assert_non_null(got);
    assert_int_equal(length, strlen(want));
    assert_string_equal(got, want);
    free(got);
}

#define CLEAN(text, want) assert_clean(text, sizeof text - 1, "", want)

static void plain_text_stays(void **state)
{
    (void)state;
    CLEAN("", "");
    CLEAN("cope(p_max=64) ± é 日本 \\n 😀", "cope(p_max=64) ± é 日本 \\n 😀");
}

static void controls_and_formats_are_escapes(void **state)
{
    (void)state;
    CLEAN("\x1B[2J\a\x7F", "\\x1b[2J\\x07\\x7f");
    CLEAN("a\nb\rc\td", "a\\nb\\rc\\td");
    CLEAN("a\0b", "a\\x00b");
    CLEAN("\xC2\x9B"
          "31m",
          "\\u009b31m"); /* C1: CSI in one character */
    CLEAN(((const char[]){'\xE2', '\x80', '\xAE', 'a', 0}), "\\u202ea"); /* right to left */
    CLEAN(((const char[]){'\xE2', '\x81', '\xA6', 0}), "\\u2066");       /* an isolate */
    CLEAN("\xE2\x80\x8B\xEF\xBB\xBF\xC2\xAD", "\\u200b\\ufeff\\u00ad");
    CLEAN("\xF3\xA0\x80\x81", "\\U000e0001"); /* a tag */
}

static void bytes_that_are_no_text_are_escapes(void **state)
{
    (void)state;
    CLEAN("\xFF"
          "A",
          "\\xffA");
    CLEAN("\xC3", "\\xc3");                            /* incomplete */
    CLEAN("\xC0\x80", "\\xc0\\x80");                   /* longer than necessary */
    CLEAN("\xED\xA0\x80", "\\xed\\xa0\\x80");          /* half of a surrogate pair */
    CLEAN("\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
}

static void some_may_be_kept(void **state)
{
    (void)state;
    assert_clean("a\nb\x1B", 4, "\n", "a\nb\\x1b");
    assert_clean("\x1B\xC2\x9B\xFF", 4, NULL, "\x1B\xC2\x9B\\xff");
}

static void a_line_is_one_line(void **state)
{
    char *text = NULL, want[700];
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    clean_line(out, "%s: %d", "a\nb", 7);
    assert_int_equal(fflush(out), 0);
    assert_string_equal(text, "a\\nb: 7\n");
    clean_line(out, "%0600d", 1); /* longer than its first buffer */
    assert_int_equal(fclose(out), 0);
    snprintf(want, sizeof want, "a\\nb: 7\n%0600d\n", 1);
    assert_string_equal(text, want);
    free(text);
}

static void words_are_broken_at_the_width(void **state)
{
    char *text = NULL;
    size_t size = 0;
    (void)state;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    clean_wrap(out, 2, 2, 12, "one two three \x1B four");
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "one two\n  three \\x1b\n  four\n");
    free(text);
}

static void letters_have_their_columns(void **state)
{
    static const struct {
        const char *letter;
        int columns;
    } of[] = {{"a", 1},
              {"\xc3\xa9", 1},
              {"\xcc\x81", 0},
              {"\xe4\xb8\xad", 2},
              {"\xf0\x9f\x98\x80", 2},
              {"\xff", 1}};
    char *text = NULL;
    size_t size = 0;
    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        assert_int_equal(clean_letter_columns(of[i].letter, strlen(of[i].letter)),
                         of[i].columns);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    clean_wrap(out, 0, 0, 9,
               "\xe4\xb8\xad\xe4\xb8\xad \xe4\xb8\xad\xe4\xb8\xad "
               "e\xcc\x81 x");
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "\xe4\xb8\xad\xe4\xb8\xad \xe4\xb8\xad\xe4\xb8\xad\n"
                              "e\xcc\x81 x\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(controls_and_formats_are_escapes),
        cmocka_unit_test(bytes_that_are_no_text_are_escapes),
        cmocka_unit_test(some_may_be_kept),
        cmocka_unit_test(a_line_is_one_line),
        cmocka_unit_test(words_are_broken_at_the_width),
        cmocka_unit_test(letters_have_their_columns),
    };
    return cmocka_run_group_tests_name("clean", tests, NULL, NULL);
}
