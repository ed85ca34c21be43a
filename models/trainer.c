/* trainer.c -- a training step: gradients of shards, their sum, the optimiser.
 *
 * Input: a batch; output: loss and new weights. In order: derived numbers of the encoders,
 * gradients of all shards by any thread, sums over shards in fixed order, gradients of the
 * derived numbers, the norm, Adam in chunks, the encoders' confine. Evaluation and logits
 * also divide a batch into micro-batches.
 * Pitfall: shards, MICRO_TOKENS and CHUNK determine the order of sums; threads do not. A step
 * that was stopped leaves the weights unchanged. */
#include "trainer.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "encoding.h"
#include "gemm.h"
#include "memory.h"
#include "threads.h"
#include "transformer.h"

/* MICRO_TOKENS: tokens of a micro-batch, unless one sequence is longer; their activations stay
 * in the cache. CHUNK: numbers per job when gradients are summed and weights updated; small
 * enough that every thread has jobs. Both values are chosen, not measured.
 * Changing either changes the order of sums, and so the bits of results. */
enum { MICRO_TOKENS = 512, CHUNK = 1 << 15 };

struct shard {
    real *grad; /* [model_gradient_size] */
    double loss;
};

struct trainer {
    struct trainer_config config;
    struct model *model;
    struct threads *threads;
    struct arena arena;
    struct pass_work *work; /* [threads] */
    struct shard *shard;    /* [shards] */
    real *first_moment, *second_moment;
    double *squares; /* [chunks] */
    int chunks;
};

/* --- set-up -------------------------------------------------------------- */

static int micro_rows(const struct trainer_config *c)
{
    const int longest = c->model.longest;
    const int group = c->max_tokens < MICRO_TOKENS ? c->max_tokens : MICRO_TOKENS;
    return longest > group ? longest : group;
}

static int chunks_of(const struct model *m)
{
    return (int)((model_gradient_size(m) + CHUNK - 1) / CHUNK);
}

/* Returns the bytes of the arena, as a double because that cannot overflow. */
static double arena_need(const struct trainer_config *c, const struct model *m)
{
    const double work = (double)pass_work_bytes(m, micro_rows(c), c->max_sequences);
    return (double)arena_bytes((size_t)c->threads, sizeof(struct pass_work)) +
           c->threads * work +
           (double)arena_bytes((size_t)c->shards, sizeof(struct shard)) +
           c->shards * (double)arena_bytes(model_gradient_size(m), sizeof(real)) +
           2.0 * (double)arena_bytes(model_size(m), sizeof(real)) +
           (double)arena_bytes((size_t)chunks_of(m), sizeof(double));
}

enum status trainer_bytes(const struct trainer_config *c, double *bytes, struct err *e)
{
    struct model *sketch = NULL;
    const enum status st = model_sketch(&c->model, &sketch, e);
    if (st == ST_OK)
        *bytes = arena_need(c, sketch) + (double)model_bytes(sketch);
    model_close(sketch);
    return st;
}

/* Refuses a trainer that is larger than the memory left. With overcommit an allocation would
 * succeed anyway, and the kernel would later kill a process. */
static enum status check_room(const struct trainer_config *c, struct err *e)
{
    const struct memory_room room = memory_room();
    double bytes = 0.0;
    const enum status st = trainer_bytes(c, &bytes, e);
    if (st || bytes <= room.bytes)
        return st;
    return err_set(
        e, ST_NOMEM,
        "weights, moments, gradients of %d shards and work memory of %d threads "
        "take %.0f MiB, and %s has %.0f MiB left; lower train.shards, the model's "
        "size, the length, --threads or --jobs",
        c->shards, c->threads, bytes / (1 << 20), room.of, room.bytes / (1 << 20));
}

