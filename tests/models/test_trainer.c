/* A training step is the same however it is divided and computed; it learns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "kernels.h"
#include "toy.h"

static struct trainer *open_trainer(const struct trainer_config *c)
{
    struct trainer *t;
    struct err e;
    if (trainer_open(c, &t, &e))
        fail_msg("%s", e.msg);
    return t;
}

static void take_steps(struct trainer *t, int n)
{
    const struct batch b = toy_batch();
    struct err e;
    double loss;
    for (int i = 0; i < n; i++)
        if (trainer_step(t, i, &b, &loss, &e))
            fail_msg("%s", e.msg);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("cope+rope", "p_max=3");
    c.model.dropout = 0.2;
    c.shards = 4;
    struct trainer *one = open_trainer(&c);
    take_steps(one, 5);
    for (int threads = 2; threads <= 5; threads++) {
        c.threads = threads;
        struct trainer *many = open_trainer(&c);
        take_steps(many, 5);
        assert_memory_equal(model_weights(trainer_model(one)),
                            model_weights(trainer_model(many)),
                            model_size(trainer_model(one)) * sizeof(real));
        trainer_close(many);
    }
    trainer_close(one);
}

/* Sums in another order differ in the last bits only. Dropout masks depend on the batch, not
 * on the shard. */
static void shards_change_the_gradient_by_rounding_only(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("relative", "");
    c.model.dropout = 0.2;
    const struct batch b = toy_batch();
    real *grad[3];
    for (int i = 0; i < 3; i++) {
        c.shards = 1 + 2 * i;
        struct trainer *t = open_trainer(&c);
        grad[i] = calloc(model_size(trainer_model(t)), sizeof(real));
        trainer_gradient(t, 0, &b, grad[i]);
        if (i > 0)
            assert_close(grad[0], grad[i], model_size(trainer_model(t)), 1e-6);
        trainer_close(t);
    }
    for (int i = 0; i < 3; i++)
        free(grad[i]);
}

/* Each sequence gives the same logits alone as among others. */
static void sequences_do_not_see_each_other(void **state)
{
    (void)state;
    const struct trainer_config c = toy_config("cope", "p_max=4");
    struct trainer *t = open_trainer(&c);
    const struct batch b = toy_batch();
    real together[TOY_TOKENS * TOY_VOCABULARY], alone[TOY_TOKENS * TOY_VOCABULARY];
    toy_shake(trainer_model(t), 2);
    trainer_logits(t, &b, together);
    size_t at = 0;
    for (int s = 0; s < b.sequences; s++) {
        int start[2] = {0, b.start[s + 1] - b.start[s]};
        const struct batch one = {.sequences = 1,
                                  .start = start,
                                  .token = b.token + b.start[s],
                                  .target = b.target + b.start[s]};
        size_t n = 0;
        for (int i = 0; i < start[1]; i++)
            n += one.target[i] >= 0 ? TOY_VOCABULARY : 0;
        trainer_logits(t, &one, alone);
        assert_close(together + at, alone, n, 1e-5);
        at += n;
    }
    trainer_close(t);
}

/* A later token must not change an earlier logit, for any encoder. */
static void later_tokens_change_nothing_earlier(void **state)
{
    const struct trainer_config c = toy_config(*state, "");
    struct trainer *t = open_trainer(&c);
    struct batch b = toy_batch();
    int32_t token[TOY_TOKENS], target[TOY_TOKENS];
    real before[TOY_LONGEST * TOY_VOCABULARY], after[TOY_LONGEST * TOY_VOCABULARY];
    memcpy(token, b.token, sizeof token);
    for (int i = 0; i < TOY_TOKENS; i++)
        target[i] = 0;
    b = (struct batch){.sequences = 1, .start = b.start, .token = token, .target = target};
    toy_shake(trainer_model(t), 3);
    trainer_logits(t, &b, before);
    token[8] = (token[8] + 1) % TOY_VOCABULARY;
    trainer_logits(t, &b, after);
    assert_close(before, after, (size_t)8 * TOY_VOCABULARY, 0.0);
    double moved = 0.0;
    for (int i = 8 * TOY_VOCABULARY; i < TOY_LONGEST * TOY_VOCABULARY; i++)
        moved = fmax(moved, fabs((double)(before[i] - after[i])));
    assert_true(moved > 1e-3);
    trainer_close(t);
}

/* Every accepted encoder has an effect: with equal weights elsewhere, its logits differ from
 * those of `none`. Tables that start at zero are shaken like all other weights. */
static void logits_differ_from_no_encoder(void **state)
{
    struct trainer_config c = toy_config("none", "");
    const struct batch b = toy_batch();
    real plain[TOY_TOKENS * TOY_VOCABULARY], coded[TOY_TOKENS * TOY_VOCABULARY];
    struct trainer *t = open_trainer(&c);
    trainer_logits(t, &b, plain);
    trainer_close(t);
    c = toy_config(*state, "");
    t = open_trainer(&c); /* same seed: tensors of the same name start with equal values */
    struct model *m = trainer_model(t);
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *x = model_tensor(m, i);
        if (!strstr(x->name, "encoder."))
            continue;
        for (int k = 0; k < x->rows * x->columns; k++)
            model_weights(m)[x->offset + (size_t)k] = (real)(0.3 * sin(k + 1.0));
    }
    trainer_logits(t, &b, coded);
    double gap = 0.0;
    for (int i = 0; i < 10 * TOY_VOCABULARY; i++)
        gap = fmax(gap, fabs((double)(plain[i] - coded[i])));
    if (strcmp(*state, "none") != 0)
        assert_true(gap > 1e-3);
    else
        assert_true(gap == 0.0);
    trainer_close(t);
}

