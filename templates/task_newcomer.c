/* task_newcomer.c -- say at the end of a string how it began.
 *
 *     x[1] ... x[n]      target x[1], at the last place alone
 *
 * Why: say here what the task asks of a position encoding.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: name the paper, its version and section, and what is yours. */
#include "string_task.h"

/* Of a string: at least 2 symbols, by default at least half of `length`, and 8 symbols. */
static const struct option options[] = {STRING_OPTIONS(2, 0.5, 8), {0}};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = put_string(o, r, 2, out);
    out->length = n - 1; /* the last symbol is written again, with its target */
    ask(out, out->token[n - 1], out->token[0]);
}

/* By another way than `generate`: from what was written alone, the last place first. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    for (int t = length - 1; t >= 0; t--)
        answer[t] = t == length - 1 ? *token : TARGET_NONE;
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
    {"distance", "tokens", "tokens back to the symbol that is to be said", distance}, {0}};

const struct task task_newcomer = {
    .name = "newcomer",
    .version = 1,
    .summary = "say at the end of a string how it began",
    .source = "ours, not published",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .strata = strata,
    .vocabulary = string_symbols,
    .answers = string_symbols,
    .max_length = string_length,
    .generate = generate,
    .solve = solve,
    .token_text = string_token_text,
};
