/* store_merge.c -- attaches a part and takes the better runs from it, in one transaction.
 *
 * First temp.pair gets a row for each run of the part, beside the run of the same identity
 * here, with a verdict on what happens to it. Then `files` brings files beside the database,
 * without touching those that are there. Then rows are copied by INSERT ... SELECT. The row of
 * a run has the hash of its weights, so that after a kill one can tell whether the files that
 * wait beside the database belong to the stored rows.
 *
 * Pitfall: a statement that copies many rows only reports that one of them was refused; a row
 * that a CHECK refuses can only be the part's. */
#include "store_merge.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store_attach.h"
#include "store_differ.h"

struct merge {
    struct store *to;
    const char *part; /* its path */
    const struct merge_hooks *hooks;
    struct merge_counts *counts;
    struct store_side here, there;
};

/* --- tables and columns --- */

#define PROVENANCE                                                               \
    "version, git_commit, dirty, compiler, flags, kernel_isa, blas, blas_core, " \
    "blas_threads, cpu, host, yaml_hash"
/* Columns of `run` that are copied as they are: without those made anew here or dependent on the
 * run's state. */
#define RUN_PLAIN                                                                       \
    "experiment, profile, cell, task, task_version, encoder, variant, seed, config, "   \
    "steps, parameters, flops, wall_s, cpu_s, tokens_per_s, peak_memory_mib, started, " \
    "ended"

/* Tables that are copied with a run besides store_measured. */
static const struct store_table more_of_run[] = {
    {"evaluation", "evaluations", "variant, split, options, sequences, name",
     "value, count, total", "id", true, NULL},
    {"event", "event", "", "time, level, text", "id", false, NULL},
};
enum { OF_RUN = MEASURED_TABLES + sizeof more_of_run / sizeof *more_of_run };

static const struct store_table *of_run(int i)
{
    return i < MEASURED_TABLES ? &store_measured[i] : &more_of_run[i - MEASURED_TABLES];
}

/* Tables whose rows belong to no run and exist once each. */
static const struct store_table of_none[] = {
    {"published", "published", "paper, source, experiment, cell, encoder, split, metric",
     "unit, value, std", "id", false, NULL},
    {"claim", "claim", "name",
     "text, experiment, cell, split, metric, less, than, published_less, published_than",
     "id", false, NULL},
};
enum { OF_NONE = sizeof of_none / sizeof *of_none };

/* --- statements --- */

static bool is_whole(const struct store *s)
{
    sqlite3_stmt *q = NULL;
    bool whole = false;
    if (sqlite3_prepare_v2(s->db, "PRAGMA main.quick_check(1)", -1, &q, NULL) ==
            SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW) {
        const char *answer = (const char *)sqlite3_column_text(q, 0);
        whole = answer && strcmp(answer, "ok") == 0;
    }
    sqlite3_finalize(q);
    return whole;
}

/* Reports the last error. It names the part when that is the cause: a row that a CHECK refuses, or
 * a damaged file. */
static enum status failed(const struct merge *m, struct err *e)
{
    const int code = sqlite3_extended_errcode(m->to->db) & 0xff;
    struct err own;
    char what[256];
    snprintf(what, sizeof what, "%s", sqlite3_errmsg(m->to->db));
    const enum status st = store_failed(m->to, "merging", &own);
    if (code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_NOTADB ||
        (code == SQLITE_CORRUPT && is_whole(m->to)))
        return err_set(
            e, ST_DB,
            "%s: cannot be merged: %s; it is damaged, or another program changed "
            "it: \"posbench doctor --db %s\" looks closer; nothing of it is in %s",
            m->part, what, m->part, m->to->path);
    return err_set(e, st, "%s", own.msg);
}

