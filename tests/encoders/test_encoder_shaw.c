/* links: models_double */
/* Tables worked by hand, the clip, and special cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_shaw, encoder_relative;

/* In row 5 with clip 2, distances 5, 4, 3 and 2 share row 2 of the table. */
static void far_keys_share_a_row(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_shaw, "clip=2");
    bed_open(&content, &encoder_shaw, "clip=2");
    bed_content(&content);
    bed_score(&b);
    for (int j = 0; j <= 5; j++) {
        const int c = 5 - j < 2 ? 5 - j : 2;
        double dot = 0;
        for (int k = 0; k < 8; k++)
            dot += b.q.at[5 * BED_STRIDE + k] * b.weight[0][c * 8 + k];
        assert_near(b.score[5 * BED_SCORES + j] - content.score[5 * BED_SCORES + j],
                    dot / sqrt(8), 1e-12);
    }
}

/* V[c] = (c, 0, ...), so o[0] is the mean of min(distance, clip) under the weights. */
static void values_see_the_distance(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_shaw, "clip=3");
    bed_fill(b.weight[1], bed_size(&b, 1), 0);
    for (int c = 0; c <= 3; c++)
        b.weight[1][(size_t)8 * c] = c;
    bed_made_up_weights(&b);
    bed_values_loss(&b);
    double sum = 0;
    for (int j = 0; j <= 9; j++)
        sum += b.score[9 * BED_SCORES + j] * (9 - j < 3 ? 9 - j : 3);
    assert_near(b.o.at[(size_t)9 * BED_STRIDE], sum, 1e-12);
    assert_near(b.o.at[9 * BED_STRIDE + 1], 0, 0);
}

static void without_a_clip_its_keys_are_relative(void **state)
{
    static struct bed b, relative;
    (void)state;
    bed_open(&b, &encoder_shaw, "clip=13 values=false");
    bed_open(&relative, &encoder_relative, "");
    memcpy(relative.weight[0], b.weight[0], (size_t)14 * 8 * sizeof(real));
    bed_score(&b);
    bed_score(&relative);
    for (int r = 0; r < BED_LONGEST; r++)
        assert_close_double(b.score + (size_t)r * BED_SCORES,
                            relative.score + (size_t)r * BED_SCORES, (size_t)r + 1, 1e-12);
}

/* Places looked up one by one give the same as rows. */
static void chosen_places_meet_the_same_rows(void **state)
{
    static struct bed b, placed;
    (void)state;
    bed_open(&b, &encoder_shaw, "clip=5");
    bed_open(&placed, &encoder_shaw, "clip=5");
    placed.dims.placed = placed.panel.placed = true;
    bed_score_grad(&b, false);
    bed_score_grad(&placed, false);
    for (int r = 0; r < BED_LONGEST; r++)
        assert_close_double(b.score + (size_t)r * BED_SCORES,
                            placed.score + (size_t)r * BED_SCORES, (size_t)r + 1, 1e-12);
    assert_close_double(b.grad[0], placed.grad[0], (size_t)bed_size(&b, 0), 1e-12);
    for (int t = 0; t < BED_LONGEST; t++)
        placed.place[t] = 3 * t;
    bed_check_panel_gradients(&placed);
}

static void rows_past_training_are_a_caveat(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_shaw, "clip=8");
    assert_int_equal(encoder_shaw.reach(&b.dims, &b.options), REACH_CAPPED);
    bed_open(&b, &encoder_shaw, "clip=9");
    assert_int_equal(encoder_shaw.reach(&b.dims, &b.options), REACH_UNTRAINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_keys_share_a_row),
        cmocka_unit_test(values_see_the_distance),
        cmocka_unit_test(without_a_clip_its_keys_are_relative),
        cmocka_unit_test(chosen_places_meet_the_same_rows),
        cmocka_unit_test(rows_past_training_are_a_caveat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
