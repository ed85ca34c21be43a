/* links: models_double */
/* Learned distances: the row for each key, and keys past the trained length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_relative;

/* d = 4, so alpha = 1/2; keys are zero; R[m] = (10 (m + 1), 0, 0, 0); q_i = (i + 1, 0, 0, 0).
 * The logit is 5 (i + 1) (i - j + 1). */
static void open_by_hand(struct bed *b, const char *settings)
{
    const struct option_values options = bed_options(&encoder_relative, settings);
    const struct encoder_dims dims = bed_dims(1, 4);
    assert_int_equal(bed_try(b, &encoder_relative, &options, &dims, NULL), ST_OK);
    bed_fill(b->weight[0], bed_size(b, 0), 0);
    for (int m = 0; m < b->spec[0].rows; m++)
        b->weight[0][(size_t)4 * m] = 10 * (m + 1);
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b->k.at, BED_LONGEST * BED_STRIDE, 0);
    for (int r = 0; r < b->panel.rows; r++)
        b->q.at[(size_t)r * BED_STRIDE] = b->row[r] + 1;
}

static void the_nearest_key_meets_row_0(void **state)
{
    static struct bed b;
    const double row_0[] = {5}, row_1[] = {20, 10}, row_3[] = {80, 60, 40, 20};
    (void)state;
    open_by_hand(&b, "");
    bed_score(&b);
    assert_close_double(b.score, row_0, 1, 1e-12);
    assert_close_double(b.score + (size_t)1 * BED_SCORES, row_1, 2, 1e-12);
    assert_close_double(b.score + (size_t)3 * BED_SCORES, row_3, 4, 1e-12);
}

/* Training has 9 tokens, so row 8 is the farthest: distances 8 to 13 all use it. */
static void capped_repeats_the_farthest_trained_row(void **state)
{
    static struct bed capped, open;
    (void)state;
    open_by_hand(&capped, "capped=true");
    open_by_hand(&open, "");
    bed_score(&capped);
    bed_score(&open);
    for (int j = 0; j <= 13; j++) {
        const int distance = 13 - j;
        const real here = open.score[13 * BED_SCORES + j];
        assert_near(here, 70 * (distance + 1), 1e-12);
        assert_near(capped.score[13 * BED_SCORES + j], distance < 8 ? here : 70 * 9, 1e-12);
    }
}

/* At places 0, 3, 6, ... distance 9 of tokens 4 and 1 has row 9 of 42, and row 8 when capped. */
static void chosen_places_have_rows_of_their_own(void **state)
{
    static struct bed b;
    struct encoder_dims dims = bed_dims(2, 8);
    const char *const settings[] = {"", "capped=true"};
    (void)state;
    dims.places = 3 * BED_LONGEST;
    dims.placed = dims.spread = true;
    for (int s = 0; s < 2; s++) {
        const struct option_values options = bed_options(&encoder_relative, settings[s]);
        assert_int_equal(bed_try(&b, &encoder_relative, &options, &dims, NULL), ST_OK);
        assert_int_equal(b.spec[0].rows, s == 0 ? 42 : 9);
        assert_int_equal(encoder_relative.reach(&b.dims, &b.options),
                         s == 0 ? REACH_DEFINED : REACH_CAPPED);
        b.panel.placed = true;
        for (int t = 0; t < BED_LONGEST; t++)
            b.place[t] = 3 * t;
        bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
        bed_score(&b);
        double dot = 0;
        for (int c = 0; c < 8; c++)
            dot += b.q.at[4 * BED_STRIDE + c] * b.weight[0][(s == 0 ? 9 : 8) * 8 + c];
        assert_near(b.score[4 * BED_SCORES + 1], dot / sqrt(8), 1e-12);
        bed_check_panel_gradients(&b);
    }
}

/* `shift` trains no distance beyond those of training. */
static void shifted_places_train_no_longer_distance(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_relative, "");
    b.dims.placed = true;
    assert_int_equal(encoder_relative.reach(&b.dims, &b.options), REACH_UNTRAINED);
}

static void capped_changes_nothing_inside_the_trained_length(void **state)
{
    static struct bed capped, open;
    (void)state;
    bed_open(&capped, &encoder_relative, "capped=true");
    bed_open(&open, &encoder_relative, "");
    bed_score(&capped);
    bed_score(&open);
    for (int r = 0; r < 9; r++)
        assert_close_double(capped.score + (size_t)r * BED_SCORES,
                            open.score + (size_t)r * BED_SCORES, (size_t)r + 1, 1e-12);
    assert_int_equal(encoder_relative.reach(&capped.dims, &capped.options), REACH_CAPPED);
    assert_int_equal(encoder_relative.reach(&open.dims, &open.options), REACH_UNTRAINED);
}

/* dR[m] = alpha sum of dscore q over the pairs at distance m. With dscore 1 everywhere in rows
 * 0 to 2: (1 + 2 + 3) / 2, (2 + 3) / 2 and 3 / 2. */
static void the_gradient_of_a_row_sums_over_its_pairs(void **state)
{
    static struct bed b;
    (void)state;
    open_by_hand(&b, "");
    b.panel.rows = 3;
    b.panel.columns = 3;
    bed_score(&b);
    bed_upstream(&b, false);
    for (int r = 0; r < 3; r++)
        bed_fill(b.dscore + (size_t)r * BED_SCORES, r + 1, 1);
    bed_clear_gradients(&b);
    bed_fill(b.grad[0], bed_size(&b, 0), 0);
    b.encoder->score_grad(&b.view, &b.panel, b.scratch);
    assert_near(b.grad[0][0], 3, 1e-12);
    assert_near(b.grad[0][4], 2.5, 1e-12);
    assert_near(b.grad[0][8], 1.5, 1e-12);
    assert_near(b.grad[0][12], 0, 1e-12);
}

/* The released Counting model has one table of 512 rows of 64 for all layers and heads. */
static void the_table_has_the_papers_size_and_start(void **state)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const struct encoder_dims dims = {.layers = 4,
                                      .heads = 4,
                                      .head_dim = 64,
                                      .trained_length = 512,
                                      .longest = 512,
                                      .places = 512};
    const struct option_values options = bed_options(&encoder_relative, "");
    const struct option_values apart = bed_options(&encoder_relative, "share_layers=false");
    (void)state;
    assert_int_equal(encoder_relative.tensors(&dims, &options, spec), 1);
    assert_int_equal(spec[0].rows * spec[0].columns, 32768);
    assert_false(spec[0].per_layer);
    assert_int_equal(spec[0].init, INIT_NORMAL);
    assert_near(spec[0].scale, 1.0 / 8, 1e-15);
    encoder_relative.tensors(&dims, &apart, spec);
    assert_true(spec[0].per_layer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_key_meets_row_0),
        cmocka_unit_test(capped_repeats_the_farthest_trained_row),
        cmocka_unit_test(chosen_places_have_rows_of_their_own),
        cmocka_unit_test(shifted_places_train_no_longer_distance),
        cmocka_unit_test(capped_changes_nothing_inside_the_trained_length),
        cmocka_unit_test(the_gradient_of_a_row_sums_over_its_pairs),
        cmocka_unit_test(the_table_has_the_papers_size_and_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
