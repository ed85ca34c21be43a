/* plan.c -- decides what `run` does with each run of the matrix, and at what cost.
 *
 * States are read from the database once, sorted by identity, and each run gets a decision and a
 * reason. FLOPs are estimated from a few samples of each law. The matrix is dealt to shards by
 * FLOPs, filters narrow it, and checkpoints reduce what is left. plan_sum adds up.
 * Pitfall: with shards everything is planned first, including what no filter asks for, so that
 * filters and states cannot move a run from one shard to another. */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choice.h"
#include "evaluation.h"
#include "filter.h"
#include "leftovers.h"
#include "checkpoint.h"
#include "run_filter.h"
#include "run_state.h"

/* --- what the database knows --- */

struct known {
    char identity[IDENTITY_TEXT];
    const char *state;
    bool removed;
    bool again; /* done, then begun again and not ended */
    char error[PLAN_REASON];
};

struct known_list {
    struct known *at;
    int n, room;
};

static const char *state_or_new(const char *text)
{
    const char *state = run_state_find(text);
    return state ? state : RUN_NEW;
}

static enum status add_known(void *context, int columns, const char *const *names,
                             const char *const *cells, struct err *e)
{
    struct known_list *list = context;
    (void)names;
    assert(columns == 5);
    if (list->n == list->room) {
        const int room = list->room ? 2 * list->room : 64;
        struct known *more = realloc(list->at, (size_t)room * sizeof *more);
        if (!more)
            return err_set(e, ST_NOMEM, "no memory for %d runs", room);
        list->at = more;
        list->room = room;
    }
    struct known *k = &list->at[list->n++];
    snprintf(k->identity, sizeof k->identity, "%s", store_cell(cells[0]));
    k->removed = cells[3] != NULL;
    k->state = state_or_new(k->removed ? NULL : cells[1]);
    k->again = !k->removed && cells[4];
    snprintf(k->error, sizeof k->error, "%s", store_cell(cells[2]));
    k->error[strcspn(k->error, "\n")] = '\0';
    return ST_OK;
}

static int compare_known(const void *a, const void *b)
{
    return strcmp(((const struct known *)a)->identity, ((const struct known *)b)->identity);
}

static const struct known *find_known(const struct known_list *list, const char *identity)
{
    struct known key;
    snprintf(key.identity, sizeof key.identity, "%s", identity);
    return list->n ? bsearch(&key, list->at, (size_t)list->n, sizeof key, compare_known)
                   : NULL;
}

static enum status read_known(struct store *db, struct known_list *list, struct err *e)
{
    const enum status st = store_query(
        db, "SELECT identity, state, error, removed, " STORE_BEGUN_AGAIN " FROM run", NULL,
        0, add_known, list, e);
    if (st == ST_OK && list->n)
        qsort(list->at, (size_t)list->n, sizeof *list->at, compare_known);
    return st;
}

/* --- deciding --- */

/* Decides about a run that was begun and has no end in the database. False: no worker is training
 * it, and it left no spool with an end. */
static bool decide_begun(struct plan_item *item, const struct plan_request *q)
{
    const enum leftover left =
        q->db ? leftovers_look(q->db, item->run->identity) : LEFT_NOTHING;
    item->begun = true;
    item->stores = left == LEFT_DONE;
    /* Without a spool, its worker is just starting. */
    item->works = q->at_work && (left == LEFT_BUSY || left == LEFT_NOTHING);
    if (item->stores) {
        item->cause = "ended";
        snprintf(item->reason, sizeof item->reason, "has ended; will be stored");
    } else if (item->works) {
        item->cause = "at work";
        snprintf(item->reason, sizeof item->reason, "is at work, process %ld", q->at_work);
    }
    return item->stores || item->works;
}

/* The second plan of a call, made when the trials have ended, runs again only what waited for
 * them: the first plan has run the rest again already. */
static enum plan_rerun asked_again(const struct run_spec *r, const struct plan_request *q)
{
    bool waited = false;
    for (int i = 0; q->before && i < q->before->n && !waited; i++)
        waited = q->before->item[i].waits && q->before->item[i].run->choice == r->choice;
    return !q->before || (waited && r->tuned == TUNED_CANDIDATE && !r->is_trial)
               ? q->rerun
               : RERUN_NONE;
}

