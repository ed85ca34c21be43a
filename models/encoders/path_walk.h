/* path_walk.h -- hooks that compute path's logits: a query walks back over the tokens.
 *
 * Forward, row by row: x <- q_i; for j = i..0: logit = alpha k_j . x, x <- H_j x. All rows of a
 * panel are computed together, one token at a time. xi[j] = w_j . x is kept for each row, so
 * that backward, from j = 0 on, can undo every step by adding what it subtracted:
 *     x <- x + beta_j w_j xi[j];   omega = w_j . lambda
 *     dbeta_j -= omega xi[j];   dw_j -= beta_j (omega x + xi[j] lambda)
 *     lambda <- H_j lambda + alpha delta[j] k_j;   dk_j += alpha delta[j] x
 * and lambda, 0 at first, is dq_i after j = i. */
#ifndef PATH_WALK_H
#define PATH_WALK_H

#include "path_tokens.h"

/* Rows of a block. A channel of that many rows fills enough registers that sums do not wait for
 * each other. */
enum { PATH_BLOCK = 64 };

static inline int path_blocks(int rows)
{
    return (rows + PATH_BLOCK - 1) / PATH_BLOCK;
}

/* Scratch holds x and lambda [blocks, d, PATH_BLOCK] and xi [columns, blocks, PATH_BLOCK], each
 * contiguous over the rows of a block. */
static inline size_t path_scratch(const struct encoder_dims *d,
                                  const struct option_values *o, int rows, int columns)
{
    (void)o;
    return (size_t)path_blocks(rows) * PATH_BLOCK *
           (2 * (size_t)d->head_dim + (size_t)columns);
}

/* The walk of one block of rows over the tokens. */
struct path_walk {
    const struct panel *p;
    int d, first, rows; /* rows first .. first + rows - 1 of the panel */
    int step;           /* reals from one token's xi to the next's */
    real *x, *lambda, *xi;
};

static inline struct path_walk path_walk_at(const struct encoder_view *e,
                                            const struct panel *p, int block, real *scratch)
{
    const int d = e->dims->head_dim, n = path_blocks(p->rows), first = block * PATH_BLOCK;
    const size_t size = (size_t)d * PATH_BLOCK;
    return (struct path_walk){
        .p = p,
        .d = d,
        .first = first,
        .rows = p->rows - first < PATH_BLOCK ? p->rows - first : PATH_BLOCK,
        .step = n * PATH_BLOCK,
        .x = scratch + (size_t)block * size,
        .lambda = scratch + (size_t)(n + block) * size,
        .xi = scratch + 2 * (size_t)n * size + (size_t)block * PATH_BLOCK,
    };
}

/* Returns the last token that a row of the block sees. */
static inline int path_last_token(const struct path_walk *w)
{
    return w->p->row[w->first + w->rows - 1];
}

static inline const real *path_direction(const struct path_walk *w, int j)
{
    return row_of(w->p->state, j) + (size_t)w->p->head * (size_t)w->d;
}

static inline real path_beta_of(const struct encoder_view *e, const struct path_walk *w,
                                int j)
{
    return row_of(w->p->state, j)[dims_channels(e->dims) + w->p->head];
}

/* Sets x to the query in the rows whose walk begins at token j. */
static inline void path_enter(const struct path_walk *w, int j)
{
    for (int r = 0; r < w->rows; r++)
        for (int c = 0; w->p->row[w->first + r] == j && c < w->d; c++)
            w->x[c * PATH_BLOCK + r] = row_of(w->p->q, w->first + r)[c];
}

/* dot[r] = v . x of row r; x is laid out like path_walk.x. */
static inline void path_dots(int d, const real *v, const real *x, real dot[PATH_BLOCK])
{
    real sum[PATH_BLOCK] = {0};
    for (int c = 0; c < d; c++)
        for (int r = 0; r < PATH_BLOCK; r++)
            sum[r] += v[c] * x[c * PATH_BLOCK + r];
    memcpy(dot, sum, sizeof sum);
}

/* x[c][r] += v[c] by[r] */
static inline void path_outer(int d, const real *v, const real by[PATH_BLOCK], real *x)
{
    for (int c = 0; c < d; c++)
        for (int r = 0; r < PATH_BLOCK; r++)
            x[c * PATH_BLOCK + r] += v[c] * by[r];
}

