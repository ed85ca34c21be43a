/* task_text.c -- predict the next token of a text: language and code.
 *
 *     x[1] ... x[L] of a corpus          y[t] = x[t + 1]
 *
 * A training sample is a window of `context` tokens that begins at a uniform place of the
 * training text. Evaluation windows are at fixed places; the sample's number selects one, and
 * none repeats before all have been used:
 *
 *     block  (scored = 1): adjacent windows of L = stretch * context, all tokens count;
 *     fixed  (scored < 1): windows end every S = scored * context tokens, the last S count.
 *            For L up to five times the context the ends do not depend on L, so all lengths
 *            predict the same tokens, with more or less text before them.
 *
 * The text of a part is used as it is. Windows may cross the ends of documents, but not the
 * end of a part; a part's first token is never a target.
 *
 * Why: position encodings are made for language. With fixed targets the loss over L shows
 * whether an encoder uses more text than it was trained on, or breaks. Blocks alone would mix
 * that with tokens that have little text before them (Press et al. 2022, appendix B).
 *
 * Chance: 1/vocabulary.  Majority: unknown.  Ceiling: unknown; what comes next is not
 * determined.
 * Source: Golovneva et al. 2024, arXiv 2405.18719v2, sections 5.4 and 5.5 (Wikitext-103 at
 * context 1,024, code at 4,096; Figure 3: trained at 512, tested to 2,560). Corpora, sizes
 * and places of windows are ours. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "pieces.h"
#include "sample_write.h"
#include "text_data.h"

extern const struct task task_text;

enum { CORPUS, TOKENIZER, VOCABULARY, PATTERN, CONTEXT, STRETCH, SCORED, PART };
enum { SAME_TO = 5 }; /* targets are the same up to that many contexts */

static const char *const corpora[] = {"sample", NULL};
static const char *const tokenizers[] = {"bpe", "byte", "char", "word", NULL};
static const char *const patterns[] = {"gpt2", "cl100k", NULL};

static const struct option options[] = {
    [CORPUS] = {"corpus", OPTION_CHOICE, .choices = corpora, .open = true, .path = true,
                .data = true,
                .help = "name of a corpus (posbench corpus), or a folder with its texts"},
    [TOKENIZER] = {"tokenizer", OPTION_CHOICE, .choices = tokenizers, .open = true,
                   .path = true, .data = true,
                   .help = "learned from the training text, or a file tokenizer.json or "
                           "vocab.bpe"},
    [VOCABULARY] = {"vocabulary", OPTION_INT, .lo = 257, .hi = 1 << 20, .dflt = 512,
                    .data = true, .help = "most tokens of what is learned"},
    [PATTERN] = {"pattern", OPTION_CHOICE, .choices = patterns, .data = true,
                 .help = "how bpe cuts text; cl100k keeps indentation together"},
    [CONTEXT] = {"context", OPTION_INT, .lo = 4, .hi = 65536, .dflt = 64,
                 .help = "tokens of a window in training"},
    [STRETCH] = {"stretch", OPTION_REAL, .lo = 0.25, .hi = 16, .dflt = 1,
                 .help = "a window's tokens in contexts"},
    [SCORED] = {"scored", OPTION_REAL, .lo = 0.03125, .hi = 1, .dflt = 1,
                .help = "tokens that count at a window's end, in contexts; 1: all"},
    [PART] = {"part", OPTION_CHOICE, .choices = corpus_part_names, .held = true,
              .help = "which text of the corpus"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 100, "blocks of the validation text, for choosing settings", {{"part", 1}}},
    {"id", 100, "blocks of the test text", {{"part", 2}}},
    {"ood_half",
     100,
     "fixed targets, half the context",
     {{"part", 2}, {"stretch", 0.5}, {"scored", 0.5}}},
    {"ood_once",
     100,
     "fixed targets, the context of training",
     {{"part", 2}, {"scored", 0.5}}},
    {"ood_once_half",
     100,
     "fixed targets, 1.5 contexts",
     {{"part", 2}, {"stretch", 1.5}, {"scored", 0.5}}},
    {"ood_twice",
     100,
     "fixed targets, two contexts",
     {{"part", 2}, {"stretch", 2}, {"scored", 0.5}}},
    {"ood_twice_half",
     100,
     "fixed targets, 2.5 contexts",
     {{"part", 2}, {"stretch", 2.5}, {"scored", 0.5}}},
    {"ood_four",
     100,
     "fixed targets, four contexts",
     {{"part", 2}, {"stretch", 4}, {"scored", 0.5}}},
    {"ood_five",
     100,
     "fixed targets, five contexts",
     {{"part", 2}, {"stretch", 5}, {"scored", 0.5}}},
    {"ood_long",
     50,
     "blocks of four contexts, for the loss by position",
     {{"part", 2}, {"stretch", 4}}},
    {0},
};

