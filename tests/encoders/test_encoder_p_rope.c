/* links: models_double */
/* Which pairs turn, worked by hand; p = 1 is rope, p = 0 is none; it differs from rope with a
 * smaller fraction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_p_rope, encoder_rope;

enum { D = 8, PAIRS = D / 2 };

/* Turns the bed's queries, row by row. */
static void turn(struct bed *b, const struct encoder *encoder, const char *settings)
{
    bed_open(b, encoder, settings);
    const struct turn t = bed_turn(b, false);
    encoder->rotate(&b->view, &t);
}

/* Returns how many pairs of a turned row did not change. */
static int still_pairs(const struct bed *turned, int row)
{
    static struct bed before;
    int n = 0;
    bed_open(&before, &encoder_p_rope, "");
    for (int m = 0; m < PAIRS; m++)
        n +=
            turned->q.at[row * BED_STRIDE + 2 * m] == before.q.at[row * BED_STRIDE + 2 * m];
    return n;
}

/* Token 3: the first three pairs of (1, 0) turn by 3, 0.3 and 0.03 radians. */
static void fast_pairs_turn_and_the_slow_one_does_not(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_p_rope, "");
    for (int m = 0; m < PAIRS; m++) {
        b.q.at[3 * BED_STRIDE + 2 * m] = 1;
        b.q.at[3 * BED_STRIDE + 2 * m + 1] = 0;
    }
    const struct turn t = bed_turn(&b, false);
    encoder_p_rope.rotate(&b.view, &t);
    const double angle[PAIRS] = {3, 0.3, 0.03, 0};
    for (int m = 0; m < PAIRS; m++) {
        assert_near(b.q.at[3 * BED_STRIDE + 2 * m], cos(angle[m]), 1e-12);
        assert_near(b.q.at[3 * BED_STRIDE + 2 * m + 1], sin(angle[m]), 1e-12);
    }
}

static void the_share_is_rounded_down_to_pairs(void **state)
{
    static struct bed b;
    const char *const settings[] = {"fastest=1", "fastest=0.75", "fastest=0.74",
                                    "fastest=0.25", "fastest=0.2"};
    const int still[] = {0, 1, 2, 3, 4};
    (void)state;
    for (int s = 0; s < 5; s++) {
        turn(&b, &encoder_p_rope, settings[s]);
        assert_int_equal(still_pairs(&b, 5), still[s]);
    }
}

static void all_pairs_are_rope(void **state)
{
    static struct bed b, rope;
    (void)state;
    turn(&b, &encoder_p_rope, "fastest=1");
    turn(&rope, &encoder_rope, "");
    assert_memory_equal(b.q.at, rope.q.at, sizeof b.q.at);
}

/* rope's fraction puts fast and slow pairs alike into half of the channels. */
static void it_is_no_smaller_fraction(void **state)
{
    static struct bed b, fraction;
    (void)state;
    turn(&b, &encoder_p_rope, "fastest=0.5");
    turn(&fraction, &encoder_rope, "fraction=0.5");
    assert_true(fabs(b.q.at[9 * BED_STRIDE + 2] - fraction.q.at[9 * BED_STRIDE + 2]) >
                0.01);
}

static void a_refusal_has_its_name(void **state)
{
    const struct option_values options = bed_options(&encoder_p_rope, "factor=2");
    const struct encoder_dims dims = bed_dims(2, D);
    static struct bed b;
    struct err e = {0};
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_p_rope, &options, &dims, &e), ST_CONFIG);
    assert_ptr_equal(strstr(e.msg, "p_rope: factor 2"), e.msg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_pairs_turn_and_the_slow_one_does_not),
        cmocka_unit_test(the_share_is_rounded_down_to_pairs),
        cmocka_unit_test(all_pairs_are_rope),
        cmocka_unit_test(it_is_no_smaller_fraction),
        cmocka_unit_test(a_refusal_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
