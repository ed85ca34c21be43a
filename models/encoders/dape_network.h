/* dape_network.h -- the network of dape and dape_v2, which corrects the logits of all heads from
 * the logits of all heads.
 *
 * conv1 maps 2 heads numbers, A and B of each head (encoder_dape_v2.c), to `width`; conv2 maps
 * these to heads. With a kernel of 1, as in dape, the network sees each key alone.
 *
 * Backward: let da and db be the gradients of the network's two inputs. A gets dlogit + da,
 * B gets dlogit + db. */
#ifndef DAPE_NETWORK_H
#define DAPE_NETWORK_H

#include <math.h>
#include <string.h>

#include "encoder.h"

enum { DAPE_WIDTH, DAPE_KERNEL };                        /* options */
enum { DAPE_IN, DAPE_IN_BIAS, DAPE_OUT, DAPE_OUT_BIAS }; /* tensors */

#define DAPE_WIDTH_OPTION               \
    [DAPE_WIDTH] = {.name = "width",    \
                    .type = OPTION_INT, \
                    .lo = 1,            \
                    .hi = 1024,         \
                    .dflt = 32,         \
                    .help = "inner width of the network"}

static const double dape_leak = 0.01; /* PyTorch's */

static inline int dape_width(const struct option_values *o)
{
    return (int)o->v[DAPE_WIDTH];
}

/* Returns the kernel's number of keys: 1 if there is no such option. */
static inline int dape_kernel(const struct option_values *o)
{
    return o->v[DAPE_KERNEL] > 0 ? (int)o->v[DAPE_KERNEL] : 1;
}

/* Counts 2 heads x width products in and width x heads out, at each key of the kernel. */
static inline double dape_flops(const struct encoder_dims *d, const struct option_values *o,
                                const struct encoder_load *load)
{
    return (6.0 * d->heads * dape_kernel(o) + 3.0) * dape_width(o) * load->pairs;
}

static inline int dape_tensors(const struct encoder_dims *d, const struct option_values *o,
                               struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int W = dape_width(o), H = d->heads, k = dape_kernel(o);
    out[DAPE_IN] = (struct tensor_spec){.name = "in.weight",
                                        .rows = W,
                                        .columns = 2 * H * k,
                                        .init = INIT_UNIFORM,
                                        .scale = 1.0 / sqrt(2.0 * H * k),
                                        .decay = true,
                                        .per_layer = true};
    out[DAPE_IN_BIAS] = out[DAPE_OUT] = out[DAPE_OUT_BIAS] = out[DAPE_IN];
    out[DAPE_IN_BIAS].name = "in.bias";
    out[DAPE_IN_BIAS].rows = 1;
    out[DAPE_IN_BIAS].columns = W;
    out[DAPE_OUT].name = "out.weight";
    out[DAPE_OUT].rows = H;
    out[DAPE_OUT].columns = W * k;
    out[DAPE_OUT_BIAS].name = "out.bias";
    out[DAPE_OUT_BIAS].rows = 1;
    out[DAPE_OUT_BIAS].columns = H;
    out[DAPE_OUT].scale = out[DAPE_OUT_BIAS].scale = 1.0 / sqrt((double)W * k);
    return 4;
}

/* Returns how many numbers a hidden unit has: one for each key, and for the places past the
 * last key that conv2 reaches. */
static inline size_t dape_hidden_size(const struct option_values *o, int columns)
{
    return (size_t)columns + (size_t)(dape_kernel(o) / 2);
}

/* Scratch holds B of all heads [H, rows, columns] for the adjoint and, for one row, z and its
 * gradient [W, hidden] each and room [hidden]. */
static inline size_t dape_mix_scratch(const struct encoder_dims *d,
                                      const struct option_values *o, int rows, int columns)
{
    return (size_t)columns * (size_t)d->heads * (size_t)rows +
           dape_hidden_size(o, columns) * (2 * (size_t)dape_width(o) + 1);
}

/* One row of all heads: n visible keys, m hidden ones. */
struct dape_look {
    const struct encoder_view *e;
    const struct panel *head; /* [H] */
    int H, W, k, n, m, row;
    real *b; /* this row's B of head 0; that of the next head is b_step further */
    size_t b_step;
    real *z, *dz; /* [W, hidden] */
    real *room;   /* [hidden] */
    size_t step;  /* hidden */
};

