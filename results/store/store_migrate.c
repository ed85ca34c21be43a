/* store_migrate.c -- brings older schemas up to date.
 *
 * All steps together are one transaction: whatever happens, a database has the old version or
 * the new one, and a copy of the old one stays beside it. Steps change the tables. Views hold
 * no data and are made anew from schema.sql, so that a step cannot forget one. tests/data has
 * a database of each older version. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embedded.h"
#include "store_internal.h"
#include "whole_file.h"

/* NAMES_TRIED: names that a migration tries for its copy before it gives up; chosen. */
enum { NAME_ROOM = BACKUP_NAME, NAMES_TRIED = 1000 };

/* SQL for the numbers of one point of a curve, which had a row each; max takes that one row. */
#define OF(column, name) "max(" column ") FILTER (WHERE name = '" name "')"
#define VALUE(name)      OF("value", name)
#define SHARE(name)      VALUE(name) ", " OF("count", name) ", " OF("total", name)

/* A table of schema 4; the first databases of that schema lack it. */
#define EVALUATION                                                        \
    "evaluation ( id INTEGER PRIMARY KEY, run_id INTEGER NOT "            \
    "NULL REFERENCES run (id) ON DELETE CASCADE, variant TEXT NOT NULL, " \
    "split TEXT NOT NULL, options TEXT NOT NULL CHECK "                   \
    "(json_valid(options)), sequences INTEGER NOT NULL, name TEXT NOT "   \
    "NULL, value REAL, count INTEGER, total INTEGER, UNIQUE (run_id, "    \
    "variant, split, options, sequences, name) ) STRICT;"

