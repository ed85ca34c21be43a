/* store.h: what is stored, and what other programs and the system can do to the file. */
#define _GNU_SOURCE /* unshare; NOLINT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "approx.h"
#include "filled_store.h"
#include "merge_parts.h"
#include "store_answer.h"

/* --- files -------------------------------------------------------------------- */

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* Returns the file's bytes; the caller frees them. */
static char *read_file(const char *path, size_t *n)
{
    struct stat st;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    char *bytes = malloc((size_t)st.st_size + 1);
    *n = fread(bytes, 1, (size_t)st.st_size, file);
    assert_int_equal(*n, st.st_size);
    fclose(file);
    return bytes;
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

static void assert_refused(const struct fixture *f, const char *words)
{
    const enum store_mode modes[] = {STORE_WRITE, STORE_READ};
    struct store *s = NULL;
    size_t before_n, after_n;
    char *before = read_file(f->path, &before_n);
    const int files = files_in(f->folder);
    for (int i = 0; i < 2; i++) {
        assert_fails(store_open(f->path, modes[i], &s, &err), ST_DB, words);
        assert_non_null(strstr(err.msg, f->path));
        assert_non_null(strstr(err.msg, "--db"));
        assert_null(s);
    }
    char *after = read_file(f->path, &after_n);
    assert_int_equal(before_n, after_n);
    assert_memory_equal(before, after, after_n);
    assert_int_equal(files_in(f->folder), files);
    free(before);
    free(after);
}

static void close_store(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

/* The result of another process, without root's rights. */
struct outcome {
    enum status st;
    char msg[ERR_TEXT];
    bool limited; /* by a limit on file sizes instead of a small file system */
};

static void as_nobody(void (*try)(const struct fixture *f, struct outcome *out),
                      const struct fixture *f, struct outcome *out)
{
    int ends[2], how;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct outcome o = {.st = ST_OK};
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        try(f, &o);
        _exit(write(ends[1], &o, sizeof o) == (ssize_t)sizeof o ? 0 : 3);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], out, sizeof *out), sizeof *out);
    close(ends[0]);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    err.code = out->st;
    snprintf(err.msg, sizeof err.msg, "%s", out->msg);
}

static void try_writing(const struct fixture *f, struct outcome *out)
{
    struct store *s = NULL;
    struct err e = {.msg = ""};
    out->st = store_open(f->path, STORE_WRITE, &s, &e);
    memcpy(out->msg, e.msg, sizeof out->msg);
    store_close(s);
}

static void try_reading(const struct fixture *f, struct outcome *out)
{
    struct store *s = NULL;
    struct err e = {.msg = ""};
    struct answer a = {.text = ""};
    out->st = store_open(f->path, STORE_READ, &s, &e);
    if (out->st == ST_OK)
        out->st = store_query(s, "SELECT variant FROM run", NULL, 0, append_row, &a, &e);
    memcpy(out->msg, out->st ? e.msg : a.text, out->st ? sizeof e.msg : sizeof a.text);
    store_close(s);
}

/* --- opening ------------------------------------------------------------------- */

static void a_new_file_gets_tables_and_our_mark(void **state)
{
    const struct fixture *f = *state;
    assert_answer(f->store, "PRAGMA application_id", "1886352226");
    assert_answer(f->store, "PRAGMA user_version", "6");
    assert_answer(f->store, "PRAGMA foreign_keys", "1");
    assert_answer(f->store, "SELECT count(*) FROM run", "0");
}

static void reopening_keeps_what_was_stored(void **state)
{
    struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope", .seed = 3}),
              "id", 5, 20, 1);
    for (int i = 0; i < 3; i++) {
        reopen(f, i == 1 ? STORE_READ : STORE_WRITE);
        assert_answer(f->store, "SELECT variant, seed, token_error FROM v_result",
                      "cope|3|0.25");
    }
}

static void a_file_that_is_not_there_is_only_made_for_writing(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    close_store(f);
    assert_int_equal(unlink(f->path), 0);
    assert_fails(store_open(f->path, STORE_READ, &s, &err), ST_NOTFOUND, "posbench run");
    assert_int_equal(files_in(f->folder), 0);
    write_file(f->path, "", 0);
    assert_fails(store_open(f->path, STORE_READ, &s, &err), ST_NOTFOUND, f->path);
    reopen(f, STORE_WRITE); /* an empty file is treated like a missing one */
    assert_answer(f->store, "SELECT count(*) FROM run", "0");
}

