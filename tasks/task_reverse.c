/* task_reverse.c -- output a string backwards.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]      y[k] = x[n + 1 - k]
 *
 * n is uniform in shortest * length..length, each symbol uniform. Target y[k] is k - 1
 * places after the separator |: it is predicted from the string and the output so far. The
 * last symbol is not an input.
 *
 * Why: the place to look at moves left while the place of the answer moves right, so the
 * distance grows by two each time. Neither a fixed distance nor a fixed place solves it.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the deterministic context-free
 * level ("reverse string", two symbols; lengths to 40, tested to 500), where the output is
 * written onto n empty places at once instead of symbol by symbol; Vasylenko et al. 2025,
 * arXiv 2506.16640, write it symbol by symbol. Lengths, splits and sizes are ours. */
#include "string_task.h"

static const struct option options[] = {STRING_OPTIONS(1, 0.1, 2), {0}};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = put_string(o, r, 1, out);
    for (int k = 0; k < n; k++)
        say(out, k, string_separator(o), out->token[n - 1 - k]);
}

/* Walks from the separator to both sides at once. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_separator(o, token, length);
    no_answers(answer, length);
    for (int left = at - 1, right = at; left >= 0 && right < length; left--, right++)
        answer[right] = token[left];
}

/* The distance from the answer's place back to its symbol: 1, 3, 5, ... */
static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    int32_t next = 1;
    (void)o;
    for (int t = 0; t < s->length; t++) {
        stratum[t] = s->scored[t] ? next : STRATUM_NONE;
        next += s->scored[t] ? 2 : 0;
    }
}

static const struct task_stratum strata[] = {
    {"distance", "tokens", "tokens back to the symbol that is to be said", distance},
    {0},
};

const struct task task_reverse = {
    .name = "reverse",
    .version = 1,
    .summary = "say a string backwards",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the context-free tasks",
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
