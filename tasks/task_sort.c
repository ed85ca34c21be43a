/* task_sort.c -- output the symbols of a string in the order of the alphabet.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]      y = x sorted
 *
 * n is uniform in shortest * length..length, each symbol uniform. Target y[k] is k - 1
 * places after the separator |. The last symbol is not an input.
 *
 * Why: the negative control. The answer depends on how often each symbol occurs, not on its
 * place, so all encodings should do equally well. If they do not, something other than position
 * is measured (usually the dilution of attention over more tokens).
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the context-sensitive level
 * ("bucket sort", five symbols; lengths to 40, tested to 500), where the output is written
 * onto n empty places at once. Huang et al. 2024, arXiv 2410.02140, sort different numbers.
 * Lengths, splits and sizes are ours. */
#include "string_task.h"

static const struct option options[] = {STRING_OPTIONS(1, 0.1, 5), {0}};

static const struct task_split splits[] = {STRING_SPLITS, {0}};

/* Scans the string once for each symbol. */
static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = put_string(o, r, 1, out);
    int said = 0;
    for (int32_t symbol = 0; symbol < string_separator(o); symbol++)
        for (int i = 0; i < n; i++)
            if (out->token[i] == symbol)
                say(out, said++, string_separator(o), symbol);
}

/* Answer k (from 0) is the least symbol s such that more than k places hold s or less. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int at = find_separator(o, token, length);
    no_answers(answer, length);
    for (int t = at; t < length && t < 2 * at; t++) {
        int32_t symbol = -1;
        for (int upto = 0; upto <= t - at;) {
            symbol++;
            upto = 0;
            for (int i = 0; i < at; i++)
                upto += token[i] <= symbol;
        }
        answer[t] = symbol;
    }
}

/* How often the answer's symbol was output before; the model must count these to stop in time. */
static void repeats(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    int32_t n = 0;
    (void)o;
    for (int t = 0; t < s->length; t++) {
        n = s->scored[t] && s->target[t] == s->token[t] ? n + 1 : 0;
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
    }
}

static const struct task_stratum strata[] = {
    {"repeats", "symbols", "times the same symbol was said before", repeats},
    {0},
};

const struct task task_sort = {
    .name = "sort",
    .version = 1,
    .summary = "say the symbols of a string in the order of the alphabet",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the context-sensitive tasks",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = string_vocabulary,
    .max_length = string_length_twice,
    .answers = string_symbols,
    .generate = generate,
    .solve = solve,
    .token_text = string_token_text,
    .strata = strata,
};
