/* rotary.h -- hooks of rope and p_rope: pairs of channels that turn with the position.
 *
 * For encoders whose options begin with those named here; encoder_rope.c explains them. */
#ifndef ROTARY_H
#define ROTARY_H

#include <assert.h>
#include <math.h>

#include "encoder.h"
#include "kernels.h"

enum {
    ROTARY_BASE,
    ROTARY_FRACTION,
    ROTARY_LAYOUT,
    ROTARY_SCALING,
    ROTARY_FACTOR,
    ROTARY_FREQUENCIES,
    ROTARY_FASTEST,
    ROTARY_CLIPPED
};
enum {
    ROTARY_SCALING_NONE,
    ROTARY_SCALING_PI,
    ROTARY_SCALING_NTK,
    ROTARY_SCALING_YARN,
    ROTARY_SCALING_DYNAMIC
};
enum { ROTARY_LAYOUT_ADJACENT, ROTARY_LAYOUT_HALVES };
enum { ROTARY_FREQUENCIES_FIXED, ROTARY_FREQUENCIES_LEARNED };
enum { ROTARY_BLOCK = 64 }; /* pairs whose angles are computed together */

static const char *const rotary_layout_choices[] = {
    [ROTARY_LAYOUT_ADJACENT] = "adjacent",
    [ROTARY_LAYOUT_HALVES] = "halves",
    NULL,
};

static const char *const rotary_scaling_choices[] = {
    [ROTARY_SCALING_NONE] = "none",       [ROTARY_SCALING_PI] = "pi",
    [ROTARY_SCALING_NTK] = "ntk",         [ROTARY_SCALING_YARN] = "yarn",
    [ROTARY_SCALING_DYNAMIC] = "dynamic", NULL,
};

static const char *const rotary_frequencies_choices[] = {
    [ROTARY_FREQUENCIES_FIXED] = "fixed",
    [ROTARY_FREQUENCIES_LEARNED] = "learned",
    NULL,
};

/* The options of the family. fastest_dflt is the default of `fastest`, the p of p-RoPE. */
#define ROTARY_OPTIONS(fastest_dflt)                                                       \
    [ROTARY_BASE] = {.name = "base",                                                       \
                     .type = OPTION_REAL,                                                  \
                     .lo = 1.0,                                                            \
                     .hi = 1e12,                                                           \
                     .dflt = 10000.0,                                                      \
                     .help = "longest wavelength, in units of 2 pi tokens"},               \
    [ROTARY_FRACTION] = {.name = "fraction",                                               \
                         .type = OPTION_REAL,                                              \
                         .lo = 0.0,                                                        \
                         .hi = 1.0,                                                        \
                         .dflt = 1.0,                                                      \
                         .help =                                                           \
                             "share of a head's channels that turn; made an even number"}, \
    [ROTARY_LAYOUT] = {.name = "layout",                                                   \
                       .type = OPTION_CHOICE,                                              \
                       .dflt = ROTARY_LAYOUT_ADJACENT,                                     \
                       .choices = rotary_layout_choices,                                   \
                       .help = "a pair is two adjacent channels, or one from each half"},  \
    [ROTARY_SCALING] = {.name = "scaling",                                                 \
                        .type = OPTION_CHOICE,                                             \
                        .dflt = ROTARY_SCALING_NONE,                                       \
                        .choices = rotary_scaling_choices,                                 \
                        .later = true,                                                     \
                        .at_test = true,                                                   \
                        .help =                                                            \
                            "for sequences longer than in training: slower positions, a "  \
                            "larger base, of both what suits each pair, or a base that "   \
                            "grows with the sequence"},                                    \
    [ROTARY_FACTOR] = {.name = "factor",                                                   \
                       .type = OPTION_REAL,                                                \
                       .lo = 1.0,                                                          \
                       .hi = 1e6,                                                          \
                       .dflt = 4.0,                                                        \
                       .later = true,                                                      \
                       .at_test = true,                                                    \
                       .help = "s: how many times the trained length is to be reached"},   \
    [ROTARY_FREQUENCIES] =                                                                 \
        {.name = "frequencies",                                                            \
         .type = OPTION_CHOICE,                                                            \
         .dflt = ROTARY_FREQUENCIES_FIXED,                                                 \
         .choices = rotary_frequencies_choices,                                            \
         .later = true,                                                                    \
         .help = "angles a token: powers of the base, or learned from there by "           \
                 "each layer"},                                                            \
    [ROTARY_FASTEST] = {                                                                   \
        .name = "fastest",                                                                 \
        .type = OPTION_REAL,                                                               \
        .lo = 0.0,                                                                         \
        .hi = 1.0,                                                                         \
        .dflt = (fastest_dflt),                                                            \
        .later = true,                                                                     \
        .at_test = true,                                                                   \
        .help = "p: share of the pairs that turn, the fastest ones; rounded down"}

