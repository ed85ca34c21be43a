/* bench_intervals -- how often 95 % intervals over seeds contain the mean.
 *
 *     bench_intervals [DRAWS]
 *
 * Rates over seeds are drawn from the laws of tests/support/seed_laws.h, cut at 1. The first
 * table shows, for each number of seeds, how often the interval of the mean contains the law's
 * mean: Student's, cut at 0 and 1; the percentile bootstrap over seeds; and that of
 * statistics_rate_interval. The second table is for the difference of two laws: bootstrap, and
 * statistics_difference_interval. docs/STATISTICS.md has the output. */
#include <stdio.h>
#include <stdlib.h>

#include "aggregate.h"
#include "seed_laws.h"

enum { MEAN_DRAWS = 4000000, BOOTSTRAPS = 500 };
static const int64_t places =
    1000000; /* per seed; so many that chance within a run does not matter */

static double draw_rate(law *l, struct rng *r)
{
    return fmin(1.0, fmax(0.0, l(r)));
}

static double mean_of(law *l)
{
    struct rng r = rng_stream(1, RNG_TEST, "mean of a law", 0);
    double sum = 0.0;
    for (int i = 0; i < MEAN_DRAWS; i++)
        sum += draw_rate(l, &r);
    return sum / MEAN_DRAWS;
}

static struct values draw_seeds(law *l, int n, struct rng *r, double *room)
{
    for (int i = 0; i < n; i++)
        room[i] = draw_rate(l, r);
    return (struct values){room, n};
}

static struct interval ours(struct values x)
{
    const double mean = statistics_mean(x.at, x.n);
    const int64_t total = places * x.n;
    return statistics_rate_interval(mean, statistics_std(x.at, x.n), x.n,
                                    (int64_t)(mean * (double)total), total);
}

static bool holds(struct interval i, double mean)
{
    return i.low <= mean && mean <= i.high;
}

static double difference(const struct values *side, int sides, void *context)
{
    (void)context;
    return statistics_mean(side[sides - 1].at, side[sides - 1].n) -
           (sides > 1 ? statistics_mean(side[0].at, side[0].n) : 0.0);
}

static bool bootstrap_holds(const struct values *side, int sides, double mean)
{
    struct interval i = {0, 0};
    struct err e;
    return aggregate_interval(side, sides, 0, difference, NULL, &i, &e) == ST_OK &&
           holds(i, mean);
}

/* Bootstraps only the first draws, since a bootstrap takes as long as thousands of the other
 * intervals. */
static void print_mean(law *l, double mean, int seeds, int draws)
{
    struct rng r = rng_stream(1, RNG_TEST, "interval of a mean", (uint64_t)seeds);
    const int bootstraps = draws < BOOTSTRAPS ? draws : BOOTSTRAPS;
    int student = 0, bootstrap = 0, rate = 0;
    double room[MOST_SEEDS];
    for (int d = 0; d < draws; d++) {
        const struct values x = draw_seeds(l, seeds, &r, room);
        student += holds(statistics_mean_interval(statistics_mean(x.at, x.n),
                                                  statistics_std(x.at, x.n), x.n),
                         mean);
        rate += holds(ours(x), mean);
        bootstrap += d < bootstraps && bootstrap_holds(&x, 1, mean);
    }
    printf("%6.0f /%3.0f /%3.0f", 100.0 * student / draws, 100.0 * bootstrap / bootstraps,
           100.0 * rate / draws);
}

static void print_difference(law *a, law *b, double gap, int seeds, int draws)
{
    struct rng r = rng_stream(1, RNG_TEST, "interval of a difference", (uint64_t)seeds);
    const int bootstraps = draws < BOOTSTRAPS ? draws : BOOTSTRAPS;
    int bootstrap = 0, rate = 0;
    double room[2][MOST_SEEDS];
    for (int d = 0; d < draws; d++) {
        const struct values x[] = {draw_seeds(a, seeds, &r, room[0]),
                                   draw_seeds(b, seeds, &r, room[1])};
        const struct interval i =
            statistics_difference_interval(statistics_mean(x[0].at, seeds), ours(x[0]),
                                           statistics_mean(x[1].at, seeds), ours(x[1]));
        rate += holds(i, gap);
        bootstrap += d < bootstraps && bootstrap_holds(x, 2, gap);
    }
    printf("%11.0f /%3.0f", 100.0 * bootstrap / bootstraps, 100.0 * rate / draws);
}

int main(int argc, char **argv)
{
    static const int seeds[] = {3, 5, 6, 10};
    static const struct {
        const char *text;
        law *law;
    } one[] = {{"fails in 2 of 5 seeds", fails_in_two_of_five},
               {"fails in 4 of 5 seeds", fails_in_four_of_five},
               {"lognormal, sigma 1", skewed},
               {"normal", normal}};
    const int draws = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4000;
    printf("%% of means held by: Student / bootstrap / ours\n%-50s", "seeds");
    for (int k = 0; k < 4; k++)
        printf("%16d", seeds[k]);
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        const double mean = mean_of(one[i].law);
        printf("\n%-50s", one[i].text);
        for (int k = 0; k < 4; k++)
            print_mean(one[i].law, mean, seeds[k], draws);
    }
    printf("\n%% of differences held by: bootstrap / ours");
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        const double gap = mean_of(laws[i].than) - mean_of(laws[i].less);
        printf("\n%-50s", laws[i].text);
        for (int k = 0; k < 4; k++)
            print_difference(laws[i].less, laws[i].than, gap, seeds[k], draws);
    }
    printf("\n");
    return 0;
}
