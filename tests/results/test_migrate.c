/* Older databases are migrated when written, read unchanged otherwise, and lose nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "filled_store.h"
#include "store_internal.h"
#include "store_sums.h"

enum { TEXT = 1 << 22, PROCESSES = 8 };

/* One metric of `curve` as rows of name, value, count and total. */
#define NUMBER(name)                                                       \
    "SELECT run_id, split, step, '" name "', quote(" name "), NULL, NULL " \
    "FROM curve WHERE " name " NOT NULL UNION ALL "
#define SHARE(name)                                                                  \
    "SELECT run_id, split, step, '" name "', quote(" name "), " name "_count, " name \
    "_total FROM curve WHERE " name " NOT NULL UNION ALL "
static const char numbers_of_curves[] = SHARE("accuracy") SHARE("token_error")
    SHARE("sequence_accuracy") SHARE("sequence_error") NUMBER("loss") NUMBER("perplexity")
        NUMBER("chance") SHARE("majority") SHARE("ceiling") NUMBER("bits_per_byte") NUMBER(
            "word_perplexity") "SELECT 0, 0, 0, 0, 0, 0, 0 WHERE 0 ORDER BY 1, 2, 3, 4";

#define OLD_RUN                                                                             \
    "id, identity, experiment, profile, cell, task, task_version, encoder, variant, seed, " \
    "config, state, error, steps, parameters, flops, wall_s, cpu_s, tokens_per_s, "         \
    "peak_memory_mib, started, ended, provenance_id"

/* All tables of a database of version 1, ids included. */
static const char *const old_tables[] = {
    "SELECT * FROM provenance ORDER BY id",
    "SELECT " OLD_RUN " FROM run ORDER BY id",
    "SELECT id, run_id, split, step, name, value, count, total FROM metric AS m WHERE NOT "
    "EXISTS (SELECT 1 FROM metric AS l WHERE (l.run_id, l.split, l.name) = "
    "(m.run_id, m.split, m.name) AND l.step > m.step) ORDER BY id",
    "SELECT id, run_id, split, count, hex(bits) FROM answer ORDER BY id",
    "SELECT * FROM event ORDER BY id",
    "SELECT * FROM published ORDER BY id",
    "SELECT * FROM claim ORDER BY id"};
/* The columns of version 1. That version listed the training loss among the results, while now
 * only v_curve has it, and let intervals of rates leave [0, 1]. */
#define OLD_VIEW_RUN                                                                      \
    "run_id, identity, experiment, profile, cell, task, task_version, encoder, variant, " \
    "seed, recipe, config, state, error, steps, parameters, flops, wall_s, cpu_s, "       \
    "tokens_per_s, peak_memory_mib, started, ended, provenance_id"
static const char *const views[] = {
    OLD_VIEW_RUN " FROM v_run ORDER BY run_id",
    "* FROM v_score ORDER BY metric_id",
    OLD_VIEW_RUN ", split, step, accuracy, token_error, sequence_error, perplexity, loss, "
                 "tokens, sequences, chance, majority, ceiling FROM v_result "
                 "WHERE split <> 'train' ORDER BY run_id, split",
    "* FROM v_curve ORDER BY run_id, split, step",
    "experiment, profile, cell, task, encoder, variant, recipe, split, metric, runs, n, "
    "mean, std, min, max, count, total, iif(total IS NULL, low, 0), "
    "iif(total IS NULL, high, 0) FROM v_summary ORDER BY recipe, split, metric",
    "* FROM v_student_t ORDER BY df",
    "* FROM v_variant_name ORDER BY experiment, profile, cell, variant, name",
    "* FROM v_progress ORDER BY experiment, profile",
    "paper, source, experiment, cell, encoder, split, metric, unit, published, "
    "published_std, profile, variant, recipe, n, ours, ours_std, difference "
    "FROM v_published_vs_ours ORDER BY paper, source, encoder, split, metric, recipe"};
enum {
    OLD_TABLES = sizeof old_tables / sizeof *old_tables,
    VIEWS = sizeof views / sizeof *views
};

