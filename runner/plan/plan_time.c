/* plan_time.c -- estimates how long the runs of a plan take on this machine.
 *
 * seconds = start + FLOPs / rate. Both belong to a shape: task, encoder and the sizes of the
 * model. The rate comes from runs of that shape that are done on this kind of CPU, whose time
 * includes everything (data, evaluation, other workers); else from a few training steps tried
 * here; else, when the time for trying is used up, from the tried shapes with the same encoder,
 * or from all of them.
 *
 * Tried steps compete with everything else that the machine does. The processor time of the
 * fastest step tells how long runs take on a quiet machine; the clock over all steps tells how
 * long they take if it stays as busy. (On a busy machine the clock is no use even for the fastest
 * step: it is interrupted if it is longer than the scheduler's few milliseconds.) Shapes of equal
 * sizes do the same work and share their fastest step.
 *
 * The time of a run of ten steps is mostly its start. So the FLOP/s of brief runs are used only
 * for runs of about their length or less; with the rate of other runs they tell the time of the
 * start. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "cores.h"
#include "provenance.h"
#include "training.h"

enum {
    SHAPE_TEXT = 320,
    PROBE_TOKENS = 1024, /* of one training step; more do not change the rate */
    PROBE_STEPS = 50     /* at most for one shape; chosen, like the three below */
};

static const double probe_s = 0.5; /* for one shape, after its first step */
static const double brief_s = 1.0; /* a shorter run tells little about longer ones */
static const double alike = 2.0;   /* most FLOPs of a run to come, relative to brief runs */

struct work {
    double flops, seconds; /* 0: none */
    int runs;
};

struct shape {
    char key[SHAPE_TEXT];
    const struct run_spec *run; /* a run of this shape */
    double most;                /* FLOPs of the largest run to come */
    struct work brief, lasting; /* runs that are done, by their length */
    struct work tried;
    double fastest;                /* FLOP/s of the fastest step tried; 0: none */
    double start, rate, slow_rate; /* s; FLOP/s; FLOP/s if the machine stays as busy */
};

struct shapes {
    struct shape *at; /* [n], by key */
    int n;
};

static void shape_key(const struct run_spec *r, char key[SHAPE_TEXT])
{
    snprintf(key, SHAPE_TEXT, "%s|%s|%d|%d|%d|%d|%d|%d", r->task->name, r->variant,
             r->model.layers, r->model.heads, r->model.dim, r->model.ff,
             r->model.trained_length, r->model.vocabulary);
}

static int compare_shapes(const void *a, const void *b)
{
    return strcmp(((const struct shape *)a)->key, ((const struct shape *)b)->key);
}

static struct shape *find_shape(const struct shapes *s, const struct run_spec *r)
{
    struct shape key;
    shape_key(r, key.key);
    return bsearch(&key, s->at, (size_t)s->n, sizeof key, compare_shapes);
}

/* Collects the distinct shapes of the runs to do. */
static enum status collect(const struct plan *p, struct shapes *s, struct err *e)
{
    int kept = 0;
    s->at = calloc((size_t)p->n + 1, sizeof *s->at);
    if (!s->at)
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", p->n);
    for (int i = 0; i < p->n; i++)
        if (plan_costs(&p->item[i])) {
            s->at[s->n].run = p->item[i].run;
            s->at[s->n].most = p->item[i].flops;
            shape_key(p->item[i].run, s->at[s->n++].key);
        }
    qsort(s->at, (size_t)s->n, sizeof *s->at, compare_shapes);
    for (int i = 0; i < s->n; i++)
        if (kept == 0 || compare_shapes(&s->at[i], &s->at[kept - 1]) != 0)
            s->at[kept++] = s->at[i];
        else
            s->at[kept - 1].most = fmax(s->at[kept - 1].most, s->at[i].most);
    s->n = kept;
    return ST_OK;
}

/* --- from runs that are done --- */

static enum status add_done(void *context, int columns, const char *const *names,
                            const char *const *cells, struct err *e)
{
    const struct shapes *s = context;
    struct run_spec r = {0};
    (void)columns;
    (void)names;
    (void)e;
    /* A run that cannot be parsed now, for instance because its task is gone, is skipped. */
    if (!cells[0] || !cells[1] || !cells[2] || run_spec_parse(cells[0], &r, NULL) != ST_OK)
        return ST_OK;
    struct shape *shape = find_shape(s, &r);
    run_spec_free(&r);
    if (shape) {
        const double flops = strtod(cells[1], NULL), seconds = strtod(cells[2], NULL);
        struct work *w = seconds < brief_s ? &shape->brief : &shape->lasting;
        w->flops += flops;
        w->seconds += seconds;
        w->runs++;
    }
    return ST_OK;
}

