#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "checkpoint.h"
#include "evaluation.h"

static const double progress_every_s = 0.25;

/* One run under way. */
struct course {
    const struct training *t;
    struct sampler *sampler;
    struct trainer *trainer;
    struct run_progress progress;
    double reported;              /* when progress was last sent */
    double train_s, train_tokens; /* inside training steps only */
    double loss_sum;              /* of the steps since the last point */
    int loss_steps;
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct trainer_config training_trainer(const struct run_spec *r, const struct sampler *s,
                                       int threads)
{
    return (struct trainer_config){
        .model = r->model,
        .optimizer = r->train.optimizer,
        .seed = r->seed,
        .shards = r->train.shards,
        .threads = threads,
        .max_sequences = sampler_max_sequences(s),
        .max_tokens = sampler_max_tokens(s),
    };
}

static enum status stopped(const struct course *c, struct err *e)
{
    if (!c->t->stop || !*c->t->stop)
        return ST_OK;
    return err_set(e, ST_INTERRUPTED, "stopped at step %d of %d", c->progress.step,
                   c->progress.steps);
}

static void report(struct course *c)
{
    const double t = now(CLOCK_MONOTONIC);
    if (t - c->reported < progress_every_s)
        return;
    c->reported = t;
    spool_progress(c->t->spool, &c->progress);
}

/* --- evaluating --- */

static enum status after_batch(void *context, int sequences, double flops)
{
    struct course *c = context;
    (void)sequences;
    c->progress.flops += flops;
    report(c);
    return stopped(c, NULL);
}

static enum status evaluate_split(struct course *c, const struct split_spec *split,
                                  int count, bool keep_answers, struct err *e)
{
    const struct run_spec *r = c->t->run;
    const struct evaluation_watch watch = {after_batch, c};
    struct metric_row rows[EVALUATION_METRICS];
    struct evaluation v;
    uint8_t *bits = keep_answers ? calloc((size_t)count / 8 + 1, 1) : NULL;
    if (keep_answers && !bits)
        return err_set(e, ST_NOMEM, "no memory for %d answers", count);
    snprintf(c->progress.phase, sizeof c->progress.phase, "%s", split->name);
    const struct questions q = {r, split, count, bits, &watch};
    enum status st = evaluation_split(c->trainer, c->sampler, &q, &v, e);
    if (st == ST_INTERRUPTED)
        stopped(c, e);
    if (st == ST_OK && v.available && !isfinite(v.loss))
        st =
            err_set(e, ST_NONFINITE,
                    "step %d: the loss on %s is not a finite number; lower train.lr or set "
                    "train.clip",
                    c->progress.step, split->name);
    if (st == ST_OK) {
        const int n = evaluation_metrics(&v, split->name, c->progress.step, rows);
        st = spool_metrics(c->t->spool, rows, n, e);
    }
    if (st == ST_OK && keep_answers && v.available)
        st = spool_answers(c->t->spool, split->name, bits, count, e);
    free(bits);
    return st;
}

/* Mean training loss of the steps since the last point of the curve. */
static enum status training_loss(struct course *c, struct err *e)
{
    const struct metric_row loss = {.split = "train",
                                    .name = "loss",
                                    .step = c->progress.step,
                                    .value = c->loss_sum / c->loss_steps,
                                    .count = -1,
                                    .total = -1};
    if (c->loss_steps == 0)
        return ST_OK;
    c->loss_sum = 0.0;
    c->loss_steps = 0;
    return spool_metrics(c->t->spool, &loss, 1, e);
}

/* A point of the learning curve: training loss, and the first eval_count sequences of
 * every split. */
static enum status curve_point(struct course *c, struct err *e)
{
    const struct run_spec *r = c->t->run;
    enum status st = training_loss(c, e);
    for (int i = 0; i < r->splits && st == ST_OK; i++) {
        const struct split_spec *s = &r->split[i];
        const int count = s->count < r->train.eval_count ? s->count : r->train.eval_count;
        if (count > 0)
            st = evaluate_split(c, s, count, false, e);
    }
    return st;
}

static enum status final_evaluation(struct course *c, struct err *e)
{
    const struct run_spec *r = c->t->run;
    char caveat[CAVEAT_TEXT];
    enum status st = r->train.eval_every > 0 ? training_loss(c, e) : ST_OK;
    for (int i = 0; i < r->splits && st == ST_OK; i++) {
        evaluation_caveat(r, &r->split[i], caveat);
        if (caveat[0])
            st = spool_event(c->t->spool, "caveat", caveat, e);
        if (st == ST_OK)
            st = evaluate_split(c, &r->split[i], r->split[i].count, true, e);
    }
    return st;
}

/* --- training --- */

double training_flops(const struct model_config *m, const struct batch *b)
{
    double sum = 0.0;
    for (int s = 0; s < b->sequences; s++) {
        int targets = 0;
        for (int t = b->start[s]; t < b->start[s + 1]; t++)
            targets += b->target[t] != TARGET_NONE;
        sum += model_train_flops(m, b->start[s + 1] - b->start[s], targets);
    }
    return sum;
}

static enum status one_step(struct course *c, int step, struct err *e)
{
    const double start = now(CLOCK_MONOTONIC);
    struct sampled s;
    double loss;
    sampler_train(c->sampler, step, &s);
    const enum status st = trainer_step(c->trainer, step, &s.batch, &loss, e);
    if (st)
        return st;
    c->train_s += now(CLOCK_MONOTONIC) - start;
    c->train_tokens += s.batch.start[s.batch.sequences];
    c->loss_sum += loss;
    c->loss_steps++;
    c->progress.step = step + 1;
    c->progress.loss = loss;
    c->progress.tokens_per_s = c->train_tokens / c->train_s;
    c->progress.flops += training_flops(&c->t->run->model, &s.batch);
    return ST_OK;
}

static enum status train(struct course *c, struct err *e)
{
    const struct train_settings *t = &c->t->run->train;
    const int steps = t->optimizer.steps;
    enum status st = ST_OK;
    for (int step = 0; step < steps && st == ST_OK; step++) {
        const bool point =
            t->eval_every > 0 && (step + 1) % t->eval_every == 0 && step + 1 < steps;
        snprintf(c->progress.phase, sizeof c->progress.phase, "train");
        st = one_step(c, step, e);
        if (st == ST_OK)
            report(c);
        if (st == ST_OK && point)
            st = curve_point(c, e);
        if (st == ST_OK)
            st = stopped(c, e);
    }
    return st;
}

/* --- the run --- */

/* A run whose weights cannot be kept still has its numbers. */
static enum status save_weights(struct course *c, struct err *e)
{
    const struct checkpoint_note notes[] = {
        {"format", "posbench"},
        {"identity", c->t->run->identity},
        {"config", c->t->run->config},
    };
    char text[CAVEAT_TEXT];
    struct err why;
    if (!c->t->weights || checkpoint_save_model(c->t->weights, trainer_model(c->trainer),
                                                notes, 3, &why) == ST_OK)
        return ST_OK;
    snprintf(text, sizeof text, "the weights were not kept: %.400s", why.msg);
    return spool_event(c->t->spool, "warning", text, e);
}

static enum status spool_run_cost(const struct course *c, double wall_start, struct err *e)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const struct run_cost cost = {
        .steps = c->progress.step,
        .parameters = (int64_t)model_parameters(trainer_model(c->trainer)),
        .flops = c->progress.flops,
        .wall_s = now(CLOCK_MONOTONIC) - wall_start,
        .cpu_s = now(CLOCK_PROCESS_CPUTIME_ID),
        .tokens_per_s = c->train_s > 0.0 ? c->train_tokens / c->train_s : 0.0,
        .peak_memory_mib = (double)usage.ru_maxrss / 1024.0, /* Linux counts in KiB */
    };
    return spool_cost(c->t->spool, &cost, e);
}

enum status training_run(const struct training *t, struct err *e)
{
    struct course c = {
        .t = t,
        .progress = {.steps = t->run->train.optimizer.steps, .loss = (double)NAN},
    };
    const double wall_start = now(CLOCK_MONOTONIC);
    enum status st = sampler_open(t->run, &c.sampler, e);
    if (st == ST_OK) {
        const struct trainer_config config =
            training_trainer(t->run, c.sampler, t->threads);
        st = trainer_open(&config, &c.trainer, e);
    }
    if (st == ST_OK)
        st = train(&c, e);
    if (st == ST_OK)
        st = final_evaluation(&c, e);
    if (st == ST_OK)
        st = save_weights(&c, e);
    if (st == ST_OK)
        st = spool_run_cost(&c, wall_start, e);
    trainer_close(c.trainer);
    sampler_close(c.sampler);
    return st;
}
