/* Runs that are done and begun again keep their results until new ones replace them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_files.h"
#include "schedule_bed.h"
#include "spool.h"

static const char kept[] =
    "SELECT state, count(*), count(error), "
    "count(r.started), sum(value) FROM run AS r JOIN metric ON r.id = "
    "run_id GROUP BY 1",
                  again[] = "SELECT seed, a.state, a.reason FROM attempt AS a JOIN run ON "
                            "run.id = run_id WHERE n > 1 AND a.state <> 'running' "
                            "ORDER BY 1, n";

/* Runs all, with token errors of 0.25; the next plan repeats all of them. */
static void be_done(struct bed *b)
{
    script(b, "sleep 0.01\ngood\n");
    assert_int_equal(go(b), ST_OK);
    expect(b, kept, "done|6|0|6|1.5\n");
    bed_plan(b, RERUN_ALL);
}

/* Seed 2 exits, 3 is killed, 4 says why; the numbers that they report are not stored. */
static void what_fails_again_keeps_its_results(void **state)
{
    struct bed *b = *state;
    be_done(b);
    script(b, "metric() { echo '{\"type\":\"metric\",\"split\":\"id\",\"step\":4,\"name\":"
              "\"token_error\",\"value\":0.5,\"count\":2,\"total\":4}' >>$spool; }\n"
              "case $seed in\n"
              "2) metric; exit 5;;\n"
              "3) metric; kill -9 $$;;\n"
              "4) metric; end failed loss_is_nan; exit 3;;\n"
              "*) good;;\n"
              "esac\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_string_equal(b->e.msg, "2 of 6 runs failed");
    assert_int_equal(b->result.done, 3);
    assert_int_equal(b->result.failed, 2);
    assert_int_equal(b->result.kept, 2);
    assert_int_equal(b->result.interrupted, 1);
    expect(b, kept, "done|6|0|6|2.25\n");
    expect(b, "SELECT seed, value FROM run JOIN metric ON run.id = run_id ORDER BY 1",
           "1|0.5\n2|0.25\n3|0.25\n4|0.25\n5|0.5\n6|0.5\n");
    expect(b,
           "SELECT seed, a.state, a.reason FROM attempt AS a JOIN run ON run.id = run_id "
           "WHERE a.state <> 'done' ORDER BY 1",
           "2|failed|exit code 5\n"
           "3|interrupted|killed by signal 9 (Killed); perhaps "
           "the machine ran out of memory\n"
           "4|failed|loss_is_nan\n");
    expect(b,
           "SELECT seed FROM event AS e JOIN run ON run.id = run_id "
           "WHERE level = 'warning' AND e.text LIKE '%first metric id token_error "
           "4: value is 0.25 in the old results and 0.5 in the new ones;%' ORDER BY 1",
           "1\n5\n6\n");
}

static void what_is_interrupted_again_keeps_its_results(void **state)
{
    struct bed *b = *state;
    be_done(b);
    script(b, "trap 'end interrupted by_the_user; exit 3' TERM\n"
              "[ $seed = 1 ] && good && exit\n"
              "echo ready >>$log\n"
              "i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done\n");
    const pid_t child = signal_later(b, SIGTERM, 1);
    assert_int_equal(go(b), ST_INTERRUPTED);
    waitpid(child, NULL, 0);
    assert_int_equal(b->result.done, 1);
    assert_int_equal(b->result.interrupted, 2);
    assert_int_equal(b->result.left, 3);
    expect(b, kept, "done|6|0|6|1.5\n");
    expect(b, again,
           "1|done|NULL\n"
           "2|interrupted|by_the_user\n"
           "3|interrupted|by_the_user\n");
    bed_plan(b, RERUN_NONE);
    assert_int_equal(plan_sum(b->plan, 1).runs, 0);
}

static void each_try_again_leaves_the_results(void **state)
{
    struct bed *b = *state;
    be_done(b);
    b->s.retries = 1;
    script(b, "[ $seed = 2 ] && [ ! -e $log.2 ] && touch $log.2 && exit 5\n"
              "[ $seed = 4 ] && exit 6\ngood\n");
    assert_int_equal(go(b), ST_FAILED);
    assert_int_equal(b->result.done, 5);
    assert_int_equal(b->result.kept, 1);
    expect(b, kept, "done|6|0|6|1.5\n");
    expect(b, "SELECT seed, attempts FROM run WHERE attempts > 2 ORDER BY 1", "2|3\n4|3\n");
}

/* Leaves the state of a scheduler that was killed while repeating all runs: run 1 had ended,
 * run 2 had failed, run 3 had not ended and run 4 had barely begun. */
static void leave_reruns(struct bed *b)
{
    const struct metric_row m = {"id", "token_error", 4, 0.5, 2, 4};
    const struct run_cost cost = {.steps = 4, .wall_s = 1.0};
    for (int i = 0; i < 4; i++) {
        char path[PATH_MAX + 64];
        struct spool_writer w;
        assert_int_equal(store_begin(b->store, i + 1, b->s.provenance, NULL), ST_OK);
        if (i == 3)
            return;
        snprintf(path, sizeof path, "%s/%s.jsonl", b->lock.folder,
                 b->config->run[i].identity);
        assert_int_equal(spool_create(path, -1, &w, NULL), ST_OK);
        assert_int_equal(spool_metrics(&w, &m, 1, NULL), ST_OK);
        assert_int_equal(spool_cost(&w, &cost, NULL), ST_OK);
        if (i < 2)
            assert_int_equal(spool_end(&w, i ? "failed" : "done", i ? "nan" : "", NULL),
                             ST_OK);
        spool_close(&w);
    }
}

static void a_killed_scheduler_takes_no_results_with_it(void **state)
{
    struct bed *b = *state;
    be_done(b);
    leave_reruns(b);
    expect(b, kept, "done|6|0|6|1.5\n");
    script(b, "exit 9\n");
    bed_plan(b, RERUN_NONE);
    expect_item(b, 0, false, true, "has ended; will be stored");
    for (int i = 1; i < 4; i++)
        expect_item(b, i, false, false, "done; was begun again and did not end");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 1);
    assert_int_equal(b->result.left, 0);
    expect(b, kept, "done|6|0|6|1.75\n");
    expect(b, again,
           "1|done|NULL\n"
           "2|failed|nan\n"
           "3|interrupted|its scheduler was killed or had to stop\n"
           "4|interrupted|its scheduler was killed or had to stop\n");
    bed_plan(b, RERUN_NONE);
    for (int i = 0; i < RUNS; i++)
        expect_item(b, i, false, false, "done");
    lock_give_back(&b->lock);
    assert_int_not_equal(access(b->lock.folder, F_OK), 0);
}

