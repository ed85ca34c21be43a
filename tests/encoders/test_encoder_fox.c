/* links: models_double */
/* Gates worked by hand, the slope that equal gates make, and the start of biases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_fox;

enum { WEIGHT, BIAS };

/* Returns what fox adds to the logit of row i, key j. */
static double added(struct bed *b, int i, int j)
{
    static struct bed content;
    bed_open(&content, &encoder_fox, "");
    bed_content(&content);
    bed_score(b);
    return b->score[i * BED_SCORES + j] - content.score[i * BED_SCORES + j];
}

/* Without weights and biases every gate is 1/2. */
static void equal_gates_are_a_slope(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_fox, "");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), 0);
    bed_read(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(added(&b, 9, j), -(9 - j) * log(2), 1e-12);
    bed_open(&b, &encoder_fox, "scaled=true");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), 0);
    bed_read(&b);
    assert_near(added(&b, 9, 5), -4 * log(2) / sqrt(8), 1e-12);
}

/* The gate of token t in head 1 is sigma(x_t[0]); key 2 of row 5 is weakened by the gates of
 * tokens 3, 4 and 5. */
static void gates_of_the_tokens_between_add_up(void **state)
{
    static struct bed b;
    double sum = 0;
    (void)state;
    bed_open(&b, &encoder_fox, "");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), 0);
    b.weight[WEIGHT][16] = 1;
    bed_read(&b);
    for (int t = 3; t <= 5; t++)
        sum += log(1 / (1 + exp(-b.tokens[(size_t)t * 16])));
    assert_near(added(&b, 5, 2), sum, 1e-12);
    assert_near(added(&b, 5, 5), 0, 1e-12);
}

static void gates_far_from_a_half_stay_exact(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_fox, "");
    bed_fill(b.weight[WEIGHT], bed_size(&b, WEIGHT), 0);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), 300);
    bed_read(&b);
    assert_true(b.state.at[1] <= 0 && b.state.at[1] > -1e-100);
    bed_fill(b.weight[BIAS], bed_size(&b, BIAS), -300);
    bed_read(&b);
    assert_near(b.state.at[1], -300, 1e-12);
}

/* f = e^(-1/tau) with tau 1/4 and 64 tokens for two heads, and 4 for one. */
static void biases_start_at_time_constants(void **state)
{
    static struct bed b;
    real w[2] = {7, 7};
    (void)state;
    bed_open(&b, &encoder_fox, "");
    encoder_fox.start(&b.dims, &b.options, BIAS, w);
    assert_near(w[0], 7, 0);
    bed_open(&b, &encoder_fox, "tau_min=0.25 tau_max=64");
    encoder_fox.start(&b.dims, &b.options, BIAS, w);
    assert_near(1 / (1 + exp(-w[0])), exp(-4), 1e-12);
    assert_near(1 / (1 + exp(-w[1])), exp(-1.0 / 64), 1e-12);
    encoder_fox.start(&b.dims, &b.options, WEIGHT, w);
    assert_near(1 / (1 + exp(-w[0])), exp(-4), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_gates_are_a_slope),
        cmocka_unit_test(gates_of_the_tokens_between_add_up),
        cmocka_unit_test(gates_far_from_a_half_stay_exact),
        cmocka_unit_test(biases_start_at_time_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
