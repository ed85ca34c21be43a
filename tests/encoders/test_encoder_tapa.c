/* links: models_double */
/* Amplitudes and phases worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_tapa;

static double dot(const struct bed *b, int i, int j, int first, int n)
{
    double sum = 0;
    for (int c = first; c < first + n; c++)
        sum += b->q.at[i * BED_STRIDE + c] * b->k.at[j * BED_STRIDE + c];
    return sum / sqrt(n);
}

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_tapa, "share=0.25 power=0.5");
    bed_content(&b);
    for (int j = 0; j <= 9; j++) {
        const double phase = 2 * acos(-1) * sqrt(9 - j) * dot(&b, 9, j, 2, 6);
        assert_near(b.score[9 * BED_SCORES + j], dot(&b, 9, j, 0, 2) * cos(phase), 1e-12);
    }
}

/* With power 0 every key except the query's own has the same distance; the phase is a quarter
 * turn. */
static void a_quarter_turn_silences_a_key(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_tapa, "power=0");
    for (int t = 0; t < BED_LONGEST; t++)
        for (int c = 4; c < 8; c++) {
            b.q.at[t * BED_STRIDE + c] = 1;
            b.k.at[t * BED_STRIDE + c] = 0.125;
        }
    bed_content(&b);
    for (int j = 0; j < 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], 0, 1e-12);
    assert_near(b.score[9 * BED_SCORES + 9], dot(&b, 9, 9, 0, 4), 1e-12);
}

static void a_share_that_leaves_nothing_is_refused(void **state)
{
    static struct bed b;
    const struct encoder_dims dims = bed_dims(2, 8);
    struct option_values o = bed_options(&encoder_tapa, "share=0.02");
    struct err e;
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_tapa, &o, &dims, &e), ST_CONFIG);
    o = bed_options(&encoder_tapa, "share=0.3");
    assert_int_equal(bed_try(&b, &encoder_tapa, &o, &dims, &e), ST_OK);
    assert_near(b.options.v[0], 0.25, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(a_quarter_turn_silences_a_key),
        cmocka_unit_test(a_share_that_leaves_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
