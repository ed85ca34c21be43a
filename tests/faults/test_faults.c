/* Calls that can fail do so, one in each case: memory, files, processes, SQL. A sweep tries every
 * nth call; POSBENCH_FAULT_STRIDE=1 tries all. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "small_matrix.h"
#include "sweep.h"
#include "tree.h"

/* --- what is there before --- */

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 2, warmup: 1, batch: 2, eval_every: 1, eval_count: 3}\n"
    "experiments:\n"
    "  flip:\n"
    "    seeds: [%s]\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 5}, id: {count: 9}, longer: {count: 4, length: 24}}\n"
    "    encoders: [absolute]\n"
    "claims:\n"
    "  - {id: same, text: equal, experiment: flip, split: id, metric: token_error,\n"
    "     less: absolute, than: absolute}\n";

static void path_in(const char *folder, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", folder, name);
}

static void write_yaml(const char *folder, const char *seeds)
{
    char path[PATH_MAX], text[sizeof yaml + 64];
    path_in(folder, "tiny.yaml", path);
    snprintf(text, sizeof text, yaml, seeds);
    write_text(path, text);
}

static void do_first(const char *folder, const char *command, const char *fault, int code)
{
    char path[PATH_MAX];
    assert_int_equal(command_in(folder, command, fault, false), code);
    snprintf(path, sizeof path, "%s.fired", folder);
    unlink(path);
}

static void nothing_but_the_matrix(const char *folder)
{
    write_yaml(folder, "1");
}

#define RUN_ALL "run tiny.yaml --jobs 1 --checkpoint-every 0"

/* The worker was told to stop after its first step. */
static void a_checkpoint(const char *folder)
{
    write_yaml(folder, "1");
    do_first(folder, RUN_ALL, "worker:stop:100", 1);
}

static void a_database_of_an_older_schema(const char *folder)
{
    char path[PATH_MAX];
    write_yaml(folder, "1");
    path_in(folder, "results.db", path);
    file_copy(TEST_DATA "/results_v1.db", path);
}

static void two_shards(const char *folder)
{
    write_yaml(folder, "1, 2");
    do_first(folder, RUN_ALL " --shard 1/2 --db 1.db", NULL, 0);
    do_first(folder, RUN_ALL " --shard 2/2 --db 2.db", NULL, 0);
}

/* True when the folder holds the spool of a run that is done. */
static bool has_done_spool(const char *folder)
{
    char *names = tree_names(folder), *rest = NULL;
    bool found = false;
    for (char *name = strtok_r(names, "\n", &rest); name && !found;
         name = strtok_r(NULL, "\n", &rest)) {
        char path[PATH_MAX];
        if (!strstr(name, ".jsonl"))
            continue;
        path_in(folder, name, path);
        char *text = file_text(path, NULL);
        found = strstr(text, "\"state\":\"done\"") != NULL;
        free(text);
    }
    free(names);
    return found;
}

