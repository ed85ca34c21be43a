/* Foreign databases: no command crashes on any value of a column, even one that the schema
 * forbids, and no command prints a number from tables or views that are not posbench's. Files
 * that such a database could name are tested with the commands that open them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "program.h"
#include "small_matrix.h"

static char folder[SCRATCH_TEXT];

static const char yaml[] =
    "version: 1\n"
    "experiments:\n"
    "  copy:\n"
    "    task: {name: selective_copy, tokens: 3, blanks: 3, symbols: 3}\n"
    "    splits: {id: {count: 4}, far: {count: 3, blanks: 6}}\n"
    "    encoders: [none, cope]\n"
    "    seeds: [1]\n"
    "    model: {layers: 1, heads: 1, dim: 8}\n"
    "    train: {steps: 4, batch: 4, eval_every: 2, eval_count: 2}\n"
    "published:\n"
    "  - {paper: A, source: T, experiment: copy, metric: token_error,\n"
    "     values: {none: {id: 40}, cope: {id: 3}}}\n"
    "claims:\n"
    "  - {id: c, text: t, experiment: copy, split: id, metric: token_error,\n"
    "     less: cope, than: none}\n";

/* Exit codes go up to 5. A greater one means a signal, and a sanitizer has printed its report. */
static const char script[] =
    "cd \"$1\" && posbench=$2 && shift 2 || exit\n"
    "for c in \"$@\"; do\n"
    "  \"$posbench\" $c --quiet </dev/null >said 2>&1\n"
    "  code=$?\n"
    "  if [ $code -gt 5 ] || grep -q 'Sanitizer\\|runtime error' said; then\n"
    "    echo \"posbench $c: exit code $code\"\n"
    "    tail -n 5 said\n"
    "  fi\n"
    "done\n";

/* The commands that read each table; `few` print what it holds. */
static const struct {
    const char *table, *few, *more;
} reads[] = {
    {"run", "'show 1 --db w.db' 'list runs --db w.db' 'table --db w.db'",
     "'eval 1 --db w.db' 'verify 1 --steps 1 --db w.db' 'plan e.yaml --db w.db' "
     "'export 1 -o x --force --db w.db' 'rm --dry-run experiment=copy --db w.db' "
     "'merge w.db --db into.db'"},
    {"metric", "'table -o md --db w.db'", "'verify 1 --db w.db' 'merge w.db --db into.db'"},
    {"answer", "'verify 1 --db w.db'", "'merge w.db --db into.db'"},
    {"event", "'show 1 --db w.db'", "'table --db w.db'"},
    {"published", "'table --published --db w.db'", "'query published_vs_ours --db w.db'"},
    {"claim", "'claims --db w.db'", "'list claims --db w.db'"},
    {"provenance", "'verify 1 --steps 1 --db w.db'", "'merge w.db --db into.db'"},
};
enum { TABLES = sizeof reads / sizeof *reads };

