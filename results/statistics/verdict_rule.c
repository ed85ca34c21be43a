#include "verdict_rule.h"

#include <math.h>
#include <stdlib.h>

#include "statistics.h"

const char *verdict_text(enum verdict v)
{
    static const char *const text[VERDICTS] = {"not run",       "both solve",
                                               "reproduced",    "contradicted",
                                               "too few seeds", "undecided"};
    return text[v];
}

static bool has_values(const struct comparison *c)
{
    return c->less.n > 0 && c->than.n > 0;
}

static bool is_tested(const struct comparison *c)
{
    return has_values(c) && !c->solved;
}

/* Is the p-value at most the level? The tolerance keeps rounding from deciding: 3 / 120 is
 * 2.5 %. */
static bool at_level(double p)
{
    return p <= VERDICT_ALPHA * (1.0 + 1e-12);
}

/* Returns the verdict. `least` is the smallest corrected p-value that these numbers of seeds can
 * give. */
static enum verdict judge(const struct comparison *c, double least)
{
    if (!has_values(c))
        return NOT_RUN;
    if (c->solved)
        return BOTH_SOLVE;
    if (at_level(c->below_corrected) && c->improvement >= VERDICT_IMPROVEMENT)
        return REPRODUCED;
    if (at_level(c->above_corrected) && 1.0 - c->improvement >= VERDICT_IMPROVEMENT)
        return CONTRADICTED;
    return at_level(least) ? UNDECIDED : TOO_FEW_SEEDS;
}

static int seeds_needed(const struct comparison *c, int family)
{
    if (c->verdict != TOO_FEW_SEEDS && c->verdict != UNDECIDED)
        return 0;
    const double share = c->improvement < 0.5 ? 1.0 - c->improvement : c->improvement;
    return share < VERDICT_IMPROVEMENT ? 0 : rank_test_seeds(share, VERDICT_ALPHA / family);
}

/* The p-values of both directions and the least that the seeds can give, plain and corrected. */
struct p_values {
    double *below, *above, *least, *below_corrected, *above_corrected, *least_corrected;
};

static int fill(struct p_values *p, const struct comparison *c, int n)
{
    int family = 0;
    for (int i = 0; i < n; i++) {
        const bool tested = is_tested(&c[i]);
        family += tested;
        p->below[i] = tested ? rank_test_below(c[i].less, c[i].than) : (double)NAN;
        p->above[i] = tested ? rank_test_below(c[i].than, c[i].less) : (double)NAN;
        p->least[i] = tested ? rank_test_least(c[i].less.n, c[i].than.n) : (double)NAN;
    }
    statistics_holm(p->below, n, p->below_corrected);
    statistics_holm(p->above, n, p->above_corrected);
    statistics_holm(p->least, n, p->least_corrected);
    return family;
}

enum status verdict_rule(struct comparison *c, int n, struct err *e)
{
    const size_t k = (size_t)n;
    double *room = calloc(6 * k + 1, sizeof *room);
    if (!room)
        return err_set(e, ST_NOMEM, "no memory for %d claims", n);
    struct p_values p = {room,         room + k,     room + 2 * k,
                         room + 3 * k, room + 4 * k, room + 5 * k};
    const int family = fill(&p, c, n);
    for (int i = 0; i < n; i++) {
        c[i].below = p.below[i];
        c[i].above = p.above[i];
        c[i].below_corrected = p.below_corrected[i];
        c[i].above_corrected = p.above_corrected[i];
        c[i].improvement = rank_test_improvement(c[i].less, c[i].than);
        c[i].verdict = judge(&c[i], p.least_corrected[i]);
        c[i].seeds = seeds_needed(&c[i], family);
    }
    free(room);
    return ST_OK;
}
