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

#include "log_sigmoid.h"
#include "token_linear.h"

enum { TAU_MIN, TAU_MAX, SCALED };
enum { GATE, BIAS }; /* tensors */

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

static unsigned invariances(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT;
}

static int channels(const struct encoder_dims *d)
{
    return d->heads * d->head_dim;
}

/* Gates of each token, and an addition a pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return d->heads * (2.0 * channels(d) * load->tokens + load->pairs);
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    (void)o;
    out[GATE] = (struct tensor_spec){.name = "gate.weight",
                                     .rows = d->heads,
                                     .columns = channels(d),
                                     .init = INIT_UNIFORM,
                                     .scale = 1.0 / sqrt(channels(d)),
                                     .decay = true,
                                     .per_layer = true};
    out[BIAS] = (struct tensor_spec){
        .name = "gate.bias", .rows = 1, .columns = d->heads, .per_layer = true};
    return 2;
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

/* ln f of each head. */
static int state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return d->heads;
}

/* Of the weights turned, and of two rows of gates. */
static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    (void)o;
    return token_linear_room(channels(d), d->heads) + (size_t)T * (size_t)d->heads +
           (size_t)d->heads;
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int H = e->dims->heads, C = channels(e->dims);
    real *row = room + token_linear_room(C, H);
    token_linear(t->count, C, H, t->x, e->weight[GATE], e->weight[BIAS], room, t->state);
    for (int i = 0; i < t->count; i++) {
        real *gate = t->state.at + (size_t)i * (size_t)t->state.stride;
        log_sigmoid(H, gate, row, gate);
    }
}

/* d ln f / dz = 1 - f. */
static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int H = e->dims->heads;
    const struct rows dz = {room, H};
    for (int i = 0; i < t->count; i++)
        for (int h = 0; h < H; h++) {
            const size_t at = (size_t)i * (size_t)t->state.stride + (size_t)h;
            const size_t dat = (size_t)i * (size_t)t->dstate.stride + (size_t)h;
            dz.at[i * H + h] = t->dstate.at[dat] * -(real)expm1((double)t->state.at[at]);
        }
    token_linear_grad(t->count, channels(e->dims), H, t->x, e->weight[GATE], dz, t->dx,
                      e->grad[GATE]);
    token_bias_grad(t->count, H, dz, e->grad[BIAS]);
}

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return (size_t)columns;
}

/* c[j] = ln f_{j+1} + ... up to the panel's first query, and minus what lies behind it: sums
 * stay short where keys are near, so that no digits are lost. c[j] - c[i] is the logit. */
static void sum_gates(const struct panel *p, real *c)
{
    const int middle = p->row[0];
    const real *gate = p->state.at + p->head;
    const size_t step = (size_t)p->state.stride;
    c[middle] = 0;
    for (int j = middle - 1; j >= 0; j--)
        c[j] = c[j + 1] + gate[(size_t)(j + 1) * step];
    for (int j = middle + 1; j < p->columns; j++)
        c[j] = c[j - 1] - gate[(size_t)j * step];
}

static real factor(const struct encoder_view *e, const struct panel *p)
{
    return e->options->v[SCALED] != 0 ? p->alpha : 1;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real by = factor(e, p);
    sum_gates(p, scratch);
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        const real own = scratch[p->row[r]];
        for (int j = 0; j <= p->row[r]; j++)
            s[j] += by * (scratch[j] - own);
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *D = scratch, before = 0;
    const real by = factor(e, p);
    memset(D, 0, (size_t)p->columns * sizeof *D);
    for (int r = 0; r < p->rows; r++) {
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        real sum = 0;
        for (int j = 0; j <= p->row[r]; j++)
            D[j] += ds[j];
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j <= p->row[r]; j++)
            sum += ds[j];
        D[p->row[r]] -= sum;
    }
    for (int t = 1; t < p->columns; t++) {
        before += D[t - 1];
        p->dstate.at[(size_t)t * (size_t)p->dstate.stride + (size_t)p->head] += by * before;
    }
}

const struct encoder encoder_fox = {
    .name = "fox",
    .version = 1,
    .summary = "forgetting attention: gates of the tokens between make keys fade",
    .source = "Lin et al. 2025, arXiv:2503.02130",
    .options = options,
    .resolve = resolve,
    .invariances = invariances,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .scratch = scratch_size,
    .score = score,
    .fades = true,
    .score_grad = score_grad,
};