static inline struct dape_look dape_look_at(const struct encoder_view *e,
                                            const struct panel *p, int row, real *scratch)
{
    struct dape_look x = {.e = e,
                          .head = p,
                          .H = e->dims->heads,
                          .W = dape_width(e->options),
                          .k = dape_kernel(e->options),
                          .n = p->row[row] + 1,
                          .row = row,
                          .b = scratch + (size_t)row * (size_t)p->columns,
                          .b_step = (size_t)p->rows * (size_t)p->columns,
                          .step = dape_hidden_size(e->options, p->columns)};
    x.m = x.n + x.k / 2;
    x.z = scratch + (size_t)x.H * x.b_step;
    x.dz = x.z + (size_t)x.W * x.step;
    x.room = x.dz + (size_t)x.W * x.step;
    return x;
}

static inline real *dape_of_row(const struct dape_look *x, int h, real *matrix)
{
    return matrix + (size_t)x->row * (size_t)x->head[h].stride;
}

/* Returns input number c of the network for the visible keys: A of each head, then B. */
static inline const real *dape_input(const struct dape_look *x, int c)
{
    return c < x->H ? x->head[c].content + (size_t)x->row * (size_t)x->head[c].stride
                    : x->b + (size_t)(c - x->H) * x->b_step;
}

static inline real dape_slope(real z)
{
    return z > 0 ? 1 : (real)dape_leak;
}

/* The range of j for which both to[j] and from[j + shift] exist, for to [n_to] and
 * from [n_from]. */
struct dape_overlap {
    int first, last; /* of `to`: first .. last - 1 */
};

static inline struct dape_overlap dape_meet(int n_to, int n_from, int shift)
{
    return (struct dape_overlap){shift < 0 ? -shift : 0,
                                 n_to < n_from - shift ? n_to : n_from - shift};
}

/* to[j] += by from[j + shift] */
static inline void dape_add(int n_to, int n_from, int shift, real by, const real *from,
                            real *to)
{
    const struct dape_overlap o = dape_meet(n_to, n_from, shift);
    for (int j = o.first; j < o.last; j++)
        to[j] += by * from[j + shift];
}

/* sum_j to[j] from[j + shift] */
static inline real dape_product(int n_to, int n_from, int shift, const real *from,
                                const real *to)
{
    const struct dape_overlap o = dape_meet(n_to, n_from, shift);
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = o.first; j < o.last; j++)
        sum += to[j] * from[j + shift];
    return sum;
}

static inline const real *dape_in_weights(const struct dape_look *x, int w, int c)
{
    return x->e->weight[DAPE_IN] +
           ((size_t)w * 2 * (size_t)x->H + (size_t)c) * (size_t)x->k;
}

static inline const real *dape_out_weights(const struct dape_look *x, int h, int w)
{
    return x->e->weight[DAPE_OUT] + ((size_t)h * (size_t)x->W + (size_t)w) * (size_t)x->k;
}

/* Computes z of each hidden unit and key: conv1 with its bias. */
static inline void dape_look_in(const struct dape_look *x)
{
    for (int w = 0; w < x->W; w++) {
        real *z = x->z + (size_t)w * x->step;
        for (int j = 0; j < x->m; j++)
            z[j] = x->e->weight[DAPE_IN_BIAS][w];
        for (int i = 0; i < 2 * x->H; i++) {
            const int c = i / 2 + i % 2 * x->H; /* A and B of one head, then of the next */
            for (int t = 0; t < x->k; t++)
                dape_add(x->m, x->n, t - x->k / 2, dape_in_weights(x, w, c)[t],
                         dape_input(x, c), z);
        }
    }
}