static enum status learn_from_done(struct store *db, struct shapes *s, struct err *e)
{
    const char *const cpu[] = {provenance_cpu()};
    return store_query(db,
                       "SELECT r.config, r.flops, r.wall_s "
                       "FROM run AS r JOIN provenance AS p ON p.id = r.provenance_id "
                       "WHERE r.state = 'done' AND r.wall_s > 0 AND r.flops > 0 "
                       "AND p.cpu = ?1",
                       cpu, 1, add_done, s, e);
}

/* --- from a few steps --- */

static enum status probe_step(struct trainer *t, struct sampler *s,
                              const struct run_spec *r, int step, double *flops,
                              struct err *e)
{
    struct sampled b;
    double loss;
    sampler_train(s, step, &b);
    *flops = training_flops(&r->model, &b.batch);
    return trainer_step(t, step, &b.batch, &loss, e);
}

/* Adds the time of a step; small_run gives each thread of the trainer one shard. */
static enum status time_step(struct trainer *t, struct sampler *s, const struct run_spec *r,
                             int step, struct shape *shape, struct err *e)
{
    const int threads = r->train.shards;
    double flops = 0.0;
    const double start = clock_now(), start_cpu = clock_cpu();
    const enum status st = probe_step(t, s, r, step, &flops, e);
    const double spent = clock_now() - start;
    const double alone = fmin(spent, (clock_cpu() - start_cpu) / threads);
    shape->tried.flops += flops;
    shape->tried.seconds += spent;
    if (alone > 0.0)
        shape->fastest = fmax(shape->fastest, flops / alone);
    return st;
}

/* Times steps of one shape. The first step has cold caches; it counts only when it took so long
 * that there is no time for another. */
static enum status probe_steps(struct trainer *t, struct sampler *s,
                               const struct run_spec *r, struct shape *shape, struct err *e)
{
    enum status st = time_step(t, s, r, 0, shape, e);
    if (st || shape->tried.seconds >= probe_s)
        return st;
    shape->tried = (struct work){0};
    shape->fastest = 0.0;
    for (int i = 1; i < PROBE_STEPS && st == ST_OK && shape->tried.seconds < probe_s; i++)
        st = time_step(t, s, r, i, shape, e);
    return st;
}

/* Returns the run with a training batch of few tokens and nothing to evaluate. */
static struct run_spec small_run(const struct run_spec *r, int threads)
{
    struct run_spec small = *r;
    const int fit = PROBE_TOKENS * threads / r->task->max_length(&r->task_options);
    const int most = fit > threads ? fit : threads;
    small.train.samples = 0;
    small.train.batch = r->train.batch < most ? r->train.batch : most;
    small.train.shards = threads;
    small.splits = 0;
    return small;
}

/* Times a shape. A shape whose steps fail, for lack of memory or because the loss diverges, gets
 * no rate: planning goes on, and `run` will report the fault. */
static void probe(struct shape *shape, int threads)
{
    const struct run_spec small = small_run(shape->run, threads);
    struct sampler *s = NULL;
    struct trainer *t = NULL;
    enum status st = sampler_open(&small, &s, NULL);
    if (st == ST_OK) {
        const struct trainer_config config = training_trainer(&small, s, threads);
        st = trainer_open(&config, &t, NULL);
    }
    if (st == ST_OK)
        st = probe_steps(t, s, &small, shape, NULL);
    if (st) {
        shape->tried = (struct work){0};
        shape->fastest = 0.0;
    }
    trainer_close(t);
    sampler_close(s);
}

/* Returns true when all runs to come are about as long as the brief ones that are done. */
static bool all_brief(const struct shape *x)
{
    return x->lasting.runs == 0 && x->brief.runs > 0 &&
           x->most <= alike * x->brief.flops / x->brief.runs;
}

/* Tries the shapes that have no rate, evenly spread over their order when there are too many. */
static enum status probe_some(struct shapes *s, int threads, double budget_s, struct err *e)
{
    int unknown = 0, *index = calloc((size_t)s->n + 1, sizeof *index);
    if (!index)
        return err_set(e, ST_NOMEM, "no memory for %d shapes", s->n);
    for (int i = 0; i < s->n; i++)
        if (s->at[i].lasting.runs == 0 && !all_brief(&s->at[i]))
            index[unknown++] = i;
    const int time = (int)(budget_s / (2.0 * probe_s));
    const int fit = time > 1 ? time : 1; /* one shape can give its rate to the others */
    const int tries = unknown < fit ? unknown : fit;
    const double start = clock_now();
    for (int i = 0; i < tries && clock_now() - start < budget_s; i++)
        probe(&s->at[index[(int64_t)i * unknown / tries]], threads);
    free(index);
    return ST_OK;
}