/* Runs the matrix in an empty folder, where the scheduler's nth read fails. */
static void fail_reading(const char *folder, int n)
{
    char fault[64], path[PATH_MAX];
    snprintf(path, sizeof path, "%s.fired", folder);
    tree_remove(folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    write_yaml(folder, "1");
    snprintf(fault, sizeof fault, "run:read:%d", n);
    command_in(folder, RUN_ALL, fault, false);
    assert_int_equal(unlink(path), 0); /* or there are no more calls to fail */
}

static char unseen[PATH_MAX]; /* the folder that is copied below; "": none yet */

/* The worker had ended, and its scheduler could not read the spool. Which read has to fail for
 * that depends on timing, so the folder is made once for the six scenarios that begin with it. */
static void a_run_that_ended_unseen(const char *folder)
{
    if (unseen[0]) {
        assert_int_equal(rmdir(folder), 0);
        tree_copy(unseen, folder);
        return;
    }
    for (int n = 1; !has_done_spool(folder); n++)
        fail_reading(folder, n);
    snprintf(unseen, sizeof unseen, "%s/posbench-unseen-%ld",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    tree_copy(folder, unseen);
}

static void a_done_run(const char *folder)
{
    write_yaml(folder, "1");
    do_first(folder, RUN_ALL, NULL, 0);
}

/* --- what is done with it --- */

#define ALL_RUNS(...)                                                              \
    {                                                                              \
        .command = RUN_ALL, .next = RUN_ALL " --rerun failed", .db = "results.db", \
        __VA_ARGS__                                                                \
    }

static const struct scenario
    fresh_run = ALL_RUNS(.prepare = nothing_but_the_matrix, .process = "run"),
    fresh_worker = ALL_RUNS(.prepare = nothing_but_the_matrix, .process = "worker"),
    run_without_log =
        ALL_RUNS(.prepare = nothing_but_the_matrix, .process = "run", .no_log = true),
    done_run = ALL_RUNS(.prepare = a_done_run, .process = "run"),
    resuming_run = ALL_RUNS(.prepare = a_checkpoint, .process = "run"),
    storing_run = ALL_RUNS(.prepare = a_run_that_ended_unseen, .process = "run"),
    resuming_worker = ALL_RUNS(.prepare = a_checkpoint, .process = "worker"),
    migration = ALL_RUNS(.prepare = a_database_of_an_older_schema, .process = "run"),
    merging = {.prepare = two_shards,
               .command = "merge 1.db 2.db --db all.db",
               .next = "merge 1.db 2.db --db all.db",
               .process = "merge",
               .db = "all.db"},
    storing_merge = {.prepare = a_run_that_ended_unseen,
                     .command = "merge results.db --db all.db",
                     .next = "merge results.db --db all.db",
                     .process = "merge",
                     .db = "all.db"},
    exporting = {.prepare = a_done_run,
                 .command = "export 1 -o out.safetensors",
                 .next = "export 1 -o out.safetensors --force",
                 .process = "export",
                 .db = "results.db"};

/* --- the sweeps --- */

struct aim {
    const struct scenario *scenario;
    enum fault fault;
    long stride;
};

static void every_case_ends_well(void **state)
{
    const struct aim *a = *state;
    const struct tally t = sweep(a->scenario, a->fault, a->stride);
    assert_true(t.cases > 0);
    print_message("%s: %ld cases, %ld of them harmless, %ld different ends\n",
                  fault_word(a->fault), t.cases, t.harmless, t.looked_at);
}

#define CASE(sentence, ...)                                  \
    {                                                        \
        .name = sentence, .test_func = every_case_ends_well, \
        .initial_state = (struct aim[])                      \
        {                                                    \
            {                                                \
                __VA_ARGS__                                  \
            }                                                \
        }                                                    \
    }

int main(int argc, char **argv)
{
    if (argc > 1) {
        fault_arm(argv[1]);
        return posbench_main(argc, argv);
    }
    const struct CMUnitTest tests[] = {
        CASE("run: no process", &fresh_run, FAULT_PROCESS, 1),
        CASE("run: no file", &fresh_run, FAULT_FILE, 17),
        CASE("run: no reading", &fresh_run, FAULT_READ, 13),
        CASE("run: no memory", &fresh_run, FAULT_ALLOC, 701),
        CASE("run: no room for a statement", &fresh_run, FAULT_FULL, 5),
        CASE("run: no disk for a statement", &fresh_run, FAULT_IOERR, 11),
        CASE("run: no memory for a statement", &fresh_run, FAULT_NOMEM, 11),
        CASE("run: no lock for a statement", &fresh_run, FAULT_BUSY, 11),
        CASE("worker: no file", &fresh_worker, FAULT_FILE, 23),
        CASE("worker: no reading", &fresh_worker, FAULT_READ, 1),
        CASE("worker: no memory", &fresh_worker, FAULT_ALLOC, 701),
        CASE("worker: a wish to stop", &fresh_worker, FAULT_STOP, 47),
        CASE("run without a log: no file", &run_without_log, FAULT_FILE, 29),
        CASE("run without a log: no room for a statement", &run_without_log, FAULT_FULL,
             13),
        CASE("run that is done: no file", &done_run, FAULT_FILE, 23),
        CASE("run that is done: no reading", &done_run, FAULT_READ, 7),
        CASE("run that is done: no memory", &done_run, FAULT_ALLOC, 701),
        CASE("run that is done: no disk for a statement", &done_run, FAULT_IOERR, 5),
        CASE("run that goes on: no file", &resuming_run, FAULT_FILE, 29),
        CASE("run that goes on: no reading", &resuming_run, FAULT_READ, 13),
        CASE("run that ended unseen: no file", &storing_run, FAULT_FILE, 29),
        CASE("run that ended unseen: no reading", &storing_run, FAULT_READ, 5),
        CASE("run that ended unseen: no memory", &storing_run, FAULT_ALLOC, 1501),
        CASE("merge of what ended unseen: no file", &storing_merge, FAULT_FILE, 23),
        CASE("merge of what ended unseen: no reading", &storing_merge, FAULT_READ, 5),
        CASE("merge of what ended unseen: no memory", &storing_merge, FAULT_ALLOC, 1501),
        CASE("worker that goes on: no file", &resuming_worker, FAULT_FILE, 23),
        CASE("worker that goes on: no reading", &resuming_worker, FAULT_READ, 11),
        CASE("worker that goes on: no memory", &resuming_worker, FAULT_ALLOC, 701),
        CASE("worker that goes on: a wish to stop", &resuming_worker, FAULT_STOP, 47),
        CASE("migration: no file", &migration, FAULT_FILE, 23),
        CASE("migration: no reading", &migration, FAULT_READ, 13),
        CASE("migration: no memory", &migration, FAULT_ALLOC, 1501),
        CASE("migration: no room for a statement", &migration, FAULT_FULL, 13),
        CASE("merge: no file", &merging, FAULT_FILE, 23),
        CASE("merge: no reading", &merging, FAULT_READ, 13),
        CASE("merge: no memory", &merging, FAULT_ALLOC, 1501),
        CASE("merge: no room for a statement", &merging, FAULT_FULL, 23),
        CASE("export: no file", &exporting, FAULT_FILE, 7),
        CASE("export: no reading", &exporting, FAULT_READ, 5),
        CASE("export: no memory", &exporting, FAULT_ALLOC, 211),
        CASE("export: no disk for a statement", &exporting, FAULT_IOERR, 5),
    };
    const char *filter = getenv("POSBENCH_FAULT_TEST");
    if (filter)
        cmocka_set_test_filter(filter);
    const int failed = cmocka_run_group_tests_name("faults", tests, NULL, NULL);
    if (unseen[0])
        tree_remove(unseen);
    return failed;
}
