/* paired.h against values worked by hand and SciPy 1.17 (binomtest). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "paired.h"

/* SciPy: binomtest(k, n).pvalue. */
static void mcnemar_is_a_binomial_test(void **state)
{
    (void)state;
    assert_near(paired_mcnemar((struct discordant){0, 0}), 1.0, 0);
    assert_near(paired_mcnemar((struct discordant){3, 3}), 1.0, 0);
    assert_near(paired_mcnemar((struct discordant){0, 5}), 0.0625, 1e-13); /* 2 / 2^5 */
    assert_near(paired_mcnemar((struct discordant){9, 1}), 0.021484375, 1e-13);
    assert_near(paired_mcnemar((struct discordant){40, 70}), 0.005447429511444476, 1e-12);
}

/* 8 examples: a is wrong at 0; b at 0, 1 and 2 in seed 1, at 7 alone in seed 2. */
static const uint8_t a1[] = {0xfe}, a2[] = {0xfe}, b1[] = {0xf8}, b2[] = {0x7f};
static const uint8_t *const a_bits[] = {a1, a2};
static const uint8_t *const b_bits[] = {b1, b2};
static const struct answers a = {a_bits, 2}, b = {b_bits, 2};

static void effect_is_the_difference_of_mean_errors(void **state)
{
    double effect, back;
    struct interval i, j;
    struct err e;
    (void)state;
    assert_int_equal(paired_effect(a, b, 8, &effect, &i, &e), ST_OK);
    assert_near(effect, (3.0 + 1.0) / 16 - 2.0 / 16, 1e-15);
    assert_true(i.low < effect && effect < i.high);
    assert_int_equal(paired_effect(b, a, 8, &back, &j, &e), ST_OK);
    assert_near(back, -effect, 1e-15);
}

static void discordant_examples_are_counted_by_pair(void **state)
{
    const struct discordant d = paired_discordant(a, b, 8);
    (void)state;
    assert_int_equal(d.only_a, 2 + 1); /* 1 and 2 of seed 1, 7 of seed 2 */
    assert_int_equal(d.only_b, 0 + 1); /* 0 of seed 2 */
}

/* With equal answers the difference of each example is 0 in every draw, and so is the
 * difference of seeds that agree. Seeds that differ leave a spread. */
static void what_is_common_cancels(void **state)
{
    double effect;
    struct interval i;
    struct err e;
    (void)state;
    assert_int_equal(paired_effect(a, a, 8, &effect, &i, &e), ST_OK);
    assert_near(effect, 0, 0);
    assert_near(i.low, 0, 0);
    assert_near(i.high, 0, 0);
    assert_int_equal(paired_effect(b, b, 8, &effect, &i, &e), ST_OK);
    assert_true(i.low < 0 && i.high > 0);
}

/* One seed on each side and n independent examples, of which a errs on 10 %: the interval is
 * that of a mean, 1.96 sqrt(0.1 * 0.9 / 1000) = 0.0186 around 0.1. */
static void one_seed_leaves_the_spread_of_the_examples(void **state)
{
    static uint8_t bits[125], all[125];
    const uint8_t *const x[] = {bits}, *const y[] = {all};
    double effect;
    struct interval i;
    struct err e;
    (void)state;
    for (int k = 0; k < 1000; k++) {
        all[k / 8] |= (uint8_t)(1U << k % 8);
        if (k % 10)
            bits[k / 8] |= (uint8_t)(1U << k % 8);
    }
    assert_int_equal(paired_effect((struct answers){y, 1}, (struct answers){x, 1}, 1000,
                                   &effect, &i, &e),
                     ST_OK);
    assert_near(effect, 0.1, 1e-12);
    assert_near(i.low, 0.0814, 0.004);
    assert_near(i.high, 0.1186, 0.004);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar_is_a_binomial_test),
        cmocka_unit_test(effect_is_the_difference_of_mean_errors),
        cmocka_unit_test(discordant_examples_are_counted_by_pair),
        cmocka_unit_test(what_is_common_cancels),
        cmocka_unit_test(one_seed_leaves_the_spread_of_the_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
