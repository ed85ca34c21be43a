/* links: models_double */
/* Learned positions: the row of each token, the number of rows, and tokens past the trained
 * length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_absolute;

static void token_t_gets_row_t(void **state)
{
    static struct bed b;
    const double expected[] = {0.5, 1.5, 3.5, 5.5, 10.5, 16.5};
    (void)state;
    const struct option_values options = bed_options(&encoder_absolute, "");
    const struct encoder_dims dims = bed_dims(2, 1); /* C = 2 */
    assert_int_equal(bed_try(&b, &encoder_absolute, &options, &dims, NULL), ST_OK);
    for (int i = 0; i < 6; i++)
        b.weight[0][i] = (const real[]){0, 1, 3, 5, 10, 16}[i];
    bed_fill(b.x, BED_LONGEST * BED_CHANNELS, 0.5);
    b.encoder->embed(&b.view, 3, b.place, b.x);
    assert_close_double(b.x, expected, 6, 1e-12);
}

static void two_sequences_add_their_gradients(void **state)
{
    static struct bed b;
    const real long_dx[] = {1, 2, 3, 4, 5, 6}, short_dx[] = {10, 20};
    const double expected[] = {11, 22, 3, 4, 5, 6, 0, 0};
    (void)state;
    const struct option_values options = bed_options(&encoder_absolute, "");
    const struct encoder_dims dims = bed_dims(2, 1);
    assert_int_equal(bed_try(&b, &encoder_absolute, &options, &dims, NULL), ST_OK);
    bed_fill(b.grad[0], bed_size(&b, 0), 0);
    b.encoder->embed_grad(&b.view, 3, b.place, long_dx);
    b.encoder->embed_grad(&b.view, 1, b.place, short_dx);
    assert_close_double(b.grad[0], expected, 8, 1e-12);
}

/* The released Counting model: 512 rows of 256. */
static void the_table_has_the_papers_size_and_start(void **state)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const struct encoder_dims dims = {.layers = 4,
                                      .heads = 4,
                                      .head_dim = 64,
                                      .trained_length = 512,
                                      .longest = 512,
                                      .places = 512};
    const struct option_values options = bed_options(&encoder_absolute, "");
    (void)state;
    assert_int_equal(encoder_absolute.tensors(&dims, &options, spec), 1);
    assert_int_equal(spec[0].rows * spec[0].columns, 131072);
    assert_false(spec[0].per_layer);
    assert_int_equal(spec[0].init, INIT_NORMAL);
    assert_near(spec[0].scale, 1.0 / 16, 1e-15);
}

static void beyond_chooses_between_untrained_rows_and_none(void **state)
{
    static struct bed untrained, undefined;
    (void)state;
    bed_open(&untrained, &encoder_absolute, "beyond=untrained");
    bed_open(&undefined, &encoder_absolute, "beyond=undefined");
    assert_int_equal(untrained.spec[0].rows, untrained.dims.longest);
    assert_int_equal(undefined.spec[0].rows, undefined.dims.trained_length);
    assert_int_equal(encoder_absolute.reach(&untrained.dims, &untrained.options),
                     REACH_UNTRAINED);
    assert_int_equal(encoder_absolute.reach(&undefined.dims, &undefined.options),
                     REACH_UNDEFINED);
}

static void beyond_changes_nothing_inside_the_trained_length(void **state)
{
    static struct bed untrained, undefined;
    const int T = 9;
    (void)state;
    bed_open(&untrained, &encoder_absolute, "beyond=untrained");
    bed_open(&undefined, &encoder_absolute, "beyond=undefined");
    bed_draw_x(&untrained);
    bed_draw_x(&undefined);
    encoder_absolute.embed(&untrained.view, T, untrained.place, untrained.x);
    encoder_absolute.embed(&undefined.view, T, undefined.place, undefined.x);
    assert_close_double(untrained.x, undefined.x, (size_t)T * 16, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_t_gets_row_t),
        cmocka_unit_test(two_sequences_add_their_gradients),
        cmocka_unit_test(the_table_has_the_papers_size_and_start),
        cmocka_unit_test(beyond_chooses_between_untrained_rows_and_none),
        cmocka_unit_test(beyond_changes_nothing_inside_the_trained_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
