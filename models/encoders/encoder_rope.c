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
 * Of the R/2 pairs floor(p R/2), the fastest, turn and the others keep still (fastest: p,
 * p-RoPE): channels for content that no distance moves. A fraction squeezes the whole range
 * of angles into fewer pairs, p leaves out its slow end. Softer is `clipped`: the k slowest
 * angles are multiplied by (1 + cos(pi t / (k - 1))) / 2, t = 0 .. k - 1. With learned
 * frequencies each layer has angles of its own, which start as above; a matrix exponential of
 * the position is no more than that in one dimension (LieRE, STRING).
 *
 * Scaling by a factor s stretches the trained length L, usually at test on weights trained
 * without (posbench eval --encoder scaling=yarn --encoder factor=4):
 *     pi     t / s instead of t
 *     ntk    base s^(R/(R-2)) instead of base: the slowest pair as in pi, the fastest as is
 *     yarn   pi for pairs that turn less than once within L, none for those that turn more
 *            than 32 times, a ramp between (linear in m, as in the authors' code), and cos
 *            and sin times 0.1 ln s + 1
 *     dynamic  ntk by s T / L - (s - 1) for a sequence of T > L tokens; others as trained
 *
 * Source: Su et al. 2021, arXiv:2104.09864v5, eq. 15, applied as in eq. 34. Chen et al. 2023,
 * arXiv:2306.15595 (pi); Peng et al. 2023, arXiv:2309.00071 and its code (ntk, yarn, dynamic).
 * Barbero et al. 2024, arXiv:2410.06205 (p-RoPE); arXiv:2602.05258 and its code (clipped).
 * Check: base 10000, R 4, t 1: pair 0 turns by 1 radian, pair 1 by 0.01. */
#include "encoder.h"

#include <assert.h>
#include <math.h>

#include "kernels.h"

enum { BASE, FRACTION, LAYOUT, SCALING, FACTOR, FREQUENCIES, FASTEST, CLIPPED };
enum { SCALING_NONE, SCALING_PI, SCALING_NTK, SCALING_YARN, SCALING_DYNAMIC };
enum { LAYOUT_ADJACENT, LAYOUT_HALVES };
enum { FREQUENCIES_FIXED, FREQUENCIES_LEARNED };
enum { BLOCK = 64 }; /* pairs whose angles are formed together */

static const char *const layout_choices[] = {
    [LAYOUT_ADJACENT] = "adjacent",
    [LAYOUT_HALVES] = "halves",
    NULL,
};

static const char *const scaling_choices[] = {
    [SCALING_NONE] = "none", [SCALING_PI] = "pi",           [SCALING_NTK] = "ntk",
    [SCALING_YARN] = "yarn", [SCALING_DYNAMIC] = "dynamic", NULL,
};

static const char *const frequencies_choices[] = {
    [FREQUENCIES_FIXED] = "fixed",
    [FREQUENCIES_LEARNED] = "learned",
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
                         "larger base, of both what suits each pair, or a base that "
                         "grows with the sequence"},
    [FACTOR] = {.name = "factor",
                .type = OPTION_REAL,
                .lo = 1.0,
                .hi = 1e6,
                .dflt = 4.0,
                .later = true,
                .at_test = true,
                .help = "s: how many times the trained length is to be reached"},
    [FREQUENCIES] = {.name = "frequencies",
                     .type = OPTION_CHOICE,
                     .dflt = FREQUENCIES_FIXED,
                     .choices = frequencies_choices,
                     .later = true,
                     .help = "angles a token: powers of the base, or learned from there by "
                             "each layer"},
    [FASTEST] = {.name = "fastest",
                 .type = OPTION_REAL,
                 .lo = 0.0,
                 .hi = 1.0,
                 .dflt = 1.0,
                 .later = true,
                 .at_test = true,
                 .help = "p: share of the pairs that turn, the fastest ones; rounded down"},
    [CLIPPED] = {.name = "clipped",
                 .type = OPTION_INT,
                 .lo = 0,
                 .hi = 1 << 16,
                 .dflt = 0,
                 .later = true,
                 .at_test = true,
                 .help = "slowest pairs whose angles taper off to 0; 0: none"},
    {0},
};

/* R/2: the even number of channels nearest to fraction d, at most d. */
static int pairs(const struct encoder_dims *d, const struct option_values *o)
{
    const int most = d->head_dim / 2;
    const int wanted = (int)lround(o->v[FRACTION] * d->head_dim / 2);
    return wanted < most ? wanted : most;
}

/* Those of them that turn at all; the 1e-9 is for a p such as 0.1, stored as less. */
static int turning(const struct encoder_dims *d, const struct option_values *o)
{
    return (int)floor(o->v[FASTEST] * pairs(d, o) + 1e-9);
}

