/* training.c -- one run: start or resume, train, evaluate, save, report the cost.
 *
 * A sampler and a trainer are opened, and a checkpoint is loaded when one fits. Then come the
 * steps, with points of the curve between them, the final evaluation, the weights and the cost.
 * Everything goes to the spool. Between steps and between parts of an evaluation the run may be
 * saved or stopped.
 * Pitfall: `now` runs ahead of `kept`, and only `kept`, with the spool up to there, goes into a
 * checkpoint. A resumed run writes all later numbers again. */
#include "training.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "safetensors.h"
#include "clock.h"
#include "evaluation.h"
#include "exposure.h"
#include "checkpoint.h"
#include "stored_run.h"

static const double progress_every_s = 0.25; /* lines to the scheduler; chosen */

/* After a checkpoint that took 1 s, none is written for this long: they cost less than 1 %. */
static const double rest_per_s = 100.0;

/* The text of a warning, such as that training starts anew. */
enum { WARNING_TEXT = 1024 };

/* The position of the run, and how much of the spool belongs to it. */
struct place {
    struct checkpoint_point at;
    off_t spool;
};

/* The state of a run. Between two steps, and after each part of an evaluation, `kept` is set to
 * `now`; in between, the run cannot be resumed at `now`. */
struct course {
    const struct training *t;
    struct sampler *sampler;
    struct trainer *trainer;
    struct run_progress progress;
    double reported; /* when progress was last sent */
    struct checkpoint_point now;
    struct place kept, saved; /* saved: that of the checkpoint */
    struct checkpoint_point begun;
    struct spool *before; /* of earlier attempts; NULL: this is the first */
    double start, next_save;
};

static struct trainer_config trainer_for(const struct run_spec *r, int threads,
                                         int max_sequences, int max_tokens)
{
    return (struct trainer_config){
        .model = r->model,
        .optimizer = r->train.optimizer,
        .seed = r->seed,
        .shards = r->train.shards,
        .threads = threads,
        .max_sequences = max_sequences,
        .max_tokens = max_tokens,
    };
}

struct trainer_config training_trainer(const struct run_spec *r, const struct sampler *s,
                                       int threads)
{
    return trainer_for(r, threads, sampler_max_sequences(s), sampler_max_tokens(s));
}

/* Returns the bytes that grow with the sequences of splits: first for telling which of them
 * training had, then for the answers to one split at a time. */
static double evaluation_bytes(const struct run_spec *r)
{
    double most = exposure_bytes(r), seen = 0.0;
    for (int i = 0; i < r->splits; i++)
        seen += r->split[i].count / 8.0;
    for (int i = 0; i < r->splits; i++) {
        const struct split_spec *s = &r->split[i];
        const double places = (double)s->count * r->task->max_length(&s->options);
        /* The bits of answers, and two digits for each of their bytes. */
        most = fmax(most, seen + s->count / 8.0 * 3 + places_bytes(places));
    }
    return most;
}

enum status training_bytes(const struct run_spec *r, int threads, double *bytes,
                           struct err *e)
{
    int sequences = 0, tokens = 0;
    const enum status st = sampler_sizes(r, &sequences, &tokens, e);
    if (st)
        return st;
    const struct trainer_config config = trainer_for(r, threads, sequences, tokens);
    const enum status sized = trainer_bytes(&config, bytes, e);
    bool two = false;
    for (int i = 0; i < r->splits; i++)
        two |= r->split[i].encoder[0] != '\0';
    if (sized == ST_OK && two)
        *bytes *= 2; /* such a split has a second model */
    if (sized == ST_OK)
        *bytes += evaluation_bytes(r);
    return sized;
}

static void report(struct course *c)
{
    const double t = clock_now();
    if (t - c->reported < progress_every_s)
        return;
    c->reported = t;
    c->progress.flops = c->now.flops - c->begun.flops;
    spool_progress(c->t->spool, &c->progress);
    if (c->t->watch)
        c->t->watch(c->t->watch_context, &c->progress);
}

/* --- checkpoints --- */