static enum status execute(const struct merge *m, const char *sql, struct err *e)
{
    return sqlite3_exec(m->to->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ST_OK
                                                                       : failed(m, e);
}

static enum status execute_built(const struct merge *m, sqlite3_str *sql, struct err *e)
{
    char *text = sqlite3_str_finish(sql);
    const enum status st = text
                               ? execute(m, text, e)
                               : err_set(e, ST_NOMEM, "%s: no memory to merge it", m->part);
    sqlite3_free(text);
    return st;
}

typedef enum status (*row_fn)(const struct merge *m, sqlite3_stmt *row, struct err *e);

static enum status for_each(const struct merge *m, const char *sql, row_fn row,
                            struct err *e)
{
    sqlite3_stmt *q = NULL;
    int code = SQLITE_OK;
    enum status st = sqlite3_prepare_v2(m->to->db, sql, -1, &q, NULL) == SQLITE_OK
                         ? ST_OK
                         : failed(m, e);
    while (st == ST_OK && (code = sqlite3_step(q)) == SQLITE_ROW)
        st = row(m, q, e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = failed(m, e);
    sqlite3_finalize(q);
    return st;
}

static enum status for_each_built(const struct merge *m, sqlite3_str *sql, row_fn row,
                                  struct err *e)
{
    char *text = sqlite3_str_finish(sql);
    const enum status st = text
                               ? for_each(m, text, row, e)
                               : err_set(e, ST_NOMEM, "%s: no memory to merge it", m->part);
    sqlite3_free(text);
    return st;
}

static const char *word(sqlite3_stmt *row, int i)
{
    const char *text = (const char *)sqlite3_column_text(row, i);
    return text ? text : "";
}

static enum status tell_conflict(const struct merge *m, sqlite3_stmt *row, struct err *e)
{
    (void)e;
    m->counts->conflicts++;
    m->hooks->conflict(m->hooks->context, word(row, 0));
    return ST_OK;
}

/* --- what becomes of each run --- */

/* A run that was under way elsewhere is not under way here: it counts as interrupted. */
#define STATE(run) "iif(" run ".state = 'running', 'interrupted', " run ".state)"
/* One for each alias: p in the part, m here, r on either side, x an attempt. */
#define P_STATE    STATE("p")
#define M_STATE    STATE("m")
#define R_STATE    STATE("r")
#define X_STATE    STATE("x")

/* Column `was` is the state here; NULL: the run is not here, or is marked as removed. */
static const char make_pairs[] =
    "CREATE TEMP TABLE IF NOT EXISTS merged (what TEXT PRIMARY KEY) WITHOUT ROWID;"
    "DROP TABLE IF EXISTS temp.pair;"
    "CREATE TEMP TABLE pair AS SELECT p.id AS theirs, m.id AS ours, m.id AS target, "
    "p.identity, p.ended, m.removed, " P_STATE " AS state, "
    "iif(m.removed IS NULL, " M_STATE ", NULL) AS was, m.weights_hash AS here, "
    "p.weights_hash AS there, NULL AS weights, '' AS difference, 0 AS better, "
    "'same' AS verdict FROM part.run AS p LEFT JOIN main.run AS m USING (identity) "
    "WHERE p.removed IS NULL ORDER BY p.id;"
    "CREATE UNIQUE INDEX temp.pair_by_identity ON pair (identity)";

/* Appends SQL for a text that is greater when the run ended later. */
static void add_order(sqlite3_str *sql, const struct store_side *side)
{
    sqlite3_str_appendf(
        sql,
        "(SELECT coalesce(r.ended, '') || '|' || coalesce(r.started, '') || '|' || "
        "coalesce(r.wall_s, '') || '|' || coalesce(r.cpu_s, '') || '|' || "
        "coalesce(r.error, '') || '|' || r.profile || '|' || r.cell "
        "|| '|' || coalesce(version || git_commit || flags || kernel_isa || blas_core || "
        "cpu || host || yaml_hash, '') FROM %srun AS r LEFT JOIN %sprovenance AS p ON p.id "
        "= r.provenance_id WHERE r.id = %s)",
        side->tables, side->tables, side->id);
}

/* Appends SQL for all that would be copied of a run, as one text. It orders runs that ended at
 * the same moment; the order has no meaning but is the same everywhere. */
static void add_content(sqlite3_str *sql, const struct store_side *side)
{
    sqlite3_str_appendall(sql, "((SELECT " R_STATE);
    store_for_each(sql, RUN_PLAIN, "", " || '|' || quote(r.$)");
    store_for_each(sql, PROVENANCE, "", " || '|' || quote(p.$)");
    sqlite3_str_appendf(sql,
                        " FROM %srun AS r LEFT JOIN %sprovenance AS p ON p.id = "
                        "r.provenance_id WHERE r.id = %s)",
                        side->tables, side->tables, side->id);
    for (int i = 0; i < OF_RUN; i++) {
        const struct store_table *t = of_run(i);
        sqlite3_str_appendall(sql,
                              " || coalesce((SELECT group_concat(text) FROM (SELECT ''");
        store_for_each(sql, t->keys, "", " || '|' || quote($)");
        store_for_each(sql, t->values, "", " || '|' || quote($)");
        sqlite3_str_appendf(sql, " AS text FROM %s%s WHERE run_id = %s ORDER BY %s)), '')",
                            side->tables, t->name, side->id,
                            t->keys[0] ? t->keys : t->order);
    }
    sqlite3_str_appendall(sql, ")");
}

static void add_comparison(sqlite3_str *sql, const struct merge *m, const char *sign)
{
    add_order(sql, &m->there);
    sqlite3_str_appendf(sql, " %s ", sign);
    add_order(sql, &m->here);
    sqlite3_str_appendall(sql, " OR (");
    add_order(sql, &m->there);
    sqlite3_str_appendall(sql, " = ");
    add_order(sql, &m->here);
    sqlite3_str_appendall(sql, " AND ");
    add_content(sql, &m->there);
    sqlite3_str_appendf(sql, " %s ", sign);
    add_content(sql, &m->here);
    sqlite3_str_appendall(sql, ")");
}

/* Keeps the rows of a run that are equal on both sides, even where the checkpoint there is
 * better: a merge that was killed after it stored the rows still has to copy the checkpoint,
 * and nothing else. */
static void add_unless_equal(sqlite3_str *sql, const struct merge *m)
{
    sqlite3_str_appendall(sql, ";UPDATE temp.pair SET better = 0 WHERE better AND was <> "
                               "'done' AND state <> 'done' AND ");
    add_order(sql, &m->there);
    sqlite3_str_appendall(sql, " = ");
    add_order(sql, &m->here);
    sqlite3_str_appendall(sql, " AND ");
    add_content(sql, &m->there);
    sqlite3_str_appendall(sql, " = ");
    add_content(sql, &m->here);
    sqlite3_str_appendall(sql, ";");
}

#define RANK(state) \
    "CASE " state " WHEN 'failed' THEN 2 WHEN 'interrupted' THEN 1 ELSE 0 END"
#define RISE RANK("state") " - " RANK("was")

/* Sets difference, better and verdict. `better` follows a total order of what a run can be, so
 * that the same run is left in any order of parts. */
static enum status judge(const struct merge *m, struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    sqlite3_str_appendall(sql, "UPDATE temp.pair SET difference = ");
    store_first_difference(sql, &m->here, &m->there);
    sqlite3_str_appendall(sql,
                          " WHERE state = 'done' AND was = 'done';"
                          "UPDATE temp.pair SET better = state = 'done' "
                          "WHERE was IS NOT NULL AND (state = 'done') <> (was = 'done');"
                          "UPDATE temp.pair SET better = ");
    add_comparison(sql, m, "<");
    sqlite3_str_appendall(
        sql,
        " WHERE was = 'done' AND state = 'done';"
        "UPDATE temp.pair SET better = CASE sign(steps(identity, 0) - steps(identity, 1)) "
        "WHEN 1 THEN 1 WHEN -1 THEN 0 ELSE CASE sign(" RISE ") WHEN 1 THEN 1 "
        "WHEN -1 THEN 0 ELSE ");
    add_comparison(sql, m, ">");
    sqlite3_str_appendall(sql, " END END WHERE was <> 'done' AND state <> 'done'");
    add_unless_equal(sql, m);
    sqlite3_str_appendall(
        sql, "UPDATE temp.pair SET verdict = CASE WHEN ours IS NULL THEN 'take' "
             /* A removed run comes back when it was done again since. */
             "WHEN removed IS NOT NULL "
             "THEN iif(state = 'done' AND ended > removed, 'take', 'removed') "
             "WHEN difference <> '' THEN iif(better AND "
             "identity IN (SELECT what FROM temp.merged), 'take', 'keep') "
             "WHEN better THEN 'take' WHEN state = was THEN 'same' ELSE 'keep' END");
    return execute_built(m, sql, e);
}

static enum status tell_runs(const struct merge *m, struct err *e)
{
    static const char maker[] =
        "coalesce((SELECT 'posbench ' || version || ' ' || git_commit || ', ' || kernel_isa "
        "|| ', BLAS core ' || blas_core || ', ' || host FROM %sprovenance WHERE id = "
        "(SELECT provenance_id FROM %srun WHERE id = %s)), 'nowhere')";
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    sqlite3_str_appendall(
        sql, "SELECT r.experiment || iif(r.cell = '', '', ' ') || r.cell || ' ' || "
             "r.variant || ' seed ' || r.seed || ' (' || substr(r.identity, 1, 8) || '): ' "
             "|| difference || '; made by ' || ");
    sqlite3_str_appendf(sql, maker, m->here.tables, m->here.tables, m->here.id);
    sqlite3_str_appendall(sql, " || ', and by ' || ");
    sqlite3_str_appendf(sql, maker, m->there.tables, m->there.tables, m->there.id);
    sqlite3_str_appendall(sql, " FROM temp.pair JOIN main.run AS r ON r.id = ours WHERE "
                               "difference <> '' ORDER BY theirs");
    return for_each_built(m, sql, tell_conflict, e);
}

/* --- files --- */

static enum status bring_files(const struct merge *m, sqlite3_stmt *row, struct err *e)
{
    char hash[MERGE_HASH] = "";
    const struct merge_run run = {.identity = word(row, 0),
                                  .done = sqlite3_column_int(row, 1),
                                  .same = sqlite3_column_int(row, 2),
                                  .here = word(row, 3),
                                  .there = word(row, 4)};
    const enum status st = m->hooks->files(m->hooks->context, &run, hash, e);
    sqlite3_str *sql = st ? NULL : sqlite3_str_new(m->to->db);
    if (sql)
        sqlite3_str_appendf(
            sql, "UPDATE temp.pair SET weights = nullif(%Q, '') WHERE identity = %Q", hash,
            run.identity);
    return st ? st : execute_built(m, sql, e);
}

/* Runs that need files. "+theirs" makes SQLite sort before the first row comes, so that rows may
 * be updated meanwhile. */
static const char with_files[] =
    "SELECT identity, state = 'done', state = 'done' AND was IS 'done' AND difference = '', "
    "here, there FROM temp.pair WHERE verdict IN ('take', 'same') "
    "ORDER BY +theirs";

/* --- copying --- */

/* SQL for the id here of the provenance that has `id` in the part. */
#define PROVENANCE_HERE(id)                                                        \
    "(SELECT id FROM main.provenance WHERE (" PROVENANCE ") = (SELECT " PROVENANCE \
    " FROM part.provenance WHERE id = " id "))"
#define P_PROVENANCE PROVENANCE_HERE("p.provenance_id")
#define X_PROVENANCE PROVENANCE_HERE("x.provenance_id")

static enum status copy_provenance(const struct merge *m, struct err *e)
{
    return execute(m,
                   "INSERT INTO main.provenance (" PROVENANCE ") SELECT " PROVENANCE
                   " FROM part.provenance WHERE (" PROVENANCE ") NOT IN (SELECT " PROVENANCE
                   " FROM main.provenance) GROUP BY " PROVENANCE " ORDER BY min(id)",
                   e);
}

/* Copies the rows of runs that are taken, with recipes and memberships. temp.merged remembers
 * runs that this database did not have as done before the merge. */
static enum status copy_rows_of_runs(const struct merge *m, struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    sqlite3_str_appendall(
        sql, "INSERT OR IGNORE INTO temp.merged SELECT identity FROM temp.pair "
             "WHERE verdict = 'take' AND was IS NOT 'done';"
             "INSERT INTO main.run (" RUN_PLAIN
             ", identity, state, error, weights_hash, provenance_id) SELECT ");
    store_for_each(sql, RUN_PLAIN, ", ", "p.$");
    sqlite3_str_appendall(
        sql,
        ", p.identity, " P_STATE ", iif(p.state = 'running', "
        "'was begun and had not ended when it was merged', p.error), pair.weights, " P_PROVENANCE
        " FROM temp.pair JOIN part.run AS p ON p.id = theirs "
        "WHERE verdict = 'take' ORDER BY theirs "
        "ON CONFLICT (identity) DO UPDATE SET removed = NULL, recipe_id = NULL, ");
    store_for_each(sql, RUN_PLAIN ", state, error, weights_hash, provenance_id", ", ",
                   "$ = excluded.$");
    sqlite3_str_appendall(
        sql, ";UPDATE temp.pair SET target = (SELECT id FROM main.run AS r "
             "WHERE r.identity = pair.identity) WHERE verdict = 'take';"
             "UPDATE main.run SET weights_hash = pair.weights FROM temp.pair "
             "WHERE main.run.id = ours AND verdict = 'same' AND pair.state = 'done' AND "
             "pair.weights IS NOT main.run.weights_hash;"
             "INSERT OR IGNORE INTO main.recipe (settings) SELECT " STORE_SETTINGS
             " FROM main.run WHERE recipe_id IS NULL ORDER BY id;"
             "UPDATE main.run SET recipe_id = (SELECT r.id FROM main.recipe AS r "
             "WHERE r.settings = " STORE_SETTINGS ") WHERE recipe_id IS NULL;"
             "INSERT INTO main.membership (run_id, experiment, profile, cell) "
             "SELECT target, x.experiment, x.profile, x.cell FROM temp.pair JOIN "
             "part.membership AS x ON x.run_id = theirs WHERE target IS NOT NULL "
             "ORDER BY theirs, x.id ON CONFLICT DO NOTHING");
    return execute_built(m, sql, e);
}

/* SQL for two runs that are done and equal; rows that only one side has then stay. */
#define EQUAL "(was IS 'done' AND state = 'done' AND difference = '')"

static void copy_table(sqlite3_str *sql, const struct store_table *t)
{
    char columns[sizeof STORE_CURVE_VALUES + 64];
    snprintf(columns, sizeof columns, "%s%s%s", t->keys, t->keys[0] ? ", " : "", t->values);
    sqlite3_str_appendf(sql,
                        "DELETE FROM main.%s WHERE run_id IN (SELECT ours FROM "
                        "temp.pair WHERE verdict = 'take'%s);"
                        "INSERT INTO main.%s (run_id, %s) SELECT target, ",
                        t->name, t->later ? " AND NOT " EQUAL : "", t->name, columns);
    store_for_each(sql, columns, ", ", "x.$");
    sqlite3_str_appendf(
        sql, " FROM temp.pair JOIN part.%s AS x ON x.run_id = theirs WHERE ", t->name);
    if (t->later)
        sqlite3_str_appendf(sql,
                            "(verdict = 'take' OR " EQUAL ") AND (target, %s) NOT IN "
                            "(SELECT run_id, %s FROM main.%s) ORDER BY theirs",
                            t->keys, t->keys, t->name);
    else
        sqlite3_str_appendall(sql, "verdict = 'take' ORDER BY theirs");
    store_for_each(sql, t->order, "", ", x.$");
    sqlite3_str_appendall(sql, ";");
}

static enum status copy_of_runs(const struct merge *m, struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    for (int i = 0; i < OF_RUN; i++)
        copy_table(sql, of_run(i));
    return execute_built(m, sql, e);
}

/* Joins the attempts of both sides, each once, in the order in which they began. An attempt that
 * had not ended when it was merged gives way to the same one with its end. Runs change only where
 * the part has an attempt that is not here, so that merging a part again changes nothing.
 * run.attempts may exceed the rows of the table, in databases older than it. */
#define NOT_ENDED "'had not ended when it was merged'"
static const char join_attempts[] =
    "DROP TABLE IF EXISTS temp.both;"
    "CREATE TEMP TABLE both AS SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY "
    "run_id, provenance_id, started ORDER BY reason IS " NOT_ENDED ", ended DESC, state, "
    "reason, theirs) AS nth FROM (SELECT target AS run_id, x.provenance_id, x.started, "
    "x.ended, x.state, x.reason, 0 AS theirs FROM temp.pair "
    "JOIN main.attempt AS x ON x.run_id = target WHERE verdict <> 'removed' "
    "UNION ALL SELECT target, " X_PROVENANCE ", x.started, x.ended, " X_STATE ", "
    "iif(x.state = 'running', " NOT_ENDED ", x.reason), 1 FROM temp.pair "
    "JOIN part.attempt AS x ON x.run_id = theirs WHERE verdict <> 'removed')) "
    "WHERE nth = 1;"
    "DELETE FROM temp.both WHERE run_id NOT IN (SELECT run_id FROM temp.both WHERE theirs);"
    "DELETE FROM main.attempt WHERE run_id IN (SELECT run_id FROM temp.both);"
    "INSERT INTO main.attempt (run_id, n, provenance_id, started, ended, state, reason) "
    "SELECT run_id, row_number() OVER (PARTITION BY run_id ORDER BY state = 'running', "
    "started, ended, state, reason), provenance_id, started, ended, state, reason "
    "FROM temp.both ORDER BY run_id, 2;"
    "UPDATE main.run SET attempts = max(attempts, (SELECT attempts FROM part.run WHERE id "
    "= theirs), (SELECT count(*) FROM main.attempt AS x WHERE x.run_id = target)) "
    "FROM temp.pair WHERE main.run.id = target AND verdict <> 'removed'";

static enum status count_runs(const struct merge *m, sqlite3_stmt *row, struct err *e)
{
    (void)e;
    m->counts->added += sqlite3_column_int(row, 0);
    m->counts->replaced += sqlite3_column_int(row, 1);
    m->counts->same += sqlite3_column_int(row, 2);
    m->counts->removed += sqlite3_column_int(row, 3);
    return ST_OK;
}

static const char totals[] =
    "SELECT total(verdict = 'take' AND ours IS NULL), total(verdict = 'take' AND ours IS "
    "NOT NULL), total(verdict IN ('same', 'keep') AND difference = ''), "
    "total(verdict = 'removed') FROM temp.pair";

/* --- what belongs to no run --- */

/* Copies events that belong to no run, each once. */
static const char copy_events[] =
    "INSERT INTO main.event (time, level, text) SELECT time, level, text FROM part.event AS "
    "p WHERE run_id IS NULL AND NOT EXISTS (SELECT 1 FROM main.event AS m WHERE m.run_id IS "
    "NULL AND (m.time, m.level, m.text) = (p.time, p.level, p.text)) ORDER BY id";

/* Appends SQL for the rows a (here) and b (in the part) that have the same keys and differ. */
static void add_both(sqlite3_str *sql, const struct store_table *t)
{
    sqlite3_str_appendf(sql, "main.%s AS a JOIN part.%s AS b USING (%s) WHERE (0", t->name,
                        t->name, t->keys);
    store_for_each(sql, t->values, "", " OR a.$ IS NOT b.$");
    sqlite3_str_appendall(sql, ")");
}

static void add_name(sqlite3_str *sql, const struct store_table *t, const char *row)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, " || ' ' || %s.$", row);
    sqlite3_str_appendf(sql, "'%s'", t->label);
    store_for_each(sql, t->keys, "", pattern);
}

