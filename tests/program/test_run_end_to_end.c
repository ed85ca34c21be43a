/* posbench run as a user calls it: tiny matrices, from the YAML to the rows.
 * Kills at random moments are in test_kill_anywhere.c. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "small_matrix.h"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 2, dim: 16, dropout: 0.1}\n"
    "  train: {steps: 12, warmup: 2, batch: 4, shards: 2, eval_every: 5, eval_count: 6}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 6}, id: {count: 20}, ood_sparse: {count: 11, length: 24}}\n"
    "    encoders: [rope, absolute, {name: cope, p_max: 5}]\n"
    "  count:\n"
    "    task: {name: counting, variables: 2, max_operations: 12, window: 40}\n"
    "    splits: {valid: {count: 6}, id: {count: 20}}\n"
    "    encoders: [relative]\n"
    "    train: {samples: 10}\n"
    "claims:\n"
    "  - {id: C1, text: \"cope errs less\", experiment: flip, split: id,\n"
    "     metric: token_error, less: cope, than: rope}\n";

static char folder[SCRATCH_TEXT];

static int setup(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    write_text(path, yaml);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Returns the answer of the database as one string; the caller frees it. */
static char *ask(const char *db, const char *sql)
{
    struct program p;
    RUN(&p, "-C %s query -o csv --db %s \"%s\"", folder, db, sql);
    if (p.code != 0)
        fail_msg("%s: %s", sql, p.err);
    char *out = strdup(p.out);
    program_free(&p);
    return out;
}

static void expect(const char *db, const char *sql, const char *want)
{
    char *got = ask(db, sql);
    const char *first = strchr(got, '\n');
    assert_non_null(first);
    assert_string_equal(first + 1, want); /* after the header */
    free(got);
}

static void run(int code, const char *arguments, struct program *p)
{
    RUN(p, "-C %s run %s", folder, arguments);
    if (p->code != code)
        fail_msg("run %s: exit code %d\n%s%s", arguments, p->code, p->out, p->err);
}

static void run_quietly(int code, const char *arguments)
{
    struct program p;
    run(code, arguments, &p);
    program_free(&p);
}

static void a_matrix_becomes_rows(void **state)
{
    struct program p;
    (void)state;
    run(0, "--jobs 2", &p);
    assert_string_equal(p.out, "");
    assert_non_null(strstr(p.err, "8 runs done, 0 skipped as done before, 0 failed in "));
    program_free(&p);
    expect("results.db", "SELECT experiment, state, count(*) FROM run GROUP BY 1, 2",
           "count,done,2\nflip,done,6\n");
    /* Every split of every run has its numbers at the last step and on the curve. */
    expect("results.db",
           "SELECT count(*), sum(accuracy NOT NULL AND perplexity NOT NULL AND step = 12 "
           "AND chance NOT NULL AND sequences > 0) FROM v_result",
           "22,22\n");
    expect("results.db",
           "SELECT DISTINCT step FROM curve WHERE token_error NOT NULL ORDER BY step",
           "5\n10\n12\n");
    expect(
        "results.db",
        "SELECT split, count, length(bits), count(*) FROM answer JOIN run ON run.id = run_id "
        "WHERE experiment = 'flip' GROUP BY 1, 2, 3 ORDER BY 1",
        "id,20,3,6\nood_sparse,11,2,6\nvalid,6,1,6\n");
    expect("results.db",
           "SELECT DISTINCT encoder, substr(text, 1, instr(text, ':')) FROM event JOIN run "
           "ON run.id = run_id WHERE level = 'caveat' ORDER BY 1, 2",
           /* The training samples of twelve steps of Counting are shorter than some of the
            * tests'. */
           "absolute,ood_sparse:\nrelative,id:\nrelative,valid:\n");
    /* How many test samples occurred in training, known at the last step alone. */
    expect("results.db",
           "SELECT experiment, name, step, count(*), sum(count BETWEEN 0 AND total) "
           "FROM metric JOIN run ON run.id = run_id "
           "WHERE name IN ('seen', 'longest', 'token_error_unseen') GROUP BY 1, 2, 3",
           "count,longest,12,2,\ncount,seen,12,4,4\ncount,token_error_unseen,12,4,4\n"
           "flip,longest,12,6,\nflip,seen,12,18,18\nflip,token_error_unseen,12,18,18\n");
    expect("results.db", "SELECT name FROM claim", "C1\n");
    expect("results.db",
           "SELECT count(*) FROM run JOIN provenance AS p ON p.id = provenance_id WHERE "
           "steps = 12 AND parameters > 1000 AND flops > 0 AND wall_s > 0 AND "
           "tokens_per_s > 0 AND peak_memory_mib > 1 AND p.cpu <> '' AND p.blas_core <> ''",
           "8\n");
}

