/* command_run.c -- runs what is not done of an experiment file's matrix.
 *
 * The input is a request (file, profile, filters). The command opens lock and database, makes the
 * plan, checks its memory and estimates its time, stores the papers' numbers and claims, and
 * announces the plan. schedule.c carries it out, and one line reports the result and the next
 * step.
 * Pitfall: the cases in `summarise` are in the order of importance; the first one that holds
 * decides the exit code. */
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "plan.h"
#include "provenance.h"
#include "request.h"
#include "checkpoint.h"
#include "run_state.h"
#include "schedule.h"
#include "signals.h"
#include "units.h"

enum { RETRIES_MAX = 1000, MEND_TEXT = 640, KINDS_TEXT = 256 }; /* 1000: chosen */

/* One second is spent on trying steps, to announce how long the plan takes, unless the whole plan
 * takes about a second itself. */
static const double announce_budget_s = 1.0, worth_trying_flops = 2e10;

/* --- what the experiment file says besides runs --- */

static enum status store_papers(struct store *db, const struct config *c, struct err *e)
{
    struct published_row *row = calloc((size_t)c->published + 1, sizeof *row);
    if (!row)
        return err_set(e, ST_NOMEM, "no memory for %d published numbers", c->published);
    for (int i = 0; i < c->published; i++) {
        const struct published_value *p = &c->publish[i];
        row[i] = (struct published_row){.paper = p->paper,
                                        .source = p->source,
                                        .experiment = p->experiment,
                                        .cell = p->cell,
                                        .encoder = p->encoder,
                                        .split = p->split,
                                        .metric = p->metric,
                                        .unit = p->unit,
                                        .value = p->value,
                                        .std = p->std};
    }
    const enum status st = store_published(db, row, c->published, e);
    free(row);
    return st;
}

static enum status store_comparisons(struct store *db, const struct config *c,
                                     struct err *e)
{
    struct claim_row *row = calloc((size_t)c->claims + 1, sizeof *row);
    if (!row)
        return err_set(e, ST_NOMEM, "no memory for %d claims", c->claims);
    for (int i = 0; i < c->claims; i++) {
        const struct claim_spec *p = &c->claim[i];
        row[i] = (struct claim_row){.id = p->id,
                                    .text = p->text,
                                    .experiment = p->experiment,
                                    .cell = p->cell,
                                    .split = p->split,
                                    .metric = p->metric,
                                    .less = p->less,
                                    .than = p->than,
                                    .published_less = p->published_less,
                                    .published_than = p->published_than};
    }
    const enum status st = store_claims(db, row, c->claims, e);
    free(row);
    return st;
}

/* --- flags of this command --- */

/* Reads "90s", "20m", "1.5h" or "2d" as seconds. */
static enum status read_budget(const struct invocation *v, double *out, struct err *e)
{
    static const struct {
        char letter;
        double seconds;
    } units[] = {{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}, {'d', 86400.0}};
    const char *text = flag_text(v, "time-budget", NULL);
    char *end = NULL;
    *out = 0.0;
    if (!text)
        return ST_OK;
    const double value = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (end[0] == units[i].letter && !end[1] && value > 0.0 && value < 1e6)
            *out = value * units[i].seconds;
    return *out > 0.0 ? ST_OK
                      : err_set(e, ST_USAGE,
                                "--time-budget: \"%.32s\" is no time such as 90s, 20m, 3h "
                                "or 2d",
                                text);
}

/* The flags that decide how long a run of the plan takes. */
struct pace {
    long checkpoint_every, retries;
    double budget_s;
};

static enum status read_pace(const struct invocation *v, struct pace *out, struct err *e)
{
    enum status st = flag_integer(v, "checkpoint-every", 0, CHECKPOINT_EVERY_MAX,
                                  CHECKPOINT_EVERY, &out->checkpoint_every, e);
    if (st == ST_OK)
        st = flag_integer(v, "retries", 0, RETRIES_MAX, 0, &out->retries, e);
    return st ? st : read_budget(v, &out->budget_s, e);
}

/* --- running --- */

/* Tells how to continue. --rerun all always means all runs, so the same command would begin
 * again. */
static const char *how_to_go_on(const struct request *q)
{
    return q->plan.rerun == RERUN_ALL
               ? "runs that were done before and not again keep those results; with --rerun "
                 "all the same command begins with all runs again, without it those that "
                 "are not done go on"
               : "the same command goes on";
}

