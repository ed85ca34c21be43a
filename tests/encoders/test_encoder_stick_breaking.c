/* links: models_double */
/* Weights worked by hand, and where the share goes that no key takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_stick_breaking;

static const real *weights_of(struct bed *b, int row)
{
    bed_weigh(b);
    return b->score + (size_t)row * BED_SCORES;
}

/* With logits 0 every key takes half of what is left. */
static void equal_keys_halve_what_is_left(void **state)
{
    static struct bed b;
    const double self[] = {0.125, 0.25, 0.5, 0.125}, none[] = {0.125, 0.25, 0.5, 0};
    (void)state;
    bed_open(&b, &encoder_stick_breaking, "");
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    assert_close_double(weights_of(&b, 3), self, 4, 1e-12);
    assert_near(weights_of(&b, 0)[0], 1, 1e-12);
    bed_open(&b, &encoder_stick_breaking, "remainder=none");
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    assert_close_double(weights_of(&b, 3), none, 4, 1e-12);
    assert_near(weights_of(&b, 0)[0], 0, 0);
}

/* Computes the formula term by term. */
static void weights_are_those_of_the_formula(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_stick_breaking, "");
    bed_open(&content, &encoder_stick_breaking, "");
    bed_content(&content);
    const real *A = weights_of(&b, 7);
    double left = 1, sum = 0;
    for (int j = 6; j >= 0; j--) {
        const double beta = 1 / (1 + exp(-content.score[7 * BED_SCORES + j]));
        assert_near(A[j], beta * left, 1e-12);
        left *= 1 - beta;
    }
    assert_near(A[7], left, 1e-12);
    for (int j = 0; j <= 7; j++)
        sum += A[j];
    assert_near(sum, 1, 1e-12);
}

/* With logits of hundreds beta is 0 or 1 to the last digit, and nothing is NaN. */
static void extreme_logits_choose(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_stick_breaking, "");
    for (int j = 0; j < BED_LONGEST; j++)
        for (int c = 0; c < 8; c++) {
            b.q.at[j * BED_STRIDE + c] = 30;
            b.k.at[j * BED_STRIDE + c] = j == 2 ? 30 : -30;
        }
    const real *A = weights_of(&b, 7);
    for (int j = 0; j <= 7; j++)
        assert_near(A[j], j == 2, 1e-12);
    bed_score_grad(&b, false);
    for (int j = 0; j <= 7; j++)
        assert_true(isfinite(b.dscore[7 * BED_SCORES + j]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_halve_what_is_left),
        cmocka_unit_test(weights_are_those_of_the_formula),
        cmocka_unit_test(extreme_logits_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
