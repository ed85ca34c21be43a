/* encoder_fope.c -- Fourier positions: each pair turns by a mixture of frequencies.
 *
 *     (a, b) -> (a c - b s, a s + b c) of queries and keys,   for pair m < M of head h
 *     c = sum_n A[h][n][m] cos(w_n t),   s = sum_n B[h][n][m] sin(w_n t)
 *     w_n = base^(-2n/d) where w_n >= 2 pi / L,   n < N;   M = min(N, max(1, d / 4))
 *
 * t is the token's place and L the trained length. Frequencies that do not complete a period
 * within L are left out. The other d/2 - M pairs are not turned and carry content only. Pair m is
 * channels m and m + d/2. A and B start as the identity, with every ceil(N / M)-th frequency
 * for a pair, plus N(0, 2 gain^2 / (N M + H M)), and are learned. So a turn is no longer a
 * rotation, and logits depend on more than the distance.
 *
 * Why: layers and the ends of a sequence add frequencies to hidden states that RoPE did not give
 * the channel; a channel that mixes several frequencies is robust against that.
 *
 * The code trains A and B with fourier_learnable; the published runs leave them as drawn. Its
 * pairs that are not turned have s = 1 instead of 0, which doubles their part of q.k.
 *
 * Queries and keys are turned in `content`, where their values before the turn are available.
 *
 * Source: Hua et al. 2024, arXiv:2412.17739, and its code (olmo/model.py, class
 * FourierEmbedding, fourier_ignore_zero and separate basis and head).
 * Check: A and B the identity, N = M: RoPE in halves on M pairs. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"

enum { BASE, GAIN };
enum { COSINES, SINES }; /* tensors, and halves of a place's derived numbers */

static const struct option options[] = {
    [BASE] = {.name = "base",
              .type = OPTION_REAL,
              .lo = 1.0,
              .hi = 1e12,
              .dflt = 10000.0,
              .help = "longest wavelength before any is left out, in units of 2 pi tokens"},
    [GAIN] = {.name = "gain",
              .type = OPTION_REAL,
              .lo = 0.001,
              .hi = 10,
              .dflt = 0.3,
              .help = "noise of the mixture at the start, as Xavier's gain"},
    {0},
};

static double frequency(const struct encoder_dims *d, const struct option_values *o, int n)
{
    return pow(o->v[BASE], -2.0 * n / d->head_dim);
}

/* Returns N, the number of frequencies that complete a period within the trained length. */
static int frequencies(const struct encoder_dims *d, const struct option_values *o)
{
    const double least = 2 * acos(-1) / d->trained_length;
    int n = 0;
    while (n < d->head_dim / 2 && frequency(d, o, n) >= least)
        n++;
    return n;
}

/* Returns M. */
static int pairs(const struct encoder_dims *d, const struct option_values *o)
{
    const int N = frequencies(d, o), most = d->head_dim > 4 ? d->head_dim / 4 : 1;
    return N < most ? N : most;
}

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    if (pairs(d, o) > 0)
        return ST_OK;
    return err_set(e, ST_CONFIG,
                   "fope: no frequency comes round within %d tokens in heads of %d "
                   "channels; train on 7 tokens or more, and set dim and heads so that a "
                   "head has 2 channels",
                   d->trained_length, d->head_dim);
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int N = frequencies(d, o), M = pairs(d, o);
    out[COSINES] =
        (struct tensor_spec){.name = "cosines",
                             .rows = d->heads * N,
                             .columns = M,
                             .init = INIT_NORMAL,
                             .scale = o->v[GAIN] * sqrt(2.0 / (M * (N + d->heads))),
                             .per_layer = true};
    out[SINES] = out[COSINES];
    out[SINES].name = "sines";
    return 2;
}

/* Adds the identity to the noise that was drawn. */
static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const int N = frequencies(d, o), M = pairs(d, o), step = (N + M - 1) / M;
    (void)tensor;
    for (int h = 0; h < d->heads; h++)
        for (int m = 0; m < M && m * step < N; m++)
            w[(h * N + m * step) * M + m] += 1;
}

/* --- c and s of each head and place, once a step --------------------------- */

/* Constants: N cosines, then N sines, of each place, not mixed. */
static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)d->places * 2 * (size_t)frequencies(d, o);
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int N = frequencies(d, o);
    for (int t = 0; t < d->places; t++)
        for (int n = 0; n < N; n++) {
            real *at = table + (size_t)t * 2 * (size_t)N + (size_t)n;
            at[0] = (real)cos(t * frequency(d, o, n));
            at[N] = (real)sin(t * frequency(d, o, n));
        }
}

/* Derived numbers: M cosines, then M sines, of each head and place: the table for `turn`. */
static size_t derived_size(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)d->heads * (size_t)d->places * 2 * (size_t)pairs(d, o);
}

/* Returns how many places sequences of T tokens may use. */
static int met(const struct encoder_dims *d, int T)
{
    return dims_met(d, d->places, T);
}

/* Cosines or sines of one head: the constants, the weights that mix them, the derived table. */
struct mixture {
    int places, N, M;
    struct rows plain, weight, table;
};

