/* forget.h -- hooks of forgetting attention: gates of the tokens between make keys fade.
 *
 *     logit[i][j] += by (ln f_{j+1} + ... + ln f_i)
 *
 * The state holds ln f of each head, as token_gates.h writes it. */
#ifndef FORGET_H
#define FORGET_H

#include <math.h>
#include <string.h>

#include "between.h"
#include "token_gates.h"

/* The options for time constants at the start; `least` and `most` are their numbers. */
#define FORGET_OPTIONS(least, most)                                                      \
    [least] = {.name = "tau_min",                                                        \
               .type = OPTION_REAL,                                                      \
               .lo = 0.01,                                                               \
               .hi = 1e6,                                                                \
               .dflt = 1,                                                                \
               .help = "shortest time constant at the start, in tokens; needs tau_max"}, \
    [most] = {.name = "tau_max",                                                         \
              .type = OPTION_REAL,                                                       \
              .lo = 0,                                                                   \
              .hi = 1e6,                                                                 \
              .dflt = 0,                                                                 \
              .help = "longest time constant at the start; 0: biases start at 0"}

static inline enum status forget_check(const char *name, double least, double most,
                                       struct err *e)
{
    if (most > 0 && most < least)
        return err_set(e, ST_CONFIG,
                       "%s: tau_max %g is below tau_min %g; set tau_min lower or tau_max "
                       "to 0",
                       name, most, least);
    return ST_OK;
}

/* Fills bias [heads] so that f = e^(-1/tau) where w . x is 0. */
static inline void forget_start(int heads, double least, double most, real *bias)
{
    for (int h = 0; most > 0 && h < heads; h++) {
        const double share = heads > 1 ? h / (heads - 1.0) : 1.0;
        const double tau = exp(log(least) + share * (log(most) - log(least)));
        bias[h] = (real)-log(expm1(1.0 / tau));
    }
}

/* Adds the sums of ln f, in `column` of the state, to the scores. sums [columns] is scratch. */
static inline void forget_score(const struct panel *p, int column, real by, real *sums)
{
    between_sums(p, column, sums);
    for (int r = 0; r < p->rows; r++)
        between_add(p, r, by, sums);
}

static inline void forget_score_grad(const struct panel *p, int column, real by, real *sums)
{
    memset(sums, 0, (size_t)p->columns * sizeof *sums);
    for (int r = 0; r < p->rows; r++)
        between_add_grad(p, r, by, sums);
    between_sums_grad(p, column, sums);
}

/* The planes: the gate f_j of key j, and the product of all gates between key and query. */
enum { FORGET_GATE, FORGET_KEPT };
static const char *const forget_planes[] = {
    [FORGET_GATE] = "forget", [FORGET_KEPT] = "kept", NULL};

static inline void forget_inspect(const struct panel *p, int column, real by, int plane,
                                  struct rows out)
{
    for (int r = 0; r < p->rows; r++) {
        real *to = row_of(out, r);
        real sum = 0;
        for (int j = p->row[r]; j >= 0; j--) {
            const real gate = p->state.at[(size_t)j * (size_t)p->state.stride + column];
            to[j] = (real)exp((double)(plane == FORGET_GATE ? gate : by * sum));
            sum += gate;
        }
    }
}

#endif