struct text {
    size_t used;
    char at[TEXT];
};

static void add_row(struct text *t, sqlite3_stmt *q)
{
    for (int i = 0; i < sqlite3_column_count(q); i++) {
        const char *cell = (const char *)sqlite3_column_text(q, i);
        t->used +=
            (size_t)snprintf(t->at + t->used, TEXT - t->used, "%s|", cell ? cell : "-");
        assert_true(t->used < TEXT);
    }
    t->used += (size_t)snprintf(t->at + t->used, TEXT - t->used, "\n");
}

/* Queries without store.c. */
static void dump_query(sqlite3 *db, const char *sql, struct text *t)
{
    sqlite3_stmt *q = NULL;
    int code;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while ((code = sqlite3_step(q)) == SQLITE_ROW)
        add_row(t, q);
    assert_int_equal(code, SQLITE_DONE);
    sqlite3_finalize(q);
}

/* Returns the tables as version 1 had them, and the rows of all views. */
static struct text *dump(const char *path)
{
    struct text *t = calloc(1, sizeof *t);
    sqlite3 *db = NULL;
    char sql[1024];
    assert_non_null(t);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (int i = 0; i < OLD_TABLES; i++)
        dump_query(db, old_tables[i], t);
    for (int i = 0; i < VIEWS; i++) {
        snprintf(sql, sizeof sql, "SELECT %s", views[i]);
        dump_query(db, sql, t);
    }
    sqlite3_close(db);
    return t;
}

/* Returns the schema of a database: columns of its tables and views, indices, texts of views. */
static struct text *shape(const char *path)
{
    struct text *t = calloc(1, sizeof *t);
    sqlite3 *db = NULL;
    assert_non_null(t);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    dump_query(db, "PRAGMA user_version", t);
    dump_query(db, "PRAGMA application_id", t);
    dump_query(
        db,
        "SELECT s.type, s.name, x.cid, x.name, x.type, x.\"notnull\", "
        "x.dflt_value, x.pk FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS x "
        "ORDER BY 1, 2, 3",
        t);
    dump_query(db,
               "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' "
               "ORDER BY 1",
               t);
    dump_query(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY 1", t);
    sqlite3_close(db);
    return t;
}

static void assert_same(struct text *a, struct text *b)
{
    assert_true(a->used > 100);
    assert_string_equal(a->at, b->at);
    free(a);
    free(b);
}

static int files_in(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *f = readdir(d); f; f = readdir(d))
        n += f->d_name[0] != '.';
    closedir(d);
    return n;
}

/* Puts the database of an older version in place of the fixture's. */
static void take_version(struct fixture *f, int version)
{
    static const char *const names[] = {"results_v1", "schema_v2", "schema_v3", "schema_v4",
                                        "schema_v5"};
    char command[512];
    store_close(f->store);
    f->store = NULL;
    snprintf(command, sizeof command, "cp '%s/%s.db' '%s'", TEST_DATA, names[version - 1],
             f->path);
    assert_int_equal(system(command), 0);
}

static void take_old(struct fixture *f)
{
    take_version(f, 1);
}

static void assert_integer(const char *path, const char *sql, int want)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(q, 0), want);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void assert_version(const char *path, int want)
{
    assert_integer(path, "PRAGMA user_version", want);
}

static void an_old_database_keeps_every_row_and_every_view(void **state)
{
    struct fixture *f = *state;
    take_old(f);
    struct text *before = dump(f->path);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_version(f->path, SCHEMA_VERSION);
    assert_same(before, dump(f->path));
    assert_integer(f->path, "SELECT count(*) FROM run WHERE attempts = 1", 5);
}

static void an_old_database_becomes_what_a_new_one_is(void **state)
{
    struct fixture *f = *state;
    for (int version = 1; version < SCHEMA_VERSION; version++) {
        store_close(f->store);
        f->store = NULL;
        unlink(f->path);
        assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
        store_close(f->store);
        f->store = NULL;
        struct text *fresh = shape(f->path);
        take_version(f, version);
        assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
        assert_same(fresh, shape(f->path));
    }
}

