/* encoder_dape_v2.c -- dape whose network sees a few keys at a time, around each key.
 *
 *     l = A + B + conv2(leaky(conv1([A, B])))       at each query, along its keys
 *
 * A [heads] are the content logits alpha q.k of all heads, B [heads] what the other parts of the
 * sum add to them. conv1 takes 2 heads numbers to `width`, conv2 those to heads, each over
 * `kernel` keys centred on the key itself, with biases; leaky(z) is z or, below 0, z / 100.
 * Keys that the query does not see are 0 to conv1, and so are numbers before the first key
 * to conv2. One network a layer. Use it in a sum: {name: alibi+dape_v2}; alone, B is 0.
 *
 * Why: neighbours tell more about a key than its own logit; ahead of dape in its authors'
 * tables, at `kernel` times the cost.
 *
 * A trap of the source: conv2 reads numbers that conv1 makes of keys just past the query,
 * where it sees the last visible logits from its edge. So does this, at every row; the
 * authors' code has them at every row but the last of a sequence, which has no more columns.
 *
 * Backward, with da and db the gradients of the network's two inputs: A and B each get
 * dlogit and their own.
 *
 * Source: Zheng et al. 2024, arXiv:2410.04798, and the authors' code
 * (megatron/model/positional_embeddings.py, class Alibi_DAPEV2).
 * Check: kernel 1: dape with the same weights. */
#include "encoder.h"

#include <math.h>
#include <string.h>

enum { WIDTH, KERNEL };
enum { IN, IN_BIAS, OUT, OUT_BIAS }; /* tensors */

static const double leak = 0.01; /* PyTorch's */

static const struct option options[] = {
    [WIDTH] = {.name = "width",
               .type = OPTION_INT,
               .lo = 1,
               .hi = 1024,
               .dflt = 32,
               .help = "inner width of the network"},
    [KERNEL] = {.name = "kernel",
                .type = OPTION_INT,
                .lo = 1,
                .hi = 31,
                .dflt = 3,
                .help = "keys that each convolution looks at, an odd number"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)d;
    if ((int)o->v[KERNEL] % 2 == 1)
        return ST_OK;
    return err_set(e, ST_CONFIG,
                   "dape_v2: a kernel of %d keys has none in its middle; set kernel to an "
                   "odd number",
                   (int)o->v[KERNEL]);
}

static int width(const struct option_values *o)
{
    return (int)o->v[WIDTH];
}

static int kernel(const struct option_values *o)
{
    return (int)o->v[KERNEL];
}

/* 2 heads x width in, width x heads out, at each key of the kernel. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return (6.0 * d->heads * kernel(o) + 3.0) * width(o) * load->pairs;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int W = width(o), H = d->heads, k = kernel(o);
    out[IN] = (struct tensor_spec){.name = "in.weight",
                                   .rows = W,
                                   .columns = 2 * H * k,
                                   .init = INIT_UNIFORM,
                                   .scale = 1.0 / sqrt(2.0 * H * k),
                                   .decay = true,
                                   .per_layer = true};
    out[IN_BIAS] = out[OUT] = out[OUT_BIAS] = out[IN];
    out[IN_BIAS].name = "in.bias";
    out[IN_BIAS].rows = 1;
    out[IN_BIAS].columns = W;
    out[OUT].name = "out.weight";
    out[OUT].rows = H;
    out[OUT].columns = W * k;
    out[OUT_BIAS].name = "out.bias";
    out[OUT_BIAS].rows = 1;
    out[OUT_BIAS].columns = H;
    out[OUT].scale = out[OUT_BIAS].scale = 1.0 / sqrt((double)W * k);
    return 4;
}

/* Numbers of a hidden unit: of each key, and of those past the last that conv2 reaches. */
static size_t hidden_size(const struct option_values *o, int columns)
{
    return (size_t)columns + (size_t)(kernel(o) / 2);
}