static void evaluation_agrees_with_the_gradients_loss(void **state)
{
    (void)state;
    const struct trainer_config c = toy_config("rope", "");
    struct trainer *t = open_trainer(&c);
    const struct batch b = toy_batch();
    real *grad = calloc(model_size(trainer_model(t)), sizeof(real));
    float loss[TOY_TOKENS];
    int32_t best[TOY_TOKENS];
    double sum = 0.0;
    int targets = 0;
    trainer_evaluate(t, &b, loss, best);
    for (int i = 0; i < b.start[b.sequences]; i++)
        if (b.target[i] >= 0) {
            sum += (double)loss[i];
            targets++;
            assert_in_range(best[i], 0, TOY_VOCABULARY - 1);
        }
    assert_near(sum / targets, trainer_gradient(t, 0, &b, grad), 1e-6);
    free(grad);
    trainer_close(t);
}

static void a_batch_is_learnt_by_heart(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("absolute", "");
    struct trainer *t = open_trainer(&c);
    const struct batch b = toy_batch();
    struct err e;
    double first = 0.0, loss = 0.0;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(trainer_step(t, i, &b, &loss, &e), ST_OK);
        first = i ? first : loss;
    }
    assert_true(first > 1.0);
    assert_true(loss < 0.05);
    trainer_close(t);
}

static void a_loss_that_is_not_finite_leaves_the_weights(void **state)
{
    (void)state;
    const struct trainer_config c = toy_config("none", "");
    struct trainer *t = open_trainer(&c);
    struct model *m = trainer_model(t);
    const struct batch b = toy_batch();
    real *w = model_weights(m), *old = calloc(model_size(m), sizeof *old);
    struct err e;
    double loss;
    w[0] = INFINITY;
    memcpy(old, w, model_size(m) * sizeof *old);
    assert_int_equal(trainer_step(t, 4, &b, &loss, &e), ST_NONFINITE);
    assert_non_null(strstr(e.msg, "step 4"));
    assert_memory_equal(old, w, model_size(m) * sizeof *old);
    free(old);
    trainer_close(t);
}

/* --- kernels --- */

enum { CURVE = 50 };

/* Returns the losses of CURVE steps with the kernels of that name. */
static void loss_curve(const char *encoder, const char *isa, double loss[CURVE])
{
    struct trainer_config c = toy_config(encoder, "");
    c.model.dropout = 0.1;
    c.optimizer.lr = 1e-3;
    const struct batch b = toy_batch();
    struct err e;
    assert_int_equal(kernels_choose(isa, &e), ST_OK);
    struct trainer *t = open_trainer(&c);
    for (int i = 0; i < CURVE; i++)
        assert_int_equal(trainer_step(t, i, &b, &loss[i], &e), ST_OK);
    trainer_close(t);
    assert_int_equal(kernels_choose(NULL, &e), ST_OK);
}

static void every_level_of_kernels_trains_like_the_naive_one(void **state)
{
    static const char *const level[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};
    double naive[CURVE], vector[CURVE];
    loss_curve(*state, "naive", naive);
    assert_true(naive[CURVE - 1] < 0.95 * naive[0]);
    for (size_t l = 0; l < sizeof level / sizeof level[0]; l++) {
        if (!kernels_find(level[l]))
            continue;
        loss_curve(*state, level[l], vector);
        for (int i = 0; i < CURVE; i++)
            assert_near(vector[i] / naive[i], 1.0, 1e-5);
    }
}

/* --- clipping ------------------------------------------------------------ */

/* In one step of plain Adam with eps far above the gradient, the update is lr g / eps, so it
 * shows the length of the clipped gradient. */
static void clipping_limits_the_length_of_the_gradient(void **state)
{
    (void)state;
    struct trainer_config c = toy_config("none", "");
    c.optimizer.eps = 1e6;
    c.optimizer.lr = 1e6;
    c.optimizer.beta1 = 0.0;
    c.optimizer.clip = 0.125;
    struct trainer *t = open_trainer(&c);
    struct model *m = trainer_model(t);
    const size_t n = model_size(m);
    real *old = calloc(n, sizeof *old);
    memcpy(old, model_weights(m), n * sizeof *old);
    take_steps(t, 1);
    double squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double moved = (double)old[i] - (double)model_weights(m)[i];
        squares += moved * moved;
    }
    assert_near(sqrt(squares) / 0.125, 1.0, 1e-3);
    free(old);
    trainer_close(t);
}

#define EACH(stem, fn) {#stem "/" #fn, fn, NULL, NULL, (void *)#stem},

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(shards_change_the_gradient_by_rounding_only),
        cmocka_unit_test(sequences_do_not_see_each_other),
        cmocka_unit_test(evaluation_agrees_with_the_gradients_loss),
        cmocka_unit_test(a_batch_is_learnt_by_heart),
        cmocka_unit_test(a_loss_that_is_not_finite_leaves_the_weights),
        cmocka_unit_test(clipping_limits_the_length_of_the_gradient),
#define ENCODER(stem)                                            \
    EACH(stem, every_level_of_kernels_trains_like_the_naive_one) \
    EACH(stem, later_tokens_change_nothing_earlier)              \
    EACH(stem, logits_differ_from_no_encoder)
#include "encoder_list.inc"
    };
    return cmocka_run_group_tests_name("trainer", tests, NULL, NULL);
}