/* Version 2 with six runs: 4 is interrupted, 3 was done and begun again by program 2, 6 is
 * marked as removed; 5 and 6 have other settings. Run 4 has no number at its last step. */
static void version_2_gets_recipes_members_attempts_and_last_steps(void **state)
{
    struct fixture *f = *state;
    take_version(f, 2);
    struct text *before = dump(f->path);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_same(before, dump(f->path));
    assert_integer(f->path,
                   "SELECT count(*) FROM run JOIN membership AS m ON "
                   "(m.run_id, m.experiment, m.profile, m.cell) = "
                   "(run.id, run.experiment, run.profile, run.cell)",
                   6);
    assert_integer(f->path,
                   "SELECT group_concat(recipe_id, '') FROM "
                   "(SELECT recipe_id FROM run ORDER BY id)",
                   113356);
    assert_integer(f->path, "SELECT max(step) FROM v_score WHERE run_id = 4", 3);
    /* run, n and provenance */
    assert_integer(f->path,
                   "SELECT run_id * 100 + n * 10 + provenance_id FROM attempt "
                   "WHERE state = 'running'",
                   322);
    assert_integer(f->path, "SELECT count(*) FROM attempt WHERE state = 'done'", 5);
    assert_integer(f->path,
                   "SELECT run_id * 10 + n FROM attempt "
                   "WHERE state = 'interrupted' AND reason = 'a signal'",
                   42);
}

/* Version 3 with four runs, two of them without a value on any split. */
static void runs_of_version_3_have_no_places(void **state)
{
    struct fixture *f = *state;
    take_version(f, 3);
    struct text *before = dump(f->path);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_same(before, dump(f->path));
    assert_integer(f->path, "SELECT count(*) FROM v_run WHERE state = 'done'", 4);
    assert_integer(f->path, "SELECT count(*) FROM place", 0);
    assert_integer(f->path, "SELECT count(*) FROM v_stratum", 0);
}

/* Version 4 with four runs and curves of three points; two runs have no value on ood_longer.
 * Every number of every point moves to `curve`, except those that are measured once. */
static void curves_of_version_4_become_a_row_a_point(void **state)
{
    static const char before[] =
        "SELECT run_id, split, step, name, quote(value), count, total FROM metric WHERE "
        "value NOT NULL AND name NOT IN ('seen', 'token_error_unseen', 'longest') "
        "ORDER BY run_id, split, step, name";
    struct fixture *f = *state;
    struct text *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    sqlite3 *db = NULL;
    assert_non_null(a);
    assert_non_null(b);
    take_version(f, 4);
    struct text *all = dump(f->path);
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    dump_query(db, before, a);
    sqlite3_close(db);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_same(all, dump(f->path));
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    dump_query(db, numbers_of_curves, b);
    sqlite3_close(db);
    assert_same(a, b);
    assert_integer(f->path, "SELECT count(*) FROM curve", 48);
    assert_integer(f->path, "SELECT count(*) FROM curve WHERE loss IS NULL", 6);
    assert_integer(f->path, "SELECT count(*) FROM place", 10);
    assert_integer(f->path, "SELECT count(*) FROM v_stratum WHERE split = 'id'", 32);
}

static struct text *rows_of(const char *path, const char *sql)
{
    struct text *t = calloc(1, sizeof *t);
    sqlite3 *db = NULL;
    assert_non_null(t);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    dump_query(db, sql, t);
    sqlite3_close(db);
    return t;
}

