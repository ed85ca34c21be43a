/* schedule.c -- leads the workers: starts runs, waits for news, stores the results.
 *
 * First all runs get rows, the leftovers of a killed scheduler are stored, and the slots are
 * filled. Each round then shows the state, waits, reacts to signals, checks the places, reads the
 * workers, stores the runs that have ended (settle) and fills free slots. At the end the counts
 * sum up the results.
 * Pitfall: check_places must be called before the end of a run is stored, so that nothing is
 * written to a database that was replaced. A fault of a place ends the matrix and is never blamed
 * on a run. */
#include "schedule.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "leftovers.h"
#include "model_files.h"
#include "process.h"
#include "provenance.h"
#include "checkpoint.h"
#include "run_state.h"
#include "schedule_internal.h"
#include "signals.h"
#include "stored_run.h"

enum { REASON_TEXT = 4096, TAIL_LINES = 5 }; /* lines of a worker's error; chosen */
enum { TICK_MS = 1000 };                     /* how often clocks and places are checked */

/* --- places --- */

/* Joins a path; ST_IO when it is too long. */
static enum status place(char out[PATH_MAX], const char *db, const char *middle,
                         const char *name, const char *end, struct err *e)
{
    const int n = snprintf(out, PATH_MAX, "%s%s%s%s", db, middle, name, end);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return ST_OK;
}

/* Checks that the database and the folders beside it are those with which this scheduler began.
 * Another one means that somebody removed or replaced it, which is no fault of a run. */
static enum status check_places(const struct scheduler *c, struct err *e)
{
    char models[PATH_MAX] = "";
    const char *gone = NULL;
    enum status st = store_in_place(c->s->store, e);
    if (st == ST_OK)
        st = place(models, c->s->db, ".models", "", "", e);
    if (st)
        return st;
    if (!lock_stands(c->s->lock))
        gone = c->s->lock->folder;
    else if (!lock_same_file(c->models, models))
        gone = models;
    return gone ? err_set(e, ST_IO,
                          "%s: was removed or replaced while runs were writing to it; no "
                          "run was marked as failed, and the same command goes on",
                          gone)
                : ST_OK;
}

/* --- state --- */

/* timeout, terminals and batch systems send a signal to a process and then to its group: signals
 * within this time count as one. */
static const double one_wish_s = 0.1;

/* The most time for a worker without its scheduler to end: it reacts within a second
 * (models/transformer.c) and then writes a checkpoint. Chosen. */
static const double orphan_s = 30.0;

static int busy(const struct scheduler *c)
{
    int n = 0;
    for (int i = 0; i < c->s->jobs; i++)
        n += c->slot[i].item != NULL;
    return n;
}

/* --- the end of a run --- */

/* Writes the reason of an end that the worker's spool does not give. */
static void verdict(const struct scheduler *c, struct slot *w, int wait_status,
                    const char *trouble, char reason[REASON_TEXT])
{
    char end[PROCESS_END] = "ended by the second signal to posbench run";
    const char *tail = process_tail(&w->process, TAIL_LINES);
    const bool ours =
        c->killed && WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
    if (!ours)
        process_end_text(wait_status, end);
    snprintf(reason, REASON_TEXT, "%s%s%s%s%s", end, trouble[0] ? "; " : "", trouble,
             tail[0] ? ": " : "", tail);
}

static int index_of(const struct scheduler *c, const struct slot *w)
{
    return (int)(w->item - c->s->plan->item);
}

/* Returns true when the run fits into the budget by the plan's estimate; a run without an
 * estimate fits while there is time. */
static bool fits(const struct scheduler *c, const struct plan_item *item)
{
    const double spent = clock_now() - c->started;
    const double needed = isnan(item->seconds) ? 0.0 : item->seconds;
    return c->s->budget_s <= 0.0 || spent + needed <= c->s->budget_s;
}

static bool tries_again(const struct scheduler *c, const struct slot *w, const char *state)
{
    return strcmp(state, RUN_DONE) != 0 && !c->closing &&
           c->tries[index_of(c, w)] < c->s->retries && fits(c, w->item);
}

