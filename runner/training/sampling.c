/* sampling.c -- draws samples of training or of a split into one flat batch.
 *
 * The input is a step, or a first index and an end. The output, lent until the next call, is
 * sequences end to end with tokens, targets, scored places and, for splits, strata.
 * Pitfall: buffers are sized for the longest law. A batch of a split ends where one more sequence
 * might not fit, so its number of sequences varies. In splits, unscored targets are removed after
 * the strata were computed from them. */
#include "sampling.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "ascending.h"

struct sampler {
    const struct run_spec *run; /* borrowed */
    int max_sequences, max_tokens;
    int *start;              /* [max_sequences + 1] */
    int32_t *token, *target; /* [max_tokens] */
    uint8_t *scored;         /* [max_tokens] */
    int strata;              /* of the task */
    int32_t *stratum;        /* [strata, max_tokens] */
};

static int64_t epoch_steps(const struct train_settings *t)
{
    return ((int64_t)t->samples + t->batch - 1) / t->batch;
}

int sampling_sequences(const struct train_settings *t, int step)
{
    if (t->samples == 0)
        return t->batch;
    const int64_t done = step % epoch_steps(t) * t->batch;
    const int64_t left = t->samples - done;
    return left < t->batch ? (int)left : t->batch;
}

uint64_t sampling_index(const struct train_settings *t, uint64_t seed, int step, int k)
{
    if (t->samples == 0)
        return (uint64_t)step * (uint64_t)t->batch + (uint64_t)k;
    const uint64_t epoch = (uint64_t)(step / epoch_steps(t));
    const uint64_t place = (uint64_t)(step % epoch_steps(t) * t->batch + k);
    return rng_permute(seed, epoch, place, (uint64_t)t->samples);
}

enum status sampler_sizes(const struct run_spec *r, int *max_sequences, int *max_tokens,
                          struct err *e)
{
    int64_t tokens = EVALUATION_TOKENS;
    for (int i = 0; i < r->splits; i++)
        tokens = max_int64(tokens, r->task->max_length(&r->split[i].options));
    tokens =
        max_int64(tokens, (int64_t)r->train.batch * r->task->max_length(&r->task_options));
    if (tokens > INT_MAX)
        return err_set(e, ST_RANGE,
                       "train.batch: %d sequences of up to %d tokens are too many for one "
                       "step; choose a smaller batch",
                       r->train.batch, r->task->max_length(&r->task_options));
    *max_tokens = (int)tokens;
    *max_sequences = (int)max_int64(EVALUATION_SEQUENCES, r->train.batch);
    return ST_OK;
}

enum status sampler_open(const struct run_spec *r, struct sampler **out, struct err *e)
{
    int sequences = 1, tokens = 1;
    const enum status st = sampler_sizes(r, &sequences, &tokens, e);
    if (st)
        return st;
    struct sampler *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ST_NOMEM, "no memory for a sampler");
    s->run = r;
    s->max_tokens = tokens;
    s->max_sequences = sequences;
    s->start = calloc((size_t)s->max_sequences + 1, sizeof *s->start);
    s->token = calloc((size_t)tokens, sizeof *s->token);
    s->target = calloc((size_t)tokens, sizeof *s->target);
    s->scored = calloc((size_t)tokens, sizeof *s->scored);
    for (const struct task_stratum *x = r->task->strata; x && x->name; x++)
        s->strata++;
    s->stratum = calloc((size_t)s->strata * (size_t)tokens + 1, sizeof *s->stratum);
    if (!s->start || !s->token || !s->target || !s->scored || !s->stratum) {
        sampler_close(s);
        return err_set(e, ST_NOMEM, "no memory for batches of %d tokens", tokens);
    }
    *out = s;
    return ST_OK;
}

void sampler_close(struct sampler *s)
{
    if (!s)
        return;
    free(s->start);
    free(s->token);
    free(s->target);
    free(s->scored);
    free(s->stratum);
    free(s);
}

int sampler_max_sequences(const struct sampler *s)
{
    return s->max_sequences;
}

int sampler_max_tokens(const struct sampler *s)
{
    return s->max_tokens;
}

static void begin(struct sampler *s, struct sampled *out)
{
    s->start[0] = 0;
    *out = (struct sampled){
        .batch = {.start = s->start, .token = s->token, .target = s->target},
        .scored = s->scored,
    };
}

/* Generates one sequence in place, after the present ones. */
static struct sample append(struct sampler *s, const struct option_values *law,
                            struct rng stream, struct sampled *out)
{
    const int n = out->batch.sequences, at = s->start[n];
    struct sample one = {
        .token = s->token + at, .target = s->target + at, .scored = s->scored + at};
    assert(n < s->max_sequences);
    assert(at + s->run->task->max_length(law) <= s->max_tokens);
    s->run->task->generate(law, &stream, &one);
    s->start[n + 1] = at + one.length;
    out->batch.sequences = n + 1;
    out->determined += one.determined;
    return one;
}

/* Computes the strata, before unscored targets are removed, which a stratum may use. */
static void find_strata(struct sampler *s, const struct option_values *law,
                        const struct sample *one)
{
    for (int i = 0; i < s->strata; i++)
        s->run->task->strata[i].of(law, one,
                                   s->stratum + (size_t)i * (size_t)s->max_tokens +
                                       (one->token - s->token));
}

static void find_size(const struct sampler *s, const struct option_values *law,
                      const struct sample *one, struct sampled *out)
{
    int64_t bytes, words;
    if (!s->run->task->measure)
        return;
    s->run->task->measure(law, one, &bytes, &words);
    out->bytes += bytes;
    out->words += words;
}

void sampler_train(struct sampler *s, int step, struct sampled *out)
{
    const struct run_spec *r = s->run;
    const int n = sampling_sequences(&r->train, step);
    begin(s, out);
    for (int k = 0; k < n; k++) {
        const uint64_t index = sampling_index(&r->train, r->seed, step, k);
        append(s, &r->task_options, task_train_stream(r->task, r->seed, index), out);
    }
}

void sampler_split(struct sampler *s, const struct split_spec *split, int first, int end,
                   struct sampled *out)
{
    const struct run_spec *r = s->run;
    const int longest = r->task->max_length(&split->options);
    const char *name = split->asks[0] ? split->asks : split->name;
    begin(s, out);
    out->batch.first = (uint64_t)first;
    for (int i = 0; i < s->strata; i++)
        out->stratum[i] = s->stratum + (size_t)i * (size_t)s->max_tokens;
    for (int i = first; i < end; i++) {
        const int n = out->batch.sequences;
        if (n == EVALUATION_SEQUENCES ||
            (n > 0 && s->start[n] + longest > EVALUATION_TOKENS))
            break;
        const struct sample one =
            append(s, &split->options,
                   task_split_stream(r->task, name, r->data_seed, (uint64_t)i), out);
        find_strata(s, &split->options, &one);
        find_size(s, &split->options, &one, out);
    }
    for (int t = 0; t < s->start[out->batch.sequences]; t++)
        if (!s->scored[t])
            s->target[t] = TARGET_NONE;
}