/* A further option, after those, for encoders whose slow pairs may taper off. */
#define ROTARY_CLIPPED_OPTION               \
    [ROTARY_CLIPPED] = {.name = "clipped",  \
                        .type = OPTION_INT, \
                        .lo = 0,            \
                        .hi = 1 << 16,      \
                        .dflt = 0,          \
                        .later = true,      \
                        .at_test = true,    \
                        .help = "slowest pairs whose angles taper off to 0; 0: none"}

/* Returns R/2. R is the even number of channels nearest to fraction d, at most d. */
static inline int rotary_pairs(const struct encoder_dims *d, const struct option_values *o)
{
    const int most = d->head_dim / 2;
    const int wanted = (int)lround(o->v[ROTARY_FRACTION] * d->head_dim / 2);
    return wanted < most ? wanted : most;
}

/* Returns how many pairs turn. The 1e-9 is for a p such as 0.1, whose double may be less. */
static inline int rotary_turning(const struct encoder_dims *d,
                                 const struct option_values *o)
{
    return (int)floor(o->v[ROTARY_FASTEST] * rotary_pairs(d, o) + 1e-9);
}

static inline bool rotary_learned(const struct option_values *o)
{
    return o->v[ROTARY_FREQUENCIES] == ROTARY_FREQUENCIES_LEARNED;
}

static inline enum status rotary_check_scaling(const char *name,
                                               const struct option_values *o, struct err *e)
{
    if (o->v[ROTARY_SCALING] == ROTARY_SCALING_NONE &&
        (o->v[ROTARY_FACTOR] < 4 || o->v[ROTARY_FACTOR] > 4))
        return err_set(e, ST_CONFIG,
                       "%s: factor %g says how far and scaling not how; set scaling to pi, "
                       "ntk, yarn or dynamic, or factor to 4",
                       name, o->v[ROTARY_FACTOR]);
    if (o->v[ROTARY_SCALING] == ROTARY_SCALING_DYNAMIC && rotary_learned(o))
        return err_set(e, ST_CONFIG,
                       "%s: dynamic scaling raises the base, which learned frequencies "
                       "have left; set scaling to ntk, or frequencies to fixed",
                       name);
    return ST_OK;
}

/* Rounds the shares to whole pairs, so that two values with the same effect are one run. */
static inline enum status rotary_resolve(const char *name, const struct encoder_dims *d,
                                         struct option_values *o, struct err *e)
{
    const int n = rotary_pairs(d, o);
    if (n == 0 && o->v[ROTARY_FRACTION] > 0)
        return err_set(e, ST_CONFIG,
                       "%s: fraction %g of %d channels a head leaves no pair to turn; set "
                       "it to 0 or to at least 2 channels, or make the heads wider",
                       name, o->v[ROTARY_FRACTION], d->head_dim);
    if (n == 0 && rotary_learned(o))
        return err_set(e, ST_CONFIG,
                       "%s: no pair turns, so there is no frequency to learn; set "
                       "fraction above 0, or frequencies to fixed",
                       name);
    if (o->v[ROTARY_CLIPPED] == 1)
        return err_set(e, ST_CONFIG,
                       "%s: clipped 1 is a taper of one pair, which begins and ends at "
                       "its own frequency; set clipped to 0, or to 2 or more",
                       name);
    o->v[ROTARY_FRACTION] = 2.0 * n / d->head_dim;
    if (n > 0)
        o->v[ROTARY_FASTEST] = (double)rotary_turning(d, o) / n;
    return rotary_check_scaling(name, o, e);
}

