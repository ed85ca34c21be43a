/* The tensor list, its counts, and settings that exclude each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "toy.h"

/* The paper's Counting model for 3 variables: 21 tokens, context 512, post-norm ReLU. */
static struct model_config counting_paper(const char *encoder, const char *option,
                                          const char *value)
{
    struct model_config c = {.layers = 4,
                             .heads = 4,
                             .dim = 256,
                             .ff = 1024,
                             .norm = NORM_POST,
                             .activation = ACTIVATION_RELU,
                             .dropout = 0.1,
                             .bias = true,
                             .tie_embeddings = true,
                             .vocabulary = 21,
                             .trained_length = 512,
                             .longest = 512};
    const struct encoder_dims d = {.layers = 4,
                                   .heads = 4,
                                   .head_dim = 64,
                                   .trained_length = 512,
                                   .longest = 512,
                                   .places = 512};
    struct err e;
    assert_int_equal(encoder_stack_parse(encoder, &c.encoders, &e), ST_OK);
    if (option)
        assert_int_equal(encoder_stack_set(&c.encoders, option, value, &e), ST_OK);
    assert_int_equal(encoder_stack_resolve(&c.encoders, &d, &e), ST_OK);
    return c;
}

static size_t parameters(const struct model_config *c)
{
    struct model *m;
    struct err e;
    if (model_open(c, 1, &m, &e))
        fail_msg("%s", e.msg);
    const size_t n = model_parameters(m);
    model_close(m);
    return n;
}

static void paper_counting_models_have_the_papers_parameters(void **state)
{
    (void)state;
    struct model_config c = counting_paper("none", NULL, NULL);
    assert_int_equal(parameters(&c), 3164416);
    c = counting_paper("absolute", NULL, NULL);
    assert_int_equal(parameters(&c), 3295488);
    c = counting_paper("relative", NULL, NULL);
    assert_int_equal(parameters(&c), 3197184);
    c = counting_paper("cope", "p_max", "512");
    assert_int_equal(parameters(&c), 3295744);
}

/* Separate keys add (256 + 1) * 256 in each of 4 layers. */
static void separate_keys_add_a_projection_a_layer(void **state)
{
    (void)state;
    struct model_config c = counting_paper("cope", "sep_keys", "true");
    const size_t separate = parameters(&c);
    c = counting_paper("cope", NULL, NULL);
    assert_int_equal(separate, parameters(&c) + (size_t)4 * 257 * 256);
}

static void tensors_do_not_overlap_and_have_one_name_each(void **state)
{
    (void)state;
    struct model_config c = counting_paper("cope+relative", NULL, NULL);
    struct model *m;
    struct err e;
    assert_int_equal(model_open(&c, 1, &m, &e), ST_OK);
    size_t end = 0, sum = 0;
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *t = model_tensor(m, i);
        assert_true(t->offset >= end);
        assert_ptr_equal(model_tensor_find(m, t->name), t);
        end = t->offset + (size_t)t->rows * (size_t)t->columns;
        sum += (size_t)t->rows * (size_t)t->columns;
    }
    assert_true(end <= model_size(m));
    assert_int_equal(sum, model_parameters(m));
    assert_non_null(model_tensor_find(m, "layers.3.encoder.cope.table"));
    assert_non_null(model_tensor_find(m, "encoder.relative.table"));
    assert_null(model_tensor_find(m, "final_norm.gain")); /* post-norm has none */
    model_close(m);
}

static double deviation(const struct model *m, const real *w, const char *name)
{
    const struct tensor *t = model_tensor_find(m, name);
    assert_non_null(t);
    const int n = t->rows * t->columns;
    double squares = 0.0;
    for (int i = 0; i < n; i++)
        squares += (double)w[t->offset + (size_t)i] * (double)w[t->offset + (size_t)i];
    return sqrt(squares / n);
}

/* A uniform draw within 1 / sqrt(fan in) has deviation 1 / sqrt(3 fan in). */
static void weights_start_as_the_released_code_does(void **state)
{
    (void)state;
    struct model_config c = counting_paper("absolute", NULL, NULL);
    struct model *m;
    struct err e;
    assert_int_equal(model_open(&c, 1, &m, &e), ST_OK);
    const real *w = model_weights(m);
    assert_near(deviation(m, w, "embedding") * 16.0, 1.0, 0.05);
    assert_near(deviation(m, w, "encoder.absolute.table") * 16.0, 1.0, 0.02);
    assert_near(deviation(m, w, "layers.2.feed_forward.in.weight") * sqrt(768.0), 1.0,
                0.02);
    assert_near(deviation(m, w, "layers.2.feed_forward.out.weight") * sqrt(3072.0), 1.0,
                0.02);
    model_close(m);
    c.norm = NORM_PRE; /* outputs to the residual stream are divided by sqrt(2 layers) */
    assert_int_equal(model_open(&c, 1, &m, &e), ST_OK);
    assert_near(deviation(m, model_weights(m), "layers.2.feed_forward.out.weight") *
                    sqrt(8.0 * 3072.0),
                1.0, 0.02);
    model_close(m);
}

