/* task_missing_duplicate.c -- fill the gap in a string that is written twice.
 *
 *     w[1] ... w[n] w[1] ... w[n] ?        one of the 2n symbols replaced by _
 *
 * n is uniform in shortest * length..length, each symbol of w uniform, the gap uniform over
 * the 2n places. The only target, scored, is at `?`: the missing symbol.
 *
 * Why: the copy of the missing symbol is n places left or right of the gap, and n must be
 * inferred from the place of the end: recall by relative place.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the context-sensitive level
 * ("missing duplicate", two symbols; 2n to 40, tested to 500; odd lengths are padded there
 * and do not occur here). The splits and their sizes are ours. */
#include "string_task.h" /* its ids after the symbols: the gap, `?` */

static const struct option options[] = {STRING_OPTIONS(1, 0.1, 2), {0}};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

static int32_t gap(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS];
}

static int32_t mark(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS] + 1;
}

static int vocabulary(const struct option_values *o)
{
    return string_symbols(o) + 2;
}

static int max_length(const struct option_values *o)
{
    return string_length_twice(o) + 1;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    const int missing = draw_between(r, 0, 2 * n - 1);
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, draw_symbol(r, string_symbols(o)));
    for (int i = 0; i < n; i++)
        put(out, out->token[i]);
    const int32_t symbol = out->token[missing];
    out->token[missing] = gap(o);
    ask(out, mark(o), symbol);
}

/* The copy of the missing symbol is half the number of tokens before `?` away from the gap. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = find_token(token, 0, length, mark(o));
    const int hole = find_token(token, 0, end, gap(o));
    no_answers(answer, length);
    if (end < length && hole < end)
        answer[end] = token[hole < end / 2 ? hole + end / 2 : hole - end / 2];
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    string_text_marks(o, token, "_?", text);
}

static void distance(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    (void)o;
    no_answers(stratum, s->length);
    stratum[s->length - 1] = (s->length - 1) / 2;
}

static void second(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int end = s->length - 1;
    no_answers(stratum, s->length);
    stratum[end] = find_token(s->token, 0, end, gap(o)) >= end / 2;
}

static const struct task_stratum strata[] = {
    {"distance", "tokens", "tokens from the gap to its twin", distance},
    {"second", "", "1: the gap is in the second copy", second},
    {0},
};

const struct task task_missing_duplicate = {
    .name = "missing_duplicate",
    .version = 1,
    .summary = "fill the gap in a string that stands there twice",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the context-sensitive tasks",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = string_symbols,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
