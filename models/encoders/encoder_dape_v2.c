/* encoder_dape_v2.c -- dape whose network sees a few keys at a time, around each key.
 *
 *     l = A + B + conv2(leaky(conv1([A, B])))       at each query, along its keys
 *
 * A [heads] are the content logits alpha q.k of all heads, B [heads] what the other parts of the
 * sum add to them. conv1 maps 2 heads numbers to `width`, conv2 these to heads, each over
 * `kernel` keys centred on the key itself, with biases; leaky(z) is z or, below 0, z / 100.
 * conv1 reads 0 for keys that the query does not see, conv2 reads 0 before the first key.
 * One network per layer. Use it in a sum: {name: alibi+dape_v2}; alone, B is 0.
 *
 * Why: neighbours tell more about a key than its own logit; ahead of dape in its authors'
 * tables, at `kernel` times the cost.
 *
 * Pitfall: conv2 also reads conv1's output at keys just past the query, which depends on the
 * last visible logits. Here every row does so. In the authors' code every row does except the
 * last of a sequence, which has no further columns.
 *
 * Source: Zheng et al. 2024, arXiv:2410.04798, and the authors' code
 * (megatron/model/positional_embeddings.py, class Alibi_DAPEV2).
 * Check: kernel 1: dape with the same weights. */
#include "dape_network.h"

static const struct option options[] = {
    DAPE_WIDTH_OPTION,
    [DAPE_KERNEL] = {.name = "kernel",
                     .type = OPTION_INT,
                     .lo = 1,
                     .hi = 31,
                     .dflt = 3,
                     .help = "keys that each convolution looks at, an odd number"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)d;
    if ((int)o->v[DAPE_KERNEL] % 2 == 1)
        return ST_OK;
    return err_set(e, ST_CONFIG,
                   "dape_v2: a kernel of %d keys has none in its middle; set kernel to an "
                   "odd number",
                   (int)o->v[DAPE_KERNEL]);
}

/* A kernel of several keys sees the zeros before the first key, and so its place. */
static unsigned invariances(const struct option_values *o)
{
    return dape_kernel(o) == 1 ? INVARIANT_SHIFT | INVARIANT_ORDER : 0;
}

const struct encoder encoder_dape_v2 = {
    .name = "dape_v2",
    .version = 2,
    .summary = "convolutions over heads and keys correct the logits, for a sum with a bias",
    .source = "Zheng et al. 2024, arXiv:2410.04798, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariances,
    DAPE_HOOKS,
};
