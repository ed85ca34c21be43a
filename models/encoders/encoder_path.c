/* encoder_path.c -- each token reflects what later queries see of earlier keys.
 *
 *     H_t = I - beta_t w_t w_t^T,   beta_t = 2 sigma(u . x_t + b) in (0, 2),   |w_t| = 1
 *     logit[i][j] = alpha k_j^T H_{j+1} ... H_i q_i,   j <= i
 *     w_t = y_t / |y_t|,   y = silu(conv(W2 W1 x)) of each head
 *
 * x is what the layer's projections read, W1 W2 a map of low rank, conv a causal
 * convolution of each channel over `conv` tokens (0: none, and no silu then). beta = 0
 * turns nothing, 1 forgets the direction w, 2 reflects it.
 *
 * Why: the state of an automaton can be carried along; it solves Flip-Flop in one layer.
 *
 * beta_start is the start of b. At 0, as in public code, every H is a projection that
 * forgets; -4 starts near no encoding, 4 near reflections.
 *
 * Forward, row by row: x <- q_i; for j = i..0: logit = alpha k_j . x, x <- H_j x. All rows of a
 * panel go together, one token at a time. Kept are xi[j] = w_j . x for each row, so that
 * backward, from j = 0 on, takes every step back by adding what it took away:
 *     x <- x + beta_j w_j xi[j];   omega = w_j . lambda
 *     dbeta_j -= omega xi[j];   dw_j -= beta_j (omega x + xi[j] lambda)
 *     lambda <- H_j lambda + alpha delta[j] k_j;   dk_j += alpha delta[j] x
 * and lambda, 0 at first, is dq_i behind j = i.
 *
 * Source: Yang et al. 2025, arXiv:2505.16381v2, section 2.2, and the authors' code.
 * Check: w = (1, 0, ...), beta = 2: each token between turns the sign of channel 0. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "token_conv.h"
#include "token_linear.h"

enum { RANK, CONV, BETA_START };
enum { DOWN, UP, BETA, BETA_BIAS, FILTER }; /* tensors */

static const double least_square = 1e-6; /* of |y|, added as in the code */

static const struct option options[] = {
    [RANK] = {.name = "rank",
              .type = OPTION_INT,
              .lo = 1,
              .hi = 65536,
              .dflt = 32,
              .help = "inner width of the map that makes the directions"},
    [CONV] = {.name = "conv",
              .type = OPTION_INT,
              .lo = 0,
              .hi = 16,
              .dflt = 3,
              .help = "tokens of the convolution behind that map; 0: none"},
    [BETA_START] = {.name = "beta_start",
                    .type = OPTION_REAL,
                    .lo = -20,
                    .hi = 20,
                    .dflt = 0,
                    .help =
                        "start of the bias of beta; 0: forget, 4: reflect, -4: neither"},
    {0},
};

static int filter(const struct option_values *o)
{
    return (int)o->v[CONV];
}

/* Directions and betas of each token; a product and a step of width d a pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double C = dims_channels(d);
    const double token = 4.0 * C * o->v[RANK] + 2.0 * C * (o->v[CONV] + d->heads + 2);
    return token * load->tokens + 4.0 * C * load->pairs;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int C = dims_channels(d), rank = (int)o->v[RANK], n = filter(o);
    out[DOWN] = (struct tensor_spec){.name = "down.weight",
                                     .rows = rank,
                                     .columns = C,
                                     .init = INIT_UNIFORM,
                                     .scale = 1.0 / sqrt(C),
                                     .decay = true,
                                     .per_layer = true};
    out[UP] = out[BETA] = out[FILTER] = out[DOWN];
    out[UP].name = "up.weight";
    out[UP].rows = C;
    out[UP].columns = rank;
    out[UP].scale = 1.0 / sqrt(rank);
    out[BETA].name = "beta.weight";
    out[BETA].rows = d->heads;
    out[BETA_BIAS] = (struct tensor_spec){
        .name = "beta.bias", .rows = 1, .columns = d->heads, .per_layer = true};
    out[FILTER].name = "conv.weight";
    out[FILTER].rows = C;
    out[FILTER].columns = n;
    out[FILTER].scale = n ? 1.0 / sqrt(n) : 1.0;
    return n ? FILTER + 1 : FILTER;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    for (int h = 0; tensor == BETA_BIAS && h < d->heads; h++)
        w[h] = (real)o->v[BETA_START];
}

/* --- directions and betas of the tokens ---------------------------------- */

/* The direction of each head, then the betas of all heads. */
static int state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return dims_channels(d) + d->heads;
}

/* What `read` passes through; the gradients of read_grad take the places of what they are
 * gradients of, but for dz. */
