/* task_copy.c -- repeat a string.
 *
 *     x[1] ... x[n] | x[1] ... x[n-1]      target k: x[k], at the input before it
 *
 * n is uniform in shortest * length..length. With `unique` the symbols are n different ones in
 * uniform order; otherwise each is uniform, and symbols repeat.
 *
 * Why: with unique symbols the last output tells where to look: one step right of its first
 * occurrence (an induction head). With repeats it occurs at several places. Then only the
 * number of outputs so far, or the distance n, which differs from sample to sample, tells them
 * apart. The difference between both settings shows what an encoding adds to content.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Huang et al. 2024, arXiv 2410.02140, section 5 and its released code ("copy
 * unique" and "copy repeat", lengths to 50, tested to 150); Deletang et al. 2023, arXiv
 * 2207.02098 ("duplicate string", two symbols). `unique: false, symbols: 2` is the latter.
 * Lengths, splits and sizes are ours. */
#include "string_task.h"

enum { UNIQUE = STRING_OPTION_COUNT };

static const struct option options[] = {
    STRING_OPTIONS(1, 0.1, 80),
    [UNIQUE] = {"unique", OPTION_BOOL, .dflt = 1,
                .help = "true: no symbol twice in a string; false: each drawn anew"},
    {0},
};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[UNIQUE] != 0 && o->v[SYMBOLS] < o->v[LENGTH])
        return err_set(e, ST_RANGE,
                       "symbols: %.0f are too few for %.0f different ones in a string; use "
                       "more, or unique: false",
                       o->v[SYMBOLS], o->v[LENGTH]);
    return ST_OK;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    const bool unique = o->v[UNIQUE] != 0;
    bool used[STRING_LONGEST] = {false};
    begin(out);
    while (out->length < n) {
        const int32_t symbol = draw_symbol(r, string_symbols(o));
        if (!unique || !used[symbol])
            put(out, symbol);
        used[symbol] = true;
    }
    for (int k = 0; k < n; k++)
        say(out, k, string_separator(o), out->token[k]);
}

/* Takes the string's symbols from the left, one for each place after the separator. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_separator(o, token, length);
    const int32_t *next = token;
    no_answers(answer, length);
    for (int t = at; t < length && next < token + at; t++)
        answer[t] = *next++;
}

/* The string's length, which is the distance from each answer to its symbol. */
static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    const int n = find_separator(o, s->token, s->length);
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
}

/* How many other places of the string hold the last output symbol; 0 at the separator, where
 * there is no output yet. */
static void rivals(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int n = find_separator(o, s->token, s->length);
    no_answers(stratum, n);
    stratum[n] = 0;
    for (int t = n + 1; t < s->length; t++) {
        stratum[t] = -1; /* its own place */
        for (int k = 0; k < n; k++)
            stratum[t] += s->token[k] == s->token[t];
    }
}

static const struct task_stratum strata[] = {
    {"distance", "tokens", "tokens back to the symbol that is to be said", distance},
    {"rivals", "places", "other places that hold the symbol said last", rivals},
    {0},
};

const struct task task_copy = {
    .name = "copy",
    .version = 1,
    .summary = "say a string again, of unique or of repeated symbols",
    .source = "Huang et al. 2024, arXiv 2410.02140, section 5; Deletang et al. 2023, arXiv "
              "2207.02098",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .check = check,
    .vocabulary = string_vocabulary,
    .max_length = string_length_twice,
    .answers = string_symbols,
    .generate = generate,
    .solve = solve,
    .token_text = string_token_text,
    .strata = strata,
};