static bool learned(const struct option_values *o)
{
    return o->v[FREQUENCIES] == FREQUENCIES_LEARNED;
}

static enum status check_scaling(const struct option_values *o, struct err *e)
{
    if (o->v[SCALING] == SCALING_NONE && (o->v[FACTOR] < 4 || o->v[FACTOR] > 4))
        return err_set(
            e, ST_CONFIG,
            "rope: factor %g says how far and scaling not how; set scaling to pi, "
            "ntk, yarn or dynamic, or factor to 4",
            o->v[FACTOR]);
    if (o->v[SCALING] == SCALING_DYNAMIC && learned(o))
        return err_set(e, ST_CONFIG,
                       "rope: dynamic scaling raises the base, which learned frequencies "
                       "have left; set scaling to ntk, or frequencies to fixed");
    return ST_OK;
}

/* Stores the shares that are really turned, so that two spellings of one are one run. */
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
    if (n == 0 && learned(o))
        return err_set(e, ST_CONFIG,
                       "rope: no pair turns, so there is no frequency to learn; set "
                       "fraction above 0, or frequencies to fixed");
    if (o->v[CLIPPED] == 1)
        return err_set(e, ST_CONFIG,
                       "rope: clipped 1 is a taper of one pair, which begins and ends at "
                       "its own frequency; set clipped to 0, or to 2 or more");
    o->v[FRACTION] = 2.0 * n / d->head_dim;
    if (n > 0)
        o->v[FASTEST] = (double)turning(d, o) / n;
    return check_scaling(o, e);
}

static size_t table_size(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)d->places * 2 * (size_t)pairs(d, o);
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    return learned(o) ? 0 : table_size(d, o);
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

/* What clipping and p leave of the frequency of pair m. */
static double kept_share(const struct encoder_dims *d, const struct option_values *o, int m)
{
    const int n = pairs(d, o), most = (int)fmin(o->v[CLIPPED], n);
    const int t = m - (n - most);
    if (m >= turning(d, o))
        return 0;
    return most > 1 && t > 0 ? 0.5 * (1 + cos(acos(-1) * t / (most - 1))) : 1;
}

static double plain_frequency(const struct encoder_dims *d, const struct option_values *o,
                              int m)
{
    return pow(o->v[BASE], -(double)m / pairs(d, o));
}

/* As ntk by s changes the frequency of pair m of n. */
static double ntk(double frequency, double s, int m, int n)
{
    return n > 1 ? frequency * pow(s, -(double)m / (n - 1)) : frequency;
}

/* Radians a token that pair m turns by where it would turn by `plain`, in sequences of
 * training's lengths. */
static double frequency(const struct encoder_dims *d, const struct option_values *o, int m,
                        double plain)
{
    const double s = o->v[FACTOR], kept = plain * kept_share(d, o, m);
    const int scaling = (int)o->v[SCALING];
    if (scaling == SCALING_PI)
        return kept / s;
    if (scaling == SCALING_NTK)
        return ntk(kept, s, m, pairs(d, o));
    if (scaling == SCALING_YARN) {
        const double slow = yarn_share(d, o, m);
        return kept / s * slow + kept * (1 - slow);
    }
    return kept;
}

static double yarn_size(const struct option_values *o)
{
    return o->v[SCALING] == SCALING_YARN ? 0.1 * log(o->v[FACTOR]) + 1 : 1;
}

/* table [places, 2, pairs]: the cosines of a position, then its sines. Angles are formed
 * in double: t times a frequency loses the low bits of the angle in float once t is in
 * the thousands. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int n = pairs(d, o);
    const double size = yarn_size(o);
    for (int t = 0; !learned(o) && t < d->places; t++, table += 2 * (size_t)n)
        for (int m = 0; m < n; m++) {
            const double angle = t * frequency(d, o, m, plain_frequency(d, o, m));
            table[m] = (real)(size * cos(angle));
            table[n + m] = (real)(size * sin(angle));
        }
}

/* --- learned frequencies ------------------------------------------------- */

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){
        .name = "frequencies", .rows = 1, .columns = pairs(d, o), .per_layer = true};
    return learned(o) ? 1 : 0;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    (void)tensor;
    for (int m = 0; m < pairs(d, o); m++)
        w[m] = (real)plain_frequency(d, o, m);
}

static size_t derived_size(const struct encoder_dims *d, const struct option_values *o)
{
    return learned(o) ? table_size(d, o) : 0;
}

/* Places that sequences of T tokens may stand at. */
static int reached(const struct encoder_dims *d, int T)
{
    return d->placed || T > d->places ? d->places : T;
}

