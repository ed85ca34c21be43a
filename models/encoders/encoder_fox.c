/* encoder_fox.c -- forgetting attention: each token says how much of the past to forget.
 *
 *     f_t = sigma(w_h . x_t + b_h)                       one gate a head
 *     logit[i][j] += sum_{t=j+1..i} ln f_t,   j <= i     not multiplied by alpha
 *
 * x is what the layer's projections read. With all gates equal it is ALiBi of slope -ln f.
 *
 * The bias b starts at 0 as in the authors' code, which forgets half at each token. With
 * tau_max > 0 heads start with time constants tau spaced evenly in the logarithm from
 * tau_min to tau_max tokens: b = -ln(e^(1/tau) - 1), so f = e^(-1/tau) where w . x is 0; the
 * authors do so for gates without data, for the full gate it is ours.
 *
 * Why: the simplest contextual decay, and a strong baseline of language models.
 *
 * Backward: what logit[i][j] gets reaches every ln f_t with j < t <= i, so t gets the sum of
 * D_j = sum_i (dlogit[i][j] - [i = j] sum of row i) over j < t.
 *
 * Source: Lin et al. 2025, arXiv:2503.02130; authors' code. A public PaTH-FoX multiplies the sum
 * by alpha, as `scaled` does.
 * Check: gates 1/2: a slope of ln 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "between.h"
#include "token_gates.h"

enum { TAU_MIN, TAU_MAX, SCALED };
enum { GATE, BIAS }; /* tensors, as token_gates.h has them */

static const struct option options[] = {
    [TAU_MIN] = {.name = "tau_min",
                 .type = OPTION_REAL,
                 .lo = 0.01,
                 .hi = 1e6,
                 .dflt = 1,
                 .help = "shortest time constant at the start, in tokens; needs tau_max"},
    [TAU_MAX] = {.name = "tau_max",
                 .type = OPTION_REAL,
                 .lo = 0,
                 .hi = 1e6,
                 .dflt = 0,
                 .help = "longest time constant at the start; 0: biases start at 0"},
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
    if (o->v[TAU_MAX] > 0 && o->v[TAU_MAX] < o->v[TAU_MIN])
        return err_set(e, ST_CONFIG,
                       "fox: tau_max %g is below tau_min %g; set tau_min lower or tau_max "
                       "to 0",
                       o->v[TAU_MAX], o->v[TAU_MIN]);
    return ST_OK;
}

/* Gates of each token, and an addition a pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return token_gates_flops(d, load->tokens) + d->heads * load->pairs;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const double least = log(o->v[TAU_MIN]), most = log(o->v[TAU_MAX]);
    for (int h = 0; tensor == BIAS && o->v[TAU_MAX] > 0 && h < d->heads; h++) {
        const double share = d->heads > 1 ? h / (d->heads - 1.0) : 1.0;
        w[h] = (real)-log(expm1(1.0 / exp(least + share * (most - least))));
    }
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
    between_sums(p, p->head, scratch);
    for (int r = 0; r < p->rows; r++)
        between_add(p, r, factor(e, p), scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    memset(scratch, 0, (size_t)p->columns * sizeof *scratch);
    for (int r = 0; r < p->rows; r++)
        between_add_grad(p, r, factor(e, p), scratch);
    between_sums_grad(p, p->head, scratch);
}

/* How much of key j the query still has: of all gates between, and the gate of the key. */
enum { FORGET, KEPT };
static const char *const planes[] = {[FORGET] = "forget", [KEPT] = "kept", NULL};

static void inspect(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++) {
        real *to = out.at + (size_t)r * (size_t)out.stride;
        real sum = 0;
        for (int j = p->row[r]; j >= 0; j--) {
            const real gate = p->state.at[(size_t)j * (size_t)p->state.stride + p->head];
            to[j] = (real)exp((double)(plane == FORGET ? gate : factor(e, p) * sum));
            sum += gate;
        }
    }
}

const struct encoder encoder_fox = {
    .name = "fox",
    .version = 1,
    .summary = "forgetting attention: gates of the tokens between make keys fade",
    .source = "Lin et al. 2025, arXiv:2503.02130",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
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
    .planes = planes,
    .inspect = inspect,
};
