/* The scheduler, with shell scripts in place of workers that end in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

#include "schedule_bed.h"
#include "signals.h"
#include "spool.h"

static void every_run_is_done_and_nothing_is_left_behind(void **state)
{
    struct bed *b = *state;
    char folder[PATH_MAX + 32];
    script(b, "good\n");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, RUNS);
    assert_int_equal(b->result.failed + b->result.interrupted + b->result.left, 0);
    expect(b, "SELECT state, count(*) FROM run GROUP BY 1", "done|6\n");
    expect(b, "SELECT count(*), sum(value) FROM metric", "6|1.5\n");
    lock_give_back(&b->lock);
    snprintf(folder, sizeof folder, "%s.spool", b->db);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void runs_that_are_done_are_not_started_again(void **state)
{
    struct bed *b = *state;
    script(b, "good\n");
    assert_int_equal(go(b), ST_OK);
    script(b, "exit 7\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 0);
    expect(b, "SELECT state, count(*) FROM run GROUP BY 1", "done|6\n");
}

/* Seed 2 exits, seed 3 crashes, seed 4 says why, seed 5 dies in the middle of a line. */
static void a_worker_costs_its_own_run_only(void **state)
{
    struct bed *b = *state;
    script(b, "case $seed in\n"
              "2) metric; echo one >&2; echo out of luck >&2; exit 5;;\n"
              "3) kill -SEGV $$;;\n"
              "4) metric; end failed loss_is_nan; exit 3;;\n"
              "5) metric; printf '{\"type\":\"end\",\"sta' >>$spool; exit 0;;\n"
              "*) good;;\n"
              "esac\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_string_equal(b->e.msg, "4 of 6 runs failed");
    assert_int_equal(b->result.done, 2);
    assert_int_equal(b->result.failed, 4);
    expect(b, "SELECT seed, state, error FROM run ORDER BY seed",
           "1|done|NULL\n"
           "2|failed|exit code 5: one\nout of luck\n"
           "3|failed|killed by signal 11 (Segmentation fault)\n"
           "4|failed|loss_is_nan\n"
           "5|failed|ended before it had reported everything\n"
           "6|done|NULL\n");
    /* Failed runs keep the numbers they had reported. */
    expect(b, "SELECT seed FROM run JOIN metric ON run.id = run_id ORDER BY 1",
           "1\n2\n4\n5\n6\n");
}

static void failed_runs_stay_failed_until_asked_for(void **state)
{
    struct bed *b = *state;
    script(b, "[ $seed = 2 ] && exit 1\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    script(b, "good\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 0);
    bed_plan(b, RERUN_FAILED);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 1);
    expect(b, "SELECT state, count(*), count(error) FROM run GROUP BY 1", "done|6|0\n");
    bed_plan(b, RERUN_ALL);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 6);
    expect(b, "SELECT count(*) FROM metric", "6\n");
}

