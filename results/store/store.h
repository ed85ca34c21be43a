/* store.h -- stores results in one SQLite file.
 *
 * results/schema.sql is the contract (tables, views, column names). One process writes;
 * readers open read-only. Threads must not share a store. Every function that writes does so
 * in one transaction. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

struct store; /* opaque: store.c */

enum store_mode { STORE_WRITE, STORE_READ };

/* Opens `path`. STORE_WRITE creates the file, or brings its schema up to date after it has made
 * a copy FILE.backup-v<old schema>. STORE_READ reads an older schema as if it were up to date
 * and leaves the file as it is. ST_DB: the file is another program's database, has a newer
 * schema, is no database or cannot be written; it is left as it was. ST_NOTFOUND: STORE_READ,
 * and there is no file. */
enum status store_open(const char *path, enum store_mode mode, struct store **out,
                       struct err *e);
/* Waits for the lock of another process as long as `go_on` returns true, instead of 10 s. It is
 * called about once per second of waiting; `holder` names the holder of the lock, such as
 * "process 12 (sqlite3)". */
struct store_patience {
    bool (*go_on)(void *context, const char *path, const char *holder, double waited_s);
    void *context;
};
enum status store_open_patient(const char *path, enum store_mode mode,
                               const struct store_patience *patience, struct store **out,
                               struct err *e);
/* Can `path` be a database at all? ST_DB: it is a folder, a pipe or a device, or, with
 * STORE_WRITE, the name is so long that it leaves no room for that of the journal. store_open
 * checks this itself; call it before you put something beside the file. */
enum status store_check_file(const char *path, enum store_mode mode, struct err *e);
void store_close(struct store *s); /* accepts NULL and half-made */

/* Checks that the file is still in its place. ST_DB: it was removed, or another file has its
 * name by now, so that what is written is lost. */
enum status store_in_place(struct store *s, struct err *e);

/* Tells the schema that the file had when it was opened, and the one that this program writes. */
void store_schema(const struct store *s, int *found, int *known);
/* Returns the longest wait of a statement for the lock of another process, in seconds. */
double store_longest_wait(const struct store *s);
/* Tests whether a write-ahead log works, with a small database beside `path`. */
bool store_log_works(const char *path);

/* Make all writes between the two calls one transaction: all are stored or, when one failed,
 * none. Calls may be nested. store_together_end returns `st`, or why storing failed. */
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

/* A run of the matrix, before it starts. Strings are borrowed. */
struct run_row {
    const char *identity, *experiment, *profile, *cell, *task, *encoder, *variant, *config;
    int task_version;
    int64_t seed;
};

/* Adds the run in state `new`, or finds it by identity. *state (`state` may be NULL) receives its
 * present state, a static string; a removed run is `new`. */
enum status store_run(struct store *s, const struct run_row *r, int64_t *id,
                      const char **state, struct err *e);
/* The same for n runs, in one transaction: id[i] receives the id of r[i]. */
enum status store_runs(struct store *s, const struct run_row *r, int n, int64_t *id,
                       struct err *e);
/* Begins an attempt. A run in any state but done becomes running and is no longer removed;
 * metrics, answers and caveats of an earlier attempt are deleted. The caller decides which runs
 * are done again.
 *
 * A run that is done stays done, with all that is stored of it, until the new attempt is done
 * and replaces it (store_replace, store_done). The table `attempt` tells when the run was begun
 * again and how that ended. */
enum status store_begin(struct store *s, int64_t run_id, int64_t provenance_id,
                        struct err *e);

/* SQL expression for a row of `run`: the id of the attempt under way when the run was done and
 * begun again, else NULL. */
#define STORE_BEGUN_AGAIN                                                     \
    "(SELECT under.id FROM attempt AS under WHERE under.run_id = run.id AND " \
    "under.state = 'running' AND run.state = 'done' ORDER BY under.n DESC LIMIT 1)"
enum standing {
    STANDING_OPEN,
    STANDING_DONE,
    STANDING_AGAIN
}; /* AGAIN: done, and begun again */
enum status store_standing(struct store *s, int64_t run_id, enum standing *out,
                           struct err *e);
