/* task_dyck_2.c -- which bracket may be closed next?
 *
 *     x[1] ... x[T]      T = `length` brackets of `kinds` kinds, well nested so far
 *
 * At depth 0 the next bracket opens, at depth `depth` it closes, in between it opens with
 * probability p_open; the kind of an opening bracket is uniform. The target at each place, all
 * scored, is the closing bracket that may come next: that of the innermost open bracket, or a
 * full stop when none is open. Since an opening bracket may always come next, this target
 * tells all that may (only the generator bounds the depth, not the language).
 *
 * Why: the innermost open bracket need not be the last one seen: brackets that were opened and
 * closed since must cancel. Depths beyond training need counts beyond training.
 *
 * Chance: 1/(kinds + 1).  Majority: the full stop's share or a closing bracket's, from the
 * chain of depths, 0.43 by default.  Ceiling: 1.
 * Source: Rambaud et al. 2025, arXiv 2511.19279, figure 3 (Dyck-2, T = 32 and depth 4,
 * tested to four times the length and eight more of depth); Dyck languages after Hewitt et
 * al. 2020, arXiv 2010.07515. How brackets are drawn, the splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, DEPTH, KINDS, P_OPEN }; /* options */
/* Limits of the options. The first is chosen and also sizes arrays on the stack; the second is
 * the number of kinds of brackets that tokens can be written with. */
enum { DEPTH_MOST = 1000, KINDS_MOST = 4 };

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 32,
                .help = "brackets of a sample"},
    [DEPTH] = {"depth", OPTION_INT, .lo = 1, .hi = DEPTH_MOST, .dflt = 4,
               .help = "most brackets open at a time"},
    [KINDS] = {"kinds", OPTION_INT, .lo = 1, .hi = KINDS_MOST, .dflt = 2,
               .help = "kinds of brackets: ( [ { <"},
    [P_OPEN] = {"p_open", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.5,
                .help = "probability of opening where closing is possible too"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "four times as long", {{"length", 128}}},
    {"ood_deeper",
     1000,
     "longer and up to eight deeper",
     {{"length", 64}, {"depth", 12}, {"p_open", 0.7}}},
    {0},
};

/* Ids: opening brackets, closing brackets, the full stop. */
static int kinds(const struct option_values *o)
{
    return (int)o->v[KINDS];
}

static int vocabulary(const struct option_values *o)
{
    return 2 * kinds(o) + 1;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH];
}

static int answers(const struct option_values *o)
{
    return kinds(o) + 1;
}

/* Follows the probability share[d] of depth d from place to place. */
static double majority(const struct option_values *o)
{
    const int T = (int)o->v[LENGTH], D = (int)o->v[DEPTH];
    double share[DEPTH_MOST + 1] = {1}, empty = 0;
    for (int t = 0; t < T; t++) {
        double next[DEPTH_MOST + 1] = {0};
        for (int d = 0; d <= D && d <= t; d++) {
            const double open = d == 0 ? 1 : d == D ? 0 : o->v[P_OPEN];
            if (d < D)
                next[d + 1] += share[d] * open;
            if (d > 0)
                next[d - 1] += share[d] * (1 - open);
        }
        for (int d = 0; d <= D; d++)
            share[d] = next[d];
        empty += share[0] / T;
    }
    const double one_kind = (1 - empty) / kinds(o);
    return empty > one_kind ? empty : one_kind;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int D = (int)o->v[DEPTH], K = kinds(o);
    int32_t open[DEPTH_MOST]; /* kinds, from the outermost */
    int depth = 0;
    begin(out);
    for (int t = 0; t < (int)o->v[LENGTH]; t++) {
        const bool opens = depth == 0 || (depth < D && rng_chance(r, o->v[P_OPEN]));
        if (opens)
            open[depth++] = draw_symbol(r, K);
        else
            depth--;
        const int32_t now = opens ? open[depth - 1] : K + open[depth];
        ask(out, now, depth > 0 ? K + open[depth - 1] : 2 * K);
    }
}

/* Returns the place of the innermost bracket that is open at place t, -1 for none: going back,
 * the first opening bracket that no later bracket closes. */
static int innermost(const int32_t *token, int t, int K)
{
    int closed = 0;
    for (; t >= 0; t--) {
        if (token[t] >= K)
            closed++;
        else if (closed == 0)
            return t;
        else
            closed--;
    }
    return -1;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int K = kinds(o);
    for (int t = 0; t < length; t++) {
        const int at = innermost(token, t, K);
        answer[t] = at < 0 ? 2 * K : K + token[at];
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    const int K = kinds(o);
    assert(token >= 0 && token < vocabulary(o));
    text[0] = token < K ? "([{<"[token] : token < 2 * K ? ")]}>"[token - K] : '.';
    text[1] = 0;
}

static void depth(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    int32_t open = 0;
    for (int t = 0; t < s->length; t++) {
        open += s->token[t] < kinds(o) ? 1 : -1;
        stratum[t] = open;
    }
}

static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    for (int t = 0; t < s->length; t++) {
        const int at = innermost(s->token, t, kinds(o));
        stratum[t] = at < 0 ? t + 1 : t - at;
    }
}

static const struct task_stratum strata[] = {
    {"depth", "brackets", "brackets that are open", depth},
    {"distance", "tokens", "tokens back to the innermost open bracket, or the start",
     distance},
    {0},
};

const struct task task_dyck_2 = {
    .name = "dyck_2",
    .version = 1,
    .summary = "which bracket may be closed next, of two kinds well nested",
    .source = "Rambaud et al. 2025, arXiv 2511.19279, figure 3",
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