static void decide(struct plan_item *item, const struct known *k,
                   const struct plan_request *q)
{
    const enum plan_rerun rerun = asked_again(item->run, q);
    const char *why = "", *error = "";
    item->state = k ? k->state : RUN_NEW;
    item->cause = item->state;
    if (k && (k->again || strcmp(item->state, RUN_RUNNING) == 0) && decide_begun(item, q))
        return;
    item->runs = true;
    if (strcmp(item->state, RUN_DONE) == 0) {
        item->runs = rerun == RERUN_ALL;
        item->cause = item->runs ? "asked" : RUN_DONE;
        why = item->runs    ? "done; again as asked"
              : item->begun ? "done; was begun again and did not end"
                            : RUN_DONE;
    } else if (strcmp(item->state, RUN_FAILED) == 0) {
        item->runs = rerun != RERUN_NONE;
        why = item->runs ? "failed, again as asked" : "stays failed without --rerun failed";
        error = k->error;
    } else if (strcmp(item->state, RUN_INTERRUPTED) == 0) {
        why = "was interrupted";
        error = k->error;
    } else if (strcmp(item->state, RUN_RUNNING) == 0)
        why = "was begun and did not end";
    else if (k && k->removed) {
        item->cause = "removed";
        why = "was removed";
    } else
        why = "not run yet";
    snprintf(item->reason, sizeof item->reason, "%s%s%.200s", why, error[0] ? ": " : "",
             error);
}

static enum status nothing(const struct plan_request *q, struct err *e)
{
    const struct config *c = q->config;
    char advice[FILTER_ADVICE];
    if (!q->n_only)
        return err_set(e, ST_NOTFOUND, "%s has no run in profile %s", c->path, c->profile);
    run_filter_advice(c->run, c->runs, q->only, q->n_only, advice);
    return err_set(e, ST_NOTFOUND, "no run of %s with profile %s matches --only%s", c->path,
                   c->profile, advice);
}

/* The state of choosing runs. */
struct choosing {
    const struct plan_request *q;
    const struct known_list *known;
    const struct choices *choices;
    int matching;
};

/* Adds run `i` of the config, whatever its state; NULL: it is left out. A matrix that is dealt
 * to shards keeps the runs that nobody asked for and puts them last, so that the choice of runs
 * does not move any from one shard to another. */
static struct plan_item *add_item(struct plan *p, struct choosing *c, int i)
{
    const struct plan_request *q = c->q;
    const struct run_spec *r = &q->config->run[i];
    const bool matches = run_matches(r, NULL, q->only, q->n_only);
    c->matching += matches;
    if (!matches && q->shards == 0)
        return NULL;
    struct plan_item *item = &p->item[p->n++];
    *item =
        (struct plan_item){.run = r, .seconds = (double)NAN, .slow_seconds = (double)NAN};
    decide(item, find_known(c->known, r->identity), q);
    return item;
}

/* Adds run `i` in place of the value that will be chosen when the trials have ended. `trials`:
 * how many of them this plan has. */
static void add_waiting(struct plan *p, struct choosing *c, int i, int trials)
{
    const struct choice *x = &c->choices->at[c->choices->of[i]];
    struct plan_item *item = add_item(p, c, i);
    if (!item)
        return;
    item->runs = item->stores = item->works = item->begun = false;
    item->waits = true;
    item->state = RUN_NEW;
    item->cause = "tuning";
    if (x->failed)
        snprintf(item->reason, sizeof item->reason,
                 "after tuning, of which %d of %d runs failed; see --rerun failed",
                 x->failed, x->trials);
    else if (x->open == 0 && x->value < 0)
        snprintf(item->reason, sizeof item->reason,
                 "after tuning, where every value diverged; try lower ones");
    else
        snprintf(item->reason, sizeof item->reason, "after tuning%s",
                 trials < x->open ? ", some of whose runs --only leaves out" : "");
}