static void a_second_call_trains_nothing(void **state)
{
    struct program p;
    (void)state;
    run_quietly(0, "");
    char *before = ask("results.db", "SELECT id, started, ended FROM run");
    run(0, "", &p);
    assert_non_null(strstr(p.err, "0 runs done, 8 skipped as done before"));
    program_free(&p);
    char *after = ask("results.db", "SELECT id, started, ended FROM run");
    assert_string_equal(before, after);
    free(before);
    free(after);
    RUN(&p, "-C %s plan", folder);
    assert_non_null(strstr(p.out, "8 runs: 8 done, 0 failed, 0 to run"));
    program_free(&p);
}

static const char everything[] =
    "SELECT r.identity, m.split, m.step, m.name, m.value, m.count, m.total, hex(a.bits) "
    "FROM run AS r JOIN metric AS m ON m.run_id = r.id LEFT JOIN answer AS a ON "
    "a.run_id = r.id AND a.split = m.split ORDER BY 1, 2, 3, 4";

static void results_do_not_depend_on_jobs_or_threads(void **state)
{
    (void)state;
    run_quietly(0, "--db a.db --jobs 1");
    run_quietly(0, "--db b.db --jobs 2");
    run_quietly(0, "--db c.db --jobs 3 --threads 2");
    char *a = ask("a.db", everything), *b = ask("b.db", everything);
    char *c = ask("c.db", everything);
    assert_true(strlen(a) > 5000);
    assert_string_equal(a, b);
    assert_string_equal(a, c);
    free(a);
    free(b);
    free(c);
}

/* Each step multiplies the weights by about 1 - 10 * 10. */
#define EXPLODE                                                                          \
    " --set flip.train.optimizer=adamw --set flip.train.lr=10 --set flip.train.warmup=0" \
    " --set flip.train.schedule=constant --set flip.train.weight_decay=10"

static void a_lost_loss_costs_its_own_run_only(void **state)
{
    struct program p;
    (void)state;
    run(1, "--only experiment=flip" EXPLODE, &p);
    assert_non_null(strstr(p.err, "the loss"));
    program_free(&p);
    expect("results.db",
           "SELECT DISTINCT state, error LIKE 'step %lower train.lr%' FROM run",
           "failed,1\n");
    /* Failed runs stay failed; the others run. */
    run(1, EXPLODE, &p);
    assert_non_null(strstr(p.err, "2 runs done, 0 skipped, 6 failed"));
    program_free(&p);
    expect("results.db", "SELECT experiment, state, count(*) FROM run GROUP BY 1, 2",
           "count,done,2\nflip,failed,6\n");
}

static void a_saved_model_gives_the_stored_numbers(void **state)
{
    struct program p;
    (void)state;
    run_quietly(0, "--only seed=1");
    char *id = ask("results.db", "SELECT id FROM run WHERE encoder = 'cope'");
    const long run_id = strtol(strchr(id, '\n') + 1, NULL, 10);
    free(id);
    RUN(&p, "-C %s eval %ld --split ood_sparse --json", folder, run_id);
    assert_int_equal(p.code, 0);
    char *stored =
        ask("results.db",
            "SELECT printf('%!.17g', value) FROM v_score JOIN run ON run.id = run_id "
            "WHERE encoder = 'cope' AND split = 'ood_sparse' AND metric = 'loss'");
    const char *told = strstr(p.out, "\"loss\": ");
    assert_non_null(told);
    assert_true(strtod(told + 8, NULL) == strtod(strchr(stored, '\n') + 1, NULL));
    free(stored);
    program_free(&p);
    RUN(&p, "-C %s eval %ld --split ood_sparse --set count=3", folder, run_id);
    assert_int_equal(p.code, 0);
    program_free(&p);
    RUN(&p, "-C %s eval %ld --split od_sparse", folder, run_id);
    assert_int_equal(p.code, 4);
    assert_non_null(strstr(p.err, "did you mean \"ood_sparse\"?"));
    program_free(&p);
    RUN(&p, "-C %s eval 999", folder);
    assert_int_equal(p.code, 4);
    program_free(&p);
}

