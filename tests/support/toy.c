#include "toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "encoding.h"
#include "rng.h"

static void must(enum status st, const struct err *e)
{
    if (st)
        fail_msg("%s", e->msg);
}

static void set_options(struct encoder_stack *s, const char *options)
{
    struct err e;
    char text[256], *save = NULL;
    snprintf(text, sizeof text, "%s", options);
    for (char *one = strtok_r(text, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(one, '=');
        assert_non_null(equals);
        *equals = '\0';
        must(encoder_stack_set(s, one, equals + 1, &e), &e);
    }
}

struct trainer_config toy_config(const char *encoder, const char *options)
{
    struct trainer_config c = {
        .model = {.layers = 2,
                  .heads = 2,
                  .dim = 8,
                  .ff = 12,
                  .norm = NORM_POST,
                  .activation = ACTIVATION_RELU,
                  .bias = true,
                  .tie_embeddings = true,
                  .vocabulary = TOY_VOCABULARY,
                  .trained_length = TOY_LONGEST,
                  .longest = TOY_LONGEST},
        .optimizer = {.kind = OPTIMIZER_ADAM,
                      .lr = 1e-2,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .eps = 1e-8,
                      .schedule = SCHEDULE_CONSTANT,
                      .steps = 100},
        .seed = 1,
        .shards = 2,
        .threads = 1,
        .max_sequences = TOY_SEQUENCES,
        .max_tokens = TOY_TOKENS,
    };
    struct err e;
    char sum[ENCODER_NAME];
    const struct encoder *alone = encoder_find(encoder);
    const char *partner = !alone || !alone->place ? ""
                          : alone->moves_alike    ? "+absolute"
                                                  : "+rope";
    snprintf(sum, sizeof sum, "%s%s", encoder, partner);
    must(encoder_stack_parse(sum, &c.model.encoders, &e), &e);
    set_options(&c.model.encoders, options);
    const struct encoder_dims d = model_dims(&c.model);
    must(encoder_stack_resolve(&c.model.encoders, &d, &e), &e);
    return c;
}

struct trainer_config toy_config_of(const struct encoder *const *parts, int n)
{
    struct trainer_config c = toy_config("none", "");
    struct err e;
    c.model.encoders = (struct encoder_stack){.parts = n};
    for (int i = 0; i < n; i++) {
        c.model.encoders.part[i].encoder = parts[i];
        option_defaults(parts[i]->options, &c.model.encoders.part[i].options);
    }
    const struct encoder_dims d = model_dims(&c.model);
    must(encoder_stack_resolve(&c.model.encoders, &d, &e), &e);
    return c;
}

struct batch toy_batch(void)
{
    static const int length[TOY_SEQUENCES] = {11, 3, 9, 1, 7};
    static int start[TOY_SEQUENCES + 1];
    static int32_t token[TOY_TOKENS], target[TOY_TOKENS];
    struct rng r = rng_stream(7, RNG_TEST, "toy", 0);
    for (int s = 0; s < TOY_SEQUENCES; s++)
        start[s + 1] = start[s] + length[s];
    for (int i = 0; i < start[TOY_SEQUENCES]; i++) {
        token[i] = (int32_t)rng_below(&r, TOY_VOCABULARY);
        target[i] = (int32_t)rng_below(&r, TOY_VOCABULARY);
        if (rng_chance(&r, 0.5))
            target[i] = -1;
    }
    return (struct batch){
        .sequences = TOY_SEQUENCES, .start = start, .token = token, .target = target};
}

void toy_shake(struct model *m, unsigned seed)
{
    struct rng r = rng_stream(seed, RNG_TEST, "shake", 0);
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *t = model_tensor(m, i);
        real *w = model_weights(m) + t->offset;
        for (int n = 0; n < t->rows * t->columns; n++)
            w[n] = (real)(0.5 * rng_normal(&r));
    }
    encoding_confine(m);
}
