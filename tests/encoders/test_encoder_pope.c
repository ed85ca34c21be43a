/* links: models_double */
/* PoPE's logits from its formula, and the start and range of its phases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_pope;

static double softplus(double x)
{
    return log(1 + exp(x));
}

/* Returns the paper's sum for row i and key j of the bed's head. */
static double logit(const struct bed *b, double base, int i, int j)
{
    double sum = 0;
    for (int c = 0; c < 8; c++) {
        const double angle = (b->place[i] - b->place[j]) * pow(base, -c / 8.0);
        sum += softplus(b->q.at[i * BED_STRIDE + c]) *
               softplus(b->k.at[j * BED_STRIDE + c]) * cos(angle - b->weight[0][8 + c]);
    }
    return sum / sqrt(8);
}

static void assert_logits(struct bed *b, double base)
{
    bed_content(b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++)
            assert_near(b->score[i * BED_SCORES + j], logit(b, base, i, j), 1e-12);
}

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_pope, "");
    assert_logits(&b, 10000);
    bed_open(&b, &encoder_pope, "base=10");
    assert_logits(&b, 10);
    b.place[BED_LONGEST - 1] = BED_LONGEST - 1;
    for (int t = 0; t < BED_LONGEST - 1; t++)
        b.place[t] = t / 2;
    assert_logits(&b, 10);
}

/* With one channel and q, k and delta 0 the logit is ln(2)^2 cos(i - j). */
static void a_channel_by_hand(void **state)
{
    static struct bed b;
    const struct option_values options = bed_options(&encoder_pope, "");
    const struct encoder_dims dims = bed_dims(1, 1);
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_pope, &options, &dims, NULL), ST_OK);
    bed_fill(b.q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    b.weight[0][0] = 0;
    bed_content(&b);
    assert_near(b.score[5 * BED_SCORES + 3], 0.4804530139 * cos(2), 1e-9);
    b.weight[0][0] = -0.5;
    bed_content(&b);
    assert_near(b.score[5 * BED_SCORES + 3], 0.4804530139 * cos(2.5), 1e-9);
}

static void phases_start_at_0_or_anywhere_and_stay_within_a_turn(void **state)
{
    static struct bed b;
    const double pi = acos(-1);
    real w[16] = {0};
    (void)state;
    bed_open(&b, &encoder_pope, "");
    assert_int_equal(b.spec[0].init, INIT_ZERO);
    encoder_pope.start(&b.dims, &b.options, 0, w);
    assert_near(w[0], 0, 0);
    bed_open(&b, &encoder_pope, "start=uniform");
    assert_int_equal(b.spec[0].init, INIT_UNIFORM);
    w[0] = -(w[1] = b.spec[0].scale);
    encoder_pope.start(&b.dims, &b.options, 0, w);
    assert_near(w[0], -2 * pi, 1e-12);
    assert_near(w[1], 0, 1e-12);
    w[0] = -7;
    w[1] = 0.5;
    w[2] = -3;
    encoder_pope.confine(&b.dims, &b.options, 0, w);
    assert_near(w[0], -2 * pi, 1e-12);
    assert_near(w[1], 0, 0);
    assert_near(w[2], -3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(a_channel_by_hand),
        cmocka_unit_test(phases_start_at_0_or_anywhere_and_stay_within_a_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
