/* links: models_double */
/* Curves worked by hand, their end, and the relative encoder as a special case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_inkling, encoder_relative;

/* Returns what inkling adds to the logit of row i, key j. */
static double added(struct bed *b, int i, int j)
{
    static struct bed content;
    bed_open(&content, &encoder_inkling, "");
    bed_content(&content);
    bed_score(b);
    return b->score[i * BED_SCORES + j] - content.score[i * BED_SCORES + j];
}

/* Curve r is 10^r (distance + 1); the query of row 6 weights them by 2 and -3. */
static void a_query_weighs_the_curves(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_inkling, "rank=2 extent=4");
    for (int n = 0; n < 4; n++) {
        b.weight[0][n] = n + 1;
        b.weight[0][4 + n] = 10 * (n + 1);
    }
    b.projected.at[6 * BED_WIDE + 2] = 2; /* head 1 */
    b.projected.at[6 * BED_WIDE + 3] = -3;
    assert_near(added(&b, 6, 6), 2 - 30, 1e-12);
    assert_near(added(&b, 6, 3), 4 * (2 - 30), 1e-12);
    assert_near(added(&b, 6, 2), 0, 0); /* distance 4 = extent */
    assert_near(added(&b, 6, 0), 0, 0);
}

static void the_extent_is_the_trained_length(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_inkling, "");
    assert_int_equal(b.spec[0].rows, 16);
    assert_int_equal(b.spec[0].columns, 9);
    assert_int_equal(encoder_inkling.reach(&b.dims, &b.options), REACH_DEFINED);
    bed_open(&b, &encoder_inkling, "extent=12");
    assert_int_equal(encoder_inkling.reach(&b.dims, &b.options), REACH_UNTRAINED);
}

/* R = d, W x = alpha q, and the bank is the transposed table of relative. */
static void queries_as_weights_are_the_relative_encoder(void **state)
{
    static struct bed b, other;
    (void)state;
    bed_open(&b, &encoder_inkling, "rank=8 extent=14");
    bed_open(&other, &encoder_relative, "");
    for (int n = 0; n < 14; n++)
        for (int c = 0; c < 8; c++)
            b.weight[0][c * 14 + n] = other.weight[0][n * 8 + c];
    for (int t = 0; t < BED_LONGEST; t++)
        for (int c = 0; c < 8; c++)
            b.projected.at[t * BED_WIDE + 8 + c] =
                b.panel.alpha * b.q.at[t * BED_STRIDE + c];
    bed_score(&b);
    bed_score(&other);
    for (int r = 0; r < BED_LONGEST; r++)
        assert_close_double(b.score + (size_t)r * BED_SCORES,
                            other.score + (size_t)r * BED_SCORES, (size_t)r + 1, 1e-12);
}

/* At places 0, 2, 4, ... key 5 is two away from query 6. */
static void chosen_places_set_the_distance(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_inkling, "rank=1 extent=5");
    for (int t = 0; t < BED_LONGEST; t++)
        b.place[t] = 2 * t;
    b.panel.placed = true;
    b.dims.placed = true;
    b.dims.places = 2 * BED_LONGEST;
    b.projected.at[6 * BED_WIDE + 1] = 1;
    assert_near(added(&b, 6, 5), b.weight[0][2], 1e-12);
    assert_near(added(&b, 6, 4), b.weight[0][4], 1e-12);
    assert_near(added(&b, 6, 3), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_weighs_the_curves),
        cmocka_unit_test(the_extent_is_the_trained_length),
        cmocka_unit_test(queries_as_weights_are_the_relative_encoder),
        cmocka_unit_test(chosen_places_set_the_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
