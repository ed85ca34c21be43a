/* links: models_double */
/* Places worked by hand; content alone as a special case; moving a sequence changes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_tupe;

enum { D = 8, C = 16, HEAD = 1 };
enum { TABLE, GAIN, BIAS, QUERY, QUERY_BIAS, KEY, KEY_BIAS };

static double content_of(const struct bed *b, int i, int j)
{
    double dot = 0;
    for (int c = 0; c < D; c++)
        dot += b->q.at[i * BED_STRIDE + c] * b->k.at[j * BED_STRIDE + c];
    return dot;
}

/* Returns number c of place t after the norm and a map. */
static double mapped(const struct bed *b, int tensor, int t, int c)
{
    const real *x = b->weight[TABLE] + (size_t)t * C;
    double mean = 0, square = 0, sum = b->weight[tensor + 1][c];
    for (int i = 0; i < C; i++)
        mean += x[i] / C;
    for (int i = 0; i < C; i++)
        square += (x[i] - mean) * (x[i] - mean) / C;
    for (int i = 0; i < C; i++)
        sum += ((x[i] - mean) / sqrt(square + 1e-5) * b->weight[GAIN][i] +
                b->weight[BIAS][i]) *
               b->weight[tensor][i * C + c];
    return sum;
}

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    double place = 0;
    (void)state;
    bed_open(&b, &encoder_tupe, "");
    bed_score(&b);
    for (int c = HEAD * D; c < HEAD * D + D; c++)
        place += mapped(&b, QUERY, 8, c) * mapped(&b, KEY, 3, c);
    assert_near(b.score[8 * BED_SCORES + 3], (content_of(&b, 8, 3) + place) / sqrt(2 * D),
                1e-11);
    bed_open(&b, &encoder_tupe, "scaled=false");
    bed_score(&b);
    assert_near(b.score[8 * BED_SCORES + 3], (content_of(&b, 8, 3) + place) / sqrt(D),
                1e-11);
}

static void without_maps_it_is_content_alone(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_tupe, "");
    bed_fill(b.weight[QUERY], bed_size(&b, QUERY), 0);
    bed_fill(b.weight[QUERY_BIAS], bed_size(&b, QUERY_BIAS), 0);
    bed_derive(&b);
    bed_score(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], content_of(&b, 9, j) / sqrt(2 * D), 1e-12);
}

/* Places chosen by another part are looked up, so moving all by one changes the encoding. */
static void the_place_decides_and_not_the_token(void **state)
{
    static struct bed b, moved;
    (void)state;
    bed_open(&b, &encoder_tupe, "");
    bed_score(&b);
    bed_open(&moved, &encoder_tupe, "");
    for (int t = 0; t < BED_LONGEST; t++)
        moved.place[t] = t < 13 ? t + 1 : 13;
    moved.panel.placed = true;
    bed_score(&moved);
    const double place_b = b.score[9 * BED_SCORES + 5] - content_of(&b, 9, 5) / sqrt(2 * D);
    const double place_moved =
        moved.score[8 * BED_SCORES + 4] - content_of(&moved, 8, 4) / sqrt(2 * D);
    assert_near(place_b, place_moved, 1e-12);
    assert_true(fabs(moved.score[9 * BED_SCORES + 5] - b.score[9 * BED_SCORES + 5]) > 1e-3);
}

static void places_beyond_training_are_untrained(void **state)
{
    static struct bed b;
    struct encoder_dims dims = bed_dims(2, D);
    (void)state;
    bed_open(&b, &encoder_tupe, "");
    assert_int_equal(encoder_tupe.reach(&dims, &b.options), REACH_UNTRAINED);
    dims.placed = true;
    assert_int_equal(encoder_tupe.reach(&dims, &b.options), REACH_DEFINED);
    assert_null(encoder_tupe.invariances);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(without_maps_it_is_content_alone),
        cmocka_unit_test(the_place_decides_and_not_the_token),
        cmocka_unit_test(places_beyond_training_are_untrained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
