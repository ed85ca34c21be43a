/* distance_bias.h -- biases that depend on head and distance alone, for encoders that
 * share the loop over a panel.
 *
 * The bias of distance n stands at reversed[columns - 1 - n], so that a query's row meets
 * its keys and their biases in the same order: one addition a pair, which vectorises. The
 * vector is made anew for each panel of rows, of which it is a small part. */
#ifndef DISTANCE_BIAS_H
#define DISTANCE_BIAS_H

#include "encoder.h"

/* score[r][j] += bias(position[r] - j). */
static inline void distance_bias_add(const struct panel *p, const real *reversed)
{
    for (int r = 0; r < p->rows; r++) {
        const int n = p->position[r] + 1;
        const real *bias = reversed + (p->columns - n);
        real *s = p->score + (size_t)r * (size_t)p->stride;
        for (int j = 0; j < n; j++)
            s[j] += bias[j];
    }
}

/* The adjoint: dreversed[columns - 1 - n] = sum of dscore over the pairs at distance n. */
static inline void distance_bias_grad(const struct panel *p, real *dreversed)
{
    for (int i = 0; i < p->columns; i++)
        dreversed[i] = 0;
    for (int r = 0; r < p->rows; r++) {
        const int n = p->position[r] + 1;
        real *dbias = dreversed + (p->columns - n);
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        for (int j = 0; j < n; j++)
            dbias[j] += ds[j];
    }
}

/* encoder.score_grad of a bias without learned numbers: it does not depend on the content,
 * so nothing is to be added. */
static inline void distance_bias_fixed(const struct encoder_view *e, const struct panel *p,
                                       real *scratch)
{
    (void)e;
    (void)p;
    (void)scratch;
}

/* encoder.scratch of an encoder that needs this vector alone. */
static inline size_t distance_bias_scratch(const struct encoder_dims *d,
                                           const struct option_values *o, int rows,
                                           int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return (size_t)columns;
}

#endif
