/* links: models_double */
/* Every gradient of the whole model, for each kind of model and each encoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model_gradients.h"

/* --- one test for each kind of model ------------------------------------- */

static void post_norm_relu_tied(void **state)
{
    (void)state;
    const struct trainer_config c = toy_config("none", "");
    check_gradient(&c);
}

static void pre_norm_gelu_untied_without_biases(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("none", "");
    c.model.norm = NORM_PRE;
    c.model.activation = ACTIVATION_GELU;
    c.model.tie_embeddings = false;
    c.model.bias = false;
    check_gradient(&c);
}

static void dropout_in_pre_and_post_norm(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("cope", "p_max=3");
    c.model.dropout = 0.3;
    check_gradient(&c);
    c.model.norm = NORM_PRE;
    check_gradient(&c);
}

static void one_layer_one_head(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("relative", "");
    c.model.layers = 1;
    c.model.heads = 1;
    c.model.encoders = toy_config("none", "").model.encoders;
    check_gradient(&c);
}

/* The sequence is longer than the rows that attention (64) and the feed-forward (512) process
 * at a time. */
static void a_sequence_of_many_panels_and_chunks(void **state)
{
    (void)state;
    enum { LONG = 560 };
    int32_t token[LONG], target[LONG];
    int start[2] = {0, LONG};
    struct trainer_config c = toy_config("none", "");
    for (int i = 0; i < LONG; i++) {
        token[i] = (i * i + i / 3) % TOY_VOCABULARY;
        target[i] = i % 5 ? -1 : (i / 5) % TOY_VOCABULARY;
    }
    const struct batch b = {
        .sequences = 1, .start = start, .token = token, .target = target};
    c.model.trained_length = c.model.longest = c.max_tokens = LONG;
    c.model.dropout = 0.1;
    check_gradient_on(&c, &b, 29);
    c.model.norm = NORM_PRE;
    c.model.activation = ACTIVATION_GELU;
    check_gradient_on(&c, &b, 29);
}

/* There are so many ids that logits are computed for 64 targets at a time: 150 targets are
 * three blocks, the last of 22. */
static void a_vocabulary_whose_logits_come_in_blocks(void **state)
{
    (void)state;
    enum { LONG = 150, IDS = 20000 };
    int32_t token[LONG], target[LONG];
    int start[2] = {0, LONG};
    struct trainer_config c = toy_config("none", "");
    for (int i = 0; i < LONG; i++) {
        token[i] = i * 131 % IDS;
        target[i] = (i + 1) * 131 % IDS;
    }
    const struct batch b = {
        .sequences = 1, .start = start, .token = token, .target = target};
    c.model.vocabulary = IDS;
    c.model.trained_length = c.model.longest = c.max_tokens = LONG;
    c.model.norm = NORM_PRE;
    c.model.tie_embeddings = false;
    check_gradient_on(&c, &b, 39983);
}

/* --- one test for each encoder, alone and in sums ------------------------ */

struct subject {
    const char *encoder, *options;
};

static void gradient_with_encoder(void **state)
{
    const struct subject *s = *state;
    struct trainer_config c = toy_config(s->encoder, s->options);
    check_gradient(&c);
    c.model.norm = NORM_PRE;
    c.model.activation = ACTIVATION_GELU;
    check_gradient(&c);
}

#define WITH(name, text) \
    {name " " text, gradient_with_encoder, NULL, NULL, &(struct subject){name, text}},

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_norm_relu_tied),
        cmocka_unit_test(pre_norm_gelu_untied_without_biases),
        cmocka_unit_test(dropout_in_pre_and_post_norm),
        cmocka_unit_test(one_layer_one_head),
        cmocka_unit_test(a_sequence_of_many_panels_and_chunks),
        cmocka_unit_test(a_vocabulary_whose_logits_come_in_blocks),
#define ENCODER(stem) WITH(#stem, "")
#include "encoder_list.inc"
        WITH("relative", "share_layers=false") WITH("relative", "capped=true") WITH(
            "rope", "layout=halves fraction=0.5") WITH("rope", "frequencies=learned")
            WITH("randomized+relative", "") WITH("fire+randomized", "threshold=4") WITH(
                "randomized+transformer_xl",
                "share_biases=false") WITH("cope", "p_max=3 scale_position=false")
                WITH("cope", "p_max=3 scale_position=true share_layers=true") WITH(
                    "cope", "p_max=2 sep_keys=true") WITH("cope", "p_max=2 val_gates=true")
                    WITH("cope+relative", "p_max=4") WITH("cope+rope", "p_max=4")
                        WITH("absolute+relative", "") WITH("alibi+dape", "width=5")
                            WITH("cope+dape+shaw", "p_max=3 width=5")
                                WITH("dape_v2+kerple", "width=5") WITH("deberta+rope", "")
                                    WITH("t5+tupe", "") WITH("alibi+path_fox", "rank=3")
                                        WITH("fope+randomized", "") WITH(
                                            "log_cpb+shift+sinusoidal", "hidden=5")
                                            WITH("cope+relative", "p_max=2 sep_keys=true")};
    return cmocka_run_group_tests_name("transformer_gradients", tests, NULL, NULL);
}