/* Marks the point where the run can be resumed. */
static void keep(struct course *c)
{
    c->kept.at = c->now;
}

/* Does the same, including what was written to the spool since. */
static void keep_spool(struct course *c)
{
    keep(c);
    c->kept.spool = spool_position(c->t->spool);
}

/* Adds the cost of this attempt so far. */
static void add_cost(const struct course *c, struct checkpoint_point *p)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double peak = (double)usage.ru_maxrss / 1024.0; /* Linux counts in KiB */
    p->wall_s = c->begun.wall_s + clock_now() - c->start;
    p->cpu_s = c->begun.cpu_s + clock_cpu();
    p->peak_memory_mib = fmax(c->begun.peak_memory_mib, peak);
}

static enum status write_checkpoint(struct course *c, struct err *e)
{
    struct checkpoint_point at = c->kept.at;
    char *reported = NULL;
    enum status st = spool_copy(c->t->spool, c->kept.spool, &reported, e);
    add_cost(c, &at);
    if (st == ST_OK)
        st = checkpoint_save(c->t->checkpoint, c->t->run, c->trainer, &at, reported, e);
    free(reported);
    return st;
}

/* Saves a checkpoint. A failure only gives a warning. */
static void save(struct course *c)
{
    const double start = clock_now();
    struct err why = {.msg = ""};
    const bool new = c->kept.at.step != c->saved.at.step || c->kept.spool != c->saved.spool;
    if (!c->t->checkpoint || !new || c->kept.at.step == 0)
        return;
    if (write_checkpoint(c, &why) == ST_OK) {
        c->saved = c->kept;
    } else {
        char text[WARNING_TEXT];
        snprintf(text, sizeof text, "no checkpoint at step %d: %.800s", c->kept.at.step,
                 why.msg);
        spool_event(c->t->spool, "warning", text, NULL);
    }
    const double end = clock_now(), every = c->t->checkpoint_every;
    c->next_save = every > 0.0 ? end + fmax(every, rest_per_s * (end - start)) : 0.0;
}

/* Saves a checkpoint when it is due or when the run must stop. */
static enum status pause_or_stop(struct course *c, struct err *e)
{
    if (c->t->stop && *c->t->stop) {
        save(c);
        return err_set(e, ST_INTERRUPTED, "stopped at step %d of %d", c->kept.at.step,
                       c->progress.steps);
    }
    if (c->t->checkpoint && clock_now() >= c->next_save)
        save(c);
    return ST_OK;
}

/* --- evaluating --- */

static enum status after_batch(void *context, int sequences, double flops)
{
    struct course *c = context;
    (void)sequences;
    c->now.flops += flops;
    report(c);
    return pause_or_stop(c, NULL);
}

/* Writes the answers, the last line of a split: a resumed run skips a split that has answers. */
static enum status report_answers(struct course *c, const struct questions *q,
                                  struct err *e)
{
    struct place_row row;
    char *strata = NULL;
    enum status st = places_row(q->places, q->split->name, &row, &strata, e);
    if (st == ST_OK)
        st = spool_places(c->t->spool, &row, e);
    if (st == ST_OK)
        st = spool_answers(c->t->spool, q->split->name, q->bits, q->count, e);
    free(strata);
    return st;
}

/* Evaluates a split; if it changes the encoder, on a second model with the same weights. */
static enum status ask_model(struct course *c, const struct questions *q,
                             struct evaluation *out, struct err *e)
{
    if (!q->split->encoder[0])
        return evaluation_split(c->trainer, c->sampler, q, out, e);
    struct trainer_config config = training_trainer(q->run, c->sampler, c->t->threads);
    struct trainer *tested = NULL;
    config.stop = c->t->stop;
    enum status st = trainer_open(&config, &tested, e);
    if (st == ST_OK) {
        struct model *from = trainer_model(c->trainer), *to = trainer_model(tested);
        assert(model_size(from) == model_size(to));
        memcpy(model_weights(to), model_weights(from),
               model_size(to) * sizeof *model_weights(to));
        st = evaluation_split(tested, c->sampler, q, out, e);
    }
    trainer_close(tested);
    return st;
}

