/* links: models_double */
/* Encoders that add a number for each head and distance: values worked by hand and reference
 * values of their sources. test_encoder_contract.c checks gradients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_nape, encoder_t5, encoder_kerple, encoder_sandwich;

/* Returns the bias of head `head` at distance n, for a query at `position`, with content 0. */
static real bias_at(struct bed *b, int head, int position, int n)
{
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    b->panel.head = head;
    bed_derive(b);
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

/* Of 5 heads the first 3 have slopes 1, 1/2, 1/3, or 1, 1/2, 1/4. */
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

/* With 32 buckets up to distance 128, the shared buckets begin at 16 19 21 24 27 31 35 40 46
 * 52 59 67 77 87 99 113; three public copies of the formula agree. */
static void t5_buckets_begin_where_public_code_begins_them(void **state)
{
    static const int starts[] = {16, 19, 21, 24, 27, 31, 35, 40,
                                 46, 52, 59, 67, 77, 87, 99, 113};
    enum { LONGEST = 300, BUCKETS = 32 };
    real number[BUCKETS], bias_of[LONGEST];
    const struct option_values o = bed_options(&encoder_t5, "");
    const struct encoder_dims dims = {.heads = 1, .head_dim = 8, .places = LONGEST};
    const struct encoder_view view = {.dims = &dims, .options = &o, .weight = {number}};
    (void)state;
    for (int i = 0; i < BUCKETS; i++)
        number[i] = i;
    encoder_t5.derive(&view, LONGEST, bias_of);
    for (int n = 0, k = 0; n < LONGEST; n++) {
        while (k < 16 && n >= starts[k])
            k++;
        assert_near(bias_of[n], n < 16 ? n : 15 + k, 0);
    }
}

/* The last bucket begins at distance 113: 113 tokens do not train it, 114 do. */
static void t5_says_when_its_last_bucket_was_trained(void **state)
{
    const struct option_values o = bed_options(&encoder_t5, "");
    struct encoder_dims dims = {.trained_length = 113};
    (void)state;
    assert_int_equal(encoder_t5.reach(&dims, &o), REACH_UNTRAINED);
    dims.trained_length = 114;
    assert_int_equal(encoder_t5.reach(&dims, &o), REACH_CAPPED);
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

static void kerple_kernels(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_kerple, "", 2);
    b.weight[0][1] = 2;
    b.weight[1][1] = 0.5;
    assert_near(bias(&b, 1, 6), -2 * log(4), 1e-12);
    assert_near(bias(&b, 1, 0), 0, 0);
    open_heads(&b, &encoder_kerple, "kernel=power", 2);
    b.weight[0][1] = 0.5;
    b.weight[1][1] = 2;
    assert_near(bias(&b, 1, 6), -18, 1e-12);
    assert_false(b.spec[0].per_layer);
    assert_false(b.spec[0].decay);
}

/* Drawn from U(-1, 1), log r1 starts in [0, 2) and r2 in [0, 1); for power the other way
 * round. Training keeps them at 0.01 or more, and the exponent at 2 or less. */
static void kerple_starts_and_stays_where_the_official_code_does(void **state)
{
    const struct encoder_dims dims = {.heads = 2};
    (void)state;
    for (int power = 0; power < 2; power++) {
        const struct option_values o =
            bed_options(&encoder_kerple, power ? "kernel=power" : "");
        for (int t = 0; t < 2; t++) {
            real w[] = {-1, 1};
            encoder_kerple.start(&dims, &o, t, w);
            assert_near(w[0], 0, 0);
            assert_near(w[1], t == power ? 2 : 1, 0);
            w[1] = 5;
            encoder_kerple.confine(&dims, &o, t, w);
            assert_near(w[0], 0.01, 1e-12);
            assert_near(w[1], power && t == 1 ? 2 : 5, 0);
        }
    }
}

/* 32 cosines, 4 heads, head 1: n = 1, 4 -> -0.31, -3.21 (NVIDIA NeMo's form); head 2 has half
 * of that. */
static void sandwich_values(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, &encoder_sandwich, "frequencies=32", 4);
    assert_near(bias(&b, 0, 0), 0, 0);
    assert_near(bias(&b, 0, 1), -0.31, 0.005);
    assert_near(bias(&b, 0, 4), -3.21, 0.005);
    assert_near(bias(&b, 1, 4), -3.21 / 2, 0.005);
    open_heads(&b, &encoder_sandwich, "frequencies=1", 4);
    assert_near(bias(&b, 0, 13), (cos(13e-4) - 1) / 2, 1e-12); /* H / 8h = 1 / 2 */
}

/* A distance has the same bias at every query. */
static void biases_depend_on_distance_alone(void **state)
{
    const struct encoder *const all[] = {&encoder_nape, &encoder_t5, &encoder_kerple,
                                         &encoder_sandwich};
    static struct bed b;
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        open_heads(&b, all[i], "", 2);
        for (int position = 4; position < BED_LONGEST; position++)
            assert_near(bias_at(&b, 0, position, 4), bias_at(&b, 0, 4, 4), 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nape_leaves_heads_without_positions),
        cmocka_unit_test(t5_buckets_begin_where_public_code_begins_them),
        cmocka_unit_test(t5_says_when_its_last_bucket_was_trained),
        cmocka_unit_test(t5_adds_its_number_as_it_is_or_scaled),
        cmocka_unit_test(kerple_kernels),
        cmocka_unit_test(kerple_starts_and_stays_where_the_official_code_does),
        cmocka_unit_test(sandwich_values),
        cmocka_unit_test(biases_depend_on_distance_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