static void a_dry_run_writes_nothing(void **state)
{
    struct program p;
    char path[PATH_MAX];
    (void)state;
    run(0, "--dry-run", &p);
    assert_non_null(strstr(p.out, "8 runs: 0 done, 0 failed, 8 to run"));
    program_free(&p);
    snprintf(path, sizeof path, "%s/results.db", folder);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    run_quietly(2, "--keep-going --fail-fast");
    run_quietly(2, "--rerun most");
    run_quietly(2, "--jobs 0");
    run_quietly(2, "--only state=dead");
    run_quietly(2, "nowhere.yaml");
    run_quietly(4, "--only encoder=nobody");
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
    struct program p;
    (void)state;
    run(3, "--db /proc/results.db", &p);
    assert_non_null(strstr(p.err, "/proc/results.db"));
    program_free(&p);
}

/* --- killing --- */

/* Starts a long run in the background; returns its scheduler. */
static pid_t start_long_run(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(99);
        execl(POSBENCH, POSBENCH, "-C", folder, "run", "--jobs", "2", "--only", "seed=1",
              "--set", "flip.train.steps=1000000", (char *)NULL);
        _exit(99);
    }
    return pid;
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Returns the first worker of a scheduler; waits up to ten seconds for it. */
static pid_t worker_of(pid_t pid)
{
    pid_t child = 0;
    for (int i = 0; i < 1000 && child == 0; i++) {
        program_children(pid, &child, 1);
        pause_ms(10);
    }
    assert_true(child > 0);
    return child;
}