/* Puts the run back in the queue; the failed attempt stays in the run's log. */
static enum status try_again(struct scheduler *c, const struct slot *w, const char *state,
                             const char *reason, struct err *e)
{
    char name[RUN_TEXT], text[REASON_TEXT + 64];
    const int index = index_of(c, w), attempt = ++c->tries[index];
    c->again[c->n_again++] = (struct again){index, state};
    schedule_run_text(w->item->run, name);
    progress_warning(c->s->progress, "%s: %s: %s; try %d of %d", name, state, reason,
                     attempt + 1, c->s->retries + 1);
    snprintf(text, sizeof text, "attempt %d of %d %s: %s", attempt, c->s->retries + 1,
             state, reason);
    return store_event(c->s->store, w->run_id, "retry", text, e);
}

static bool was_done(const struct plan_item *item)
{
    return strcmp(item->state, RUN_DONE) == 0;
}

static void count(struct schedule_result *r, const struct plan_item *item,
                  const char *state)
{
    if (strcmp(state, RUN_DONE) == 0)
        r->done++;
    else if (strcmp(state, RUN_INTERRUPTED) == 0)
        r->interrupted++;
    else {
        r->failed++;
        r->kept += was_done(item);
    }
}

static void conclude(struct scheduler *c, const struct slot *w, const struct spool *spool,
                     const char *state, const char *reason)
{
    count(c->result, w->item, state);
    c->result->weightless += strcmp(state, RUN_DONE) == 0 && !spool_kept_weights(spool);
    c->done_flops += w->item->flops;
    schedule_tell_warnings(c, w, spool);
    /* A run that stays done starts anew when it is asked for again. */
    if (strcmp(state, RUN_DONE) == 0 || was_done(w->item))
        checkpoint_forget(c->s->db, w->item->run->identity);
    if (strcmp(state, RUN_DONE) == 0)
        schedule_tell_done(c, w, spool);
    else
        schedule_tell_stopped(c, w, state, reason);
    if (strcmp(state, RUN_DONE) != 0 && c->s->fail_fast)
        c->closing = true;
}

/* Returns true when the exit code of main blames the machine or a file. */
static bool blames_the_place(int wait_status)
{
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 3;
}

/* Returns true when the exit code of a worker without a spool means that somebody removed the
 * spool, or that the worker could not create it. */
static bool lost_its_spool(int wait_status)
{
    return blames_the_place(wait_status) ||
           (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0);
}

/* Returns the error that ends the matrix: the next run would meet the same fault. */
static enum status stop_for(const struct slot *w, const char *reason, struct err *e)
{
    char name[RUN_TEXT];
    schedule_run_text(w->item->run, name);
    return err_set(e, ST_IO,
                   "%s: %s; no run was marked as failed, and the same command goes on",
                   name, reason);
}

/* Writes the end of the message about a missing spool: the worker's standard error. */
static const char *no_spool(struct slot *w, char text[REASON_TEXT])
{
    const char *tail = process_tail(&w->process, TAIL_LINES);
    snprintf(text, REASON_TEXT, "%s%s", tail[0] ? "says: " : "has written to it", tail);
    return text;
}

