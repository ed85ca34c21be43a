/* command_predict.c -- a trained model's logits for sequences of token ids.
 *
 * The output is an array of numpy's format 1.0 (numpy.lib.format): float32, row-major,
 * [positions of all sequences end to end, vocabulary]. */
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
#include "stored_run.h"
#include "trainer.h"

enum {
    LONGEST = 1 << 20,   /* tokens of a sequence: what models accept */
    BATCH_TOKENS = 4096, /* of one call, unless one sequence is longer; chosen */
    BATCH_SEQUENCES = 256
};

/* --- which model --- */

struct source {
    struct run_spec run;
    struct stored_weights weights;
};

/* A run's number or identity has no slash and no dot; what has is a file. */
static bool is_file(const char *name)
{
    return strpbrk(name, "/.") != NULL;
}

/* The file tells its settings. They are anybody's, so nothing is made of them before they
 * fit the file. */
static enum status read_file(const char *name, struct source *s, struct err *e)
{
    char *config = NULL;
    uint64_t numbers = 0;
    struct model *sketch = NULL;
    struct err why = {.msg = ""};
    if (strlen(name) >= sizeof s->weights.path)
        return err_set(e, ST_IO, "%s: the name is too long", name);
    memcpy(s->weights.path, name, strlen(name) + 1);
    enum status st = safetensors_note_read(name, "config", &config, e);
    if (st == ST_OK && !config)
        st = err_set(e, ST_IO,
                     "%s: tells no settings of a model; write it with posbench export",
                     name);
    if (st == ST_OK && (st = run_spec_parse(config, &s->run, &why)) != ST_OK)
        err_set(e, st, "%s: %s", name, why.msg);
    free(config);
    if (st == ST_OK)
        st = safetensors_numbers(name, &numbers, e);
    if (st == ST_OK)
        st = model_sketch(&s->run.model, &sketch, e);
    if (st == ST_OK && model_parameters(sketch) != numbers)
        st = err_set(e, ST_IO, "%s: holds %llu numbers, and its settings have %zu", name,
                     (unsigned long long)numbers, model_parameters(sketch));
    model_close(sketch);
    return st;
}

static enum status read_run(const struct invocation *v, const char *name, struct source *s,
                            struct err *e)
{
    struct stored_run f = {0};
    char db[PATH_MAX];
    target_database(v, "", db);
    const enum status st = stored_run_open(db, name, &f, e);
    if (st)
        return st;
    s->run = f.run; /* taken over */
    return stored_weights_find(db, &f, &s->weights, e);
}

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

/* The run with one split, as its samples are drawn for evaluation. */
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
    if (!input == !split)
        return err_set(e, ST_USAGE, "give either --input FILE or --split NAME");
    if (count && !split)
        return err_set(e, ST_USAGE, "--count goes with --split");
    return input ? from_file(input, r, out, e) : from_split(r, split, count, out, e);
}

/* --- the model --- */

static enum status check_reach(const struct run_spec *r, int longest, struct err *e)
{
    if (longest <= r->model.trained_length)
        return ST_OK;
    const struct encoder_dims d = model_dims(&r->model);
    if (encoder_stack_reach(&r->model.encoders, &d) == REACH_UNDEFINED)
        return err_set(e, ST_RANGE,
                       "sequences have up to %d tokens and %s has no value beyond the %d "
                       "of training",
                       longest, r->encoder, r->model.trained_length);
    return ST_OK;
}

static enum status open_trainer(const struct source *s, int longest, struct trainer **out,
                                struct err *e)
{
    const struct run_spec *r = &s->run;
    const bool longer = longest > r->model.longest;
    struct trainer_config c = {
        .model = r->model,
        .optimizer = r->train.optimizer,
        .seed = r->seed,
        .shards = 1,
        .threads = 1,
        .max_sequences = BATCH_SEQUENCES,
        .max_tokens = longest > BATCH_TOKENS ? longest : BATCH_TOKENS,
    };
    struct err why;
    if (longer)
        c.model.longest = longest;
    enum status st = check_reach(r, longest, e);
    if (st == ST_OK)
        st = trainer_open(&c, out, e);
    if (st)
        return st;
    st = stored_weights_load(&s->weights, trainer_model(*out), &why);
    if (st == ST_IO && longer)
        return err_set(e, ST_RANGE,
                       "sequences have up to %d tokens and %s has learned positions up to "
                       "%d",
                       longest, r->encoder, r->model.longest);
    return st ? err_set(e, st, "%s", why.msg) : ST_OK;
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

/* As many of the sequences from `first` on as go into one call; returns how many. */
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

static enum status write_logits(struct trainer *t, const struct sequences *s, int V,
                                FILE *out, struct err *e)
{
    const size_t tokens = (size_t)(s->longest > BATCH_TOKENS ? s->longest : BATCH_TOKENS);
    int start[BATCH_SEQUENCES + 1];
    /* Every position is asked: any target will do. */
    int32_t *target = calloc(tokens, sizeof *target);
    real *logits = calloc(tokens * (size_t)V, sizeof *logits);
    const int32_t *token = s->token;
    enum status st = target && logits
                         ? ST_OK
                         : err_set(e, ST_NOMEM, "no memory for %zu positions", tokens);
    if (st == ST_OK)
        write_header(s->tokens, V, out);
    for (int first = 0; st == ST_OK && first < s->n && !ferror(out);) {
        const int n = fill_batch(s, first, start);
        const struct batch b = {
            .sequences = n, .start = start, .token = token, .target = target};
        trainer_logits(t, &b, logits);
        for (int i = 0; i < start[n]; i++)
            write_row(logits + (size_t)i * (size_t)V, V, out);
        token += start[n];
        first += n;
    }
    free(target);
    free(logits);
    return st;
}

/* A split that changes the encoder does so here too. */
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

static enum status predict(const struct invocation *v, const struct source *s,
                           const struct sequences *x, struct err *e)
{
    struct trainer *t = NULL;
    struct output *o = NULL;
    enum status st = open_trainer(s, x->longest, &t, e);
    if (st == ST_OK)
        st = output_open(flag_text(v, "logits", "-"), flag_given(v, "force"), &o, e);
    if (st == ST_OK)
        st = write_logits(t, x, s->run.model.vocabulary, output_file(o), e);
    if (st == ST_OK)
        st = output_commit(o, e);
    output_close(o);
    trainer_close(t);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *name = argument_at(v, 0);
    struct source s = {.weights = {.path = ""}};
    struct sequences x = {0};
    if (!flag_given(v, "logits"))
        return err_set(e, ST_USAGE, "--logits FILE.npy is needed");
    enum status st = is_file(name) ? read_file(name, &s, e) : read_run(v, name, &s, e);
    if (st == ST_OK)
        st = read_sequences(v, &s.run, &x, e);
    if (st == ST_OK)
        st = change_encoder(v, &s.run, e);
    if (st == ST_OK)
        st = predict(v, &s, &x, e);
    sequences_free(&x);
    run_spec_free(&s.run);
    return st;
}

static const struct flag flags[] = {
    {"input", 0, "FILE", false,
     "sequences, one a line: JSON with \"tokens\", or ids; - is standard input"},
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
                "posbench predict 12 --split id -n 100 --logits logits.npy",
    .flags = flags,
    .run = run,
};
