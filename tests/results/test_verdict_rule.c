/* verdict_rule.h: families worked by hand, and how often the rule errs on drawn samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "approx.h"
#include "seed_laws.h"

static struct err err;

static const double low[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
static const double high[] = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24};

/* Returns a comparison in which all of n values are below all of m. */
static struct comparison apart(int n, int m)
{
    return (struct comparison){.less = {low, n}, .than = {high, m}};
}

static void judge(struct comparison *c, int n)
{
    assert_int_equal(verdict_rule(c, n, &err), ST_OK);
}

/* p is 1 / C(8, 4) = 1 / 70: below 2.5 % for one claim, above it for two. */
static void a_family_of_two_needs_more_seeds(void **state)
{
    struct comparison c[] = {apart(4, 4), apart(4, 4)};
    (void)state;
    judge(c, 1);
    assert_int_equal(c[0].verdict, REPRODUCED);
    assert_near(c[0].below_corrected, 1.0 / 70, 1e-12);
    assert_int_equal(c[0].seeds, 0);
    judge(c, 2);
    assert_int_equal(c[0].verdict, TOO_FEW_SEEDS);
    assert_near(c[0].below, 1.0 / 70, 1e-12);
    assert_near(c[0].below_corrected, 2.0 / 70, 1e-12);
    assert_int_equal(c[0].seeds, 5); /* 1 / C(10, 5) = 1 / 252 */
}

/* A claim with many seeds may be first; it leaves 2.5 % to the other. */
static void seeds_of_another_claim_leave_room(void **state)
{
    const double mixed[] = {0.5, 11.5, 12.5, 20};
    struct comparison c[] = {apart(10, 10), apart(4, 4)};
    (void)state;
    judge(c, 2);
    assert_int_equal(c[0].verdict, REPRODUCED);
    assert_int_equal(c[1].verdict, REPRODUCED);
    c[1].less = (struct values){mixed, 4};
    judge(c, 2);
    assert_int_equal(c[1].verdict, UNDECIDED);
}

static void what_both_solve_is_no_part_of_the_family(void **state)
{
    struct comparison c[] = {apart(4, 4), apart(4, 4)};
    (void)state;
    c[1].solved = true;
    judge(c, 2);
    assert_int_equal(c[0].verdict, REPRODUCED);
    assert_int_equal(c[1].verdict, BOTH_SOLVE);
    assert_true(isnan(c[1].below));
    c[1] = (struct comparison){.less = {low, 4}, .than = {high, 0}};
    judge(c, 2);
    assert_int_equal(c[0].verdict, REPRODUCED);
    assert_int_equal(c[1].verdict, NOT_RUN);
    assert_true(isnan(c[1].improvement));
}

/* 3 / C(16, 2) is 2.5 % up to rounding. */
static void the_level_itself_is_enough(void **state)
{
    struct comparison c[] = {apart(2, 14), apart(2, 14), apart(2, 14)};
    (void)state;
    judge(c, 3);
    for (int i = 0; i < 3; i++) {
        assert_near(c[i].below_corrected, 0.025, 1e-12);
        assert_int_equal(c[i].verdict, REPRODUCED);
    }
}

static void the_other_way_round_is_contradicted(void **state)
{
    struct comparison c = {.less = {high, 5}, .than = {low, 5}};
    (void)state;
    judge(&c, 1);
    assert_int_equal(c.verdict, CONTRADICTED);
    assert_near(c.improvement, 0, 0);
    assert_near(c.above, 1.0 / 252, 1e-12);
}

/* 12 of 20 seeds solve it, against 4 of 20. With two values only, the test is Fisher's exact
 * one, P(X >= 12) = sum over k of C(20, k) C(20, 16 - k) / C(40, 16) = 0.01129, and the share
 * of pairs that agree is .6 * .8 and half of .6 * .2 + .4 * .8, seven of ten. */
static void a_small_p_value_alone_is_not_enough(void **state)
{
    double a[20], b[20];
    double ways = 0, all = 1, c[21] = {1};
    for (int i = 0; i < 20; i++) {
        a[i] = i >= 12;
        b[i] = i >= 4;
        c[i + 1] = c[i] * (20 - i) / (i + 1);
    }
    for (int k = 12; k <= 16; k++)
        ways += c[k] * c[16 - k];
    for (int i = 0; i < 16; i++)
        all *= (40.0 - i) / (i + 1);
    struct comparison seen = {.less = {a, 20}, .than = {b, 20}};
    (void)state;
    judge(&seen, 1);
    assert_near(seen.below, ways / all, 1e-9);
    assert_true(seen.below < 0.025);
    assert_near(seen.improvement, 0.7, 1e-12);
    assert_int_equal(seen.verdict, UNDECIDED);
    assert_int_equal(seen.seeds, 0);
}

/* Returns how many of `draws` families decide something; *claims: how many claims. */
static int families_of(const char *text, int seeds, int draws, int *claims)
{
    int law_index = 0, families = 0;
    while (strcmp(laws[law_index].text, text) != 0)
        law_index++;
    struct rng r = rng_stream(2, RNG_TEST, text, (uint64_t)seeds);
    *claims = 0;
    for (int d = 0; d < draws; d++) {
        const int n = seed_laws_decided(law_index, seeds, &r);
        assert_true(n >= 0);
        families += n > 0;
        *claims += n;
    }
    return families;
}

/* 5 % of 500 families are 25; three standard deviations more are 39. */
static void a_family_of_one_law_errs_in_one_of_twenty(void **state)
{
    static const int seeds[] = {3, 5, 6};
    int claims;
    (void)state;
    for (int i = 0; i < (int)(sizeof laws / sizeof laws[0]); i++)
        for (int k = 0; k < 3 && laws[i].less == laws[i].than; k++)
            assert_in_range(families_of(laws[i].text, seeds[k], 500, &claims), 0, 39);
}

/* Six claims each: docs/STATISTICS.md has the shares of more draws. */
static void what_differs_is_found_as_often_as_documented(void **state)
{
    int claims;
    (void)state;
    families_of("never fails against fails in 4 of 5 seeds", 5, 200, &claims);
    assert_in_range(claims, 200 * 6 * 25 / 100, 200 * 6 * 40 / 100);
    families_of("normal against two deviations more", 8, 200, &claims);
    assert_in_range(claims, 200 * 6 * 85 / 100, 200 * 6 * 97 / 100);
    families_of("never fails against fails in 4 of 5 seeds", 3, 200, &claims);
    assert_int_equal(claims, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_of_two_needs_more_seeds),
        cmocka_unit_test(seeds_of_another_claim_leave_room),
        cmocka_unit_test(what_both_solve_is_no_part_of_the_family),
        cmocka_unit_test(the_level_itself_is_enough),
        cmocka_unit_test(the_other_way_round_is_contradicted),
        cmocka_unit_test(a_small_p_value_alone_is_not_enough),
        cmocka_unit_test(a_family_of_one_law_errs_in_one_of_twenty),
        cmocka_unit_test(what_differs_is_found_as_often_as_documented),
    };
    return cmocka_run_group_tests_name("verdict_rule", tests, NULL, NULL);
}
