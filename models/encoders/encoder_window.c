/* encoder_window.c -- attention only to the last tokens.
 *
 *     a[i][j] = softmax over the keys j with i - j < width,   0 elsewhere
 *
 * It is meant for some layers of a sum: {name: rope+window, window.layers: odd} has rope in
 * all layers and a window in every second one; {name: rope+window, rope.layers: odd,
 * window.layers: odd} has no encoding in layers without a window.
 *
 * Why: models of 2025 and 2026 interleave layers that see a window with layers that see
 * all, often without an encoding.
 *
 * Source: Yang et al. 2025, arXiv:2501.18795 (interleaved layers).
 * Check: logits 0, width 2: weights 1/2 at the query's own key and the one before. */
#include "window.h"

enum { WIDTH };

static const struct option options[] = {
    [WIDTH] = {.name = "width",
               .type = OPTION_INT,
               .lo = 0,
               .hi = 1048576,
               .dflt = 0,
               .help = "keys that a query sees, its own among them; 0: half as many as the "
                       "longest training sample has"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int half = (d->trained_length + 1) / 2;
    (void)e;
    if (o->v[WIDTH] == 0)
        o->v[WIDTH] = half;
    return ST_OK;
}

static int first_key(const struct encoder_view *e, const struct panel *p, int r)
{
    return window_first(p, r, (int)e->options->v[WIDTH]);
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

const struct encoder encoder_window = {
    .name = "window",
    .version = 1,
    .summary = "attention to the last tokens alone, for some layers of a sum",
    .source = "Yang et al. 2025, arXiv:2501.18795",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .takes_places = true,
    .weigh = weigh,
    .weigh_grad = weigh_grad,
};