static enum status ask_split(struct course *c, const struct questions *q, struct err *e)
{
    const char *name = q->split->name;
    struct metric_row rows[EVALUATION_METRICS_MOST], of_seen[SEEN_METRICS];
    struct evaluation v;
    enum status st = ask_model(c, q, &v, e);
    if (st == ST_INTERRUPTED)
        pause_or_stop(c, e);
    if (st == ST_OK && v.available && !isfinite(v.loss))
        st = err_set(e, ST_NONFINITE,
                     "step %d: the loss on %s is not a finite number; " TRAINER_DIVERGED,
                     c->progress.step, name);
    if (st == ST_OK) {
        const int n = evaluation_metrics(&v, name, c->progress.step, rows);
        st = spool_metrics(c->t->spool, rows, n, e);
    }
    if (st == ST_OK && q->seen) {
        const int n = evaluation_seen_metrics(&v, name, c->progress.step, of_seen);
        st = spool_metrics(c->t->spool, of_seen, n, e);
    }
    if (st == ST_OK && q->bits && v.available)
        st = report_answers(c, q, e);
    return st;
}

/* Evaluates a split. `seen` is the split's of exposure.h; it is given only at the end, where the
 * answers are kept too. */
static enum status evaluate_split(struct course *c, const struct split_spec *split,
                                  int count, const uint8_t *seen, struct err *e)
{
    const struct run_spec *r = c->t->run;
    const struct evaluation_watch watch = {after_batch, c};
    const bool keep_answers = seen != NULL;
    struct places places = {.task = r->task};
    struct run_spec tested;
    enum status st = run_spec_at_test(r, split, &tested, e);
    if (st)
        return st;
    uint8_t *bits = keep_answers ? calloc((size_t)count / 8 + 1, 1) : NULL;
    if (keep_answers && !bits)
        return err_set(e, ST_NOMEM, "no memory for %d answers", count);
    snprintf(c->progress.phase, sizeof c->progress.phase, "%s", split->name);
    const struct questions q = {.run = &tested,
                                .split = split,
                                .count = count,
                                .bits = bits,
                                .places = keep_answers ? &places : NULL,
                                .watch = &watch,
                                .seen = seen};
    st = ask_split(c, &q, e);
    places_free(&places);
    free(bits);
    return st;
}

/* Reports the mean training loss of the steps since the last point of the curve. */
static enum status training_loss(struct course *c, struct err *e)
{
    const struct metric_row loss = {.split = "train",
                                    .name = "loss",
                                    .step = c->progress.step,
                                    .value = c->now.loss_sum / c->now.loss_steps,
                                    .count = -1,
                                    .total = -1};
    if (c->now.loss_steps == 0)
        return ST_OK;
    c->now.loss_sum = 0.0;
    c->now.loss_steps = 0;
    return spool_metrics(c->t->spool, &loss, 1, e);
}

/* Makes a point of the learning curve: training loss, and the first eval_count sequences of every
 * split. */
static enum status curve_point(struct course *c, struct err *e)
{
    const struct run_spec *r = c->t->run;
    enum status st = training_loss(c, e);
    for (int i = 0; i < r->splits && st == ST_OK; i++) {
        const struct split_spec *s = &r->split[i];
        const int count = s->count < r->train.eval_count ? s->count : r->train.eval_count;
        if (count > 0)
            st = evaluate_split(c, s, count, NULL, e);
    }
    if (st == ST_OK) {
        c->now.pointed = c->now.step;
        keep_spool(c);
    }
    return st;
}

/* Evaluates one split after the last step, unless an earlier attempt did so. */
static enum status final_split(struct course *c, const struct exposure *x, int split,
                               struct err *e)
{
    const struct split_spec *s = &c->t->run->split[split];
    char caveat[CAVEAT_TEXT];
    int n;
    if (c->before && spool_answers_of(c->before, s->name, &n))
        return ST_OK;
    enum status st = ST_OK;
    evaluation_caveat(c->t->run, s, x->longest, x->split[split].longest, caveat);
    if (caveat[0])
        st = spool_event(c->t->spool, "caveat", caveat, e);
    if (st == ST_OK)
        st = evaluate_split(c, s, s->count, x->split[split].seen, e);
    if (st == ST_OK)
        keep_spool(c);
    return st;
}

