/* encoder_sinusoidal.c -- fixed sines and cosines added to the token embeddings.
 *
 *     x_t[2m]     += scale sin(t base^(-2m/C))
 *     x_t[2m + 1] += scale cos(t base^(-2m/C)),   0 <= t < T,  0 <= 2m < C
 *
 * Why: the first Transformer's encoding; absolute, not learned, defined at any length.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762v7, section 3.5. Sine and cosine alternate
 * as in the paper; several libraries put all sines first and divide the exponent by
 * C/2 - 1.
 * Pitfall: the paper multiplies token embeddings by sqrt(C). Here they keep a standard
 * deviation of C^-1/2, so with scale 1 the table, whose root mean square is 0.71, is larger
 * by a factor of 0.71 sqrt(C); scale C^-1/2 gives the paper's proportion.
 * Check: base 10000, C 4, t 1 -> sin 1, cos 1, sin 0.01, cos 0.01. */
#include "encoder.h"

#include <assert.h>
#include <math.h>

#include "kernels.h"

enum { BASE, SCALE };

static const struct option options[] = {
    [BASE] = {.name = "base",
              .type = OPTION_REAL,
              .lo = 1.0,
              .hi = 1e9,
              .dflt = 10000.0,
              .help = "longest wavelength, in units of 2 pi tokens"},
    [SCALE] = {.name = "scale",
               .type = OPTION_REAL,
               .lo = 1e-6,
               .hi = 1e6,
               .dflt = 1.0,
               .help = "factor of the table; dim^-0.5 puts it on a level with the tokens"},
    {0},
};

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->places * (size_t)dims_channels(d);
}

/* Fills table [places, C]. Angles are computed in double, since float loses the low bits of t
 * times a frequency once t is in the thousands. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int C = dims_channels(d);
    for (int t = 0; t < d->places; t++)
        for (int c = 0; c < C; c++) {
            const int even = c - c % 2;
            const double angle = t * pow(o->v[BASE], -(double)even / C);
            *table++ = (real)(o->v[SCALE] * (c % 2 == 0 ? sin(angle) : cos(angle)));
        }
}

static void embed(const struct encoder_view *e, int T, const int *place, real *x)
{
    const size_t C = (size_t)dims_channels(e->dims);
    for (int t = 0; t < T; t++) {
        assert(place[t] < e->dims->places);
        kernels_get()->add(C, e->constants + (size_t)place[t] * C, x + (size_t)t * C);
    }
}

/* Does nothing: nothing is learned, and an addition does not change the gradient of x. */
static void embed_grad(const struct encoder_view *e, int T, const int *place,
                       const real *dx)
{
    (void)e;
    (void)T;
    (void)place;
    (void)dx;
}

const struct encoder encoder_sinusoidal = {
    .name = "sinusoidal",
    .version = 1,
    .summary = "fixed sines and cosines of the position, added to the embeddings",
    .source = "Vaswani et al. 2017, arXiv:1706.03762v7, section 3.5",
    .options = options,
    .constants = constants,
    .fill_constants = fill_constants,
    .takes_places = true,
    .embed = embed,
    .embed_grad = embed_grad,
};