static enum status take_memory(struct trainer *t, struct err *e)
{
    const struct trainer_config *c = &t->config;
    const size_t n = model_size(t->model), g = model_gradient_size(t->model);
    const double need = arena_need(c, t->model);
    t->chunks = chunks_of(t->model);
    const enum status st =
        arena_init(&t->arena, need < (double)(SIZE_MAX / 2) ? (size_t)need : SIZE_MAX, e);
    if (st)
        return st;
    t->work = arena_take(&t->arena, (size_t)c->threads, sizeof *t->work);
    for (int i = 0; i < c->threads; i++) {
        pass_work_take(t->model, micro_rows(c), c->max_sequences, &t->arena, &t->work[i]);
        t->work[i].panel.stop = c->stop;
    }
    t->shard = arena_take(&t->arena, (size_t)c->shards, sizeof *t->shard);
    for (int i = 0; i < c->shards; i++)
        t->shard[i].grad = arena_take(&t->arena, g, sizeof(real));
    t->first_moment = arena_take(&t->arena, n, sizeof(real));
    t->second_moment = arena_take(&t->arena, n, sizeof(real));
    t->squares = arena_take(&t->arena, (size_t)t->chunks, sizeof(double));
    return ST_OK;
}

enum status trainer_open(const struct trainer_config *c, struct trainer **out,
                         struct err *e)
{
    struct trainer *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ST_NOMEM, "no memory for a trainer");
    t->config = *c;
    enum status st = check_room(c, e);
    if (!st)
        st = model_open(&c->model, c->seed, &t->model, e);
    if (!st)
        st = take_memory(t, e);
    if (!st)
        st = threads_open(c->threads, &t->threads, e);
    if (!st)
        st = gemm_init(c->threads, e);
    if (st || !t->model) {
        trainer_close(t);
        return st;
    }
    encoding_drop(t->model, optimizer_drops_encoder(&c->optimizer, c->optimizer.steps));
    *out = t;
    return ST_OK;
}

void trainer_close(struct trainer *t)
{
    if (!t)
        return;
    threads_close(t->threads);
    arena_free(&t->arena);
    model_close(t->model);
    free(t);
}

struct model *trainer_model(struct trainer *t)
{
    return t->model;
}

void trainer_clock(struct trainer *t, struct stopwatch *clock)
{
    for (int i = 0; i < t->config.threads; i++)
        t->work[i].panel.clock = clock ? &clock[i] : NULL;
}

void trainer_probe(struct trainer *t, const struct attention_probe *probe)
{
    t->work[0].panel.probe = probe;
}

real *trainer_first_moment(struct trainer *t)
{
    return t->first_moment;
}

real *trainer_second_moment(struct trainer *t)
{
    return t->second_moment;
}

bool trainer_stopped(const struct trainer *t)
{
    return t->config.stop && *t->config.stop;
}

/* --- dealing out sequences ----------------------------------------------- */

/* Returns the first sequence of part `part` of `parts`. A part begins where the running number
 * of tokens reaches part / parts of the total. */
static int part_start(const struct batch *b, int part, int parts)
{
    const long total = b->start[b->sequences];
    int s = 0;
    while (s < b->sequences && (long)b->start[s] * parts < total * part)
        s++;
    return part == parts ? b->sequences : s;
}

/* Returns a micro-batch of as many sequences from `first` on, before `end`, as fit. */
static struct micro_batch next_micro(const struct trainer *t, const struct batch *b,
                                     int first, int end)
{
    const int room = t->work[0].rows;
    int last = first + 1;
    while (last < end && b->start[last + 1] - b->start[first] <= room)
        last++;
    assert(b->start[last] - b->start[first] <= room);
    return (struct micro_batch){.sequences = last - first,
                                .start = b->start + first,
                                .token = b->token,
                                .target = b->target,
                                .first = first};
}

/* --- gradient ------------------------------------------------------------ */

struct gradient_job {
    struct trainer *t;
    const struct batch *b;
    struct dropout_step dropout;
    double scale; /* 1 / targets */
    struct placing_key places;
};