/* Stores the end of a run and removes its spool. `wait_status` is the worker's. */
static enum status settle(struct scheduler *c, struct slot *w, int wait_status,
                          struct err *e)
{
    struct spool *spool = NULL;
    struct err why = {.msg = ""};
    char text[REASON_TEXT];
    enum status st = check_places(c, e);
    if (st)
        return st;
    const enum status read = spool_read(w->spool, &spool, &why);
    const char *state = read ? NULL : spool_state(spool);
    const char *reason = state ? spool_reason(spool) : text;
    /* The worker's results are not lost: the next scheduler reads the spool. */
    if (read == ST_NOMEM || read == ST_IO)
        return err_set(e, read, "%s; the same command goes on", why.msg);
    if (read == ST_NOTFOUND && lost_its_spool(wait_status))
        return err_set(e, ST_IO,
                       "%s: is not there: its worker %s; the same command goes on",
                       w->spool, no_spool(w, text));
    if (read == ST_NOTFOUND)
        why.msg[0] = '\0';
    if (!state) {
        verdict(c, w, wait_status, why.msg, text);
        state =
            c->signals || process_was_stopped(wait_status) || blames_the_place(wait_status)
                ? RUN_INTERRUPTED
                : RUN_FAILED;
    }
    const bool done = strcmp(state, RUN_DONE) == 0;
    st = done   ? leftovers_store(c->s->store, c->s->db, w->item->run->identity, w->run_id,
                                  spool, e)
         : read ? store_stopped(c->s->store, w->run_id, state, reason, e)
                : spool_fold(spool, c->s->store, w->run_id, state, reason, e);
    if (st == ST_OK && !done)
        model_files_drop_trained(c->s->db, w->item->run->identity);
    if (st == ST_OK) {
        unlink(w->spool);
        if (!c->signals && blames_the_place(wait_status) &&
            strcmp(state, RUN_INTERRUPTED) == 0)
            st = stop_for(w, reason, e);
        else if (tries_again(c, w, state))
            st = try_again(c, w, state, reason, e);
        else
            conclude(c, w, spool, state, reason);
    }
    spool_free(spool);
    return st;
}

static enum status reap(struct scheduler *c, struct slot *w, struct err *e)
{
    const int wait_status = process_wait(&w->process);
    progress_clear(c->s->progress, (int)(w - c->slot));
    const enum status st = settle(c, w, wait_status, e);
    w->item = NULL;
    return st;
}

/* --- the beginning of a run --- */

static enum status start_worker(struct scheduler *c, struct slot *w, struct err *e)
{
    const struct schedule *s = c->s;
    const struct run_spec *r = w->item->run;
    char weights[PATH_MAX], checkpoint[PATH_MAX], threads[16], parent[16], every[16];
    char program[PROVENANCE_PROGRAM];
    provenance_program(program);
    enum status st = model_files_trained_path(s->db, r->identity, weights, e);
    if (st == ST_OK)
        st = checkpoint_path(s->db, r->identity, checkpoint, e);
    if (st)
        return st;
    if (was_done(w->item))
        checkpoint_forget(s->db, r->identity);
    model_files_drop_trained(s->db, r->identity);
    snprintf(every, sizeof every, "%d", s->checkpoint_every);
    snprintf(threads, sizeof threads, "%d", s->threads);
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    const char *const argv[] = {s->name ? s->name : s->program,
                                "worker",
                                "--spool",
                                w->spool,
                                "--weights",
                                weights,
                                "--threads",
                                threads,
                                "--checkpoint",
                                checkpoint,
                                "--checkpoint-every",
                                every,
                                "--parent",
                                parent,
                                "--program",
                                program,
                                NULL};
    st = store_begin(s->store, w->run_id, s->provenance, e);
    if (st == ST_OK)
        st = process_start(&w->process, s->program, argv, r->config, e);
    return st;
}

static enum status spool_path(const struct scheduler *c, const struct run_spec *r,
                              char out[PATH_MAX], struct err *e)
{
    return place(out, c->s->lock->folder, "/", r->identity, ".jsonl", e);
}

/* Waits for the worker of a killed scheduler, which may still write its checkpoint. One that
 * takes too long does no harm: its checkpoints have the same bits. */
static void await_orphan(const char *spool)
{
    const struct timespec pause = {.tv_nsec = 20000000L};
    const double begun = clock_now();
    while (spool_busy(spool) && clock_now() - begun < orphan_s && signals_last() == 0)
        nanosleep(&pause, NULL);
}

/* Sets *out to whether the spool at `path`, left by a killed scheduler, is of a run that is
 * done. */
