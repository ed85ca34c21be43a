/* task_copy.c -- say a string again.
 *
 *     x[1] ... x[n] | x[1] ... x[n-1]      target k: x[k], at the input before it
 *
 * n is uniform in shortest * length..length. With `unique` the symbols are n different ones in
 * uniform order; otherwise each is uniform, and symbols come again.
 *
 * Why: with unique symbols the one just said tells where to look: one step right of its
 * twin, an induction head. With repeats it stands at many places, and only the count of
 * what was said, or the distance, which is n here and differs from sample to sample, tells
 * them apart. Between the two lies what an encoding adds to content.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Huang et al. 2024, arXiv 2410.02140, section 5 and its released code ("copy
 * unique" and "copy repeat", lengths to 50, tested to 150); Deletang et al. 2023, arXiv
 * 2207.02098 ("duplicate string", two symbols). `unique: false, symbols: 2` is the latter.
 * Lengths, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, SYMBOLS, UNIQUE }; /* options; ids are symbols, separator */
enum { SYMBOLS_MOST = 4096 }; /* limit of the option, and room on the stack; chosen */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 20,
                .help = "symbols of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.1,
                  .help = "the shortest's symbols as a share of that"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = SYMBOLS_MOST, .dflt = 80,
                 .help = "alphabet without the separator"},
    [UNIQUE] = {"unique", OPTION_BOOL, .dflt = 1,
                .help = "true: no symbol twice in a string; false: each drawn anew"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 40}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 80}, {"shortest", 0.51}}},
    {0},
};

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[UNIQUE] != 0 && o->v[SYMBOLS] < o->v[LENGTH])
        return err_set(e, ST_RANGE,
                       "symbols: %.0f are too few for %.0f different ones in a string; use "
                       "more, or unique: false",
                       o->v[SYMBOLS], o->v[LENGTH]);
    return ST_OK;
}

static int32_t separator(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS];
}

static int vocabulary(const struct option_values *o)
{
    return (int)o->v[SYMBOLS] + 1;
}

static int max_length(const struct option_values *o)
{
    return 2 * (int)o->v[LENGTH];
}

static int answers(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    const bool unique = o->v[UNIQUE] != 0;
    bool used[SYMBOLS_MOST] = {false};
    begin(out);
    while (out->length < n) {
        const int32_t symbol = draw_symbol(r, (int)o->v[SYMBOLS]);
        if (!unique || !used[symbol])
            put(out, symbol);
        used[symbol] = true;
    }
    for (int k = 0; k < n; k++)
        say(out, k, separator(o), out->token[k]);
}

/* Takes the string's symbols from the left, one for each place after the separator. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_token(token, 0, length, separator(o));
    const int32_t *next = token;
    no_answers(answer, length);
    for (int t = at; t < length && next < token + at; t++)
        answer[t] = *next++;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token == separator(o))
        snprintf(text, TASK_TOKEN_TEXT, "|");
    else
        symbol_text(token, (int)o->v[SYMBOLS], text);
}

/* The string's length, by which each answer is away from its symbol. */
static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    const int n = find_token(s->token, 0, s->length, separator(o));
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
}

/* Other places of the string that hold what was said last: after the separator none. */
static void rivals(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int n = find_token(s->token, 0, s->length, separator(o));
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
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