/* ---- data ---- */

static struct text_data *data_of(const struct option_values *o)
{
    return task_data(&task_text, o)->at;
}

static const struct token_file *part_of(const struct option_values *o)
{
    return &data_of(o)->part[(int)o->v[PART]];
}

static enum status open_text(const struct option_values *o, struct task_data *out,
                             struct err *e)
{
    const struct text_wish wish = {
        .corpus = option_word(&options[CORPUS], o->v[CORPUS]),
        .tokenizer = option_word(&options[TOKENIZER], o->v[TOKENIZER]),
        .pattern = o->v[PATTERN] > 0 ? pieces_cl100k : pieces_gpt2,
        .vocabulary = (int)o->v[VOCABULARY],
    };
    struct text_data *d = NULL;
    const enum status st = text_data_open(&wish, &d, e);
    if (st)
        return st;
    *out = (struct task_data){.at = d, .hash = {d->hash[0], d->hash[1]}};
    return ST_OK;
}

static void close_text(struct task_data *d)
{
    text_data_close(d->at);
}

/* ---- windows ---- */

static int length_of(const struct option_values *o)
{
    return (int)nearbyint(o->v[CONTEXT] * o->v[STRETCH]);
}

/* Returns how many tokens of a window count. */
static int scored_of(const struct option_values *o)
{
    const int L = length_of(o);
    const int S = o->v[SCORED] < 1 ? (int)nearbyint(o->v[CONTEXT] * o->v[SCORED]) : L;
    return S < 1 ? 1 : S > L ? L : S;
}

/* Returns the end of the first window; the others end every scored_of tokens after it. */
static int64_t first_end(const struct option_values *o)
{
    const int64_t L = length_of(o), same = SAME_TO * (int64_t)o->v[CONTEXT];
    return o->v[SCORED] < 1 && same > L ? same : L;
}

/* Returns the number of windows of the part. The token after a window is its last target. */
static int64_t windows_of(const struct option_values *o)
{
    const int64_t last = (int64_t)part_of(o)->count - 1 - first_end(o);
    return last < 0 ? 0 : last / scored_of(o) + 1;
}

static enum status check(const struct option_values *o, struct err *e)
{
    if (windows_of(o) > 0)
        return ST_OK;
    return err_set(e, ST_RANGE,
                   "context: the %s text of corpus %s has %lld tokens, which is less than "
                   "the %lld of one window and the token behind it; choose a smaller "
                   "context or a larger corpus",
                   corpus_part_names[(int)o->v[PART]],
                   option_word(&options[CORPUS], o->v[CORPUS]),
                   (long long)part_of(o)->count, (long long)first_end(o) + 1);
}

