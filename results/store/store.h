/* store.h -- where results are kept: one SQLite file.
 *
 * results/schema.sql is the contract (tables, views, column names). One process writes;
 * readers open read-only. Not safe to share between threads. Every function that writes
 * does so in one transaction. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

struct store; /* opaque: store.c */

enum store_mode { STORE_WRITE, STORE_READ };

/* Opens `path`; in STORE_WRITE creates it or brings its schema up to date, after a copy
 * FILE.backup-v<old schema>; in STORE_READ an older schema is read as if it were up to
 * date and stays as it is. ST_DB, with the file left as it was, when it is another
 * program's database, a newer schema, not a database, or cannot be written; ST_NOTFOUND
 * when it is to be read and is not there. */
enum status store_open(const char *path, enum store_mode mode, struct store **out,
                       struct err *e);
/* How long to wait for the lock of another process, instead of 10 s: as long as `go_on`
 * says, which is asked about once a second of waiting. `holder` is who has it, such as
 * "process 12 (sqlite3)". */
struct store_patience {
    bool (*go_on)(void *context, const char *path, const char *holder, double waited_s);
    void *context;
};
enum status store_open_patient(const char *path, enum store_mode mode,
                               const struct store_patience *patience, struct store **out,
                               struct err *e);
/* Can `path` be a database at all? ST_DB for a folder, a pipe, a device, or to be written
 * a name so long that there is no room for that of its journal. What store_open asks first,
 * for those who put something beside the file before. */
enum status store_check_file(const char *path, enum store_mode mode, struct err *e);
void store_close(struct store *s); /* accepts NULL and half-made */

/* ST_DB: the file was removed, or another has its name by now, so that what is written is
 * lost. */
enum status store_in_place(struct store *s, struct err *e);

/* Schema of the file as it was found, and the one that this program writes. */
void store_schema(const struct store *s, int *found, int *known);
/* The longest that a statement has waited for the lock of another process, in seconds. */
double store_longest_wait(const struct store *s);
/* Tries a write-ahead log with a small database beside `path`. */
bool store_log_works(const char *path);

/* What is written between the two is one transaction: all of it is stored, or, when
 * something failed, none. They may be nested. store_together_end returns `st`, or why it
 * could not be stored. */
enum status store_together(struct store *s, struct err *e);
enum status store_together_end(struct store *s, enum status st, struct err *e);

struct provenance {
    const char *version, *commit, *compiler, *flags, *kernel_isa;
    const char *blas, *blas_core, *cpu, *host, *yaml_hash;
    bool dirty;
    int blas_threads;
};
enum status store_provenance(struct store *s, const struct provenance *p, int64_t *id,
                             struct err *e); /* the row's id, new or found */

/* A run as the matrix knows it, before it starts. Strings are borrowed. */
struct run_row {
    const char *identity, *experiment, *profile, *cell, *task, *encoder, *variant, *config;
    int task_version;
    int64_t seed;
};

/* Adds the run in state `new`, or finds it by identity. *state (may be NULL) receives
 * its present state, a static string; a removed run is `new`. */
enum status store_run(struct store *s, const struct run_row *r, int64_t *id,
                      const char **state, struct err *e);
/* The same for many, in one transaction: id[i] is that of r[i]. */
enum status store_runs(struct store *s, const struct run_row *r, int n, int64_t *id,
                       struct err *e);
/* Any state but done -> running, one attempt more, no longer removed; forgets metrics,
 * answers and caveats of an earlier attempt. Which runs are to be done again is the
 * caller's decision.
 *
 * A run that is done is begun again: it stays done, with all that is stored of it, until
 * another end that is done replaces that (store_replace, store_done). Its attempts (table
 * `attempt`) tell when it was begun again and what became of it. */
enum status store_begin(struct store *s, int64_t run_id, int64_t provenance_id,
                        struct err *e);

/* SQL for a row of `run`: the attempt under way when it was done and begun again, else
 * NULL. */
#define STORE_BEGUN_AGAIN                                                     \
    "(SELECT under.id FROM attempt AS under WHERE under.run_id = run.id AND " \
    "under.state = 'running' AND run.state = 'done' ORDER BY under.n DESC LIMIT 1)"
enum standing {
    STANDING_OPEN,
    STANDING_DONE,
    STANDING_AGAIN
}; /* again: done, and begun again */
enum status store_standing(struct store *s, int64_t run_id, enum standing *out,
                           struct err *e);
