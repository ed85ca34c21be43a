#include "paired.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "rng.h"

static bool is_right(const uint8_t *bits, int i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

/* Returns the sum of times[i] over the examples i that are wrong. */
static int64_t wrong(const uint8_t *bits, const int *times, int examples)
{
    int64_t n = 0;
    for (int i = 0; i < examples; i++)
        n += is_right(bits, i) ? 0 : times[i];
    return n;
}

/* Draws n times from n with replacement: times[i] is how often i is drawn. All are 1 when `r` is
 * NULL. */
static void draw_times(struct rng *r, int n, int *times)
{
    for (int i = 0; i < n; i++)
        times[i] = r ? 0 : 1;
    for (int i = 0; i < n && r; i++)
        times[rng_below(r, (uint32_t)n)]++;
}

/* Returns the mean share of wrong answers, with the seeds drawn again and example i counted
 * times[i] times. `seed_times` is work space, [seeds]. */
static double error_of(struct answers side, struct rng *r, const int *times, int examples,
                       int *seed_times)
{
    double sum = 0.0;
    draw_times(r, side.seeds, seed_times);
    for (int s = 0; s < side.seeds; s++)
        if (seed_times[s])
            sum += seed_times[s] * (double)wrong(side.right[s], times, examples);
    return sum / side.seeds / examples;
}

enum status paired_effect(struct answers a, struct answers b, int examples, double *effect,
                          struct interval *interval, struct err *e)
{
    const int most = a.seeds > b.seeds ? a.seeds : b.seeds;
    double *draw = malloc(PAIRED_DRAWS * sizeof *draw);
    int *times = malloc(((size_t)examples + (size_t)most) * sizeof *times);
    if (!draw || !times) {
        free(draw);
        free(times);
        return err_set(e, ST_NOMEM, "no memory to draw %d examples again", examples);
    }
    int *const seeds = times + examples;
    draw_times(NULL, examples, times);
    *effect = error_of(b, NULL, times, examples, seeds) -
              error_of(a, NULL, times, examples, seeds);
    for (int k = 0; k < PAIRED_DRAWS; k++) {
        struct rng r = rng_stream(0, RNG_BOOTSTRAP, "paired", (uint64_t)k);
        draw_times(&r, examples, times);
        const double error_a = error_of(a, &r, times, examples, seeds);
        draw[k] = error_of(b, &r, times, examples, seeds) - error_a;
    }
    qsort(draw, PAIRED_DRAWS, sizeof *draw, ascending_doubles);
    interval->low = draw[PAIRED_DRAWS / 40];
    interval->high = draw[PAIRED_DRAWS - 1 - PAIRED_DRAWS / 40];
    free(draw);
    free(times);
    return ST_OK;
}

struct discordant paired_discordant(struct answers a, struct answers b, int examples)
{
    struct discordant d = {0, 0};
    for (int s = 0; s < a.seeds && s < b.seeds; s++)
        for (int i = 0; i < examples; i++) {
            const bool ra = is_right(a.right[s], i), rb = is_right(b.right[s], i);
            d.only_a += ra && !rb;
            d.only_b += rb && !ra;
        }
    return d;
}

double paired_mcnemar(struct discordant d)
{
    const int64_t n = d.only_a + d.only_b;
    const int64_t least = d.only_a < d.only_b ? d.only_a : d.only_b;
    if (2 * least >= n)
        return 1.0;
    /* Twice P(X <= least) for a binomial law with n tries and probability 1/2. */
    const double p =
        2.0 * statistics_incomplete_beta((double)(n - least), (double)least + 1.0, 0.5);
    return p < 1.0 ? p : 1.0;
}