/* B of all heads [H, rows, columns], which the adjoint needs; z and its gradient [W, hidden]
 * and room [hidden] of one row. */
static size_t mix_scratch(const struct encoder_dims *d, const struct option_values *o,
                          int rows, int columns)
{
    return (size_t)columns * (size_t)d->heads * (size_t)rows +
           hidden_size(o, columns) * (2 * (size_t)width(o) + 1);
}

/* One row of all heads: n visible keys, m hidden ones. */
struct look {
    const struct encoder_view *e;
    const struct panel *head; /* [H] */
    int H, W, k, n, m, row;
    real *b; /* first head's B of this row; the next lies b_step further */
    size_t b_step;
    real *z, *dz; /* [W, hidden] */
    real *room;   /* [hidden] */
    size_t step;  /* hidden */
};

static struct look look_at(const struct encoder_view *e, const struct panel *p, int row,
                           real *scratch)
{
    struct look x = {.e = e,
                     .head = p,
                     .H = e->dims->heads,
                     .W = width(e->options),
                     .k = kernel(e->options),
                     .n = p->row[row] + 1,
                     .row = row,
                     .b = scratch + (size_t)row * (size_t)p->columns,
                     .b_step = (size_t)p->rows * (size_t)p->columns,
                     .step = hidden_size(e->options, p->columns)};
    x.m = x.n + x.k / 2;
    x.z = scratch + (size_t)x.H * x.b_step;
    x.dz = x.z + (size_t)x.W * x.step;
    x.room = x.dz + (size_t)x.W * x.step;
    return x;
}

static real *of_row(const struct look *x, int h, real *matrix)
{
    return matrix + (size_t)x->row * (size_t)x->head[h].stride;
}

/* Input number c of the network, of visible keys: A of each head, then B. */
static const real *input(const struct look *x, int c)
{
    return c < x->H ? x->head[c].content + (size_t)x->row * (size_t)x->head[c].stride
                    : x->b + (size_t)(c - x->H) * x->b_step;
}

static real slope(real z)
{
    return z > 0 ? 1 : (real)leak;
}

/* What of to [0, n_to) and from [0, n_from) meets when number j of `to` is beside number
 * j + shift of `from`. */
struct overlap {
    int first, last; /* of `to`: first .. last - 1 */
};

static struct overlap meet(int n_to, int n_from, int shift)
{
    return (struct overlap){shift < 0 ? -shift : 0,
                            n_to < n_from - shift ? n_to : n_from - shift};
}

/* to[j] += by from[j + shift] */
static void add(int n_to, int n_from, int shift, real by, const real *from, real *to)
{
    const struct overlap o = meet(n_to, n_from, shift);
    for (int j = o.first; j < o.last; j++)
        to[j] += by * from[j + shift];
}

/* sum_j to[j] from[j + shift] */
static real product(int n_to, int n_from, int shift, const real *from, const real *to)
{
    const struct overlap o = meet(n_to, n_from, shift);
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = o.first; j < o.last; j++)
        sum += to[j] * from[j + shift];
    return sum;
}

static const real *in_weights(const struct look *x, int w, int c)
{
    return x->e->weight[IN] + ((size_t)w * 2 * (size_t)x->H + (size_t)c) * (size_t)x->k;
}

static const real *out_weights(const struct look *x, int h, int w)
{
    return x->e->weight[OUT] + ((size_t)h * (size_t)x->W + (size_t)w) * (size_t)x->k;
}

/* z of each hidden key. */
static void look_in(const struct look *x)
{
    for (int w = 0; w < x->W; w++) {
        real *z = x->z + (size_t)w * x->step;
        for (int j = 0; j < x->m; j++)
            z[j] = x->e->weight[IN_BIAS][w];
        for (int c = 0; c < 2 * x->H; c++)
            for (int t = 0; t < x->k; t++)
                add(x->m, x->n, t - x->k / 2, in_weights(x, w, c)[t], input(x, c), z);
    }
}

