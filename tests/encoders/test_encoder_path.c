/* links: models_double */
/* Products of reflections worked by hand and compared with multiplied matrices; without
 * reflections there is no encoding; directions have length 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_path;

enum { D = 8, C = 16, HEAD = 1 }; /* the bed's panel belongs to the last head */

static real *direction(struct bed *b, int t)
{
    return b->state.at + (size_t)t * BED_WIDE + (size_t)HEAD * D;
}

static real *beta(struct bed *b, int t)
{
    return b->state.at + (size_t)t * BED_WIDE + C + HEAD;
}

static double content_of(const struct bed *b, int i, int j)
{
    double dot = 0;
    for (int c = 0; c < D; c++)
        dot += b->q.at[i * BED_STRIDE + c] * b->k.at[j * BED_STRIDE + c];
    return dot / sqrt(D);
}

static void without_reflections_it_is_none(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_path, "");
    for (int t = 0; t < BED_LONGEST; t++)
        *beta(&b, t) = 0;
    bed_content(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], content_of(&b, 9, j), 1e-12);
}

/* w = e_0 and beta = 2 at every token: after an odd number of tokens channel 0 has the
 * opposite sign. */
static void reflections_turn_the_sign_of_a_channel(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_path, "");
    for (int t = 0; t < BED_LONGEST; t++) {
        bed_fill(direction(&b, t), D, 0);
        direction(&b, t)[0] = 1;
        *beta(&b, t) = 2;
    }
    bed_content(&b);
    for (int j = 0; j <= 9; j++) {
        const double first =
            b.q.at[(size_t)9 * BED_STRIDE] * b.k.at[(size_t)j * BED_STRIDE] / sqrt(D);
        assert_near(b.score[9 * BED_SCORES + j],
                    content_of(&b, 9, j) - (9 - j) % 2 * 2 * first, 1e-12);
    }
}

/* Computes k_j^T H_{j+1} ... H_i q_i, one factor at a time from the left. */
static void logits_are_the_product_of_all_factors(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_path, "");
    bed_content(&b);
    for (int j = 0; j <= 11; j++) {
        double row[D], dot = 0;
        for (int c = 0; c < D; c++)
            row[c] = b.k.at[j * BED_STRIDE + c];
        for (int t = j + 1; t <= 11; t++) {
            double along = 0;
            for (int c = 0; c < D; c++)
                along += row[c] * direction(&b, t)[c];
            for (int c = 0; c < D; c++)
                row[c] -= *beta(&b, t) * along * direction(&b, t)[c];
        }
        for (int c = 0; c < D; c++)
            dot += row[c] * b.q.at[11 * BED_STRIDE + c];
        assert_near(b.score[11 * BED_SCORES + j], dot / sqrt(D), 1e-12);
    }
}

static void directions_have_length_1_and_betas_lie_below_2(void **state)
{
    static struct bed b;
    const char *const settings[] = {"", "conv=0"};
    (void)state;
    for (int s = 0; s < 2; s++) {
        bed_open(&b, &encoder_path, settings[s]);
        for (int t = 0; t < BED_LONGEST; t++) {
            double square = 0;
            for (int c = 0; c < D; c++)
                square += direction(&b, t)[c] * direction(&b, t)[c];
            assert_near(square, 1, 1e-4); /* 1e-6 is added to |y|^2 */
            assert_true(*beta(&b, t) > 0 && *beta(&b, t) < 2);
        }
    }
}

/* Token 4 changes: with conv = 3 the directions of 4, 5 and 6 change, with 0 only that of 4. */
static void the_convolution_looks_back(void **state)
{
    static struct bed b, before;
    const char *const settings[] = {"conv=0", "conv=3"};
    (void)state;
    for (int s = 0; s < 2; s++) {
        bed_open(&b, &encoder_path, settings[s]);
        before = b;
        for (int c = 0; c < C; c++)
            b.tokens[4 * C + c] += 0.5;
        bed_read(&b);
        for (int t = 0; t < BED_LONGEST; t++)
            assert_int_equal(direction(&b, t)[0] != direction(&before, t)[0],
                             t >= 4 && t <= (s ? 6 : 4));
    }
}

static void beta_starts_where_it_is_told(void **state)
{
    static struct bed b;
    real w[2] = {0};
    (void)state;
    bed_open(&b, &encoder_path, "beta_start=-4");
    encoder_path.start(&b.dims, &b.options, 3, w);
    assert_near(w[1], -4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_reflections_it_is_none),
        cmocka_unit_test(reflections_turn_the_sign_of_a_channel),
        cmocka_unit_test(logits_are_the_product_of_all_factors),
        cmocka_unit_test(directions_have_length_1_and_betas_lie_below_2),
        cmocka_unit_test(the_convolution_looks_back),
        cmocka_unit_test(beta_starts_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