static inline size_t rotary_table_size(const struct encoder_dims *d,
                                       const struct option_values *o)
{
    return (size_t)d->places * 2 * (size_t)rotary_pairs(d, o);
}

static inline size_t rotary_constants(const struct encoder_dims *d,
                                      const struct option_values *o)
{
    return rotary_learned(o) ? 0 : rotary_table_size(d, o);
}

/* Returns the (fractional) number of the pair that turns r times within the trained length. */
static inline double rotary_pair_of_turns(const struct encoder_dims *d,
                                          const struct option_values *o, double r)
{
    const double R = 2.0 * rotary_pairs(d, o);
    return R * log(d->trained_length / (2 * acos(-1) * r)) / (2 * log(o->v[ROTARY_BASE]));
}

/* Returns the share of pair m that is scaled as in `pi`: 0 for fast pairs, 1 for slow ones. */
static inline double rotary_yarn_share(const struct encoder_dims *d,
                                       const struct option_values *o, int m)
{
    const double most = 2.0 * rotary_pairs(d, o) - 1;
    const double low = fmax(floor(rotary_pair_of_turns(d, o, 32)), 0);
    const double high = fmin(ceil(rotary_pair_of_turns(d, o, 1)), most);
    const double width = high > low ? high - low : 0.001; /* as in the code */
    return fmin(fmax((m - low) / width, 0), 1);
}

/* Returns the factor that `clipped` and p put on the frequency of pair m. */
static inline double rotary_kept_share(const struct encoder_dims *d,
                                       const struct option_values *o, int m)
{
    const int n = rotary_pairs(d, o), most = (int)fmin(o->v[ROTARY_CLIPPED], n);
    const int t = m - (n - most);
    if (m >= rotary_turning(d, o))
        return 0;
    return most > 1 && t > 0 ? 0.5 * (1 + cos(acos(-1) * t / (most - 1))) : 1;
}

static inline double rotary_plain_frequency(const struct encoder_dims *d,
                                            const struct option_values *o, int m)
{
    return pow(o->v[ROTARY_BASE], -(double)m / rotary_pairs(d, o));
}

/* Returns the frequency of pair m of n after `ntk` scaling by s. */
static inline double rotary_ntk(double frequency, double s, int m, int n)
{
    return n > 1 ? frequency * pow(s, -(double)m / (n - 1)) : frequency;
}

/* Returns the radians per token of pair m, whose frequency without options is `plain`; for
 * `dynamic`, in sequences up to the trained length. */
static inline double rotary_frequency(const struct encoder_dims *d,
                                      const struct option_values *o, int m, double plain)
{
    const double s = o->v[ROTARY_FACTOR], kept = plain * rotary_kept_share(d, o, m);
    const int scaling = (int)o->v[ROTARY_SCALING];
    if (scaling == ROTARY_SCALING_PI)
        return kept / s;
    if (scaling == ROTARY_SCALING_NTK)
        return rotary_ntk(kept, s, m, rotary_pairs(d, o));
    if (scaling == ROTARY_SCALING_YARN) {
        const double slow = rotary_yarn_share(d, o, m);
        return kept / s * slow + kept * (1 - slow);
    }
    return kept;
}

static inline double rotary_yarn_size(const struct option_values *o)
{
    return o->v[ROTARY_SCALING] == ROTARY_SCALING_YARN ? 0.1 * log(o->v[ROTARY_FACTOR]) + 1
                                                       : 1;
}

/* Fills table [places, 2, pairs]: the cosines of a position, then its sines. Angles are
 * computed in double, since float loses the low bits of t times a frequency once t is in the
 * thousands. */