static void change(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

/* Early databases of version 4 had no table evaluation. */
static void version_4_without_evaluations_gets_their_table(void **state)
{
    struct fixture *f = *state;
    take_version(f, 4);
    change(f->path, "DROP VIEW IF EXISTS v_evaluation; DROP TABLE evaluation");
    assert_ok(store_open(f->path, STORE_READ, &f->store, &err));
    store_close(f->store);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_integer(f->path, "SELECT count(*) FROM v_evaluation", 0);
}

/* Version 5 with the four runs of version 4, of which only run 4 errs here and there. One split
 * has a third stratum, with the losses of a text to all digits. */
static void sums_of_version_5_become_rows(void **state)
{
    static const char view[] =
        "SELECT run_id, experiment, seed, state, split, stratum, value, wrong, places, "
        "quote(error) FROM v_stratum ORDER BY run_id, split, stratum, value";
    static const char bits[] =
        "SELECT id, run_id, split, count, hex(bits) FROM place ORDER BY 1";
    struct fixture *f = *state;
    char wrong[SUMS_TEXT];
    take_version(f, 5);
    struct text *all = dump(f->path), *sums = rows_of(f->path, view),
                *places = rows_of(f->path, bits);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    assert_ok(store_wrong_sums(f->store, wrong, &err));
    assert_string_equal(wrong, "");
    store_close(f->store);
    f->store = NULL;
    assert_same(all, dump(f->path));
    assert_same(sums, rows_of(f->path, view));
    assert_same(places, rows_of(f->path, bits));
    /* x'1202' has 3 bits that are 1. */
    assert_integer(f->path,
                   "SELECT sum(wrong) FROM stratum WHERE run_id = 4 AND split = 'id' "
                   "AND name = 'ignores'",
                   16 - 3);
    assert_integer(f->path, "SELECT count(*) FROM stratum WHERE nats NOT NULL", 1);
    assert_integer(
        f->path,
        "SELECT nats = 0.1 + 0.2 FROM stratum WHERE name = 'position' AND value = 0", 1);
}

/* Text that cannot be sums is refused, so that nobody reads zeros in its place. */
static void what_are_no_sums_in_version_5_is_refused(void **state)
{
    static const char *const strata[] = {
        "{\"ignores\": [[\"many\", 0, 16]]}", "{\"ignores\": [[0, null, 16]]}",
        "{\"ignores\": [[0, 1.5, 16]]}", "{\"ignores\": [[0, 1, 8], [0, 1, 8]]}",
        "{\"ignores\": 7}"};
    struct fixture *f = *state;
    char sql[160];
    for (size_t i = 0; i < sizeof strata / sizeof *strata; i++) {
        take_version(f, 5);
        snprintf(sql, sizeof sql, "UPDATE place SET strata = '%s' WHERE id = 2", strata[i]);
        change(f->path, sql);
        assert_int_equal(store_open(f->path, STORE_READ, &f->store, &err), ST_DB);
        assert_non_null(strstr(err.msg, "stratum"));
        assert_int_equal(store_open(f->path, STORE_WRITE, &f->store, &err), ST_DB);
        assert_version(f->path, 5);
        assert_int_equal(files_in(f->folder), 1);
    }
}

/* The file does not grow when a table replaces another. */
static void a_migrated_database_is_not_larger(void **state)
{
    struct fixture *f = *state;
    struct stat old, new;
    take_version(f, 4);
    assert_int_equal(stat(f->path, &old), 0);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(stat(f->path, &new), 0);
    assert_true(new.st_size <= old.st_size);
}

/* The six runs, and each nine times more with other seeds. */
static void sixty_runs_of_version_2_keep_their_numbers(void **state)
{
    struct fixture *f = *state;
    take_version(f, 2);
    change(
        f->path,
        "CREATE TEMP TABLE times AS WITH RECURSIVE c (k) AS (VALUES (1) UNION ALL "
        "SELECT k + 1 FROM c WHERE k < 9) SELECT k FROM c;"
        "CREATE TEMP TABLE old AS SELECT * FROM run;"
        "CREATE TEMP TABLE number AS SELECT * FROM metric;"
        "INSERT INTO run (id, identity, experiment, profile, cell, task, task_version, "
        "encoder, variant, seed, config, state, error, steps, parameters, flops, wall_s, "
        "cpu_s, started, ended, provenance_id, removed, attempts) "
        "SELECT id + 6 * k, identity || k, experiment, profile, cell, task, "
        "task_version, encoder, variant, seed + 10 * k, json_set(config, '$.seed', "
        "seed + 10 * k), state, error, steps, parameters, flops, wall_s, cpu_s, started, "
        "ended, provenance_id, removed, attempts FROM old, times;"
        "INSERT INTO metric (run_id, split, step, name, value, count, total) "
        "SELECT run_id + 6 * k, split, step, name, value / k, count, total "
        "FROM number, times;");
    assert_integer(f->path, "SELECT count(*) FROM run", 60);
    struct text *before = dump(f->path);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_version(f->path, SCHEMA_VERSION);
    assert_same(before, dump(f->path));
    assert_integer(f->path, "SELECT count(*) FROM recipe", 4);
    assert_integer(f->path, "SELECT count(*) FROM membership", 60);
    assert_integer(f->path, "SELECT max(n) FROM v_summary", 20);
}

static void the_old_database_stays_beside_it(void **state)
{
    struct fixture *f = *state;
    char backup[160], second[168];
    snprintf(backup, sizeof backup, "%s.backup-v1", f->path);
    snprintf(second, sizeof second, "%s.2", backup);
    take_old(f);
    struct text *before = dump(f->path);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    assert_version(backup, 1);
    assert_same(before, dump(backup));
    assert_int_equal(access(second, F_OK), -1);
    /* An earlier copy is kept. */
    take_old(f);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    assert_version(second, 1);
    store_close(f->store);
    f->store = NULL;
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(files_in(f->folder), 3);
}

static void a_view_of_the_users_own_stays(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    take_old(f);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "CREATE VIEW mine AS SELECT seed FROM v_run", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    assert_integer(f->path, "SELECT count(*) FROM mine", 5);
}

/* All processes open it for writing at the same moment. */
static void processes_that_open_it_at_once_migrate_once(void **state)
{
    struct fixture *f = *state;
    pid_t child[PROCESSES];
    int gate[2], how;
    take_old(f);
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            char c;
            struct store *s = NULL;
            close(gate[1]);
            if (read(gate[0], &c, 1) != 0) /* until the parent closes its end */
                _exit(2);
            const enum status st = store_open(f->path, STORE_WRITE, &s, &err);
            if (st)
                print_error("%s\n", err.msg);
            store_close(s);
            _exit(st != ST_OK);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(child[i], &how, 0), child[i]);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    assert_version(f->path, SCHEMA_VERSION);
    assert_int_equal(files_in(f->folder), 2); /* the database and one copy */
}