static int exit_code(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_killed_worker_costs_its_own_run_only(void **state)
{
    (void)state;
    const pid_t scheduler = start_long_run();
    kill(worker_of(scheduler), SIGKILL);
    pause_ms(300);
    kill(scheduler, SIGTERM);
    assert_int_equal(exit_code(scheduler), 143);
    expect("results.db",
           "SELECT count(*) FROM run WHERE state = 'interrupted' AND error LIKE 'killed by "
           "signal 9%'",
           "1\n");
    /* A worker that has only just started dies of the signal. */
    expect("results.db",
           "SELECT DISTINCT error LIKE 'stopped at step %' OR error LIKE 'killed by signal "
           "15%' FROM run WHERE state = 'interrupted' AND error NOT LIKE '%signal 9%'",
           "1\n");
    expect("results.db", "SELECT count(*) FROM run WHERE state = 'running'", "0\n");
}

static void a_killed_scheduler_takes_its_workers_with_it(void **state)
{
    (void)state;
    const pid_t scheduler = start_long_run();
    const pid_t worker = worker_of(scheduler);
    pause_ms(100);
    kill(scheduler, SIGKILL);
    waitpid(scheduler, NULL, 0);
    for (int i = 0; i < 500 && kill(worker, 0) == 0; i++)
        pause_ms(10);
    assert_int_not_equal(kill(worker, 0), 0);
    expect("results.db", "SELECT count(*) > 0 FROM run WHERE state = 'running'", "1\n");
    /* The scheduler's lock is gone with it, so other runs of the matrix can go on. */
    run_quietly(0, "--only experiment=count");
}

/* Waits until the worker has a spool: from then on it handles signals. */
static void await_spool(void)
{
    struct program p;
    char line[PATH_MAX];
    snprintf(
        line, sizeof line,
        "-c 'for i in $(seq 500); do ls %s/results.db.spool/*.jsonl && exit; sleep 0.02; "
        "done; exit 1'",
        folder);
    program_run(&p, "/bin/sh", NULL, line);
    assert_int_equal(p.code, 0);
    program_free(&p);
}

/* nohup: the terminal's SIGHUP reaches the scheduler and its workers. */
static void a_hangup_that_is_ignored_does_not_stop_workers(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    const pid_t scheduler = start_long_run();
    signal(SIGHUP, SIG_DFL);
    const pid_t worker = worker_of(scheduler);
    await_spool();
    kill(scheduler, SIGHUP);
    kill(worker, SIGHUP);
    pause_ms(300);
    assert_int_equal(kill(worker, 0), 0);
    /* A signal that is not ignored stops a single worker, too, and the summary says so. */
    kill(worker, SIGTERM);
    for (int i = 0; i < 500 && kill(worker, 0) == 0; i++)
        pause_ms(10);
    assert_int_not_equal(kill(worker, 0), 0);
    kill(scheduler, SIGTERM);
    assert_int_equal(exit_code(scheduler), 143);
}

/* Somebody ends one worker. The scheduler, which got no signal, says what is missing. */
static void a_run_that_others_stopped_is_told(void **state)
{
    struct program p;
    char line[PATH_MAX];
    (void)state;
    snprintf(line, sizeof line,
             "-c '%s -C %s run --jobs 1 --only variant=rope --only seed=1 --set "
             "flip.train.steps=1000000 & for i in $(seq 1500); do ls "
             "%s/results.db.spool/*.jsonl && break; sleep 0.02; done; "
             "kill $(cat /proc/$!/task/$!/children) || kill $!; wait $!'",
             POSBENCH, folder, folder);
    program_run(&p, "/bin/sh", NULL, line);
    assert_int_equal(p.code, 1);
    assert_non_null(strstr(p.err, "0 runs done, 0 skipped, 0 failed, 1 interrupted, 0 not "
                                  "begun"));
    assert_non_null(strstr(p.err, "the same command goes on"));
    program_free(&p);
    RUN(&p, "-C %s plan --only variant=rope --only seed=1 --set flip.train.steps=1000000",
        folder);
    assert_non_null(strstr(p.out, "was interrupted: stopped at step "));
    program_free(&p);
}

/* Such names mean something else to SQLite, or to a worker's command line. */
static void any_name_of_a_database_is_a_file(void **state)
{
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "-x.db"};
    struct program p;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        RUN(&p, "-C %s run -q --only variant=rope --db='%s'", folder, names[i]);
        assert_int_equal(p.code, 0);
        program_free(&p);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(access(path, F_OK), 0);
        RUN(&p, "-C %s list runs --json --db='%s'", folder, names[i]);
        assert_int_equal(p.code, 0);
        program_free(&p);
    }
    RUN(&p, "-C %s run --db ''", folder);
    assert_int_equal(p.code, 2);
    program_free(&p);
}

/* A link and its file share one lock and one folder of models. */
static void a_link_to_a_database_stands_for_it(void **state)
{
    char file[PATH_MAX], link[PATH_MAX];
    struct program p;
    (void)state;
    snprintf(file, sizeof file, "%s/results.db", folder);
    snprintf(link, sizeof link, "%s/link.db", folder);
    RUN(&p, "-C %s run -q --only variant=rope", folder);
    assert_int_equal(p.code, 0);
    program_free(&p);
    assert_int_equal(symlink(file, link), 0);
    RUN(&p, "-C %s run --only variant=rope --db link.db", folder);
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.err, "2 skipped as done before"));
    assert_non_null(strstr(p.err, "/results.db"));
    program_free(&p);
    RUN(&p, "-C %s eval 1 --split id --db link.db", folder);
    assert_int_equal(p.code, 0);
    program_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_matrix_becomes_rows),
        TEST(a_second_call_trains_nothing),
        TEST(results_do_not_depend_on_jobs_or_threads),
        TEST(a_lost_loss_costs_its_own_run_only),
        TEST(a_saved_model_gives_the_stored_numbers),
        TEST(a_dry_run_writes_nothing),
        TEST(contradictions_are_refused),
        TEST(a_folder_that_cannot_be_written_is_told),
        TEST(any_name_of_a_database_is_a_file),
        TEST(a_link_to_a_database_stands_for_it),
        TEST(a_killed_worker_costs_its_own_run_only),
        TEST(a_killed_scheduler_takes_its_workers_with_it),
        TEST(a_run_that_others_stopped_is_told),
        TEST(a_hangup_that_is_ignored_does_not_stop_workers),
    };
    return cmocka_run_group_tests_name("run_end_to_end", tests, NULL, NULL);
}