static void another_programs_database_is_left_alone(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    unlink(f->path);
    execute(f->path, "CREATE TABLE precious (x); INSERT INTO precious VALUES (1);");
    assert_refused(f, "another program");
    unlink(f->path);
    execute(f->path, "PRAGMA application_id = 7; PRAGMA user_version = 1;"
                     "CREATE TABLE run (x);");
    assert_refused(f, "another program");
}

static void a_newer_schema_is_left_alone(void **state)
{
    struct fixture *f = *state;
    close_store(f);
    execute(f->path, "PRAGMA user_version = 99;");
    assert_refused(f, "schema 99");
}

/* The header of a file in write-ahead mode may be older than its log. */
static void a_newer_schema_in_the_log_is_refused_too(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    sqlite3 *db = NULL;
    close_store(f);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
                     "PRAGMA user_version = 9;",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_fails(store_open(f->path, STORE_WRITE, &s, &err), ST_DB, "schema 9");
    assert_fails(store_open(f->path, STORE_READ, &s, &err), ST_DB, "schema 9");
    sqlite3_close(db);
}

/* Leaves the log of a killed program, which opening the file would fold in. */
static void leave_a_log(const char *path, const char *sql)
{
    int how;
    const pid_t child = fork();
    if (child == 0) {
        sqlite3 *db = NULL;
        if (sqlite3_open(path, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
}

static void unfinished_work_of_others_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char shm[128];
    close_store(f);
    snprintf(shm, sizeof shm, "%s-shm", f->path);
    execute(f->path, "PRAGMA user_version = 99;");
    leave_a_log(f->path, "PRAGMA journal_mode = WAL; CREATE TABLE x (y);");
    unlink(shm);
    assert_refused(f, "schema 99");
    execute(f->path, "PRAGMA journal_mode = DELETE; PRAGMA application_id = 7;");
    leave_a_log(f->path, "PRAGMA journal_mode = WAL; CREATE TABLE z (y);");
    unlink(shm);
    assert_refused(f, "another program");
}

static void what_is_not_a_database_is_left_alone(void **state)
{
    struct fixture *f = *state;
    static const char text[] =
        "SQLite format 2, or perhaps the notes of a researcher, which "
        "are more than a hundred characters long and not to be lost";
    size_t n;
    close_store(f);
    char *whole = read_file(f->path, &n);
    write_file(f->path, text, sizeof text);
    assert_refused(f, "not a SQLite database");
    write_file(f->path, whole, 50);
    assert_refused(f, "cut short");
    free(whole);
}

static void a_file_cut_off_in_the_middle_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    size_t n;
    close_store(f);
    char *whole = read_file(f->path, &n);
    write_file(f->path, whole, n / 2);
    free(whole);
    assert_fails(store_open(f->path, STORE_WRITE, &s, &err), ST_DB, f->path);
    assert_fails(store_open(f->path, STORE_READ, &s, &err), ST_DB, "damaged");
}

static void a_folder_is_no_database(void **state)
{
    const struct fixture *f = *state;
    struct store *s = NULL;
    assert_fails(store_open(f->folder, STORE_WRITE, &s, &err), ST_DB, f->folder);
    assert_fails(store_open(f->folder, STORE_READ, &s, &err), ST_DB, f->folder);
    assert_fails(store_open("/no/such/folder/x.db", STORE_WRITE, &s, &err), ST_DB,
                 "permissions");
}

static void a_read_only_folder_is_told_before_any_work(void **state)
{
    struct fixture *f = *state;
    struct outcome o;
    add_run(f->store, (struct fake_run){.variant = "cope"});
    close_store(f);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    as_nobody(try_writing, f, &o);
    assert_fails(o.st, ST_DB, "permissions");
    as_nobody(try_reading, f, &o);
    assert_int_equal(o.st, ST_OK);
    assert_string_equal(o.msg, "cope");
    assert_int_equal(files_in(f->folder), 1);
    assert_int_equal(unlink(f->path), geteuid() == 0 ? 0 : -1);
    as_nobody(try_writing, f, &o);
    assert_fails(o.st, ST_DB, f->path);
    chmod(f->folder, 0755);
}

static void a_read_only_file_is_told_before_any_work(void **state)
{
    struct fixture *f = *state;
    struct outcome o;
    close_store(f);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0777), 0);
    as_nobody(try_writing, f, &o);
    assert_fails(o.st, ST_DB, "cannot be written");
    assert_int_equal(chmod(f->path, 0000), 0);
    as_nobody(try_reading, f, &o);
    assert_fails(o.st, ST_DB, "cannot be read");
}