/* Adds a run with the chosen value. One of the trials may be the same run. */
static void add_chosen(struct plan *p, struct choosing *c, int i)
{
    struct plan_item *item = add_item(p, c, i);
    for (int k = p->n - 2; item && k >= 0; k--) {
        const struct run_spec *other = p->item[k].run;
        if (other->choice != item->run->choice)
            break;
        item->twice = item->twice || strcmp(other->identity, item->run->identity) == 0;
    }
}

/* Adds the runs of one choice: its trials, then its wanted seeds, which have the chosen value
 * or wait for it. A wanted seed that is also tried counts as a trial, whatever is chosen. */
static void add_choice(struct plan *p, struct choosing *c, const struct choice *x)
{
    const struct config *config = c->q->config;
    int trials = 0, again = 0;
    for (int i = x->first; i < x->end; i++) {
        const struct plan_item *item =
            config->run[i].tuned == TUNED_TRIAL ? add_item(p, c, i) : NULL;
        trials += item != NULL;
        again +=
            item && item->runs && run_matches(item->run, NULL, c->q->only, c->q->n_only);
    }
    const bool chosen = x->value >= 0 && again == 0;
    for (int i = x->first; i < x->end; i++) {
        const struct run_spec *r = &config->run[i];
        if (r->tuned != TUNED_CANDIDATE)
            continue;
        if (chosen && r->value == x->value)
            add_chosen(p, c, i);
        else if (!chosen && r->value == 0 && !r->is_trial)
            add_waiting(p, c, i, trials);
    }
}

static enum status choose(struct plan *p, struct choosing *c, struct err *e)
{
    for (int i = 0; i < c->q->config->runs; i++) {
        const int of = c->choices->of[i];
        if (of < 0)
            add_item(p, c, i);
        else if (c->choices->at[of].first == i)
            add_choice(p, c, &c->choices->at[of]);
    }
    return c->matching ? ST_OK : nothing(c->q, e);
}

/* --- shards --- */

/* One shard gets a load as a whole: a run, or all runs of a choice, so that no shard waits for
 * the trials of another. */
struct load {
    const struct plan_item *item; /* the first one */
    double flops;
    int number; /* index before sorting */
};

/* Sorts the largest first. FLOPs are sums of products of integers, in IEEE doubles and in a fixed
 * order, so they are the same on every machine. */
static int compare_loads(const void *a, const void *b)
{
    const struct load *x = a, *y = b;
    if (x->flops != y->flops)
        return x->flops < y->flops ? 1 : -1;
    return strcmp(x->item->run->identity, y->item->run->identity);
}

/* Fills `load`, and of[i] with the load that item i is part of; returns how many loads there
 * are. The sizes of loads must not depend on what a database knows of a choice. So a wanted
 * seed that is also a trial adds nothing, since the plan has it only once the choice is known,
 * and each other seed adds as much as the first value does. */
static int gather_loads(const struct plan *p, struct load *load, int *of)
{
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        const struct run_spec *r = p->item[i].run;
        if (i == 0 || r->choice == 0 || p->item[i - 1].run->choice != r->choice) {
            load[n] = (struct load){.item = &p->item[i], .number = n};
            n++;
        }
        if (!r->is_trial)
            load[n - 1].flops +=
                r->tuned == TUNED_CANDIDATE ? load[n - 1].item->flops : p->item[i].flops;
        of[i] = n - 1;
    }
    return n;
}

/* Sets shard[i], from 0, for item i. */
static enum status assign(const struct plan *p, int shards, int *shard, struct err *e)
{
    struct load *load = calloc((size_t)p->n + 1, sizeof *load);
    int *dealt = calloc((size_t)p->n + 1, sizeof *dealt); /* [loads]: the shard of each */
    double *sum = calloc((size_t)shards, sizeof *sum);
    const bool ok = load && dealt && sum;
    const int n = ok ? gather_loads(p, load, shard) : 0;
    if (ok)
        qsort(load, (size_t)n, sizeof *load, compare_loads);
    for (int i = 0; i < n; i++) {
        int least = 0;
        for (int k = 1; k < shards; k++)
            if (sum[k] < sum[least])
                least = k;
        sum[least] += load[i].flops;
        dealt[load[i].number] = least;
    }
    for (int i = 0; ok && i < p->n; i++)
        shard[i] = dealt[shard[i]];
    free(load);
    free(dealt);
    free(sum);
    return ok ? ST_OK : err_set(e, ST_NOMEM, "no memory for %d shards", shards);
}

