/* links: models_double */
/* Encoders that add a number for each head and distance: values worked by hand and golden
 * numbers of their sources. Gradients are in test_encoder_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_alibi, encoder_nape, encoder_t5, encoder_kerple,
    encoder_sandwich, encoder_fire;

/* The bias of head `head` at distance n, for a query at `position`: content is 0. */
static real bias_at(struct bed *b, int head, int position, int n)
{
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    b->panel.head = head;
    bed_score(b);
    return b->score[position * BED_SCORES + position - n];
}

static real bias(struct bed *b, int head, int n)
{
    return bias_at(b, head, BED_LONGEST - 1, n);
}

static void open_heads(struct bed *b, const struct encoder *e, const char *settings,
                       int heads)
{
    const struct option_values options = bed_options(e, settings);
    const struct encoder_dims dims = bed_dims(heads, 8);
    assert_int_equal(bed_try(b, e, &options, &dims, NULL), ST_OK);
}

/* 8 heads: 1/2, 1/4, ... 1/256. 12 heads: those, then 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5
 * (the paper's code: every second of the slopes of 16 heads). */
static void alibi_slopes(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_alibi, "", 8);
    for (int h = 0; h < 8; h++)
        assert_near(bias(&b, h, 3), -3 * exp2(-(h + 1)), 1e-12);
    assert_near(bias(&b, 0, 0), 0, 0);
    open_heads(&b, &encoder_alibi, "", 12);
    assert_near(bias(&b, 7, 1), -exp2(-8), 1e-12);
    for (int k = 0; k < 4; k++)
        assert_near(bias(&b, 8 + k, 1), -exp2(-0.5 - k), 1e-12);
}

static void alibi_learns_a_factor(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_alibi, "learned=true", 2);
    b.weight[0][1] = 3;
    assert_near(bias(&b, 1, 2), -2 * 3 * exp2(-8), 1e-12);
    assert_int_equal(b.spec[0].init, INIT_ONE);
    assert_int_equal(b.spec[0].columns, 2);
}

/* 5 heads: the first 3 have slopes 1, 1/2, 1/3, or 1, 1/2, 1/4. */
static void nape_leaves_heads_without_positions(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_nape, "", 5);
    assert_near(bias(&b, 0, 6), -6, 1e-12);
    assert_near(bias(&b, 2, 6), -2, 1e-12);
    assert_near(bias(&b, 3, 6), 0, 0);
    assert_near(bias(&b, 4, 6), 0, 0);
    open_heads(&b, &encoder_nape, "slopes=exponential", 5);
    assert_near(bias(&b, 2, 6), -1.5, 1e-12);
}

/* With 32 buckets up to 128, the shared ones begin at 16 19 21 24 27 31 35 40 46 52 59 67
 * 77 87 99 113; three public copies of the formula agree. */
static void t5_buckets_begin_where_public_code_begins_them(void **state)
{
    static const int starts[] = {16, 19, 21, 24, 27, 31, 35, 40,
                                 46, 52, 59, 67, 77, 87, 99, 113};
    enum { LONGEST = 300 };
    real bucket[LONGEST];
    const struct option_values o = bed_options(&encoder_t5, "");
    const struct encoder_dims dims = {2, 2, 8, LONGEST, LONGEST};
    (void)state;
    assert_int_equal(encoder_t5.constants(&dims, &o), LONGEST);
    encoder_t5.fill_constants(&dims, &o, bucket);
    for (int n = 0, k = 0; n < LONGEST; n++) {
        while (k < 16 && n >= starts[k])
            k++;
        assert_near(bucket[n], n < 16 ? n : 15 + k, 0);
    }
}

static void t5_adds_its_number_as_it_is_or_scaled(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_t5, "", 2);
    assert_near(bias(&b, 1, 5), b.weight[0][32 + 5], 1e-12);
    open_heads(&b, &encoder_t5, "scale_bias=true", 2);
    assert_near(bias(&b, 1, 5), sqrt(8) * b.weight[0][32 + 5], 1e-12);
}