const struct migration store_migrations[] = {
    {1, "ALTER TABLE run ADD COLUMN removed TEXT;"
        "ALTER TABLE run ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;"
        "UPDATE run SET attempts = 1 WHERE started IS NOT NULL;"},
    {2,
     "CREATE TABLE recipe (id INTEGER PRIMARY KEY, settings TEXT NOT NULL UNIQUE) STRICT;"
     "ALTER TABLE run ADD COLUMN weights_hash TEXT;"
     "ALTER TABLE run ADD COLUMN recipe_id INTEGER;"
     "INSERT INTO recipe (id, settings) SELECT min(id), " STORE_SETTINGS
     " AS s FROM run GROUP BY s;"
     "UPDATE run SET recipe_id = (SELECT r.id FROM recipe AS r "
     "                            WHERE r.settings = " STORE_SETTINGS ");"
     "CREATE TABLE membership (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL "
     "REFERENCES run (id) ON DELETE CASCADE, experiment TEXT NOT NULL, profile TEXT NOT "
     "NULL, cell TEXT NOT NULL DEFAULT '', UNIQUE (run_id, experiment, profile)) STRICT;"
     "CREATE INDEX membership_by_experiment ON membership (experiment, profile, cell);"
     "INSERT INTO membership (run_id, experiment, profile, cell) "
     "SELECT id, experiment, profile, cell FROM run;"
     "CREATE TABLE attempt (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES "
     "run (id) ON DELETE CASCADE, n INTEGER NOT NULL, provenance_id INTEGER REFERENCES "
     "provenance (id), started TEXT, ended TEXT, state TEXT NOT NULL CHECK (state IN "
     "('running', 'done', 'failed', 'interrupted')), reason TEXT, UNIQUE (run_id, n)) "
     "STRICT;"
     /* A run that was done and begun again had an event of level 'rerun' that said so and named
      * the provenance; it was the last of that level until the attempt ended. */
     "INSERT INTO attempt (run_id, n, provenance_id, started, state) "
     "SELECT run.id, max(attempts, 2), (SELECT p.id FROM provenance AS p WHERE "
     "e.text = 'begun again, provenance ' || p.id), e.time, 'running' FROM run "
     "JOIN event AS e ON e.id = (SELECT max(l.id) FROM event "
     "AS l WHERE l.run_id = run.id AND l.level = 'rerun') WHERE run.state = 'done' AND "
     "e.text LIKE 'begun again%';"
     "INSERT INTO attempt (run_id, n, provenance_id, started, ended, state, reason) "
     "SELECT id, max(attempts, 1) - (id IN (SELECT run_id FROM attempt)), provenance_id, "
     "started, ended, state, error FROM run WHERE state <> 'new';"
     "ALTER TABLE metric ADD COLUMN last INTEGER NOT NULL DEFAULT 1;"
     "UPDATE metric SET last = 0 WHERE step < (SELECT max(l.step) FROM metric AS l WHERE "
     "l.run_id = metric.run_id AND l.split = metric.split AND l.name = metric.name);"
     "CREATE INDEX metric_last ON metric (run_id, split, name) WHERE last = 1;"},
    {3, "CREATE TABLE place (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES "
        "run (id) ON DELETE CASCADE, split TEXT NOT NULL, count INTEGER NOT NULL, "
        "bits BLOB CHECK (length(bits) = (count + 7) / 8), "
        "strata TEXT NOT NULL CHECK (json_valid(strata)), UNIQUE (run_id, split)) STRICT;"
        "CREATE TABLE " EVALUATION},
    {4,
     "CREATE TABLE IF NOT EXISTS " EVALUATION
     "CREATE TABLE curve (run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, "
     "split TEXT NOT NULL, step INTEGER NOT NULL, accuracy REAL, accuracy_count INTEGER, "
     "accuracy_total INTEGER, token_error REAL, token_error_count INTEGER, "
     "token_error_total INTEGER, sequence_accuracy REAL, sequence_accuracy_count "
     "INTEGER, sequence_accuracy_total INTEGER, sequence_error REAL, "
     "sequence_error_count INTEGER, sequence_error_total INTEGER, loss REAL, perplexity "
     "REAL, chance REAL, majority REAL, majority_count INTEGER, majority_total INTEGER, "
     "ceiling REAL, ceiling_count INTEGER, ceiling_total INTEGER, bits_per_byte REAL, "
     "word_perplexity REAL, PRIMARY KEY (run_id, split, step)) STRICT, WITHOUT ROWID;"
     /* clang-format off */
     "INSERT INTO curve SELECT run_id, split, step, " SHARE("accuracy") ", "
     SHARE("token_error") ", " SHARE("sequence_accuracy") ", " SHARE("sequence_error") ", "
     VALUE("loss") ", " VALUE("perplexity") ", " VALUE("chance") ", " SHARE("majority") ", "
     SHARE("ceiling") ", " VALUE("bits_per_byte") ", " VALUE("word_perplexity")
     " FROM metric GROUP BY run_id, split, step;"
     "CREATE TEMP TABLE last_metric AS SELECT id, run_id, split, step, name, value, "
     "count, total FROM metric WHERE last = 1;"
     "DROP TABLE metric;"
     "CREATE TABLE metric (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES "
     "run (id) ON DELETE CASCADE, split TEXT NOT NULL, step INTEGER NOT NULL, name TEXT "
     "NOT NULL, value REAL, count INTEGER, total INTEGER, UNIQUE (run_id, split, name)) "
     "STRICT;"
     "INSERT INTO metric SELECT * FROM temp.last_metric ORDER BY id;"
     "DROP TABLE temp.last_metric;"},
    /* clang-format on */
    {5, "CREATE TEMP TABLE old_place AS SELECT * FROM place;"
        "DROP TABLE place;"
        "CREATE TABLE place (id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES "
        "run (id) ON DELETE CASCADE, split TEXT NOT NULL, count INTEGER NOT NULL, "
        "bits BLOB CHECK (length(bits) = (count + 7) / 8), UNIQUE (run_id, split)) STRICT;"
        "INSERT INTO place SELECT id, run_id, split, count, bits FROM temp.old_place "
        "ORDER BY id;"
        "CREATE TABLE stratum (run_id INTEGER NOT NULL, split TEXT NOT NULL, name TEXT NOT "
        "NULL, value INTEGER NOT NULL, wrong INTEGER NOT NULL, places INTEGER NOT NULL, "
        "nats REAL, PRIMARY KEY (run_id, split, name, value), FOREIGN KEY (run_id, split) "
        "REFERENCES place (run_id, split) ON DELETE CASCADE) STRICT, WITHOUT ROWID;"
        "INSERT INTO stratum " STORE_STRATA("temp.old_place") " ORDER BY 1, 2, 3, 4;"
                                                              "DROP TABLE temp.old_place;"},
    {0},
};