/* Makes room for the numbers of a run begun again whose attempt is done: sets the old ones aside.
 * The new numbers follow, store_done last, all between store_together and its end. */
enum status store_replace(struct store *s, int64_t run_id, struct err *e);

/* Marks runs as removed, or takes the mark away again. No view shows a removed run, and a plan
 * takes it as new. */
enum status store_remove(struct store *s, const int64_t *run_id, int n, bool removed,
                         struct err *e);
/* Deletes those of the runs that are marked as removed, with all that is stored of them, for
 * good. */
enum status store_purge(struct store *s, const int64_t *run_id, int n, struct err *e);

struct run_cost {
    int steps;
    int64_t parameters;
    double flops, wall_s, cpu_s, tokens_per_s, peak_memory_mib;
};
/* Marks a run as done and stores its cost. For a run begun again, stores a warning event when its
 * numbers differ from the old ones. */
enum status store_done(struct store *s, int64_t run_id, const struct run_cost *c,
                       struct err *e);
/* Ends an attempt as `state`, "failed" or "interrupted"; `reason` goes to the attempt and to
 * run.error. A run that was done and begun again stays done: only its attempt tells the end. */
enum status store_stopped(struct store *s, int64_t run_id, const char *state,
                          const char *reason, struct err *e);

/* Stores the hash of the run's file of weights (model_files_hash); NULL: it has none. */
enum status store_weights(struct store *s, int64_t run_id, const char *hash, struct err *e);

/* One number. It may be a share, "count of total", such as wrong reads; -1 is stored as NULL. */
struct metric_row {
    const char *split, *name;
    int step;
    double value; /* NaN is stored as NULL: not available */
    int64_t count, total;
};
enum status store_metrics(struct store *s, int64_t run_id, const struct metric_row *m,
                          int n, struct err *e);
/* Stores which examples are right: bit i % 8 of byte i / 8 is example i. */
enum status store_answers(struct store *s, int64_t run_id, const char *split,
                          const uint8_t *bits, int n, struct err *e);
/* Which scored places are right, in the order of the split's sequences. */
struct place_row {
    const char *split;
    int64_t count;
    const uint8_t *bits; /* bit i % 8 of byte i / 8: place i is right; NULL: too many */
    const char *strata;  /* JSON: {"ignores": [[value, wrong, places], ...]}; schema.sql */
};
enum status store_places(struct store *s, int64_t run_id, const struct place_row *p,
                         struct err *e);
/* Results of a test on a split with other options; replaces those of the same test. */
struct evaluation_row {
    const char *variant, *split; /* variant: the encoder with its options in the test */
    const char *options;         /* options of the task, JSON */
    int sequences;
    const struct metric_row *metric; /* [n] */
    int n;
};
enum status store_evaluation(struct store *s, int64_t run_id,
                             const struct evaluation_row *r, struct err *e);
/* Stores an event; run_id 0: of no run. Level "caveat" with text "SPLIT: ..." is a footnote under
 * tables, stored once per run. */
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
/* Replace the rows of the experiments (and claim ids) that the new rows name; other experiments
 * keep theirs, because several files may share a database. */
enum status store_published(struct store *s, const struct published_row *p, int n,
                            struct err *e);
enum status store_claims(struct store *s, const struct claim_row *c, int n, struct err *e);

/* Calls `row` for each row of one reading SQL statement, with its cells as text (NULL for SQL
 * NULL; reals with as many digits as read back to the same double; of a blob only its size).
 * `params` are bound to ?1.. as text. The statement is the program's own: ST_DB when it fails,
 * because then the database is not what it should be. ST_USAGE: it would write. */
typedef enum status (*store_row_fn)(void *context, int columns, const char *const *names,
                                    const char *const *cells, struct err *e);
enum status store_query(struct store *s, const char *sql, const char *const *params,
                        int n_params, store_row_fn row, void *context, struct err *e);

/* Returns the cell, "" for NULL: in a stranger's database, columns that the schema wants filled
 * may be empty. */
static inline const char *store_cell(const char *cell)
{
    return cell ? cell : "";
}

#endif
