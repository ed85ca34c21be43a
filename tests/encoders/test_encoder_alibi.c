/* links: models_double */
/* Slopes for any number of heads, penalties worked by hand, and learned slopes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_alibi;

static void assert_slopes(int heads, const double *expected)
{
    static struct bed b;
    const struct option_values options = bed_options(&encoder_alibi, "");
    const struct encoder_dims dims = bed_dims(heads, 1);
    assert_int_equal(bed_try(&b, &encoder_alibi, &options, &dims, NULL), ST_OK);
    assert_close_double(b.constants, expected, (size_t)heads, 1e-12);
}

/* From the authors' get_slopes. */
static void slopes_are_those_of_the_authors(void **state)
{
    const double two[] = {1.0 / 16, 1.0 / 256};
    const double three[] = {1.0 / 16, 1.0 / 256, 1.0 / 4};
    const double six[] = {1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256, 1.0 / 2, 1.0 / 8};
    (void)state;
    assert_slopes(2, two);
    assert_slopes(3, three);
    assert_slopes(6, six);
}

/* Head 1 of 2: slope 1/256. */
static void penalties_by_hand(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_alibi, "");
    bed_open(&content, &encoder_alibi, "");
    bed_content(&content);
    bed_score(&b);
    for (int j = 0; j <= 5; j++)
        assert_near(b.score[5 * BED_SCORES + j] - content.score[5 * BED_SCORES + j],
                    -(5.0 - j) / 256, 1e-12);
}

static void distances_are_those_of_the_places(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_alibi, "");
    bed_open(&content, &encoder_alibi, "");
    for (int t = 0; t < BED_LONGEST; t++)
        b.place[t] = 10 * t + 3;
    bed_content(&content);
    bed_score(&b);
    assert_near(b.score[5 * BED_SCORES + 1] - content.score[5 * BED_SCORES + 1],
                -40.0 / 256, 1e-12);
}

/* dL/dlogit is 1 at distances 5, 4, ... 0 of one row, so the slope's gradient is -15. */
static void a_learned_slope_gathers_distances(void **state)
{
    static struct bed b;
    const int row = 5;
    (void)state;
    bed_open(&b, &encoder_alibi, "slopes=learned");
    bed_panel(&b, 1, &row);
    bed_clear_gradients(&b);
    for (int j = 0; j <= row; j++)
        b.dscore[j] = 1;
    encoder_alibi.score_grad(&b.view, &b.panel, b.scratch);
    assert_near(b.grad[0][0], BED_EARLIER, 0);
    assert_near(b.grad[0][1], BED_EARLIER - 15, 1e-12);
}

static void learned_slopes_start_at_the_fixed_ones(void **state)
{
    static struct bed b;
    real w[2];
    (void)state;
    bed_open(&b, &encoder_alibi, "slopes=learned");
    encoder_alibi.start(&b.dims, &b.options, 0, w);
    assert_near(w[0], 1.0 / 16, 1e-12);
    assert_near(w[1], 1.0 / 256, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_are_those_of_the_authors),
        cmocka_unit_test(penalties_by_hand),
        cmocka_unit_test(distances_are_those_of_the_places),
        cmocka_unit_test(a_learned_slope_gathers_distances),
        cmocka_unit_test(learned_slopes_start_at_the_fixed_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