static enum status has_finished(const struct plan_item *item, const char *path, bool *out,
                                struct err *e)
{
    struct spool *spool = NULL;
    enum status st = ST_OK;
    if (item->begun)
        st = spool_read_done(path, &spool, e);
    *out = spool != NULL;
    spool_free(spool);
    return st;
}

/* Removes checkpoint, weights and spool of a stored run: a scheduler that was killed right after
 * it stored the run may have left them. */
static void forget(const struct scheduler *c, const struct run_spec *r)
{
    char spool[PATH_MAX];
    checkpoint_forget(c->s->db, r->identity);
    model_files_drop_trained(c->s->db, r->identity);
    if (spool_path(c, r, spool, NULL) == ST_OK)
        unlink(spool);
}

/* Closes the second attempt of a run that is done, after its scheduler is gone: the attempt has
 * no numbers to store. `spool` may be NULL. */
static enum status give_up(struct scheduler *c, const struct slot *w,
                           const struct spool *spool, struct err *e)
{
    const bool ended = spool && spool_state(spool);
    const char *state = ended ? spool_state(spool) : RUN_INTERRUPTED;
    const char *reason =
        ended ? spool_reason(spool) : "its scheduler was killed or had to stop";
    const enum status st = spool
                               ? spool_fold(spool, c->s->store, w->run_id, state, reason, e)
                               : store_stopped(c->s->store, w->run_id, state, reason, e);
    if (st == ST_OK)
        forget(c, w->item->run);
    return st;
}

/* Stores or closes a run that a killed scheduler began and this call does not run. */
static enum status take_up(struct scheduler *c, const struct plan_item *item, struct err *e)
{
    struct slot w = {.item = item, .found = true, .started = clock_now()};
    struct spool *spool = NULL;
    struct err why;
    w.run_id = c->run_id[index_of(c, &w)];
    enum status st = spool_path(c, item->run, w.spool, e);
    if (st)
        return st;
    await_orphan(w.spool);
    st = spool_read(w.spool, &spool, &why);
    if (st == ST_NOMEM || st == ST_IO)
        return err_set(e, st, "%s; the same command goes on", why.msg);
    const char *state = spool ? spool_state(spool) : NULL;
    const bool done = state && strcmp(state, RUN_DONE) == 0;
    if (done && !item->stores) /* the orphan has just finished */
        c->total++;
    st = done || item->stores ? settle(c, &w, 0, e) : give_up(c, &w, spool, e);
    spool_free(spool);
    return st;
}

static enum status take_up_all(struct scheduler *c, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < c->s->plan->n && st == ST_OK; i++) {
        const struct plan_item *item = &c->s->plan->item[i];
        if (item->begun && !item->runs)
            st = take_up(c, item, e);
    }
    return st;
}

static enum status start(struct scheduler *c, struct slot *w, int index, struct err *e)
{
    w->item = &c->s->plan->item[index];
    w->run_id = c->run_id[index];
    w->started = clock_now();
    w->found = false;
    w->progress = (struct run_progress){.loss = (double)NAN};
    bool finished = false;
    enum status st = check_places(c, e);
    if (st == ST_OK)
        st = spool_path(c, w->item->run, w->spool, e);
    if (st == ST_OK)
        await_orphan(w->spool);
    if (st == ST_OK)
        st = has_finished(w->item, w->spool, &finished, e);
    if (st == ST_OK && finished) {
        w->found = true;
        st = settle(c, w, 0, e);
        w->item = NULL;
        return st;
    }
    if (st == ST_OK && unlink(w->spool) != 0 && errno != ENOENT)
        st = err_set(e, ST_IO, "%s: cannot be removed: %s", w->spool, strerror(errno));
    if (st == ST_OK)
        st = start_worker(c, w, e);
    if (st) {
        w->item = NULL;
        return st;
    }
    schedule_tell_started(c, w);
    return ST_OK;
}

/* Returns the index of the run to start next; -1: none. Runs to be tried again come first. */
static int next_item(struct scheduler *c)
{
    const struct plan *p = c->s->plan;
    if (c->closing)
        return -1;
    if (c->n_again)
        return c->again[--c->n_again].index;
    for (; c->next < p->n; c->next++) {
        const struct plan_item *item = &p->item[c->next];
        if (!item->runs)
            continue;
        if (fits(c, item))
            return c->next++;
        c->result->late++;
    }
    return -1;
}