static struct mixture mixture_of(const struct encoder_view *e, int T, int head, int half,
                                 const real *weight, const real *table)
{
    const int N = frequencies(e->dims, e->options), M = pairs(e->dims, e->options);
    return (struct mixture){
        .places = met(e->dims, T),
        .N = N,
        .M = M,
        .plain = {(real *)e->constants + (size_t)half * (size_t)N, 2 * N},
        .weight = {(real *)weight + (size_t)head * (size_t)N * (size_t)M, M},
        .table = {(real *)table + (size_t)head * (size_t)e->dims->places * 2 * (size_t)M +
                      (size_t)half * (size_t)M,
                  2 * M},
    };
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    for (int h = 0; h < e->dims->heads; h++)
        for (int half = COSINES; half <= SINES; half++) {
            const struct mixture x = mixture_of(e, T, h, half, e->weight[half], derived);
            panel_nn(x.places, x.M, x.N, 1, x.plain, x.weight, false, x.table);
        }
}

static void derive_grad(const struct encoder_view *e, int T)
{
    for (int h = 0; h < e->dims->heads; h++)
        for (int half = COSINES; half <= SINES; half++) {
            const struct mixture x = mixture_of(e, T, h, half, e->grad[half], e->dderived);
            panel_tn(x.N, x.M, x.places, 1, x.plain, x.table, true, x.weight);
        }
}

/* --- logits -------------------------------------------------------------- */

/* Scratch holds the turned queries [rows, d] and keys [columns, d], and room for panel_turned,
 * where the adjoint puts the gradients of turned rows. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)o;
    return (size_t)d->head_dim *
           ((size_t)rows + (size_t)columns + (size_t)panel_stride(columns));
}

static size_t table_at(const struct encoder_view *e, const struct panel *p, int token)
{
    const size_t M = (size_t)pairs(e->dims, e->options);
    return ((size_t)p->head * (size_t)e->dims->places + (size_t)p->place[token]) * 2 * M;
}

/* Turns the pairs of a row by the table of its token; sign -1 is the adjoint. */
static void turn(const struct encoder_view *e, const struct panel *p, int token, real sign,
                 real *x)
{
    kernels_get()->turn(pairs(e->dims, e->options), 1, e->dims->head_dim / 2,
                        e->derived + table_at(e, p, token), sign, x);
}

struct work {
    int d;
    struct rows q, k;
    real *room;
};

static struct work turn_all(const struct encoder_view *e, const struct panel *p,
                            real *scratch)
{
    const int d = e->dims->head_dim;
    struct work w = {.d = d, .q = {scratch, d}};
    w.k = (struct rows){scratch + (size_t)p->rows * (size_t)d, d};
    w.room = w.k.at + (size_t)p->columns * (size_t)d;
    for (int r = 0; r < p->rows; r++) {
        memcpy(row_of(w.q, r), row_of(p->q, r), (size_t)d * sizeof(real));
        turn(e, p, p->row[r], 1, row_of(w.q, r));
    }
    for (int j = 0; j < p->columns; j++) {
        memcpy(row_of(w.k, j), row_of(p->k, j), (size_t)d * sizeof(real));
        turn(e, p, j, 1, row_of(w.k, j));
    }
    return w;
}

static void content(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = turn_all(e, p, scratch);
    panel_nn(p->rows, p->columns, w.d, p->alpha, w.q,
             panel_turned(p->columns, w.d, w.k, w.room), false,
             (struct rows){p->score, p->stride});
}

/* Turns dx of a turned row into the gradient of x and adds it to `to`; adds to the table's
 * gradient. */
static void turn_grad(const struct encoder_view *e, const struct panel *p, int token,
                      const real *x, real *dx, real *to)
{
    const int M = pairs(e->dims, e->options), half = e->dims->head_dim / 2;
    real *table = e->dderived + table_at(e, p, token);
    for (int m = 0; m < M; m++) {
        table[m] += dx[m] * x[m] + dx[m + half] * x[m + half];
        table[M + m] += dx[m + half] * x[m] - dx[m] * x[m + half];
    }
    turn(e, p, token, -1, dx);
    kernels_get()->add((size_t)e->dims->head_dim, dx, to);
}

static void content_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = turn_all(e, p, scratch);
    const struct rows ds = {p->dscore, p->stride}, d = {w.room, w.d};
    panel_nn(p->rows, w.d, p->columns, p->alpha, ds, w.k, false, d);
    for (int r = 0; r < p->rows; r++)
        turn_grad(e, p, p->row[r], row_of(p->q, r), row_of(d, r), row_of(p->dq, r));
    panel_tn(p->columns, w.d, p->rows, p->alpha, ds, w.q, false, d);
    for (int j = 0; j < p->columns; j++)
        turn_grad(e, p, j, row_of(p->k, j), row_of(d, j), row_of(p->dk, j));
}

/* Counts 6 operations for each pair of channels of queries and keys. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return 6.0 * d->heads * pairs(d, o) * (load->tokens + load->queries);
}

const struct encoder encoder_fope = {
    .name = "fope",
    .version = 1,
    .summary =
        "Fourier positions: pairs turn by learned mixtures of the frequencies of RoPE",
    .source = "Hua et al. 2024, arXiv:2412.17739, and the authors' code",
    .options = options,
    .once = ONCE_TURN,
    .resolve = resolve,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .constants = constants,
    .fill_constants = fill_constants,
    .derived = derived_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .scratch = scratch_size,
    .content = content,
    .content_grad = content_grad,
};
