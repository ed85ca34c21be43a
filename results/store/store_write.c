/* store_write.c -- writes to the database; each public function is one transaction.
 *
 * A run's row comes first (store_run, store_runs), then store_begin with an attempt, then
 * the contents of its spool, then store_done or store_stopped. Within store_together these are
 * parts of one transaction, and one that fails rolls all of them back.
 * Pitfall: a run that is done and begun again keeps its row and numbers until the new attempt is
 * done (store_standing tells such runs apart). Only store_replace, in the transaction of that
 * end, moves them to temporary tables for the comparison. */
#include "run_state.h"
#include "store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store_differ.h"
#include "store_internal.h"

/* A value that is bound to a parameter of a statement. */
struct arg {
    enum { ARG_TEXT, ARG_INTEGER, ARG_REAL, ARG_BYTES } type;
    const char *text; /* TEXT and BYTES; NULL: SQL NULL */
    int64_t integer;  /* INTEGER, and the length of BYTES */
    double real;      /* NaN: SQL NULL */
};

static struct arg text(const char *value)
{
    return (struct arg){.type = ARG_TEXT, .text = value};
}

static struct arg integer(int64_t value)
{
    return (struct arg){.type = ARG_INTEGER, .integer = value};
}

static struct arg real(double value)
{
    return (struct arg){.type = ARG_REAL, .real = value};
}

static struct arg bytes(const uint8_t *value, size_t n)
{
    return (struct arg){
        .type = ARG_BYTES, .text = (const char *)value, .integer = (int64_t)n};
}

/* A count below 0 (struct metric_row) is SQL NULL. */
static struct arg count(int64_t value)
{
    return value < 0 ? text(NULL) : integer(value);
}

static int bind(sqlite3_stmt *q, int i, const struct arg *a)
{
    switch (a->type) {
    case ARG_INTEGER:
        return sqlite3_bind_int64(q, i, a->integer);
    case ARG_REAL: /* SQLite stores NaN as NULL */
        return sqlite3_bind_double(q, i, a->real);
    case ARG_BYTES:
        return sqlite3_bind_blob64(q, i, a->text ? a->text : "", (sqlite3_uint64)a->integer,
                                   SQLITE_STATIC);
    default:
        return sqlite3_bind_text(q, i, a->text, -1, SQLITE_STATIC);
    }
}

static enum status prepare(struct store *s, const char *sql, sqlite3_stmt **q,
                           struct err *e)
{
    assert(s->writable);
    return sqlite3_prepare_v2(s->db, sql, -1, q, NULL) == SQLITE_OK
               ? ST_OK
               : store_failed(s, "storing", e);
}

/* Binds, steps once and resets. *id receives the first column of the answer, 0 when there is
 * none; `id` may be NULL. */
static enum status step(struct store *s, sqlite3_stmt *q, const struct arg *a, int n,
                        int64_t *id, struct err *e)
{
    int code = SQLITE_OK;
    assert(sqlite3_bind_parameter_count(q) == n);
    for (int i = 0; i < n && code == SQLITE_OK; i++)
        code = bind(q, i + 1, &a[i]);
    if (code == SQLITE_OK)
        code = sqlite3_step(q);
    if (id)
        *id = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    const enum status st =
        code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK : store_failed(s, "storing", e);
    sqlite3_reset(q);
    return st;
}

static enum status once(struct store *s, const char *sql, const struct arg *a, int n,
                        int64_t *id, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = prepare(s, sql, &q, e);
    if (st == ST_OK)
        st = step(s, q, a, n, id, e);
    sqlite3_finalize(q);
    return st;
}

#define ARGS(...)                      \
    (const struct arg[]){__VA_ARGS__}, \
        (int)(sizeof((struct arg[]){__VA_ARGS__}) / sizeof(struct arg))

/* Begins a transaction. IMMEDIATE takes the write lock at once, so that waiting for another writer
 * happens here, under the busy timeout, and not halfway. */
static enum status begin(struct store *s, struct err *e)
{
    assert(s->writable);
    if (s->together)
        return ST_OK;
    return once(s, "BEGIN IMMEDIATE", NULL, 0, NULL, e);
}

