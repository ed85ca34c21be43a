/* encoder_dape.c -- a small network looks at the logits of all heads and corrects them.
 *
 *     l = A + B + W2 leaky(W1 [A, B] + b1) + b2       at each query and key
 *
 * A [heads] are the content logits alpha q.k of all heads, B [heads] what the other parts
 * of the sum add to them; W1 [width, 2 heads], W2 [heads, width]; leaky(z) is z or, below
 * 0, z / 100. One network a layer. Use it in a sum: {name: alibi+dape}; alone, B is 0.
 *
 * Why: a static bias that depends on content where it must; strong past the trained length.
 *
 * Backward, with da and db the gradients of the network's two inputs: A and B each get
 * dlogit and their own.
 *
 * Source: Zheng et al. 2024, arXiv:2405.14722, and the authors' code (version 1; the
 * convolutions of version 2 are not here).
 * Check: W2 = 0, b2 = 0: the sum without dape. */
#include "encoder.h"

#include <math.h>
#include <string.h>

enum { WIDTH };
enum { IN, IN_BIAS, OUT, OUT_BIAS }; /* tensors */

static const double leak = 0.01; /* PyTorch's */

static const struct option options[] = {
    [WIDTH] = {.name = "width",
               .type = OPTION_INT,
               .lo = 1,
               .hi = 1024,
               .dflt = 32,
               .help = "inner width of the network"},
    {0},
};

static int width(const struct option_values *o)
{
    return (int)o->v[WIDTH];
}

/* 2 heads x width in, width x heads out. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return (6.0 * d->heads + 3.0) * width(o) * load->pairs;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int W = width(o), H = d->heads;
    out[IN] = (struct tensor_spec){.name = "in.weight",
                                   .rows = W,
                                   .columns = 2 * H,
                                   .init = INIT_UNIFORM,
                                   .scale = 1.0 / sqrt(2.0 * H),
                                   .decay = true,
                                   .per_layer = true};
    out[IN_BIAS] = out[OUT] = out[OUT_BIAS] = out[IN];
    out[IN_BIAS].name = "in.bias";
    out[IN_BIAS].rows = 1;
    out[IN_BIAS].columns = W;
    out[OUT].name = "out.weight";
    out[OUT].rows = H;
    out[OUT].columns = W;
    out[OUT_BIAS].name = "out.bias";
    out[OUT_BIAS].rows = 1;
    out[OUT_BIAS].columns = H;
    out[OUT].scale = out[OUT_BIAS].scale = 1.0 / sqrt(W);
    return 4;
}

/* B of all heads [H, rows, columns], which the adjoint needs; z and its gradient [W,
 * columns], and the gradient of one head's B [columns], of one row. */
static size_t mix_scratch(const struct encoder_dims *d, const struct option_values *o,
                          int rows, int columns)
{
    return (size_t)columns * ((size_t)d->heads * (size_t)rows + 2 * (size_t)width(o) + 1);
}

/* One row of all heads: n visible keys. */
struct look {
    const struct encoder_view *e;
    const struct panel *head; /* [H] */
    int H, W, n, row;
    real *b; /* first head's B of this row; the next lies b_step further */
    size_t b_step;
    real *z, *dz; /* [W, columns] */
    real *room;   /* [columns] */
};

static struct look look_at(const struct encoder_view *e, const struct panel *p, int row,
                           real *scratch)
{
    const size_t columns = (size_t)p->columns;
    struct look x = {.e = e,
                     .head = p,
                     .H = e->dims->heads,
                     .W = width(e->options),
                     .n = p->row[row] + 1,
                     .row = row,
                     .b = scratch + (size_t)row * columns,
                     .b_step = (size_t)p->rows * columns};
    x.z = scratch + (size_t)x.H * x.b_step;
    x.dz = x.z + (size_t)x.W * columns;
    x.room = x.dz + (size_t)x.W * columns;
    return x;
}

static real *of_row(const struct look *x, int h, real *matrix)
{
    return matrix + (size_t)x->row * (size_t)x->head[h].stride;
}

static const real *content_of(const struct look *x, int h)
{
    return x->head[h].content + (size_t)x->row * (size_t)x->head[h].stride;
}

static real *bias_of(const struct look *x, int h)
{
    return x->b + (size_t)h * x->b_step;
}