/* Keeps the items that were asked for and belong to the shard. */
static enum status narrow(struct plan *p, const struct plan_request *q, struct err *e)
{
    const bool sharded = q->shards > 0;
    int kept = 0;
    int *shard = calloc((size_t)p->n + 1, sizeof *shard);
    p->matrix = calloc((size_t)p->n + 1, sizeof(const struct run_spec *));
    if (!shard || !p->matrix) {
        free(shard);
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", p->n);
    }
    const enum status st = sharded ? assign(p, q->shards, shard, e) : ST_OK;
    for (int i = 0; i < p->n && st == ST_OK; i++) {
        const struct plan_item *item = &p->item[i];
        const bool stays = run_matches(item->run, item->state, q->only, q->n_only) &&
                           (!sharded || shard[i] == q->shard - 1);
        if (!item->waits &&
            (stays || (sharded && run_matches(item->run, NULL, q->only, q->n_only))))
            p->matrix[p->n_matrix++] = p->item[i].run;
        if (stays)
            p->item[kept++] = p->item[i];
    }
    free(shard);
    p->n = kept;
    return st == ST_OK && kept == 0 && !sharded ? nothing(q, e) : st;
}

/* --- FLOPs --- */

/* TRIED samples of a law are drawn, and their mean length and targets stand for all. Another
 * number would change the estimated FLOPs and with them the shards of runs. Chosen. */
enum { TRIED = 64 };

struct law {
    const struct task *task;
    struct option_values options;
};

/* The samples of one law. */
struct tried {
    int length[TRIED], targets[TRIED], scored[TRIED];
};

struct laws {
    struct law *at;      /* [n], sorted */
    struct tried *tried; /* [n] */
    int n;
};

static int compare_laws(const void *a, const void *b)
{
    const struct law *x = a, *y = b;
    int order = strcmp(x->task->name, y->task->name);
    for (int i = 0; i < OPTIONS_MAX && order == 0; i++)
        order = (x->options.v[i] > y->options.v[i]) - (x->options.v[i] < y->options.v[i]);
    return order;
}

static void add_law(struct laws *laws, const struct task *t, const struct option_values *o)
{
    laws->at[laws->n++] = (struct law){.task = t, .options = *o};
}

static void drop_doubles(struct laws *laws)
{
    int kept = 0;
    qsort(laws->at, (size_t)laws->n, sizeof *laws->at, compare_laws);
    for (int i = 0; i < laws->n; i++)
        if (i == 0 || compare_laws(&laws->at[i], &laws->at[kept - 1]) != 0)
            laws->at[kept++] = laws->at[i];
    laws->n = kept;
}

/* Draws the samples. False: no memory. */
static bool try_law(const struct law *w, struct tried *out)
{
    const size_t room = (size_t)w->task->max_length(&w->options);
    struct sample s = {.token = calloc(room, sizeof *s.token),
                       .target = calloc(room, sizeof *s.target),
                       .scored = calloc(room, sizeof *s.scored)};
    const bool ok = s.token && s.target && s.scored;
    for (int i = 0; i < TRIED && ok; i++) {
        struct rng stream = task_train_stream(w->task, 0, (uint64_t)i);
        w->task->generate(&w->options, &stream, &s);
        out->length[i] = s.length;
        for (int t = 0; t < s.length; t++) {
            out->targets[i] += s.target[t] != TARGET_NONE;
            out->scored[i] += s.scored[t] != 0;
        }
    }
    free(s.token);
    free(s.target);
    free(s.scored);
    return ok;
}

/* Tries the generator in a child process, since the generator of a plug-in may crash or never
 * end. If the child fails, the run will fail too; it is planned with the longest samples. */
