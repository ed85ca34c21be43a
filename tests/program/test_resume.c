/* Interrupted runs go on and end with the same bits, whenever and however often they are
 * stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "safetensors.h"
#include "checkpoint.h"
#include "small_matrix.h"
#include "training.h"

/* Dropout, a finite training set with a smaller last batch, points of the curve. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1]\n"
    "  model: {layers: 1, heads: 2, dim: 16, dropout: 0.1}\n"
    "  train: {steps: 24, warmup: 2, batch: 4, shards: 3, eval_every: 5, eval_count: 8}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 6}, id: {count: 40}, ood_sparse: {count: 11, length: 24}}\n"
    "    encoders: [{name: cope, p_max: 5}, absolute]\n"
    "    train: {samples: 10, eval_every: 4}\n"
    "  read:\n"
    "    task: {name: text, vocabulary: 300, context: 16}\n"
    "    splits: {valid: {count: 6}, id: {count: 40}, ood_twice: {count: 11}}\n"
    "    encoders: [rope]\n";

enum { COPE, ABSOLUTE, TEXT };

static char folder[SCRATCH_TEXT];
static char spool_path[PATH_MAX], db[SCRATCH_TEXT + 16], checkpoint[PATH_MAX],
    weights[PATH_MAX];
static struct config *config;
static volatile sig_atomic_t stop;

static int setup(void **state)
{
    char models[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(db, sizeof db, "%s/results.db", folder);
    snprintf(models, sizeof models, "%s/results.db.models", folder);
    snprintf(spool_path, sizeof spool_path, "%s/run.jsonl", folder);
    snprintf(weights, sizeof weights, "%s/w.safetensors", folder);
    assert_int_equal(mkdir(models, 0777), 0);
    config = small_matrix(yaml);
    stop = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_free(config);
    scratch_remove(folder);
    return 0;
}

static const struct run_spec *run_of(int encoder)
{
    const struct run_spec *r = &config->run[encoder];
    assert_int_equal(checkpoint_path(db, r->identity, checkpoint, NULL), ST_OK);
    return r;
}

struct attempt {
    const struct run_spec *run;
    int threads, steps, every;
    bool fresh; /* start without a checkpoint */
};

/* One worker's life, in this process. */
static enum status attempt(struct attempt a, struct err *e)
{
    struct spool_writer spool;
    assert_int_equal(spool_create(spool_path, -1, &spool, NULL), ST_OK);
    const struct training t = {.run = a.run,
                               .threads = a.threads,
                               .weights = weights,
                               .checkpoint = a.fresh ? NULL : checkpoint,
                               .checkpoint_every = a.every,
                               .steps = a.steps,
                               .stop = &stop,
                               .spool = &spool};
    const enum status st = training_run(&t, e);
    spool_close(&spool);
    return st;
}

/* Returns what has to be equal: the spool without the log of this attempt and without times,
 * then the weights. The caller frees it. */
static char *results(size_t *bytes)
{
    size_t n, used = 0;
    char *text = file_text(spool_path, NULL), *w = file_text(weights, &n);
    char *out = calloc(1, strlen(text) + n + 2);
    assert_non_null(out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *times = strstr(line, "\"wall_s\"");
        if (strstr(line, "\"type\":\"event\"") && !strstr(line, "\"level\":\"caveat\""))
            continue;
        if (times)
            *times = '\0';
        used += (size_t)sprintf(out + used, "%s\n", line);
    }
    memcpy(out + used, w, n);
    *bytes = used + n;
    free(text);
    free(w);
    return out;
}

static void expect_results(const char *want, size_t bytes)
{
    size_t n;
    char *got = results(&n);
    if (n != bytes || memcmp(got, want, n) != 0)
        fail_msg("got\n%s\ninstead of\n%s", got, want);
    free(got);
}

static char *undisturbed(int encoder, size_t *bytes)
{
    struct err e = {.msg = ""};
    const struct attempt a = {.run = run_of(encoder), .threads = 1, .fresh = true};
    if (attempt(a, &e) != ST_OK)
        fail_msg("%s", e.msg);
    char *out = results(bytes);
    assert_true(*bytes > 10000);
    assert_non_null(strstr(out, "\"steps\":24"));
    unlink(weights);
    return out;
}

/* --- the same bits --- */