static void shard_gradient(void *context, int job, int thread)
{
    const struct gradient_job *g = context;
    struct trainer *t = g->t;
    struct shard *s = &t->shard[job];
    const int end = part_start(g->b, job + 1, t->config.shards);
    s->loss = 0.0;
    memset(s->grad, 0, model_gradient_size(t->model) * sizeof *s->grad);
    for (int first = part_start(g->b, job, t->config.shards);
         first < end && !trainer_stopped(t);) {
        const struct micro_batch m = next_micro(t, g->b, first, end);
        const struct pass p = {t->model, &m, &g->dropout, &t->work[thread], g->places};
        transformer_forward(&p);
        s->loss += transformer_loss(&p, g->scale, NULL, NULL, s->grad);
        transformer_backward(&p, s->grad);
        first += m.sequences;
    }
}

/* Returns how many of `size` numbers lie in a chunk. */
static size_t chunk_length(size_t size, int chunk)
{
    const size_t from = (size_t)chunk * CHUNK;
    return size <= from ? 0 : size - from < CHUNK ? size - from : CHUNK;
}

static void square_chunk(void *context, int job, int thread)
{
    (void)thread;
    struct trainer *t = context;
    t->squares[job] = kernels_get()->sum_of_squares(chunk_length(model_size(t->model), job),
                                                    t->shard[0].grad + (size_t)job * CHUNK);
}

/* Sums one chunk of the shards' gradients into shard 0, in order. */
static void sum_chunk(void *context, int job, int thread)
{
    struct trainer *t = context;
    const size_t from = (size_t)job * CHUNK;
    const size_t n = chunk_length(model_gradient_size(t->model), job);
    for (int s = 1; s < t->config.shards; s++)
        kernels_get()->add(n, t->shard[s].grad + from, t->shard[0].grad + from);
    square_chunk(context, job, thread);
}

static int longest_sequence(const struct batch *b)
{
    int most = 0;
    for (int s = 0; s < b->sequences; s++) {
        const int n = b->start[s + 1] - b->start[s];
        most = n > most ? n : most;
    }
    return most;
}

/* Turns the gradients of the derived numbers, now summed over all shards, into gradients of
 * the weights. */
static void derived_gradient(struct trainer *t, const struct batch *b)
{
    if (model_gradient_size(t->model) == model_size(t->model))
        return;
    encoding_derive_grad(t->model, longest_sequence(b), t->shard[0].grad);
    threads_run(t->threads, t->chunks, square_chunk, t);
}

static int count_targets(const struct batch *b)
{
    int n = 0;
    for (int i = 0; i < b->start[b->sequences]; i++)
        n += b->target[i] >= 0;
    return n;
}

/* Leaves the gradient of the mean loss in shard 0 and returns that loss. */
static double gradient(struct trainer *t, int step, const struct batch *b, double *norm)
{
    const int targets = count_targets(b);
    encoding_drop(t->model, optimizer_drops_encoder(&t->config.optimizer, step));
    struct gradient_job g = {
        .t = t,
        .b = b,
        .dropout = {t->config.seed, step, t->config.model.dropout},
        .scale = targets ? 1.0 / targets : 0.0,
        .places = {.seed = t->config.seed, .step = step},
    };
    assert(b->sequences <= t->config.max_sequences);
    encoding_derive(t->model, longest_sequence(b));
    threads_run(t->threads, t->config.shards, shard_gradient, &g);
    threads_run(t->threads, t->chunks, sum_chunk, t);
    derived_gradient(t, b);
    double loss = 0.0, squares = 0.0;
    for (int s = 0; s < t->config.shards; s++)
        loss += t->shard[s].loss;
    for (int i = 0; i < t->chunks; i++)
        squares += t->squares[i];
    *norm = sqrt(squares);
    return loss * g.scale;
}

double trainer_gradient(struct trainer *t, int step, const struct batch *b, real *grad)
{
    double norm;
    const double loss = gradient(t, step, b, &norm);
    memcpy(grad, t->shard[0].grad, model_size(t->model) * sizeof *grad);
    return loss;
}

/* --- step ---------------------------------------------------------------- */

struct update_job {
    struct trainer *t;
    struct adam_step adam;
};