static int train_once(void **state)
{
    char path[SCRATCH_TEXT + 16];
    struct program p;
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    write_text(path, yaml);
    snprintf(path, sizeof path, "%s/try", folder);
    write_text(path, script);
    RUN(&p,
        "-C %s run e.yaml --db good.db --quiet && cp -r %s/good.db.models %s/w.db.models",
        folder, folder, folder);
    const int code = p.code;
    program_free(&p);
    return code;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

static sqlite3 *open_database(const char *name)
{
    char path[SCRATCH_TEXT + 16];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void copy_database(const char *from, const char *to)
{
    struct program p;
    char line[3 * SCRATCH_TEXT];
    snprintf(line, sizeof line, "-f %s/%s %s/%s", folder, from, folder, to);
    program_run(&p, "/bin/cp", NULL, line);
    assert_int_equal(p.code, 0);
    program_free(&p);
}

/* Makes w.db: good.db without the constraints of its tables. */
static void make_weak(void)
{
    struct program p;
    char line[3 * SCRATCH_TEXT];
    snprintf(line, sizeof line, "-f %s/into.db", folder);
    program_run(&p, "/bin/rm", NULL, line);
    program_free(&p);
    copy_database("good.db", "w.db");
    sqlite3 *db = open_database("w.db");
    execute(db,
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = replace(replace(replace(sql, 'NOT NULL', ''),"
            " ') STRICT', ')'), 'INTEGER PRIMARY KEY', 'INTEGER') WHERE type = 'table';"
            "PRAGMA schema_version = 1000");
    sqlite3_close(db);
}

/* Restores the constraints in w.db's schema although the rows break them, as in a stranger's
 * file. */
static void make_promise(void)
{
    char sql[2 * SCRATCH_TEXT];
    sqlite3 *db = open_database("w.db");
    snprintf(sql, sizeof sql, "ATTACH '%s/good.db' AS good", folder);
    execute(db, sql);
    execute(db, "PRAGMA writable_schema = ON;"
                "UPDATE main.sqlite_master SET sql = (SELECT g.sql FROM good.sqlite_master "
                "AS g WHERE g.name = main.sqlite_master.name) WHERE type = 'table';"
                "PRAGMA main.schema_version = 1001");
    sqlite3_close(db);
}

/* Puts `value` (SQL) into the column of every row that accepts it, and runs the commands. */
static void try_value(int table, const char *column, const char *value, bool all)
{
    char sql[512], line[2048];
    struct program p;
    make_weak();
    sqlite3 *db = open_database("w.db");
    snprintf(sql, sizeof sql,
             "PRAGMA ignore_check_constraints = ON; UPDATE OR IGNORE %s SET %s = %s",
             reads[table].table, column, value);
    execute(db, sql);
    sqlite3_close(db);
    make_promise();
    snprintf(line, sizeof line, "%s/try %s '%s' %s %s", folder, folder, POSBENCH,
             reads[table].few, all ? reads[table].more : "");
    program_run(&p, "/bin/sh", NULL, line);
    if (p.code || p.out_bytes)
        fail_msg("%s.%s = %s: %s%s", reads[table].table, column, value, p.out, p.err);
    program_free(&p);
}

static void every_column(const char *value, bool all)
{
    for (int table = 0; table < TABLES; table++) {
        sqlite3 *db = open_database("good.db");
        sqlite3_stmt *q = NULL;
        assert_int_equal(
            sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?1)", -1, &q, NULL),
            SQLITE_OK);
        sqlite3_bind_text(q, 1, reads[table].table, -1, SQLITE_STATIC);
        int columns = 0;
        for (; sqlite3_step(q) == SQLITE_ROW; columns++)
            try_value(table, (const char *)sqlite3_column_text(q, 0), value, all);
        assert_true(columns > 3);
        sqlite3_finalize(q);
        sqlite3_close(db);
    }
}

static void a_null_in_any_column_crashes_no_command(void **state)
{
    (void)state;
    every_column("NULL", true);
}

static void text_in_any_column_crashes_no_command(void **state)
{
    (void)state;
    every_column("'../../%s%n' || char(27) || '[2J'", false);
}

/* --- tables and views that are not ours --- */

/* The command `words` ends with exit code 3, names `object` and prints nothing else. */
static void refused(const char *words, const char *object)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, words);
    if (p.code != 3 || p.out_bytes || !strstr(p.err, object) || !strstr(p.err, "copy"))
        fail_msg("posbench %s: exit code %d: %s%s", words, p.code, p.out, p.err);
    program_free(&p);
}

static const char *const readers[] = {
    "table --db s.db",
    "claims --db s.db",
    "query accuracy_by_split --db s.db",
    "query 'SELECT 1' --db s.db",
    "list runs --db s.db",
    "show 1 --db s.db",
    "eval 1 --db s.db",
    "verify 1 --db s.db",
    "export 1 -o x --db s.db",
    "plan e.yaml --db s.db",
    "run e.yaml --quiet --db s.db",
    "rm --dry-run experiment=copy --db s.db",
    "merge s.db --quiet --db into.db",
};
enum { READERS = sizeof readers / sizeof *readers };

/* Makes s.db: good.db changed by `sql`. */
static void make_strange(const char *sql)
{
    copy_database("good.db", "s.db");
    sqlite3 *db = open_database("s.db");
    execute(db, sql);
    sqlite3_close(db);
}

static void a_schema_that_is_not_ours_prints_no_number(void **state)
{
    static const struct {
        const char *sql, *object;
    } cases[] = {
        {"DROP VIEW v_score; CREATE VIEW v_score AS SELECT m.id AS metric_id, m.run_id,"
         " m.split, m.step, m.name AS metric, m.value * 0.5 AS value, m.count, m.total"
         " FROM metric AS m",
         "\"v_score\" is not as"},
        {"DROP VIEW v_run", "view \"v_run\" is missing"},
        {"DROP TABLE claim", "table \"claim\" is missing"},
        {"DROP INDEX event_by_run", "index \"event_by_run\" is missing"},
        {"ALTER TABLE metric ADD COLUMN more REAL GENERATED ALWAYS AS (value * 2)",
         "table \"metric\" is not as"},
        {"CREATE TRIGGER boo AFTER INSERT ON metric BEGIN UPDATE metric SET value = 0; END",
         "trigger \"boo\""},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql ="
         " replace(sql, 'avg(wall_s)', 'max(wall_s)') WHERE name = 'v_progress'",
         "\"v_progress\" is not as"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql ="
         " replace(sql, 'split  TEXT NOT NULL', 'split  TEXT NOT NULL COLLATE NOCASE')"
         " WHERE name = 'metric'",
         "\"metric\" is not as"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_strange(cases[i].sql);
        for (int k = 0; k < READERS; k++)
            refused(readers[k], cases[i].object);
        struct program p;
        RUN(&p, "-C %s doctor --db s.db", folder);
        assert_int_equal(p.code, 3);
        assert_non_null(strstr(p.out, cases[i].object));
        program_free(&p);
    }
}

/* The command `words` succeeds and prints `want`. */
static void said(const char *words, const char *want)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, words);
    if (p.code != 0 || strcmp(p.out, want) != 0)
        fail_msg("posbench %s: exit code %d: %s%s", words, p.code, p.out, p.err);
    program_free(&p);
}

