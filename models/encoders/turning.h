/* turning.h -- pairs of channels that turn by sums of increments, one per token.
 *
 * Each token t gives increments omega[t][h][m] of the angles of head h, m < n <= d/2:
 *     phi[t] = omega[0] + ... + omega[t]
 * and channels (m, m + n) of its queries and keys turn by phi[t][h][m], so that a logit
 * depends only on the increments of the tokens j+1..i. The state of a token is, for each
 * head, n cosines of its angles and then n sines: the table that the kernel `turn` reads.
 *
 * Angles are summed in double, since float loses the low bits of an angle in the thousands. */
#ifndef TURNING_H
#define TURNING_H

#include <math.h>

#include "encoder.h"
#include "kernels.h"

/* Returns the pairs of channels of a head. */
static inline int turning_pairs(const struct encoder_dims *d)
{
    return d->head_dim / 2;
}

/* Returns the state numbers of a token. */
static inline int turning_state(int heads, int n)
{
    return 2 * heads * n;
}

static inline real *turning_at(struct rows x, int t, int column)
{
    return row_of(x, t) + column;
}

/* Writes the state from the increments [T, heads n]. */
static inline void turning_sum(int T, int heads, int n, struct rows omega,
                               struct rows state)
{
    for (int h = 0; h < heads; h++)
        for (int m = 0; m < n; m++) {
            double phi = 0;
            for (int t = 0; t < T; t++) {
                real *table = turning_at(state, t, 2 * h * n);
                phi += (double)row_of(omega, t)[h * n + m];
                table[m] = (real)cos(phi);
                table[n + m] = (real)sin(phi);
            }
        }
}

/* domega [T, heads n] = sum over the tokens from t on of dphi. */
static inline void turning_sum_grad(int T, int heads, int n, struct rows state,
                                    struct rows dstate, struct rows domega)
{
    for (int t = T - 1; t >= 0; t--)
        for (int h = 0; h < heads; h++) {
            const real *at = turning_at(state, t, 2 * h * n);
            const real *dat = turning_at(dstate, t, 2 * h * n);
            real *to = turning_at(domega, t, h * n);
            for (int m = 0; m < n; m++) {
                const real later = t + 1 < T ? row_of(domega, t + 1)[h * n + m] : 0;
                to[m] = later + dat[n + m] * at[m] - dat[m] * at[n + m];
            }
        }
}

/* The hook `rotate` of encoders whose pairs all turn. */
static inline void turning_rotate(const struct encoder_view *e, const struct turn *t)
{
    const int n = turning_pairs(e->dims);
    for (int r = 0; r < t->rows; r++)
        kernels_get()->turn(n, 1, n, turning_at(t->state, t->row[r], 2 * t->head * n), 1,
                            row_of(t->x, r));
}

/* The hook `rotate_grad`: with (a, b) the pair before the turn, dcos += a da' + b db' and
 * dsin += a db' - b da'. */
static inline void turning_rotate_grad(const struct encoder_view *e, const struct turn *t)
{
    const int n = turning_pairs(e->dims);
    for (int r = 0; r < t->rows; r++) {
        const real *table = turning_at(t->state, t->row[r], 2 * t->head * n);
        real *dtable = turning_at(t->dstate, t->row[r], 2 * t->head * n);
        const real *x = row_of(t->x, r);
        real *dx = row_of(t->dx, r);
        for (int m = 0; m < n; m++) {
            const real a = table[m] * x[m] + table[n + m] * x[n + m];
            const real b = table[m] * x[n + m] - table[n + m] * x[m];
            dtable[m] += a * dx[m] + b * dx[n + m];
            dtable[n + m] += a * dx[n + m] - b * dx[m];
        }
        kernels_get()->turn(n, 1, n, table, -1, dx);
    }
}

/* Returns the forward operations of turning_sum: a sum, a cosine and a sine for each angle. */
static inline double turning_sum_flops(int heads, int n, int T)
{
    return 3.0 * heads * n * T;
}

/* Returns the forward operations of turning_rotate: 6 per pair of channels of queries and keys. */
static inline double turning_rotate_flops(int heads, int n, const struct encoder_load *load)
{
    return 6.0 * heads * n * (load->tokens + load->queries);
}

/* Returns the operations of both, in one layer. */
static inline double turning_flops(int heads, int n, const struct encoder_load *load)
{
    return turning_sum_flops(heads, n, load->tokens) + turning_rotate_flops(heads, n, load);
}

#endif
