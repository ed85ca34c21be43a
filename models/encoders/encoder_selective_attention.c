/* encoder_selective_attention.c -- each token tells later ones which earlier keys to forget.
 *
 *     F[i][j] = sum_{t = j+1 .. i-1} relu(A0[t][j])      (0 for j = 0, with keep_first)
 *     logit[i][j] -= F[i][j]   in all heads,   j <= i
 *
 * A0 are the content logits alpha q.k of head 0, after any rotation of queries and keys. A
 * token does not mask itself and, with keep_first, does not mask the first token. It masks keys
 * only for tokens after it. There are no parameters: head 0 also attends as usual.
 *
 * Why: it is not a position encoding, but a useful part of a sum: outdated tokens are masked,
 * as in Flip-Flop, and the context gets shorter for all heads.
 *
 * A row needs all rows before it, so sums over the rows of a panel are carried to the next, and
 * the last layer computes all queries.
 *
 * Backward: dcarry[i][j] = -sum over heads of dlogit[i][j]; A0[t][j] > 0 gets dcarry of all i > t.
 *
 * Source: Leviathan et al. 2024, arXiv:2410.02703, section 3 and listing; x-transformers,
 * attend.py, selective_attn, is the same. Here A0 does not include the biases of a sum.
 * Check: all A0 of rows before i below 0: nothing changes. */
#include "encoder.h"

#include <string.h>

enum { KEEP_FIRST };

static const struct option options[] = {
    [KEEP_FIRST] = {.name = "keep_first",
                    .type = OPTION_BOOL,
                    .dflt = 1,
                    .help = "nothing masks the first token of a sequence"},
    {0},
};

/* Counts a maximum and a sum per pair, and a subtraction per pair and head. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return (d->heads + 2.0) * load->pairs;
}

static size_t carry(const struct encoder_dims *d, const struct option_values *o,
                    int columns)
{
    (void)d;
    (void)o;
    return (size_t)columns;
}

/* Scratch holds F of one row. */
static size_t mix_scratch(const struct encoder_dims *d, const struct option_values *o,
                          int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return (size_t)columns;
}

/* With keep_first the first token is never masked, so the logits depend on where it is. */
static unsigned invariances(const struct option_values *o)
{
    return o->v[KEEP_FIRST] != 0 ? 0 : INVARIANT_SHIFT;
}

static int first_key(const struct encoder_view *e)
{
    return e->options->v[KEEP_FIRST] != 0 ? 1 : 0;
}

static const real *content_of(const struct panel *p, int r)
{
    return p->content + (size_t)r * (size_t)p->stride;
}

/* F += relu(A0) of one row, for the keys before its own token. */
static void accumulate(const struct encoder_view *e, const struct panel *p, int r, real *F)
{
    const real *A = content_of(p, r);
    for (int j = first_key(e); j < p->row[r]; j++)
        F[j] += A[j] > 0 ? A[j] : 0;
}

static void pass_on(const struct encoder_view *e, const struct panel *p, real *to)
{
    for (int r = 0; r < p->rows; r++)
        accumulate(e, p, r, to);
}

static void mix(const struct encoder_view *e, const struct panel *p, real *F)
{
    memcpy(F, p->carry, (size_t)p->columns * sizeof *F);
    for (int r = 0; r < p->rows; r++) {
        for (int h = 0; h < e->dims->heads; h++) {
            real *s = p[h].score + (size_t)r * (size_t)p[h].stride;
            for (int j = 0; j <= p->row[r]; j++)
                s[j] -= F[j];
        }
        accumulate(e, p, r, F);
    }
}

/* dcarry -= dlogit of all heads, for one row. */
static void mask_grad(const struct encoder_view *e, const struct panel *p, int r,
                      real *dcarry)
{
    for (int h = 0; h < e->dims->heads; h++) {
        const real *ds = p[h].dscore + (size_t)r * (size_t)p[h].stride;
        for (int j = 0; j <= p->row[r]; j++)
            dcarry[j] -= ds[j];
    }
}

static void mix_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *dcarry = p->dcarry;
    (void)scratch;
    for (int r = p->rows - 1; r >= 0; r--) {
        const real *A = content_of(p, r);
        real *dcontent = p->dcontent + (size_t)r * (size_t)p->stride;
        for (int j = first_key(e); j < p->row[r]; j++)
            dcontent[j] += A[j] > 0 ? dcarry[j] : 0;
        mask_grad(e, p, r, dcarry);
    }
}

const struct encoder encoder_selective_attention = {
    .name = "selective_attention",
    .version = 1,
    .summary = "tokens mask earlier keys for later ones by what head 0 attends to",
    .source = "Leviathan et al. 2024, arXiv:2410.02703, section 3",
    .options = options,
    .invariances = invariances,
    .flops = flops,
    .mix_scratch = mix_scratch,
    .mix = mix,
    .mix_grad = mix_grad,
    .carry = carry,
    .pass_on = pass_on,
    .fades = true,
};