static enum status tell_rows(const struct merge *m, const struct store_table *t,
                             struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    sqlite3_str_appendall(sql, "SELECT ");
    add_name(sql, t, "a");
    sqlite3_str_appendall(sql, " || ");
    store_differing_column(sql, t->values, &m->here, &m->there);
    sqlite3_str_appendall(sql, " FROM ");
    add_both(sql, t);
    sqlite3_str_appendall(sql, " ORDER BY b.id");
    return for_each_built(m, sql, tell_conflict, e);
}

/* Copies the rows of a table that are not here. Of two that differ and both came from parts, the
 * smaller stays. */
static enum status copy_rows(const struct merge *m, const struct store_table *t,
                             struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(m->to->db);
    sqlite3_str_appendf(sql, "DELETE FROM main.%s WHERE id IN (SELECT a.id FROM ", t->name);
    add_both(sql, t);
    sqlite3_str_appendall(sql, " AND ");
    add_name(sql, t, "a");
    sqlite3_str_appendall(sql, " IN (SELECT what FROM temp.merged) AND ''");
    store_for_each(sql, t->values, "", " || '|' || quote(b.$)");
    sqlite3_str_appendall(sql, " < ''");
    store_for_each(sql, t->values, "", " || '|' || quote(a.$)");
    sqlite3_str_appendf(sql, ");INSERT OR IGNORE INTO temp.merged SELECT ");
    add_name(sql, t, "p");
    sqlite3_str_appendf(
        sql,
        " FROM part.%s AS p WHERE (%s) NOT IN (SELECT %s FROM main.%s);"
        "INSERT INTO main.%s (%s, %s) SELECT %s, %s FROM part.%s WHERE (%s) "
        "NOT IN (SELECT %s FROM main.%s) ORDER BY id",
        t->name, t->keys, t->keys, t->name, t->name, t->keys, t->values, t->keys, t->values,
        t->name, t->keys, t->keys, t->name);
    return execute_built(m, sql, e);
}

