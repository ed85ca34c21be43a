/* task_odds_first.c -- say the symbols at odd places, then those at even places.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]      y = x[1] x[3] x[5] ... x[2] x[4] x[6] ...
 *
 * n is uniform in shortest * length..length, each symbol uniform. Target y[k] stands k - 1
 * places after the separator |. The last symbol is no input.
 *
 * Why: the order is periodic: places are told apart by parity, and the distance from answer
 * to symbol shrinks by one from one answer to the next and jumps back at half time.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the context-sensitive level
 * ("odds first", two symbols; lengths to 40, tested to 500), where the output is written
 * onto n empty places at once. Its text counts places from 1, as we do; its released code
 * from 0, which puts x[2] x[4] ... first. Lengths, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, SYMBOLS }; /* options; ids are symbols and the separator */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 20,
                .help = "symbols of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.1,
                  .help = "the shortest's symbols as a share of that"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 2,
                 .help = "alphabet without the separator"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 40}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 80}, {"shortest", 0.51}}},
    {0},
};

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

/* Where answer k = 0..n-1 comes from, places from 0. */
static int from(int k, int n)
{
    const int odds = (n + 1) / 2;
    return k < odds ? 2 * k : 2 * (k - odds) + 1;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 2);
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, draw_symbol(r, (int)o->v[SYMBOLS]));
    for (int k = 0; k < n; k++)
        say(out, k, separator(o), out->token[from(k, n)]);
}

/* Goes through the string in steps of two, twice. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_token(token, 0, length, separator(o));
    int t = at;
    no_answers(answer, length);
    for (int start = 0; start < 2; start++)
        for (int i = start; i < at && t < length; i += 2)
            answer[t++] = token[i];
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

static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    const int n = find_token(s->token, 0, s->length, separator(o));
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
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