/* Stores until the disk is full. A limit on file sizes replaces the full disk where a small
 * file system cannot be mounted. */
static void try_filling(const struct fixture *f, struct outcome *out)
{
    struct store *s = NULL;
    struct err e = {.msg = ""};
    uint8_t bits[4096] = {0};
    char split[32];
    const struct run_row r = {"i", "e", "p", "", "t", "cope", "cope", "{}", 1, 1};
    int64_t id = 0;
    const struct rlimit small = {.rlim_cur = 400000, .rlim_max = 400000};
    signal(SIGXFSZ, SIG_IGN);
    out->limited = out->st != ST_OK; /* there is no small file system */
    if (out->limited)
        setrlimit(RLIMIT_FSIZE, &small);
    out->st = store_open(f->path, STORE_WRITE, &s, &e);
    if (out->st == ST_OK)
        out->st = store_run(s, &r, &id, NULL, &e);
    for (int i = 0; i < 1000 && out->st == ST_OK; i++) {
        snprintf(split, sizeof split, "s%d", i);
        out->st = store_answers(s, id, split, bits, 8 * (int)sizeof bits, &e);
    }
    memcpy(out->msg, e.msg, sizeof out->msg);
    struct answer a = {.text = ""};
    if (store_query(s, "SELECT count(*) > 3 FROM answer", NULL, 0, append_row, &a, &e) ||
        strcmp(a.text, "1") != 0)
        out->st = ST_OK; /* what was stored before is lost: fails the test */
    store_close(s);
}

static void a_full_disk_loses_nothing_that_was_stored(void **state)
{
    struct fixture *f = *state;
    int how, ends[2];
    struct outcome o;
    close_store(f);
    unlink(f->path);
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct outcome mine = {.st = ST_OK};
        if (unshare(CLONE_NEWNS) != 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", f->folder, "tmpfs", 0, "size=400k") != 0)
            mine.st = ST_IO;
        try_filling(f, &mine);
        _exit(write(ends[1], &mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 3);
    }
    assert_int_equal(read(ends[0], &o, sizeof o), sizeof o);
    close(ends[0]);
    close(ends[1]);
    waitpid(child, &how, 0);
    assert_int_equal(o.st, ST_DB);
    assert_non_null(strstr(o.msg, "what was stored before is kept"));
    assert_non_null(strstr(o.msg, o.limited ? "ulimit -f" : "free some space"));
}

static void names_that_mean_something_in_a_uri_are_plain_names(void **state)
{
    const struct fixture *f = *state;
    struct store *s = NULL;
    char path[160];
    snprintf(path, sizeof path, "%s/50%%25 a?mode=ro#x.db", f->folder);
    assert_ok(store_open(path, STORE_WRITE, &s, &err));
    add_run(s, (struct fake_run){.variant = "rope"});
    store_close(s);
    execute(path, "PRAGMA journal_mode = WAL"); /* as a killed writer leaves it */
    assert_ok(store_open(path, STORE_READ, &s, &err));
    assert_answer(s, "SELECT variant FROM run", "rope");
    store_close(s);
    assert_int_equal(files_in(f->folder), 2);
}

/* --- journals -------------------------------------------------------------------- */

/* Checks the journal mode that a second connection sees: "wal" or "delete". */
static void assert_journal(const struct fixture *f, const char *want)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &q, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(q, 0), want);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static void a_log_is_kept_while_writing_and_gone_at_rest(void **state)
{
    struct fixture *f = *state;
    assert_journal(f, "wal");
    add_run(f->store, (struct fake_run){.variant = "cope"});
    assert_true(files_in(f->folder) > 1);
    close_store(f);
    assert_int_equal(files_in(f->folder), 1);
    reopen(f, STORE_READ);
    assert_journal(f, "delete");
    assert_int_equal(files_in(f->folder), 1);
}

