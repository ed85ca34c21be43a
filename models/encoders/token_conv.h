/* token_conv.h -- a causal convolution of each channel over the last n tokens.
 *
 * w is [C, n]; its last column belongs to the token itself. */
#ifndef TOKEN_CONV_H
#define TOKEN_CONV_H

#include "encoder.h"

/* y [T, C]:  y[t][c] = sum_k w[c][n-1-k] x[t-k][c],  k < n and k <= t. */
static inline void token_conv(int T, int C, int n, const real *w, struct rows x,
                              struct rows y)
{
    for (int t = 0; t < T; t++) {
        real *to = row_of(y, t);
        for (int c = 0; c < C; c++)
            to[c] = 0;
        for (int k = 0; k < n && k <= t; k++)
            for (int c = 0; c < C; c++)
                to[c] += w[c * n + n - 1 - k] *
                         x.at[(size_t)(t - k) * (size_t)x.stride + (size_t)c];
    }
}

/* dx, dw += */
static inline void token_conv_grad(int T, int C, int n, const real *w, struct rows x,
                                   struct rows dy, struct rows dx, real *dw)
{
    for (int t = 0; t < T; t++)
        for (int k = 0; k < n && k <= t; k++)
            for (int c = 0; c < C; c++) {
                const size_t at = (size_t)(c * n + n - 1 - k);
                const real dz = dy.at[(size_t)t * (size_t)dy.stride + (size_t)c];
                dx.at[(size_t)(t - k) * (size_t)dx.stride + (size_t)c] += w[at] * dz;
                dw[at] += x.at[(size_t)(t - k) * (size_t)x.stride + (size_t)c] * dz;
            }
}

#endif
