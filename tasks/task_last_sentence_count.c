/* task_last_sentence_count.c -- how often does a word occur in the last sentence?
 *
 *     w w w w .   w w w w w w .   ...   w w w w w .   ? w        target: a number
 *
 * The number of sentences is uniform in fewest * sentences..sentences, the number of words of
 * each in shortest * length..length. The sample asks for one word, drawn uniformly. Each
 * sentence contains that word 0..most times, uniform, at uniform places; the rest of its words
 * are uniform over the other words. The target, scored, is at the word asked for: how often
 * it occurs in the last sentence.
 *
 * Why: the count begins at a place that content marks, the full stop before the last sentence.
 * The last sentence is at no fixed token distance; earlier sentences contain the word too and
 * must not count.
 *
 * Chance: 1/(most + 1).  Majority: 1/(most + 1).  Ceiling: 1.
 * Source: after Golovneva et al. 2024, arXiv 2405.18719v2, table 1 and section 3, where
 * large models are asked such a question; the generator, its splits and sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { SENTENCES, FEWEST, LENGTH, SHORTEST, MOST, WORDS }; /* options */
enum { STOP, ASK, NUMBER };                                /* ids from WORDS on */

static const struct option options[] = {
    [SENTENCES] = {"sentences", OPTION_INT, .lo = 1, .hi = 4096, .dflt = 4,
                   .help = "most sentences of a sample"},
    [FEWEST] = {"fewest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.25,
                .help = "the fewest sentences as a share of that"},
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 4096, .dflt = 12,
                .help = "words of the longest sentence; at least most"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.4,
                  .help = "the shortest's words as a share of that; `most` is the least"},
    [MOST] = {"most", OPTION_INT, .lo = 1, .hi = 4096, .dflt = 5,
              .help = "largest number of times a sentence holds the word"},
    [WORDS] = {"words", OPTION_INT, .lo = 2, .hi = 26, .dflt = 8,
               .help = "different words: a, b, c, ..."},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "longer sentences", {{"length", 24}, {"shortest", 0.51}}},
    {"ood_more", 1000, "more sentences", {{"sentences", 12}, {"fewest", 0.34}}},
    {0},
};

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[MOST] <= o->v[LENGTH])
        return ST_OK;
    return err_set(e, ST_RANGE,
                   "most: a word cannot occur %.0f times in a sentence of length %.0f",
                   o->v[MOST], o->v[LENGTH]);
}

static int32_t mark(const struct option_values *o, int which)
{
    return (int32_t)o->v[WORDS] + which;
}

static int vocabulary(const struct option_values *o)
{
    return mark(o, NUMBER) + (int)o->v[MOST] + 1;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[SENTENCES] * ((int)o->v[LENGTH] + 1) + 2;
}

static int answers(const struct option_values *o)
{
    return (int)o->v[MOST] + 1;
}

/* Writes a sentence; returns how often it contains `word`. */
static int write_sentence(const struct option_values *o, struct rng *r, int32_t word,
                          struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, (int)o->v[MOST]);
    const int times = draw_between(r, 0, (int)o->v[MOST]);
    int left = times;
    for (int i = 0; i < n; i++) {
        /* With probability (times left) / (places left), all arrangements are equally likely. */
        const bool here = draw_between(r, 1, n - i) <= left;
        int32_t other = draw_symbol(r, (int)o->v[WORDS] - 1);
        other += other >= word;
        left -= here;
        put(out, here ? word : other);
    }
    put(out, mark(o, STOP));
    return times;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, SENTENCES, FEWEST, 1);
    const int32_t word = draw_symbol(r, (int)o->v[WORDS]);
    int times = 0;
    begin(out);
    for (int i = 0; i < n; i++)
        times = write_sentence(o, r, word, out);
    put(out, mark(o, ASK));
    ask(out, word, mark(o, NUMBER) + times);
}

/* Returns the first place of the sentence whose full stop is at `end`. */
static int sentence_start(const struct option_values *o, const int32_t *token, int end)
{
    while (end > 0 && token[end - 1] != mark(o, STOP))
        end--;
    return end;
}

static int count(const int32_t *token, int from, int end, int32_t word)
{
    int n = 0;
    for (int t = from; t < end; t++)
        n += token[t] == word;
    return n;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int end = length - 3; /* place of the last full stop, in . ? w */
    no_answers(answer, length);
    if (end >= 0 && token[length - 2] == mark(o, ASK))
        answer[length - 1] = mark(o, NUMBER) + count(token, sentence_start(o, token, end),
                                                     end, token[length - 1]);
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token < mark(o, STOP))
        symbol_text(token, (int)o->v[WORDS], text);
    else if (token < mark(o, NUMBER))
        snprintf(text, TASK_TOKEN_TEXT, "%c", token == mark(o, STOP) ? '.' : '?');
    else
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)(token - mark(o, NUMBER)));
}

static void words(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int end = s->length - 3;
    no_answers(stratum, s->length);
    stratum[s->length - 1] = end - sentence_start(o, s->token, end);
}

static void before(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    const int end = s->length - 3;
    no_answers(stratum, s->length);
    stratum[s->length - 1] =
        count(s->token, 0, sentence_start(o, s->token, end), s->token[s->length - 1]);
}

static const struct task_stratum strata[] = {
    {"words", "words", "words of the last sentence", words},
    {"before", "words", "times the word occurs in earlier sentences", before},
    {0},
};

const struct task task_last_sentence_count = {
    .name = "last_sentence_count",
    .version = 1,
    .summary = "how often a word occurs in the last sentence",
    .source = "after Golovneva et al. 2024, arXiv 2405.18719v2, table 1",
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
