/* plan.h -- what `run` would do: the state of every run, why, and what it would cost.
 *
 * `run` carries out a plan and `plan` prints one, so they cannot differ. */
#ifndef PLAN_H
#define PLAN_H

#include <stdio.h>

#include "config.h"
#include "store.h"

enum plan_rerun { RERUN_NONE, RERUN_FAILED, RERUN_ALL };

struct plan_request {
    const struct config *config;
    const char *db;          /* path of the database, to look for checkpoints; NULL: none */
    const char *const *only; /* filters, checked by run_filter_check */
    int n_only;
    enum plan_rerun rerun;
    long at_work;      /* the process that runs the matrix into db now; 0: none */
    int shard, shards; /* only part 1 .. shards of the matrix; shards 0: all of it */
    /* The plan whose runs have been carried out, its waiting items being what this one is
     * for: nothing else is asked for again. NULL: none. */
    const struct plan *before;
};

enum { PLAN_REASON = 240 };

struct plan_item {
    const struct run_spec *run; /* borrowed from the config */
    const char *state;          /* new, running, done, failed, interrupted; static */
    /* What the reason comes down to, static: done, asked (done, and again), failed,
     * interrupted, running, at work, ended (and will be stored), removed, new; or, of a
     * run that is new because a run of its name has another identity: task version,
     * encoder version, settings; or tuning, of one that waits. */
    const char *cause;
    bool runs;   /* will be run */
    bool begun;  /* was begun, perhaps again, and its end is not stored */
    bool stores; /* has ended, and will only be stored */
    bool works;  /* another process has it at work */
    /* Its settings are not chosen yet; `run` has the first of the values that are tried, and
     * stands for whichever will be chosen. */
    bool waits;
    bool twice;  /* another item is the same run: a trial whose value was chosen */
    int resumed; /* steps that a checkpoint spares it; 0: none */
    char reason[PLAN_REASON]; /* why it will, or why it will not */
    double flops;             /* model FLOPs to do, training and evaluation */
    double seconds;           /* estimated; NaN until plan_time */
    double slow_seconds;      /* the same if the machine stays as busy as it is */
};

struct plan {
    const char *profile; /* borrowed from the config */
    int n;
    struct plan_item *item; /* [n], in the config's order */
    /* Runs of all shards that match, whatever their state; without shards the runs of the
     * items. */
    int n_matrix;                   /* without those that wait */
    const struct run_spec **matrix; /* [n_matrix] */
    double most_bytes;              /* of memory: of the largest run to do, */
    double bytes;                   /* and of the largest `jobs`; 0 until plan_memory */
    int at_once; /* runs for which there are cores; 0: as many as asked */
};

/* Selects and looks up; `db` may be NULL: there is no database yet. Lengths of samples
 * are estimated from a few. ST_NOTFOUND when no run matches; a shard may have none. Runs
 * go to shards by their FLOPs, the largest first, each to the shard that has least so
 * far: a rule that needs no database and knows no filter, so that all shards agree. *out
 * is the caller's. */
enum status plan_open(const struct plan_request *q, struct store *db, struct plan **out,
                      struct err *e);
void plan_close(struct plan *p); /* accepts NULL */

/* Will it take time, now or when its settings are chosen? */
bool plan_costs(const struct plan_item *item);

/* Tells new runs that no run of their name was stored before from those whose task,
 * encoder or settings changed since: cause and reason. */
enum status plan_explain(struct plan *p, struct store *db, struct err *e);

/* Estimates item[].seconds from runs of the same shape that are done on this kind of CPU
 * and took long enough to say something, else from a few training steps tried now,
 * `budget_s` seconds of them in all. */
enum status plan_time(struct plan *p, struct store *db, int threads, double budget_s,
                      struct err *e);

/* Fills most_bytes and bytes. */
enum status plan_memory(struct plan *p, int jobs, int threads, struct err *e);
/* ST_NOMEM, with both numbers and the remedy, when so much cannot be had now. */
enum status plan_check_memory(const struct plan *p, int jobs, struct err *e);

struct plan_totals {
    int all;                /* runs, each once */
    int done, failed, runs; /* failed: and not to be run again */
    int stores, works;      /* none of the others */
    int waits;              /* for what is tuned; none of the others */
    double flops, seconds;  /* of what runs or waits; seconds with `jobs` at a time, */
    double slow_seconds;    /* and if the machine stays as busy as it is */
};
/* "14 min", or "14 to 25 min, as the machine is busy". */
enum { PLAN_TIME = 96 };
char *plan_time_text(const struct plan_totals *t, char text[PLAN_TIME]);
struct plan_totals plan_sum(const struct plan *p, int jobs);
/* The same of the items alone that `takes` takes. */
typedef bool plan_takes(const struct plan_item *item, const void *context);
struct plan_totals plan_sum_of(const struct plan *p, int jobs, plan_takes *takes,
                               const void *context);

/* For people: a line a cell, its seeds together while they agree; then what each table of
 * `config`'s published numbers costs, if any run that stands in one has to be run; then the
 * totals. */
enum status plan_print(const struct plan *p, const struct config *config, int jobs,
                       const char *db, FILE *out, struct err *e);
/* For programs: one object, "schema": 1. ST_NOMEM. */
enum status plan_print_json(const struct plan *p, int jobs, FILE *out, struct err *e);

#endif