/* Of a run begun again that has come to its end: makes room for its numbers, which follow,
 * with store_done last, between store_together and its end. */
enum status store_replace(struct store *s, int64_t run_id, struct err *e);

/* Marks runs as removed: no view shows them, and a plan takes them as new; or takes the
 * mark away again. */
enum status store_remove(struct store *s, const int64_t *run_id, int n, bool removed,
                         struct err *e);
/* Deletes those of the runs that are marked, with all that is stored of them, for good. */
enum status store_purge(struct store *s, const int64_t *run_id, int n, struct err *e);

struct run_cost {
    int steps;
    int64_t parameters;
    double flops, wall_s, cpu_s, tokens_per_s, peak_memory_mib;
};
/* Of a run begun again this warns in the log when numbers differ from those of before. */
enum status store_done(struct store *s, int64_t run_id, const struct run_cost *c,
                       struct err *e);
/* `state` is "failed" or "interrupted"; `reason` goes to the attempt and to run.error. A run
 * that is done stays so: when it was begun again, its attempt alone tells the end. */
enum status store_stopped(struct store *s, int64_t run_id, const char *state,
                          const char *reason, struct err *e);

/* The hash of the run's file of weights (model_files_hash), NULL: it has none. */
enum status store_weights(struct store *s, int64_t run_id, const char *hash, struct err *e);

/* One number. count and total are NULL-able as -1: "count of total", such as wrong reads. */
struct metric_row {
    const char *split, *name;
    int step;
    double value; /* NaN is stored as NULL: not available */
    int64_t count, total;
};
enum status store_metrics(struct store *s, int64_t run_id, const struct metric_row *m,
                          int n, struct err *e);
/* Per-example correctness, one bit an example, bit i of byte i / 8. */
enum status store_answers(struct store *s, int64_t run_id, const char *split,
                          const uint8_t *bits, int n, struct err *e);
/* Right and wrong of every scored place, in the order of the split's sequences. */
struct place_row {
    const char *split;
    int64_t count;
    const uint8_t *bits; /* bit i of byte i / 8: place i is right; NULL: too many places */
    const char *strata;  /* JSON: {"ignores": [[value, wrong, places], ...]}; schema.sql */
};
enum status store_places(struct store *s, int64_t run_id, const struct place_row *p,
                         struct err *e);
/* What a split with these options gave; replaces what is stored of the same question. */
struct evaluation_row {
    const char *variant, *split; /* the encoder with its options of the test */
    const char *options;         /* of the task: JSON */
    int sequences;
    const struct metric_row *metric; /* [n] */
    int n;
};
enum status store_evaluation(struct store *s, int64_t run_id,
                             const struct evaluation_row *r, struct err *e);
/* Level "caveat", text "SPLIT: ...": a footnote under tables; stored once per run. */
enum status store_event(struct store *s, int64_t run_id, const char *level,
                        const char *text, struct err *e);

struct published_row {
    const char *paper, *source, *experiment, *cell, *encoder, *split, *metric, *unit;
    double value, std;
};
struct claim_row {
    const char *id, *text, *experiment, *cell, *split, *metric, *less, *than;
    double published_less, published_than;
};
/* Replace what is stored of the experiments (and claim ids) that the rows speak of; other
 * experiments keep theirs, since several files may share a database. */
enum status store_published(struct store *s, const struct published_row *p, int n,
                            struct err *e);
enum status store_claims(struct store *s, const struct claim_row *c, int n, struct err *e);

/* Rows of one reading SQL statement, cell by cell as text (NULL for SQL NULL; reals with
 * as many digits as read back to the same double; bytes as their number). The statement is
 * ours: when it fails, the database is not what it should be, ST_DB. One that would write is
 * ST_USAGE. `params` are bound to ?1.. as text. */
typedef enum status (*store_row_fn)(void *context, int columns, const char *const *names,
                                    const char *const *cells, struct err *e);
enum status store_query(struct store *s, const char *sql, const char *const *params,
                        int n_params, store_row_fn row, void *context, struct err *e);

/* A cell, "" for NULL: columns that the schema wants filled may be empty in a stranger's
 * database. */
static inline const char *store_cell(const char *cell)
{
    return cell ? cell : "";
}

#endif
