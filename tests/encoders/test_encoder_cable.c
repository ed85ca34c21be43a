/* links: models_double */
/* Lengths and slopes worked by hand, and ALiBi as a special case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_cable;

enum { LENGTH, SLOPE };

/* Returns what cable adds to the logit of row i, key j. */
static double added(struct bed *b, int i, int j)
{
    static struct bed content;
    bed_open(&content, &encoder_cable, "");
    bed_content(&content);
    bed_score(b);
    return b->score[i * BED_SCORES + j] - content.score[i * BED_SCORES + j];
}

/* x[0] is 1 for every token, so each has length 1. */
static void equal_lengths_are_a_slope(void **state)
{
    static struct bed b;
    (void)state;
    for (int weights = 0; weights < 2; weights++) {
        bed_open(&b, &encoder_cable, weights ? "" : "weights=false");
        bed_fill(b.weight[LENGTH], bed_size(&b, LENGTH), 0);
        b.weight[LENGTH][16] = 1; /* head 1 */
        if (weights)
            bed_fill(b.weight[SLOPE], bed_size(&b, SLOPE), 0);
        for (int t = 0; t < BED_LONGEST; t++)
            b.tokens[(size_t)t * 16] = 1;
        bed_read(&b);
        for (int j = 0; j <= 9; j++)
            assert_near(added(&b, 9, j), -(9 - j) * (weights ? log(2) : 1), 1e-12);
    }
}

/* Tokens have lengths 0, 2, 0, 1, 5, ...: a negative number gives length 0. */
static void lengths_add_up_and_are_never_negative(void **state)
{
    static struct bed b;
    const double x[] = {0, 2, -7, 1, 5, 3};
    (void)state;
    bed_open(&b, &encoder_cable, "");
    bed_fill(b.weight[LENGTH], bed_size(&b, LENGTH), 0);
    bed_fill(b.weight[SLOPE], bed_size(&b, SLOPE), 0);
    b.weight[LENGTH][16] = b.weight[SLOPE][16] = 1;
    for (int t = 0; t < 6; t++)
        b.tokens[(size_t)t * 16] = x[t];
    bed_read(&b);
    assert_near(added(&b, 5, 0), -log(1 + exp(3)) * (2 + 1 + 5 + 3), 1e-12);
    assert_near(added(&b, 4, 2), -log(1 + exp(5)) * (1 + 5), 1e-12);
    assert_near(added(&b, 2, 1), 0, 1e-12);
    assert_near(added(&b, 2, 0), -log(1 + exp(-7)) * 2, 1e-12);
    assert_near(added(&b, 5, 5), 0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lengths_are_a_slope),
        cmocka_unit_test(lengths_add_up_and_are_never_negative),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
