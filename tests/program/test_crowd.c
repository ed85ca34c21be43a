/* 64 workers write spools through the real functions while one process folds them in and
 * another reads without pause: nothing is lost, the reader sees no error, and no write waits
 * for the reader.
 *
 * Takes a few seconds; POSBENCH_CROWD_SECONDS=120 (ctest -C slow -L slow) for the long form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "filled_store.h"
#include "spool.h"

enum { WORKERS = 64, METRICS = 12, SEQUENCES = 2000 };

/* How long a write may wait because of a reader. */
static const double wait_limit_s = 0.1;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double duration(void)
{
    const char *text = getenv("POSBENCH_CROWD_SECONDS");
    return text ? strtod(text, NULL) : 4.0;
}

static void spool_path(const struct fixture *f, int worker, int round, const char *end,
                       char path[256])
{
    snprintf(path, 256, "%s/worker-%d-%d.%s", f->folder, worker, round, end);
}

/* --- a worker --- */

/* Writes one run: metrics with value = worker + round / 1000, and its end. */
static int write_spool(const struct fixture *f, int worker, int round)
{
    static const char *const names[METRICS] = {"a", "b", "c", "d", "e", "f",
                                               "g", "h", "i", "j", "k", "l"};
    static uint8_t bits[SEQUENCES / 8];
    const struct run_cost cost = {.steps = 100, .parameters = 1, .wall_s = 1};
    struct metric_row m[METRICS];
    struct spool_writer w;
    char half[256], path[256];
    spool_path(f, worker, round, "part", half);
    spool_path(f, worker, round, "jsonl", path);
    if (spool_create(half, -1, &w, NULL) != ST_OK)
        return 1;
    for (int i = 0; i < METRICS; i++)
        m[i] = (struct metric_row){.split = "id",
                                   .name = names[i],
                                   .step = 100,
                                   .value = worker + round / 1000.0,
                                   .count = -1,
                                   .total = -1};
    const int failed = spool_metrics(&w, m, METRICS, NULL) != ST_OK ||
                       spool_answers(&w, "id", bits, SEQUENCES, NULL) != ST_OK ||
                       spool_cost(&w, &cost, NULL) != ST_OK ||
                       spool_end(&w, "done", "", NULL) != ST_OK;
    spool_close(&w);
    return failed || rename(half, path) != 0;
}

/* Writes one run after another, each once the one before is stored, as a scheduler starts
 * workers. Writes the number of runs to the pipe `out`. */
static void work(const struct fixture *f, int worker, double until, int out)
{
    const struct timespec pause = {.tv_nsec = 2000000L};
    int32_t rounds = 0;
    for (; seconds() < until; rounds++) {
        char path[256];
        if (write_spool(f, worker, rounds))
            _exit(1);
        spool_path(f, worker, rounds, "jsonl", path);
        while (access(path, F_OK) == 0 && seconds() < until)
            nanosleep(&pause, NULL);
    }
    _exit(write(out, &rounds, sizeof rounds) != sizeof rounds);
}

/* --- the reader --- */

static enum status nothing(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    int *rows = context;
    (void)columns;
    (void)names;
    (void)cells;
    (void)e;
    ++*rows;
    return ST_OK;
}

static volatile sig_atomic_t enough;

static void on_term(int sig)
{
    (void)sig;
    enough = 1;
}

/* Asks what `posbench table` and `list` ask, again and again, on new and on old connections. */
static void look_on(const struct fixture *f)
{
    static const char *const questions[] = {
        "SELECT * FROM v_progress", "SELECT count(*), sum(value) FROM v_score",
        "SELECT * FROM v_summary LIMIT 50", "SELECT count(*) FROM v_result"};
    struct store *s = NULL;
    int rows = 0;
    signal(SIGTERM, on_term);
    for (int i = 0; !enough; i++) {
        if (i % 16 == 0) {
            store_close(s);
            s = NULL;
            if (store_open(f->path, STORE_READ, &s, &err) != ST_OK)
                break;
        }
        if (store_query(s, questions[i % 4], NULL, 0, nothing, &rows, &err) != ST_OK)
            break;
    }
    if (!enough)
        print_error("reader: %s\n", err.msg);
    store_close(s);
    _exit(!enough || rows == 0);
}

/* --- the one writer --- */

struct folding {
    int64_t made_by;
    int folded[WORKERS];
};

static bool fold_next(const struct fixture *f, struct folding *g, int worker)
{
    char path[256], variant[32];
    struct spool *spool = NULL;
    const int round = g->folded[worker];
    spool_path(f, worker, round, "jsonl", path);
    if (spool_read(path, &spool, &err) != ST_OK)
        return false;
    snprintf(variant, sizeof variant, "w%d", worker);
    const struct fake_run run = {.variant = variant, .seed = round, .state = "new"};
    const int64_t id = add_run(f->store, run);
    assert_ok(store_begin(f->store, id, g->made_by, &err));
    assert_ok(spool_fold(spool, f->store, id, NULL, NULL, &err));
    spool_free(spool);
    unlink(path);
    g->folded[worker]++;
    return true;
}

