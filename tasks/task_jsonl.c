/* task_jsonl.c -- samples from files, so that a generator may be written in any language.
 *
 *     task: {name: jsonl, path: train.jsonl}
 *     splits:
 *       valid: {count: 1000, path: valid.jsonl}
 *       ood_longer: {count: 1000, path: longer.jsonl}
 *
 * Sample i of a stream is line i of the file for any seed; after the last line it continues at
 * the first. With `samples: N` training has the first N lines, each once per epoch. The
 * forms of a line are in jsonl_file.h. A run's identity contains the hash of the files, not only
 * their names. All scored targets count as determined, since a file does not tell which are.
 *
 * Without files there is a built-in sample: a string whose first symbol is the answer at its
 * end, n symbols, n uniform in 6..12 (sample), 12..24 (sample_longer), 24..48 (sample_far).
 *
 * Chance: 1/answers that occur in the file.  Majority: the commonest of them.  Ceiling: 1.
 * Pitfall: a split without its own file asks training samples; tables say so ("seen in
 * training").
 * Source: ours; the form with words is that of the released code of Golovneva et al. 2024,
 * arXiv 2405.18719v2. */
#include "sample_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl_file.h"

enum { PATH, WORDS, IDS };
enum { SAMPLE, SAMPLE_LONGER, SAMPLE_FAR, SAMPLES, SAMPLE_IDS = 8, SAMPLE_LEAST = 6 };

static const char *const paths[] = {"sample", "sample_longer", "sample_far", NULL};
static const char *const lists[] = {"none", NULL};

static const struct option options[] = {
    [PATH] = {"path", OPTION_CHOICE, .choices = paths, .open = true, .path = true,
              .data = true, .dflt = SAMPLE, .help = "file of samples, one a line"},
    [WORDS] = {"words", OPTION_CHOICE, .choices = lists, .open = true, .path = true,
               .data = true,
               .help = "file of words, one a line, whose places from 0 are their ids; "
                       "needed where samples are words"},
    [IDS] = {"ids", OPTION_INT, .lo = 0, .hi = 65535, .dflt = 0,
             .help = "token ids; more than the largest in any of the files; 0: as many as "
                     "this file needs"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_sample_longer",
     1000,
     "the built-in sample, twice as long",
     {{"path", SAMPLE_LONGER}}},
    {"ood_sample_far", 1000, "the same, four times as long", {{"path", SAMPLE_FAR}}},
    {0},
};

extern const struct task task_jsonl;

static bool built_in(const struct option_values *o)
{
    return o->v[PATH] < SAMPLES;
}

static const struct jsonl_file *file_of(const struct option_values *o)
{
    return task_data(&task_jsonl, o)->at;
}

static enum status jsonl_open(const struct option_values *o, struct task_data *out,
                              struct err *e)
{
    *out = (struct task_data){.hash = {0}};
    if (built_in(o))
        return ST_OK;
    struct jsonl_file *f = malloc(sizeof *f);
    if (!f)
        return err_set(e, ST_NOMEM, "no memory for a file of samples");
    const char *words = o->v[WORDS] < 1 ? NULL : option_word(&options[WORDS], o->v[WORDS]);
    const enum status st =
        jsonl_file_open(option_word(&options[PATH], o->v[PATH]), words, f, e);
    *out = (struct task_data){.at = f, .hash = {f->hash[0], f->hash[1]}};
    if (st) {
        jsonl_file_close(f);
        free(f);
    }
    return st;
}

static void jsonl_close(struct task_data *d)
{
    if (d->at)
        jsonl_file_close(d->at);
    free(d->at);
}

static int needed(const struct option_values *o)
{
    return built_in(o) ? 2 : file_of(o)->ids;
}

static enum status check(const struct option_values *o, struct err *e)
{
    if (o->v[IDS] < 1 || o->v[IDS] >= needed(o))
        return ST_OK;
    return err_set(e, ST_RANGE, "ids: %d, but %s needs %d; set ids to at least that",
                   (int)o->v[IDS], option_word(&options[PATH], o->v[PATH]), needed(o));
}

static int vocabulary(const struct option_values *o)
{
    return o->v[IDS] > 0 ? (int)o->v[IDS] : built_in(o) ? SAMPLE_IDS : needed(o);
}

static int longest_built_in(const struct option_values *o)
{
    return 2 * SAMPLE_LEAST << (int)o->v[PATH];
}

static int max_length(const struct option_values *o)
{
    return built_in(o) ? longest_built_in(o) : file_of(o)->longest;
}

static int answers(const struct option_values *o)
{
    return built_in(o) ? vocabulary(o) : file_of(o)->answers > 1 ? file_of(o)->answers : 1;
}

static double majority(const struct option_values *o)
{
    return built_in(o) ? 1.0 / vocabulary(o) : file_of(o)->commonest;
}

/* Copies the line of the stream's index, which is part of its counter (rng.h). */
static void copy_line(const struct jsonl_file *f, const struct rng *r, struct sample *out)
{
    const uint64_t index = r->counter[1] | (uint64_t)r->counter[2] << 32;
    const size_t from = f->start[index % f->samples];
    const size_t n = f->start[index % f->samples + 1] - from;
    out->length = (int)n;
    out->determined = 0;
    memcpy(out->token, f->token + from, n * sizeof *out->token);
    memcpy(out->target, f->target + from, n * sizeof *out->target);
    memcpy(out->scored, f->scored + from, n);
    for (size_t t = 0; t < n; t++)
        out->determined += out->scored[t];
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    if (!built_in(o)) {
        copy_line(file_of(o), r, out);
        return;
    }
    const int most = longest_built_in(o), n = draw_between(r, most / 2, most);
    begin(out);
    while (out->length < n - 1)
        put(out, draw_symbol(r, vocabulary(o)));
    ask(out, draw_symbol(r, vocabulary(o)), out->token[0]);
}

/* For a file: gives the answers of the first line with these tokens. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    no_answers(answer, length);
    if (built_in(o)) {
        answer[length - 1] = *token;
        return;
    }
    const struct jsonl_file *f = file_of(o);
    for (size_t i = 0; i < f->samples; i++) {
        const size_t from = f->start[i];
        if (f->start[i + 1] - from != (size_t)length ||
            memcmp(f->token + from, token, (size_t)length * sizeof *token) != 0)
            continue;
        for (int t = 0; t < length; t++)
            answer[t] =
                f->scored[from + (size_t)t] ? f->target[from + (size_t)t] : TARGET_NONE;
        return;
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    const struct jsonl_file *f = built_in(o) ? NULL : file_of(o);
    assert(token >= 0 && token < vocabulary(o));
    if (f && token < f->words)
        snprintf(text, TASK_TOKEN_TEXT, "%.*s", TASK_TOKEN_TEXT - 1, f->word[token]);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)token);
}

const struct task task_jsonl = {
    .name = "jsonl",
    .version = 1,
    .summary = "samples that stand in files, one JSON object a line",
    .source = "ours; words as in the released code of Golovneva et al. 2024",
    .options = options,
    .splits = splits,
    .open = jsonl_open,
    .close = jsonl_close,
    .check = check,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = majority,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
};