/* --- the steps --- */

static enum status take_steps(struct store *s, int from, const struct migration *steps,
                              struct err *e)
{
    char doing[64];
    enum status st = ST_OK;
    int at = from;
    for (const struct migration *m = steps; m->from && st == ST_OK; m++) {
        if (m->from != at)
            continue;
        snprintf(doing, sizeof doing, "bringing schema %d up to date", at);
        st = store_exec(s, m->sql, doing, e);
        at++;
    }
    if (st == ST_OK && at != SCHEMA_VERSION)
        st = err_set(e, ST_DB,
                     "%s: schema %d is not one that posbench wrote; name another "
                     "file with --db",
                     s->path, from);
    return st;
}

/* Replaces one of our views; views of other names, which a user made, stay. */
static enum status remake_view(struct store *s, const char *name, const char *sql,
                               struct err *e)
{
    char *drop = sqlite3_mprintf("DROP VIEW IF EXISTS main.\"%w\"", name);
    enum status st = drop ? store_exec(s, drop, "renewing a view", e)
                          : err_set(e, ST_NOMEM, "%s: no memory to renew a view", s->path);
    sqlite3_free(drop);
    return st ? st : store_exec(s, sql, "renewing a view", e);
}

/* Makes the schema in memory and copies its views from there. */
static enum status remake_views(struct store *s, struct err *e)
{
    struct store model = {.path = s->path, .writable = true};
    sqlite3_stmt *view = NULL;
    int code = SQLITE_DONE;
    enum status st = ST_OK;
    if (sqlite3_open(":memory:", &model.db) != SQLITE_OK)
        st = store_failed(&model, "renewing its views", e);
    if (st == ST_OK)
        st = store_exec(&model, embedded_schema, "renewing its views", e);
    if (st == ST_OK &&
        sqlite3_prepare_v2(model.db,
                           "SELECT name, sql FROM sqlite_schema WHERE type = 'view' "
                           "ORDER BY rowid",
                           -1, &view, NULL) != SQLITE_OK)
        st = store_failed(&model, "renewing its views", e);
    while (st == ST_OK && (code = sqlite3_step(view)) == SQLITE_ROW)
        st = remake_view(s, (const char *)sqlite3_column_text(view, 0),
                         (const char *)sqlite3_column_text(view, 1), e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = store_failed(&model, "renewing its views", e);
    sqlite3_finalize(view);
    sqlite3_close(model.db);
    return st;
}

/* Runs a check; ST_DB when its answer has a row other than "ok". */
static enum status no_complaint(struct store *s, const char *sql, const char *about,
                                struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = ST_OK;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        return store_failed(s, about, e);
    const int code = sqlite3_step(q);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : "ok";
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        st = store_failed(s, about, e);
    else if (!text || strcmp(text, "ok") != 0)
        st = err_set(e, ST_DB,
                     "%s: %s: %s; it is left as it is: restore a copy, or save what can be "
                     "read with `sqlite3 FILE .recover`",
                     s->path, about, text ? text : "a row without a name");
    sqlite3_finalize(q);
    return st;
}

enum status store_migrate(struct store *s, int from, const struct migration *steps,
                          struct err *e)
{
    char version[64];
    snprintf(version, sizeof version, "PRAGMA user_version = %d", SCHEMA_VERSION);
    enum status st = take_steps(s, from, steps, e);
    if (st == ST_OK)
        st = remake_views(s, e);
    if (st == ST_OK)
        st = no_complaint(s, "PRAGMA foreign_key_check",
                          "after its migration a row refers to nothing, in table", e);
    if (st == ST_OK)
        st = store_exec(s, version, "bringing its schema up to date", e);
    /* The caller cannot check this: it would leave a copy behind for each refusal. */
    return st ? st : store_check_objects(s, e);
}

/* --- the copy beside it --- */

/* Copies all pages of `from` to `to`, another connection. */
static enum status copy_pages(struct store *from, struct store *to, struct err *e)
{
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (!b)
        return store_failed(to, "copying the database", e);
    const int code = sqlite3_backup_step(b, -1);
    sqlite3_backup_finish(b);
    if (code == SQLITE_DONE)
        return ST_OK;
    return err_set(e, ST_DB,
                   "%s: copying the database before its schema is brought up to date: %s; "
                   "nothing is changed: free some space beside it and start again",
                   to->path, sqlite3_errstr(code));
}

static enum status write_copy(const struct store *s, char *name, struct err *e)
{
    struct store from = {.path = s->path}, to = {.path = name, .writable = true};
    enum status st = ST_OK;
    /* Copies through a further connection, because one that holds the write lock cannot be
     * copied from. */
    if (sqlite3_open_v2(s->path, &from.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        st = store_failed(&from, "copying it before its schema is brought up to date", e);
    if (st == ST_OK && sqlite3_open(name, &to.db) != SQLITE_OK)
        st = store_failed(&to, "copying the database", e);
    if (st == ST_OK)
        st = copy_pages(&from, &to, e);
    if (st == ST_OK)
        st = no_complaint(&to, "PRAGMA integrity_check", "the database is damaged", e);
    sqlite3_close(from.db);
    sqlite3_close(to.db);
    return st;
}

/* Finds a free name; the write lock keeps other processes from taking it. */
static enum status free_name(const struct store *s, int version, char name[NAME_ROOM],
                             struct err *e)
{
    for (int i = 1; i < NAMES_TRIED; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, ".%d", i);
        const int n =
            snprintf(name, NAME_ROOM, "%s.backup-v%d%s", s->path, version, number);
        if (n < 0 || n >= NAME_ROOM)
            break;
        if (access(name, F_OK) != 0)
            return ST_OK;
    }
    return err_set(e, ST_DB,
                   "%s: no name is left for a copy of it; move the files "
                   "\"%s.backup-v%d...\" away",
                   s->path, s->path, version);
}

enum status store_migrate_file(struct store *s, int from, const struct migration *steps,
                               char copy[BACKUP_NAME], struct err *e)
{
    char half[NAME_ROOM + 8], name[NAME_ROOM];
    enum status st = free_name(s, from, name, e);
    if (st)
        return st;
    snprintf(half, sizeof half, "%s.part", name);
    unlink(half); /* left by a process that was killed while it copied */
    st = write_copy(s, half, e);
    if (st == ST_OK && rename(half, name) != 0)
        st = err_set(e, ST_IO, "%s: cannot be renamed: %s", half, strerror(errno));
    if (st)
        unlink(half);
    else
        whole_file_sync_folder(name);
    if (st)
        return st;
    st = store_migrate(s, from, steps, e);
    if (st)
        unlink(name); /* otherwise each attempt on a full disk would leave one */
    else
        memcpy(copy, name, sizeof name);
    return st;
}

enum status store_migrate_copy(struct store *s, int from, struct err *e)
{
    struct store copy = {.path = s->path, .writable = true};
    enum status st = ST_OK;
    if (sqlite3_open(":memory:", &copy.db) != SQLITE_OK)
        st = store_failed(&copy, "reading an older schema", e);
    if (st == ST_OK)
        st = store_harden(&copy, e);
    if (st == ST_OK)
        st = copy_pages(s, &copy, e);
    if (st == ST_OK)
        st = store_migrate(&copy, from, store_migrations, e);
    if (st) {
        sqlite3_close(copy.db);
        return st;
    }
    sqlite3_close(s->db);
    s->db = copy.db;
    return ST_OK;
}