static real *hidden(const struct look *x, real *z, int w)
{
    return z + (size_t)w * (size_t)x->head->columns;
}

static void add(int n, real by, const real *from, real *to)
{
    for (int j = 0; j < n; j++)
        to[j] += by * from[j];
}

static real product(int n, const real *a, const real *b)
{
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < n; j++)
        sum += a[j] * b[j];
    return sum;
}

static real slope(real z)
{
    return z > 0 ? 1 : (real)leak;
}

/* z = W1 [A, B] + b1 of each key. */
static void look_in(const struct look *x)
{
    for (int w = 0; w < x->W; w++) {
        real *z = hidden(x, x->z, w);
        const real *in = x->e->weight[IN] + (size_t)w * 2 * (size_t)x->H;
        for (int j = 0; j < x->n; j++)
            z[j] = x->e->weight[IN_BIAS][w];
        for (int h = 0; h < x->H; h++) {
            add(x->n, in[h], content_of(x, h), z);
            add(x->n, in[x->H + h], bias_of(x, h), z);
        }
    }
}

static void mix(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        const struct look x = look_at(e, p, r, scratch);
        for (int h = 0; h < x.H; h++)
            for (int j = 0; j < x.n; j++)
                bias_of(&x, h)[j] = of_row(&x, h, p[h].score)[j] - content_of(&x, h)[j];
        look_in(&x);
        for (int w = 0; w < x.W; w++)
            for (int j = 0; j < x.n; j++)
                hidden(&x, x.z, w)[j] *= slope(hidden(&x, x.z, w)[j]);
        for (int h = 0; h < x.H; h++) {
            real *s = of_row(&x, h, p[h].score);
            for (int j = 0; j < x.n; j++)
                s[j] += e->weight[OUT_BIAS][h];
            for (int w = 0; w < x.W; w++)
                add(x.n, e->weight[OUT][h * x.W + w], hidden(&x, x.z, w), s);
        }
    }
}

/* dz of each key, and the gradients of the second layer. */
static void look_out_grad(const struct look *x)
{
    for (int h = 0; h < x->H; h++)
        for (int j = 0; j < x->n; j++)
            x->e->grad[OUT_BIAS][h] += of_row(x, h, x->head[h].dscore)[j];
    for (int w = 0; w < x->W; w++) {
        real *z = hidden(x, x->z, w), *dz = hidden(x, x->dz, w);
        memset(dz, 0, (size_t)x->n * sizeof *dz);
        for (int j = 0; j < x->n; j++)
            x->room[j] = z[j] * slope(z[j]);
        for (int h = 0; h < x->H; h++) {
            const real *ds = of_row(x, h, x->head[h].dscore);
            x->e->grad[OUT][h * x->W + w] += product(x->n, ds, x->room);
            add(x->n, x->e->weight[OUT][h * x->W + w], ds, dz);
        }
        for (int j = 0; j < x->n; j++) {
            dz[j] *= slope(z[j]);
            x->e->grad[IN_BIAS][w] += dz[j];
        }
    }
}

/* What a logit is made of holds A once more than B does: dscore gets db, dcontent da - db. */
static void look_in_grad(const struct look *x)
{
    for (int h = 0; h < x->H; h++) {
        real *ds = of_row(x, h, x->head[h].dscore);
        real *dcontent = of_row(x, h, x->head[h].dcontent);
        for (int w = 0; w < x->W; w++) {
            const size_t at = (size_t)w * 2 * (size_t)x->H + (size_t)h;
            const size_t at_b = at + (size_t)x->H;
            const real *dz = hidden(x, x->dz, w);
            x->e->grad[IN][at] += product(x->n, dz, content_of(x, h));
            x->e->grad[IN][at_b] += product(x->n, dz, bias_of(x, h));
            add(x->n, x->e->weight[IN][at_b], dz, ds);
            add(x->n, x->e->weight[IN][at] - x->e->weight[IN][at_b], dz, dcontent);
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

const struct encoder encoder_dape = {
    .name = "dape",
    .version = 1,
    .summary = "a network corrects the logits of all heads, for a sum with a bias",
    .source = "Zheng et al. 2024, arXiv:2405.14722, and the authors' code",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .mix_scratch = mix_scratch,
    .mix = mix,
    .mix_grad = mix_grad,
};