/* A folder is in the place where the log would be tried. */
static void without_a_working_log_the_rollback_journal_serves(void **state)
{
    struct fixture *f = *state;
    char trial[160];
    close_store(f);
    snprintf(trial, sizeof trial, "%s.trial-%ld", f->path, (long)getpid());
    assert_int_equal(mkdir(trial, 0755), 0);
    assert_ok(store_open(f->path, STORE_WRITE, &f->store, &err));
    assert_journal(f, "delete");
    add_run(f->store, (struct fake_run){.variant = "cope"});
    reopen(f, STORE_READ);
    assert_answer(f->store, "SELECT variant FROM run", "cope");
}

static void reading_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;
    add_run(f->store, (struct fake_run){.variant = "cope"});
    for (int logged = 0; logged < 2; logged++) {
        close_store(f);
        if (logged)
            execute(f->path, "PRAGMA journal_mode = WAL");
        assert_int_equal(stat(f->path, &before), 0);
        reopen(f, STORE_READ);
        assert_answer(f->store, "SELECT variant FROM run", "cope");
        assert_int_equal(files_in(f->folder), 1);
        close_store(f);
        assert_int_equal(stat(f->path, &after), 0);
        assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim);
        assert_int_equal(files_in(f->folder), 1);
    }
}

static void a_reader_looks_on_while_runs_are_stored(void **state)
{
    const struct fixture *f = *state;
    struct store *reader = NULL;
    add_run(f->store, (struct fake_run){.variant = "cope", .seed = 1});
    assert_ok(store_open(f->path, STORE_READ, &reader, &err));
    assert_answer(reader, "SELECT count(*) FROM run", "1");
    add_run(f->store, (struct fake_run){.variant = "cope", .seed = 2});
    assert_answer(reader, "SELECT count(*) FROM run", "2");
    store_close(reader);
    add_run(f->store, (struct fake_run){.variant = "cope", .seed = 3});
    assert_answer(f->store, "SELECT count(*) FROM run", "3");
}

static void what_a_killed_writer_stored_is_there(void **state)
{
    struct fixture *f = *state;
    int how;
    close_store(f);
    const pid_t child = fork();
    if (child == 0) {
        struct store *s = NULL;
        const struct run_row r = {"i", "e", "p", "", "t", "cope", "cope", "{}", 1, 1};
        int64_t id;
        if (store_open(f->path, STORE_WRITE, &s, NULL) || store_run(s, &r, &id, NULL, NULL))
            _exit(1);
        raise(SIGKILL);
    }
    waitpid(child, &how, 0);
    assert_true(WIFSIGNALED(how));
    reopen(f, STORE_READ);
    assert_answer(f->store, "SELECT variant, state FROM run", "cope|new");
    reopen(f, STORE_WRITE);
    assert_answer(f->store, "SELECT variant, state FROM run", "cope|new");
    close_store(f);
    assert_int_equal(files_in(f->folder), 1);
}

/* --- storing ---------------------------------------------------------------------- */

static void a_run_is_found_again_by_its_identity(void **state)
{
    const struct fixture *f = *state;
    const struct run_row r = {.identity = "abc",
                              .experiment = "e",
                              .profile = "p",
                              .cell = "",
                              .task = "t",
                              .encoder = "cope",
                              .variant = "cope",
                              .config = "{}",
                              .task_version = 1,
                              .seed = 5};
    const char *present = NULL;
    int64_t first = 0, again = 0;
    assert_ok(store_run(f->store, &r, &first, &present, &err));
    assert_string_equal(present, "new");
    assert_ok(store_stopped(f->store, first, "failed", "no memory", &err));
    assert_ok(store_run(f->store, &r, &again, &present, &err));
    assert_int_equal(first, again);
    assert_string_equal(present, "failed");
    assert_answer(f->store, "SELECT count(*), error FROM run", "1|no memory");
}

static int64_t some_provenance(struct store *s, const char *host)
{
    const struct provenance p = {.version = "1",
                                 .commit = "c",
                                 .compiler = "gcc",
                                 .flags = "-O2",
                                 .kernel_isa = "v4",
                                 .blas = "b",
                                 .blas_core = "k",
                                 .cpu = "x",
                                 .host = host,
                                 .yaml_hash = "y",
                                 .dirty = true,
                                 .blas_threads = 1};
    int64_t id = 0;
    assert_ok(store_provenance(s, &p, &id, &err));
    return id;
}