/* The table of fill_constants. */
static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int n = pairs(e->dims, e->options);
    const double size = yarn_size(e->options);
    for (int m = 0; learned(e->options) && m < n; m++) {
        const double a = frequency(e->dims, e->options, m, (double)e->weight[0][m]);
        for (int t = 0; t < reached(e->dims, T); t++) {
            real *table = derived + (size_t)t * 2 * (size_t)n;
            table[m] = (real)(size * cos(t * a));
            table[n + m] = (real)(size * sin(t * a));
        }
    }
}

/* d cos(t a) = -t sin(t a) da, d sin(t a) = t cos(t a) da. */
static void derive_grad(const struct encoder_view *e, int T)
{
    const int n = pairs(e->dims, e->options);
    for (int m = 0; learned(e->options) && m < n; m++) {
        double da = 0;
        for (int t = 0; t < reached(e->dims, T); t++) {
            const size_t at = (size_t)t * 2 * (size_t)n + (size_t)m;
            const size_t sine = at + (size_t)n;
            da += t * ((double)(e->derived[at] * e->dderived[sine]) -
                       (double)(e->derived[sine] * e->dderived[at]));
        }
        e->grad[0][m] += (real)(da * frequency(e->dims, e->options, m, 1));
    }
}

/* From the gradient dx of turned rows to that of the table; x as turned. */
static void table_grad(const struct encoder_view *e, const struct turn *t)
{
    const int n = pairs(e->dims, e->options);
    const bool halves = e->options->v[LAYOUT] == LAYOUT_HALVES;
    for (int r = 0; r < t->rows; r++) {
        const size_t at = (size_t)t->place[r] * 2 * (size_t)n;
        const real *table = e->derived + at;
        const real *x = t->x.at + (size_t)r * (size_t)t->x.stride;
        const real *dx = t->dx.at + (size_t)r * (size_t)t->dx.stride;
        real *dtable = e->dderived + at;
        for (int m = 0; m < n; m++) {
            const int a = halves ? m : 2 * m, b = halves ? m + n : 2 * m + 1;
            const real c = table[m], s = table[n + m], by = 1 / (c * c + s * s);
            const real before_a = (x[a] * c + x[b] * s) * by;
            const real before_b = (x[b] * c - x[a] * s) * by;
            dtable[m] += dx[a] * before_a + dx[b] * before_b;
            dtable[n + m] += dx[b] * before_a - dx[a] * before_b;
        }
    }
}

/* --- turning ------------------------------------------------------------- */

/* Pairs first .. first + n - 1 of a row, by the angles of its table. */
static void turn_pairs(const struct encoder_view *e, int first, int n, const real *table,
                       real sign, real *x)
{
    const bool halves = e->options->v[LAYOUT] == LAYOUT_HALVES;
    kernels_get()->turn(n, halves ? 1 : 2, halves ? pairs(e->dims, e->options) : 1, table,
                        sign, x + (halves ? first : 2 * first));
}

/* Dynamic scaling beyond the trained length: angles that belong to this length alone. */
static void turn_dynamic(const struct encoder_view *e, const struct turn *t, struct rows x,
                         real sign)
{
    const int all = pairs(e->dims, e->options);
    const double f = e->options->v[FACTOR];
    const double s = f * t->tokens / e->dims->trained_length - (f - 1);
    for (int first = 0; first < all; first += BLOCK) {
        const int n = all - first < BLOCK ? all - first : BLOCK;
        double slow[BLOCK];
        for (int m = 0; m < n; m++) {
            const double plain = plain_frequency(e->dims, e->options, first + m);
            slow[m] =
                ntk(frequency(e->dims, e->options, first + m, plain), s, first + m, all);
        }
        for (int r = 0; r < t->rows; r++) {
            real table[2 * BLOCK];
            for (int m = 0; m < n; m++) {
                table[m] = (real)cos(t->place[r] * slow[m]);
                table[n + m] = (real)sin(t->place[r] * slow[m]);
            }
            turn_pairs(e, first, n, table, sign, x.at + (size_t)r * (size_t)x.stride);
        }
    }
}

/* Turns each row by the angles of its place; sign -1 turns back. */
static void turn_rows(const struct encoder_view *e, const struct turn *t, struct rows x,
                      real sign)
{
    const int n = pairs(e->dims, e->options);
    const real *table = learned(e->options) ? e->derived : e->constants;
    if (e->options->v[SCALING] == SCALING_DYNAMIC && t->tokens > e->dims->trained_length) {
        turn_dynamic(e, t, x, sign);
        return;
    }
    for (int r = 0; r < t->rows; r++) {
        assert(t->place[r] < e->dims->places);
        turn_pairs(e, 0, n, table + (size_t)t->place[r] * 2 * (size_t)n, sign,
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
    if (learned(e->options))
        table_grad(e, t);
    turn_rows(e, t, t->dx, -1);
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
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .constants = constants,
    .fill_constants = fill_constants,
    .derived = derived_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .rotate = rotate,
    .rotate_grad = rotate_grad,
};