/* Commits when `st` is ST_OK, else rolls back; returns `st`, or why the commit failed. */
static enum status finish(struct store *s, enum status st, struct err *e)
{
    if (s->together) {
        s->failed = s->failed || st != ST_OK;
        return st;
    }
    s->replaced = 0;
    if (st == ST_OK)
        st = once(s, "COMMIT", NULL, 0, NULL, e);
    if (st && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return st;
}

enum status store_together(struct store *s, struct err *e)
{
    const enum status st = begin(s, e);
    if (st == ST_OK && s->together++ == 0)
        s->failed = false;
    return st;
}

enum status store_together_end(struct store *s, enum status st, struct err *e)
{
    assert(s->together > 0);
    if (--s->together == 0 && st == ST_OK && s->failed)
        st = err_set(e, ST_DB, "%s: a part of what belongs together could not be stored",
                     s->path);
    return finish(s, st, e);
}

enum status store_provenance(struct store *s, const struct provenance *p, int64_t *id,
                             struct err *e)
{
    const struct arg a[] = {
        text(p->version),  text(p->commit),    integer(p->dirty),
        text(p->compiler), text(p->flags),     text(p->kernel_isa),
        text(p->blas),     text(p->blas_core), integer(p->blas_threads),
        text(p->cpu),      text(p->host),      text(p->yaml_hash),
    };
    const int n = sizeof a / sizeof *a;
    int64_t found = 0;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = once(
        s,
        "SELECT id FROM provenance WHERE version = ?1 AND git_commit = ?2 AND dirty = ?3 "
        "AND compiler = ?4 AND flags = ?5 AND kernel_isa = ?6 AND blas = ?7 AND "
        "blas_core = ?8 AND blas_threads = ?9 AND cpu = ?10 AND host = ?11 AND "
        "yaml_hash = ?12",
        a, n, &found, e);
    if (st == ST_OK && found == 0) {
        st = once(s,
                  "INSERT INTO provenance (version, git_commit, dirty, compiler, flags, "
                  "kernel_isa, blas, blas_core, blas_threads, cpu, host, yaml_hash) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                  a, n, NULL, e);
        found = sqlite3_last_insert_rowid(s->db);
    }
    st = finish(s, st, e);
    if (st == ST_OK)
        *id = found;
    return st;
}

static enum status find_run(struct store *s, const char *identity, int64_t *id,
                            const char **state, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = prepare(s,
                             "SELECT id, iif(removed IS NULL, state, 'new') FROM run "
                             "WHERE identity = ?1",
                             &q, e);
    if (st == ST_OK && (sqlite3_bind_text(q, 1, identity, -1, SQLITE_STATIC) != SQLITE_OK ||
                        sqlite3_step(q) != SQLITE_ROW))
        st = store_failed(s, "storing", e);
    if (st == ST_OK) {
        *id = sqlite3_column_int64(q, 0);
        if (state) /* the column's CHECK allows only known states */
            *state = run_state_find((const char *)sqlite3_column_text(q, 1));
    }
    sqlite3_finalize(q);
    return st;
}

enum status store_recipe(struct store *s, int64_t run_id, struct err *e)
{
    const enum status st =
        once(s,
             "INSERT INTO recipe (settings) SELECT " STORE_SETTINGS " FROM run "
             "WHERE id = ?1 ON CONFLICT (settings) DO NOTHING",
             ARGS(integer(run_id)), NULL, e);
    return st ? st
              : once(s,
                     "UPDATE run SET recipe_id = (SELECT r.id FROM recipe AS r "
                     "WHERE r.settings = " STORE_SETTINGS ") WHERE id = ?1",
                     ARGS(integer(run_id)), NULL, e);
}

static enum status add_run(struct store *s, const struct run_row *r, int64_t *id,
                           const char **state, struct err *e)
{
    const char *const cell = r->cell ? r->cell : "";
    int64_t added = 0;
    enum status st =
        once(s,
             "INSERT INTO run (identity, experiment, profile, cell, task, task_version, "
             "encoder, variant, seed, config) "
             "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
             "ON CONFLICT (identity) DO NOTHING RETURNING id",
             ARGS(text(r->identity), text(r->experiment), text(r->profile), text(cell),
                  text(r->task), integer(r->task_version), text(r->encoder),
                  text(r->variant), integer(r->seed), text(r->config)),
             &added, e);
    if (st == ST_OK && added)
        st = store_recipe(s, added, e);
    if (st == ST_OK)
        st = find_run(s, r->identity, id, state, e);
    if (st == ST_OK)
        st = once(s,
                  "INSERT INTO membership (run_id, experiment, profile, cell) "
                  "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (run_id, experiment, profile) "
                  "DO UPDATE SET cell = excluded.cell",
                  ARGS(integer(*id), text(r->experiment), text(r->profile), text(cell)),
                  NULL, e);
    return st;
}

enum status store_run(struct store *s, const struct run_row *r, int64_t *id,
                      const char **state, struct err *e)
{
    const enum status st = begin(s, e);
    return st ? st : finish(s, add_run(s, r, id, state, e), e);
}

enum status store_runs(struct store *s, const struct run_row *r, int n, int64_t *id,
                       struct err *e)
{
    enum status st = begin(s, e);
    if (st)
        return st;
    for (int i = 0; i < n && st == ST_OK; i++)
        st = add_run(s, &r[i], &id[i], NULL, e);
    return finish(s, st, e);
}

/* Executes an UPDATE of one run, which must exist. */
static enum status update_run(struct store *s, int64_t run_id, const char *sql,
                              const struct arg *a, int n, struct err *e)
{
    const enum status st = once(s, sql, a, n, NULL, e);
    if (st == ST_OK && sqlite3_changes(s->db) == 0)
        return err_set(e, ST_DB, "%s: there is no run %lld; another program removed it",
                       s->path, (long long)run_id);
    return st;
}

/* --- again --- */

/* Ends the attempt that is under way, if any. */
static enum status end_attempt(struct store *s, int64_t run_id, const char *state,
                               const char *reason, struct err *e)
{
    return once(s,
                "UPDATE attempt SET state = ?2, reason = ?3, "
                "ended = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
                "WHERE run_id = ?1 AND state = 'running'",
                ARGS(integer(run_id), text(state), text(reason)), NULL, e);
}

static enum status begin_attempt(struct store *s, int64_t run_id, int64_t provenance_id,
                                 struct err *e)
{
    enum status st =
        update_run(s, run_id, "UPDATE run SET attempts = attempts + 1 WHERE id = ?1",
                   ARGS(integer(run_id)), e);
    if (st == ST_OK)
        st = once(s,
                  "INSERT INTO attempt (run_id, n, provenance_id, started, state) "
                  "SELECT id, attempts, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
                  "'running' FROM run WHERE id = ?1",
                  ARGS(integer(run_id), integer(provenance_id)), NULL, e);
    return st;
}

/* Deletes the numbers of a run, and the caveats about them. */
static enum status forget_numbers(struct store *s, int64_t run_id, struct err *e)
{
    static const char *const remove[] = {
        "DELETE FROM metric WHERE run_id = ?1",
        "DELETE FROM curve WHERE run_id = ?1",
        "DELETE FROM answer WHERE run_id = ?1",
        "DELETE FROM stratum WHERE run_id = ?1",
        "DELETE FROM place WHERE run_id = ?1",
        "DELETE FROM evaluation WHERE run_id = ?1",
        "DELETE FROM event WHERE run_id = ?1 AND level = 'caveat'"};
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof remove / sizeof *remove && st == ST_OK; i++)
        st = once(s, remove[i], ARGS(integer(run_id)), NULL, e);
    return st;
}

enum status store_standing(struct store *s, int64_t run_id, enum standing *out,
                           struct err *e)
{
    int64_t found = STANDING_OPEN;
    const enum status st = once(s,
                                "SELECT iif(state <> 'done', 0, iif(" STORE_BEGUN_AGAIN
                                " IS NULL, 1, 2)) FROM run WHERE id = ?1",
                                ARGS(integer(run_id)), &found, e);
    *out = (enum standing)found;
    return st;
}

/* Moves the old numbers to temporary tables, where tell_differences compares them. */
enum status store_replace(struct store *s, int64_t run_id, struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    assert(s->together > 0);
    s->replaced = run_id;
    for (int i = 0; i < MEASURED_TABLES; i++) {
        const char *name = store_measured[i].name;
        sqlite3_str_appendf(sql,
                            "DROP TABLE IF EXISTS temp.before_%s;"
                            "CREATE TEMP TABLE before_%s AS SELECT * FROM %s LIMIT 0;"
                            "INSERT INTO temp.before_%s SELECT * FROM main.%s "
                            "WHERE run_id = %lld;",
                            name, name, name, name, name, (long long)run_id);
    }
    const enum status st = store_exec_built(s, sql, "storing", e);
    return st ? st : forget_numbers(s, run_id, e);
}

/* Stores a warning when the new numbers differ from the old ones, because training is
 * deterministic on one machine. Must be called while the row of the run still names the
 * provenance of the old numbers. */
static enum status tell_differences(struct store *s, int64_t run_id, struct err *e)
{
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)run_id);
    const struct store_side before = {"temp.before_", id, "the old results"};
    const struct store_side now = {"main.", id, "the new ones"};
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendall(sql, "WITH number(text) AS (");
    store_differing_rows(sql, &store_measured[MEASURED_METRIC], &before, &now);
    sqlite3_str_appendall(sql, "), point(text) AS (");
    store_differing_rows(sql, &store_measured[MEASURED_CURVE], &before, &now);
    sqlite3_str_appendall(sql, "), answers(text) AS (");
    store_differing_rows(sql, &store_measured[MEASURED_ANSWER], &before, &now);
    sqlite3_str_appendall(sql, "), places(text) AS (");
    store_differing_rows(sql, &store_measured[MEASURED_PLACE], &before, &now);
    sqlite3_str_appendall(sql, "), sums(text) AS (");
    store_differing_rows(sql, &store_measured[MEASURED_STRATUM], &before, &now);
    sqlite3_str_appendf(
        sql,
        "), both(text) AS (SELECT * FROM number UNION ALL SELECT * FROM point UNION ALL "
        "SELECT * FROM answers UNION ALL SELECT * FROM places UNION ALL SELECT * FROM sums) "
        "INSERT INTO event (run_id, level, text) SELECT run.id, 'warning', "
        "printf('done again with other results: %%d numbers, %%d points of curves and the "
        "answers to %%d splits differ, first %%s; the old ones are of posbench %%s %%s, %%s, "
        "BLAS core %%s, %%s', (SELECT count(*) FROM number), (SELECT count(*) FROM point), "
        "(SELECT count(*) FROM answers), "
        "(SELECT text FROM both LIMIT 1), version, git_commit, kernel_isa, blas_core, host) "
        "FROM run LEFT JOIN provenance AS p ON p.id = provenance_id WHERE run.id = %s AND "
        "EXISTS (SELECT 1 FROM both)",
        id);
    return store_exec_built(s, sql, "storing", e);
}

