/* task_indirect_indexing.c -- the symbol a given number of places left or right of another.
 *
 *     x[1] ... x[n] |  s +- d d   s +- d d   ...
 *
 * The x are n different letters in uniform order, n uniform in shortest * length..length. A
 * query is a letter s = x[i] of the string, a uniform sign and an offset d of two digits,
 * uniform in smallest * offset..offset; i is uniform over the places from which the offset
 * stays inside the string. The target, scored, is at the second digit: the letter x[i + d] or
 * x[i - d]. There are `queries` queries, drawn independently.
 *
 * Why: content (the letter) and position (the offset) must be matched separately: the key is
 * found by content, the answer by position relative to it.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Gopalakrishnan et al. 2025, arXiv 2509.10534, table 1 (variable length, one
 * query, no lengths beyond training). Digits, several queries, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST, OFFSET, SMALLEST, QUERIES, SYMBOLS }; /* options */
enum { LETTERS = 52, QUERY = 4 };                              /* tokens of a query */
enum { SEPARATOR, PLUS, MINUS, DIGIT, MARKS = DIGIT + 10 };    /* ids from SYMBOLS on */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 2, .hi = LETTERS, .dflt = 20,
                .help = "letters of the longest string"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.5,
                  .help = "the shortest's letters as a share of that; more than offset"},
    [OFFSET] = {"offset", OPTION_INT, .lo = 1, .hi = LETTERS - 1, .dflt = 9,
                .help = "largest offset to either side; less than length"},
    [SMALLEST] = {"smallest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.1,
                  .help = "the smallest offset as a share of that"},
    [QUERIES] = {"queries", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 4,
                 .help = "queries after a string"},
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = LETTERS, .dflt = LETTERS,
                 .help = "letters of the alphabet; at least length"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer",
     1000,
     "strings up to twice as long",
     {{"length", 40}, {"shortest", 0.51}}},
    {"ood_deeper",
     1000,
     "offsets up to twice as large, in longer strings",
     {{"length", 40}, {"shortest", 0.51}, {"offset", 18}, {"smallest", 0.51}}},
    {0},
};

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[OFFSET] >= o->v[LENGTH])
        return err_set(
            e, ST_RANGE,
            "offset: %.0f leads out of a string of length %.0f; use at most %.0f",
            o->v[OFFSET], o->v[LENGTH], o->v[LENGTH] - 1);
    if (o->v[LENGTH] > o->v[SYMBOLS])
        return err_set(e, ST_RANGE,
                       "length: a string has different letters, of which there are only "
                       "%.0f; use more symbols, or at most that length",
                       o->v[SYMBOLS]);
    return ST_OK;
}

static int32_t mark(const struct option_values *o, int which)
{
    return (int32_t)o->v[SYMBOLS] + which;
}

static int vocabulary(const struct option_values *o)
{
    return mark(o, MARKS);
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH] + 1 + QUERY * (int)o->v[QUERIES];
}

static int answers(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static void write_query(const struct option_values *o, struct rng *r, int n,
                        struct sample *out)
{
    const int d = draw_length(r, o, OFFSET, SMALLEST, 1);
    const bool right = rng_below(r, 2) != 0;
    const int left_end = draw_between(r, 0, n - 1 - d); /* left one of the two places */
    put(out, out->token[right ? left_end : left_end + d]);
    put(out, mark(o, right ? PLUS : MINUS));
    put(out, mark(o, DIGIT + d / 10));
    ask(out, mark(o, DIGIT + d % 10), out->token[right ? left_end + d : left_end]);
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, (int)o->v[OFFSET] + 1);
    int32_t letter[LETTERS] = {0};
    for (int k = 0; k < (int)o->v[SYMBOLS]; k++)
        letter[k] = k;
    draw_few(r, letter, (int)o->v[SYMBOLS], n);
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, letter[i]);
    put(out, mark(o, SEPARATOR));
    for (int k = 0; k < (int)o->v[QUERIES]; k++)
        write_query(o, r, n, out);
}

/* Returns the signed offset of the query that ends at place t. */
static int offset_at(const struct option_values *o, const int32_t *token, int t)
{
    const int d = 10 * (token[t - 1] - mark(o, DIGIT)) + token[t] - mark(o, DIGIT);
    return token[t - 2] == mark(o, PLUS) ? d : -d;
}

/* Finds the query's letter in the string, then moves by the offset. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = find_token(token, 0, length, mark(o, SEPARATOR));
    no_answers(answer, length);
    for (int t = end + QUERY; t < length; t += QUERY) {
        const int at = find_token(token, 0, end, token[t - 3]) + offset_at(o, token, t);
        answer[t] = at >= 0 && at < end ? token[at] : TARGET_NONE;
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    assert(token >= 0 && token < vocabulary(o));
    text[0] = token < mark(o, 0) ? letters[token] : "|+-0123456789"[token - mark(o, 0)];
    text[1] = 0;
}

static void offset(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    for (int t = 0; t < s->length; t++) {
        const int d = s->scored[t] ? offset_at(o, s->token, t) : STRATUM_NONE;
        stratum[t] = s->scored[t] && d < 0 ? -d : d;
    }
}

static const struct task_stratum strata[] = {
    {"offset", "places", "places from the letter to the answer", offset},
    {0},
};

const struct task task_indirect_indexing = {
    .name = "indirect_indexing",
    .version = 1,
    .summary = "the symbol so many places left or right of another",
    .source = "Gopalakrishnan et al. 2025, arXiv 2509.10534, table 1",
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