static enum status fill_slots(struct scheduler *c, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < c->s->jobs && st == ST_OK; i++)
        while (!c->slot[i].item && st == ST_OK) {
            const int index = next_item(c);
            if (index < 0)
                return ST_OK;
            st = start(c, &c->slot[i], index, e);
        }
    return st;
}

/* --- waiting --- */

static void on_line(void *context, const char *text, size_t n)
{
    struct slot *w = context;
    struct run_progress p;
    if (spool_progress_parse(text, n, &p))
        w->progress = p;
}

static void send_all(const struct scheduler *c, int sig)
{
    for (int i = 0; i < c->s->jobs; i++)
        if (c->slot[i].item)
            kill(c->slot[i].process.pid, sig);
}

static void on_signals(struct scheduler *c)
{
    signals_drain();
    const int seen = signals_count();
    if (seen == c->signals)
        return;
    const bool first = c->signals == 0;
    c->signals = seen;
    if (first)
        c->asked = clock_now();
    else if (clock_now() - c->asked < one_wish_s)
        return;
    c->closing = true;
    c->killed = !first;
    send_all(c, first ? SIGTERM : SIGKILL);
    if (first)
        progress_warning(c->s->progress,
                         "stopping: the runs at work keep a checkpoint and end; once more "
                         "kills them");
}

static void wait_for_news(struct scheduler *c)
{
    int n = 0;
    c->fds[n++] = (struct pollfd){.fd = c->wake, .events = POLLIN};
    for (int i = 0; i < c->s->jobs; i++) {
        const struct slot *w = &c->slot[i];
        c->fds[n++] =
            (struct pollfd){.fd = w->item ? w->process.out : -1, .events = POLLIN};
        c->fds[n++] =
            (struct pollfd){.fd = w->item ? w->process.err : -1, .events = POLLIN};
    }
    poll(c->fds, (nfds_t)n, TICK_MS);
}

static enum status read_slots(struct scheduler *c, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < c->s->jobs && st == ST_OK; i++) {
        struct slot *w = &c->slot[i];
        if (w->item && !process_read(&w->process, on_line, w))
            st = reap(c, w, e);
    }
    return st;
}

/* Stops the workers when the scheduler itself cannot go on; their spools stay for the next
 * one. */
static void abandon(struct scheduler *c)
{
    send_all(c, SIGTERM);
    for (int i = 0; i < c->s->jobs; i++)
        if (c->slot[i].item) {
            process_wait(&c->slot[i].process);
            c->slot[i].item = NULL;
        }
}

static enum status work(struct scheduler *c, struct err *e)
{
    enum status st = take_up_all(c, e);
    if (st == ST_OK)
        st = fill_slots(c, e);
    while (st == ST_OK && busy(c) > 0) {
        schedule_show(c);
        wait_for_news(c);
        on_signals(c);
        st = check_places(c, e);
        if (st == ST_OK)
            st = read_slots(c, e);
        if (st == ST_OK)
            st = fill_slots(c, e);
    }
    if (st == ST_OK)
        st = check_places(c, e); /* also after the last run was stored */
    on_signals(c);               /* a signal may come with the last end */
    while (c->n_again > 0) {     /* stopped before they were tried again */
        const struct again *a = &c->again[--c->n_again];
        count(c->result, &c->s->plan->item[a->index], a->state);
    }
    if (st)
        abandon(c);
    return st;
}

/* --- set-up --- */

/* Stores rows for the runs of all shards, so that every database of the matrix has them in the
 * same order, and merged ones too. */