static inline void rotary_fill_constants(const struct encoder_dims *d,
                                         const struct option_values *o, real *table)
{
    const int n = rotary_pairs(d, o);
    const double size = rotary_yarn_size(o);
    for (int t = 0; !rotary_learned(o) && t < d->places; t++, table += 2 * (size_t)n)
        for (int m = 0; m < n; m++) {
            const double angle =
                t * rotary_frequency(d, o, m, rotary_plain_frequency(d, o, m));
            table[m] = (real)(size * cos(angle));
            table[n + m] = (real)(size * sin(angle));
        }
}

/* --- learned frequencies ------------------------------------------------- */

static inline int rotary_tensors(const struct encoder_dims *d,
                                 const struct option_values *o,
                                 struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){
        .name = "frequencies", .rows = 1, .columns = rotary_pairs(d, o), .per_layer = true};
    return rotary_learned(o) ? 1 : 0;
}

static inline void rotary_start(const struct encoder_dims *d, const struct option_values *o,
                                int tensor, real *w)
{
    (void)tensor;
    for (int m = 0; m < rotary_pairs(d, o); m++)
        w[m] = (real)rotary_plain_frequency(d, o, m);
}

static inline size_t rotary_derived(const struct encoder_dims *d,
                                    const struct option_values *o)
{
    return rotary_learned(o) ? rotary_table_size(d, o) : 0;
}

/* Returns how many places sequences of T tokens may use. */
static inline int rotary_reached(const struct encoder_dims *d, int T)
{
    return d->placed || T > d->places ? d->places : T;
}

/* Fills the same table as rotary_fill_constants, from learned frequencies. */
static inline void rotary_derive(const struct encoder_view *e, int T, real *derived)
{
    const int n = rotary_pairs(e->dims, e->options);
    const double size = rotary_yarn_size(e->options);
    for (int m = 0; rotary_learned(e->options) && m < n; m++) {
        const double a = rotary_frequency(e->dims, e->options, m, (double)e->weight[0][m]);
        for (int t = 0; t < rotary_reached(e->dims, T); t++) {
            real *table = derived + (size_t)t * 2 * (size_t)n;
            table[m] = (real)(size * cos(t * a));
            table[n + m] = (real)(size * sin(t * a));
        }
    }
}

/* d cos(t a) = -t sin(t a) da, d sin(t a) = t cos(t a) da. */
static inline void rotary_derive_grad(const struct encoder_view *e, int T)
{
    const int n = rotary_pairs(e->dims, e->options);
    for (int m = 0; rotary_learned(e->options) && m < n; m++) {
        double da = 0;
        for (int t = 0; t < rotary_reached(e->dims, T); t++) {
            const size_t at = (size_t)t * 2 * (size_t)n + (size_t)m;
            const size_t sine = at + (size_t)n;
            da += t * ((double)(e->derived[at] * e->dderived[sine]) -
                       (double)(e->derived[sine] * e->dderived[at]));
        }
        e->grad[0][m] += (real)(da * rotary_frequency(e->dims, e->options, m, 1));
    }
}