/* Runs a migration step as store.c does and checks that its failure changes nothing. */
static void assert_step_fails(const struct fixture *f, const char *sql)
{
    char copy[BACKUP_NAME];
    const struct migration steps[] = {{1, sql}, {0}};
    struct store s = {.path = (char *)f->path, .writable = true};
    struct text *before = dump(f->path);
    assert_int_equal(sqlite3_open(f->path, &s.db), SQLITE_OK);
    assert_ok(store_exec(&s, "BEGIN IMMEDIATE", "testing", &err));
    assert_int_equal(store_migrate_file(&s, 1, steps, copy, &err), ST_DB);
    sqlite3_exec(s.db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(s.db);
    assert_version(f->path, 1);
    assert_same(before, dump(f->path));
}

static void a_step_that_fails_leaves_the_old_database(void **state)
{
    struct fixture *f = *state;
    take_old(f);
    assert_step_fails(f, "DELETE FROM metric; ALTER TABLE nowhere ADD COLUMN x;");
    /* References to deleted rows are noticed, too. */
    assert_step_fails(f, "DELETE FROM provenance;");
}

static void a_damaged_database_is_not_migrated(void **state)
{
    struct fixture *f = *state;
    take_old(f);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    /* The index gets another definition, so its entries no longer fit. */
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
                     "'CREATE INDEX run_by_provenance ON run (seed)' WHERE name = "
                     "'run_by_provenance'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open(f->path, STORE_WRITE, &f->store, &err), ST_DB);
    assert_non_null(strstr(err.msg, "damaged"));
    assert_version(f->path, 1);
    assert_int_equal(files_in(f->folder), 1);
}

/* The file that a newer program migrates meanwhile, and how often it did. */
static const char *raced;
static int races;

static int migrate_in_between(unsigned kind, void *context, void *statement, void *text)
{
    sqlite3 *newer = NULL;
    (void)kind;
    (void)context;
    (void)statement;
    if (races || strncmp(text, "PRAGMA synchronous", 18) != 0)
        return 0;
    races++;
    assert_int_equal(sqlite3_open(raced, &newer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(newer,
                                  "BEGIN IMMEDIATE; ALTER TABLE run ADD COLUMN newer TEXT;"
                                  "PRAGMA user_version = 99; COMMIT;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(newer);
    return 0;
}

static int listen_in(sqlite3 *db, const char **why, const void *routines)
{
    (void)why;
    (void)routines;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, migrate_in_between, NULL);
}

/* A newer program may migrate between the check of the schema and the first write. Its version
 * stays, and the database is not written to. In write-ahead mode, with a reader, opening
 * writes no other page. */
static void a_program_that_migrates_in_between_is_obeyed(void **state)
{
    struct fixture *f = *state;
    sqlite3 *reader = NULL;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(sqlite3_open(f->path, &reader), SQLITE_OK);
    assert_int_equal(sqlite3_exec(reader,
                                  "PRAGMA journal_mode = WAL; SELECT count(*) FROM run;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    raced = f->path;
    races = 0;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))listen_in), SQLITE_OK);
    const enum status st = store_open(f->path, STORE_WRITE, &f->store, &err);
    sqlite3_reset_auto_extension();
    sqlite3_close(reader);
    assert_int_equal(races, 1);
    assert_int_equal(st, ST_DB);
    assert_non_null(strstr(err.msg, "schema 99"));
    assert_version(f->path, 99);
}

static enum status first_cell(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    char *out = context;
    (void)columns;
    (void)names;
    (void)e;
    snprintf(out, 64, "%s", cells[0]);
    return ST_OK;
}

static void assert_reads_as_new(struct fixture *f)
{
    char text[64] = "";
    struct stat before, after;
    assert_int_equal(stat(f->path, &before), 0);
    assert_ok(store_open(f->path, STORE_READ, &f->store, &err));
    assert_ok(store_query(f->store,
                          "SELECT count(*) || ' ' || sum(attempts) || ' ' || "
                          "count(removed) FROM run JOIN v_run ON run_id = id",
                          NULL, 0, first_cell, text, &err));
    assert_string_equal(text, "5 5 0");
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_version(f->path, 1);
}

static void a_reader_sees_it_up_to_date_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    take_old(f);
    assert_reads_as_new(f);
    assert_int_equal(files_in(f->folder), 1);
    /* The same after a killed writer left it in write-ahead mode. */
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_reads_as_new(f);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_old_database_keeps_every_row_and_every_view),
        CASE(an_old_database_becomes_what_a_new_one_is),
        CASE(version_2_gets_recipes_members_attempts_and_last_steps),
        CASE(runs_of_version_3_have_no_places),
        CASE(curves_of_version_4_become_a_row_a_point),
        CASE(version_4_without_evaluations_gets_their_table),
        CASE(sums_of_version_5_become_rows),
        CASE(what_are_no_sums_in_version_5_is_refused),
        CASE(a_migrated_database_is_not_larger),
        CASE(sixty_runs_of_version_2_keep_their_numbers),
        CASE(the_old_database_stays_beside_it),
        CASE(a_view_of_the_users_own_stays),
        CASE(processes_that_open_it_at_once_migrate_once),
        CASE(a_step_that_fails_leaves_the_old_database),
        CASE(a_damaged_database_is_not_migrated),
        CASE(a_program_that_migrates_in_between_is_obeyed),
        CASE(a_reader_sees_it_up_to_date_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
