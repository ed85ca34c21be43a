/* task_odds_first.c -- output the symbols at odd places, then those at even places.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]      y = x[1] x[3] x[5] ... x[2] x[4] x[6] ...
 *
 * n is uniform in shortest * length..length, each symbol uniform. Target y[k] is k - 1
 * places after the separator |. The last symbol is not an input.
 *
 * Why: the order is periodic. Places differ by parity; the distance from answer to symbol
 * shrinks by one from each answer to the next and jumps back at the first even place.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the context-sensitive level
 * ("odds first", two symbols; lengths to 40, tested to 500), where the output is written
 * onto n empty places at once. Its text counts places from 1, as we do; its released code
 * from 0, which puts x[2] x[4] ... first. Lengths, splits and sizes are ours. */
#include "string_task.h"

static const struct option options[] = {STRING_OPTIONS(2, 0.1, 2), {0}};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

/* Returns the place, from 0, of the symbol of answer k = 0..n-1. */
static int from(int k, int n)
{
    const int odds = (n + 1) / 2;
    return k < odds ? 2 * k : 2 * (k - odds) + 1;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = put_string(o, r, 2, out);
    for (int k = 0; k < n; k++)
        say(out, k, string_separator(o), out->token[from(k, n)]);
}

/* Scans the string twice in steps of two. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_separator(o, token, length);
    int t = at;
    no_answers(answer, length);
    for (int start = 0; start < 2; start++)
        for (int i = start; i < at && t < length; i += 2)
            answer[t++] = token[i];
}

static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    const int n = find_separator(o, s->token, s->length);
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? t - from(t - n, n) : STRATUM_NONE;
}

static const struct task_stratum strata[] = {
    {"distance", "tokens", "tokens back to the symbol that is to be said", distance},
    {0},
};

const struct task task_odds_first = {
    .name = "odds_first",
    .version = 1,
    .summary = "say the symbols at odd places, then those at even places",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the context-sensitive tasks",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = string_vocabulary,
    .max_length = string_length_twice,
    .answers = string_symbols,
    .generate = generate,
    .solve = solve,
    .token_text = string_token_text,
    .strata = strata,
};
