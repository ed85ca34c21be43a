/* command_predict.c -- writes a trained model's logits for sequences of token ids. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "safetensors.h"
#include "evaluation.h"
#include "output.h"
#include "targets.h"
#include "progress.h"
#include "lock.h"
#include "npy.h"
#include "sequences.h"
#include "mapped_file.h"
#include "tokenizer.h"
#include "trained_model.h"

enum { LONGEST = 1 << 20 }; /* tokens of a sequence; the limit of models */

/* --- which sequences --- */

static enum status from_file(const char *name, const struct run_spec *r,
                             struct sequences *out, struct err *e)
{
    const bool standard = strcmp(name, "-") == 0;
    FILE *f = standard ? stdin : fopen(name, "re");
    if (!f)
        return err_set(e, ST_IO, "%s: cannot be read: %s", name, strerror(errno));
    const enum status st = sequences_read(f, standard ? "standard input" : name,
                                          r->model.vocabulary, LONGEST, out, e);
    if (!standard)
        fclose(f);
    return st;
}

/* Draws the samples of one split as for evaluation. */
static enum status from_split(const struct run_spec *r, const char *name, long count,
                              struct sequences *out, struct err *e)
{
    struct split_spec *split = NULL;
    struct sampler *s = NULL;
    const char *names[64];
    int n = 0;
    for (int i = 0; i < r->splits; i++) {
        if (strcmp(r->split[i].name, name) == 0)
            split = &r->split[i];
        if (n < 64)
            names[n++] = r->split[i].name;
    }
    if (!split) {
        return err_set(e, ST_NOTFOUND, "the run has no split \"%s\"%s", name,
                       suggest_among(name, names, n));
    }
    const int end = count ? (int)count : split->count;
    enum status st = sampler_open(r, &s, e);
    while (st == ST_OK && out->n < end) {
        struct sampled b;
        sampler_split(s, split, out->n, end, &b);
        for (int i = 0; i < b.batch.sequences && st == ST_OK; i++)
            st = sequences_add(out, b.batch.token + b.batch.start[i],
                               b.batch.start[i + 1] - b.batch.start[i], e);
    }
    sampler_close(s);
    return st;
}

static enum status read_sequences(const struct invocation *v, const struct run_spec *r,
                                  struct sequences *out, struct err *e)
{
    const char *input = flag_text(v, "input", NULL), *split = flag_text(v, "split", NULL);
    long count;
    const enum status st = flag_integer(v, "count", 1, SPLIT_COUNT_MAX, 0, &count, e);
    if (st)
        return st;
    if ((input != NULL) + (split != NULL) + flag_given(v, "text") != 1)
        return err_set(e, ST_USAGE,
                       "give either --input FILE or --split NAME, or --text FILE");
    if (count && !split)
        return err_set(e, ST_USAGE, "--count goes with --split");
    if (!input && !split)
        return ST_OK; /* the text is read while logits are written */
    return input ? from_file(input, r, out, e) : from_split(r, split, count, out, e);
}

/* --- writing --- */

static void write_header(size_t rows, int columns, FILE *out)
{
    unsigned char head[NPY_HEADER];
    fwrite(head, 1, npy_header(rows, columns, head), out);
}

static void write_row(const real *logits, int n, FILE *out)
{
    for (int i = 0; i < n; i++) {
        unsigned char bytes[4];
        npy_numbers(&logits[i], 1, bytes);
        fwrite(bytes, 1, sizeof bytes, out);
    }
}

/* Puts sequences from `first` on into one call, as many as fit; returns how many. */
static int fill_batch(const struct sequences *s, int first, int *start)
{
    int n = 0;
    start[0] = 0;
    while (first + n < s->n && n < BATCH_SEQUENCES &&
           (n == 0 || start[n] + s->length[first + n] <= BATCH_TOKENS)) {
        start[n + 1] = start[n] + s->length[first + n];
        n++;
    }
    return n;
}

struct writer {
    struct trainer *trainer;
    FILE *out;
    int V;
    int32_t *target; /* [room] any value: every position is asked */
    real *logits;    /* [room, V] */
};