/* 3 layers of 32 heads have two numbers each, drawn from [0, 1) or [0, 2); some of these 192
 * draws are below the bound of 0.01. */
static void weights_start_within_the_bounds_of_the_encoder(void **state)
{
    struct model_config c = {
        .layers = 3, .heads = 32, .dim = 32, .ff = 4, .vocabulary = 2, .trained_length = 8};
    struct model *m;
    struct err e;
    int n = 0;
    (void)state;
    c.longest = 8;
    assert_int_equal(encoder_stack_parse("kerple", &c.encoders, &e), ST_OK);
    assert_int_equal(encoder_stack_set(&c.encoders, "share_layers", "false", &e), ST_OK);
    assert_int_equal(model_open(&c, 1, &m, &e), ST_OK);
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *t = model_tensor(m, i);
        for (int h = 0; strstr(t->name, ".kerple.") && h < t->columns; h++, n++)
            assert_true(model_weights(m)[t->offset + (size_t)h] >= (real)0.01);
    }
    assert_int_equal(n, 192);
    model_close(m);
}

static void sizes_that_do_not_fit_are_refused_by_name(void **state)
{
    (void)state;
    struct model_config c = counting_paper("none", NULL, NULL);
    struct err e;
    c.heads = 3;
    assert_int_equal(model_check(&c, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "model.heads"));
    c = counting_paper("none", NULL, NULL);
    c.dropout = 1.0;
    assert_int_equal(model_check(&c, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "model.dropout"));
    c = counting_paper("none", NULL, NULL);
    c.layers = 0;
    assert_int_equal(model_check(&c, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "model.layers"));
}

/* One layer, one head, dim 2, ff 4, 3 tokens, 2 words, both positions scored:
 * linear 6 (2 rows (query 4 + output 4 + ff 16 + key and value 8 + vocabulary 4)) = 432,
 * attention 12 * 2 * 3 causal pairs = 72. */
static void flops_match_a_count_by_hand(void **state)
{
    (void)state;
    const struct model_config c = {
        .layers = 1, .heads = 1, .dim = 2, .ff = 4, .vocabulary = 2};
    assert_near(model_train_flops(&c, 2, 2), 432.0 + 72.0, 1e-12);
}

/* Returns the forward FLOPs that the encoder adds to a model of 3 layers and one head of 4
 * numbers, on 2 tokens that are both queries. */
static double added_by(const char *encoder, const char *layers)
{
    struct model_config c = {.layers = 3, .heads = 1, .dim = 4, .ff = 4, .vocabulary = 2};
    const double plain = model_train_flops(&c, 2, 2);
    struct encoder_dims d;
    struct err e;
    c.trained_length = c.longest = 2;
    d = model_dims(&c);
    assert_int_equal(encoder_stack_parse(encoder, &c.encoders, &e), ST_OK);
    assert_int_equal(layer_set_parse(layers, &c.encoders.part[0].layers, &e), ST_OK);
    assert_int_equal(encoder_stack_resolve(&c.encoders, &d, &e), ST_OK);
    return (model_train_flops(&c, 2, 2) - plain) / 3;
}

/* mapformer reads once: products of width 4 and rank 2 with 2 numbers, 2 (2 4 + 2 2) for each
 * token, and 3 for each of 2 angles, 2 (24 + 6) = 60. In every layer in which it acts it turns
 * 2 pairs of 2 queries and 2 keys with 6 operations each: 48.
 * fox reads in every layer: a gate of width 4, 2 4 for each token, and an addition for each of
 * 3 pairs.
 * inkling's layers project 16 numbers of each token of width 4: 2 2 4 16 = 256. A query meets
 * 2 distances in 16 numbers, 2 2 2 16 = 128; and an addition for each pair. */
static void flops_of_an_encoder_match_a_count_by_hand(void **state)
{
    (void)state;
    assert_near(added_by("mapformer", "all"), 60.0 + 3 * 48.0, 1e-9);
    assert_near(added_by("mapformer", "1"), 60.0 + 48.0, 1e-9);
    assert_near(added_by("fox", "all"), 3 * (16.0 + 3), 1e-9);
    assert_near(added_by("inkling", "all"), 3 * (256.0 + 128 + 3), 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paper_counting_models_have_the_papers_parameters),
        cmocka_unit_test(separate_keys_add_a_projection_a_layer),
        cmocka_unit_test(tensors_do_not_overlap_and_have_one_name_each),
        cmocka_unit_test(weights_start_as_the_released_code_does),
        cmocka_unit_test(weights_start_within_the_bounds_of_the_encoder),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused_by_name),
        cmocka_unit_test(flops_match_a_count_by_hand),
        cmocka_unit_test(flops_of_an_encoder_match_a_count_by_hand),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