static void provenance_is_stored_once(void **state)
{
    const struct fixture *f = *state;
    const int64_t a = some_provenance(f->store, "here"),
                  b = some_provenance(f->store, "there");
    assert_int_not_equal(a, b);
    assert_int_equal(some_provenance(f->store, "here"), a);
    assert_answer(f->store, "SELECT git_commit, dirty, host, blas_threads FROM provenance",
                  "c|1|here|1;c|1|there|1");
}

static void an_attempt_forgets_the_one_before(void **state)
{
    const struct fixture *f = *state;
    const int64_t p = some_provenance(f->store, "here");
    const int64_t id = add_run(
        f->store, (struct fake_run){.variant = "cope", .state = "failed", .error = "x"});
    const uint8_t bits[] = {0x0F};
    put(f->store, id, "id", "loss", 1);
    assert_ok(store_answers(f->store, id, "id", bits, 8, &err));
    assert_ok(store_event(f->store, id, "caveat", "id: beware", &err));
    assert_ok(store_event(f->store, id, "info", "kept", &err));
    assert_ok(store_begin(f->store, id, p, &err));
    assert_answer(
        f->store,
        "SELECT state, error, wall_s, ended, started IS NULL, provenance_id FROM run",
        "running|-|-|-|0|1");
    assert_answer(f->store,
                  "SELECT (SELECT count(*) FROM metric), (SELECT count(*) FROM answer)",
                  "0|0");
    assert_answer(f->store, "SELECT text FROM event", "kept");
}

static void the_end_of_a_run_has_its_cost(void **state)
{
    const struct fixture *f = *state;
    add_run(f->store, (struct fake_run){.variant = "cope"});
    assert_answer(f->store,
                  "SELECT state, steps, parameters, flops, wall_s, cpu_s, tokens_per_s, "
                  "peak_memory_mib, ended LIKE '2___-__-__T__:__:__.___Z' FROM run",
                  "done|100|7|1000000000|2.5|2|1000|64|1");
}

static void a_run_that_is_not_there_is_an_error(void **state)
{
    const struct fixture *f = *state;
    const struct run_cost c = {.steps = 1};
    assert_fails(store_done(f->store, 99, &c, &err), ST_DB, "no run 99");
    assert_fails(store_stopped(f->store, 99, "failed", "x", &err), ST_DB, "no run 99");
}

static void numbers_of_no_run_are_refused_whole(void **state)
{
    const struct fixture *f = *state;
    const struct metric_row m[] = {{"id", "loss", 1, 2, -1, -1},
                                   {"id", NULL, 1, 2, -1, -1}};
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    assert_fails(store_metrics(f->store, 99, m, 1, &err), ST_DB, "FOREIGN KEY");
    assert_fails(store_metrics(f->store, id, m, 2, &err), ST_DB, "metric.name");
    assert_answer(f->store, "SELECT count(*) FROM metric", "0");
    put(f->store, id, "id", "loss", 1); /* the store still works */
    assert_answer(f->store, "SELECT count(*) FROM metric", "1");
}

static void nan_is_stored_as_null_and_no_count_too(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    const struct metric_row m[] = {{"id", "a", 1, (double)NAN, -1, -1},
                                   {"id", "b", 1, (double)INFINITY, 0, 7}};
    assert_ok(store_metrics(f->store, id, m, 2, &err));
    assert_answer(f->store, "SELECT name, value, count, total FROM metric ORDER BY name",
                  "a|-|-|-;b|inf|0|7");
}

static void storing_a_number_twice_keeps_the_second(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    put(f->store, id, "id", "loss", 1);
    put(f->store, id, "id", "loss", 2);
    assert_answer(f->store, "SELECT value FROM metric", "2");
}

/* Tries 1 / 3, a number whose first 15 digits read back as another number, the smallest number
 * and a large one. */