static void expect_each_step_can_be_the_last(int run)
{
    size_t bytes;
    char *want = undisturbed(run, &bytes);
    /* Inside an epoch of three steps, at its end, at points of the curve, at the end. */
    static const int ends[] = {1, 3, 4, 5, 8, 11, 12, 23, 24};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const int step = ends[i];
        struct attempt a = {.run = run_of(run), .threads = 1, .steps = step};
        assert_int_equal(attempt(a, NULL), ST_OK);
        assert_int_equal(checkpoint_steps(db, a.run), step);
        a.steps = 0;
        a.threads = 1 + step % 3;
        a.every = 60;
        assert_int_equal(attempt(a, NULL), ST_OK);
        expect_results(want, bytes);
        checkpoint_forget(db, a.run->identity);
    }
    free(want);
}

static void each_step_can_be_the_last_of_an_attempt(void **state)
{
    (void)state;
    expect_each_step_can_be_the_last(COPE);
    expect_each_step_can_be_the_last(TEXT);
}

static void on_alarm(int sig)
{
    (void)sig;
    stop = 1;
}

static unsigned microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned)t.tv_sec * 1000000u + (unsigned)(t.tv_nsec / 1000);
}

/* Runs to the end through signals that come after up to `most` microseconds. Counts them, and
 * those that came in the evaluation at the end. */
static void run_through_signals(struct attempt a, unsigned most, unsigned *dice,
                                int *stopped, int *in_evaluation)
{
    const struct itimerval off = {0};
    enum status st;
    do {
        struct err e = {.msg = ""};
        *dice = *dice * 1103515245u + 12345u;
        const struct itimerval at = {.it_value.tv_usec = 300 + *dice / 65536 % most};
        /* The delay grows, so that a part which takes longer than `most` is finished at last. */
        most = most < 900000 ? most + most / 8 : most;
        stop = 0;
        setitimer(ITIMER_REAL, &at, NULL);
        st = attempt(a, &e);
        *stopped += st == ST_INTERRUPTED;
        *in_evaluation += strstr(e.msg, "step 24 of 24") != NULL;
    } while (st == ST_INTERRUPTED);
    setitimer(ITIMER_REAL, &off, NULL);
    assert_int_equal(st, ST_OK);
}

/* Signals come in steps, at points of the curve and in the evaluation at the end. The length
 * of a run is measured, and rounds go on until each of these was hit, so that neither a fast
 * nor a busy machine leaves one untried. */
static void signals_at_any_moment_move_no_bit(void **state)
{
    enum { ROUNDS = 25, ROUNDS_MAX = 500 };
    const struct sigaction act = {.sa_handler = on_alarm};
    size_t bytes;
    int stopped = 0, in_evaluation = 0;
    unsigned dice = 12345;
    (void)state;
    const unsigned begun = microseconds();
    char *want = undisturbed(COPE, &bytes);
    const unsigned length = microseconds() - begun;
    assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
    for (int round = 0; round < ROUNDS || stopped <= 20 || in_evaluation == 0; round++) {
        const struct attempt a = {
            .run = run_of(COPE), .threads = 1 + round % 2, .every = 60};
        assert_in_range(round, 0, ROUNDS_MAX);
        run_through_signals(a, length < 900000 ? length : 900000, &dice, &stopped,
                            &in_evaluation);
        expect_results(want, bytes);
        checkpoint_forget(db, a.run->identity);
    }
    free(want);
}

/* kill -9 after any write: only what is on the disk is left. */
static void what_is_not_in_the_checkpoint_is_done_again(void **state)
{
    size_t bytes;
    (void)state;
    char *want = undisturbed(ABSOLUTE, &bytes);
    struct attempt a = {.run = run_of(ABSOLUTE), .threads = 2, .steps = 7};
    assert_int_equal(attempt(a, NULL), ST_OK);
    /* The attempt trains up to step 19 and stores nothing of it. */
    a.steps = 19;
    a.every = 60;
    assert_int_equal(attempt(a, NULL), ST_OK);
    assert_int_equal(checkpoint_steps(db, a.run), 7);
    a.steps = 0;
    assert_int_equal(attempt(a, NULL), ST_OK);
    expect_results(want, bytes);
    free(want);
}

static void costs_are_added_up(void **state)
{
    struct attempt a = {.run = run_of(COPE), .threads = 1, .steps = 5};
    char *text;
    (void)state;
    assert_int_equal(attempt(a, NULL), ST_OK);
    assert_int_equal(safetensors_note_read(checkpoint, "state", &text, NULL), ST_OK);
    const double first = strtod(strstr(text, "\"cpu_s\":") + 8, NULL);
    free(text);
    assert_true(first > 0.0);
    a.steps = 6;
    assert_int_equal(attempt(a, NULL), ST_OK);
    assert_int_equal(safetensors_note_read(checkpoint, "state", &text, NULL), ST_OK);
    /* The processor time of this process counts from its start, and both attempts ran
     * in it. */
    assert_true(strtod(strstr(text, "\"cpu_s\":") + 8, NULL) > 2.0 * first);
    free(text);
}

