/* encoder_none.c -- no position encoding.
 *
 *     logit[i][j] = alpha q_i . k_j,  j <= i
 *
 * Only the causal mask tells positions apart: the first token sees one key, the tenth sees
 * ten. Why: the baseline of every other encoder, and sometimes a good one on small
 * algorithmic tasks.
 *
 * Source: Haviv et al. 2022, arXiv:2203.16634; Kazemnejad et al. 2023, arXiv:2305.19466. */
#include "encoder.h"

static unsigned invariances(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT | INVARIANT_ORDER;
}

const struct encoder encoder_none = {
    .name = "none",
    .version = 1,
    .summary = "no position encoding: the causal mask alone orders the tokens",
    .source = "Kazemnejad et al. 2023, arXiv:2305.19466 (NoPE)",
    .invariances = invariances,
};
