/* token_linear.h -- a linear map of every token, for `read` hooks that have their own weights.
 *
 * W is [out, in] as in PyTorch; x and y may have any stride. */
#ifndef TOKEN_LINEAR_H
#define TOKEN_LINEAR_H

#include "encoder.h"
#include "panel_gemm.h"

/* Returns a matrix at *at and moves *at past it. */
static inline struct rows carve_rows(real **at, int rows, int columns)
{
    const struct rows x = {*at, columns};
    *at += (size_t)rows * (size_t)columns;
    return x;
}

/* Returns the reals of room that token_linear needs. */
static inline size_t token_linear_room(int in, int out)
{
    return (size_t)in * (size_t)panel_stride(out);
}

/* y [T, out] = x W^T + b; b may be NULL. */
static inline void token_linear(int T, int in, int out, struct rows x, const real *W,
                                const real *b, real *room, struct rows y)
{
    const struct rows w = {(real *)W, in};
    for (int t = 0; b && t < T; t++)
        for (int c = 0; c < out; c++)
            y.at[(size_t)t * (size_t)y.stride + (size_t)c] = b[c];
    panel_nn(T, out, in, 1, x, panel_turned(out, in, w, room), b != NULL, y);
}

/* db += column sums of dy. */
static inline void token_bias_grad(int T, int out, struct rows dy, real *db)
{
    for (int t = 0; t < T; t++)
        for (int c = 0; c < out; c++)
            db[c] += dy.at[(size_t)t * (size_t)dy.stride + (size_t)c];
}

/* dx += dy W, dw += dy^T x. */
static inline void token_linear_grad(int T, int in, int out, struct rows x, const real *W,
                                     struct rows dy, struct rows dx, real *dw)
{
    panel_nn(T, in, out, 1, dy, (struct rows){(real *)W, in}, true, dx);
    panel_tn(out, in, T, 1, dy, x, true, (struct rows){dw, in});
}

#endif
