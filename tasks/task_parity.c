/* task_parity.c -- is the number of ones in a string odd?
 *
 *     x[1] x[2] ... x[n] ?      n uniform in shortest * length..length
 *
 * Each x[i] is 1 with probability p_one, else 0. The only target, scored, is at `?`: the sum
 * of the x[i] modulo 2, written as a bit.
 *
 * Why: changing any one token changes the answer. An encoding that only tells where tokens are
 * does not help; methods with signs or rotations that depend on content do, so a difference
 * here is decisive. Almost every model stays at chance.
 *
 * Chance: 1/2.  Majority: 1/2 (1 + |mean of (1 - 2 p_one)^n|), 1/2 by default.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the regular level ("parity
 * check"; lengths to 40, tested to 500). Huang et al. 2024, arXiv 2410.02140, draw the
 * number of ones uniformly instead; the splits and their sizes are ours. */
#include "sample_write.h"

#include <assert.h>
#include <math.h>

enum { LENGTH, SHORTEST, P_ONE };    /* options */
enum { ZERO, ONE, ASK, VOCABULARY }; /* token ids; the answer is a bit */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 40,
                .help = "bits of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.025,
                  .help = "the shortest's bits as a share of that"},
    [P_ONE] = {"p_one", OPTION_REAL, .lo = 0.01, .hi = 0.99, .dflt = 0.5,
               .help = "probability that a bit is 1"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 80}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 160}, {"shortest", 0.51}}},
    {"ood_dense",
     1000,
     "nine ones in ten: more than in training",
     {{"shortest", 0.51}, {"p_one", 0.9}}},
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

/* P(even) - P(odd) = (1 - 2 p_one)^n. */
static double majority(const struct option_values *o)
{
    const int lo = least_length(o, LENGTH, SHORTEST, 1), hi = (int)o->v[LENGTH];
    double excess = 0;
    for (int n = lo; n <= hi; n++)
        excess += pow(1 - 2 * o->v[P_ONE], n);
    return 0.5 + 0.5 * fabs(excess) / (hi - lo + 1);
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    int32_t odd = ZERO;
    begin(out);
    for (int i = 0; i < n; i++) {
        const int32_t bit = rng_chance(r, o->v[P_ONE]) ? ONE : ZERO;
        odd ^= bit;
        put(out, bit);
    }
    ask(out, ASK, odd);
}

/* Returns the number of ones before the last place. */
static int ones(const int32_t *token, int length)
{
    int n = 0;
    for (int t = 0; t < length - 1; t++)
        n += token[t] == ONE;
    return n;
}

/* Counts the ones, then takes the count modulo 2. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    no_answers(answer, length);
    if (token[length - 1] == ASK)
        answer[length - 1] = ones(token, length) % 2 ? ONE : ZERO;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    text[0] = "01?"[token];
    text[1] = 0;
}

static void count(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    (void)o;
    no_answers(stratum, s->length);
    stratum[s->length - 1] = ones(s->token, s->length);
}

static const struct task_stratum strata[] = {
    {"ones", "ones", "ones in the string", count},
    {0},
};

const struct task task_parity = {
    .name = "parity",
    .version = 1,
    .summary = "is the number of ones in a string odd",
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