/* --- refusals --- */

static void write_whole(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* The run starts from the beginning, says why, and ends with the right results. */
static void expect_anew(struct attempt a, const char *reason, const char *want,
                        size_t bytes)
{
    struct err e = {.msg = ""};
    if (attempt(a, &e) != ST_OK)
        fail_msg("%s: %s", reason, e.msg);
    char *told = file_text(spool_path, NULL);
    if (!strstr(told, "begins anew: ") || !strstr(told, reason))
        fail_msg("\"%s\" is not told: %.600s", reason, told);
    free(told);
    expect_results(want, bytes);
}

static void damaged_checkpoints_are_refused_with_a_reason(void **state)
{
    size_t bytes, n;
    (void)state;
    char *want = undisturbed(COPE, &bytes);
    struct attempt a = {.run = run_of(COPE), .threads = 1, .steps = 9};
    assert_int_equal(attempt(a, NULL), ST_OK);
    a.steps = 0;
    a.every = 60;
    char *good = file_text(checkpoint, &n);
    const size_t header = 8 + (unsigned char)good[0] + 256u * (unsigned char)good[1];
    assert_in_range(header, 1000, n);

    write_whole(checkpoint, good, n - 1);
    assert_int_equal(checkpoint_steps(db, a.run), 0);
    expect_anew(a, "is cut off", want, bytes);
    write_whole(checkpoint, good, header / 2);
    expect_anew(a, "not a safetensors file", want, bytes);
    write_whole(checkpoint, good, 0);
    expect_anew(a, "too short", want, bytes);
    for (size_t at = header + 3; at < n; at += (n - header) / 7) {
        char *bad = malloc(n);
        assert_non_null(bad);
        memcpy(bad, good, n);
        bad[at] = (char)(bad[at] ^ 16);
        write_whole(checkpoint, bad, n);
        free(bad);
        expect_anew(a, "check sum", want, bytes);
    }
    /* One digit of the curve reported so far is changed. */
    char *curve = strstr(good + 8, "\\\"step\\\":4");
    assert_non_null(curve);
    curve[9] = '3';
    write_whole(checkpoint, good, n);
    expect_anew(a, "check sum", want, bytes);
    free(good);
    free(want);
}

static void checkpoints_of_others_are_refused(void **state)
{
    char other[PATH_MAX];
    size_t bytes;
    (void)state;
    char *want = undisturbed(COPE, &bytes);
    struct attempt a = {.run = run_of(ABSOLUTE), .threads = 1, .steps = 9};
    assert_int_equal(attempt(a, NULL), ST_OK);
    memcpy(other, checkpoint, sizeof other);
    a = (struct attempt){.run = run_of(COPE), .threads = 1, .every = 60};
    assert_int_equal(rename(other, checkpoint), 0);
    assert_int_equal(checkpoint_steps(db, a.run), 0);
    expect_anew(a, "is of run", want, bytes);
    /* A file of weights alone is no checkpoint. */
    assert_int_equal(rename(weights, checkpoint), 0);
    expect_anew(a, "is no checkpoint of a run", want, bytes);
    /* A checkpoint of the next version. */
    const struct safetensors_note notes[] = {{"format", "posbench checkpoint"},
                                             {"version", "2"},
                                             {"identity", a.run->identity},
                                             {"state", "{}"}};
    assert_int_equal(safetensors_write(checkpoint, NULL, 0, notes, 4, NULL), ST_OK);
    expect_anew(a, "version 2", want, bytes);
    free(want);
}

static void a_checkpoint_that_cannot_be_written_costs_a_warning(void **state)
{
    struct attempt a = {.run = run_of(COPE), .threads = 1};
    struct err e;
    (void)state;
    snprintf(checkpoint, sizeof checkpoint, "%s/nowhere/c.safetensors", folder);
    assert_int_equal(attempt(a, &e), ST_OK);
    char *told = file_text(spool_path, NULL);
    assert_non_null(strstr(told, "no checkpoint at step 1: "));
    assert_non_null(strstr(told, "\"type\":\"cost\""));
    free(told);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_step_can_be_the_last_of_an_attempt),
        TEST(signals_at_any_moment_move_no_bit),
        TEST(what_is_not_in_the_checkpoint_is_done_again),
        TEST(costs_are_added_up),
        TEST(damaged_checkpoints_are_refused_with_a_reason),
        TEST(checkpoints_of_others_are_refused),
        TEST(a_checkpoint_that_cannot_be_written_costs_a_warning),
    };
    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