static enum status writer_init(struct writer *w, int longest, struct err *e)
{
    const size_t room = (size_t)(longest > BATCH_TOKENS ? longest : BATCH_TOKENS);
    w->target = calloc(room, sizeof *w->target);
    w->logits = calloc(room * (size_t)w->V, sizeof *w->logits);
    return w->target && w->logits
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for %zu positions", room);
}

static void writer_free(struct writer *w)
{
    free(w->target);
    free(w->logits);
}

static void write_sequences(struct writer *w, const struct sequences *s)
{
    int start[BATCH_SEQUENCES + 1];
    const int32_t *token = s->token;
    for (int first = 0; first < s->n && !ferror(w->out);) {
        const int n = fill_batch(s, first, start);
        const struct batch b = {
            .sequences = n, .start = start, .token = token, .target = w->target};
        trainer_logits(w->trainer, &b, w->logits);
        for (int i = 0; i < start[n]; i++)
            write_row(w->logits + (size_t)i * (size_t)w->V, w->V, w->out);
        token += start[n];
        first += n;
    }
}

/* --- a text: consecutive windows of the trained length; the last one may be shorter --- */

/* A text is counted first, since the header holds the number of rows, and then written as it is
 * read: neither the text nor its ids are kept in memory. */
struct text {
    const char *name;
    struct mapped_file file;
    struct tokenizer *tokenizer;
    size_t tokens;
    struct writer *writer;
    int length, n;   /* tokens of a window; in it so far */
    int32_t *window; /* [length] */
    struct sequences batch;
};

static enum status count_ids(void *context, const int32_t *id, size_t n, struct err *e)
{
    (void)id;
    (void)e;
    ((struct text *)context)->tokens += n;
    return ST_OK;
}

/* Adds the window to the batch, which is written when it is full or the window is the `last`. */
static enum status end_window(struct text *t, bool last, struct err *e)
{
    const enum status st = t->n ? sequences_add(&t->batch, t->window, t->n, e) : ST_OK;
    t->n = 0;
    if (!st && (last || t->batch.n == BATCH_SEQUENCES || t->batch.tokens >= BATCH_TOKENS)) {
        write_sequences(t->writer, &t->batch);
        t->batch.n = 0;
        t->batch.tokens = 0;
    }
    return st;
}

static enum status window_ids(void *context, const int32_t *id, size_t n, struct err *e)
{
    struct text *t = context;
    enum status st = ST_OK;
    for (size_t i = 0; i < n && !st; i++) {
        t->window[t->n++] = id[i];
        if (t->n == t->length)
            st = end_window(t, false, e);
    }
    return !st && ferror(t->writer->out) ? ST_IO : st; /* output_commit reports the error */
}

static enum status text_open(const char *name, const struct run_spec *r, struct text *t,
                             struct err *e)
{
    *t = (struct text){.name = strcmp(name, "-") == 0 ? "standard input" : name,
                       .length = r->model.trained_length};
    if (!r->task->tokenizer)
        return err_set(e, ST_USAGE, "%s is no task of text: give ids with --input",
                       r->task->name);
    t->tokenizer = r->task->tokenizer(&r->task_options);
    t->window = malloc((size_t)t->length * sizeof *t->window);
    if (!t->window)
        return err_set(e, ST_NOMEM, "no memory for a window of %d tokens", t->length);
    enum status st = mapped_file_or_input(name, &t->file, e);
    if (!st)
        st = tokenizer_encode(t->tokenizer, name, &t->file, count_ids, t, e);
    if (!st && t->tokens == 0)
        st = err_set(e, ST_CONFIG, "%s: there is no text in it", name);
    return st;
}

static void text_close(struct text *t)
{
    sequences_free(&t->batch);
    mapped_file_close(&t->file);
    free(t->window);
}

static enum status write_text(struct text *t, struct writer *w, struct err *e)
{
    t->writer = w;
    enum status st = tokenizer_encode(t->tokenizer, t->name, &t->file, window_ids, t, e);
    if (!st)
        st = end_window(t, true, e);
    return ferror(w->out) ? ST_OK : st;
}