struct reading {
    int T, C, rank, H;
    real *room;       /* turned weights */
    struct rows low;  /* [T, rank] W1 x */
    struct rows high; /* [T, C] W2 W1 x */
    struct rows z;    /* [T, C] behind the convolution */
    struct rows gate; /* [T, C] sigma(z) */
    struct rows dz;   /* [T, C] */
    struct rows dlow; /* [T, rank] */
};

static size_t turned_room(int C, int rank, int H)
{
    const size_t down = token_linear_room(C, rank), up = token_linear_room(rank, C);
    const size_t beta = token_linear_room(C, H), most = down > up ? down : up;
    return most > beta ? most : beta;
}

static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    const size_t C = (size_t)dims_channels(d), rank = (size_t)o->v[RANK];
    return turned_room((int)C, (int)rank, d->heads) + (size_t)T * (4 * C + 2 * rank);
}

static struct rows carve(real **at, int rows, int columns)
{
    const struct rows x = {*at, columns};
    *at += (size_t)rows * (size_t)columns;
    return x;
}

static struct reading lay_out(const struct encoder_view *e, int T, real *room)
{
    struct reading w = {.T = T,
                        .C = dims_channels(e->dims),
                        .rank = (int)e->options->v[RANK],
                        .H = e->dims->heads,
                        .room = room};
    real *at = room + turned_room(w.C, w.rank, w.H);
    w.low = carve(&at, T, w.rank);
    w.high = carve(&at, T, w.C);
    w.z = carve(&at, T, w.C);
    w.gate = carve(&at, T, w.C);
    w.dz = carve(&at, T, w.C);
    w.dlow = carve(&at, T, w.rank);
    return w;
}

static real *row_of(struct rows x, int t)
{
    return x.at + (size_t)t * (size_t)x.stride;
}

/* z and its sigmoid; without a convolution z is what comes in and stays as it is. */
static void convolve(const struct encoder_view *e, const struct reading *w)
{
    const int n = filter(e->options);
    if (n)
        token_conv(w->T, w->C, n, e->weight[FILTER], w->high, w->z);
    for (int t = 0; t < w->T; t++) {
        if (n)
            kernels_get()->sigmoid((size_t)w->C, row_of(w->z, t), row_of(w->gate, t));
        else
            memcpy(row_of(w->z, t), row_of(w->high, t), (size_t)w->C * sizeof(real));
        for (int c = 0; !n && c < w->C; c++)
            row_of(w->gate, t)[c] = 1;
    }
}

static void make(const struct encoder_view *e, const struct tokens *t,
                 const struct reading *w)
{
    token_linear(w->T, w->C, w->rank, t->x, e->weight[DOWN], NULL, w->room, w->low);
    token_linear(w->T, w->rank, w->C, w->low, e->weight[UP], NULL, w->room, w->high);
    convolve(e, w);
}

/* |y| of one head. */
static real length(int d, const real *z, const real *gate)
{
    real sum = (real)least_square;
    for (int c = 0; c < d; c++)
        sum += z[c] * gate[c] * z[c] * gate[c];
    return (real)sqrt((double)sum);
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = lay_out(e, t->count, room);
    const struct rows beta = {t->state.at + w.C, t->state.stride};
    const int d = e->dims->head_dim;
    make(e, t, &w);
    for (int i = 0; i < w.T; i++)
        for (int c = 0; c < w.C; c += d) {
            const real *z = row_of(w.z, i) + c, *gate = row_of(w.gate, i) + c;
            const real by = 1 / length(d, z, gate);
            for (int k = 0; k < d; k++)
                row_of(t->state, i)[c + k] = z[k] * gate[k] * by;
        }
    token_linear(w.T, w.C, w.H, t->x, e->weight[BETA], e->weight[BETA_BIAS], room, beta);
    for (int i = 0; i < w.T; i++) {
        real *b = row_of(beta, i);
        kernels_get()->sigmoid((size_t)w.H, b, b);
        kernels_get()->scale((size_t)w.H, 2, b);
    }
}

/* From dw to dz: w = y / |y|, y = z gate, gate = sigma(z) or 1. */
static void directions_grad(const struct encoder_view *e, const struct tokens *t,
                            const struct reading *w)
{
    const int d = e->dims->head_dim;
    const bool silu = filter(e->options) > 0;
    for (int i = 0; i < w->T; i++)
        for (int c = 0; c < w->C; c += d) {
            const real *z = row_of(w->z, i) + c, *gate = row_of(w->gate, i) + c;
            const real *dir = row_of(t->state, i) + c, *ddir = row_of(t->dstate, i) + c;
            const real by = 1 / length(d, z, gate);
            real along = 0;
            for (int k = 0; k < d; k++)
                along += dir[k] * ddir[k];
            for (int k = 0; k < d; k++) {
                const real dy = (ddir[k] - dir[k] * along) * by;
                const real slope = silu ? gate[k] * (1 + z[k] * (1 - gate[k])) : 1;
                row_of(w->dz, i)[c + k] = dy * slope;
            }
        }
}

