/* links: models_double */
/* An encoder whose mix carries from panel to panel: gradients of whole models over several
 * panels, with targets at some tokens only, so that the last layer has queries without a
 * target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "model_gradients.h"

enum { LONG = 150, SHORT = 70, TOKENS = LONG + SHORT, EVERY = 5 };

struct lot {
    int32_t token[TOKENS], target[TOKENS];
    int start[3];
    struct batch batch;
};

/* Fills a batch of two sequences, of three panels and of two. */
static void fill(struct lot *x)
{
    for (int i = 0; i < TOKENS; i++) {
        x->token[i] = (i * i + i / 3) % TOY_VOCABULARY;
        x->target[i] = i % EVERY ? -1 : i / EVERY % TOY_VOCABULARY;
    }
    x->start[0] = 0;
    x->start[1] = LONG;
    x->start[2] = TOKENS;
    x->batch = (struct batch){
        .sequences = 2, .start = x->start, .token = x->token, .target = x->target};
}

static struct trainer_config long_config(const char *encoder, const char *options)
{
    struct trainer_config c = toy_config(encoder, options);
    c.model.trained_length = c.model.longest = LONG;
    c.max_tokens = TOKENS;
    return c;
}

static void gradients_equal_central_differences(void **state)
{
    const char *const encoder[] = {"selective_attention", "rope+selective_attention",
                                   "alibi+selective_attention"};
    static struct lot x;
    (void)state;
    fill(&x);
    for (int i = 0; i < 3; i++) {
        struct trainer_config c = long_config(encoder[i], "");
        c.model.dropout = i == 0 ? 0.1 : 0;
        check_gradient_on(&c, &x.batch, 41);
        c.model.norm = NORM_PRE;
        c.model.activation = ACTIVATION_GELU;
        check_gradient_on(&c, &x.batch, 41);
    }
}

/* The encoder acts in one of the layers alone. When that is the first, the last layer computes
 * only the targets' queries, as without carrying. */
static void a_part_that_carries_in_one_layer_is_right_too(void **state)
{
    const char *const layers[] = {"layers=even", "layers=odd"};
    static struct lot x;
    (void)state;
    fill(&x);
    for (int i = 0; i < 2; i++) {
        const struct trainer_config c = long_config("selective_attention", layers[i]);
        check_gradient_on(&c, &x.batch, 41);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_equal_central_differences),
        cmocka_unit_test(a_part_that_carries_in_one_layer_is_right_too),
    };
    return cmocka_run_group_tests_name("carry", tests, NULL, NULL);
}