static bool try_apart(const struct law *w, struct tried *out)
{
    enum { PATIENCE_S = 10 }; /* for TRIED samples; chosen */
    int how = -1;
    struct tried *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(PATIENCE_S);
        _exit(try_law(w, shared) ? 0 : 1);
    }
    while (child > 0 && waitpid(child, &how, 0) < 0 && errno == EINTR)
        ;
    *out = *shared;
    munmap(shared, sizeof *shared);
    const int most = w->task->max_length(&w->options);
    for (int i = 0; i < TRIED && how != 0; i++)
        out->length[i] = out->targets[i] = out->scored[i] = most;
    return true;
}

static enum status try_laws(const struct plan *p, struct laws *laws, struct err *e)
{
    size_t room = 1;
    for (int i = 0; i < p->n; i++)
        room += (size_t)p->item[i].run->splits + 1;
    laws->at = calloc(room, sizeof *laws->at);
    if (!laws->at)
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", p->n);
    for (int i = 0; i < p->n; i++) {
        const struct run_spec *r = p->item[i].run;
        add_law(laws, r->task, &r->task_options);
        for (int s = 0; s < r->splits; s++)
            add_law(laws, r->task, &r->split[s].options);
    }
    drop_doubles(laws);
    laws->tried = calloc((size_t)laws->n + 1, sizeof *laws->tried);
    for (int i = 0; i < laws->n; i++)
        if (!laws->tried ||
            !(task_is_added(laws->at[i].task) ? try_apart(&laws->at[i], &laws->tried[i])
                                              : try_law(&laws->at[i], &laws->tried[i])))
            return err_set(e, ST_NOMEM, "no memory for a sample of %s",
                           laws->at[i].task->name);
    return ST_OK;
}

static const struct tried *find_tried(const struct laws *laws, const struct task *t,
                                      const struct option_values *o)
{
    const struct law key = {.task = t, .options = *o};
    const struct law *law =
        bsearch(&key, laws->at, (size_t)laws->n, sizeof key, compare_laws);
    assert(law);
    return &laws->tried[law - laws->at];
}

/* Returns the mean FLOPs of training on one sequence of the law. */
static double mean_flops(const struct model_config *m, const struct tried *w, bool scored)
{
    double sum = 0.0;
    for (int i = 0; i < TRIED; i++)
        sum += model_train_flops(m, w->length[i], scored ? w->scored[i] : w->targets[i]);
    return sum / TRIED;
}

static double trained_sequences(const struct train_settings *t)
{
    const int steps = t->optimizer.steps;
    if (t->samples == 0)
        return (double)steps * t->batch;
    const int epoch = (int)(((int64_t)t->samples + t->batch - 1) / t->batch);
    const int epochs = steps / epoch;
    const double rest = fmin((double)(steps % epoch) * t->batch, t->samples);
    return (double)epochs * t->samples + rest;
}

/* Returns the points of the learning curve up to a step, without the evaluation at the end. */
static int curve_points(const struct train_settings *t, int step)
{
    const int last = step < t->optimizer.steps ? step : t->optimizer.steps - 1;
    return t->eval_every > 0 ? last / t->eval_every : 0;
}

/* Returns the FLOPs from step `from` on. A forward pass is a third of a training step
 * (model.h). */
static double run_flops(const struct run_spec *r, const struct laws *laws, int from)
{
    const struct train_settings *t = &r->train;
    const int steps = t->optimizer.steps;
    const int points = curve_points(t, steps) - curve_points(t, from);
    const struct tried *tried = find_tried(laws, r->task, &r->task_options);
    double sum =
        trained_sequences(t) * mean_flops(&r->model, tried, false) * (steps - from) / steps;
    for (int i = 0; i < r->splits; i++) {
        const struct split_spec *s = &r->split[i];
        if (evaluation_reach(r, s) == REACH_UNDEFINED)
            continue;
        const double sequences = s->count + points * fmin(s->count, t->eval_count);
        tried = find_tried(laws, r->task, &s->options);
        sum += sequences * mean_flops(&r->model, tried, true) / 3.0;
    }
    return sum;
}

