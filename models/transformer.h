/* transformer.h -- forward and backward of one micro-batch.
 *
 * A micro-batch is a few whole sequences laid end to end, small enough for a core's
 * cache; there is no padding. N rows (tokens), M targets. The last layer computes
 * queries, feed-forward and output at the M target rows only.
 *
 * Forward keeps for backward, per layer: the block's input, queries, keys and values,
 * attention's output, the sum after attention and the feed-forward's pre-activation.
 * Norms, activations and attention weights are computed again. Logits exist for one block of
 * targets at a time, until their gradient is used, so no memory is [M, V] where V is large. */
#ifndef TRANSFORMER_H
#define TRANSFORMER_H

#include "attention.h"

struct micro_batch {
    int sequences;
    const int *start;      /* [sequences + 1] rows of the whole batch */
    const int32_t *token;  /* the whole batch's; this part starts at start[0] */
    const int32_t *target; /* likewise; -1 where nothing is predicted */
    int first;             /* sequence of the whole batch that start[0] belongs to */
};

/* Which rows of the micro-batch a layer computes queries for. */
struct queries {
    int count;
    const int *row;      /* [count] row in the micro-batch */
    const int *position; /* [count] which token of its sequence */
    const int *place;    /* [count] that token's place, as the encoder chose it */
    const int *start;    /* [sequences + 1] queries of each sequence */
};

struct layer_work {
    real *x;          /* [N, C] input of the block */
    real *q, *kv, *o; /* [M, C], [N, key_value.out], [M, C] */
    real *state;      /* [N, state_width] the encoders' state of each token */
    real *mid;        /* [M, C] sum after attention, before a post-norm */
    real *ff;         /* [M, F] before the activation */
    real *sum;        /* [M, C] post-norm only: sum after the feed-forward */
    real *lse;        /* [H, N] */
    real *stats_attention, *stats_ff; /* [N, 2] of the two norms */
};

/* Both values affect the order of sums, and so the bits of results (measurements:
 * docs/PERFORMANCE.md). FF_ROWS: rows of the feed-forward's wide temporaries; fewer are slower,
 * all rows of a long sequence are no faster and take more memory. SMALL_WEIGHTS: numbers of a
 * layer's weights, 96 KiB, up to which BLAS is not used, since they stay in the cache; a larger
 * bound made a step only 1 to 2 % faster. The bound itself is chosen. */
enum { FF_ROWS = 512, SMALL_WEIGHTS = 24576 };

/* Work memory of one thread, for up to `rows` tokens. */
struct pass_work {
    int rows, output_rows;    /* output_rows: targets whose logits exist at a time */
    struct layer_work *layer; /* [layers] */
    real *last;               /* [M, C] output of the last block */
    real *stats_final;        /* [M, 2] */
    const real *source;       /* [M, C] input of the output layer: last or normed */
    real *logits; /* [output_rows, V] logits of a block of targets, then their gradient */
    real *normed, *picked, *d_out, *d_in, *d_mid, *d_branch, *dq; /* [N, C] */
    real *wide, *d_wide;                                          /* [N, F] */
    real *dkv;                                                    /* [N, widest kv] */
    real *dstate;                                                 /* [N, state_width] */
    real *room;                          /* for the encoders' read */
    real *turned;                        /* small weights, transposed */
    int *row, *position, *place, *start; /* of all rows */
    int *target_row, *target_position, *target_place, *target_start; /* with a target */
    struct queries all, targets;
    struct panel_work panel;
};

size_t pass_work_bytes(const struct model *m, int rows, int sequences);
void pass_work_take(const struct model *m, int rows, int sequences, struct arena *a,
                    struct pass_work *out);

struct pass {
    const struct model *model;
    const struct micro_batch *batch;
    const struct dropout_step *dropout; /* p = 0 in evaluation */
    struct pass_work *work;
    struct placing_key places;
};

/* Runs all layers; returns how many targets there are. */
int transformer_forward(const struct pass *p);

/* Writes logits [targets, V]; to be called after transformer_forward. */
void transformer_logits(const struct pass *p, real *logits);

/* Returns the sum of the losses in nats. loss and best (may be NULL) are indexed by rows of the
 * whole batch. grad (may be NULL) is the flat gradient vector: the output layer adds its part,
 * times `scale`, and leaves the gradient that transformer_backward begins with. */
double transformer_loss(const struct pass *p, double scale, float *loss, int32_t *best,
                        real *grad);

/* Adds the gradients of all other layers to `grad`; to be called after transformer_loss. */
void transformer_backward(const struct pass *p, real *grad);

#endif
