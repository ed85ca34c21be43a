/* command_sample.c -- writes the text with which a trained model continues a prompt.
 *
 * Each token is drawn from softmax(logits / temperature), which sees as many of the last tokens
 * as training did; at temperature 0 it is the most likely one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "command.h"
#include "rng.h"
#include "sequences.h"
#include "tokenizer.h"
#include "trained_model.h"

enum { TOKENS = 100, TOKENS_MOST = 100000 };
static const struct option heat = {"temperature", OPTION_REAL, .lo = 0, .hi = 100,
                                   .dflt = 1};

struct writer {
    struct tokenizer *tokenizer;
    struct trainer *trainer;
    int window, V;
    double temperature;
    struct rng rng;
    int32_t *target; /* [window] -1 except for the last token in use */
    real *logits;    /* [V] */
};

/* ---- one token ---- */

static int32_t most_likely(const real *logits, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = logits[i] > logits[best] ? i : best;
    return best;
}

static int32_t draw(struct writer *w)
{
    const int best = most_likely(w->logits, w->V);
    double sum = 0;
    if (w->temperature <= 0)
        return best;
    for (int i = 0; i < w->V; i++)
        sum += exp(((double)w->logits[i] - (double)w->logits[best]) / w->temperature);
    double left = rng_uniform(&w->rng) * sum;
    for (int i = 0; i < w->V; i++) {
        left -= exp(((double)w->logits[i] - (double)w->logits[best]) / w->temperature);
        if (left < 0)
            return i;
    }
    return best; /* rounding */
}

static enum status write_one(struct writer *w, struct sequences *text, struct err *e)
{
    const int all = (int)text->tokens, n = all < w->window ? all : w->window;
    const int start[] = {0, n};
    const struct batch b = {.sequences = 1,
                            .start = start,
                            .token = text->token + (all - n),
                            .target = w->target + (w->window - n)};
    trainer_logits(w->trainer, &b, w->logits);
    const int32_t id = draw(w);
    return sequences_add(text, &id, 1, e);
}

/* ---- all of it ---- */

static enum status add_ids(void *context, const int32_t *id, size_t n, struct err *e)
{
    return n ? sequences_add(context, id, (int)n, e) : ST_OK;
}

/* Prints the text. Line breaks are kept; other control characters are escaped. */
static void print_lines(const char *text, size_t n)
{
    while (n > 0) {
        const char *end = memchr(text, '\n', n);
        const size_t line = end ? (size_t)(end - text) : n;
        clean_put(stdout, text, line);
        putchar('\n');
        text += end ? line + 1 : line;
        n -= end ? line + 1 : line;
    }
}

static enum status print_text(const struct tokenizer *t, const struct sequences *s,
                              struct err *e)
{
    char *text = NULL;
    size_t bytes = 0, n;
    FILE *f = open_memstream(&text, &bytes);
    if (!f)
        return err_set(e, ST_NOMEM, "no memory for %zu tokens", s->tokens);
    for (size_t i = 0; i < s->tokens; i++) {
        const char *one = tokenizer_text(t, s->token[i], &n);
        fwrite(one, 1, n, f);
        if (strcmp(tokenizer_kind(t), "word") == 0 && n > 0 && *one != '\n')
            fputc(' ', f); /* tokens of words do not hold it */
    }
    const bool whole = fclose(f) == 0;
    if (whole)
        print_lines(text, bytes);
    free(text);
    return whole ? ST_OK : err_set(e, ST_NOMEM, "no memory for %zu tokens", s->tokens);
}

/* Continues the prompt; an empty prompt becomes one end-of-text token. */
static enum status write_on(struct writer *w, const char *prompt, long tokens,
                            struct err *e)
{
    const int32_t end = tokenizer_end_of_text(w->tokenizer);
    struct sequences text = {0};
    const struct mapped_file begin = mapped_file_memory(prompt, strlen(prompt));
    enum status st =
        tokenizer_encode(w->tokenizer, "the prompt", &begin, add_ids, &text, e);
    if (!st && text.tokens == 0)
        st = sequences_add(&text, &end, 1, e);
    for (long i = 0; i < tokens && !st; i++)
        st = write_one(w, &text, e);
    if (!st)
        st = print_text(w->tokenizer, &text, e);
    sequences_free(&text);
    return st;
}

static enum status open_writer(const struct trained_model *m, struct writer *w,
                               struct err *e)
{
    const struct run_spec *r = &m->run;
    if (!r->task->tokenizer)
        return err_set(e, ST_USAGE, "the run is of %s, which is no task of text",
                       r->task->name);
    w->tokenizer = r->task->tokenizer(&r->task_options);
    w->window = r->model.trained_length;
    w->V = r->model.vocabulary;
    w->target = malloc((size_t)w->window * sizeof *w->target);
    w->logits = malloc((size_t)w->V * sizeof *w->logits);
    if (!w->target || !w->logits)
        return err_set(e, ST_NOMEM, "no memory for %d logits", w->V);
    for (int i = 0; i < w->window; i++)
        w->target[i] = i + 1 < w->window ? -1 : 0; /* any target >= 0 will do */
    return trained_model_open(m, w->window, &w->trainer, e);
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct trained_model m = {.weights = {.path = ""}};
    struct writer w = {0};
    long tokens = 0, seed = 0;
    enum status st = flag_integer(v, "count", 0, TOKENS_MOST, TOKENS, &tokens, e);
    if (!st)
        st = flag_integer(v, "seed", 0, 2147483647, 0, &seed, e);
    if (!st && option_parse(&heat, flag_text(v, "temperature", "1"), &w.temperature, e))
        st = err_set(e, ST_USAGE, "--%s", e->msg);
    if (!st)
        st = trained_model_read(v, argument_at(v, 0), &m, e);
    if (!st)
        st = open_writer(&m, &w, e);
    w.rng = rng_stream((uint64_t)seed, RNG_SPLIT, "posbench sample", 0);
    if (!st)
        st = write_on(&w, flag_text(v, "prompt", ""), tokens, e);
    trainer_close(w.trainer);
    free(w.target);
    free(w.logits);
    run_spec_free(&m.run);
    return st;
}

static const struct flag flags[] = {
    {"prompt", 0, "TEXT", false, "what the text begins with (default: nothing)"},
    {"count", 'n', "N", false, "tokens to write (default 100)"},
    {"temperature", 0, "T", false,
     "0: always the most likely token; above 1: wilder (default 1)"},
    {"seed", 0, "N", false, "of the draws (default 0)"},
    FLAG_DB,
    {0},
};

const struct command command_sample = {
    .name = "sample",
    .group = GROUP_DATA,
    .summary = "let a model of text write on from a prompt",
    .arguments = "RUN|FILE",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench sample 12 --prompt 'The Lord is'\n"
                "posbench sample 12 --prompt 'static int ' --temperature 0 -n 200",
    .flags = flags,
    .run = run,
};
