/* evaluation.c -- evaluates a split batch by batch and counts the answers.
 *
 * Batches of the split are drawn. Answers, seen sequences and determined places are always
 * counted, errors and losses only where the encoder is defined. The shares then become rows of
 * the table `metric`. The caveat of a split is worded here too.
 * Pitfall: where the encoder is not defined the model's numbers are NaN, which the database
 * stores as NULL, but chance, majority and ceiling are known. Bits and sums follow the order of
 * samples. */
#include "evaluation.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Working memory of one evaluation. */
struct tally {
    float *loss;      /* [tokens of a batch] */
    int32_t *best;    /* [tokens of a batch] */
    int64_t *answers; /* [vocabulary] how often each is correct */
    double loss_sum;
};

static void tally_free(struct tally *y)
{
    free(y->loss);
    free(y->best);
    free(y->answers);
}

/* Allocates the memory. The caller frees it with tally_free, also after an error. */
static enum status tally_init(struct tally *y, const struct sampler *s,
                              const struct run_spec *r, struct err *e)
{
    const size_t tokens = (size_t)sampler_max_tokens(s);
    y->loss = calloc(tokens, sizeof *y->loss);
    y->best = calloc(tokens, sizeof *y->best);
    y->answers = calloc((size_t)r->model.vocabulary, sizeof *y->answers);
    if (y->loss && y->best && y->answers)
        return ST_OK;
    return err_set(e, ST_NOMEM, "no memory to evaluate batches of %zu tokens", tokens);
}

/* Counts the correct answers of a batch, independently of a model. */
static void count_answers(const struct sampled *b, struct tally *y, struct evaluation *out)
{
    const int tokens = b->batch.start[b->batch.sequences];
    for (int t = 0; t < tokens; t++)
        if (b->scored[t]) {
            assert(b->batch.target[t] >= 0);
            y->answers[b->batch.target[t]]++;
            out->tokens++;
        }
    out->determined += b->determined;
    out->bytes += b->bytes;
    out->words += b->words;
}

/* Returns the wrong tokens of sequence s, and adds its losses. */
static int wrong_in_sequence(const struct sampled *b, int s, struct tally *y)
{
    int wrong = 0;
    for (int t = b->batch.start[s]; t < b->batch.start[s + 1]; t++)
        if (b->scored[t]) {
            wrong += y->best[t] != b->batch.target[t];
            y->loss_sum += (double)y->loss[t];
        }
    return wrong;
}

static bool bit(const uint8_t *bits, int i)
{
    return bits && (bits[i / 8] >> (i % 8) & 1);
}

static void count_errors(const struct sampled *b, int first, struct tally *y,
                         const struct questions *q, struct evaluation *out)
{
    for (int s = 0; s < b->batch.sequences; s++) {
        const int wrong = wrong_in_sequence(b, s, y), i = first + s;
        out->wrong_tokens += wrong;
        out->wrong_sequences += wrong > 0;
        out->wrong_unseen += bit(q->seen, i) ? 0 : wrong;
        if (q->bits && wrong == 0)
            q->bits[i / 8] = (uint8_t)(q->bits[i / 8] | 1u << (i % 8));
    }
}

/* Counts the sequences that training had, and the scored tokens of the others. */
static void count_seen(const struct sampled *b, int first, const uint8_t *seen,
                       struct evaluation *out)
{
    for (int s = 0; s < b->batch.sequences; s++) {
        if (bit(seen, first + s)) {
            out->seen++;
            continue;
        }
        for (int t = b->batch.start[s]; t < b->batch.start[s + 1]; t++)
            out->unseen_tokens += b->scored[t];
    }
}

/* Returns the FLOPs; a forward pass is a third of a training step (model.h). */
static double forward_flops(const struct model_config *m, const struct sampled *b)
{
    double sum = 0.0;
    for (int s = 0; s < b->batch.sequences; s++) {
        int scored = 0;
        for (int t = b->batch.start[s]; t < b->batch.start[s + 1]; t++)
            scored += b->scored[t];
        const int T = b->batch.start[s + 1] - b->batch.start[s];
        sum += model_train_flops(m, T, scored) / 3.0;
    }
    return sum;
}

