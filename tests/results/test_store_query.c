/* Queries to the store: read-only, with messages when wrong, stopped when the caller has
 * enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "rows.h"
#include "store_answer.h"

/* Runs a statement that a user typed; a wrong one prints nothing. */
static enum status typed(struct store *s, const char *sql)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const enum status st = rows_print_typed(s, sql, PRINT_CSV, out, &err);
    assert_int_equal(fclose(out), 0);
    if (st)
        assert_string_equal(text, "");
    free(text);
    return st;
}

static void queries_that_would_write_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "DELETE FROM run",
        "INSERT INTO event (level, text) VALUES ('a', 'b')",
        "UPDATE run SET state = 'new'",
        "UPDATE sqlite_schema SET sql = ''",
        "DROP TABLE run",
        "CREATE TEMP TABLE t (x)",
        "CREATE TABLE t AS SELECT 1",
        "ATTACH '/tmp/x.db' AS y",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA user_version = 7",
        "PRAGMA writable_schema = 1",
        "BEGIN",
        "SAVEPOINT a",
        "VACUUM",
        "VACUUM INTO '/tmp/posbench-vacuum.db'",
        "SELECT load_extension('x')",
        "WITH x AS (SELECT 1) DELETE FROM run",
        "EXPLAIN DELETE FROM run",
    };
    add_run(f->store, (struct fake_run){.variant = "cope"});
    for (int mode = 0; mode < 2; mode++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const enum status st = typed(f->store, bad[i]);
            if (st != ST_USAGE)
                print_error("%s: status %d\n", bad[i], st);
            assert_int_equal(st, ST_USAGE);
        }
        assert_answer(f->store, "SELECT state FROM run", "done");
        reopen(f, STORE_READ);
    }
    assert_int_not_equal(access("/tmp/posbench-vacuum.db", F_OK), 0);
}

static void queries_that_are_wrong_say_how(void **state)
{
    const struct fixture *f = *state;
#define QUERY(sql) typed(f->store, sql)
    assert_fails(QUERY("SELEC 1"), ST_USAGE, "SELEC");
    assert_fails(QUERY("SELECT nonsense FROM run"), ST_USAGE, "no such column");
    assert_fails(QUERY(""), ST_USAGE, "no statement");
    assert_fails(QUERY("-- only words"), ST_USAGE, "no statement");
    assert_fails(QUERY("SELECT 1; DELETE FROM run"), ST_USAGE, "one statement");
    assert_fails(QUERY("SELECT 1; SELECT 2"), ST_USAGE, "SELECT 2");
    assert_fails(QUERY("SELECT ?1, ?2"), ST_USAGE, "2 parameters");
    assert_fails(QUERY("SELECT json('{')"), ST_USAGE, "JSON");
#undef QUERY
}

/* The program's own queries are right, so a failure is a fault of the database. */
static void our_own_that_fail_blame_the_database(void **state)
{
    const struct fixture *f = *state;
    struct answer a = {.text = ""};
    assert_fails(store_query(f->store, "SELECT abs(-9223372036854775808)", NULL, 0,
                             append_row, &a, &err),
                 ST_DB, "does not write: restore a copy");
}

static void queries_bind_and_give_null(void **state)
{
    const struct fixture *f = *state;
    const char *const params[] = {"x'; DROP TABLE run; --", "2"};
    struct answer a = {.text = ""};
    assert_ok(store_query(f->store, "SELECT ?1, ?2 + 1, NULL, x'0102';  -- a comment",
                          params, 2, append_row, &a, &err));
    assert_string_equal(a.text, "x'; DROP TABLE run; --|3|-|(2 bytes)");
    assert_answer(f->store, "SELECT value FROM json_each('[1,2]')", "1;2");
    assert_answer(f->store, "SELECT name FROM pragma_table_info('answer') LIMIT 1", "id");
}

static enum status stop_at_once(void *context, int columns, const char *const *names,
                                const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)cells;
    ++*(int *)context;
    return err_set(e, ST_INTERRUPTED, "enough");
}

static void a_query_ends_when_its_reader_has_enough(void **state)
{
    const struct fixture *f = *state;
    int rows = 0;
    assert_fails(
        store_query(f->store, "VALUES (1), (2), (3)", NULL, 0, stop_at_once, &rows, &err),
        ST_INTERRUPTED, "enough");
    assert_int_equal(rows, 1);
    assert_answer(f->store, "SELECT 1", "1");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(queries_that_would_write_are_refused),    CASE(queries_that_are_wrong_say_how),
        CASE(our_own_that_fail_blame_the_database),    CASE(queries_bind_and_give_null),
        CASE(a_query_ends_when_its_reader_has_enough),
    };
    return cmocka_run_group_tests_name("store_query", tests, NULL, NULL);
}
