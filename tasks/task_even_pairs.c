/* task_even_pairs.c -- is the number of places where a string changes even?
 *
 *     x[1] x[2] ... x[n] ?      x[i] in {a, b}, n uniform in shortest * length..length
 *
 * x[1] is uniform, and x[i + 1] differs from x[i] with probability p_change. The only
 * target, scored, is at `?`: 0 when the number of pairs ab and ba in the string is even,
 * else 1. Changes cancel, so the answer is 0 exactly when x[1] = x[n].
 *
 * Why: the answer depends only on the first and the last token. An encoding has to find both
 * ends at lengths that it has not seen.
 *
 * Chance: 1/2.  Majority: 1/2 (1 + mean of |1 - 2 p_change|^(n - 1)), 1/2 by default.
 * Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the regular level ("even
 * pairs"; trained on lengths to 40, tested to 500). There the symbols are uniform, which
 * is p_change 0.5; the splits and their sizes are ours. */
#include "sample_write.h"

#include <assert.h>
#include <math.h>

enum { LENGTH, SHORTEST, P_CHANGE };       /* options */
enum { A, B, ASK, EVEN, ODD, VOCABULARY }; /* token ids */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 40,
                .help = "symbols of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.05,
                  .help = "the shortest's symbols as a share of that"},
    [P_CHANGE] = {"p_change", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.5,
                  .help = "probability that a symbol differs from the one before"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 80}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 160}, {"shortest", 0.51}}},
    {"ood_sparse",
     1000,
     "few changes in longer strings",
     {{"length", 80}, {"shortest", 0.51}, {"p_change", 0.05}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    (void)o;
    return VOCABULARY;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH] + 1;
}

static int answers(const struct option_values *o)
{
    (void)o;
    return 2;
}

/* P(x[1] = x[n]) - P(x[1] != x[n]) = (1 - 2 p_change)^(n - 1). */
static double majority(const struct option_values *o)
{
    const int lo = least_length(o, LENGTH, SHORTEST, 2), hi = (int)o->v[LENGTH];
    double excess = 0;
    for (int n = lo; n <= hi; n++)
        excess += pow(1 - 2 * o->v[P_CHANGE], n - 1);
    return 0.5 + 0.5 * fabs(excess) / (hi - lo + 1);
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 2);
    const int32_t first = draw_symbol(r, 2);
    int32_t now = first;
    begin(out);
    put(out, now);
    for (int i = 1; i < n; i++) {
        now ^= rng_chance(r, o->v[P_CHANGE]);
        put(out, now);
    }
    ask(out, ASK, now == first ? EVEN : ODD);
}

/* Counts the changes instead of comparing both ends. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    int changes = 0;
    (void)o;
    for (int t = 0; t < length; t++) {
        answer[t] = token[t] != ASK ? TARGET_NONE : changes % 2 ? ODD : EVEN;
        changes += t > 0 && token[t] + token[t - 1] == A + B;
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    text[0] = "ab?01"[token];
    text[1] = 0;
}

static void length(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    (void)o;
    no_answers(stratum, s->length);
    stratum[s->length - 1] = s->length - 1;
}

static const struct task_stratum strata[] = {
    {"length", "symbols", "symbols of the string", length},
    {0},
};

const struct task task_even_pairs = {
    .name = "even_pairs",
    .version = 1,
    .summary = "is the number of changes between a and b even: are first and last equal",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the regular tasks",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = majority,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
