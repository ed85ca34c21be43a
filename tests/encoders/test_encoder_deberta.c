/* links: models_double */
/* Both terms worked by hand; relative and content alone as special cases; the clip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_deberta, encoder_relative;

enum { D = 8, C = 16, HEAD = 1 };
enum { TABLE, KEY, QUERY };

/* Returns row n of P times column c of a map. */
static double projected(const struct bed *b, int map, int n, int c)
{
    double sum = 0;
    for (int i = 0; i < C; i++)
        sum += b->weight[TABLE][n * C + i] * b->weight[map][i * C + c];
    return sum;
}

static double logit(const struct bed *b, int i, int j)
{
    const int n = i - j;
    double sum = 0;
    for (int c = 0; c < D; c++) {
        const double q = b->q.at[i * BED_STRIDE + c], k = b->k.at[j * BED_STRIDE + c];
        sum += q * k + q * projected(b, KEY, n, HEAD * D + c) +
               k * projected(b, QUERY, n, HEAD * D + c);
    }
    return sum / sqrt(D);
}

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_deberta, "");
    bed_score(&b);
    assert_near(b.score[8 * BED_SCORES + 3], logit(&b, 8, 3) / sqrt(3), 1e-12);
    bed_open(&b, &encoder_deberta, "scaled=false");
    bed_score(&b);
    assert_near(b.score[8 * BED_SCORES + 3], logit(&b, 8, 3), 1e-12);
}

static void without_a_table_content_shares_the_scale(void **state)
{
    static struct bed b, content;
    const char *const settings[] = {"terms=both", "terms=query", "terms=key",
                                    "scaled=false"};
    const double share[] = {1 / sqrt(3), 1 / sqrt(2), 1 / sqrt(2), 1};
    (void)state;
    for (int s = 0; s < 4; s++) {
        bed_open(&b, &encoder_deberta, settings[s]);
        bed_content(&b);
        content = b;
        bed_fill(b.weight[TABLE], bed_size(&b, TABLE), 0);
        bed_derive(&b);
        bed_score(&b);
        for (int j = 0; j <= 9; j++)
            assert_near(b.score[9 * BED_SCORES + j],
                        share[s] * content.score[9 * BED_SCORES + j], 1e-12);
    }
}

/* With the query's term alone, unscaled, it is `relative` with the product of P and the map as
 * its table. */
static void the_querys_term_is_relative(void **state)
{
    static struct bed b, relative;
    (void)state;
    bed_open(&b, &encoder_deberta, "terms=query scaled=false");
    bed_open(&relative, &encoder_relative, "");
    for (int n = 0; n < 9; n++)
        for (int c = 0; c < D; c++)
            relative.weight[0][n * D + c] = projected(&b, KEY, n, HEAD * D + c);
    bed_score(&b);
    bed_score(&relative);
    for (int i = 0; i < 9; i++)
        assert_close_double(b.score + (size_t)i * BED_SCORES,
                            relative.score + (size_t)i * BED_SCORES, (size_t)i + 1, 1e-12);
}

/* With equal keys, all distances of 3 and more have the same logit. */
static void distances_past_the_clip_share_a_row(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_deberta, "clip=4");
    for (int j = 0; j < BED_LONGEST; j++)
        for (int c = 0; c < D; c++)
            b.k.at[j * BED_STRIDE + c] = 0.1 * c;
    bed_score(&b);
    const real *row = b.score + (size_t)13 * BED_SCORES;
    for (int j = 0; j <= 10; j++)
        assert_near(row[j], row[0], 1e-12);
    assert_true(fabs(row[11] - row[0]) > 1e-3);
}

static void rows_beyond_training_are_untrained(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_deberta, "");
    assert_int_equal(encoder_deberta.reach(&b.dims, &b.options), REACH_CAPPED);
    assert_int_equal(b.spec[TABLE].rows, 9);
    bed_open(&b, &encoder_deberta, "clip=10");
    assert_int_equal(encoder_deberta.reach(&b.dims, &b.options), REACH_UNTRAINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(without_a_table_content_shares_the_scale),
        cmocka_unit_test(the_querys_term_is_relative),
        cmocka_unit_test(distances_past_the_clip_share_a_row),
        cmocka_unit_test(rows_beyond_training_are_untrained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