/* Tells what to do about failed runs. A run that keeps older results is stored as done, so `list
 * runs --only state=failed` does not find it. */
static void how_to_mend(const struct request *q, const struct schedule_result *r,
                        int failed, char text[MEND_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    if (failed > r->kept)
        used = (size_t)snprintf(text, MEND_TEXT,
                                "see \"posbench list runs --only state=failed --db "
                                "%.300s\", then add --rerun failed to the same command",
                                q->db);
    if (r->kept)
        snprintf(text + used, MEND_TEXT - used,
                 "%s%d of the failed were done before and keep those results: \"posbench "
                 "show\" tells why they failed",
                 used ? "; " : "", r->kept);
}

/* One call: its request and the objects it works with. */
struct matrix_run {
    const struct invocation *v;
    const struct request *q;
    const struct pace *pace;
    const struct database_lock *lock;
    struct store *db;
    struct progress *progress;
    int64_t provenance;
    double began; /* s, clock_now */
};

/* Prints one line about the result and the next step. When the status is not ST_OK the line goes
 * to `e`, and main.c prints it. */
static enum status summarise(const struct request *q, const struct plan *plan,
                             const struct schedule_result *r, enum status st,
                             struct progress *progress, struct err *e)
{
    const struct plan_totals before = plan_sum(plan, q->jobs);
    const int failed = r->failed + before.failed;
    char mend[MEND_TEXT];
    if (st != ST_OK && st != ST_FAILED && st != ST_INTERRUPTED)
        return st;
    if (st == ST_INTERRUPTED)
        return err_set(
            e, st, "interrupted: %d run%s done, %d skipped, %d failed, %d to go in %s; %s",
            r->done, units_plural(r->done), before.done, failed, r->interrupted + r->left,
            q->db, how_to_go_on(q));
    how_to_mend(q, r, failed, mend);
    if (failed)
        return err_set(e, ST_FAILED,
                       "%d run%s done, %d skipped, %d failed, %d interrupted, %d not begun "
                       "in %s; %s",
                       r->done, units_plural(r->done), before.done, failed, r->interrupted,
                       r->left, q->db, mend);
    if (r->interrupted)
        return err_set(
            e, ST_FAILED,
            "%d run%s done, %d skipped, 0 failed, %d interrupted, %d not begun in "
            "%s: their workers were told to end or killed; %s",
            r->done, units_plural(r->done), before.done, r->interrupted, r->left, q->db,
            how_to_go_on(q));
    if (r->late)
        return err_set(
            e, ST_FAILED,
            "%d run%s done, %d skipped, 0 failed, %d not begun in %s: they would "
            "pass the time budget; %s",
            r->done, units_plural(r->done), before.done, r->left, q->db, how_to_go_on(q));
    if (r->waits)
        return err_set(e, ST_FAILED,
                       "%d run%s done, %d skipped, 0 failed, %d wait for tuning in %s; "
                       "\"posbench plan\" tells what for",
                       r->done, units_plural(r->done), before.done, r->waits, q->db);
    if (r->weightless)
        return err_set(
            e, ST_FAILED,
            "%d run%s done, %d skipped, 0 failed in %s; but the weights of %d could not be "
            "kept, so that eval, predict and export have none of them: see to the disk and "
            "%s.models, then run those again with --rerun all and --only",
            r->done, units_plural(r->done), before.done, q->db, r->weightless, q->db);
    progress_event(
        progress,
        "%d run%s done, %d skipped as done before, 0 failed in %s; next: posbench "
        "table --db %s",
        r->done, units_plural(r->done), before.done, q->db, q->db);
    return ST_OK;
}

/* How many runs of the plan are new, resumed, and so on; announced before the first one
 * starts. */
struct kinds {
    int fresh, resumed, again, stores, done, failed;
};

static int *kind_of(struct kinds *k, const struct plan_item *item)
{
    const bool done = strcmp(item->state, RUN_DONE) == 0;
    if (item->stores)
        return &k->stores;
    if (!item->runs)
        return done ? &k->done : &k->failed;
    if (item->resumed > 0)
        return &k->resumed;
    return done || strcmp(item->state, RUN_FAILED) == 0 ? &k->again : &k->fresh;
}

static struct kinds count_kinds(const struct plan *p)
{
    struct kinds k = {0};
    for (int i = 0; i < p->n; i++)
        if (!p->item[i].waits && !p->item[i].twice)
            ++*kind_of(&k, &p->item[i]);
    return k;
}

/* Appends ", 3 new" when there are any. */
static void add_kind(char text[KINDS_TEXT], int n, const char *what)
{
    const size_t used = strlen(text);
    if (n)
        snprintf(text + used, KINDS_TEXT - used, "%s%d %s", used ? ", " : "", n, what);
}

/* Prints "20 runs: 12 new, 2 to go on from a checkpoint, 6 done before; about 14 min with 2 at a
 * time". */
static void announce(const struct request *q, const struct plan *plan,
                     struct progress *progress)
{
    const struct kinds k = count_kinds(plan);
    const struct plan_totals sum = plan_sum(plan, q->jobs);
    char kinds[KINDS_TEXT] = "", time[PLAN_TIME], estimate[PLAN_TIME + 48] = "";
    add_kind(kinds, k.fresh, "new");
    add_kind(kinds, k.resumed, "to go on from a checkpoint");
    add_kind(kinds, k.again, "again");
    add_kind(kinds, k.stores, "to be stored");
    add_kind(kinds, k.done, "done before");
    add_kind(kinds, k.failed, "failed before and left so");
    add_kind(kinds, sum.waits, "after tuning");
    if (sum.runs > 0 && !isnan(sum.seconds))
        snprintf(estimate, sizeof estimate, "; about %s with %d at a time",
                 plan_time_text(&sum, time), q->jobs);
    progress_event(progress, "%d run%s in %s: %s%s", sum.all, units_plural(sum.all), q->db,
                   kinds, estimate);
}

/* Reports that another process holds a lock on the database. */
struct waiting {
    struct progress *progress;
    double told; /* s waited when it was last reported */
};

/* After how long it is reported first, and how often again; chosen. */
static const double tell_wait_s = 2.0, tell_again_s = 60.0;

static bool wait_on(void *context, const char *path, const char *holder, double waited_s)
{
    struct waiting *w = context;
    if (waited_s < w->told)
        w->told = 0.0; /* a new wait began */
    if (waited_s >= tell_wait_s && (w->told == 0.0 || waited_s - w->told >= tell_again_s)) {
        char time[UNIT_TEXT];
        w->told = waited_s;
        progress_warning(w->progress,
                         "%s: waiting for %s to give up its lock, %s so far; Ctrl-C ends "
                         "the waiting",
                         path, holder, units_duration(waited_s, time));
    }
    return signals_count() == 0;
}

/* Makes, announces and carries out a plan; the caller frees *plan even after an error. */
static enum status run_plan(const struct matrix_run *m, const struct plan *before,
                            struct plan **plan, struct schedule_result *result,
                            struct err *e)
{
    const struct invocation *v = m->v;
    const struct request *q = m->q;
    const double budget_s = m->pace->budget_s;
    struct plan_request wanted = q->plan;
    wanted.before = before;
    enum status st = plan_open(&wanted, m->db, plan, e);
    if (st == ST_OK)
        st = plan_memory(*plan, q->jobs, q->threads, e);
    if (st == ST_OK)
        st = plan_check_memory(*plan, q->jobs, e);
    if (st == ST_OK && budget_s > 0.0)
        st = plan_time(*plan, m->db, q->threads, fmin(request_probe_s, 0.1 * budget_s), e);
    else if (st == ST_OK && !flag_given(v, "quiet") &&
             plan_sum(*plan, q->jobs).flops > worth_trying_flops)
        st = plan_time(*plan, m->db, q->threads, announce_budget_s, e);
    if (st)
        return st;
    const struct schedule s = {
        .plan = *plan,
        .store = m->db,
        .db = q->db,
        .program = program_file(v),
        .name = program_path(v),
        .lock = m->lock,
        .provenance = m->provenance,
        .jobs = q->jobs,
        .threads = q->threads,
        .checkpoint_every = (int)m->pace->checkpoint_every,
        .retries = (int)m->pace->retries,
        .budget_s = budget_s > 0.0 ? fmax(1e-3, budget_s - clock_now() + m->began) : 0.0,
        .fail_fast = flag_given(v, "fail-fast"),
        .progress = m->progress};
    announce(q, *plan, m->progress);
    return schedule_run(&s, result, e);
}

/* Runs what waited for the choice of its settings, after the trials have ended. Adds the results
 * to *sum; sum->left becomes what is left in the end. */
static enum status run_chosen(const struct matrix_run *m, const struct plan *before,
                              struct schedule_result *sum, enum status st, struct err *e)
{
    struct plan *plan = NULL;
    struct schedule_result result = {0};
    const int waited = plan_sum(before, m->q->jobs).waits;
    sum->left += waited;
    if (waited == 0 || (st != ST_OK && st != ST_FAILED) || sum->late || sum->interrupted ||
        (sum->failed && flag_given(m->v, "fail-fast")))
        return st;
    const enum status now = run_plan(m, before, &plan, &result, e);
    const int still = plan ? plan_sum(plan, m->q->jobs).waits : waited;
    sum->left += result.left + still - waited;
    sum->waits = still;
    sum->done += result.done;
    sum->failed += result.failed;
    sum->interrupted += result.interrupted;
    sum->late += result.late;
    sum->weightless += result.weightless;
    sum->kept += result.kept;
    plan_close(plan);
    return now != ST_OK ? now : st;
}

static enum status store_file(struct matrix_run *m, struct err *e)
{
    const struct provenance here = provenance_here(m->q->config->file_hash);
    enum status st = store_papers(m->db, m->q->config, e);
    if (st == ST_OK)
        st = store_comparisons(m->db, m->q->config, e);
    return st ? st : store_provenance(m->db, &here, &m->provenance, e);
}

static enum status run_all(struct matrix_run *m, struct err *e)
{
    struct plan *plan = NULL;
    struct schedule_result result = {0};
    enum status st = store_file(m, e);
    if (st == ST_OK) {
        st = run_plan(m, NULL, &plan, &result, e);
        if (plan)
            st = run_chosen(m, plan, &result, st, e);
        if (plan)
            st = summarise(m->q, plan, &result, st, m->progress, e);
    }
    plan_close(plan);
    return st;
}

static enum status run_matrix(const struct invocation *v, const struct request *q,
                              const struct pace *pace, struct err *e)
{
    struct database_lock lock = {.file = -1};
    struct store *db = NULL;
    struct waiting waiting = {0};
    const struct store_patience patience = {wait_on, &waiting};
    enum status st =
        progress_open(q->jobs + 1, flag_given(v, "quiet"), &waiting.progress, e);
    if (st == ST_OK)
        st = lock_take(q->db, &lock, e);
    if (st == ST_OK)
        st = store_open_patient(q->db, STORE_WRITE, &patience, &db, e);
    if (st == ST_OK) {
        struct matrix_run m = {.v = v,
                               .q = q,
                               .pace = pace,
                               .lock = &lock,
                               .db = db,
                               .progress = waiting.progress,
                               .began = clock_now()};
        st = run_all(&m, e);
    }
    store_close(db);
    lock_give_back(&lock);
    progress_close(waiting.progress);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct request q;
    struct pace pace;
    if (flag_given(v, "keep-going") && flag_given(v, "fail-fast"))
        return err_set(e, ST_USAGE, "--keep-going and --fail-fast contradict each other");
    enum status st = read_pace(v, &pace, e);
    if (st)
        return st;
    st = request_read(v, &q, e);
    if (st == ST_OK)
        st = flag_given(v, "dry-run") ? request_show_plan(&q, false, e)
                                      : run_matrix(v, &q, &pace, e);
    request_free(&q);
    return st;
}

static const struct flag flags[] = {
    REQUEST_FLAGS,
    {"dry-run", 'n', NULL, false, "print the plan and run nothing"},
    {"keep-going", 0, NULL, false, "go on after a failed run (this is the default)"},
    {"checkpoint-every", 0, "SECONDS", false,
     "time between checkpoints of a run at work; 0: every step (default 60)"},
    {"retries", 0, "N", false,
     "begin a run that failed or was killed up to N times more (default 0)"},
    {"time-budget", 0, "TIME", false,
     "start no run that is expected to end later than 90s, 20m, 3h or 2d from now; when "
     "runs are left, the exit code is 1"},
    {"fail-fast", 0, NULL, false,
     "after a run that is not done start no more; those at work finish"},
    {0},
};

const struct command command_run = {
    .name = "run",
    .group = GROUP_RUN,
    .summary = "train and evaluate every run of an experiment file that is not done yet",
    .arguments = "[FILE]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench run --profile smoke\n"
                "posbench run --only experiment=flip_flop --only encoder=cope*\n"
                "posbench run my.yaml --set train.steps=500 --db trial.db\n"
                "posbench run --rerun failed",
    .flags = flags,
    .run = run,
};
