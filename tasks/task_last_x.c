/* task_last_x.c -- the latest x, at a distance that training does not have.
 *
 *     x(v) y(u) y(u) ... y(u)   x(v) y(u) ... y(u)   ...      `segments` segments
 *
 * A segment is one x and i y's, i uniform in shortest * gap..gap; each carries a uniform
 * symbol, v or u. The target at the last y of each segment, scored, is the x of that segment:
 * the last x, i places back.
 *
 * Why: the argument of the source as a task. To attend to the last x in yyxyy...y at an
 * unknown distance, a position term must prefer nearer tokens by a margin d per step. Over i
 * steps x loses i d, so the current y wins over x as soon as i d exceeds the margin D that
 * content gives to x. Splits test that bound at distances beyond training, which the stratum
 * `gap` shows as a curve. If position counts only x's, the last x is always at distance 1.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Golovneva et al. 2024, arXiv 2405.18719v2, section 3.1. The task made of it, its
 * splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { SEGMENTS, GAP, SHORTEST, SYMBOLS }; /* options; ids: x of each symbol, then y */

static const struct option options[] = {
    [SEGMENTS] = {"segments", OPTION_INT, .lo = 1, .hi = 4096, .dflt = 4,
                  .help = "x's of a sample, each with its y's"},
    [GAP] = {"gap", OPTION_INT, .lo = 1, .hi = 4096, .dflt = 16,
             .help = "most y's behind an x"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.05,
                  .help = "the fewest y's behind an x as a share of that"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 8,
                 .help = "symbols that x's and y's carry"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer",
     1000,
     "the last x is up to twice as far",
     {{"gap", 32}, {"shortest", 0.51}}},
    {"ood_far",
     1000,
     "the last x is up to four times as far",
     {{"gap", 64}, {"shortest", 0.51}}},
    {"ood_more", 1000, "four times the x's", {{"segments", 16}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    return 2 * (int)o->v[SYMBOLS];
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[SEGMENTS] * (1 + (int)o->v[GAP]);
}

static int answers(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static bool is_x(const struct option_values *o, int32_t token)
{
    return token < (int32_t)o->v[SYMBOLS];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int symbols = (int)o->v[SYMBOLS];
    begin(out);
    for (int k = 0; k < (int)o->v[SEGMENTS]; k++) {
        const int gap = draw_length(r, o, GAP, SHORTEST, 1);
        const int32_t x = draw_symbol(r, symbols);
        put(out, x);
        for (int i = 1; i < gap; i++)
            put(out, symbols + draw_symbol(r, symbols));
        ask(out, symbols + draw_symbol(r, symbols), x);
    }
}

/* Returns the place of the latest x at or before t; -1 when there is none. */
static int latest(const struct option_values *o, const int32_t *token, int t)
{
    while (t >= 0 && !is_x(o, token[t]))
        t--;
    return t;
}

/* Answers with the latest x at every y. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    for (int t = 0; t < length; t++) {
        const int at = latest(o, token, t);
        answer[t] = at < 0 || at == t ? TARGET_NONE : token[at];
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    const int symbols = (int)o->v[SYMBOLS];
    assert(token >= 0 && token < vocabulary(o));
    snprintf(text, TASK_TOKEN_TEXT, "%c%d", is_x(o, token) ? 'x' : 'y',
             (int)token % symbols);
}

static void gap(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? t - latest(o, s->token, t) : STRATUM_NONE;
}

static const struct task_stratum strata[] = {
    {"gap", "tokens", "tokens back to the last x", gap},
    {0},
};

const struct task task_last_x = {
    .name = "last_x",
    .version = 1,
    .summary = "the latest x past any number of y",
    .source = "Golovneva et al. 2024, arXiv 2405.18719v2, section 3.1",
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