/* Somebody else kills seed 2 and tells seed 3 to end, without asking the scheduler. */
static void what_others_stopped_goes_on_with_the_next_call(void **state)
{
    struct bed *b = *state;
    script(b, "case $seed in\n"
              "2) metric; kill -9 $$;;\n"
              "3) metric; end interrupted told_to_end; exit 143;;\n"
              "*) good;;\n"
              "esac\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_string_equal(b->e.msg, "2 of 6 runs were interrupted");
    assert_int_equal(b->result.done, 4);
    assert_int_equal(b->result.interrupted, 2);
    assert_int_equal(signals_last(), 0);
    expect(b, "SELECT seed, state, error FROM run WHERE state <> 'done' ORDER BY seed",
           "2|interrupted|killed by signal 9 (Killed); perhaps the machine ran out of "
           "memory\n"
           "3|interrupted|told_to_end\n");
    script(b, "good\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 2);
    expect(b, "SELECT state, count(*), count(error) FROM run GROUP BY 1", "done|6|0\n");
}

static void what_others_stopped_is_tried_again_too(void **state)
{
    struct bed *b = *state;
    b->s.retries = 1;
    script(b, "[ $seed = 2 ] && [ ! -e $log.2 ] && touch $log.2 && kill -9 $$\n"
              "[ $seed = 5 ] && kill -9 $$\n"
              "good\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.done, 5);
    assert_int_equal(b->result.interrupted, 1);
    assert_int_equal(b->result.failed, 0);
    expect(b, "SELECT seed, state, attempts FROM run WHERE attempts > 1 ORDER BY 1",
           "2|done|2\n5|interrupted|2\n");
    expect(b, "SELECT substr(text, 1, 45) FROM event ORDER BY id",
           "attempt 1 of 2 interrupted: killed by signal \n"
           "attempt 1 of 2 interrupted: killed by signal \n");
}

/* Seed 2 fails once, seed 4 always. */
static void what_failed_is_tried_again_as_often_as_asked(void **state)
{
    struct bed *b = *state;
    b->s.retries = 2;
    script(b, "if [ $seed = 2 ] && [ ! -e $log.2 ]; then touch $log.2; metric; exit 5; fi\n"
              "[ $seed = 4 ] && exit 6\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.done, 5);
    assert_int_equal(b->result.failed, 1);
    assert_int_equal(b->result.left, 0);
    expect(b, "SELECT seed, state, attempts, error FROM run WHERE attempts > 1 ORDER BY 1",
           "2|done|2|NULL\n4|failed|3|exit code 6\n");
    expect(b,
           "SELECT seed, e.text FROM event AS e JOIN run ON run.id = run_id ORDER BY e.id",
           "2|attempt 1 of 3 failed: exit code 5\n"
           "4|attempt 1 of 3 failed: exit code 6\n"
           "4|attempt 2 of 3 failed: exit code 6\n");
    expect(b, "SELECT count(*), sum(value) FROM metric", "5|1.25\n");
}

/* The estimates are 3 hours for seed 2, and none for seed 5. */
static void what_would_pass_the_budget_is_not_begun(void **state)
{
    struct bed *b = *state;
    b->s.budget_s = 3600.0;
    for (int i = 0; i < RUNS; i++)
        b->plan->item[i].seconds = i == 1 ? 10800.0 : i == 4 ? (double)NAN : 1.0;
    script(b, "good\n");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 5);
    assert_int_equal(b->result.late, 1);
    assert_int_equal(b->result.left, 1);
    expect(b, "SELECT seed, state FROM run WHERE state <> 'done'", "2|new\n");
}

static void nothing_begins_when_the_time_is_over(void **state)
{
    struct bed *b = *state;
    b->s.jobs = 1;
    b->s.budget_s = 2.0;
    script(b, "sleep 2.2\ngood\n");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 1);
    assert_int_equal(b->result.late, 5);
}

static void fail_fast_starts_nothing_more(void **state)
{
    struct bed *b = *state;
    b->s.jobs = 1;
    b->s.fail_fast = true;
    script(b, "[ $seed = 2 ] && exit 1\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.done, 1);
    assert_int_equal(b->result.failed, 1);
    assert_int_equal(b->result.left, 4);
    expect(b, "SELECT state, count(*) FROM run GROUP BY 1 ORDER BY 1",
           "done|1\nfailed|1\nnew|4\n");
}

static void a_damaged_spool_fails_its_run(void **state)
{
    struct bed *b = *state;
    script(b, "[ $seed = 1 ] && echo rubbish >>$spool\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.failed, 1);
    expect(
        b,
        "SELECT seed, error LIKE '%jsonl:1: not a line%' FROM run WHERE state = 'failed'",
        "1|1\n");
}

static void a_program_that_cannot_start_is_an_error(void **state)
{
    struct bed *b = *state;
    b->s.program = "/nowhere/posbench";
    assert_int_equal(go(b), ST_IO);
    assert_non_null(strstr(b->e.msg, "/nowhere/posbench"));
}

/* Returns the largest number of scripts that ran at once. */
static int most_at_once(const struct bed *b)
{
    char path[PATH_MAX], line[32];
    int now = 0, most = 0;
    snprintf(path, sizeof path, "%s/log", b->folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        now += strncmp(line, "start", 5) == 0 ? 1 : -1;
        most = now > most ? now : most;
    }
    fclose(f);
    return most;
}

static void as_many_work_at_a_time_as_asked(void **state)
{
    struct bed *b = *state;
    script(b, "sleep 0.1\ngood\n");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(most_at_once(b), 2);
}

/* The last run has done all FLOPs counted for it and is still storing when the run before it
 * ends. */
static void what_has_only_to_be_stored_is_not_given_a_time(void **state)
{
    struct bed *b = *state;
    char path[PATH_MAX];
    script(b,
           "[ $seed = 6 ] && echo '{\"type\":\"progress\",\"phase\":\"id\",\"step\":4,"
           "\"steps\":4,\"loss\":1.0,\"flops\":1e30,\"tokens_per_s\":1.0}' && "
           "until grep -q 'stop 5' $log; do sleep 0.01; done; sleep 0.2\n"
           "[ $seed = 5 ] && until grep -q 'start 6' $log; do sleep 0.01; done; sleep 0.2\n"
           "good\n");
    progress_close(b->progress);
    assert_int_equal(progress_open(3, false, &b->progress, &b->e), ST_OK);
    b->s.progress = b->progress;
    snprintf(path, sizeof path, "%s/said", b->folder);
    assert_int_equal(go_saying(b, path), ST_OK);
    char *said = file_text(path, NULL);
    assert_non_null(strstr(said, "seed 5: done in "));
    assert_non_null(strstr(strstr(said, "seed 5: done in "), "; nearly done\n"));
    assert_null(strstr(said, "0.0 s left"));
    free(said);
}

static void much_output_does_not_block_a_worker(void **state)
{
    struct bed *b = *state;
    script(b, "yes 0123456789 | head -20000\n"
              "yes abc | head -50000 >&2\n"
              "for i in 1 2 3 4 5; do echo line $i >&2; done\n"
              "[ $seed = 3 ] && exit 1\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.done, 5);
    expect(b, "SELECT error FROM run WHERE state = 'failed'",
           "exit code 1: line 1\nline 2\nline 3\nline 4\nline 5\n");
}

/* Seed 2 has a fault of the machine or of a file, with a last message and without. */
static void a_fault_of_the_place_stops_the_matrix(void **state)
{
    static const char *const says[] = {"end interrupted no_memory_for_it", "echo no >&2"};
    struct bed *b = *state;
    for (int i = 0; i < 2; i++) {
        char body[160];
        snprintf(body, sizeof body, "[ $seed = %d ] && metric && %s && exit 3\ngood\n",
                 2 + i, says[i]);
        script(b, body);
        bed_plan(b, RERUN_NONE);
        b->s.retries = 1;
        b->s.jobs = 1; /* or a neighbour might end the seed that is to fail next */
        assert_int_equal(go(b), ST_IO);
        assert_non_null(
            strstr(b->e.msg, i ? "no; no run was" : "no_memory_for_it; no run"));
        assert_int_equal(b->result.failed, 0);
    }
    expect(b, "SELECT seed, state, error FROM run WHERE seed = 3",
           "3|interrupted|exit code 3: no\n");
    expect(b, "SELECT count(*) FROM run WHERE state = 'failed'", "0\n");
    script(b, "good\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_OK);
}

static void the_first_signal_lets_workers_end_themselves(void **state)
{
    struct bed *b = *state;
    script(b, "trap 'end interrupted by_the_user; exit 3' TERM\n"
              "[ $seed = 1 ] && good && exit\n"
              "echo ready >>$log\n"
              "i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done\n");
    const pid_t child = signal_later(b, SIGTERM, 1);
    assert_int_equal(go(b), ST_INTERRUPTED);
    waitpid(child, NULL, 0);
    assert_int_equal(signals_last(), SIGTERM);
    assert_int_equal(b->result.done, 1);
    assert_int_equal(b->result.interrupted, 2);
    assert_int_equal(b->result.left, 3);
    expect(b, "SELECT state, error, count(*) FROM run GROUP BY 1 ORDER BY 1",
           "done|NULL|1\ninterrupted|by_the_user|2\nnew|NULL|3\n");
    /* The next call goes on. */
    script(b, "good\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 5);
}

static void the_second_signal_kills(void **state)
{
    struct bed *b = *state;
    script(b, "trap '' TERM\n"
              "echo ready >>$log\n"
              "i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done\n");
    const time_t begun = time(NULL);
    const pid_t child = signal_later(b, SIGINT, 2);
    assert_int_equal(go(b), ST_INTERRUPTED);
    waitpid(child, NULL, 0);
    assert_int_equal(signals_last(), SIGINT);
    assert_in_range(time(NULL) - begun, 0, 5);
    assert_int_equal(b->result.interrupted, 2);
    expect(b, "SELECT state, error, count(*) FROM run GROUP BY 1 ORDER BY 1",
           "interrupted|ended by the second signal to posbench run|2\nnew|NULL|4\n");
}

/* Begins run `i` and writes its spool's path to `path`. */
static void begin_run(struct bed *b, int i, char path[PATH_MAX + 64])
{
    const struct run_spec *r = &b->config->run[i];
    const struct run_row row = {
        r->identity, r->experiment, r->profile, r->cell, r->task->name,
        r->encoder,  r->variant,    r->config,  1,       (int64_t)r->seed};
    int64_t id;
    assert_int_equal(store_run(b->store, &row, &id, NULL, NULL), ST_OK);
    assert_int_equal(store_begin(b->store, id, b->s.provenance, NULL), ST_OK);
    snprintf(path, PATH_MAX + 64, "%s/%s.jsonl", b->lock.folder, r->identity);
}

/* A scheduler was killed after run 1 had ended and before run 2 did. */
static void what_a_killed_scheduler_left_is_taken_up(void **state)
{
    struct bed *b = *state;
    const struct metric_row m = {.split = "id",
                                 .name = "token_error",
                                 .step = 4,
                                 .value = 0.5,
                                 .count = 2,
                                 .total = 4};
    const struct run_cost cost = {.steps = 4, .wall_s = 1.0};
    script(b, "[ $seed = 1 ] && exit 9\ngood\n");
    for (int i = 0; i < 2; i++) {
        char path[PATH_MAX + 64];
        struct spool_writer w;
        begin_run(b, i, path);
        assert_int_equal(spool_create(path, -1, &w, NULL), ST_OK);
        assert_int_equal(spool_metrics(&w, &m, 1, NULL), ST_OK);
        assert_int_equal(spool_cost(&w, &cost, NULL), ST_OK);
        if (i == 0)
            assert_int_equal(spool_end(&w, "done", "", NULL), ST_OK);
        spool_close(&w);
    }
    bed_plan(b, RERUN_NONE);
    /* The plan distinguishes them, also when everything is requested again. */
    expect_item(b, 0, false, true, "has ended; will be stored");
    assert_true(b->plan->item[0].flops == 0.0);
    expect_item(b, 1, true, false, "was begun and did not end");
    assert_int_equal(plan_sum(b->plan, 1).stores, 1);
    assert_int_equal(plan_sum(b->plan, 1).runs, 5);
    bed_plan(b, RERUN_ALL);
    expect_item(b, 0, false, true, "has ended; will be stored");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(lines_with(b, "start"), 5);
    assert_int_equal(b->result.done, 6);
    assert_int_equal(b->result.left, 0);
    expect(b,
           "SELECT seed, value FROM run JOIN metric ON run.id = run_id WHERE seed <= 2 "
           "ORDER BY 1",
           "1|0.5\n2|0.25\n");
}

/* A spool that cannot be read may hold the end of a run, so the spool is not removed and the run
 * not repeated. A folder in its place can be opened but not read. */
static void a_spool_that_cannot_be_read_is_kept(void **state)
{
    struct bed *b = *state;
    char path[PATH_MAX + 64];
    begin_run(b, 0, path);
    assert_int_equal(mkdir(path, 0777), 0);
    script(b, "good\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(go(b), ST_IO);
    assert_non_null(strstr(b->e.msg, "cannot be read: Is a directory"));
    expect(b, "SELECT state, attempts FROM run WHERE seed = 1", "running|1\n");
    assert_int_equal(rmdir(path), 0);
}

static void one_database_has_one_scheduler(void **state)
{
    struct bed *b = *state;
    const pid_t child = fork();
    int status;
    if (child == 0) {
        struct database_lock other;
        struct err e = {.msg = ""};
        const bool refused = lock_take(b->db, &other, &e) == ST_DB;
        _exit(refused && strstr(e.msg, "is at work on it (run, merge, rm or purge)") ? 0
                                                                                     : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    lock_give_back(&b->lock);
    assert_int_equal(lock_take(b->db, &b->lock, &b->e), ST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_run_is_done_and_nothing_is_left_behind),
        TEST(runs_that_are_done_are_not_started_again),
        TEST(a_worker_costs_its_own_run_only),
        TEST(failed_runs_stay_failed_until_asked_for),
        TEST(what_others_stopped_goes_on_with_the_next_call),
        TEST(what_others_stopped_is_tried_again_too),
        TEST(what_failed_is_tried_again_as_often_as_asked),
        TEST(what_would_pass_the_budget_is_not_begun),
        TEST(nothing_begins_when_the_time_is_over),
        TEST(fail_fast_starts_nothing_more),
        TEST(a_damaged_spool_fails_its_run),
        TEST(a_program_that_cannot_start_is_an_error),
        TEST(as_many_work_at_a_time_as_asked),
        TEST(what_has_only_to_be_stored_is_not_given_a_time),
        TEST(much_output_does_not_block_a_worker),
        TEST(a_fault_of_the_place_stops_the_matrix),
        TEST(the_first_signal_lets_workers_end_themselves),
        TEST(the_second_signal_kills),
        TEST(what_a_killed_scheduler_left_is_taken_up),
        TEST(a_spool_that_cannot_be_read_is_kept),
        TEST(one_database_has_one_scheduler),
    };
    return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