static void reals_read_back_the_same(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    const double value[] = {1.0 / 3, 0.1 + 0.2, 5e-324, 1e308};
    char sql[80];
    for (int i = 0; i < 4; i++) {
        struct answer a = {.text = ""};
        put(f->store, id, "id", "loss", value[i]);
        snprintf(sql, sizeof sql, "SELECT value FROM metric");
        assert_ok(store_query(f->store, sql, NULL, 0, append_row, &a, &err));
        assert_near(strtod(a.text, NULL), value[i], 0);
    }
}

static void answers_are_kept_bit_by_bit(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    const uint8_t first[] = {0xFF, 0x01}, second[] = {0x0D, 0x02};
    assert_ok(store_answers(f->store, id, "id", first, 10, &err));
    assert_ok(store_answers(f->store, id, "id", second, 10, &err));
    assert_answer(f->store, "SELECT split, count, hex(bits) FROM answer", "id|10|0D02");
    assert_ok(store_answers(f->store, id, "empty", second, 0, &err));
}

/* Flip-Flop has 12 of 100 places wrong, none of them where the write is near. */
static void places_are_kept_and_counted_by_stratum(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    const uint8_t bits[13] = {0x0D};
    struct place_row p = {"id", 100, bits, "{\"ignores\":[[0,0,60],[7,12,40]]}"};
    assert_ok(store_places(f->store, id, &p, &err));
    assert_ok(store_places(f->store, id, &p, &err));
    assert_answer(f->store, "SELECT split, count, substr(hex(bits), 1, 4) FROM place",
                  "id|100|0D00");
    assert_answer(f->store,
                  "SELECT variant, split, stratum, value, wrong, places, error "
                  "FROM v_stratum ORDER BY value",
                  "cope|id|ignores|0|0|60|0;cope|id|ignores|7|12|40|0.3");
    /* When stored again with other values, the earlier ones are removed. */
    p.strata = "{\"ignores\":[[7,99,100]]}";
    assert_ok(store_places(f->store, id, &p, &err));
    assert_answer(f->store, "SELECT name, value, wrong, places, nats FROM stratum",
                  "ignores|7|99|100|-");
    p = (struct place_row){"huge", INT64_C(1) << 40, NULL, "{}"};
    assert_ok(store_places(f->store, id, &p, &err));
    assert_answer(f->store, "SELECT count FROM place WHERE bits IS NULL", "1099511627776");
    p = (struct place_row){"odd", 8, bits, "not JSON"};
    assert_int_equal(store_places(f->store, id, &p, &err), ST_DB);
    p.strata = "{\"ignores\":[[0,\"x\",8]]}";
    assert_int_equal(store_places(f->store, id, &p, &err), ST_DB);
    assert_answer(f->store, "SELECT count(*) FROM place WHERE split = 'odd'", "0");
}

static void evaluations_are_kept_until_the_run_is_begun_anew(void **state)
{
    const struct fixture *f = *state;
    const int64_t id =
        add_run(f->store, (struct fake_run){.variant = "cope", .state = "failed"});
    struct metric_row m[] = {{"id", "loss", 0, 0.5, -1, -1},
                             {"id", "token_error", 0, 0.25, 5, 20}};
    const struct evaluation_row r = {"cope", "id", "{\"length\":64}", 20, m, 2};
    assert_ok(store_evaluation(f->store, id, &r, &err));
    m[0].value = 0.75;
    assert_ok(store_evaluation(f->store, id, &r, &err));
    assert_answer(f->store,
                  "SELECT at_test, split, options, sequences, loss, token_error, tokens "
                  "FROM v_evaluation",
                  "cope|id|{\"length\":64}|20|0.75|0.25|20");
    assert_answer(f->store, "SELECT count(*) FROM evaluation", "2");
    assert_ok(store_begin(f->store, id, some_provenance(f->store, "here"), &err));
    assert_answer(f->store, "SELECT count(*) FROM evaluation", "0");
}

static void caveats_are_kept_once_and_other_events_each_time(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    for (int i = 0; i < 2; i++) {
        assert_ok(store_event(f->store, id, "caveat", "ood: beware", &err));
        assert_ok(store_event(f->store, id, "info", "resumed", &err));
        assert_ok(store_event(f->store, 0, "info", "started", &err));
    }
    assert_answer(f->store,
                  "SELECT run_id, level, count(*) FROM event GROUP BY 1, 2 ORDER BY 1, 2",
                  "-|info|2;1|caveat|1;1|info|2");
}