static enum status merge_rows_of_none(const struct merge *m, struct err *e)
{
    enum status st = execute(m, copy_events, e);
    for (int i = 0; i < OF_NONE && st == ST_OK; i++) {
        st = tell_rows(m, &of_none[i], e);
        if (st == ST_OK)
            st = copy_rows(m, &of_none[i], e);
    }
    return st;
}

/* --- all of it --- */

/* The SQL function steps(identity, here). */
static void steps(sqlite3_context *context, int n, sqlite3_value **value)
{
    const struct merge *m = sqlite3_user_data(context);
    const char *identity = (const char *)sqlite3_value_text(value[0]);
    (void)n;
    sqlite3_result_int(context, m->hooks->steps(m->hooks->context, identity ? identity : "",
                                                sqlite3_value_int(value[1])));
}

static enum status merge_runs(const struct merge *m, struct err *e)
{
    enum status st = execute(m, make_pairs, e);
    if (st == ST_OK)
        st = judge(m, e);
    if (st == ST_OK)
        st = tell_runs(m, e);
    if (st == ST_OK)
        st = for_each(m, with_files, bring_files, e);
    if (st == ST_OK)
        st = copy_provenance(m, e);
    if (st == ST_OK)
        st = copy_rows_of_runs(m, e);
    if (st == ST_OK)
        st = copy_of_runs(m, e);
    if (st == ST_OK)
        st = execute(m, join_attempts, e);
    return st ? st : for_each(m, totals, count_runs, e);
}

static enum status merge_attached(struct merge *m, struct err *e)
{
    sqlite3 *db = m->to->db;
    if (sqlite3_create_function(db, "steps", 2, SQLITE_UTF8, m, steps, NULL, NULL) !=
        SQLITE_OK)
        return store_failed(m->to, "merging", e);
    /* Takes the write lock here, and reads the part as of one moment. */
    enum status st = execute(m, "BEGIN IMMEDIATE", e);
    if (st == ST_OK)
        st = merge_runs(m, e);
    if (st == ST_OK)
        st = merge_rows_of_none(m, e);
    if (st == ST_OK)
        st = execute(m, "COMMIT", e);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_create_function(db, "steps", 2, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    return st;
}

enum status store_merge(struct store *into, const char *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e)
{
    struct merge m = {.to = into,
                      .part = part,
                      .hooks = hooks,
                      .counts = counts,
                      .here = {"main.", "pair.ours", into->path},
                      .there = {"part.", "pair.theirs", part}};
    assert(into->writable);
    enum status st = store_attach(into, part, e);
    if (st)
        return st;
    st = merge_attached(&m, e);
    store_detach(into);
    return st;
}
