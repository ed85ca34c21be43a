/* encoder_hard_alibi.c -- some heads see only the last few tokens, the others see all.
 *
 *     a[i][j] = softmax over the keys j with i - j <= h,   0 elsewhere,   head h < M
 *     a[i][j] = softmax over all keys j <= i,                             head h >= M
 *
 * with heads from 0: head 0 sees its own token, head 1 also the one before, and so on.
 *
 * Why: an upper bound for copying by n-grams. A task that it solves can be solved by looking up
 * the last M tokens; M heads suffice for a lookup of M tokens at any length.
 *
 * The mask limits the sum instead of setting logits to -infinity, so weights outside are
 * exactly 0. Nothing is learned, and heads from M on get no positions. M is by default half of
 * the heads, as in the source (8 of 16); a model of one head has no window.
 *
 * Source: Jelassi et al. 2024, arXiv:2402.01032, and the authors' code.
 * Check: logits 0, head 1, row 5: weights 1/2 at keys 4 and 5. */
#include "window.h"

enum { WINDOWS };

static const struct option options[] = {
    [WINDOWS] = {.name = "windows",
                 .type = OPTION_INT,
                 .lo = 0,
                 .hi = 1024,
                 .dflt = 0,
                 .help = "M: heads with a window, of 1, 2, ... M tokens; 0: half of them"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int half = d->heads / 2;
    if (o->v[WINDOWS] == 0)
        o->v[WINDOWS] = half;
    if (o->v[WINDOWS] > d->heads)
        return err_set(e, ST_CONFIG,
                       "hard_alibi: %g heads with a window of %d heads; set windows to at "
                       "most that, or to 0",
                       o->v[WINDOWS], d->heads);
    return ST_OK;
}

/* Returns the first key that a row sees. */
static int first_key(const struct encoder_view *e, const struct panel *p, int r)
{
    return p->head < (int)e->options->v[WINDOWS] ? window_first(p, r, p->head + 1) : 0;
}

static void weigh(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        window_weigh(p, r, first_key(e, p, r));
}

static void weigh_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        window_weigh_grad(p, r, first_key(e, p, r));
}

const struct encoder encoder_hard_alibi = {
    .name = "hard_alibi",
    .version = 1,
    .summary = "a window of 1, 2, 3, ... tokens in half of the heads, none in the others",
    .source = "Jelassi et al. 2024, arXiv:2402.01032, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .takes_places = true,
    .weigh = weigh,
    .weigh_grad = weigh_grad,
};
