/* encoder_rope.c -- rotary encoding: pairs of channels turn with the position.
 *
 * Pair m of a query or key at position t turns by the angle
 *     phi(t, m) = t base^(-2m/R),   0 <= m < R/2,   R = fraction d channels
 *     (a, b) -> (a cos phi - b sin phi, a sin phi + b cos phi)
 * so that q_i . k_j depends on i and j through i - j alone. The other d - R channels and
 * the values stay as they are.
 *
 * Layout `adjacent` pairs channels (2m, 2m + 1) as the paper does, `halves` pairs
 * (m, m + R/2) as many released models do. The two are one function class: a permutation
 * of channels turns one into the other, but their weights do not mix.
 *
 * Why: the usual encoding of language models today, and a baseline of the CoPE paper.
 *
 * Scaling by a factor s stretches the trained length L, usually at test on weights trained
 * without (posbench eval --encoder scaling=yarn --encoder factor=4):
 *     pi     t / s instead of t
 *     ntk    base s^(R/(R-2)) instead of base: the slowest pair as in pi, the fastest as is
 *     yarn   pi for pairs that turn less than once within L, none for those that turn more
 *            than 32 times, a ramp between (linear in m, as in the authors' code), and cos
 *            and sin times 0.1 ln s + 1
 *
 * Source: Su et al. 2021, arXiv:2104.09864v5, eq. 15, applied as in eq. 34. Chen et al. 2023,
 * arXiv:2306.15595 (pi); Peng et al. 2023, arXiv:2309.00071 and its code (ntk, yarn).
 * Check: base 10000, R 4, t 1: pair 0 turns by 1 radian, pair 1 by 0.01. */
#include "encoder.h"

#include <assert.h>
#include <math.h>

#include "kernels.h"

enum { BASE, FRACTION, LAYOUT, SCALING, FACTOR };
enum { SCALING_NONE, SCALING_PI, SCALING_NTK, SCALING_YARN };
enum { LAYOUT_ADJACENT, LAYOUT_HALVES };

static const char *const layout_choices[] = {
    [LAYOUT_ADJACENT] = "adjacent",
    [LAYOUT_HALVES] = "halves",
    NULL,
};

static const char *const scaling_choices[] = {
    [SCALING_NONE] = "none",
    [SCALING_PI] = "pi",
    [SCALING_NTK] = "ntk",
    [SCALING_YARN] = "yarn",
    NULL,
};

static const struct option options[] = {
    [BASE] = {.name = "base",
              .type = OPTION_REAL,
              .lo = 1.0,
              .hi = 1e12,
              .dflt = 10000.0,
              .help = "longest wavelength, in units of 2 pi tokens"},
    [FRACTION] = {.name = "fraction",
                  .type = OPTION_REAL,
                  .lo = 0.0,
                  .hi = 1.0,
                  .dflt = 1.0,
                  .help = "share of a head's channels that turn; made an even number"},
    [LAYOUT] = {.name = "layout",
                .type = OPTION_CHOICE,
                .dflt = LAYOUT_ADJACENT,
                .choices = layout_choices,
                .help = "a pair is two adjacent channels, or one from each half"},
    [SCALING] = {.name = "scaling",
                 .type = OPTION_CHOICE,
                 .dflt = SCALING_NONE,
                 .choices = scaling_choices,
                 .later = true,
                 .at_test = true,
                 .help = "for sequences longer than in training: slower positions, a "
                         "larger base, or of both what suits each pair"},
    [FACTOR] = {.name = "factor",
                .type = OPTION_REAL,
                .lo = 1.0,
                .hi = 1e6,
                .dflt = 4.0,
                .later = true,
                .at_test = true,
                .help = "s: how many times the trained length is to be reached"},
    {0},
};

/* R/2: the even number of channels nearest to fraction d, at most d. */
static int pairs(const struct encoder_dims *d, const struct option_values *o)
{
    const int most = d->head_dim / 2;
    const int wanted = (int)lround(o->v[FRACTION] * d->head_dim / 2);
    return wanted < most ? wanted : most;
}

