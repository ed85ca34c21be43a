/* task_newcomer.c -- say at the end of a string how it began.
 *
 *     x[1] ... x[n]      target x[1], at the last place alone
 *
 * n is uniform in shortest * length..length, each symbol uniform.
 *
 * Why: say here what the task asks of a position encoding.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: name the paper, its version and section, and what is yours. */
#include "sample_write.h"

enum { LENGTH, SHORTEST, SYMBOLS };

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 20,
                .help = "symbols of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.5,
                  .help = "the shortest's symbols as a share of that"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 8,
                 .help = "alphabet"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 40}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 80}, {"shortest", 0.51}}},
    {0},
};

/* Token ids; here every one of them may be the answer. */
static int vocabulary(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 2);
    begin(out);
    while (out->length < n - 1)
        put(out, draw_symbol(r, vocabulary(o)));
    ask(out, draw_symbol(r, vocabulary(o)), out->token[0]);
}

/* By another way than `generate`: from what was written alone, the last place first. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    for (int t = length - 1; t >= 0; t--)
        answer[t] = t == length - 1 ? *token : TARGET_NONE;
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    symbol_text(token, vocabulary(o), text);
}

/* What makes a scored place hard: errors are counted by it. */
static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? t : STRATUM_NONE;
}

static const struct task_stratum strata[] = {
    {"distance", "tokens", "tokens back to the symbol that is to be said", distance},
    {0},
};

const struct task task_newcomer = {
    .name = "newcomer",
    .version = 1,
    .summary = "say at the end of a string how it began",
    .source = "ours, not published",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = vocabulary,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