/* From dz to the gradient of what went into the convolution, left in w->gate. */
static struct rows convolve_grad(const struct encoder_view *e, const struct reading *w)
{
    const int n = filter(e->options);
    if (!n)
        return w->dz;
    memset(w->gate.at, 0, (size_t)w->T * (size_t)w->C * sizeof *w->gate.at);
    token_conv_grad(w->T, w->C, n, e->weight[FILTER], w->high, w->dz, w->gate,
                    e->grad[FILTER]);
    return w->gate;
}

static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = lay_out(e, t->count, room);
    make(e, t, &w);
    directions_grad(e, t, &w);
    const struct rows dhigh = convolve_grad(e, &w);
    memset(w.dlow.at, 0, (size_t)w.T * (size_t)w.rank * sizeof *w.dlow.at);
    token_linear_grad(w.T, w.rank, w.C, w.low, e->weight[UP], dhigh, w.dlow, e->grad[UP]);
    token_linear_grad(w.T, w.C, w.rank, t->x, e->weight[DOWN], w.dlow, t->dx,
                      e->grad[DOWN]);
    const struct rows dbeta = {w.z.at, w.H};
    for (int i = 0; i < w.T; i++)
        for (int h = 0; h < w.H; h++) {
            const real beta = row_of(t->state, i)[w.C + h];
            row_of(dbeta, i)[h] = row_of(t->dstate, i)[w.C + h] * beta * (1 - beta / 2);
        }
    token_linear_grad(w.T, w.C, w.H, t->x, e->weight[BETA], dbeta, t->dx, e->grad[BETA]);
    token_bias_grad(w.T, w.H, dbeta, e->grad[BETA_BIAS]);
}

/* --- logits -------------------------------------------------------------- */

/* Rows of a panel in blocks of this many: a channel of a block fills enough registers for
 * sums not to wait for each other. */
enum { BLOCK = 64 };

static int blocks(int rows)
{
    return (rows + BLOCK - 1) / BLOCK;
}

/* x and lambda [blocks, d, BLOCK], xi [columns, blocks, BLOCK]: what is kept is contiguous in
 * the rows of a block. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)o;
    return (size_t)blocks(rows) * BLOCK * (2 * (size_t)d->head_dim + (size_t)columns);
}

/* One block of rows on its way over the tokens. */
struct walk {
    const struct panel *p;
    int d, first, rows; /* rows first .. first + rows - 1 of the panel */
    int step;           /* from one token's xi to the next's */
    real *x, *lambda, *xi;
};

static struct walk walk_at(const struct encoder_view *e, const struct panel *p, int block,
                           real *scratch)
{
    const int d = e->dims->head_dim, n = blocks(p->rows), first = block * BLOCK;
    const size_t size = (size_t)d * BLOCK;
    return (struct walk){
        .p = p,
        .d = d,
        .first = first,
        .rows = p->rows - first < BLOCK ? p->rows - first : BLOCK,
        .step = n * BLOCK,
        .x = scratch + (size_t)block * size,
        .lambda = scratch + (size_t)(n + block) * size,
        .xi = scratch + 2 * (size_t)n * size + (size_t)block * BLOCK,
    };
}

/* The last token that a row of the block sees. */
static int last_token(const struct walk *w)
{
    return w->p->row[w->first + w->rows - 1];
}

static const real *direction(const struct walk *w, int j)
{
    return row_of(w->p->state, j) + (size_t)w->p->head * (size_t)w->d;
}

static real beta_of(const struct encoder_view *e, const struct walk *w, int j)
{
    return row_of(w->p->state, j)[dims_channels(e->dims) + w->p->head];
}

/* Rows that begin at token j take their query in. */
static void enter(const struct walk *w, int j)
{
    for (int r = 0; r < w->rows; r++)
        for (int c = 0; w->p->row[w->first + r] == j && c < w->d; c++)
            w->x[c * BLOCK + r] = row_of(w->p->q, w->first + r)[c];
}

/* dot[r] = v . x of row r; x as the walk's. */
static void dots(int d, const real *v, const real *x, real dot[BLOCK])
{
    real sum[BLOCK] = {0};
    for (int c = 0; c < d; c++)
        for (int r = 0; r < BLOCK; r++)
            sum[r] += v[c] * x[c * BLOCK + r];
    memcpy(dot, sum, sizeof sum);
}