static inline void dape_mix(const struct encoder_view *e, const struct panel *p,
                            real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        const struct dape_look x = dape_look_at(e, p, r, scratch);
        for (int h = 0; h < x.H; h++)
            for (int j = 0; j < x.n; j++)
                x.b[(size_t)h * x.b_step + (size_t)j] =
                    dape_of_row(&x, h, p[h].score)[j] - dape_input(&x, h)[j];
        dape_look_in(&x);
        for (size_t i = 0; i < (size_t)x.W; i++)
            for (int j = 0; j < x.m; j++)
                x.z[i * x.step + (size_t)j] *= dape_slope(x.z[i * x.step + (size_t)j]);
        for (int h = 0; h < x.H; h++) {
            real *s = dape_of_row(&x, h, p[h].score);
            for (int j = 0; j < x.n; j++)
                s[j] += e->weight[DAPE_OUT_BIAS][h];
            for (int w = 0; w < x.W; w++)
                for (int t = 0; t < x.k; t++)
                    dape_add(x.n, x.m, t - x.k / 2, dape_out_weights(&x, h, w)[t],
                             x.z + (size_t)w * x.step, s);
        }
    }
}

/* Adds the gradients of conv2's weights and conv1's bias for hidden unit w, and computes dz, the
 * unit's gradient before `leaky`. */
static inline void dape_unit_grad(const struct dape_look *x, int w)
{
    real *z = x->z + (size_t)w * x->step, *dz = x->dz + (size_t)w * x->step;
    memset(dz, 0, (size_t)x->m * sizeof *dz);
    for (int j = 0; j < x->m; j++)
        x->room[j] = z[j] * dape_slope(z[j]);
    for (int h = 0; h < x->H; h++) {
        const real *ds = dape_of_row(x, h, x->head[h].dscore);
        const size_t at = (size_t)(dape_out_weights(x, h, w) - x->e->weight[DAPE_OUT]);
        for (int t = 0; t < x->k; t++) {
            const int shift = t - x->k / 2;
            x->e->grad[DAPE_OUT][at + (size_t)t] +=
                dape_product(x->n, x->m, shift, x->room, ds);
            dape_add(x->m, x->n, -shift, dape_out_weights(x, h, w)[t], ds, dz);
        }
    }
    for (int j = 0; j < x->m; j++) {
        dz[j] *= dape_slope(z[j]);
        x->e->grad[DAPE_IN_BIAS][w] += dz[j];
    }
}

static inline void dape_look_out_grad(const struct dape_look *x)
{
    for (int h = 0; h < x->H; h++)
        for (int j = 0; j < x->n; j++)
            x->e->grad[DAPE_OUT_BIAS][h] += dape_of_row(x, h, x->head[h].dscore)[j];
    for (int w = 0; w < x->W; w++)
        dape_unit_grad(x, w);
}

/* Adds the gradients of conv1's weights for A and B of head h at key t of the kernel, and those
 * of A and B. B is score - A, so dscore gets db and dcontent gets da - db. */
static inline void dape_meet_grad(const struct dape_look *x, int h, int w, int t)
{
    const int shift = t - x->k / 2;
    const real *in = x->e->weight[DAPE_IN], *dz = x->dz + (size_t)w * x->step;
    const size_t at = (size_t)(dape_in_weights(x, w, h) - in) + (size_t)t;
    const size_t at_b = (size_t)(dape_in_weights(x, w, x->H + h) - in) + (size_t)t;
    real *grad = x->e->grad[DAPE_IN];
    grad[at] += dape_product(x->m, x->n, shift, dape_input(x, h), dz);
    grad[at_b] += dape_product(x->m, x->n, shift, dape_input(x, x->H + h), dz);
    dape_add(x->n, x->m, -shift, in[at_b], dz, dape_of_row(x, h, x->head[h].dscore));
    dape_add(x->n, x->m, -shift, in[at] - in[at_b], dz,
             dape_of_row(x, h, x->head[h].dcontent));
}

static inline void dape_look_in_grad(const struct dape_look *x)
{
    for (int h = 0; h < x->H; h++)
        for (int w = 0; w < x->W; w++)
            for (int t = 0; t < x->k; t++)
                dape_meet_grad(x, h, w, t);
}

static inline void dape_mix_grad(const struct encoder_view *e, const struct panel *p,
                                 real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        const struct dape_look x = dape_look_at(e, p, r, scratch);
        dape_look_in(&x);
        dape_look_out_grad(&x);
        dape_look_in_grad(&x);
    }
}

/* The hooks of both encoders. */
#define DAPE_HOOKS                                                  \
    .for_sums = true, .flops = dape_flops, .tensors = dape_tensors, \
    .mix_scratch = dape_mix_scratch, .mix = dape_mix, .mix_grad = dape_mix_grad

#endif