/* Applies the changes of the encoder that the split makes. */
static enum status change_encoder(const struct invocation *v, struct run_spec *r,
                                  struct err *e)
{
    const char *split = flag_text(v, "split", NULL);
    for (int i = 0; split && i < r->splits; i++) {
        struct run_spec tested;
        if (strcmp(r->split[i].name, split) != 0)
            continue;
        const enum status st = run_spec_at_test(r, &r->split[i], &tested, e);
        if (st)
            return st;
        r->model.encoders = tested.model.encoders;
    }
    return ST_OK;
}

/* --- the command --- */

/* Writes the logits of the sequences, or of the text when there is one. */
static enum status predict(const struct invocation *v, const struct trained_model *s,
                           const struct sequences *x, struct text *text, struct err *e)
{
    const int longest = text ? text->length : x->longest;
    const size_t rows = text ? text->tokens : x->tokens;
    struct writer w = {.V = s->run.model.vocabulary};
    struct output *o = NULL;
    enum status st = trained_model_open(s, longest, &w.trainer, e);
    if (st == ST_OK)
        st = output_open(flag_text(v, "logits", "-"), flag_given(v, "force"), &o, e);
    if (st == ST_OK)
        st = output_has_room(o, NPY_HEADER + (double)rows * w.V * (double)sizeof(float), e);
    if (st == ST_OK)
        st = writer_init(&w, longest, e);
    if (st == ST_OK) {
        w.out = output_file(o);
        write_header(rows, w.V, w.out);
        if (text)
            st = write_text(text, &w, e);
        else
            write_sequences(&w, x);
    }
    if (st == ST_OK)
        st = output_commit(o, e);
    output_close(o);
    writer_free(&w);
    trainer_close(w.trainer);
    return st;
}

static enum status predict_text(const struct invocation *v, const struct trained_model *s,
                                struct err *e)
{
    struct text t;
    enum status st = text_open(flag_text(v, "text", ""), &s->run, &t, e);
    if (st == ST_OK)
        st = predict(v, s, NULL, &t, e);
    text_close(&t);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *name = argument_at(v, 0);
    struct trained_model s = {.weights = {.path = ""}};
    struct sequences x = {0};
    if (!flag_given(v, "logits"))
        return err_set(e, ST_USAGE, "--logits FILE.npy is needed");
    enum status st = trained_model_read(v, name, &s, e);
    if (st == ST_OK)
        st = read_sequences(v, &s.run, &x, e);
    if (st == ST_OK)
        st = change_encoder(v, &s.run, e);
    if (st == ST_OK)
        st = flag_given(v, "text") ? predict_text(v, &s, e) : predict(v, &s, &x, NULL, e);
    sequences_free(&x);
    run_spec_free(&s.run);
    return st;
}

static const struct flag flags[] = {
    {"input", 0, "FILE", false,
     "sequences, one a line: JSON with \"tokens\", or ids; - is standard input"},
    {"text", 0, "FILE", false,
     "of a task of text: the file's tokens, in windows of the trained length; - is standard "
     "input"},
    {"split", 0, "SPLIT", false, "sequences of a split of the run instead"},
    {"count", 'n', "N", false, "of the split the first N (default: all)"},
    {"logits", 0, "FILE", false,
     "where to write them, .npy: float32 [positions of all sequences, vocabulary]; - is "
     "standard output"},
    {"force", 'f', NULL, false, "replace FILE if it is there"},
    FLAG_DB,
    {0},
};

const struct command command_predict = {
    .name = "predict",
    .group = GROUP_DATA,
    .summary = "write the logits of a trained model for sequences of token ids",
    .arguments = "RUN|FILE",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench predict 12 --input tokens.jsonl --logits logits.npy\n"
                "posbench predict cope.safetensors --input ids.txt --logits logits.npy\n"
                "posbench predict 12 --split id -n 100 --logits logits.npy\n"
                "posbench predict 12 --text story.txt --logits story.npy",
    .flags = flags,
    .run = run,
};
