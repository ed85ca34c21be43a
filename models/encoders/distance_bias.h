/* distance_bias.h -- biases that depend on head and distance alone.
 *
 * The bias of distance n is bias[n], n up to dims->places - 1: a row of a table [H, places]
 * in the constants, or in the numbers derived from the weights once a step. */
#ifndef DISTANCE_BIAS_H
#define DISTANCE_BIAS_H

#include "encoder.h"

/* Returns the size of the table, for encoder.constants and encoder.derived. */
static inline size_t distance_bias_size(const struct encoder_dims *d,
                                        const struct option_values *o)
{
    (void)o;
    return (size_t)d->heads * (size_t)d->places;
}

static inline const real *distance_bias_row(const struct encoder_view *e, const real *table,
                                            const struct panel *p)
{
    return table + (size_t)p->head * (size_t)e->dims->places;
}

/* score[r][j] += bias of the distance of query r and key j. */
static inline void distance_bias_add(const struct panel *p, const real *bias)
{
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        const int i = p->row[r], place = p->place[i];
        if (p->placed)
            for (int j = 0; j <= i; j++)
                s[j] += bias[place - p->place[j]];
        else
            for (int j = 0; j <= i; j++)
                s[j] += bias[i - j];
    }
}

/* The adjoint: dbias[n] += dscore of the pairs at distance n. */
static inline void distance_bias_grad(const struct panel *p, real *dbias)
{
    for (int r = 0; r < p->rows; r++) {
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        const int i = p->row[r], place = p->place[i];
        if (p->placed)
            for (int j = 0; j <= i; j++)
                dbias[place - p->place[j]] += ds[j];
        else
            for (int j = 0; j <= i; j++)
                dbias[i - j] += ds[j];
    }
}

/* The hooks of an encoder whose table is in the constants, so not learned. */
static inline void distance_bias_fixed(const struct encoder_view *e, const struct panel *p,
                                       real *scratch)
{
    (void)scratch;
    distance_bias_add(p, distance_bias_row(e, e->constants, p));
}

static inline void distance_bias_fixed_grad(const struct encoder_view *e,
                                            const struct panel *p, real *scratch)
{
    (void)e;
    (void)p;
    (void)scratch;
}

/* The hooks of an encoder whose table is derived from its weights. */
static inline void distance_bias_derived(const struct encoder_view *e,
                                         const struct panel *p, real *scratch)
{
    (void)scratch;
    distance_bias_add(p, distance_bias_row(e, e->derived, p));
}

static inline void distance_bias_derived_grad(const struct encoder_view *e,
                                              const struct panel *p, real *scratch)
{
    (void)scratch;
    distance_bias_grad(p, e->dderived + (size_t)p->head * (size_t)e->dims->places);
}

/* Counts one addition for each visible pair and head. */
static inline double distance_bias_flops(const struct encoder_dims *d,
                                         const struct option_values *o,
                                         const struct encoder_load *load)
{
    (void)o;
    return d->heads * load->pairs;
}

#endif