/* x += v by */
static void outer(int d, const real *v, const real by[BLOCK], real *x)
{
    for (int c = 0; c < d; c++)
        for (int r = 0; r < BLOCK; r++)
            x[c * BLOCK + r] += v[c] * by[r];
}

static void content(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    for (int block = 0; block < blocks(p->rows); block++) {
        const struct walk w = walk_at(e, p, block, scratch);
        memset(w.x, 0, (size_t)w.d * BLOCK * sizeof *w.x);
        for (int j = last_token(&w); j >= 0; j--) {
            real logit[BLOCK], by[BLOCK], *xi = w.xi + (size_t)j * (size_t)w.step;
            enter(&w, j);
            dots(w.d, row_of(p->k, j), w.x, logit);
            dots(w.d, direction(&w, j), w.x, xi);
            for (int r = 0; r < BLOCK; r++)
                by[r] = -beta_of(e, &w, j) * xi[r];
            outer(w.d, direction(&w, j), by, w.x);
            for (int r = 0; r < w.rows; r++)
                if (j <= p->row[w.first + r])
                    p->score[(size_t)(w.first + r) * (size_t)p->stride + (size_t)j] =
                        p->alpha * logit[r];
        }
    }
}

/* Rows that end at token j give their query's gradient out. */
static void leave(const struct walk *w, int j)
{
    for (int r = 0; r < w->rows; r++)
        for (int c = 0; w->p->row[w->first + r] == j && c < w->d; c++) {
            row_of(w->p->dq, w->first + r)[c] += w->lambda[c * BLOCK + r];
            w->lambda[c * BLOCK + r] = w->x[c * BLOCK + r] = 0;
        }
}

/* to[c] += sum over rows of a[r] x[c][r] */
static void contract(int d, const real a[BLOCK], const real *x, real *to)
{
    for (int c = 0; c < d; c++) {
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int r = 0; r < BLOCK; r++)
            sum += a[r] * x[c * BLOCK + r];
        to[c] += sum;
    }
}

/* to[c] += sum over rows of a[r] x[c][r] + b[r] y[c][r] */
static void contract_both(int d, const real a[BLOCK], const real *x, const real b[BLOCK],
                          const real *y, real *to)
{
    for (int c = 0; c < d; c++) {
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int r = 0; r < BLOCK; r++)
            sum += a[r] * x[c * BLOCK + r] + b[r] * y[c * BLOCK + r];
        to[c] += sum;
    }
}

/* The step at token j, with the formulas at the top. */
static void step_back(const struct encoder_view *e, const struct walk *w, int j)
{
    const struct panel *p = w->p;
    const real beta = beta_of(e, w, j), *dir = direction(w, j);
    const real *xi = w->xi + (size_t)j * (size_t)w->step;
    real *ddir = row_of(p->dstate, j) + (size_t)p->head * (size_t)w->d;
    real by[BLOCK], omega[BLOCK], delta[BLOCK] = {0}, dbeta = 0;
    for (int r = 0; r < BLOCK; r++)
        by[r] = beta * xi[r];
    outer(w->d, dir, by, w->x);
    dots(w->d, dir, w->lambda, omega);
    for (int r = 0; r < BLOCK; r++) {
        dbeta -= omega[r] * xi[r];
        by[r] = -beta * xi[r];
        omega[r] *= -beta;
    }
    row_of(p->dstate, j)[dims_channels(e->dims) + p->head] += dbeta;
    contract_both(w->d, omega, w->x, by, w->lambda, ddir);
    outer(w->d, dir, omega, w->lambda);
    for (int r = 0; r < w->rows; r++)
        if (j <= p->row[w->first + r])
            delta[r] = p->alpha *
                       p->dscore[(size_t)(w->first + r) * (size_t)p->stride + (size_t)j];
    outer(w->d, row_of(p->k, j), delta, w->lambda);
    contract(w->d, delta, w->x, row_of(p->dk, j));
}

static void content_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    for (int block = 0; block < blocks(p->rows); block++) {
        const struct walk w = walk_at(e, p, block, scratch);
        const int last = last_token(&w);
        memset(w.lambda, 0, (size_t)w.d * BLOCK * sizeof *w.lambda);
        for (int j = 0; j <= last; j++) {
            step_back(e, &w, j);
            leave(&w, j);
        }
    }
}

const struct encoder encoder_path = {
    .name = "path",
    .version = 1,
    .summary = "reflections made of the tokens between stand between query and key",
    .source = "Yang et al. 2025, arXiv:2505.16381v2, section 2.2",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .scratch = scratch_size,
    .content = content,
    .content_grad = content_grad,
};
