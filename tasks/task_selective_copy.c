/* task_selective_copy.c -- repeat the symbols and leave out the blanks.
 *
 * N = `tokens` symbols, each uniform over the alphabet, and `blanks` blanks are in uniform
 * random order; a separator follows, then the N symbols in their order:
 *
 *     _ c _ a _ _ b a |  c a b a
 *
 * Target k = 0..N-1 is k places after the separator: that symbol is predicted from the
 * separator and the k symbols of output so far. The last symbol is not an input, so a sample
 * has tokens + blanks + 1 + tokens - 1 inputs.
 *
 * Why: output k is the k-th symbol, not the token at a fixed distance: the distance
 * depends on the number of blanks before it. Fewer or more blanks than in training change
 * every distance but not the counts of symbols.
 *
 * Chance: 1/symbols.  Majority: 1/symbols.  Ceiling: 1.
 * Source: Golovneva et al. 2024, arXiv 2405.18719v2, section 5.2. The paper's vocabulary
 * of 16 is read as 15 symbols and the blank; it names no separator, but one is needed to
 * mark where the output begins. The splits' sizes are ours, since the paper gives none. */
#include "task.h"

#include <assert.h>
#include <stdio.h>

enum { SYMBOLS, TOKENS, BLANKS }; /* options; ids are symbols, the blank, the separator */

static const struct option options[] = {
    [SYMBOLS] = {"symbols", OPTION_INT, .lo = 2, .hi = 65536, .dflt = 15,
                 .help = "alphabet without blank and separator"},
    [TOKENS] = {"tokens", OPTION_INT, .lo = 1, .hi = 1048576, .dflt = 256,
                .help = "symbols of a sample, all to be copied"},
    [BLANKS] = {"blanks", OPTION_INT, .lo = 0, .hi = 1048576, .dflt = 256,
                .help = "blanks scattered among the symbols"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_dense", 1000, "half as many blanks as in training", {{"blanks", 128}}},
    {"ood_sparse", 1000, "twice as many blanks as in training", {{"blanks", 512}}},
    {0},
};

static int32_t blank(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS];
}

static int32_t separator(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS] + 1;
}

static int vocabulary(const struct option_values *o)
{
    return (int)o->v[SYMBOLS] + 2;
}

static int max_length(const struct option_values *o)
{
    return 2 * (int)o->v[TOKENS] + (int)o->v[BLANKS];
}

static int answers(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const uint32_t symbols = (uint32_t)o->v[SYMBOLS];
    const int n = (int)o->v[TOKENS], at = n + (int)o->v[BLANKS]; /* at: the separator */
    int said = 0;
    out->length = at + n;
    out->determined = n;
    out->token[at] = separator(o);
    for (int t = 0; t < at; t++) {
        /* With probability (symbols left) / (places left), all arrangements are equally
         * likely. */
        const bool is_symbol = rng_below(r, (uint32_t)(at - t)) < (uint32_t)(n - said);
        out->token[t] = is_symbol ? (int32_t)rng_below(r, symbols) : blank(o);
        out->target[t] = TARGET_NONE;
        out->scored[t] = 0;
        if (!is_symbol)
            continue;
        out->target[at + said] = out->token[t];
        out->scored[at + said] = 1;
        said++;
        if (said < n)
            out->token[at + said] = out->token[t];
    }
    assert(said == n);
}

/* Walks input and output side by side. Uses neither the number of symbols nor the output so
 * far. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    int t = 0, from = 0;
    while (t < length && token[t] != separator(o))
        answer[t++] = TARGET_NONE;
    const int at = t;
    for (; t < length; t++) {
        while (from < at && token[from] == blank(o))
            from++;
        answer[t] = from < at ? token[from++] : TARGET_NONE;
    }
}

/* The number of blanks before the symbol to be output. Each of them makes the distance to its
 * copy one less than if it were after the symbol. */
static void blanks_before(const struct option_values *o, const struct sample *s,
                          int32_t *stratum)
{
    int from = 0;
    for (int t = 0, said = 0; t < s->length; t++) {
        stratum[t] = STRATUM_NONE;
        if (!s->scored[t])
            continue;
        while (s->token[from] == blank(o))
            from++;
        stratum[t] = from++ - said++;
    }
}

static const struct task_stratum strata[] = {
    {"blanks", "blanks", "blanks before the symbol in the input", blanks_before},
    {0},
};

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token == blank(o))
        snprintf(text, TASK_TOKEN_TEXT, "_");
    else if (token == separator(o))
        snprintf(text, TASK_TOKEN_TEXT, "|");
    else if (blank(o) <= 26)
        snprintf(text, TASK_TOKEN_TEXT, "%c", 'a' + token);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)token);
}

const struct task task_selective_copy = {
    .name = "selective_copy",
    .version = 1,
    .summary = "say the symbols again behind |, without the blanks (_)",
    .source = "Golovneva et al. 2024, arXiv 2405.18719v2, section 5.2",
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
