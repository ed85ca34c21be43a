/* links: models_double */
/* Powers worked by hand, and rope as the start of training. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_carope;

enum { WEIGHT, BIAS };

/* Checks cosine and sine of token t, head 1, pair m. */
static void assert_angle(const struct bed *b, int t, int m, double phi)
{
    const real *at = b->state.at + (size_t)t * BED_WIDE + 8;
    assert_near(at[m], cos(phi), 1e-12);
    assert_near(at[4 + m], sin(phi), 1e-12);
}

static void pairs_turn_by_powers(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_carope, "base=0");
    assert_int_equal(b.tensors, 1);
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    b.weight[WEIGHT][16] = 1; /* x[0], head 1 */
    bed_read(&b);
    for (int m = 0; m < 4; m++) {
        double phi = 0;
        for (int t = 0; t < 3; t++) {
            phi += pow(1 / (1 + log(1 + exp(b.tokens[(size_t)t * 16]))), m);
            assert_angle(&b, t, m, phi);
        }
    }
}

/* f = base^(-2/d) for every token. */
static void biases_start_as_rope(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_carope, "base=256");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    encoder_carope.start(&b.dims, &b.options, BIAS, b.weight[BIAS]);
    bed_read(&b);
    for (int t = 0; t < BED_LONGEST; t++)
        for (int m = 0; m < 4; m++)
            assert_angle(&b, t, m, (t + 1) * pow(256, -m / 4.0));
    encoder_carope.start(&b.dims, &b.options, WEIGHT, b.weight[WEIGHT]);
    assert_near(b.weight[WEIGHT][0], 0, 0);
}

static void what_makes_no_frequency_is_refused(void **state)
{
    static struct bed b;
    const struct encoder_dims dims = bed_dims(2, 8), narrow = bed_dims(2, 1);
    struct option_values o = bed_options(&encoder_carope, "base=0.5");
    struct err e;
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_carope, &o, &dims, &e), ST_CONFIG);
    o = bed_options(&encoder_carope, "");
    assert_int_equal(bed_try(&b, &encoder_carope, &o, &narrow, &e), ST_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_turn_by_powers),
        cmocka_unit_test(biases_start_as_rope),
        cmocka_unit_test(what_makes_no_frequency_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
