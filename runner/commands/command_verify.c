/* command_verify.c -- trains a stored run again and compares everything that it stored.
 *
 * The run is trained in a scratch folder from its stored settings, with a spool and weights of
 * its own. verify.c compares, and the differences of provenance are printed too. Exit 1 when
 * anything differs.
 * Pitfall: with --steps only the learning curve is compared, and training stops early. Signals
 * are caught before the scratch folder is made, so that it is removed after a signal too. */
#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "run_state.h"
#include "targets.h"
#include "progress.h"
#include "lock.h"
#include "signals.h"
#include "training.h"
#include "units.h"
#include "verify.h"

enum { FILE_TEXT = PATH_MAX + 32 };

/* --- the scratch folder --- */

struct scratch {
    char folder[PATH_MAX], spool[FILE_TEXT], weights[FILE_TEXT], db[FILE_TEXT];
};

static enum status scratch_open(struct scratch *s, struct err *e)
{
    const char *base = getenv("TMPDIR");
    const int n = snprintf(s->folder, sizeof s->folder, "%s/posbench-verify-XXXXXX",
                           base && *base ? base : "/tmp");
    if (n >= (int)sizeof s->folder || !mkdtemp(s->folder)) {
        const int why = n >= (int)sizeof s->folder ? ENAMETOOLONG : errno;
        s->folder[0] = '\0';
        return err_set(e, ST_IO, "no scratch folder: %s; set TMPDIR to one with room",
                       strerror(why));
    }
    snprintf(s->spool, sizeof s->spool, "%s/spool.jsonl", s->folder);
    snprintf(s->weights, sizeof s->weights, "%s/weights.safetensors", s->folder);
    snprintf(s->db, sizeof s->db, "%s/now.db", s->folder);
    return ST_OK;
}

static void scratch_close(struct scratch *s)
{
    if (!s->folder[0])
        return;
    unlink(s->spool);
    unlink(s->weights);
    unlink(s->db);
    rmdir(s->folder);
}

/* --- training --- */

static void show(void *context, const struct run_progress *p)
{
    char step[48], loss[32], tokens[UNIT_TEXT + 16], speed[UNIT_TEXT];
    snprintf(step, sizeof step, "step %d/%d", p->step, p->steps);
    snprintf(loss, sizeof loss, "loss %.4f", p->loss);
    snprintf(tokens, sizeof tokens, "%s tokens/s", units_count(p->tokens_per_s, speed));
    if (isnan(p->loss)) /* no step is done yet */
        progress_line(context, 0,
                      &(struct progress_text){.name = step, .fact = {"starting"}});
    else
        progress_line(context, 0,
                      &(struct progress_text){.name = step, .fact = {loss, tokens}});
    progress_draw(context);
}

/* Trains the run; `steps` is as in struct training. */
static enum status train(const struct run_spec *r, const struct scratch *s, int threads,
                         int steps, struct err *e)
{
    struct spool_writer spool;
    struct progress *progress = NULL;
    enum status st = progress_open(1, false, &progress, e);
    if (st)
        return st;
    st = spool_create(s->spool, -1, &spool, e);
    if (st == ST_OK) {
        const struct training t = {.run = r,
                                   .threads = threads,
                                   .weights = s->weights,
                                   .steps = steps,
                                   .stop = signals_flag(),
                                   .spool = &spool,
                                   .watch = show,
                                   .watch_context = progress};
        st = training_run(&t, e);
        spool_close(&spool);
    }
    progress_close(progress);
    return st;
}

/* --- comparing --- */

static enum status compare(const char *db_path, const struct stored_run *f,
                           const struct scratch *s, int steps, struct verdict *v,
                           struct err *e)
{
    struct spool *now = NULL;
    struct err why = {.msg = ""};
    struct stored_weights weights;
    enum status st = spool_read(s->spool, &now, e);
    if (st == ST_OK)
        st = verify_spool(db_path, f, now, s->db, steps, v, e);
    spool_free(now);
    if (st == ST_OK && steps == 0)
        st = stored_weights_find(db_path, f, &weights, e);
    if (st == ST_OK && steps == 0) {
        st = verify_weights(&f->run, weights.path, s->weights, v, &why);
        if (st == ST_NOTFOUND)
            st = ST_OK; /* no weights were kept; none are counted */
        else if (st)
            err_set(e, st, "%s", why.msg);
    }
    return st;
}