static enum status register_runs(struct scheduler *c, struct err *e)
{
    const struct plan *p = c->s->plan;
    struct run_row *row = calloc((size_t)p->n_matrix + 1, sizeof *row);
    int64_t *id = calloc((size_t)p->n_matrix + 1, sizeof *id);
    if (!row || !id) {
        free(row);
        free(id);
        return err_set(e, ST_NOMEM, "no memory for %d runs", p->n_matrix);
    }
    for (int i = 0; i < p->n_matrix; i++)
        row[i] = stored_run_row(p->matrix[i]);
    const enum status st = store_runs(c->s->store, row, p->n_matrix, id, e);
    for (int i = 0, k = 0; i < p->n && st == ST_OK; i++) {
        if (p->item[i].waits)
            continue;
        while (p->matrix[k] != p->item[i].run)
            k++;
        c->run_id[i] = id[k];
        if (!p->item[i].runs) {
            if (was_done(&p->item[i]) && !p->item[i].begun)
                forget(c, p->item[i].run);
            c->total += p->item[i].stores;
            continue;
        }
        c->total++;
        c->total_flops += p->item[i].flops;
    }
    free(row);
    free(id);
    return st;
}

static enum status prepare(struct scheduler *c, struct err *e)
{
    const size_t jobs = (size_t)c->s->jobs;
    char folder[PATH_MAX];
    c->run_id = calloc((size_t)c->s->plan->n + 1, sizeof *c->run_id);
    c->slot = calloc(jobs, sizeof *c->slot);
    c->fds = calloc(2 * jobs + 1, sizeof *c->fds);
    c->tries = calloc((size_t)c->s->plan->n + 1, sizeof *c->tries);
    c->again = calloc((size_t)c->s->plan->n + 1, sizeof *c->again);
    if (!c->run_id || !c->slot || !c->fds || !c->tries || !c->again)
        return err_set(e, ST_NOMEM, "no memory for %d workers", c->s->jobs);
    /* The workers' BLAS reads this variable when it is loaded. */
    if (setenv("OPENBLAS_NUM_THREADS", "1", 1) != 0)
        return err_set(e, ST_NOMEM, "no memory for the environment");
    enum status st = place(folder, c->s->db, ".models", "", "", e);
    if (st == ST_OK)
        st = folder_make(folder, e);
    if (st == ST_OK && (c->models = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        st = err_set(e, ST_IO, "%s: cannot be opened: %s", folder, strerror(errno));
    if (st == ST_OK)
        st = model_files_settle(c->s->store, c->s->db, e);
    if (st == ST_OK)
        st = register_runs(c, e);
    if (st == ST_OK && (c->wake = signals_descriptor()) < 0)
        st = err_set(e, ST_IO, "no pipe for signals: %s%s", strerror(errno),
                     errno == EMFILE ? "; " STATUS_FEW_FILES : "");
    return st;
}

enum status schedule_run(const struct schedule *s, struct schedule_result *out,
                         struct err *e)
{
    struct scheduler c = {
        .s = s, .result = out, .started = clock_now(), .wake = -1, .models = -1};
    *out = (struct schedule_result){0};
    enum status st = prepare(&c, e);
    if (c.wake >= 0) {
        void (*const pipes)(int) = signal(SIGPIPE, SIG_IGN);
        signals_catch();
        st = work(&c, e);
        signals_release();
        signal(SIGPIPE, pipes);
        progress_clear(s->progress, s->jobs);
    }
    out->left = c.total - schedule_ended(&c) - out->interrupted;
    if (c.models >= 0)
        close(c.models);
    free(c.run_id);
    free(c.slot);
    free(c.fds);
    free(c.tries);
    free(c.again);
    /* A signal also ends the waiting for a lock. */
    if (st && c.signals)
        progress_warning(s->progress, "%s", e->msg);
    else if (st)
        return st;
    if (c.signals)
        return err_set(e, ST_INTERRUPTED, "interrupted");
    if (out->failed)
        return err_set(e, ST_FAILED, "%d of %d runs failed", out->failed, c.total);
    if (out->interrupted)
        return err_set(e, ST_FAILED, "%d of %d runs were interrupted", out->interrupted,
                       c.total);
    return ST_OK;
}
