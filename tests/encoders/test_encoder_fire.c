/* links: models_double */
/* Near and far queries worked by hand, and the case that is ALiBi. At the default threshold
 * far queries are beyond the contract's bed, so their gradients are checked here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_fire;

enum { C, MULTIPLIER, LAYER, OUT, OUT_BIAS };

/* Head 1 has two units: f(x) = 0.25 - 2 max(0, x) + 3 max(0, 0.5 - x). */
static void open_by_hand(struct bed *b, const char *settings)
{
    bed_open(b, &encoder_fire, settings);
    const real layer[] = {1, -1, 0, 0.5}, out[] = {-2, 3};
    memcpy(b->weight[LAYER], layer, sizeof layer);
    memcpy(b->weight[OUT] + 2, out, sizeof out);
    b->weight[OUT_BIAS][1] = 0.25;
    b->weight[C][0] = -0.5;
    b->weight[MULTIPLIER][0] = 1;
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_derive(b);
    bed_score(b);
}

static double f(double x)
{
    return 0.25 - 2 * x + 3 * fmax(0, 0.5 - x);
}

static double bias(const struct bed *b, int i, int j)
{
    return b->score[i * BED_SCORES + j];
}

/* The threshold L is 6: queries 0 to 6 divide by ln(1 + 6 / 2), query 10 by ln(1 + 10 / 2). */
static void near_and_far_queries_by_hand(void **state)
{
    static struct bed b;
    (void)state;
    open_by_hand(&b, "hidden=2 threshold=6");
    for (int n = 0; n <= 6; n++) {
        assert_near(bias(&b, 6, 6 - n), f(log(1 + n / 2.0) / (log(4) + 1e-6)), 1e-12);
        assert_near(bias(&b, 10, 10 - n), f(log(1 + n / 2.0) / (log(6) + 1e-6)), 1e-12);
    }
}

static void distances_and_normaliser_are_those_of_the_places(void **state)
{
    static struct bed b;
    (void)state;
    open_by_hand(&b, "hidden=2 threshold=6");
    for (int t = 0; t < 5; t++)
        b.place[t] = 3 * t;
    bed_score(&b);
    assert_near(bias(&b, 4, 2), f(log(4) / (log(7) + 1e-6)), 1e-12);
    assert_near(bias(&b, 2, 1), f(log(2.5) / (log(4) + 1e-6)), 1e-12);
}

/* With f(x) = -3 x and a nearly linear psi the slope is 3 / 14, up to c n / 2 and 1e-6 / psi. */
static void a_line_is_alibi(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_fire, "hidden=1 threshold=14");
    b.weight[LAYER][0] = 1;
    b.weight[LAYER][1] = 0;
    b.weight[OUT][1] = -3;
    b.weight[OUT_BIAS][1] = 0;
    b.weight[C][0] = 1e-4;
    b.weight[MULTIPLIER][0] = 1;
    bed_fill(b.q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_derive(&b);
    bed_score(&b);
    for (int n = 0; n < BED_LONGEST; n++)
        assert_near(bias(&b, 13, 13 - n), -3.0 * n / 14, 5e-3);
}

static void gradients_of_far_queries(void **state)
{
    static struct bed b;
    const int scattered[] = {2, 8, 13};
    (void)state;
    bed_open(&b, &encoder_fire, "threshold=6");
    b.weight[MULTIPLIER][0] = -0.9;
    bed_derive(&b);
    bed_check_gradients(&b);
    bed_panel(&b, 3, scattered);
    bed_check_panel_gradients(&b);
}

static void c_starts_at_a_tenth_and_the_multiplier_at_1(void **state)
{
    static struct bed b;
    real w = 1;
    (void)state;
    bed_open(&b, &encoder_fire, "");
    encoder_fire.start(&b.dims, &b.options, MULTIPLIER, &w);
    assert_near(w, 1, 0);
    encoder_fire.start(&b.dims, &b.options, C, &w);
    assert_near(w, 0.1, 1e-15);
    assert_int_equal(b.spec[C].init, INIT_ONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_and_far_queries_by_hand),
        cmocka_unit_test(distances_and_normaliser_are_those_of_the_places),
        cmocka_unit_test(a_line_is_alibi),
        cmocka_unit_test(gradients_of_far_queries),
        cmocka_unit_test(c_starts_at_a_tenth_and_the_multiplier_at_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
