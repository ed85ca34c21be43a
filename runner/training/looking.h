/* looking.h -- what a trained model's attention does with a sequence, plane by plane.
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
    real *room; /* of the probe */
    struct look_logits {
        double content, added; /* sums over visible pairs of |logit| */
        int64_t pairs;         /* 0: the encoders add nothing in this layer */
    } * logits;                /* [layers, heads] */
};

/* For sequences of up to `longest` tokens. *out is the caller's, filled or not. */
enum status looking_open(const struct run_spec *r, int longest, struct looking *out,
                         struct err *e);
void looking_close(struct looking *x); /* accepts a zeroed struct */

const char *looking_name(const struct looking *x, int plane);
/* The plane that has the first of these names (NULL behind the last), "gate" and "cope.gate"
 * alike; -1: it has none of them. */
int looking_find(const struct looking *x, const char *const *names);
/* [tokens, tokens] of the sequence that was looked at last. */
const real *looking_plane(const struct looking *x, int layer, int head, int plane);

/* Looks at the only sequence of a batch; its targets are not asked for. */
enum status looking_at(struct trainer *t, const struct batch *one, struct looking *x,
                       struct err *e);

/* Means over the visible pairs of all sequences that were added, where there is a number;
 * entropy: of the weights of a query, in nats; logits: the mean size of what encoders add
 * against that of the logits of content. */
struct look_sum {
    double sum[LOOK_PLANES], entropy[LOOK_OWN];
    int64_t pairs[LOOK_PLANES], queries[LOOK_OWN];
    struct look_logits logits;
};
/* One for each layer and head, layer by layer. */
void looking_add(const struct looking *x, struct look_sum *sums);

#endif