static int64_t largest(const int64_t *x, int n)
{
    int64_t most = 0;
    for (int i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

static enum status answer_all(struct trainer *t, struct sampler *s,
                              const struct questions *q, struct tally *y,
                              struct evaluation *out, struct err *e)
{
    enum status st = ST_OK;
    while (out->sequences < q->count && st == ST_OK) {
        const int first = (int)out->sequences;
        struct sampled b;
        double flops = 0.0;
        sampler_split(s, q->split, first, q->count, &b);
        count_answers(&b, y, out);
        count_seen(&b, first, q->seen, out);
        if (out->available) {
            trainer_evaluate(t, &b.batch, y->loss, y->best);
            if (trainer_stopped(t))
                return ST_INTERRUPTED;
            count_errors(&b, first, y, q, out);
            if (q->places && (st = places_add(q->places, &b, y->best, y->loss, e)) != ST_OK)
                return st;
            flops = forward_flops(&q->run->model, &b);
        }
        out->sequences += b.batch.sequences;
        out->flops += flops;
        if (q->watch)
            st = q->watch->batch(q->watch->context, b.batch.sequences, flops);
    }
    return st;
}

enum status evaluation_split(struct trainer *t, struct sampler *s,
                             const struct questions *q, struct evaluation *out,
                             struct err *e)
{
    const struct run_spec *r = q->run;
    struct tally y = {0};
    *out = (struct evaluation){
        .available = evaluation_reach(r, q->split) != REACH_UNDEFINED,
        .chance = 1.0 / r->task->answers(&q->split->options),
    };
    if (q->bits)
        memset(q->bits, 0, ((size_t)q->count + 7) / 8);
    enum status st = tally_init(&y, s, r, e);
    if (st == ST_OK) {
        st = answer_all(t, s, q, &y, out, e);
        out->commonest = largest(y.answers, r->model.vocabulary);
        out->loss = out->tokens > 0 ? y.loss_sum / (double)out->tokens : (double)NAN;
    }
    tally_free(&y);
    return st;
}

enum encoder_reach evaluation_reach(const struct run_spec *r,
                                    const struct split_spec *split)
{
    if (r->task->max_length(&split->options) <= r->model.trained_length)
        return REACH_DEFINED;
    const struct encoder_dims d = model_dims(&r->model);
    return encoder_stack_reach(&r->model.encoders, &d);
}

/* Writes the names of the encoders in the stack that have this reach: "absolute", "a and b". */
static void culprits(const struct model_config *m, enum encoder_reach reach,
                     char text[ENCODER_NAME])
{
    const struct encoder_stack *stack = &m->encoders;
    const struct encoder_dims d = model_dims(m);
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < stack->parts && used < ENCODER_NAME; i++) {
        const struct encoder_part *p = &stack->part[i];
        if (!p->encoder->reach || p->encoder->reach(&d, &p->options) != reach)
            continue;
        used += (size_t)snprintf(text + used, ENCODER_NAME - used, "%s%s",
                                 used ? " and " : "", p->encoder->name);
    }
}

void evaluation_caveat(const struct run_spec *r, const struct split_spec *split,
                       int trained, int longest, char text[CAVEAT_TEXT])
{
    const struct encoder_dims d = model_dims(&r->model);
    const enum encoder_reach beyond = encoder_stack_reach(&r->model.encoders, &d);
    const int law_trained = r->model.trained_length;
    const int law_longest = r->task->max_length(&split->options);
    char names[ENCODER_NAME];

    text[0] = '\0';
    culprits(&r->model, beyond, names);
    if (trained == 0) {
        trained = law_trained;
        longest = law_longest;
    }
    if (beyond == REACH_UNTRAINED && longest > trained)
        snprintf(text, CAVEAT_TEXT,
                 "%s: sequences have up to %d tokens, training had up to %d; what %s holds "
                 "for the positions from %d on was never trained",
                 split->name, longest, trained, names, trained);
    /* The laws, not the drawn samples, decide whether the encoder is defined. */
    if (beyond == REACH_UNDEFINED && law_longest > law_trained)
        snprintf(text, CAVEAT_TEXT,
                 "%s: sequences have up to %d tokens, training had up to %d; %s has no "
                 "value beyond that, so there is no result",
                 split->name, law_longest, law_trained, names);
}

/* Returns `count` of `total` as a fraction; NaN when not available. */
static struct metric_row share(const char *name, bool available, int64_t count,
                               int64_t total)
{
    if (!available || total == 0)
        return (struct metric_row){
            .name = name, .value = (double)NAN, .count = -1, .total = -1};
    return (struct metric_row){.name = name,
                               .value = (double)count / (double)total,
                               .count = count,
                               .total = total};
}

static struct metric_row number(const char *name, double value)
{
    return (struct metric_row){.name = name, .value = value, .count = -1, .total = -1};
}

/* Returns the ceiling; for a text it is unknown which answers the tokens determine. */
static struct metric_row ceiling(const struct evaluation *v)
{
    return share("ceiling", v->bytes == 0 && v->words == 0, v->determined, v->tokens);
}

int evaluation_metrics(const struct evaluation *v, const char *split, int step,
                       struct metric_row out[EVALUATION_METRICS_MOST])
{
    const double loss = v->available ? v->loss : (double)NAN;
    const double nats = loss * (double)v->tokens;
    int n = EVALUATION_METRICS;
    const struct metric_row rows[EVALUATION_METRICS] = {
        share("accuracy", v->available, v->tokens - v->wrong_tokens, v->tokens),
        share("token_error", v->available, v->wrong_tokens, v->tokens),
        share("sequence_accuracy", v->available, v->sequences - v->wrong_sequences,
              v->sequences),
        share("sequence_error", v->available, v->wrong_sequences, v->sequences),
        number("loss", loss),
        number("perplexity", exp(loss)),
        number("chance", v->chance),
        share("majority", true, v->commonest, v->tokens),
        ceiling(v),
    };
    memcpy(out, rows, sizeof rows);
    if (v->bytes > 0)
        out[n++] = number("bits_per_byte", nats / log(2.0) / (double)v->bytes);
    if (v->words > 0)
        out[n++] = number("word_perplexity", exp(nats / (double)v->words));
    for (int i = 0; i < n; i++) {
        out[i].split = split;
        out[i].step = step;
    }
    return n;
}

int evaluation_seen_metrics(const struct evaluation *v, const char *split, int step,
                            struct metric_row out[SEEN_METRICS])
{
    out[0] = share("seen", true, v->seen, v->sequences);
    out[1] = share("token_error_unseen", v->available, v->wrong_unseen, v->unseen_tokens);
    for (int i = 0; i < SEEN_METRICS; i++) {
        out[i].split = split;
        out[i].step = step;
    }
    return SEEN_METRICS;
}
