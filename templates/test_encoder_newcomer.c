/* links: models_double */
/* newcomer: values worked out by hand. Gradients, causality and the rest are in
 * test_encoder_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_newcomer;

/* The bias at distance n of the head that the panel is of, whose w is 2: content is 0. */
static double bias(struct bed *b, const char *settings, int n)
{
    const int i = BED_LONGEST - 1;
    bed_open(b, &encoder_newcomer, settings);
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b->weight[0], 2, 2);
    bed_derive(b);
    bed_score(b);
    return b->score[i * BED_SCORES + i - n];
}

static void the_bias_is_the_logarithm_of_distance(void **state)
{
    static struct bed b;
    (void)state;
    assert_near(bias(&b, "", 0), 0, 0);
    assert_near(bias(&b, "", 3), 2.7725887222, 1e-9);
    assert_near(bias(&b, "scale=3", 3), 1.3862943611, 1e-9);
}

static void gradients_agree_with_central_differences(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_newcomer, "scale=2");
    bed_check_gradients(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bias_is_the_logarithm_of_distance),
        cmocka_unit_test(gradients_agree_with_central_differences),
    };
    return cmocka_run_group_tests_name("encoder_newcomer", tests, NULL, NULL);
}
