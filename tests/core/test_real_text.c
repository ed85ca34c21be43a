/* Numbers as text: the fast path gives the same text as printf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "real_text.h"

static void integers_are_as_printf_writes_them(void **state)
{
    static const int64_t all[] = {0, 7, -7, 10, 100000, -120, INT64_MAX, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[REAL_TEXT], expected[REAL_TEXT];
        snprintf(expected, sizeof expected, "%lld", (long long)all[i]);
        assert_string_equal(integer_text(all[i], text), expected);
    }
}

static void assert_as_printf(double value, int digits)
{
    char text[REAL_TEXT], expected[REAL_TEXT];
    snprintf(expected, sizeof expected, "%.*g", digits, value);
    if (!short_decimal(value, digits, text))
        return;
    assert_string_equal(text, expected);
    if (digits == 15)
        assert_true(strtod(text, NULL) == value);
}

static void short_decimals_are_as_printf_writes_them(void **state)
{
    static const double sizes[] = {1e-9, 1e-7, 1e-6, 1e-5, 1.0 / 3e5, 1e-4, 0.1, 7.77};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int n = 0; n < 200000; n += s == 3 ? 1 : 37) {
            assert_as_printf(n * sizes[s], 6);
            assert_as_printf(n * sizes[s], 15);
            assert_as_printf(n / 1e5, 6);
            assert_as_printf(-n / 1e5, 15);
        }
}

static void a_short_decimal_is_recognized(void **state)
{
    char text[REAL_TEXT];
    (void)state;
    assert_true(short_decimal(0.00125, 6, text));
    assert_string_equal(text, "0.00125");
    assert_true(short_decimal(12, 15, text));
    assert_string_equal(text, "12");
    assert_false(short_decimal(12.00001, 6, text)); /* seven digits */
    assert_false(short_decimal(0.00001, 6, text));  /* 1e-05 */
    assert_false(short_decimal(0.1 + 0.2, 15, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_as_printf_writes_them),
        cmocka_unit_test(short_decimals_are_as_printf_writes_them),
        cmocka_unit_test(a_short_decimal_is_recognized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
