/* encoder_fox.c -- forgetting attention: each token says how much of the past to forget.
 *
 *     f_t = sigma(w_h . x_t + b_h)                       one gate a head
 *     logit[i][j] += sum_{t=j+1..i} ln f_t,   j <= i     not multiplied by alpha
 *
 * x is what the layer's projections read. With all gates equal it is ALiBi of slope -ln f.
 *
 * The bias b starts at 0 as in the authors' code, so each token forgets half. With
 * tau_max > 0 heads start with time constants tau spaced evenly in the logarithm from
 * tau_min to tau_max tokens: b = -ln(e^(1/tau) - 1), so f = e^(-1/tau) where w . x is 0. The
 * authors do so for gates that do not depend on data; doing it for the full gate is our choice.
 *
 * Why: the simplest contextual decay, and a strong baseline of language models.
 *
 * Backward: the gradient of logit[i][j] goes to every ln f_t with j < t <= i, so ln f_t gets the
 * sum over j < t of D_j = sum_i (dlogit[i][j] - [i = j] sum of row i).
 *
 * Source: Lin et al. 2025, arXiv:2503.02130; authors' code. A public PaTH-FoX multiplies the sum
 * by alpha, as `scaled` does.
 * Check: gates 1/2: a slope of ln 2. */
#include "encoder.h"

#include "forget.h"

enum { TAU_MIN, TAU_MAX, SCALED };
enum { GATE, BIAS }; /* tensors, in the order of token_gates.h */

static const struct option options[] = {
    FORGET_OPTIONS(TAU_MIN, TAU_MAX),
    [SCALED] = {.name = "scaled",
                .type = OPTION_BOOL,
                .dflt = 0,
                .help = "divide the sum of gates by sqrt(d) like content logits"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)d;
    return forget_check("fox", o->v[TAU_MIN], o->v[TAU_MAX], e);
}

/* Counts the gates of each token, and an addition per pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return token_gates_flops(d, load->tokens) + d->heads * load->pairs;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    if (tensor == BIAS)
        forget_start(d->heads, o->v[TAU_MIN], o->v[TAU_MAX], w);
}

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return (size_t)columns;
}

static real factor(const struct encoder_view *e, const struct panel *p)
{
    return e->options->v[SCALED] != 0 ? p->alpha : 1;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    forget_score(p, p->head, factor(e, p), scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    forget_score_grad(p, p->head, factor(e, p), scratch);
}

static void inspect(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out)
{
    (void)scratch;
    forget_inspect(p, p->head, factor(e, p), plane, out);
}

const struct encoder encoder_fox = {
    .name = "fox",
    .version = 1,
    .summary = "forgetting attention: gates of the tokens between make keys fade",
    .source = "Lin et al. 2025, arXiv:2503.02130",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .once = ONCE_FORGET,
    .flops = flops,
    .tensors = token_gates_tensors,
    .start = start,
    .state = token_gates_state,
    .read_scratch = token_gates_scratch,
    .read = token_gates_read,
    .read_grad = token_gates_read_grad,
    .scratch = scratch_size,
    .score = score,
    .fades = true,
    .score_grad = score_grad,
    .planes = forget_planes,
    .inspect = inspect,
};
