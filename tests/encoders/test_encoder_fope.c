/* links: models_double */
/* Mixtures worked by hand; rope on the pairs that turn as a special case; channels left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_fope, encoder_rope;

enum { D = 8, HEAD = 1 };
enum { COSINES, SINES };

/* With base 3, frequencies 1 and 3^(-1/4) complete a turn within 9 tokens: N = M = 2. */
static void identity(struct bed *b)
{
    bed_open(b, &encoder_fope, "base=3");
    assert_int_equal(b->spec[COSINES].rows, 2 * 2);
    assert_int_equal(b->spec[COSINES].columns, 2);
    for (int tensor = COSINES; tensor <= SINES; tensor++) {
        bed_fill(b->weight[tensor], bed_size(b, tensor), 0);
        encoder_fope.start(&b->dims, &b->options, tensor, b->weight[tensor]);
    }
    bed_derive(b);
}

static void the_identity_is_rope_on_the_pairs_that_turn(void **state)
{
    static struct bed b, rope;
    (void)state;
    identity(&b);
    bed_score(&b);
    bed_open(&rope, &encoder_rope, "base=3 layout=halves fastest=0.5");
    const struct bed_matrix q = rope.q;
    const struct turn keys = bed_turn(&rope, true), queries = bed_turn(&rope, false);
    rope.q = rope.k;
    encoder_rope.rotate(&rope.view, &keys);
    rope.k = rope.q;
    rope.q = q;
    encoder_rope.rotate(&rope.view, &queries);
    bed_score(&rope);
    for (int i = 0; i < BED_LONGEST; i++)
        assert_close_double(b.score + (size_t)i * BED_SCORES,
                            rope.score + (size_t)i * BED_SCORES, (size_t)i + 1, 1e-12);
}

/* Query and key have one channel of pair 0 only, at places 5 and 2. */
static void a_pair_turns_by_its_mixture(void **state)
{
    static struct bed b;
    const double w = pow(3, -0.25);
    (void)state;
    bed_open(&b, &encoder_fope, "base=3");
    for (int c = 0; c < D; c++)
        b.q.at[5 * BED_STRIDE + c] = b.k.at[2 * BED_STRIDE + c] = c == 0;
    const real *A = b.weight[COSINES] + (size_t)HEAD * 4,
               *B = b.weight[SINES] + (size_t)HEAD * 4;
    double c[2], s[2];
    for (int i = 0; i < 2; i++) {
        const double t = i ? 2 : 5;
        c[i] = A[0] * cos(t) + A[2] * cos(w * t);
        s[i] = B[0] * sin(t) + B[2] * sin(w * t);
    }
    bed_score(&b);
    assert_near(b.score[5 * BED_SCORES + 2], (c[0] * c[1] + s[0] * s[1]) / sqrt(D), 1e-12);
}

/* Of the four frequencies with base 10000 one completes a turn in 9 tokens; with base 1 all
 * do, and a quarter of the channels turn. */
static void slow_frequencies_are_left_out(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_fope, "");
    assert_int_equal(b.spec[COSINES].rows, 2 * 1);
    assert_int_equal(b.spec[COSINES].columns, 1);
    bed_open(&b, &encoder_fope, "base=1");
    assert_int_equal(b.spec[COSINES].rows, 2 * 4);
    assert_int_equal(b.spec[COSINES].columns, 2);
    bed_fill(b.weight[SINES], bed_size(&b, SINES), 0);
    encoder_fope.start(&b.dims, &b.options, SINES, b.weight[SINES]);
    const double step_two[] = {1, 0, 0, 0, 0, 1, 0, 0};
    assert_close_double(b.weight[SINES], step_two, 8, 0);
    assert_close_double(b.weight[SINES] + 8, step_two, 8, 0);
    assert_near(b.spec[SINES].scale, 0.3 * sqrt(2.0 / (4 * 2 + 2 * 2)), 1e-15);
}

static void a_training_too_short_is_refused(void **state)
{
    const struct option_values options = bed_options(&encoder_fope, "");
    struct encoder_dims dims = bed_dims(2, D);
    static struct bed b;
    struct err e = {0};
    (void)state;
    dims.trained_length = 6;
    assert_int_equal(bed_try(&b, &encoder_fope, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "fope: no frequency comes round within 6 tokens"));
    dims.trained_length = 7;
    assert_int_equal(bed_try(&b, &encoder_fope, &options, &dims, &e), ST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_is_rope_on_the_pairs_that_turn),
        cmocka_unit_test(a_pair_turns_by_its_mixture),
        cmocka_unit_test(slow_frequencies_are_left_out),
        cmocka_unit_test(a_training_too_short_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