/* Adds to the gradient of the table from dx of the turned rows; t->x holds the turned rows. */
static inline void rotary_table_grad(const struct encoder_view *e, const struct turn *t)
{
    const int n = rotary_pairs(e->dims, e->options);
    const bool halves = e->options->v[ROTARY_LAYOUT] == ROTARY_LAYOUT_HALVES;
    for (int r = 0; r < t->rows; r++) {
        const size_t at = (size_t)t->place[r] * 2 * (size_t)n;
        const real *table = e->derived + at;
        const real *x = row_of(t->x, r);
        const real *dx = row_of(t->dx, r);
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

/* Turns pairs first .. first + n - 1 of a row by the angles of `table`. */
static inline void rotary_turn_pairs(const struct encoder_view *e, int first, int n,
                                     const real *table, real sign, real *x)
{
    const bool halves = e->options->v[ROTARY_LAYOUT] == ROTARY_LAYOUT_HALVES;
    kernels_get()->turn(n, halves ? 1 : 2, halves ? rotary_pairs(e->dims, e->options) : 1,
                        table, sign, x + (halves ? first : 2 * first));
}

/* Turns rows with dynamic scaling beyond the trained length. The angles depend on the length of
 * the sequence, so there is no table of them. */
static inline void rotary_turn_dynamic(const struct encoder_view *e, const struct turn *t,
                                       struct rows x, real sign)
{
    const int all = rotary_pairs(e->dims, e->options);
    const double f = e->options->v[ROTARY_FACTOR];
    const double s = f * t->tokens / e->dims->trained_length - (f - 1);
    for (int first = 0; first < all; first += ROTARY_BLOCK) {
        const int n = all - first < ROTARY_BLOCK ? all - first : ROTARY_BLOCK;
        double slow[ROTARY_BLOCK];
        for (int m = 0; m < n; m++) {
            const double plain = rotary_plain_frequency(e->dims, e->options, first + m);
            slow[m] = rotary_ntk(rotary_frequency(e->dims, e->options, first + m, plain), s,
                                 first + m, all);
        }
        for (int r = 0; r < t->rows; r++) {
            real table[2 * ROTARY_BLOCK];
            for (int m = 0; m < n; m++) {
                table[m] = (real)cos(t->place[r] * slow[m]);
                table[n + m] = (real)sin(t->place[r] * slow[m]);
            }
            rotary_turn_pairs(e, first, n, table, sign, row_of(x, r));
        }
    }
}

/* Turns each row by the angles of its place; sign -1 turns back. */
static inline void rotary_turn_rows(const struct encoder_view *e, const struct turn *t,
                                    struct rows x, real sign)
{
    const int n = rotary_pairs(e->dims, e->options);
    const real *table = rotary_learned(e->options) ? e->derived : e->constants;
    if (e->options->v[ROTARY_SCALING] == ROTARY_SCALING_DYNAMIC &&
        t->tokens > e->dims->trained_length) {
        rotary_turn_dynamic(e, t, x, sign);
        return;
    }
    for (int r = 0; r < t->rows; r++) {
        assert(t->place[r] < e->dims->places);
        rotary_turn_pairs(e, 0, n, table + (size_t)t->place[r] * 2 * (size_t)n, sign,
                          row_of(x, r));
    }
}

static inline void rotary_rotate(const struct encoder_view *e, const struct turn *t)
{
    rotary_turn_rows(e, t, t->x, 1);
}

/* The adjoint of a rotation times a factor is the rotation back times the same factor. */
static inline void rotary_rotate_grad(const struct encoder_view *e, const struct turn *t)
{
    if (rotary_learned(e->options))
        rotary_table_grad(e, t);
    rotary_turn_rows(e, t, t->dx, -1);
}

/* Counts 6 operations for each pair of channels of queries and keys. */
static inline double rotary_flops(const struct encoder_dims *d,
                                  const struct option_values *o,
                                  const struct encoder_load *load)
{
    return 6.0 * d->heads * rotary_pairs(d, o) * (load->tokens + load->queries);
}

/* If no pair turns, logits do not depend on the order. */
static inline unsigned rotary_invariances(const struct option_values *o)
{
    const bool still = o->v[ROTARY_FRACTION] <= 0 || o->v[ROTARY_FASTEST] <= 0;
    return INVARIANT_SHIFT | (still ? INVARIANT_ORDER : 0u);
}

/* The fields of an encoder that turns like rope: all except name, options and resolve. */
#define ROTARY_HOOKS                                                                     \
    .invariances = rotary_invariances, .flops = rotary_flops, .tensors = rotary_tensors, \
    .start = rotary_start, .constants = rotary_constants,                                \
    .fill_constants = rotary_fill_constants, .derived = rotary_derived,                  \
    .derive = rotary_derive, .derive_grad = rotary_derive_grad, .takes_places = true,    \
    .rotate = rotary_rotate, .rotate_grad = rotary_rotate_grad

#endif
