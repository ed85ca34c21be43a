/* plan.h -- what `run` would do: the state of every run, the reason, and the cost.
 *
 * `run` carries out a plan and `plan` prints it, so they cannot differ. */
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
    int shard, shards; /* only part 1 .. shards; shards 0: the whole matrix */
    /* The plan that was carried out before, whose waiting items this one is for: nothing else is
     * run again. NULL: there is none. */
    const struct plan *before;
};

enum { PLAN_REASON = 240 };

struct plan_item {
    const struct run_spec *run; /* borrowed from the config */
    const char *state;          /* new, running, done, failed, interrupted; static */
    /* The kind of reason, static: done, asked (done, and asked for again), failed, interrupted,
     * running, at work, ended (and will be stored), removed, new. A run that is new because a run
     * of its name has another identity: task version, encoder version, settings. A waiting run:
     * tuning. */
    const char *cause;
    bool runs;   /* will be run */
    bool begun;  /* was begun, perhaps again; its end is not stored */
    bool stores; /* has ended and will only be stored */
    bool works;  /* another process is training it */
    /* Its settings are not chosen yet; `run` has the first of the tried values and stands for
     * whichever will be chosen. */
    bool waits;
    bool twice;  /* another item is the same run: a trial with the chosen value */
    int resumed; /* steps that a checkpoint saves; 0: none */
    char reason[PLAN_REASON]; /* why it is run, or why not */
    double flops;             /* model FLOPs to do, training and evaluation */
    double seconds;           /* estimated; NaN until plan_time */
    double slow_seconds;      /* the same if the machine stays as busy as now */
};

struct plan {
    const char *profile; /* borrowed from the config */
    int n;
    struct plan_item *item; /* [n], in the config's order */
    /* The runs of all shards that match, in any state; without shards the runs of the items. */
    int n_matrix;                   /* without the waiting ones */
    const struct run_spec **matrix; /* [n_matrix] */
    double most_bytes;              /* memory of the largest run to do */
    double bytes;                   /* of the `jobs` largest runs; 0 until plan_memory */
    int at_once; /* runs for which there are cores; 0: as many as asked */
};

/* Chooses the runs and looks up their states. `db` may be NULL: there is no database yet. Lengths
 * of samples are estimated from a few. ST_NOTFOUND when no run matches; a shard may have none.
 * Runs go to shards by their FLOPs, largest first, each to the shard with the least so far. This
 * rule depends on no database and no filter, so that all shards agree. The caller frees *out. */
enum status plan_open(const struct plan_request *q, struct store *db, struct plan **out,
                      struct err *e);
void plan_close(struct plan *p); /* accepts NULL */

/* Returns true when it takes time, now or after its settings are chosen. */
bool plan_costs(const struct plan_item *item);

/* Sets cause and reason of new runs: tells those whose name is new from those whose task, encoder
 * or settings have changed. */
enum status plan_explain(struct plan *p, struct store *db, struct err *e);

/* Estimates item[].seconds from runs of the same shape that are done on this kind of CPU and took
 * long enough, or else from a few training steps tried now, in `budget_s` seconds altogether. */
enum status plan_time(struct plan *p, struct store *db, int threads, double budget_s,
                      struct err *e);

/* Fills most_bytes and bytes. */
enum status plan_memory(struct plan *p, int jobs, int threads, struct err *e);
/* Returns ST_NOMEM, with both numbers and the remedy, when so much memory is not available
 * now. */
enum status plan_check_memory(const struct plan *p, int jobs, struct err *e);

struct plan_totals {
    int all;                /* runs, each counted once */
    int done, failed, runs; /* failed: and will not be run again */
    int stores, works;      /* not counted above */
    int waits;              /* for tuned values; not counted above */
    double flops, seconds;  /* of what runs or waits; seconds with `jobs` at a time */
    double slow_seconds;    /* if the machine stays as busy as now */
};
/* Writes "14 min", or "14 to 25 min, as the machine is busy". */
enum { PLAN_TIME = 96 };
char *plan_time_text(const struct plan_totals *t, char text[PLAN_TIME]);
struct plan_totals plan_sum(const struct plan *p, int jobs);
/* Sums only the items that `takes` accepts. */
typedef bool plan_takes(const struct plan_item *item, const void *context);
struct plan_totals plan_sum_of(const struct plan *p, int jobs, plan_takes *takes,
                               const void *context);

/* Prints for people: a line for each cell, whose seeds share it while they agree; the cost of
 * each table of `config`'s published numbers of which a run is still to do; then the totals. */
enum status plan_print(const struct plan *p, const struct config *config, int jobs,
                       const char *db, FILE *out, struct err *e);
/* Prints for programs: one object, "schema": 1. ST_NOMEM. */
enum status plan_print_json(const struct plan *p, int jobs, FILE *out, struct err *e);

#endif
