/* encoder_dape.c -- a small network looks at the logits of all heads and corrects them.
 *
 *     l = A + B + W2 leaky(W1 [A, B] + b1) + b2       at each query and key
 *
 * A [heads] are the content logits alpha q.k of all heads, B [heads] what the other parts
 * of the sum add to them; W1 [width, 2 heads], W2 [heads, width]; leaky(z) is z or, below
 * 0, z / 100. One network a layer. Use it in a sum: {name: alibi+dape}; alone, B is 0.
 *
 * Why: it makes a static bias depend on content; strong past the trained length.
 *
 * Source: Zheng et al. 2024, arXiv:2405.14722, and the authors' code (version 1; the
 * convolutions of version 2 are dape_v2's).
 * Check: W2 = 0, b2 = 0: the sum without dape. */
#include "dape_network.h"

static const struct option options[] = {
    DAPE_WIDTH_OPTION,
    {0},
};

/* Without other parts the network sees each key alone, independent of its place. */
static unsigned invariances(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT | INVARIANT_ORDER;
}

const struct encoder encoder_dape = {
    .name = "dape",
    .version = 1,
    .summary = "a network corrects the logits of all heads, for a sum with a bias",
    .source = "Zheng et al. 2024, arXiv:2405.14722, and the authors' code",
    .options = options,
    .invariances = invariances,
    DAPE_HOOKS,
};
