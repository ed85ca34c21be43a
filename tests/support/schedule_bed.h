/* schedule_bed.h -- a scheduler with six runs and stand-ins for workers: shell scripts. */
#ifndef SCHEDULE_BED_H
#define SCHEDULE_BED_H

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "schedule.h"
#include "small_matrix.h"

/* Six runs: seeds 1 to 6. */
static const char bed_yaml[] = "version: 1\n"
                               "defaults:\n"
                               "  seeds: [1, 2, 3, 4, 5, 6]\n"
                               "  model: {layers: 1, heads: 2, dim: 16}\n"
                               "  train: {steps: 4, warmup: 1, batch: 3}\n"
                               "experiments:\n"
                               "  flip:\n"
                               "    task: {name: flip_flop, length: 16}\n"
                               "    splits: {valid: {count: 5}, id: {count: 9}}\n"
                               "    encoders: [rope]\n";

enum { RUNS = 6 };

/* The beginning of every script. It sets $spool and $seed; `metric`, `cost` and `end`
 * write lines of the spool. */
static const char bed_prelude[] =
    "#!/bin/sh\n"
    "shift; spool=$2; log=$(dirname $0)/log\n"
    "seed=$(sed 's/.*\"seed\":\\([0-9]*\\).*/\\1/')\n"
    "echo start $seed >>$log\n"
    "metric() { echo '{\"type\":\"metric\",\"split\":\"id\",\"step\":4,\"name\":"
    "\"token_error\",\"value\":0.25,\"count\":1,\"total\":4}' >>$spool; }\n"
    "cost() { echo '{\"type\":\"cost\",\"steps\":4,\"parameters\":1,\"flops\":1.0,"
    "\"wall_s\":1.0,\"cpu_s\":1.0,\"tokens_per_s\":1.0,\"peak_memory_mib\":1.0}' >>$spool; }\n"
    "end() { echo '{\"type\":\"end\",\"state\":\"'$1'\",\"reason\":\"'$2'\"}' >>$spool; }\n"
    "good() { metric; cost; end done; echo stop $seed >>$log; }\n";

struct bed {
    char folder[SCRATCH_TEXT], db[PATH_MAX], program[PATH_MAX];
    struct config *config;
    struct store *store;
    struct plan *plan;
    struct progress *progress;
    struct database_lock lock;
    struct schedule s;
    struct schedule_result result;
    struct err e;
};

static inline void bed_plan(struct bed *b, enum plan_rerun rerun)
{
    const struct plan_request q = {.config = b->config, .db = b->db, .rerun = rerun};
    plan_close(b->plan);
    if (plan_open(&q, b->store, &b->plan, &b->e) != ST_OK)
        fail_msg("%s", b->e.msg);
    b->s.plan = b->plan;
}

static inline int bed_open(void **state)
{
    static struct bed bed;
    struct bed *b = &bed;
    const struct provenance p = {"1",    "c",   "gcc",  "-O2",  "isa", "blas",
                                 "core", "cpu", "host", "hash", false, 1};
    *b = (struct bed){.s = {.jobs = 2, .threads = 1}};
    scratch_make(b->folder);
    snprintf(b->db, sizeof b->db, "%.63s/results.db", b->folder);
    snprintf(b->program, sizeof b->program, "%.63s/worker", b->folder);
    b->config = small_matrix(bed_yaml);
    if (store_open(b->db, STORE_WRITE, &b->store, &b->e) != ST_OK ||
        store_provenance(b->store, &p, &b->s.provenance, &b->e) != ST_OK ||
        lock_take(b->db, &b->lock, &b->e) != ST_OK ||
        progress_open(3, true, &b->progress, &b->e) != ST_OK)
        return -1;
    b->s.store = b->store;
    b->s.db = b->db;
    b->s.program = b->program;
    b->s.lock = &b->lock;
    b->s.progress = b->progress;
    bed_plan(b, RERUN_NONE);
    *state = b;
    return 0;
}

static inline int bed_close(void **state)
{
    struct bed *b = *state;
    progress_close(b->progress);
    plan_close(b->plan);
    lock_give_back(&b->lock);
    store_close(b->store);
    config_free(b->config);
    scratch_remove(b->folder);
    return 0;
}

static inline void script(struct bed *b, const char *body)
{
    char text[4096];
    snprintf(text, sizeof text, "%s%s", bed_prelude, body);
    write_text(b->program, text);
    assert_int_equal(chmod(b->program, 0755), 0);
}

/* Runs the plan and writes the scheduler's standard error to the file at `path`. */
static inline enum status go_saying(struct bed *b, const char *path)
{
    const int err = dup(2);
    assert_non_null(freopen(path, "w", stderr));
    const enum status st = schedule_run(&b->s, &b->result, &b->e);
    fflush(stderr);
    dup2(err, 2);
    close(err);
    return st;
}

static inline enum status go(struct bed *b)
{
    return go_saying(b, "/dev/null");
}

static inline enum status collect(void *context, int columns, const char *const *names,
                                  const char *const *cells, struct err *e)
{
    char *out = context;
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++)
        snprintf(out + strlen(out), 4096 - strlen(out), "%s%s", i ? "|" : "",
                 cells[i] ? cells[i] : "NULL");
    snprintf(out + strlen(out), 4096 - strlen(out), "\n");
    return ST_OK;
}

static inline void expect(struct bed *b, const char *sql, const char *want)
{
    char got[4096] = "";
    assert_int_equal(store_query(b->store, sql, NULL, 0, collect, got, NULL), ST_OK);
    assert_string_equal(got, want);
}

static inline int lines_with(const struct bed *b, const char *word)
{
    char path[PATH_MAX], line[32];
    int n = 0;
    snprintf(path, sizeof path, "%s/log", b->folder);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strncmp(line, word, strlen(word)) == 0;
    if (f)
        fclose(f);
    return n;
}

/* Sends `sig` to this process `times` times, once two scripts have said "ready". */
static inline pid_t signal_later(const struct bed *b, int sig, int times)
{
    const pid_t parent = getpid(), child = fork();
    const struct timespec pause = {.tv_nsec = 20000000L}, second = {.tv_nsec = 200000000L};
    if (child != 0)
        return child;
    for (int i = 0; i < 1000 && lines_with(b, "ready") < 2; i++)
        nanosleep(&pause, NULL);
    for (int i = 0; i < times; i++) {
        kill(parent, sig);
        nanosleep(&second, NULL);
    }
    _exit(0);
}

static inline void expect_item(const struct bed *b, int i, bool runs, bool stores,
                               const char *reason)
{
    const struct plan_item *item = &b->plan->item[i];
    assert_int_equal(item->runs, runs);
    assert_int_equal(item->stores, stores);
    assert_string_equal(item->reason, reason);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_open, bed_close)

#endif