static enum status pause_exposure(void *context, struct err *e)
{
    return pause_or_stop(context, e);
}

/* Reports the longest input drawn in training, unless an earlier attempt did so. */
static enum status tell_longest(struct course *c, const struct exposure *x, struct err *e)
{
    const struct metric_row longest = {.split = "train",
                                       .name = "longest",
                                       .step = c->progress.step,
                                       .value = x->longest,
                                       .count = -1,
                                       .total = -1};
    for (int i = 0; c->before && i < spool_metric_count(c->before); i++)
        if (strcmp(spool_metric(c->before, i)->name, longest.name) == 0)
            return ST_OK;
    return spool_metrics(c->t->spool, &longest, 1, e);
}

static enum status final_evaluation(struct course *c, struct err *e)
{
    const struct run_spec *r = c->t->run;
    const struct exposure_watch watch = {pause_exposure, c};
    struct exposure x = {0};
    enum status st = r->train.eval_every > 0 ? training_loss(c, e) : ST_OK;
    if (st == ST_OK)
        keep_spool(c);
    snprintf(c->progress.phase, sizeof c->progress.phase, "seen");
    if (st == ST_OK)
        st = exposure_measure(r, c->sampler, &watch, &x, e);
    if (st == ST_OK)
        st = tell_longest(c, &x, e);
    if (st == ST_OK)
        keep_spool(c);
    for (int i = 0; i < r->splits && st == ST_OK; i++)
        st = final_split(c, &x, i, e);
    exposure_free(&x);
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

static enum status one_step(struct course *c, struct err *e)
{
    const double start = clock_now();
    struct checkpoint_point *p = &c->now;
    struct sampled s;
    double loss;
    sampler_train(c->sampler, p->step, &s);
    const enum status st = trainer_step(c->trainer, p->step, &s.batch, &loss, e);
    if (st)
        return st;
    p->train_s += clock_now() - start;
    p->train_tokens += s.batch.start[s.batch.sequences];
    p->loss_sum += loss;
    p->loss_steps++;
    p->step++;
    p->flops += training_flops(&c->t->run->model, &s.batch);
    c->progress.step = p->step;
    c->progress.loss = loss;
    c->progress.tokens_per_s = p->train_tokens / p->train_s;
    keep(c);
    return ST_OK;
}

/* Returns true when a point of the curve belongs here and is not complete. */
static bool point_due(const struct course *c)
{
    const struct train_settings *t = &c->t->run->train;
    const int step = c->now.step;
    return t->eval_every > 0 && step > 0 && step % t->eval_every == 0 &&
           step < t->optimizer.steps && step != c->now.pointed;
}

static enum status train(struct course *c, struct err *e)
{
    const int steps = c->t->steps ? c->t->steps : c->t->run->train.optimizer.steps;
    for (;;) {
        enum status st = point_due(c) ? curve_point(c, e) : ST_OK;
        if (st == ST_OK)
            st = pause_or_stop(c, e);
        if (st || c->now.step >= steps)
            return st;
        snprintf(c->progress.phase, sizeof c->progress.phase, "train");
        st = one_step(c, e);
        if (st)
            return st == ST_INTERRUPTED ? pause_or_stop(c, e) : st;
        report(c);
    }
}

/* --- the run --- */

/* Saves the weights. A failure only gives a warning, since the numbers are still valid. */
static enum status save_weights(struct course *c, struct err *e)
{
    struct safetensors_note notes[STORED_NOTES];
    char text[CAVEAT_TEXT];
    struct err why;
    stored_run_notes(c->t->run, notes);
    if (!c->t->weights || safetensors_save_model(c->t->weights, trainer_model(c->trainer),
                                                 notes, STORED_NOTES, &why) == ST_OK)
        return ST_OK;
    snprintf(text, sizeof text, SPOOL_NO_WEIGHTS ": %.400s", why.msg);
    return spool_event(c->t->spool, "warning", text, e);
}

static enum status spool_run_cost(const struct course *c, struct err *e)
{
    struct checkpoint_point p = c->now;
    add_cost(c, &p);
    const struct run_cost cost = {
        .steps = p.step,
        .parameters = (int64_t)model_parameters(trainer_model(c->trainer)),
        .flops = p.flops,
        .wall_s = p.wall_s,
        .cpu_s = p.cpu_s,
        .tokens_per_s = p.train_s > 0.0 ? p.train_tokens / p.train_s : 0.0,
        .peak_memory_mib = p.peak_memory_mib,
    };
    return spool_cost(c->t->spool, &cost, e);
}

static enum status open_trainer(struct course *c, struct err *e)
{
    struct trainer_config config = training_trainer(c->t->run, c->sampler, c->t->threads);
    config.stop = c->t->stop;
    trainer_close(c->trainer);
    c->trainer = NULL;
    return trainer_open(&config, &c->trainer, e);
}

/* Reports the resumption. Another program or machine may round differently; then there is a
 * warning, since no single one can reproduce these bits. */
static enum status tell_resumption(struct course *c, const char *maker, struct err *e)
{
    char here[CHECKPOINT_MAKER], text[2 * CHECKPOINT_MAKER + 160];
    checkpoint_maker(here);
    snprintf(text, sizeof text, "goes on at step %d of %d", c->now.step, c->progress.steps);
    enum status st = spool_event(c->t->spool, "info", text, e);
    if (st || strcmp(here, maker) == 0)
        return st;
    snprintf(text, sizeof text,
             "up to step %d it was made with %s, from there with %s; the bits may differ "
             "from those of one of them alone",
             c->now.step, maker, here);
    return spool_event(c->t->spool, "warning", text, e);
}

static enum status tell_refusal(struct course *c, const char *why, struct err *e)
{
    char text[WARNING_TEXT];
    snprintf(text, sizeof text, "begins anew: %.900s", why);
    return spool_event(c->t->spool, "warning", text, e);
}

/* Loads the checkpoint if there is one that fits. */
static enum status take_up(struct course *c, struct err *e)
{
    struct checkpoint_found found = {0};
    struct err why = {.msg = ""};
    enum status st = c->t->checkpoint ? checkpoint_load(c->t->checkpoint, c->t->run,
                                                        c->trainer, &found, &why)
                                      : ST_NOTFOUND;
    if (st == ST_OK)
        st = spool_replay(c->t->spool, found.reported, &c->before, &why);
    free(found.reported);
    if (st == ST_NOTFOUND)
        return ST_OK;
    if (st) {
        /* The trainer may hold half of the checkpoint. */
        st = open_trainer(c, e);
        return st ? st : tell_refusal(c, why.msg, e);
    }
    c->begun = c->now = found.at;
    c->progress.step = found.at.step;
    keep_spool(c);
    c->saved = c->kept;
    return tell_resumption(c, found.maker, e);
}

enum status training_run(const struct training *t, struct err *e)
{
    struct course c = {
        .t = t,
        .progress = {.steps = t->run->train.optimizer.steps, .loss = (double)NAN},
        .start = clock_now(),
    };
    c.next_save = c.start + t->checkpoint_every;
    enum status st = sampler_open(t->run, &c.sampler, e);
    if (st == ST_OK)
        st = open_trainer(&c, e);
    if (st == ST_OK)
        st = take_up(&c, e);
    if (st == ST_OK)
        st = train(&c, e);
    const bool whole = t->steps == 0;
    if (st == ST_OK && whole)
        st = final_evaluation(&c, e);
    if (st == ST_OK && whole)
        st = save_weights(&c, e);
    if (st == ST_OK && whole)
        st = spool_run_cost(&c, e);
    spool_free(c.before);
    trainer_close(c.trainer);
    sampler_close(c.sampler);
    return st;
}