static int fold_all(const struct fixture *f, struct folding *g)
{
    int n = 0;
    for (int w = 0; w < WORKERS; w++)
        n += fold_next(f, g, w);
    return n;
}

/* --- together --- */

static pid_t start_worker(const struct fixture *f, int worker, double until, int out)
{
    const pid_t pid = fork();
    if (pid == 0)
        work(f, worker, until, out);
    return pid;
}

static void assert_ended_well(pid_t pid)
{
    int how;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static enum status take_number(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    *(double *)context = cells[0] ? strtod(cells[0], NULL) : -1.0;
    return ST_OK;
}

static double number(struct store *s, const char *sql)
{
    double x = -1.0;
    assert_ok(store_query(s, sql, NULL, 0, take_number, &x, &err));
    return x;
}

static void sixty_four_workers_lose_nothing_while_a_reader_looks_on(void **state)
{
    const struct fixture *f = *state;
    const struct provenance p = {"1",    "c",   "gcc",  "-O2",  "isa", "blas",
                                 "core", "cpu", "host", "hash", false, 1};
    struct folding g = {.folded = {0}};
    pid_t worker[WORKERS];
    int pipes[WORKERS][2], total = 0;
    assert_ok(store_provenance(f->store, &p, &g.made_by, &err));
    const double until = seconds() + duration();
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        worker[i] = start_worker(f, i, until, pipes[i][1]);
        close(pipes[i][1]);
    }
    const pid_t reader = fork();
    if (reader == 0)
        look_on(f);
    while (seconds() < until)
        fold_all(f, &g);
    for (int i = 0; i < WORKERS; i++)
        assert_ended_well(worker[i]);
    while (fold_all(f, &g) > 0)
        ;
    kill(reader, SIGTERM);
    assert_ended_well(reader);
    for (int i = 0; i < WORKERS; i++) {
        int32_t written = -1;
        assert_int_equal(read(pipes[i][0], &written, sizeof written), sizeof written);
        close(pipes[i][0]);
        assert_true(written > 0);
        assert_int_equal(g.folded[i], written);
        total += written;
    }
    assert_true(number(f->store, "SELECT count(*) FROM run WHERE state = 'done'") == total);
    assert_true(number(f->store, "SELECT count(*) FROM answer") == total);
    assert_true(number(f->store, "SELECT count(*) FROM metric AS m JOIN run ON run.id = "
                                 "run_id WHERE value = CAST(substr(variant, 2) AS INTEGER) "
                                 "+ seed / 1000.0") == METRICS * total);
    const double waited = store_longest_wait(f->store);
    print_message("%d runs; the longest wait for a lock was %.0f ms\n", total,
                  1000.0 * waited);
    assert_true(waited < wait_limit_s);
}

/* Starts a query that never ends and holds its read lock. */
static pid_t start_long_query(const struct fixture *f)
{
    const pid_t pid = fork();
    if (pid == 0) {
        struct store *s = NULL;
        int rows = 0;
        if (store_open(f->path, STORE_READ, &s, &err) != ST_OK)
            _exit(1);
        store_query(s,
                    "WITH RECURSIVE n(i) AS (SELECT count(*) FROM run UNION ALL SELECT "
                    "i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n",
                    NULL, 0, nothing, &rows, &err);
        _exit(2);
    }
    return pid;
}

static void a_reader_in_a_long_query_does_not_hold_up_the_writer(void **state)
{
    const struct fixture *f = *state;
    const struct timespec pause = {.tv_nsec = 300000000L};
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "rope"});
    const pid_t reader = start_long_query(f);
    nanosleep(&pause, NULL);
    for (int i = 0; i < 100; i++)
        put(f->store, id, "id", "loss", i);
    assert_int_equal(waitpid(reader, NULL, WNOHANG), 0); /* still running */
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
    assert_true(store_longest_wait(f->store) < wait_limit_s);
}

/* The two tests above measure a wait that can occur: another writer does cause one. */
static void a_wait_for_another_writer_is_counted(void **state)
{
    const struct fixture *f = *state;
    struct store *other = NULL;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "rope"});
    int ready[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const struct timespec held = {.tv_nsec = 400000000L};
        if (store_open(f->path, STORE_WRITE, &other, &err) || store_together(other, &err))
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        nanosleep(&held, NULL);
        _exit(store_together_end(other, ST_OK, &err));
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    put(f->store, id, "id", "loss", 1);
    assert_ended_well(child);
    assert_true(store_longest_wait(f->store) > wait_limit_s);
    close(ready[0]);
    close(ready[1]);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sixty_four_workers_lose_nothing_while_a_reader_looks_on),
        CASE(a_reader_in_a_long_query_does_not_hold_up_the_writer),
        CASE(a_wait_for_another_writer_is_counted),
    };
    return cmocka_run_group_tests_name("crowd", tests, NULL, NULL);
}
