/* model_gradients.h -- compares every gradient of a whole model, in double, with central
 * differences.
 *
 * Step 1e-7 in double leaves an error of about 1e-9 from rounding and 1e-14 from
 * curvature; the tolerance is 1e-7. Weights are drawn so that no ReLU or contextual
 * position lies within a step of a kink.
 *
 * Include it after cmocka.h, in a test that links models_double. */
#ifndef MODEL_GRADIENTS_H
#define MODEL_GRADIENTS_H

#include <stdlib.h>

#include "approx.h"
#include "toy.h"

#define STEP      1e-7
#define TOLERANCE 1e-7

static inline double loss_at(struct trainer *t, const struct batch *b, double *room)
{
    return trainer_gradient(t, 3, b, room);
}

/* Compares every `stride`-th weight of each tensor. */
static inline void check_gradient_on(const struct trainer_config *c,
                                     const struct batch *batch, size_t stride)
{
    struct err e;
    struct trainer *t;
    if (trainer_open(c, &t, &e))
        fail_msg("%s", e.msg);
    struct model *m = trainer_model(t);
    const struct batch b = *batch;
    const size_t n = model_size(m);
    double *grad = calloc(n, sizeof *grad), *room = calloc(n, sizeof *room);
    double *w = model_weights(m);
    assert_non_null(grad);
    assert_non_null(room);
    toy_shake(m, 6);
    trainer_gradient(t, 3, &b, grad);
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *x = model_tensor(m, i);
        for (size_t k = x->offset; k < x->offset + (size_t)(x->rows * x->columns);
             k += stride) {
            const double old = w[k];
            w[k] = old + STEP;
            const double up = loss_at(t, &b, room);
            w[k] = old - STEP;
            const double down = loss_at(t, &b, room);
            w[k] = old;
            assert_near_at(grad[k], (up - down) / (2 * STEP), TOLERANCE, x->name, __FILE__,
                           __LINE__);
        }
    }
    free(grad);
    free(room);
    trainer_close(t);
}

/* Sanitizers check memory, not numbers, and take six times as long: they compare every
 * seventh weight, all other builds every weight. */
#ifdef __SANITIZE_ADDRESS__
enum { EVERY_WEIGHT = 7 };
#else
enum { EVERY_WEIGHT = 1 };
#endif

static inline void check_gradient(const struct trainer_config *c)
{
    const struct batch b = toy_batch();
    check_gradient_on(c, &b, EVERY_WEIGHT);
}

#endif
