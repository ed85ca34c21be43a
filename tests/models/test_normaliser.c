/* links: models_double */
/* How logits become weights: entmax worked by hand, ssmax compared with scaled queries,
 * gradients of the whole model, and dropping the encoder during training. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "entmax.h"
#include "model_gradients.h"

/* --- entmax -------------------------------------------------------------- */

static void entmax_is_sparse(void **state)
{
    double equal[] = {3, 3, 3, 3}, far[] = {2, 0, -1}, near[] = {1, 0};
    const double tau = (1 - sqrt(7)) / 4;
    (void)state;
    assert_near(entmax(4, equal), 1.0, 1e-12);
    for (int i = 0; i < 4; i++)
        assert_near(equal[i], 0.25, 1e-12);
    assert_near(entmax(3, far), 0, 1e-12);
    assert_near(far[0], 1, 1e-12);
    assert_true(far[1] == 0 && far[2] == 0);
    assert_near(entmax(2, near), tau, 1e-12);
    assert_near(near[0], (0.5 - tau) * (0.5 - tau), 1e-12);
    assert_near(near[0] + near[1], 1, 1e-12);
}

static void entmax_of_many_sums_to_one(void **state)
{
    double x[3000], again[3000], sum = 0;
    (void)state;
    for (int i = 0; i < 3000; i++)
        again[i] = x[i] = sin(i * i) * (i % 7) + 100;
    const double tau = entmax(3000, x);
    entmax_again(3000, tau, again);
    for (int i = 0; i < 3000; i++)
        sum += x[i];
    assert_near(sum, 1, 1e-9);
    assert_close_double(x, again, 3000, 0);
}

/* --- the whole model ----------------------------------------------------- */

static void every_gradient_is_right(void **state)
{
    static const char *const encoder[] = {"none", "shaw", "cope", "selective_rope"};
    (void)state;
    for (int kind = NORMALISER_SSMAX; kind <= NORMALISER_ENTMAX; kind++)
        for (int i = 0; i < 4; i++) {
            const struct batch b = toy_batch();
            struct trainer_config c = toy_config(encoder[i], i == 2 ? "p_max=3" : "");
            c.model.normaliser = (enum model_normaliser)kind;
            c.model.dropout = i % 2 ? 0.3 : 0;
            check_gradient_on(&c, &b, 3);
        }
}

enum { T = TOY_LONGEST };

/* Computes the logits of the last token of one sequence of T tokens. */
static void last_logits(const struct trainer_config *c, const char *doubled,
                        const char *with, double logits[TOY_VOCABULARY])
{
    int32_t token[T], target[T];
    const int start[] = {0, T};
    struct trainer *t;
    struct err e;
    for (int i = 0; i < T; i++) {
        token[i] = (i * i + 1) % TOY_VOCABULARY;
        target[i] = i == T - 1 ? 0 : -1;
    }
    const struct batch b = {
        .sequences = 1, .start = start, .token = token, .target = target};
    assert_int_equal(trainer_open(c, &t, &e), ST_OK);
    struct model *m = trainer_model(t);
    const char *const names[] = {doubled, with};
    for (int i = 0; i < 2 && names[i]; i++) {
        const struct tensor *x = model_tensor_find(m, names[i]);
        assert_non_null(x);
        for (int k = 0; k < x->rows * x->columns; k++)
            model_weights(m)[x->offset + (size_t)k] *= 2;
    }
    trainer_logits(t, &b, logits);
    trainer_close(t);
}

