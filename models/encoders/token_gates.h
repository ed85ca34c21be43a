/* token_gates.h -- hooks that compute ln sigma(w_h . x_t + b_h) of each token and head.
 *
 * For encoders whose tensors 0 and 1 are the gates' weights [H, C] and biases [1, H], and
 * whose state is the H logarithms. */
#ifndef TOKEN_GATES_H
#define TOKEN_GATES_H

#include <math.h>

#include "encoder.h"
#include "log_sigmoid.h"
#include "token_linear.h"

static inline int token_gates_tensors(const struct encoder_dims *d,
                                      const struct option_values *o,
                                      struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int C = d->heads * d->head_dim;
    (void)o;
    out[0] = (struct tensor_spec){.name = "gate.weight",
                                  .rows = d->heads,
                                  .columns = C,
                                  .init = INIT_UNIFORM,
                                  .scale = 1.0 / sqrt(C),
                                  .decay = true,
                                  .per_layer = true};
    out[1] = (struct tensor_spec){
        .name = "gate.bias", .rows = 1, .columns = d->heads, .per_layer = true};
    return 2;
}

static inline int token_gates_state(const struct encoder_dims *d,
                                    const struct option_values *o)
{
    (void)o;
    return d->heads;
}

/* Room holds the transposed weights and a row for log_sigmoid; in the adjoint dz [T, heads]. */
static inline size_t token_gates_scratch(const struct encoder_dims *d,
                                         const struct option_values *o, int T)
{
    (void)o;
    return token_linear_room(d->heads * d->head_dim, d->heads) +
           (size_t)T * (size_t)d->heads + (size_t)d->heads;
}

static inline void token_gates_read(const struct encoder_view *e, const struct tokens *t,
                                    real *room)
{
    const int H = e->dims->heads, C = H * e->dims->head_dim;
    real *row = room + token_linear_room(C, H);
    token_linear(t->count, C, H, t->x, e->weight[0], e->weight[1], room, t->state);
    for (int i = 0; i < t->count; i++) {
        real *gate = t->state.at + (size_t)i * (size_t)t->state.stride;
        log_sigmoid(H, gate, row, gate);
    }
}

/* d ln sigma(z) / dz = 1 - sigma(z). */
static inline void token_gates_read_grad(const struct encoder_view *e,
                                         const struct tokens *t, real *room)
{
    const int H = e->dims->heads, C = H * e->dims->head_dim;
    const struct rows dz = {room, H};
    for (int i = 0; i < t->count; i++)
        for (int h = 0; h < H; h++) {
            const size_t at = (size_t)i * (size_t)t->state.stride + (size_t)h;
            const size_t dat = (size_t)i * (size_t)t->dstate.stride + (size_t)h;
            dz.at[i * H + h] = t->dstate.at[dat] * -(real)expm1((double)t->state.at[at]);
        }
    token_linear_grad(t->count, C, H, t->x, e->weight[0], dz, t->dx, e->grad[0]);
    token_bias_grad(t->count, H, dz, e->grad[1]);
}

/* Returns the forward operations of the gates of all tokens. */
static inline double token_gates_flops(const struct encoder_dims *d, int tokens)
{
    return 2.0 * d->heads * d->heads * d->head_dim * tokens;
}

#endif