static void what_a_user_adds_is_left_alone(void **state)
{
    (void)state;
    make_strange("CREATE VIEW mine AS SELECT * FROM v_result; CREATE TABLE notes (t TEXT);"
                 "INSERT INTO notes VALUES ('kept');"
                 "CREATE INDEX fast ON metric (value); ANALYZE");
    said("query 'SELECT count(*) AS n FROM mine' --db s.db -o csv", "n\n6\n");
    said("run e.yaml --quiet --db s.db --set seeds=[77]", "");
    said("query 'SELECT count(*) AS n, t FROM mine, notes GROUP BY t' --db s.db -o csv",
         "n,t\n12,kept\n");
    said(
        "query \"SELECT type, name FROM sqlite_schema WHERE name IN ('mine', 'notes', 'fast') "
        "ORDER BY name\" --db s.db -o csv",
        "type,name\nindex,fast\nview,mine\ntable,notes\n");
}

/* A view in a foreign file could otherwise take forever, or all memory. */
static void limits_are_near_what_is_needed(void **state)
{
    char words[4096] = "query 'SELECT 1";
    struct program p;
    (void)state;
    for (int i = 0; i < 300; i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "+1");
    RUN(&p, "-C %s %s' --db good.db", folder, words);
    assert_int_equal(p.code, 2);
    assert_non_null(strstr(p.err, "maximum depth 200"));
    program_free(&p);
    RUN(&p, "-C %s query 'SELECT length(hex(zeroblob(60000000)))' --db good.db", folder);
    assert_int_equal(p.code, 2);
    assert_non_null(strstr(p.err, "too big"));
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_in_any_column_crashes_no_command),
        cmocka_unit_test(text_in_any_column_crashes_no_command),
        cmocka_unit_test(a_schema_that_is_not_ours_prints_no_number),
        cmocka_unit_test(what_a_user_adds_is_left_alone),
        cmocka_unit_test(limits_are_near_what_is_needed),
    };
    return cmocka_run_group_tests_name("stranger_database", tests, train_once, remove_all);
}
