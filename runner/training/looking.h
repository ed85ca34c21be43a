/* looking.h -- records what a trained model's attention does with a sequence, plane by plane.
 *
 * A plane has a number for each query and visible key of each head of each layer:
 *     attention           the weights
 *     position_attention  the softmax of what the encoders add to the logits alone (the CoPE
 *                         paper's Figure 4); NaN where they add nothing
 * and those that the encoders name (encoder.planes), NaN where one does not act. */
#ifndef LOOKING_H
#define LOOKING_H

#include "sampling.h"

enum {
    LOOK_ATTENTION,
    LOOK_POSITION_ATTENTION,
    LOOK_OWN,
    LOOK_PLANES = LOOK_OWN + PROBE_PLANES
};

struct looking {
    int layers, heads, tokens, planes;
    struct probe_plane own[PROBE_PLANES]; /* [planes - LOOK_OWN] */
    real *at;   /* [layers, heads, planes, tokens, tokens]; NaN where no key is visible */
    real *room; /* of attention_probe */
    struct look_logits {
        double content, added; /* sums over visible pairs of |logit| */
        int64_t pairs;         /* 0: the encoders add nothing in this layer */
    } * logits;                /* [layers, heads] */
};

/* Allocates room for sequences of up to `longest` tokens. The caller frees *out, also after an
 * error. */
enum status looking_open(const struct run_spec *r, int longest, struct looking *out,
                         struct err *e);
void looking_close(struct looking *x); /* accepts a zeroed struct */

const char *looking_name(const struct looking *x, int plane);
/* Returns the plane with the first of these names that it has (NULL ends them); "gate" also finds
 * "cope.gate". -1: none. */
int looking_find(const struct looking *x, const char *const *names);
/* Returns the plane [tokens, tokens] of the sequence that was evaluated last. */
const real *looking_plane(const struct looking *x, int layer, int head, int plane);

/* Evaluates the only sequence of a batch; its targets are not used. */
enum status looking_at(struct trainer *t, const struct batch *one, struct looking *x,
                       struct err *e);

/* Means over the visible pairs of all added sequences, where there is a number. entropy: of the
 * weights of a query, in nats. logits: the mean size of what encoders add, relative to the logits
 * of content. */
struct look_sum {
    double sum[LOOK_PLANES], entropy[LOOK_OWN];
    int64_t pairs[LOOK_PLANES], queries[LOOK_OWN];
    struct look_logits logits;
};
/* Adds to sums[layers * heads], layer by layer. */
void looking_add(const struct looking *x, struct look_sum *sums);

#endif