static inline void path_content(const struct encoder_view *e, const struct panel *p,
                                real *scratch)
{
    for (int block = 0; block < path_blocks(p->rows); block++) {
        const struct path_walk w = path_walk_at(e, p, block, scratch);
        memset(w.x, 0, (size_t)w.d * PATH_BLOCK * sizeof *w.x);
        for (int j = path_last_token(&w); j >= 0; j--) {
            real logit[PATH_BLOCK], by[PATH_BLOCK], *xi = w.xi + (size_t)j * (size_t)w.step;
            path_enter(&w, j);
            path_dots(w.d, row_of(p->k, j), w.x, logit);
            path_dots(w.d, path_direction(&w, j), w.x, xi);
            for (int r = 0; r < PATH_BLOCK; r++)
                by[r] = -path_beta_of(e, &w, j) * xi[r];
            path_outer(w.d, path_direction(&w, j), by, w.x);
            for (int r = 0; r < w.rows; r++)
                if (j <= p->row[w.first + r])
                    p->score[(size_t)(w.first + r) * (size_t)p->stride + (size_t)j] =
                        p->alpha * logit[r];
        }
    }
}

/* Adds lambda to dq in the rows whose query is token j, and clears their x and lambda. */
static inline void path_leave(const struct path_walk *w, int j)
{
    for (int r = 0; r < w->rows; r++)
        for (int c = 0; w->p->row[w->first + r] == j && c < w->d; c++) {
            row_of(w->p->dq, w->first + r)[c] += w->lambda[c * PATH_BLOCK + r];
            w->lambda[c * PATH_BLOCK + r] = w->x[c * PATH_BLOCK + r] = 0;
        }
}

/* to[c] += sum over rows of a[r] x[c][r] */
static inline void path_contract(int d, const real a[PATH_BLOCK], const real *x, real *to)
{
    for (int c = 0; c < d; c++) {
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int r = 0; r < PATH_BLOCK; r++)
            sum += a[r] * x[c * PATH_BLOCK + r];
        to[c] += sum;
    }
}

/* to[c] += sum over rows of a[r] x[c][r] + b[r] y[c][r] */
static inline void path_contract_both(int d, const real a[PATH_BLOCK], const real *x,
                                      const real b[PATH_BLOCK], const real *y, real *to)
{
    for (int c = 0; c < d; c++) {
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int r = 0; r < PATH_BLOCK; r++)
            sum += a[r] * x[c * PATH_BLOCK + r] + b[r] * y[c * PATH_BLOCK + r];
        to[c] += sum;
    }
}

/* Makes the backward step at token j, by the formulas at the top. */
static inline void path_step_back(const struct encoder_view *e, const struct path_walk *w,
                                  int j)
{
    const struct panel *p = w->p;
    const real beta = path_beta_of(e, w, j), *dir = path_direction(w, j);
    const real *xi = w->xi + (size_t)j * (size_t)w->step;
    real *ddir = row_of(p->dstate, j) + (size_t)p->head * (size_t)w->d;
    real by[PATH_BLOCK], omega[PATH_BLOCK], delta[PATH_BLOCK] = {0}, dbeta = 0;
    for (int r = 0; r < PATH_BLOCK; r++)
        by[r] = beta * xi[r];
    path_outer(w->d, dir, by, w->x);
    path_dots(w->d, dir, w->lambda, omega);
    for (int r = 0; r < PATH_BLOCK; r++) {
        dbeta -= omega[r] * xi[r];
        by[r] = -beta * xi[r];
        omega[r] *= -beta;
    }
    row_of(p->dstate, j)[dims_channels(e->dims) + p->head] += dbeta;
    path_contract_both(w->d, omega, w->x, by, w->lambda, ddir);
    path_outer(w->d, dir, omega, w->lambda);
    for (int r = 0; r < w->rows; r++)
        if (j <= p->row[w->first + r])
            delta[r] = p->alpha *
                       p->dscore[(size_t)(w->first + r) * (size_t)p->stride + (size_t)j];
    path_outer(w->d, row_of(p->k, j), delta, w->lambda);
    path_contract(w->d, delta, w->x, row_of(p->dk, j));
}

static inline void path_content_grad(const struct encoder_view *e, const struct panel *p,
                                     real *scratch)
{
    for (int block = 0; block < path_blocks(p->rows); block++) {
        const struct path_walk w = path_walk_at(e, p, block, scratch);
        const int last = path_last_token(&w);
        memset(w.lambda, 0, (size_t)w.d * PATH_BLOCK * sizeof *w.lambda);
        for (int j = 0; j <= last; j++) {
            path_step_back(e, &w, j);
            path_leave(&w, j);
        }
    }
}

#endif
