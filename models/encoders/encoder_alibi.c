/* encoder_alibi.c -- a penalty that grows with distance, steeper in some heads.
 *
 *     logit[i][j] -= m_h (i - j),   j <= i
 *
 * P is the largest power of two that is at most H: m_h = 2^(-8h/P) for heads h = 1..P,
 * and the other H - P heads take every second slope of the set for 2P heads,
 * 2^(-8(2k + 1)/(2P)), k = 0, 1, ... These come last, so slopes are not in order.
 *
 * Slopes are fixed, or (slopes: learned) one number per head for all layers, which starts
 * at the fixed slope and may change its sign. The paper tried that and found it no better.
 *
 * Why: the encoding known for working past the trained length, mostly because it makes
 * attention local.
 *
 * Source: Press et al. 2022, arXiv:2108.12409v2, section 3; slopes of other numbers of
 * heads from the authors' code, which adds m_h j: the same after the softmax.
 * Check: H 2: slopes 1/16, 1/256. */
#include "encoder.h"

#include "alibi_slope.h"

enum { SLOPES };
enum { SLOPES_FIXED, SLOPES_LEARNED };

static const char *const slopes_choices[] = {
    [SLOPES_FIXED] = "fixed",
    [SLOPES_LEARNED] = "learned",
    NULL,
};

static const struct option options[] = {
    [SLOPES] = {.name = "slopes",
                .type = OPTION_CHOICE,
                .dflt = SLOPES_FIXED,
                .choices = slopes_choices,
                .help = "the paper's slopes, or a learned one for each head"},
    {0},
};

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return 2.0 * d->heads * load->pairs;
}

static bool learned(const struct option_values *o)
{
    return o->v[SLOPES] == SLOPES_LEARNED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){.name = "slopes", .rows = 1, .columns = d->heads};
    return learned(o) ? 1 : 0;
}

static void fill_slopes(const struct encoder_dims *d, const struct option_values *o,
                        real *m)
{
    (void)o;
    for (int h = 0; h < d->heads; h++)
        m[h] = (real)alibi_slope(h, d->heads);
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    (void)tensor;
    fill_slopes(d, o, w);
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->heads;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real m = (learned(e->options) ? e->weight[0] : e->constants)[p->head];
    (void)scratch;
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        const int i = p->row[r], place = p->place[i];
        for (int j = 0; j <= i; j++)
            s[j] -= m * (real)(place - p->place[j]);
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)scratch;
    for (int r = 0; learned(e->options) && r < p->rows; r++) {
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        const int i = p->row[r], place = p->place[i];
        for (int j = 0; j <= i; j++)
            e->grad[0][p->head] -= ds[j] * (real)(place - p->place[j]);
    }
}

const struct encoder encoder_alibi = {
    .name = "alibi",
    .version = 1,
    .summary = "a penalty in proportion to the distance, its slope set by the head",
    .source = "Press et al. 2022, arXiv:2108.12409v2, section 3",
    .options = options,
    .invariances = invariant_to_shift,
    .once = ONCE_SLOPE,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .constants = constants,
    .fill_constants = fill_slopes,
    .takes_places = true,
    .score = score,
    .fades = true,
    .score_grad = score_grad,
};
