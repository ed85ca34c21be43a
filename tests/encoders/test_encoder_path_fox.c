/* links: models_double */
/* PaTH-FoX is path's logits plus fox's sum of gates, each worked by hand; the start of gates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_path_fox, encoder_path;

enum { D = 8, C = 16, HEADS = 2, HEAD = 1 }; /* the bed's panel belongs to the last head */

static real *gate(struct bed *b, int t)
{
    return b->state.at + (size_t)t * BED_WIDE + C + HEADS + HEAD;
}

static real *beta(struct bed *b, int t)
{
    return b->state.at + (size_t)t * BED_WIDE + C + HEAD;
}

static void without_reflections_and_with_equal_gates_it_is_a_slope(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_path_fox, "");
    for (int t = 0; t < BED_LONGEST; t++) {
        *beta(&b, t) = 0;
        *gate(&b, t) = -log(2);
    }
    bed_score(&b);
    for (int j = 0; j <= 9; j++) {
        double dot = 0;
        for (int c = 0; c < D; c++)
            dot += b.q.at[9 * BED_STRIDE + c] * b.k.at[j * BED_STRIDE + c];
        assert_near(b.score[9 * BED_SCORES + j], dot / sqrt(D) - (9 - j) * log(2), 1e-12);
    }
}

/* Checks the difference from path's logits with the same weights. */
static void differs_from_path_by(struct bed *b, double by)
{
    static struct bed path;
    bed_open(&path, &encoder_path, "");
    bed_score(&path);
    bed_score(b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;
            for (int t = j + 1; t <= i; t++)
                sum += *gate(b, t);
            assert_near(b->score[i * BED_SCORES + j],
                        path.score[i * BED_SCORES + j] + by * sum, 1e-12);
        }
}

static void logits_are_those_of_path_and_the_gates_between(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_path_fox, "");
    differs_from_path_by(&b, 1);
    bed_open(&b, &encoder_path_fox, "gate_scaled=true");
    differs_from_path_by(&b, 1 / sqrt(D));
}

/* The gate is ln sigma(w . x + b) of head 1 with w = e_0 and b = 1/2. Without a convolution
 * the gates' tensors have other indices. */
static void gates_are_those_of_the_token(void **state)
{
    static struct bed b;
    const char *const settings[] = {"conv=3", "conv=0"};
    (void)state;
    for (int s = 0; s < 2; s++) {
        bed_open(&b, &encoder_path_fox, settings[s]);
        const int weight = b.tensors - 2;
        assert_string_equal(b.spec[weight].name, "gate.weight");
        bed_fill(b.weight[weight], bed_size(&b, weight), 0);
        b.weight[weight][C] = 1;
        b.weight[weight + 1][1] = 0.5;
        bed_read(&b);
        for (int t = 0; t < BED_LONGEST; t++)
            assert_near(*gate(&b, t), -log1p(exp(-0.5 - b.tokens[(size_t)t * C])), 1e-12);
    }
}

/* The bias of beta is tensor 3 of 7, that of the gates the last. */
static void biases_start_where_they_are_told(void **state)
{
    static struct bed b;
    real w[2] = {7, 7};
    (void)state;
    bed_open(&b, &encoder_path_fox, "beta_start=-4 tau_min=0.25 tau_max=64");
    encoder_path_fox.start(&b.dims, &b.options, 5, w);
    assert_near(w[0], 7, 0);
    encoder_path_fox.start(&b.dims, &b.options, 3, w);
    assert_near(w[1], -4, 0);
    encoder_path_fox.start(&b.dims, &b.options, 6, w);
    assert_near(1 / (1 + exp(-w[0])), exp(-4), 1e-12);
    assert_near(1 / (1 + exp(-w[1])), exp(-1.0 / 64), 1e-12);
}

static void time_constants_in_the_wrong_order_are_refused(void **state)
{
    const struct option_values options = bed_options(&encoder_path_fox, "tau_max=0.5");
    const struct encoder_dims dims = bed_dims(2, 8);
    static struct bed b;
    struct err e = {0};
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_path_fox, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "path_fox: tau_max 0.5 is below tau_min 1; set"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_reflections_and_with_equal_gates_it_is_a_slope),
        cmocka_unit_test(logits_are_those_of_path_and_the_gates_between),
        cmocka_unit_test(gates_are_those_of_the_token),
        cmocka_unit_test(biases_start_where_they_are_told),
        cmocka_unit_test(time_constants_in_the_wrong_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