/* --- checkpoints --- */

/* Finds the checkpoints. A run that is done and will be done again starts anew and has none. */
static void find_checkpoints(struct plan *p, const struct plan_request *q,
                             const struct laws *laws)
{
    for (int i = 0; q->db && i < p->n; i++) {
        struct plan_item *item = &p->item[i];
        char why[PLAN_REASON];
        if (item->stores)
            item->flops = 0.0;
        if (!item->runs || strcmp(item->state, RUN_DONE) == 0)
            continue;
        item->resumed = checkpoint_steps(q->db, item->run);
        if (item->resumed == 0)
            continue;
        item->flops = run_flops(item->run, laws, item->resumed);
        memcpy(why, item->reason, sizeof why);
        snprintf(item->reason, sizeof item->reason, "resumes at step %d of %d: %.180s",
                 item->resumed, item->run->train.optimizer.steps, why);
    }
}

/* --- the plan --- */

enum status plan_open(const struct plan_request *q, struct store *db, struct plan **out,
                      struct err *e)
{
    struct known_list known = {0};
    struct choices choices = {0};
    struct choosing choosing = {.q = q, .known = &known, .choices = &choices};
    struct laws laws = {0};
    struct plan *p = calloc(1, sizeof *p);
    if (p)
        p->item = calloc((size_t)q->config->runs + 1, sizeof *p->item);
    if (!p || !p->item) {
        plan_close(p);
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", q->config->runs);
    }
    p->profile = q->config->profile;
    enum status st = db ? read_known(db, &known, e) : ST_OK;
    if (st == ST_OK)
        st = choices_read(q->config, db, &choices, e);
    if (st == ST_OK)
        st = choose(p, &choosing, e);
    if (st == ST_OK && db)
        st = plan_explain(p, db, e);
    if (st == ST_OK)
        st = try_laws(p, &laws, e);
    for (int i = 0; st == ST_OK && i < p->n; i++)
        p->item[i].flops = run_flops(p->item[i].run, &laws, 0);
    if (st == ST_OK)
        st = narrow(p, q, e);
    if (st == ST_OK)
        find_checkpoints(p, q, &laws);
    choices_free(&choices);
    free(known.at);
    free(laws.at);
    free(laws.tried);
    if (st) {
        plan_close(p);
        return st;
    }
    *out = p;
    return ST_OK;
}

void plan_close(struct plan *p)
{
    if (!p)
        return;
    free(p->item);
    free(p->matrix);
    free(p);
}

bool plan_costs(const struct plan_item *item)
{
    return item->runs || item->waits;
}

struct plan_totals plan_sum(const struct plan *p, int jobs)
{
    return plan_sum_of(p, jobs, NULL, NULL);
}

struct plan_totals plan_sum_of(const struct plan *p, int jobs, plan_takes *takes,
                               const void *context)
{
    struct plan_totals sum = {0};
    const int at_once = p->at_once > 0 && p->at_once < jobs ? p->at_once : jobs;
    double longest = 0.0, slow_longest = 0.0;
    for (int i = 0; i < p->n; i++) {
        const struct plan_item *item = &p->item[i];
        if (item->twice || (takes && !takes(item, context)))
            continue;
        sum.all++;
        if (plan_costs(item)) {
            sum.runs += item->runs;
            sum.waits += item->waits;
            sum.flops += item->flops;
            sum.seconds += item->seconds / at_once;
            sum.slow_seconds += item->slow_seconds / at_once;
            longest = fmax(longest, item->seconds);
            slow_longest = fmax(slow_longest, item->slow_seconds);
        } else if (item->stores)
            sum.stores++;
        else if (item->works)
            sum.works++;
        else if (strcmp(item->state, RUN_DONE) == 0)
            sum.done++;
        else
            sum.failed++;
    }
    sum.seconds = sum.seconds < longest ? longest : sum.seconds;
    sum.slow_seconds = sum.slow_seconds < slow_longest ? slow_longest : sum.slow_seconds;
    return sum;
}
