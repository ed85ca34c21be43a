/* store.h: databases that killed writers left, triggers, and paths that are too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "filled_store.h"
#include "store_answer.h"

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

/* Leaves the journal of a writer that was killed after changing the variant, and more, on
 * disk. */
static void leave_a_journal(struct fixture *f)
{
    int how;
    char journal[128];
    add_run(f->store, (struct fake_run){.variant = "cope"});
    close_store(f);
    const pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;
        if (sqlite3_open(f->path, &db) ||
            sqlite3_exec(db,
                         "PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                         "UPDATE run SET variant = 'none'; CREATE TABLE big (x);"
                         "INSERT INTO big VALUES (zeroblob(100000));"
                         "UPDATE big SET x = zeroblob(200000);",
                         NULL, NULL, NULL))
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    snprintf(journal, sizeof journal, "%s-journal", f->path);
    assert_int_equal(access(journal, F_OK), 0);
}

/* Opens the file for reading in another process, without root's rights; returns its status. */
static enum status read_as_nobody(const struct fixture *f)
{
    int ends[2], how;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct store *s = NULL;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        err.code = store_open(f->path, STORE_READ, &s, &err);
        store_close(s);
        _exit(write(ends[1], &err, sizeof err) == (ssize_t)sizeof err ? 0 : 3);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &err, sizeof err), sizeof err);
    close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    return err.code;
}

static void what_a_killed_writer_had_begun_is_taken_back_to_be_read(void **state)
{
    struct fixture *f = *state;
    char journal[128];
    leave_a_journal(f);
    /* Marks the file as one in write-ahead mode, too. */
    FILE *file = fopen(f->path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, 18, SEEK_SET), 0);
    assert_int_equal(fwrite("\2\2", 1, 2, file), 2);
    assert_int_equal(fclose(file), 0);
    reopen(f, STORE_READ);
    assert_answer(f->store, "SELECT variant FROM run", "cope");
    snprintf(journal, sizeof journal, "%s-journal", f->path);
    assert_int_equal(access(journal, F_OK), -1);
}

static void without_permission_a_killed_writer_is_told(void **state)
{
    struct fixture *f = *state;
    leave_a_journal(f);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_fails(read_as_nobody(f), ST_DB, "was killed");
    assert_fails(read_as_nobody(f), ST_DB, "`posbench run`");
    assert_int_equal(chmod(f->path, 0666), 0); /* the journal cannot be removed */
    assert_fails(read_as_nobody(f), ST_DB, "permission");
    /* A later reader with write permission rolls it back. */
    reopen(f, STORE_READ);
    assert_answer(f->store, "SELECT variant FROM run", "cope");
}

/* SQLite's limit is below the system's. */
static void a_path_too_long_for_sqlite_is_told(void **state)
{
    const struct fixture *f = *state;
    static const char one[] = "/a-folder-of-a-name-with-fifty-letters-and-some-digits";
    struct store *s = NULL;
    char path[1024];
    int used = snprintf(path, sizeof path, "%s", f->folder);
    for (int i = 0; i < 9; i++) {
        used += snprintf(path + used, sizeof path - (size_t)used, "%s", one);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    snprintf(path + used, sizeof path - (size_t)used, "/x.db");
    assert_fails(store_open(path, STORE_WRITE, &s, &err), ST_DB, "path is too long");
    assert_int_equal(link(f->path, path), 0);
    assert_fails(store_open(path, STORE_READ, &s, &err), ST_DB, "path is too long");
    /* The folders before a relative path count, too. */
    char *slash = strrchr(path, '/'), *here = getcwd(NULL, 0);
    assert_non_null(here);
    *slash = '\0';
    assert_int_equal(chdir(path), 0);
    const enum status st = store_open("x.db", STORE_READ, &s, &err);
    assert_int_equal(chdir(here), 0);
    free(here);
    assert_fails(st, ST_DB, "path is too long");
}

/* A trigger that is already there is refused (test_stranger_database). */
static void a_trigger_that_comes_while_it_is_open_does_not_run(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER boo AFTER INSERT ON metric BEGIN "
                                  "UPDATE metric SET value = 0; END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    const struct metric_row m = {"id", "loss", 1, 0.5, -1, -1};
    assert_ok(store_metrics(f->store, id, &m, 1, &err));
    assert_answer(f->store, "SELECT value FROM metric", "0.5");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_a_killed_writer_had_begun_is_taken_back_to_be_read),
        CASE(without_permission_a_killed_writer_is_told),
        CASE(a_trigger_that_comes_while_it_is_open_does_not_run),
        CASE(a_path_too_long_for_sqlite_is_told),
    };
    return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