static enum status tell(const struct stored_run *f, int steps, const char *provenance,
                        const struct verdict *v, struct err *e)
{
    const struct run_spec *r = &f->run;
    const int all = r->train.optimizer.steps;
    clean_line(stdout, "run %s: %s %s seed %llu, step %d of %d", f->id, r->experiment,
               r->variant, (unsigned long long)r->seed, steps ? steps : all, all);
    fputs(provenance, stdout);
    if (v->difference[0]) {
        clean_line(stdout, "differs: %s", v->difference);
        return err_set(e, ST_FAILED, "run %s does not come out the same: %s", f->id,
                       *provenance ? "it was made with another program or machine (see "
                                     "above), or what is stored was changed"
                                   : "program and machine are the same, so what is stored "
                                     "was changed, or a machine erred");
    }
    if (v->numbers == 0)
        return err_set(e, ST_NOTFOUND,
                       "nothing is stored of run %s up to step %d; take more --steps",
                       f->id, steps ? steps : all);
    if (v->flops[0])
        clean_line(stdout, "differs: %s", v->flops);
    printf("identical: %d numbers, answers to %d splits, %d tensors of weights%s\n",
           v->numbers, v->answers, v->tensors,
           steps             ? " (numbers alone: the run was not trained to its end)"
           : v->tensors == 0 ? " (none were kept)"
                             : "");
    if (v->flops[0])
        return err_set(e, ST_FAILED,
                       "run %s: its numbers come out the same; of FLOPs alone there is "
                       "another count%s",
                       f->id,
                       *provenance ? ", as programs count them by formulas that changed"
                                   : ", which was changed, as this program made it");
    return ST_OK;
}

static enum status check_state(const struct stored_run *f, int steps, struct err *e)
{
    if (steps || strcmp(f->state, RUN_DONE) == 0)
        return ST_OK;
    return err_set(e, ST_USAGE,
                   "run %s is %s, not done; its curve alone is verified with --steps N",
                   f->id, f->state);
}

static enum status verify(struct store *db, const char *db_path, const struct stored_run *f,
                          int threads, int steps, struct err *e)
{
    struct scratch s = {.folder = ""};
    struct verdict v = {.difference = ""};
    char *provenance = NULL;
    enum status st = check_state(f, steps, e);
    if (st == ST_OK)
        st = scratch_open(&s, e);
    if (st == ST_OK)
        st = train(&f->run, &s, threads, steps, e);
    if (st == ST_OK)
        st = compare(db_path, f, &s, steps, &v, e);
    if (st == ST_OK)
        st = verify_provenance(db, f, &provenance, e);
    if (st == ST_OK)
        st = tell(f, steps, provenance, &v, e);
    free(provenance);
    scratch_close(&s);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct store *db = NULL;
    struct stored_run f = {0};
    char path[PATH_MAX];
    long threads, steps;
    target_database(v, "", path);
    signals_catch(); /* so that the scratch folder is removed */
    enum status st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    if (st == ST_OK)
        st = flag_integer(v, "steps", 1, 1L << 30, 0, &steps, e);
    if (st == ST_OK)
        st = store_open(path, STORE_READ, &db, e);
    if (st == ST_OK)
        st = stored_run_find(db, path, argument_at(v, 0), &f, e);
    if (st == ST_OK) {
        const int all = f.run.train.optimizer.steps;
        st = verify(db, path, &f, (int)threads, steps < all ? (int)steps : 0, e);
    }
    stored_run_free(&f);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"steps", 0, "N", false,
     "train N steps alone and compare the learning curve up to there (default: all)"},
    {"threads", 0, "N", false, "threads; the bits do not depend on it (default 1)"},
    FLAG_DB,
    {0},
};

const struct command command_verify = {
    .name = "verify",
    .group = GROUP_LOOK,
    .summary = "train a stored run once more and compare it bit by bit",
    .arguments = "RUN",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench verify 12\n"
                "posbench verify 3fa9 --steps 500 --threads 4",
    .flags = flags,
    .run = run,
};