/* Copies start and provenance of the attempt to the row of the run. */
static enum status done_again(struct store *s, int64_t run_id, struct err *e)
{
    const enum status st = s->replaced == run_id ? tell_differences(s, run_id, e) : ST_OK;
    return st ? st
              : update_run(s, run_id,
                           "UPDATE run SET (started, provenance_id) = (SELECT a.started, "
                           "coalesce(a.provenance_id, run.provenance_id) FROM attempt AS "
                           "a WHERE a.id = " STORE_BEGUN_AGAIN ") WHERE id = ?1",
                           ARGS(integer(run_id)), e);
}

/* --- the life of a run --- */

/* Resets a run that is not done and sets it running. */
static enum status begin_anew(struct store *s, int64_t run_id, int64_t provenance_id,
                              struct err *e)
{
    const enum status st = update_run(
        s, run_id,
        "UPDATE run SET state = 'running', error = NULL, steps = NULL, "
        "parameters = NULL, flops = NULL, wall_s = NULL, cpu_s = NULL, "
        "tokens_per_s = NULL, peak_memory_mib = NULL, removed = NULL, "
        "weights_hash = NULL, started = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ended = NULL, "
        "provenance_id = ?2 WHERE id = ?1",
        ARGS(integer(run_id), integer(provenance_id)), e);
    return st ? st : forget_numbers(s, run_id, e);
}

