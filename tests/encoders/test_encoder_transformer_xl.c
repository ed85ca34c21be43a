/* links: models_double */
/* Transformer-XL's four terms from its formula, the case that equals `relative`, and clamping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_transformer_xl, encoder_relative;

enum { DISTANCE, U, V, CHANNELS = 16 };

/* Returns number c of r_n W. */
static double distance_key(const struct bed *b, int n, int c)
{
    double sum = 0;
    for (int k = 0; k < CHANNELS; k++) {
        const int m = k % (CHANNELS / 2);
        const double angle = n / pow(10000, 2.0 * m / CHANNELS);
        const double r = k < CHANNELS / 2 ? sin(angle) : cos(angle);
        sum += r * b->weight[DISTANCE][k * CHANNELS + c];
    }
    return sum;
}

/* Returns (q + u) . k + (q + v) . r W of the second head, over sqrt(d). */
static double logit(const struct bed *b, int i, int j, int distance)
{
    double sum = 0;
    for (int c = 0; c < 8; c++) {
        const double q = b->q.at[i * BED_STRIDE + c], k = b->k.at[j * BED_STRIDE + c];
        sum += (q + b->weight[U][8 + c]) * k;
        sum += (q + b->weight[V][8 + c]) * distance_key(b, distance, 8 + c);
    }
    return sum / sqrt(8);
}

static void assert_logits(struct bed *b, int clamp)
{
    bed_score(b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++) {
            const int n = b->place[i] - b->place[j];
            assert_near(b->score[i * BED_SCORES + j], logit(b, i, j, n < clamp ? n : clamp),
                        1e-11);
        }
}

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_transformer_xl, "");
    assert_logits(&b, BED_LONGEST);
}

static void clamped_distances_share_a_key(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_transformer_xl, "clamp=4");
    assert_logits(&b, 4);
    assert_int_equal(encoder_transformer_xl.reach(&b.dims, &b.options), REACH_CAPPED);
    bed_open(&b, &encoder_transformer_xl, "");
    assert_int_equal(encoder_transformer_xl.reach(&b.dims, &b.options), REACH_DEFINED);
}

/* Places are 0, 2, 4, ... of a wider range, with and without a clamp. */
static void distances_are_those_of_chosen_places(void **state)
{
    static struct bed b;
    struct encoder_dims dims = bed_dims(2, 8);
    const char *const settings[] = {"", "clamp=9"};
    (void)state;
    dims.places = 3 * BED_LONGEST;
    dims.placed = true;
    for (int s = 0; s < 2; s++) {
        const struct option_values options =
            bed_options(&encoder_transformer_xl, settings[s]);
        assert_int_equal(bed_try(&b, &encoder_transformer_xl, &options, &dims, NULL),
                         ST_OK);
        for (int t = 0; t < BED_LONGEST; t++)
            b.place[t] = 2 * t;
        b.panel.placed = true;
        assert_logits(&b, s == 0 ? dims.places : 9);
        bed_check_panel_gradients(&b);
    }
}

/* With u and v 0 it is relative, with the head's r W as its table. */
static void without_biases_it_is_relative(void **state)
{
    static struct bed xl, relative;
    (void)state;
    bed_open(&xl, &encoder_transformer_xl, "");
    bed_open(&relative, &encoder_relative, "");
    bed_fill(xl.weight[U], CHANNELS, 0);
    bed_fill(xl.weight[V], CHANNELS, 0);
    for (int n = 0; n < BED_LONGEST; n++)
        for (int c = 0; c < 8; c++)
            relative.weight[0][n * 8 + c] = distance_key(&xl, n, 8 + c);
    bed_score(&xl);
    bed_score(&relative);
    for (size_t i = 0; i < BED_LONGEST; i++)
        assert_close_double(xl.score + i * BED_SCORES, relative.score + i * BED_SCORES,
                            i + 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(clamped_distances_share_a_key),
        cmocka_unit_test(distances_are_those_of_chosen_places),
        cmocka_unit_test(without_biases_it_is_relative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
