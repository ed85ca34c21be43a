/* links: models_double */
/* The network worked by hand on the logarithm of the distance, and its start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_log_cpb;

enum { IN, IN_BIAS, OUT };

/* Returns what the encoder adds at row i, key j. */
static double added(struct bed *b, int i, int j)
{
    static struct bed content;
    bed_open(&content, &encoder_log_cpb, "");
    bed_content(&content);
    bed_score(b);
    return b->score[i * BED_SCORES + j] - content.score[i * BED_SCORES + j];
}

/* One unit: relu(2 x + 0.5), times 0.7 for head 1. Training has 9 tokens, so x of distance n
 * is log2(1 + n) / 3. */
static void one_unit_by_hand(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_log_cpb, "hidden=1");
    b.weight[IN][0] = 2;
    b.weight[IN_BIAS][0] = 0.5;
    b.weight[OUT][1] = 0.7;
    bed_derive(&b);
    for (int j = 0; j <= 13; j++) {
        const double hidden = 2 * log2(1 + 13 - j) / 3 + 0.5;
        assert_near(added(&b, 13, j), 16 / (1 + exp(-0.7 * hidden)), 1e-12);
    }
    b.weight[IN_BIAS][0] = -1.5; /* the unit is active from distance 4 on */
    bed_derive(&b);
    assert_near(added(&b, 9, 8), 8, 1e-12);
    assert_near(added(&b, 9, 7), 8, 1e-12);
    assert_true(added(&b, 9, 1) > 8.1);
}

static void without_a_last_layer_it_is_a_constant(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_log_cpb, "");
    bed_fill(b.weight[OUT], bed_size(&b, OUT), 0);
    bed_derive(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(added(&b, 9, j), 8, 1e-12);
}

/* The formula extends beyond training: x of distance 8, the last of 9 tokens, is 1.06. */
static void it_is_defined_beyond_training(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_log_cpb, "");
    assert_null(encoder_log_cpb.reach);
    assert_true(fabs(added(&b, 13, 0) - added(&b, 12, 0)) > 1e-6);
}

static void it_starts_flat(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_log_cpb, "");
    assert_int_equal(b.spec[IN_BIAS].init, INIT_ZERO);
    assert_near(b.spec[OUT].scale, 0.02, 0);
    assert_int_equal(b.spec[OUT].rows * b.spec[OUT].columns, 2 * 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_unit_by_hand),
        cmocka_unit_test(without_a_last_layer_it_is_a_constant),
        cmocka_unit_test(it_is_defined_beyond_training),
        cmocka_unit_test(it_starts_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