enum status store_begin(struct store *s, int64_t run_id, int64_t provenance_id,
                        struct err *e)
{
    int64_t done = 0;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = end_attempt(s, run_id, RUN_INTERRUPTED, "it did not end", e);
    if (st == ST_OK)
        st = once(s,
                  "SELECT 1 FROM run WHERE id = ?1 AND state = 'done' AND removed IS NULL",
                  ARGS(integer(run_id)), &done, e);
    if (st == ST_OK && !done)
        st = begin_anew(s, run_id, provenance_id, e);
    if (st == ST_OK)
        st = begin_attempt(s, run_id, provenance_id, e);
    return finish(s, st, e);
}

/* Executes one statement for each of the runs, for all or none. */
static enum status for_each_run(struct store *s, const char *sql, const int64_t *run_id,
                                int n, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = prepare(s, sql, &q, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = step(s, q, ARGS(integer(run_id[i])), NULL, e);
    sqlite3_finalize(q);
    return finish(s, st, e);
}

enum status store_remove(struct store *s, const int64_t *run_id, int n, bool removed,
                         struct err *e)
{
    return for_each_run(s,
                        removed ? "UPDATE run SET removed = strftime('%Y-%m-%dT%H:%M:%fZ', "
                                  "'now') WHERE id = ?1 AND removed IS NULL"
                                : "UPDATE run SET removed = NULL WHERE id = ?1",
                        run_id, n, e);
}

enum status store_purge(struct store *s, const int64_t *run_id, int n, struct err *e)
{
    const enum status st = for_each_run(
        s, "DELETE FROM run WHERE id = ?1 AND removed IS NOT NULL", run_id, n, e);
    /* Returns the free space where there is room to do so. */
    if (st == ST_OK)
        sqlite3_exec(s->db, "VACUUM", NULL, NULL, NULL);
    return st;
}

enum status store_done(struct store *s, int64_t run_id, const struct run_cost *c,
                       struct err *e)
{
    enum standing standing = STANDING_OPEN;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = store_standing(s, run_id, &standing, e);
    if (st == ST_OK && standing == STANDING_AGAIN)
        st = done_again(s, run_id, e);
    if (st == ST_OK)
        st = update_run(s, run_id,
                        "UPDATE run SET state = 'done', error = NULL, steps = ?2, "
                        "parameters = ?3, flops = ?4, wall_s = ?5, cpu_s = ?6, "
                        "tokens_per_s = ?7, peak_memory_mib = ?8, "
                        "ended = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?1",
                        ARGS(integer(run_id), integer(c->steps), integer(c->parameters),
                             real(c->flops), real(c->wall_s), real(c->cpu_s),
                             real(c->tokens_per_s), real(c->peak_memory_mib)),
                        e);
    if (st == ST_OK)
        st = end_attempt(s, run_id, RUN_DONE, NULL, e);
    return finish(s, st, e);
}

enum status store_stopped(struct store *s, int64_t run_id, const char *state,
                          const char *reason, struct err *e)
{
    assert(strcmp(state, RUN_FAILED) == 0 || strcmp(state, RUN_INTERRUPTED) == 0);
    enum standing standing = STANDING_OPEN;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = store_standing(s, run_id, &standing, e);
    if (st == ST_OK)
        st = end_attempt(s, run_id, state, reason, e);
    if (st == ST_OK && standing == STANDING_OPEN)
        st = update_run(s, run_id,
                        "UPDATE run SET state = ?2, error = ?3, "
                        "ended = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?1",
                        ARGS(integer(run_id), text(state), text(reason)), e);
    return finish(s, st, e);
}

enum status store_weights(struct store *s, int64_t run_id, const char *hash, struct err *e)
{
    const enum status st = begin(s, e);
    return st ? st
              : finish(s,
                       update_run(s, run_id,
                                  "UPDATE run SET weights_hash = ?2 WHERE id = ?1",
                                  ARGS(integer(run_id), text(hash)), e),
                       e);
}

/* Numbers that have a column in `curve`; a share has columns for its count and total too. */
static const struct {
    const char *name;
    bool share;
} of_curve[] = {
    {"accuracy", true},       {"token_error", true},     {"sequence_accuracy", true},
    {"sequence_error", true}, {"loss", false},           {"perplexity", false},
    {"chance", false},        {"majority", true},        {"ceiling", true},
    {"bits_per_byte", false}, {"word_perplexity", false}};
enum { OF_CURVE = sizeof of_curve / sizeof *of_curve };

static int column_of(const char *name)
{
    int i = 0;
    while (i < OF_CURVE && strcmp(of_curve[i].name, name) != 0)
        i++;
    return i;
}

static enum status prepare_column(struct store *s, int i, sqlite3_stmt **q, struct err *e)
{
    const char *const name = of_curve[i].name;
    char *sql =
        of_curve[i].share
            ? sqlite3_mprintf(
                  "INSERT INTO curve (run_id, split, step, %s, %s_count, %s_total) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                  "ON CONFLICT DO UPDATE SET %s = ?4, %s_count = ?5, %s_total = ?6",
                  name, name, name, name, name, name)
            : sqlite3_mprintf("INSERT INTO curve (run_id, split, step, %s) "
                              "VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET %s = ?4",
                              name, name);
    const enum status st =
        sql ? prepare(s, sql, q, e) : err_set(e, ST_NOMEM, "%s: no memory", s->path);
    sqlite3_free(sql);
    return st;
}

/* Stores a number in its column of `curve`. Each column has a statement, prepared on first use. */
static enum status put_in_curve(struct store *s, int64_t run_id, const struct metric_row *m,
                                sqlite3_stmt *q[OF_CURVE], struct err *e)
{
    const int i = column_of(m->name);
    enum status st = ST_OK;
    if (i < OF_CURVE && !q[i])
        st = prepare_column(s, i, &q[i], e);
    if (i == OF_CURVE || st)
        return st;
    const struct arg a[] = {integer(run_id), text(m->split),  integer(m->step),
                            real(m->value),  count(m->count), count(m->total)};
    return step(s, q[i], a, of_curve[i].share ? 6 : 4, NULL, e);
}

enum status store_metrics(struct store *s, int64_t run_id, const struct metric_row *m,
                          int n, struct err *e)
{
    sqlite3_stmt *q = NULL, *column[OF_CURVE] = {NULL};
    enum status st = begin(s, e);
    if (st)
        return st;
    st = prepare(s,
                 "INSERT INTO metric (run_id, split, step, name, value, count, total) "
                 "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                 "ON CONFLICT (run_id, split, name) DO UPDATE SET step = excluded.step, "
                 "value = excluded.value, count = excluded.count, total = excluded.total "
                 "WHERE excluded.step >= metric.step",
                 &q, e);
    for (int i = 0; i < n && st == ST_OK; i++) {
        st = step(s, q,
                  ARGS(integer(run_id), text(m[i].split), integer(m[i].step),
                       text(m[i].name), real(m[i].value), count(m[i].count),
                       count(m[i].total)),
                  NULL, e);
        if (st == ST_OK)
            st = put_in_curve(s, run_id, &m[i], column, e);
    }
    sqlite3_finalize(q);
    for (int i = 0; i < OF_CURVE; i++)
        sqlite3_finalize(column[i]);
    return finish(s, st, e);
}

enum status store_answers(struct store *s, int64_t run_id, const char *split,
                          const uint8_t *bits, int n, struct err *e)
{
    enum status st = begin(s, e);
    if (st)
        return st;
    st = once(
        s,
        "INSERT INTO answer (run_id, split, count, bits) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (run_id, split) DO UPDATE SET "
        "count = excluded.count, bits = excluded.bits",
        ARGS(integer(run_id), text(split), integer(n), bytes(bits, ((size_t)n + 7) / 8)),
        NULL, e);
    return finish(s, st, e);
}

/* Replaces all sums of a split, because the new ones may have fewer values. */
static enum status put_strata(struct store *s, int64_t run_id, const struct place_row *p,
                              struct err *e)
{
    const enum status st = once(s, "DELETE FROM stratum WHERE run_id = ?1 AND split = ?2",
                                ARGS(integer(run_id), text(p->split)), NULL, e);
    return st ? st
              : once(s,
                     "INSERT INTO stratum " STORE_STRATA(
                         "(SELECT ?1 AS run_id, ?2 AS split, ?3 AS strata)"),
                     ARGS(integer(run_id), text(p->split), text(p->strata)), NULL, e);
}

enum status store_places(struct store *s, int64_t run_id, const struct place_row *p,
                         struct err *e)
{
    const size_t n = ((size_t)p->count + 7) / 8;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = once(s,
              "INSERT INTO place (run_id, split, count, bits) "
              "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (run_id, split) DO UPDATE SET "
              "count = excluded.count, bits = excluded.bits",
              ARGS(integer(run_id), text(p->split), integer(p->count),
                   p->bits ? bytes(p->bits, n) : text(NULL)),
              NULL, e);
    if (st == ST_OK)
        st = put_strata(s, run_id, p, e);
    return finish(s, st, e);
}

enum status store_evaluation(struct store *s, int64_t run_id,
                             const struct evaluation_row *r, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = begin(s, e);
    if (st)
        return st;
    st = prepare(s,
                 "INSERT INTO evaluation (run_id, variant, split, options, sequences, "
                 "name, value, count, total) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
                 "ON CONFLICT (run_id, variant, split, options, sequences, name) DO UPDATE "
                 "SET value = excluded.value, count = excluded.count, "
                 "total = excluded.total",
                 &q, e);
    for (int i = 0; i < r->n && st == ST_OK; i++)
        st = step(s, q,
                  ARGS(integer(run_id), text(r->variant), text(r->split), text(r->options),
                       integer(r->sequences), text(r->metric[i].name),
                       real(r->metric[i].value), count(r->metric[i].count),
                       count(r->metric[i].total)),
                  NULL, e);
    sqlite3_finalize(q);
    return finish(s, st, e);
}

enum status store_event(struct store *s, int64_t run_id, const char *level,
                        const char *text_of, struct err *e)
{
    enum status st = begin(s, e);
    if (st)
        return st;
    /* A caveat is about the run, not about a moment: it is stored once. */
    st = once(s,
              "INSERT INTO event (run_id, level, text) SELECT ?1, ?2, ?3 "
              "WHERE ?2 <> 'caveat' OR NOT EXISTS (SELECT 1 FROM event "
              "WHERE run_id IS ?1 AND level = ?2 AND text = ?3)",
              ARGS(run_id ? integer(run_id) : text(NULL), text(level), text(text_of)), NULL,
              e);
    return finish(s, st, e);
}

/* Deletes the stored rows of an experiment that new rows name. Other files may keep their
 * experiments in the same database. */
static enum status forget(struct store *s, const char *remove, const char *experiment,
                          struct err *e)
{
    return once(s, remove, ARGS(text(experiment)), NULL, e);
}

enum status store_published(struct store *s, const struct published_row *p, int n,
                            struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = begin(s, e);
    if (st)
        return st;
    for (int i = 0; i < n && st == ST_OK; i++)
        st = forget(s, "DELETE FROM published WHERE experiment = ?1", p[i].experiment, e);
    if (st == ST_OK)
        st = prepare(
            s,
            "INSERT INTO published (paper, source, experiment, cell, encoder, split, "
            "metric, unit, value, std) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
            "ON CONFLICT DO UPDATE SET unit = excluded.unit, value = excluded.value, "
            "std = excluded.std",
            &q, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = step(s, q,
                  ARGS(text(p[i].paper), text(p[i].source), text(p[i].experiment),
                       text(p[i].cell ? p[i].cell : ""), text(p[i].encoder),
                       text(p[i].split), text(p[i].metric), text(p[i].unit),
                       real(p[i].value), real(p[i].std)),
                  NULL, e);
    sqlite3_finalize(q);
    return finish(s, st, e);
}

enum status store_claims(struct store *s, const struct claim_row *c, int n, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = begin(s, e);
    if (st)
        return st;
    for (int i = 0; i < n && st == ST_OK; i++)
        st = forget(s, "DELETE FROM claim WHERE experiment = ?1", c[i].experiment, e);
    if (st == ST_OK)
        st = prepare(
            s,
            "INSERT INTO claim (name, text, experiment, cell, split, metric, less, "
            "than, published_less, published_than) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
            "ON CONFLICT (name) DO UPDATE SET text = excluded.text, "
            "experiment = excluded.experiment, cell = excluded.cell, "
            "split = excluded.split, metric = excluded.metric, less = excluded.less, "
            "than = excluded.than, published_less = excluded.published_less, "
            "published_than = excluded.published_than",
            &q, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = step(s, q,
                  ARGS(text(c[i].id), text(c[i].text), text(c[i].experiment),
                       text(c[i].cell ? c[i].cell : ""), text(c[i].split),
                       text(c[i].metric), text(c[i].less), text(c[i].than),
                       real(c[i].published_less), real(c[i].published_than)),
                  NULL, e);
    sqlite3_finalize(q);
    return finish(s, st, e);
}