/* Stores the fraction that is really turned, so that two spellings of it are one run. */
static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int n = pairs(d, o);
    if (n == 0 && o->v[FRACTION] > 0)
        return err_set(
            e, ST_CONFIG,
            "rope: fraction %g of %d channels a head leaves no pair to turn; set "
            "it to 0 or to at least 2 channels, or make the heads wider",
            o->v[FRACTION], d->head_dim);
    if (o->v[SCALING] == SCALING_NONE && (o->v[FACTOR] < 4 || o->v[FACTOR] > 4))
        return err_set(
            e, ST_CONFIG,
            "rope: factor %g says how far and scaling not how; set scaling to pi, "
            "ntk or yarn, or factor to 4",
            o->v[FACTOR]);
    o->v[FRACTION] = 2.0 * n / d->head_dim;
    return ST_OK;
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)d->places * 2 * (size_t)pairs(d, o);
}

/* The pair that turns r times within the trained length. */
static double pair_of_turns(const struct encoder_dims *d, const struct option_values *o,
                            double r)
{
    const double R = 2.0 * pairs(d, o);
    return R * log(d->trained_length / (2 * acos(-1) * r)) / (2 * log(o->v[BASE]));
}

/* How much of pair m is scaled as in pi: 0 fast, 1 slow. */
static double yarn_share(const struct encoder_dims *d, const struct option_values *o, int m)
{
    const double most = 2.0 * pairs(d, o) - 1;
    const double low = fmax(floor(pair_of_turns(d, o, 32)), 0);
    const double high = fmin(ceil(pair_of_turns(d, o, 1)), most);
    const double width = high > low ? high - low : 0.001; /* as in the code */
    return fmin(fmax((m - low) / width, 0), 1);
}

/* Radians a token that pair m turns by. */
static double frequency(const struct encoder_dims *d, const struct option_values *o, int m)
{
    const int n = pairs(d, o);
    const double s = o->v[FACTOR], plain = pow(o->v[BASE], -(double)m / n);
    const int scaling = (int)o->v[SCALING];
    if (scaling == SCALING_PI)
        return plain / s;
    if (scaling == SCALING_NTK && n > 1)
        return plain * pow(s, -(double)m / (n - 1));
    if (scaling == SCALING_YARN) {
        const double slow = yarn_share(d, o, m);
        return plain / s * slow + plain * (1 - slow);
    }
    return plain;
}

/* table [places, 2, pairs]: the cosines of a position, then its sines. Angles are formed
 * in double: t times a frequency loses the low bits of the angle in float once t is in
 * the thousands. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int n = pairs(d, o);
    const bool yarn = o->v[SCALING] == SCALING_YARN;
    const double size = yarn ? 0.1 * log(o->v[FACTOR]) + 1 : 1;
    for (int t = 0; t < d->places; t++, table += 2 * (size_t)n)
        for (int m = 0; m < n; m++) {
            const double angle = t * frequency(d, o, m);
            table[m] = (real)(size * cos(angle));
            table[n + m] = (real)(size * sin(angle));
        }
}

/* Turns each row by the angles of its place; sign -1 turns back. */
static void turn_rows(const struct encoder_view *e, const struct turn *t, struct rows x,
                      real sign)
{
    const struct kernels *kernels = kernels_get();
    const int n = pairs(e->dims, e->options);
    const bool halves = e->options->v[LAYOUT] == LAYOUT_HALVES;
    for (int r = 0; r < t->rows; r++) {
        assert(t->place[r] < e->dims->places);
        kernels->turn(n, halves ? 1 : 2, halves ? n : 1,
                      e->constants + (size_t)t->place[r] * 2 * (size_t)n, sign,
                      x.at + (size_t)r * (size_t)x.stride);
    }
}

static void rotate(const struct encoder_view *e, const struct turn *t)
{
    turn_rows(e, t, t->x, 1);
}

/* A rotation is orthogonal, so its adjoint is the turn back, of the same size. */
static void rotate_grad(const struct encoder_view *e, const struct turn *t)
{
    turn_rows(e, t, t->dx, -1);
}

static unsigned invariances(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT;
}

/* 6 for each pair of channels of queries and keys. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return 6.0 * d->heads * pairs(d, o) * (load->tokens + load->queries);
}

const struct encoder encoder_rope = {
    .name = "rope",
    .version = 1,
    .summary = "pairs of query and key channels turn by an angle that grows with position",
    .source = "Su et al. 2021, arXiv:2104.09864v5, eq. 15",
    .options = options,
    .resolve = resolve,
    .invariances = invariances,
    .flops = flops,
    .constants = constants,
    .fill_constants = fill_constants,
    .takes_places = true,
    .rotate = rotate,
    .rotate_grad = rotate_grad,
};