/* The ended run is stored, not repeated; the others begin again. */
static void asked_again_after_a_kill_stores_what_had_ended(void **state)
{
    struct bed *b = *state;
    be_done(b);
    leave_reruns(b);
    script(b, "[ $seed = 1 ] && exit 9\ngood\n");
    bed_plan(b, RERUN_ALL);
    expect_item(b, 0, false, true, "has ended; will be stored");
    expect_item(b, 1, true, false, "done; again as asked");
    assert_int_equal(go(b), ST_OK);
    assert_int_equal(b->result.done, 6);
    expect(b, kept, "done|6|0|6|1.75\n");
}

/* Checks the text of seed 1's weights file; "" means no file. No other file is left. */
static void expect_weights(const struct bed *b, const char *want)
{
    char path[PATH_MAX], text[16] = "";
    assert_int_equal(
        model_files_weights_path(b->db, b->config->run[0].identity, "", path, NULL), ST_OK);
    FILE *f = fopen(path, "r");
    if (f) {
        assert_true(fread(text, 1, sizeof text - 1, f) < sizeof text);
        fclose(f);
    }
    assert_string_equal(text, want);
    assert_int_equal(
        model_files_trained_path(b->db, b->config->run[0].identity, path, NULL), ST_OK);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* A worker leaves weights and is killed before it reports that it is done. */
static void weights_are_of_the_training_whose_numbers_are_stored(void **state)
{
    struct bed *b = *state;
    script(b, "printf old >$4\ngood\n");
    assert_int_equal(go(b), ST_OK);
    expect_weights(b, "old");
    bed_plan(b, RERUN_ALL);
    script(b, "printf new >$4\nkill -9 $$\n");
    assert_int_not_equal(go(b), ST_OK);
    expect(b, kept, "done|6|0|6|1.5\n");
    expect_weights(b, "old");
    bed_plan(b, RERUN_ALL);
    script(b, "printf new >$4\ngood\n");
    assert_int_equal(go(b), ST_OK);
    expect_weights(b, "new");
    bed_plan(b, RERUN_ALL);
    script(
        b,
        "echo '{\"type\":\"event\",\"level\":\"warning\",\"text\":\"the weights were not "
        "kept: no room\"}' >>$spool\ngood\n");
    assert_int_equal(go(b), ST_OK);
    expect_weights(b, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_fails_again_keeps_its_results),
        TEST(what_is_interrupted_again_keeps_its_results),
        TEST(each_try_again_leaves_the_results),
        TEST(a_killed_scheduler_takes_no_results_with_it),
        TEST(asked_again_after_a_kill_stores_what_had_ended),
        TEST(weights_are_of_the_training_whose_numbers_are_stored),
    };
    return cmocka_run_group_tests_name("schedule_again", tests, NULL, NULL);
}
