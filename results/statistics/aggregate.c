#include "aggregate.h"

#include <math.h>
#include <stdlib.h>

#include "ascending.h"
#include "rng.h"

double aggregate_iqm(const struct values *stratum, int strata, double *room)
{
    int n = 0;
    for (int s = 0; s < strata; s++)
        for (int i = 0; i < stratum[s].n; i++)
            room[n++] = stratum[s].at[i];
    qsort(room, (size_t)n, sizeof *room, ascending_doubles);
    const int cut = n / 4;
    return statistics_mean(room + cut, n - 2 * cut);
}

double aggregate_share_above(const struct values *stratum, int strata, double score)
{
    int n = 0, above = 0;
    for (int s = 0; s < strata; s++) {
        n += stratum[s].n;
        for (int i = 0; i < stratum[s].n; i++)
            above += stratum[s].at[i] > score;
    }
    return n > 0 ? (double)above / n : (double)NAN;
}

double aggregate_improvement(const struct values *a, const struct values *b, int strata)
{
    double sum = 0.0;
    int n = 0;
    for (int s = 0; s < strata; s++)
        if (a[s].n > 0 && b[s].n > 0) {
            sum += rank_test_improvement(a[s], b[s]);
            n++;
        }
    return n > 0 ? sum / n : (double)NAN;
}

/* Draws the strata again, with the same sizes and values with replacement, into to[strata]; the
 * values go to `room`. */
static void draw_again(const struct values *from, int strata, struct rng *r,
                       struct values *to, double *room)
{
    for (int s = 0; s < strata; s++) {
        to[s] = (struct values){room, from[s].n};
        for (int i = 0; i < from[s].n; i++)
            *room++ = from[s].at[rng_below(r, (uint32_t)from[s].n)];
    }
}

/* Returns quantile p of the sorted x[n], linear between neighbours (type 7 of R and NumPy). */
static double quantile(const double *x, int n, double p)
{
    const double at = p * (n - 1);
    const int i = (int)at;
    return i + 1 < n ? x[i] + (at - i) * (x[i + 1] - x[i]) : x[n - 1];
}

enum status aggregate_interval(const struct values *stratum, int strata, uint64_t seed,
                               aggregate_statistic *statistic, void *context,
                               struct interval *out, struct err *e)
{
    size_t n = 0;
    for (int s = 0; s < strata; s++)
        n += (size_t)stratum[s].n;
    double *draws = malloc((AGGREGATE_DRAWS + n) * sizeof *draws);
    struct values *again = malloc(((size_t)strata + 1) * sizeof *again);
    bool known = n > 0;
    if (!draws || !again) {
        free(draws);
        free(again);
        return err_set(e, ST_NOMEM, "no memory to draw %zu values again", n);
    }
    for (int k = 0; k < AGGREGATE_DRAWS && known; k++) {
        struct rng r = rng_stream(seed, RNG_BOOTSTRAP, "aggregate", (uint64_t)k);
        draw_again(stratum, strata, &r, again, draws + AGGREGATE_DRAWS);
        draws[k] = statistic(again, strata, context);
        known = !isnan(draws[k]);
    }
    qsort(draws, known ? AGGREGATE_DRAWS : 0, sizeof *draws, ascending_doubles);
    out->low = known ? quantile(draws, AGGREGATE_DRAWS, 0.025) : (double)NAN;
    out->high = known ? quantile(draws, AGGREGATE_DRAWS, 0.975) : (double)NAN;
    free(draws);
    free(again);
    return ST_OK;
}