/* --- putting it together --- */

/* Returns true when steps of the two do the same work. Not so when one has sequences of more than
 * twice the length, since attention then has another share. */
static bool equal_sizes(const struct run_spec *a, const struct run_spec *b)
{
    const struct model_config *x = &a->model, *y = &b->model;
    return strcmp(a->variant, b->variant) == 0 && x->layers == y->layers &&
           x->heads == y->heads && x->dim == y->dim && x->ff == y->ff &&
           x->trained_length <= 2 * y->trained_length &&
           y->trained_length <= 2 * x->trained_length;
}

static void share_fastest(struct shapes *s)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->n && s->at[i].fastest > 0.0; k++)
            if (s->at[k].fastest > 0.0 && equal_sizes(s->at[i].run, s->at[k].run))
                s->at[k].fastest = fmax(s->at[k].fastest, s->at[i].fastest);
}

/* Returns FLOPs and seconds that tell the rate of longer runs of the shape, on a quiet machine or
 * on one as busy as now; 0 seconds: unknown. */
static struct work steady(const struct shape *x, bool busy)
{
    if (x->lasting.runs > 0)
        return x->lasting;
    if (busy || x->fastest <= 0.0)
        return x->tried;
    return (struct work){x->tried.flops, x->tried.flops / x->fastest, 0};
}

/* FLOP/s of similar shapes: of equal sizes, of the same encoder, or all. */
enum likeness { ALIKE_SIZES, ALIKE_ENCODER, ALIKE_ALL };

static double mean_rate(const struct shapes *s, const struct shape *x, enum likeness how,
                        bool busy)
{
    double flops = 0.0, seconds = 0.0;
    for (int i = 0; i < s->n; i++) {
        const struct run_spec *r = s->at[i].run;
        if ((how == ALIKE_SIZES && !equal_sizes(r, x->run)) ||
            (how == ALIKE_ENCODER && strcmp(r->encoder, x->run->encoder) != 0))
            continue;
        const struct work w = steady(&s->at[i], busy);
        flops += w.flops;
        seconds += w.seconds;
    }
    return seconds > 0.0 ? flops / seconds : (double)NAN;
}

/* Returns the rate of the shape, or of similar ones; NaN when nothing is known. */
static double steady_rate(const struct shapes *s, const struct shape *x, bool busy)
{
    const struct work w = steady(x, busy);
    double rate = w.seconds > 0.0 ? w.flops / w.seconds : (double)NAN;
    for (int how = ALIKE_SIZES; isnan(rate) && how <= ALIKE_ALL; how++)
        rate = mean_rate(s, x, (enum likeness)how, busy);
    return rate;
}

static void set_rates(struct shapes *s)
{
    share_fastest(s);
    for (int i = 0; i < s->n; i++) {
        struct shape *x = &s->at[i];
        const struct work *w = &x->brief;
        const double brief = w->runs > 0 ? w->flops / w->seconds : (double)NAN;
        x->rate = all_brief(x) ? brief : steady_rate(s, x, false);
        x->slow_rate = all_brief(x) ? brief : steady_rate(s, x, true);
        if (w->runs == 0 || isnan(x->rate))
            continue;
        /* Longer runs are no slower than brief ones, even if the steps tried on a busy machine
         * were. */
        if (x->lasting.runs == 0) {
            x->rate = fmax(x->rate, brief);
            x->slow_rate = fmax(x->slow_rate, brief);
        }
        x->start = fmax(0.0, (w->seconds - w->flops / x->rate) / w->runs);
    }
}

enum status plan_time(struct plan *p, struct store *db, int threads, double budget_s,
                      struct err *e)
{
    struct shapes s = {0};
    enum status st = collect(p, &s, e);
    if (st == ST_OK && db && s.n > 0)
        st = learn_from_done(db, &s, e);
    if (st == ST_OK && s.n > 0)
        st = probe_some(&s, threads, budget_s, e);
    if (st == ST_OK)
        set_rates(&s);
    for (int i = 0; i < p->n && st == ST_OK; i++)
        if (plan_costs(&p->item[i])) {
            const struct shape *x = find_shape(&s, p->item[i].run);
            p->item[i].seconds = x->start + p->item[i].flops / x->rate;
            p->item[i].slow_seconds = x->start + p->item[i].flops / x->slow_rate;
        }
    const int at_once = cores_usable() / threads;
    p->at_once = at_once > 1 ? at_once : 1;
    free(s.at);
    return st;
}