/* Updates the part of each tensor that lies in one chunk of the flat vector. */
static void update_chunk(void *context, int job, int thread)
{
    (void)thread;
    const struct update_job *u = context;
    struct trainer *t = u->t;
    const size_t from = (size_t)job * CHUNK, to = from + CHUNK;
    for (int i = 0; i < model_tensor_count(t->model); i++) {
        const struct tensor *x = model_tensor(t->model, i);
        const size_t end = x->offset + (size_t)x->rows * (size_t)x->columns;
        const size_t a = x->offset > from ? x->offset : from, z = end < to ? end : to;
        struct adam_step s = u->adam;
        if (a >= z)
            continue;
        if (!x->decay)
            s.decay = 0.0;
        kernels_get()->adam(z - a, &s, t->shard[0].grad + a, t->first_moment + a,
                            t->second_moment + a, model_weights(t->model) + a);
    }
}

enum status trainer_step(struct trainer *t, int step, const struct batch *b, double *loss,
                         struct err *e)
{
    const struct optimizer_config *o = &t->config.optimizer;
    double norm;
    *loss = gradient(t, step, b, &norm);
    if (trainer_stopped(t))
        return err_set(e, ST_INTERRUPTED, "stopped within step %d", step);
    if (!isfinite(*loss) || !isfinite(norm))
        return err_set(
            e, ST_NONFINITE,
            "step %d: the loss is %g and the gradient's norm %g; " TRAINER_DIVERGED, step,
            *loss, norm);
    struct update_job u = {
        .t = t,
        .adam = {.lr = optimizer_rate(o, step),
                 .beta1 = o->beta1,
                 .beta2 = o->beta2,
                 .eps = o->eps,
                 .decay = o->kind == OPTIMIZER_ADAMW ? o->weight_decay : 0.0,
                 .correction1 = 1.0 - pow(o->beta1, step + 1),
                 .correction2 = 1.0 - pow(o->beta2, step + 1),
                 .grad_scale = o->clip > 0.0 && norm > o->clip ? o->clip / norm : 1.0},
    };
    threads_run(t->threads, t->chunks, update_chunk, &u);
    encoding_confine(t->model);
    return ST_OK;
}

/* --- evaluation ---------------------------------------------------------- */

/* Returns the key of the places in evaluation. A sample's places depend on its number in the
 * split, not on its batch. */
static struct placing_key evaluation_places(const struct trainer *t, const struct batch *b)
{
    return (struct placing_key){.seed = t->config.seed, .step = -1, .first = b->first};
}

struct evaluate_job {
    struct trainer *t;
    const struct batch *b;
    float *loss;
    int32_t *best;
};

static void evaluate_part(void *context, int job, int thread)
{
    const struct evaluate_job *v = context;
    struct trainer *t = v->t;
    const struct dropout_step none = {0};
    const int end = part_start(v->b, job + 1, t->config.shards);
    for (int first = part_start(v->b, job, t->config.shards);
         first < end && !trainer_stopped(t);) {
        const struct micro_batch m = next_micro(t, v->b, first, end);
        const struct pass p = {t->model, &m, &none, &t->work[thread],
                               evaluation_places(t, v->b)};
        transformer_forward(&p);
        transformer_loss(&p, 1.0, v->loss, v->best, NULL);
        first += m.sequences;
    }
}

void trainer_evaluate(struct trainer *t, const struct batch *b, float *loss, int32_t *best)
{
    struct evaluate_job v = {.t = t, .b = b};
    v.loss = loss;
    v.best = best;
    assert(b->sequences <= t->config.max_sequences);
    encoding_derive(t->model, longest_sequence(b));
    threads_run(t->threads, t->config.shards, evaluate_part, &v);
}

void trainer_logits(struct trainer *t, const struct batch *b, real *logits)
{
    const struct dropout_step none = {0};
    const size_t V = (size_t)t->config.model.vocabulary;
    encoding_derive(t->model, longest_sequence(b));
    for (int first = 0; first < b->sequences;) {
        const struct micro_batch m = next_micro(t, b, first, b->sequences);
        const struct pass p = {t->model, &m, &none, &t->work[0], evaluation_places(t, b)};
        const size_t n = (size_t)transformer_forward(&p) * V;
        transformer_logits(&p, logits);
        logits += n;
        first += m.sequences;
    }
}
