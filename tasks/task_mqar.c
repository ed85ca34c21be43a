/* task_mqar.c -- multi-query associative recall, in which the latest value counts.
 *
 *     k[1] v[1]  k[2] v[2]  ...  k[P] v[P]  |  q[1] ... q[m]
 *
 * P = `pairs`. With probability p_forget a pair's key is one that occurred before (uniform over
 * those), else a new one (uniform over the others; if there is none, one that occurred).
 * Values are uniform. Then follow m = `queries` different keys that occurred, or all of them
 * if they are fewer, in uniform order. The target at each q, scored, is the value last given
 * to that key. With p_forget 0 no key repeats: plain MQAR.
 *
 * Why: content alone finds a key, so with p_forget 0 no position is needed. When keys repeat,
 * the latest of several equal keys must be chosen, which content alone cannot do.
 *
 * Chance: 1/values.  Majority: 1/values.  Ceiling: 1.
 * Source: Arora et al. 2023, arXiv 2312.04927, section 3 (MQAR; there queries follow their
 * pairs at distances drawn from a power law, in sequences of 64 to 1024 tokens); Vasylenko
 * et al. 2025, arXiv 2506.16640 (lengths beyond training). Forgetting, splits and sizes
 * are ours. */
#include "sample_write.h"

#include <assert.h>

#include "ascending.h"

enum { PAIRS, QUERIES, KEYS, VALUES, P_FORGET }; /* options; ids: keys, values, separator */
enum { KEYS_MOST = 1024 }; /* limit of the option, sizes arrays on the stack; chosen */

static const struct option options[] = {
    [PAIRS] = {"pairs", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 16,
               .help = "pairs of key and value"},
    [QUERIES] = {"queries", OPTION_INT, .lo = 1, .hi = KEYS_MOST, .dflt = 8,
                 .help = "keys asked for at the end, at most those that stand there"},
    [KEYS] = {"keys", OPTION_INT, .lo = 1, .hi = KEYS_MOST, .dflt = 64,
              .help = "different keys"},
    [VALUES] = {"values", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 32,
                .help = "different values"},
    [P_FORGET] = {"p_forget", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.25,
                  .help = "probability that a pair gives a key another value"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "twice the pairs", {{"pairs", 32}}},
    {"ood_far", 1000, "four times the pairs", {{"pairs", 64}}},
    {"ood_forget",
     1000,
     "three pairs in four give a key another value",
     {{"pairs", 32}, {"p_forget", 0.75}}},
    {0},
};

static int32_t value_id(const struct option_values *o, int value)
{
    return (int32_t)o->v[KEYS] + value;
}

static int32_t separator(const struct option_values *o)
{
    return value_id(o, (int)o->v[VALUES]);
}

static int vocabulary(const struct option_values *o)
{
    return separator(o) + 1;
}

static int max_length(const struct option_values *o)
{
    const double asked = o->v[QUERIES] < o->v[KEYS] ? o->v[QUERIES] : o->v[KEYS];
    return 2 * (int)o->v[PAIRS] + 1 + (int)asked;
}

static int answers(const struct option_values *o)
{
    return (int)o->v[VALUES];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int K = (int)o->v[KEYS];
    int32_t key[KEYS_MOST] = {0},
            value[KEYS_MOST] = {0}; /* the first n_known keys have occurred */
    int n_known = 0;
    begin(out);
    for (int k = 0; k < K; k++)
        key[k] = k;
    for (int i = 0; i < (int)o->v[PAIRS]; i++) {
        const bool again = n_known > 0 && (n_known == K || rng_chance(r, o->v[P_FORGET]));
        int at = n_known;
        if (again)
            at = draw_between(r, 0, n_known - 1);
        else
            draw_few(r, key + n_known++, K - at, 1);
        value[key[at]] = value_id(o, draw_symbol(r, (int)o->v[VALUES]));
        put(out, key[at]);
        put(out, value[key[at]]);
    }
    put(out, separator(o));
    const int asked = min_int((int)o->v[QUERIES], n_known);
    draw_few(r, key, n_known, asked);
    for (int i = 0; i < asked; i++)
        ask(out, key[i], value[key[i]]);
}

/* Returns the last pair before the separator at `end` whose key is that of place t; -1 when there
 * is none. */
static int pair_of(const int32_t *token, int end, int t)
{
    int at = end - 2;
    while (at >= 0 && token[at] != token[t])
        at -= 2;
    return at;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = find_token(token, 0, length, separator(o));
    no_answers(answer, length);
    for (int t = end + 1; t < length; t++) {
        const int at = pair_of(token, end, t);
        answer[t] = at < 0 ? TARGET_NONE : token[at + 1];
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token == separator(o))
        snprintf(text, TASK_TOKEN_TEXT, "|");
    else if (token >= value_id(o, 0))
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)(token - value_id(o, 0)));
    else
        snprintf(text, TASK_TOKEN_TEXT, "k%d", (int)token);
}

static void pairs(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int end = find_token(s->token, 0, s->length, separator(o));
    no_answers(stratum, s->length);
    for (int t = end + 1; t < s->length; t++)
        stratum[t] = (end - 2 - pair_of(s->token, end, t)) / 2;
}

static void forgotten(const struct option_values *o, const struct sample *s,
                      int32_t *stratum)
{
    const int end = find_token(s->token, 0, s->length, separator(o));
    no_answers(stratum, s->length);
    for (int t = end + 1; t < s->length; t++) {
        stratum[t] = -1; /* the latest pair of the key does not count */
        for (int at = 0; at < end; at += 2)
            stratum[t] += s->token[at] == s->token[t];
    }
}

static const struct task_stratum strata[] = {
    {"pairs", "pairs", "pairs behind the one that gave the key its value", pairs},
    {"forgotten", "values", "earlier values of the key", forgotten},
    {0},
};

const struct task task_mqar = {
    .name = "mqar",
    .version = 1,
    .summary = "the latest value of each key asked for, among pairs of key and value",
    .source = "Arora et al. 2023, arXiv 2312.04927, section 3",
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
