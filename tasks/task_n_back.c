/* task_n_back.c -- the value that a key had n assignments ago.
 *
 *     k[1] v[1]  k[2] v[2]  ...  k[P] v[P]  |  q[1] ... q[m]
 *
 * P = `pairs`. Keys are uniform over `active` keys, which are drawn for the sample from all
 * keys; values are uniform. Then follow all keys that occurred at least n times, in uniform
 * order. The target at each q, scored, is the value of its n-th last pair (n = 1: the last).
 *
 * Why: content finds the pairs of a key, and the answer is the n-th last of them: a count of
 * matches at no fixed distance.
 *
 * Chance: 1/values.  Majority: 1/values.  Ceiling: 1.
 * Source: Yang et al. 2025, arXiv 2505.16381v2, section on synthetic tasks and figure 2
 * ("multi-query repeated associative recall with n-back", n = 1..4, 32 pairs, T = 768).
 * The form at small size, `active`, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { N, PAIRS, ACTIVE, KEYS, VALUES }; /* options; ids: keys, values, separator */
enum { KEYS_MOST = 256, N_MOST = 16 };   /* limits of options, size stack arrays */

static const struct option options[] = {
    [N] = {"n", OPTION_INT, .lo = 1, .hi = N_MOST, .dflt = 2,
           .help = "which pair of a key counts, from the last back"},
    [PAIRS] = {"pairs", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 24,
               .help = "pairs of key and value; more than active (n - 1)"},
    [ACTIVE] = {"active", OPTION_INT, .lo = 1, .hi = KEYS_MOST, .dflt = 4,
                .help = "keys that a sample uses"},
    [KEYS] = {"keys", OPTION_INT, .lo = 1, .hi = KEYS_MOST, .dflt = 16,
              .help = "different keys"},
    [VALUES] = {"values", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 16,
                .help = "different values"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "twice the pairs", {{"pairs", 48}}},
    {"ood_sparse",
     1000,
     "twice the keys in use: a key's pairs are twice as far apart",
     {{"pairs", 48}, {"active", 8}}},
    {0},
};

/* With at least active (n - 1) + 1 pairs some key occurs n times (pigeonhole principle). */
static enum status check(const struct option_values *o, struct err *e)
{
    const double least = o->v[ACTIVE] * (o->v[N] - 1) + 1;
    if (o->v[ACTIVE] > o->v[KEYS])
        return err_set(e, ST_RANGE, "active: %.0f keys in use, but there are only %.0f",
                       o->v[ACTIVE], o->v[KEYS]);
    if (o->v[PAIRS] < least)
        return err_set(
            e, ST_RANGE,
            "pairs: with %.0f it may be that none of %.0f keys comes %.0f times; "
            "use at least %.0f",
            o->v[PAIRS], o->v[ACTIVE], o->v[N], least);
    return ST_OK;
}

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
    return 2 * (int)o->v[PAIRS] + 1 + (int)o->v[ACTIVE];
}

static int answers(const struct option_values *o)
{
    return (int)o->v[VALUES];
}

/* recent[k][i] is the i-th last value of the k-th active key, i < times[k]. */
struct memory {
    int times[KEYS_MOST];
    int32_t recent[KEYS_MOST][N_MOST];
};

static void remember(struct memory *m, int k, int32_t value)
{
    for (int i = N_MOST - 1; i > 0; i--)
        m->recent[k][i] = m->recent[k][i - 1];
    m->recent[k][0] = value;
    m->times[k]++;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int active = (int)o->v[ACTIVE], n = (int)o->v[N];
    struct memory m = {.times = {0}};
    int32_t key[KEYS_MOST] = {0}, order[KEYS_MOST] = {0};
    begin(out);
    for (int k = 0; k < (int)o->v[KEYS]; k++)
        key[k] = k;
    draw_few(r, key, (int)o->v[KEYS], active);
    for (int i = 0; i < (int)o->v[PAIRS]; i++) {
        const int k = draw_symbol(r, active);
        const int32_t value = value_id(o, draw_symbol(r, (int)o->v[VALUES]));
        remember(&m, k, value);
        put(out, key[k]);
        put(out, value);
    }
    put(out, separator(o));
    for (int k = 0; k < active; k++)
        order[k] = k;
    draw_few(r, order, active, active);
    for (int i = 0; i < active; i++)
        if (m.times[order[i]] >= n)
            ask(out, key[order[i]], m.recent[order[i]][n - 1]);
}

/* Returns the n-th last pair before the separator at `end` whose key is that of place t; negative
 * when there are fewer. */
static int nth_pair(const int32_t *token, int end, int t, int n)
{
    int at = end;
    do
        at -= 2;
    while (at >= 0 && (token[at] != token[t] || --n > 0));
    return at;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = find_token(token, 0, length, separator(o));
    no_answers(answer, length);
    for (int t = end + 1; t < length; t++) {
        const int at = nth_pair(token, end, t, (int)o->v[N]);
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
        stratum[t] = (end - 2 - nth_pair(s->token, end, t, (int)o->v[N])) / 2;
}

static const struct task_stratum strata[] = {
    {"pairs", "pairs", "pairs behind the one that is asked for", pairs},
    {0},
};

const struct task task_n_back = {
    .name = "n_back",
    .version = 1,
    .summary = "the value that a key had n assignments ago",
    .source = "Yang et al. 2025, arXiv 2505.16381v2, figure 2",
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