static void mix(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        const struct look x = look_at(e, p, r, scratch);
        for (int h = 0; h < x.H; h++)
            for (int j = 0; j < x.n; j++)
                x.b[(size_t)h * x.b_step + (size_t)j] =
                    of_row(&x, h, p[h].score)[j] - input(&x, h)[j];
        look_in(&x);
        for (size_t i = 0; i < (size_t)x.W; i++)
            for (int j = 0; j < x.m; j++)
                x.z[i * x.step + (size_t)j] *= slope(x.z[i * x.step + (size_t)j]);
        for (int h = 0; h < x.H; h++) {
            real *s = of_row(&x, h, p[h].score);
            for (int j = 0; j < x.n; j++)
                s[j] += e->weight[OUT_BIAS][h];
            for (int w = 0; w < x.W; w++)
                for (int t = 0; t < x.k; t++)
                    add(x.n, x.m, t - x.k / 2, out_weights(&x, h, w)[t],
                        x.z + (size_t)w * x.step, s);
        }
    }
}

/* The gradients of conv2 and, from hidden unit w in room, its gradient before leaky. */
static void unit_grad(const struct look *x, int w)
{
    real *z = x->z + (size_t)w * x->step, *dz = x->dz + (size_t)w * x->step;
    memset(dz, 0, (size_t)x->m * sizeof *dz);
    for (int j = 0; j < x->m; j++)
        x->room[j] = z[j] * slope(z[j]);
    for (int h = 0; h < x->H; h++) {
        const real *ds = of_row(x, h, x->head[h].dscore);
        const size_t at = (size_t)(out_weights(x, h, w) - x->e->weight[OUT]);
        for (int t = 0; t < x->k; t++) {
            const int shift = t - x->k / 2;
            x->e->grad[OUT][at + (size_t)t] += product(x->n, x->m, shift, x->room, ds);
            add(x->m, x->n, -shift, out_weights(x, h, w)[t], ds, dz);
        }
    }
    for (int j = 0; j < x->m; j++) {
        dz[j] *= slope(z[j]);
        x->e->grad[IN_BIAS][w] += dz[j];
    }
}

static void look_out_grad(const struct look *x)
{
    for (int h = 0; h < x->H; h++)
        for (int j = 0; j < x->n; j++)
            x->e->grad[OUT_BIAS][h] += of_row(x, h, x->head[h].dscore)[j];
    for (int w = 0; w < x->W; w++)
        unit_grad(x, w);
}

/* A logit holds A once more than B does: dscore gets db, dcontent da - db. */
static void look_in_grad(const struct look *x)
{
    for (int c = 0; c < 2 * x->H; c++) {
        const int h = c % x->H;
        real *ds = of_row(x, h, x->head[h].dscore);
        real *dcontent = of_row(x, h, x->head[h].dcontent);
        for (int w = 0; w < x->W; w++)
            for (int t = 0; t < x->k; t++) {
                const int shift = t - x->k / 2;
                const size_t at = (size_t)(in_weights(x, w, c) - x->e->weight[IN]);
                const real by = in_weights(x, w, c)[t];
                const real *dz = x->dz + (size_t)w * x->step;
                x->e->grad[IN][at + (size_t)t] +=
                    product(x->m, x->n, shift, input(x, c), dz);
                add(x->n, x->m, -shift, c < x->H ? by : -by, dz, dcontent);
                if (c >= x->H)
                    add(x->n, x->m, -shift, by, dz, ds);
            }
    }
}

static void mix_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        const struct look x = look_at(e, p, r, scratch);
        look_in(&x);
        look_out_grad(&x);
        look_in_grad(&x);
    }
}

const struct encoder encoder_dape_v2 = {
    .name = "dape_v2",
    .version = 1,
    .summary = "convolutions over heads and keys correct the logits, for a sum with a bias",
    .source = "Zheng et al. 2024, arXiv:2410.04798, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .mix_scratch = mix_scratch,
    .mix = mix,
    .mix_grad = mix_grad,
};
