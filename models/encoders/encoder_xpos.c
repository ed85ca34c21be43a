/* encoder_xpos.c -- rotary encoding whose far keys fade, the fast pairs first.
 *
 *     q'_t = zeta_m^(t / S) R(t) q_t,   k'_t = zeta_m^(-t / S) R(t) k_t,   pair m
 *     zeta_m = (2m + 0.4 d) / (1.4 d)
 *
 * with the rotation R of rope, so that pair m of q_i . k_j is multiplied by
 * zeta_m^((i - j) / S). The larger m, the slower pair m turns and fades.
 *
 * Why: rope's long distances are noise to a model that was trained on short ones.
 *
 * The authors' code counts the decay from the middle of the sequence, which cancels in the
 * product; here it counts from 0, so that a token's numbers do not depend on what follows.
 * zeta^(-t / S) leaves the range of float at t = 36000 for S = 512: longer splits are refused.
 * The paper tests long sequences with attention in blocks; here attention sees all keys.
 *
 * Source: Sun et al. 2022, arXiv:2212.10554, section 3.2, and the authors' code (torchscale).
 * Check: d 4, S 1: pair 0 decays by 1.6 / 5.6 = 2/7 a token, pair 1 by 3.6 / 5.6 = 9/14. */
#include "encoder.h"

#include <assert.h>
#include <math.h>

#include "kernels.h"

enum { BASE, LAYOUT, DECAY_LENGTH };
enum { LAYOUT_ADJACENT, LAYOUT_HALVES };
enum { TABLE_QUERIES, TABLE_KEYS, TABLES };

/* The largest logarithm of a factor. The largest float is e^88; e^80 leaves room for q and k. */
static const double most_log = 80;

static const char *const layout_choices[] = {
    [LAYOUT_ADJACENT] = "adjacent",
    [LAYOUT_HALVES] = "halves",
    NULL,
};

static const struct option options[] = {
    [BASE] = {.name = "base",
              .type = OPTION_REAL,
              .lo = 1.0,
              .hi = 1e12,
              .dflt = 10000.0,
              .help = "longest wavelength, in units of 2 pi tokens"},
    [LAYOUT] = {.name = "layout",
                .type = OPTION_CHOICE,
                .dflt = LAYOUT_ADJACENT,
                .choices = layout_choices,
                .help = "a pair is two adjacent channels, or one from each half"},
    [DECAY_LENGTH] = {.name = "decay_length",
                      .type = OPTION_REAL,
                      .lo = 1.0,
                      .hi = 1e12,
                      .dflt = 512.0,
                      .help = "S: distance at which pair m has faded to zeta_m"},
    {0},
};

static int pairs(const struct encoder_dims *d)
{
    return d->head_dim / 2;
}

static double zeta(const struct encoder_dims *d, int m)
{
    return (2.0 * m + 0.4 * d->head_dim) / (1.4 * d->head_dim);
}

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int longest = d->places > d->longest ? d->places : d->longest;
    if (pairs(d) == 0)
        return err_set(
            e, ST_CONFIG,
            "xpos: %d channel a head makes no pair to turn; set fewer heads or a "
            "larger dim",
            d->head_dim);
    if (-log(zeta(d, 0)) * longest / o->v[DECAY_LENGTH] > most_log)
        return err_set(e, ST_CONFIG,
                       "xpos: %d places fade beyond the range of a float; set decay_length "
                       "to %.0f or more",
                       longest, ceil(-log(zeta(d, 0)) * longest / most_log));
    return ST_OK;
}

static size_t table_size(const struct encoder_dims *d)
{
    return (size_t)d->places * 2 * (size_t)pairs(d);
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return TABLES * table_size(d);
}

/* Fills two tables [places, 2, pairs], for queries and for keys: the cosines of a place, then
 * its sines, both times the decay. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int n = pairs(d);
    for (int of = 0; of < TABLES; of++)
        for (int t = 0; t < d->places; t++, table += 2 * (size_t)n)
            for (int m = 0; m < n; m++) {
                const double angle = t * pow(o->v[BASE], -(double)m / n);
                const double steps = t / o->v[DECAY_LENGTH];
                const double size = pow(zeta(d, m), of == TABLE_KEYS ? -steps : steps);
                table[m] = (real)(size * cos(angle));
                table[n + m] = (real)(size * sin(angle));
            }
}

/* Turns each row by the angles of its place; sign -1 turns back. */
static void turn_rows(const struct encoder_view *e, const struct turn *t, struct rows x,
                      real sign)
{
    const int n = pairs(e->dims);
    const bool halves = e->options->v[LAYOUT] == LAYOUT_HALVES;
    const real *table =
        e->constants + (t->keys ? TABLE_KEYS : TABLE_QUERIES) * table_size(e->dims);
    for (int r = 0; r < t->rows; r++) {
        assert(t->place[r] < e->dims->places);
        kernels_get()->turn(n, halves ? 1 : 2, halves ? n : 1,
                            table + (size_t)t->place[r] * 2 * (size_t)n, sign,
                            row_of(x, r));
    }
}

static void rotate(const struct encoder_view *e, const struct turn *t)
{
    turn_rows(e, t, t->x, 1);
}

/* The adjoint of a rotation times a factor is the rotation back times the same factor. */
static void rotate_grad(const struct encoder_view *e, const struct turn *t)
{
    turn_rows(e, t, t->dx, -1);
}

/* Counts 6 operations for each pair of channels of queries and keys. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return 6.0 * d->heads * pairs(d) * (load->tokens + load->queries);
}

const struct encoder encoder_xpos = {
    .name = "xpos",
    .version = 1,
    .summary = "rotary encoding whose products fade with distance, fast pairs first",
    .source = "Sun et al. 2022, arXiv:2212.10554, section 3.2, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .flops = flops,
    .constants = constants,
    .fill_constants = fill_constants,
    .takes_places = true,
    .rotate = rotate,
    .rotate_grad = rotate_grad,
};
