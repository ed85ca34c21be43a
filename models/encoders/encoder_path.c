/* encoder_path.c -- a reflection for each token between key and query (PaTH attention).
 *
 *     H_t = I - beta_t w_t w_t^T,   beta_t = 2 sigma(u . x_t + b) in (0, 2),   |w_t| = 1
 *     logit[i][j] = alpha k_j^T H_{j+1} ... H_i q_i,   j <= i
 *     w_t = y_t / |y_t|,   y = silu(conv(W2 W1 x)) of each head
 *
 * x is what the layer's projections read, W2 W1 a map of low rank, conv a causal
 * convolution of each channel over `conv` tokens (0: none, and then no silu). beta = 0
 * changes nothing, 1 removes the direction w, 2 reflects it.
 *
 * Why: it can track the state of an automaton; it solves Flip-Flop in one layer.
 *
 * beta_start is the start of b. At 0, as in public code, every H starts as a projection that
 * removes w; at -4 it starts near no encoding, at 4 near reflections.
 *
 * Source: Yang et al. 2025, arXiv:2505.16381v2, section 2.2, and the authors' code.
 * Check: w = (1, 0, ...), beta = 2: each token between turns the sign of channel 0. */
#include "encoder.h"

#include "path_walk.h"

static const struct option options[] = {
    PATH_OPTIONS,
    {0},
};

const struct encoder encoder_path = {
    .name = "path",
    .version = 1,
    .summary = "reflections made of the tokens between stand between query and key",
    .source = "Yang et al. 2025, arXiv:2505.16381v2, section 2.2",
    .options = options,
    .invariances = invariant_to_shift,
    .once = ONCE_TURN,
    .flops = path_flops,
    .tensors = path_tensors,
    .start = path_start,
    .state = path_state,
    .read_scratch = path_read_scratch,
    .read = path_read,
    .read_grad = path_read_grad,
    .scratch = path_scratch,
    .content = path_content,
    .content_grad = path_content_grad,
};
