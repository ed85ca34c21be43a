/* task_reverse.c -- say a string backwards.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]      y[k] = x[n + 1 - k]
 *
 * n is uniform in shortest * length..length, each symbol uniform. Target y[k] stands k - 1
 * places after the separator |: it is predicted from the string and the symbols already
 * said. The last symbol is no input.
 *
 * Why: the place to look at goes left while the place of the answer goes right, so that the
 * distance grows by two each time. Neither a fixed distance nor a fixed address will do.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the deterministic context-free
 * level ("reverse string", two symbols; lengths to 40, tested to 500), where the output is
 * written onto n empty places at once instead of symbol by symbol; Vasylenko et al. 2025,
 * arXiv 2506.16640, write it symbol by symbol. Lengths, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, SYMBOLS }; /* options; ids are symbols and the separator */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 20,
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

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, draw_symbol(r, (int)o->v[SYMBOLS]));
    for (int k = 0; k < n; k++)
        say(out, k, separator(o), out->token[n - 1 - k]);
}

/* Two fingers leave the separator, one to either side. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_token(token, 0, length, separator(o));
    no_answers(answer, length);
    for (int left = at - 1, right = at; left >= 0 && right < length; left--, right++)
        answer[right] = token[left];
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

/* From the answer's place back to its symbol: 1, 3, 5, ... */
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
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
