/* task_stack_manipulation.c -- output the content of a stack after pushes and pops.
 *
 *     x[1] ... x[s]  a[1] ... a[n-s]  |  y[1] ... y[h]      targets y[1] ... y[h] .
 *
 * n is uniform in shortest * length..length and s in 1..n-1. The x are bits, the stack from
 * bottom to top; the a are actions, pop (-), push 0 (+0) and push 1 (+1), all equally likely.
 * A pop from an empty stack does nothing. y is the stack after all actions, from top to bottom,
 * followed by the end, a full stop: h + 1 targets from the separator on.
 *
 * Why: a push and its pop cancel at any distance, after the actions between them have
 * cancelled: hierarchy. The place of the next bit depends on all actions after it.
 *
 * Chance: 1/3.  Majority: a bit, 0.44 by default (no closed form).  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the deterministic context-free
 * level ("stack manipulation"; n to 40, tested to 500), where the output is written onto
 * n + 1 empty places at once. Lengths, splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { LENGTH, SHORTEST };                                            /* options */
enum { ZERO, ONE, POP, PUSH, SEPARATOR = PUSH + 2, END, VOCABULARY }; /* PUSH + bit */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 20,
                .help = "bits and actions of the longest input"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.1,
                  .help = "the shortest's inputs as a share of that"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 40}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 80}, {"shortest", 0.51}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    (void)o;
    return VOCABULARY;
}

static int max_length(const struct option_values *o)
{
    return 2 * (int)o->v[LENGTH] + 1;
}

static int answers(const struct option_values *o)
{
    (void)o;
    return 3;
}

static double majority(const struct option_values *o)
{
    (void)o;
    return LAW_UNKNOWN;
}

/* Reads the actions from the right: a push that no later pop removes is the next symbol from
 * the top of the stack down. (A pop of an empty stack has no push to its left, so it removes
 * none.) */
static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 2);
    const int bits = draw_between(r, 1, n - 1);
    int pops = 0, said = 0;
    begin(out);
    for (int i = 0; i < n; i++)
        put(out, i < bits ? draw_symbol(r, 2) : POP + draw_symbol(r, 3));
    for (int i = n - 1; i >= 0; i--) {
        const int32_t token = out->token[i];
        if (token == POP)
            pops++;
        else if (pops > 0)
            pops--;
        else
            say(out, said++, SEPARATOR, token >= PUSH ? token - PUSH : token);
    }
    say(out, said, SEPARATOR, END);
}

/* Carries out the actions one by one; answer[] first holds the stack, then the answers. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = find_token(token, 0, length, SEPARATOR);
    int height = 0;
    (void)o;
    for (int t = 0; t < end; t++) {
        if (token[t] != POP)
            answer[height++] = token[t] >= PUSH ? token[t] - PUSH : token[t];
        else if (height > 0)
            height--;
    }
    for (int t = length - 1; t >= end; t--) {
        const int down = t - end; /* from the top */
        answer[t] = down > height    ? TARGET_NONE
                    : down == height ? END
                                     : answer[height - 1 - down];
    }
    no_answers(answer, end);
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    static const char *const texts[] = {"0", "1", "-", "+0", "+1", "|", "."};
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    snprintf(text, TASK_TOKEN_TEXT, "%s", texts[token]);
}

static void pops(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    int32_t n = 0;
    (void)o;
    for (int t = 0; t < s->length; t++) {
        n += s->token[t] == POP;
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
    }
}

static const struct task_stratum strata[] = {
    {"pops", "pops", "pops among the actions", pops},
    {0},
};

const struct task task_stack_manipulation = {
    .name = "stack_manipulation",
    .version = 1,
    .summary = "say what is on a stack after pushes and pops",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the context-free tasks",
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