static int64_t draw_start(const struct option_values *o, struct rng *r)
{
    const int64_t L = length_of(o), starts = (int64_t)part_of(o)->count - L;
    if ((int)o->v[PART] == PART_TRAIN) {
        const int64_t at = (int64_t)(rng_uniform(r) * (double)starts);
        return at < starts ? at : starts - 1;
    }
    const uint64_t n = (uint64_t)windows_of(o);
    assert(n > 0); /* ensured by check() */
    const uint64_t k = rng_permute(0, 0, rng_index(r) % n, n);
    return first_end(o) + (int64_t)k * scored_of(o) - L;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const struct token_file *f = part_of(o);
    const int L = length_of(o), S = scored_of(o);
    const uint64_t start = (uint64_t)draw_start(o, r);
    begin(out);
    out->length = L;
    for (int t = 0; t < L; t++) {
        out->token[t] = token_file_at(f, start + (uint64_t)t);
        out->target[t] = token_file_at(f, start + (uint64_t)t + 1);
        out->scored[t] = t >= L - S;
    }
    text_data_read(data_of(o), (int)o->v[PART]);
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    (void)token;
    no_answers(answer, length);
}

/* ---- sizes and laws ---- */

static int vocabulary(const struct option_values *o)
{
    return tokenizer_vocabulary(data_of(o)->tokenizer);
}

static struct tokenizer *tokenizer(const struct option_values *o)
{
    return data_of(o)->tokenizer;
}

static double unknown(const struct option_values *o)
{
    (void)o;
    return LAW_UNKNOWN;
}

static void measure(const struct option_values *o, const struct sample *s, int64_t *bytes,
                    int64_t *words)
{
    const struct text_data *d = data_of(o);
    struct text_count c = {0};
    for (int t = 0; t < s->length; t++)
        if (s->scored[t])
            text_count_add(d, s->token[t], s->target[t], &c);
    *bytes = c.bytes;
    *words = c.words;
}

/* ---- texts ---- */

/* Writes a byte in visible form: a blank as "_", other invisible bytes as escapes. */
static int show_byte(unsigned char c, char *text, size_t room)
{
    if (c == ' ')
        return snprintf(text, room, "_");
    if (c == '_' || c == '\\')
        return snprintf(text, room, "\\%c", c);
    if (c == '\n')
        return snprintf(text, room, "\\n");
    if (c > ' ' && c < 127)
        return snprintf(text, room, "%c", c);
    return snprintf(text, room, "\\x%02x", c);
}

/* A long text is cut and ends with the token's number, so that no two tokens look alike. */
static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    enum { LONG = 3 * TASK_TOKEN_TEXT };
    const struct tokenizer *t = data_of(o)->tokenizer;
    char shown[LONG + 8] = "";
    size_t n;
    int used = 0;
    const char *bytes = tokenizer_text(t, token, &n);
    for (size_t i = 0; i < n && used < LONG; i++)
        used +=
            show_byte((unsigned char)bytes[i], shown + used, sizeof shown - (size_t)used);
    if (n == 0)
        snprintf(text, TASK_TOKEN_TEXT,
                 token == tokenizer_end_of_text(t) ? "<end>" : "<%d>", (int)token);
    else if (used < TASK_TOKEN_TEXT)
        memcpy(text, shown, (size_t)used + 1);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%.7s#%d", shown, (int)token);
}

/* ---- strata ---- */

static void position(const struct option_values *o, const struct sample *s,
                     int32_t *stratum)
{
    (void)o;
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? t : STRATUM_NONE;
}

static const struct task_stratum strata[] = {
    {"position", "tokens", "tokens of the window that stand before the answer's", position},
    {0},
};

const struct task task_text = {
    .name = "text",
    .version = 2,
    .summary = "predict the next token of a text",
    .source = "Golovneva et al. 2024, arXiv 2405.18719, sections 5.4 and 5.5",
    .options = options,
    .splits = splits,
    .open = open_text,
    .close = close_text,
    .check = check,
    .vocabulary = vocabulary,
    .max_length = length_of,
    .answers = vocabulary,
    .majority = unknown,
    .ceiling = unknown,
    .generate = generate,
    .solve = solve,
    .measure = measure,
    .tokenizer = tokenizer,
    .token_text = token_text,
    .strata = strata,
};