static void published_numbers_replace_those_of_their_experiments(void **state)
{
    const struct fixture *f = *state;
    const struct published_row first[] = {
        {"p", "T2", "a", "", "cope", "id", "error", "fraction", 0.5, 0.1},
        {"p", "T2", "a", "", "rope", "id", "error", "fraction", 0.6, 0.1},
        {"p", "T2", "b", "", "rope", "id", "error", "fraction", 0.7, 0.1}};
    const struct published_row second[] = {
        {"p", "T2", "a", "", "cope", "id", "error", "fraction", 0.25, (double)NAN}};
    assert_ok(store_published(f->store, first, 3, &err));
    assert_ok(store_published(f->store, second, 1, &err));
    assert_answer(f->store,
                  "SELECT experiment, encoder, value, std FROM published ORDER BY 1, 2",
                  "a|cope|0.25|-;b|rope|0.7|0.1");
}

static void claims_replace_those_of_their_experiments_and_names(void **state)
{
    const struct fixture *f = *state;
    const struct claim_row first[] = {
        {"c1", "old", "a", "", "id", "loss", "cope", "rope", 1, 2},
        {"c2", "gone", "a", "", "id", "loss", "cope", "rope", 1, 2},
        {"c3", "moved", "b", "", "id", "loss", "cope", "rope", 1, 2},
        {"c4", "other", "c", "", "id", "loss", "cope", "rope", 1, 2}};
    const struct claim_row second[] = {
        {"c1", "new", "a", "", "id", "loss", "cope", "rope", 1, (double)NAN},
        {"c3", "moved", "a", "", "id", "loss", "cope", "rope", 1, 2}};
    assert_ok(store_claims(f->store, first, 4, &err));
    assert_ok(store_claims(f->store, second, 2, &err));
    assert_answer(f->store,
                  "SELECT name, text, experiment, published_than FROM claim ORDER BY name",
                  "c1|new|a|-;c3|moved|a|2;c4|other|c|2");
}

/* --- asking ------------------------------------------------------------------------ */

static void closing_accepts_nothing(void **state)
{
    (void)state;
    store_close(NULL);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_file_gets_tables_and_our_mark),
        CASE(reopening_keeps_what_was_stored),
        CASE(a_file_that_is_not_there_is_only_made_for_writing),
        CASE(another_programs_database_is_left_alone),
        CASE(a_newer_schema_is_left_alone),
        CASE(a_newer_schema_in_the_log_is_refused_too),
        CASE(unfinished_work_of_others_is_left_alone),
        CASE(what_is_not_a_database_is_left_alone),
        CASE(a_file_cut_off_in_the_middle_is_refused),
        CASE(a_folder_is_no_database),
        CASE(a_read_only_folder_is_told_before_any_work),
        CASE(a_read_only_file_is_told_before_any_work),
        CASE(a_full_disk_loses_nothing_that_was_stored),
        CASE(names_that_mean_something_in_a_uri_are_plain_names),
        CASE(a_log_is_kept_while_writing_and_gone_at_rest),
        CASE(without_a_working_log_the_rollback_journal_serves),
        CASE(reading_changes_nothing),
        CASE(a_reader_looks_on_while_runs_are_stored),
        CASE(what_a_killed_writer_stored_is_there),
        CASE(a_run_is_found_again_by_its_identity),
        CASE(provenance_is_stored_once),
        CASE(an_attempt_forgets_the_one_before),
        CASE(the_end_of_a_run_has_its_cost),
        CASE(a_run_that_is_not_there_is_an_error),
        CASE(numbers_of_no_run_are_refused_whole),
        CASE(nan_is_stored_as_null_and_no_count_too),
        CASE(storing_a_number_twice_keeps_the_second),
        CASE(reals_read_back_the_same),
        CASE(answers_are_kept_bit_by_bit),
        CASE(places_are_kept_and_counted_by_stratum),
        CASE(evaluations_are_kept_until_the_run_is_begun_anew),
        CASE(caveats_are_kept_once_and_other_events_each_time),
        CASE(published_numbers_replace_those_of_their_experiments),
        CASE(claims_replace_those_of_their_experiments_and_names),
        cmocka_unit_test(closing_accepts_nothing),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
