/* links: models_double */
/* Counts and weights worked by hand, and queries that keep nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_tra;

enum { WEIGHT, BIAS };

/* Returns the weights of row 3 for these logits, with gates of 1/2. */
static const real *weights_of(struct bed *b, const double *logit)
{
    bed_open(b, &encoder_tra, "");
    bed_fill(b->weight[WEIGHT], bed_size(b, WEIGHT), 0);
    bed_fill(b->weight[BIAS], bed_size(b, BIAS), 0);
    bed_read(b);
    bed_content(b);
    for (int j = 0; j < 4; j++)
        b->score[3 * BED_SCORES + j] = logit[j];
    encoder_tra.weigh(&b->view, &b->panel, b->scratch);
    return b->score + (size_t)3 * BED_SCORES;
}

static void kept_keys_count_as_distance(void **state)
{
    static struct bed b;
    const double logit[] = {1, -1, 2, 0};
    const double first = exp(1) / 4, third = exp(2) / 2; /* counts 2 and 1 */
    (void)state;
    const real *a = weights_of(&b, logit);
    assert_near(a[0], first / (first + third), 1e-12);
    assert_near(a[1], 0, 0);
    assert_near(a[2], third / (first + third), 1e-12);
    assert_near(a[3], 0, 0);
}

static void a_query_that_keeps_nothing_attends_to_nothing(void **state)
{
    static struct bed b;
    const double logit[] = {-1, -0.5, 0, -2};
    (void)state;
    const real *a = weights_of(&b, logit);
    for (int j = 0; j < 4; j++)
        assert_near(a[j], 0, 0);
    for (int r = 0; r < b.panel.rows; r++)
        for (int j = 0; j < b.panel.columns; j++)
            b.dscore[r * BED_SCORES + j] = j <= r ? 1 : 0;
    encoder_tra.weigh_grad(&b.view, &b.panel, b.scratch);
    for (int j = 0; j < 4; j++)
        assert_near(b.dscore[3 * BED_SCORES + j], 0, 0);
}

/* The gate is the query's: x[0] of token 5. */
static void the_gate_is_the_query_s(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_tra, "");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), 0.5);
    b.weight[WEIGHT][16] = 1;
    bed_read(&b);
    bed_open(&content, &encoder_tra, "");
    bed_content(&content);
    bed_weigh(&b);
    const real *a = b.score + (size_t)9 * BED_SCORES;
    const real *s = content.score + (size_t)9 * BED_SCORES;
    const double gate = 1 / (1 + exp(-b.tokens[(size_t)9 * 16] - 0.5));
    double sum = 0, w[10];
    for (int j = 9, n = 0; j >= 0; j--) {
        n += s[j] > 0;
        w[j] = s[j] > 0 ? exp(s[j]) * pow(gate, n) : 0;
        sum += w[j];
    }
    assert_true(sum > 0);
    for (int j = 0; j < 10; j++)
        assert_near(a[j], w[j] / sum, 1e-12);
}

/* Queries and keys ten times as long give the same logits, which have the size of cosines. */
static void queries_and_keys_have_one_length(void **state)
{
    static struct bed b, longer;
    (void)state;
    bed_open(&b, &encoder_tra, "");
    bed_open(&longer, &encoder_tra, "");
    for (int i = 0; i < BED_LONGEST * BED_STRIDE; i++) {
        longer.q.at[i] *= 1000;
        longer.k.at[i] *= 1000;
    }
    bed_content(&b);
    bed_content(&longer);
    for (int j = 0; j <= 9; j++) {
        assert_near(b.score[9 * BED_SCORES + j], longer.score[9 * BED_SCORES + j], 1e-4);
        assert_true(fabs(b.score[9 * BED_SCORES + j]) <= sqrt(8) + 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_keys_count_as_distance),
        cmocka_unit_test(a_query_that_keeps_nothing_attends_to_nothing),
        cmocka_unit_test(the_gate_is_the_query_s),
        cmocka_unit_test(queries_and_keys_have_one_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
