/* encoder_alibi.c -- attention falls off linearly with distance, faster in some heads.
 *
 *     logit[i][j] -= m_h (i - j),   j <= i
 *
 * P is the largest power of two up to the number of heads H. Heads h = 1..P have the slope
 * 2^(-8h/P); the other H - P have every second slope of 2P heads, 2^(-8(2k+1)/(2P)), k = 0,
 * 1, ..., behind them, so slopes are not sorted. The bias is not multiplied by alpha.
 *
 * Why: the baseline of length extrapolation. It has no parameters and goes on for ever, but
 * what is far is all but invisible to the steep heads.
 *
 * With `learned` each slope is multiplied by a learned number that starts at 1. Slopes that
 * training bent do not extrapolate, says the paper.
 *
 * Source: Press, Smith and Lewis 2021, arXiv:2108.12409v2, section 3; slopes of other
 * numbers of heads from the authors' code. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { LEARNED };

static const struct option options[] = {
    [LEARNED] = {.name = "learned",
                 .type = OPTION_BOOL,
                 .dflt = 0,
                 .help = "learn a factor of each head's slope, from 1"},
    {0},
};

/* `head` from 0. */
static double slope(int heads, int head)
{
    int power = 1;
    while (2 * power <= heads)
        power *= 2;
    if (head < power)
        return exp2(-8.0 * (head + 1) / power);
    return exp2(-8.0 * (2 * (head - power) + 1) / (2 * power));
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){
        .name = "factor", .rows = 1, .columns = d->heads, .init = INIT_ONE};
    return o->v[LEARNED] != 0;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real m = (real)slope(e->dims->heads, p->head);
    if (e->options->v[LEARNED] != 0)
        m *= e->weight[0][p->head];
    for (int i = 0; i < p->columns; i++)
        scratch[i] = -m * (real)(p->columns - 1 - i);
    distance_bias_add(p, scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real sum = 0;
    if (e->options->v[LEARNED] == 0)
        return;
    distance_bias_grad(p, scratch);
    for (int i = 0; i < p->columns; i++)
        sum += scratch[i] * (real)(p->columns - 1 - i);
    e->grad[0][p->head] -= (real)slope(e->dims->heads, p->head) * sum;
}

const struct encoder encoder_alibi = {
    .name = "alibi",
    .version = 1,
    .summary = "logits fall linearly with distance, at a slope of each head's own",
    .source = "Press et al. 2021, arXiv:2108.12409v2, section 3",
    .options = options,
    .tensors = tensors,
    .scratch = distance_bias_scratch,
    .score = score,
    .score_grad = score_grad,
};