/* For the last query of a sequence of the trained length, ln n / ln L is 1. */
static void ssmax_scales_queries(void **state)
{
    struct trainer_config c = toy_config("none", "");
    double plain[TOY_VOCABULARY], scaled[TOY_VOCABULARY];
    (void)state;
    c.model.layers = 1;
    last_logits(&c, NULL, NULL, plain);
    c.model.normaliser = NORMALISER_SSMAX;
    last_logits(&c, NULL, NULL, scaled);
    assert_close_double(plain, scaled, TOY_VOCABULARY, 1e-12);
    last_logits(&c, "layers.0.attention.length_scale", NULL, scaled);
    c.model.normaliser = NORMALISER_SOFTMAX;
    last_logits(&c, "layers.0.attention.query.weight", "layers.0.attention.query.bias",
                plain);
    assert_close_double(plain, scaled, TOY_VOCABULARY, 1e-12);
    c.model.normaliser = NORMALISER_SSMAX;
    c.model.trained_length = 3; /* a longer sequence: sharper weights */
    last_logits(&c, NULL, NULL, scaled);
    c.model.normaliser = NORMALISER_SOFTMAX;
    last_logits(&c, NULL, NULL, plain);
    assert_true(fabs(plain[0] - scaled[0]) > 1e-6);
}

static void what_weighs_by_itself_has_no_entmax(void **state)
{
    struct trainer_config c = toy_config("stick_breaking", "");
    struct err e;
    (void)state;
    c.model.normaliser = NORMALISER_ENTMAX;
    assert_int_equal(model_check(&c.model, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "choose softmax"));
    c.model.normaliser = NORMALISER_SSMAX;
    assert_int_equal(model_check(&c.model, &e), ST_OK);
}

/* --- the encoder that is dropped ----------------------------------------- */

static void an_encoder_is_dropped_at_its_step(void **state)
{
    struct optimizer_config c = {.steps = 100, .encoder_until = 0.9};
    (void)state;
    assert_false(optimizer_drops_encoder(&c, 89));
    assert_true(optimizer_drops_encoder(&c, 90));
    c.encoder_until = 1;
    assert_false(optimizer_drops_encoder(&c, 100));
    c.encoder_until = 0;
    assert_false(optimizer_drops_encoder(&c, 0));
}

/* Shared tensors start with equal values, so a model whose encoder is dropped equals one
 * without. */
static void a_dropped_encoder_is_none(void **state)
{
    static const char *const encoder[] = {"absolute", "rope", "kerple", "stick_breaking",
                                          "mapformer"};
    const struct batch b = toy_batch();
    float loss[TOY_TOKENS], want[TOY_TOKENS];
    int32_t best[TOY_TOKENS];
    struct err e;
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct trainer_config c = toy_config(encoder[i], "");
        struct trainer_config none = toy_config("none", "");
        struct trainer *with, *without;
        c.optimizer.encoder_until = 0.5;
        assert_int_equal(trainer_open(&c, &with, &e), ST_OK);
        assert_int_equal(trainer_open(&none, &without, &e), ST_OK);
        memset(loss, 0, sizeof loss);
        memset(want, 0, sizeof want);
        trainer_evaluate(with, &b, loss, best);
        trainer_evaluate(without, &b, want, best);
        assert_memory_equal(loss, want, sizeof loss);
        double *grad = calloc(model_size(trainer_model(with)), sizeof *grad);
        assert_non_null(grad);
        const double late = trainer_gradient(with, 50, &b, grad);
        const double early = trainer_gradient(with, 49, &b, grad);
        assert_near(late, trainer_gradient(without, 50, &b, grad), 0);
        assert_true(fabs(early - late) > 1e-6);
        free(grad);
        trainer_close(with);
        trainer_close(without);
    }
}

static void gradients_without_the_encoder_are_right(void **state)
{
    struct trainer_config c = toy_config("mapformer", "");
    (void)state;
    c.optimizer.steps = 3; /* checks the gradients of step 3 */
    c.optimizer.encoder_until = 0.5;
    check_gradient(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entmax_is_sparse),
        cmocka_unit_test(entmax_of_many_sums_to_one),
        cmocka_unit_test(every_gradient_is_right),
        cmocka_unit_test(ssmax_scales_queries),
        cmocka_unit_test(what_weighs_by_itself_has_no_entmax),
        cmocka_unit_test(an_encoder_is_dropped_at_its_step),
        cmocka_unit_test(a_dropped_encoder_is_none),
        cmocka_unit_test(gradients_without_the_encoder_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