/* u = 0 is the middle of the start: r1 = 1, r2 = 1/2 (log); 1/2 and 1 (power). */
static void kerple_kernels(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_kerple, "", 2);
    b.weight[0][1] = b.weight[1][1] = 0;
    assert_near(bias(&b, 1, 6), -log(4), 1e-12);
    assert_near(bias(&b, 1, 0), 0, 0);
    b.weight[0][1] = -5; /* r1 is kept at 0.01 */
    assert_near(bias(&b, 1, 6), -0.01 * log(4), 1e-12);
    open_heads(&b, &encoder_kerple, "kernel=power", 2);
    b.weight[0][1] = b.weight[1][1] = 0;
    assert_near(bias(&b, 1, 6), -3, 1e-12);
    b.weight[1][1] = 9; /* r2 is kept at 2 */
    assert_near(bias(&b, 1, 6), -18, 1e-12);
    assert_false(b.spec[0].per_layer);
    assert_false(b.spec[0].decay);
}

/* 32 cosines, 4 heads, head 1: n = 1, 4 -> -0.31, -3.21 (NVIDIA NeMo's form); head 2 has
 * half of it. */
static void sandwich_values(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_sandwich, "frequencies=32", 4);
    assert_near(bias(&b, 0, 0), 0, 0);
    assert_near(bias(&b, 0, 1), -0.31, 0.005);
    assert_near(bias(&b, 0, 4), -3.21, 0.005);
    assert_near(bias(&b, 1, 4), -3.21 / 2, 0.005);
    open_heads(&b, &encoder_sandwich, "", 4);
    assert_near(b.options.v[0], 4, 0); /* half of 8 */
}

/* One unit that is the identity on [0, 1] and w = 2, v = 3: f = 3 + 2 x. With threshold 4
 * the query at 2 divides by psi(4), that at 13 by psi(13). */
static void fire_is_relative_to_the_query(void **state)
{
    static struct bed b;
    const double c = 0.1;
    (void)state;
    open_heads(&b, &encoder_fire, "hidden=1 threshold=4", 2);
    b.weight[0][0] = b.weight[0][1] = 1;
    b.weight[1][0] = 1;
    b.weight[1][1] = 0;
    b.weight[2][1] = 2;
    b.weight[3][1] = 3;
    assert_near(bias_at(&b, 1, 2, 1), 3 + 2 * log1p(c) / (log1p(4 * c) + 1e-6), 1e-12);
    assert_near(bias_at(&b, 1, 13, 6), 3 + 2 * log1p(6 * c) / (log1p(13 * c) + 1e-6),
                1e-12);
    assert_near(bias_at(&b, 1, 13, 13), 5, 1e-5);
    assert_true(b.spec[0].per_layer);
}

/* The same distance has the same bias at every query, but for FIRE. */
static void biases_depend_on_distance_alone(void **state)
{
    const struct encoder *const all[] = {&encoder_alibi, &encoder_nape, &encoder_t5,
                                         &encoder_kerple, &encoder_sandwich};
    static struct bed b;
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        open_heads(&b, all[i], "", 2);
        for (int position = 4; position < BED_LONGEST; position++)
            assert_near(bias_at(&b, 0, position, 4), bias_at(&b, 0, 4, 4), 1e-12);
    }
    open_heads(&b, &encoder_fire, "threshold=4", 2);
    assert_true(fabs(bias_at(&b, 0, 13, 4) - bias_at(&b, 0, 6, 4)) > 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alibi_slopes),
        cmocka_unit_test(alibi_learns_a_factor),
        cmocka_unit_test(nape_leaves_heads_without_positions),
        cmocka_unit_test(t5_buckets_begin_where_public_code_begins_them),
        cmocka_unit_test(t5_adds_its_number_as_it_is_or_scaled),
        cmocka_unit_test(kerple_kernels),
        cmocka_unit_test(sandwich_values),
        cmocka_unit_test(fire_is_relative_to_the_query),
        cmocka_unit_test(biases_depend_on_distance_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
