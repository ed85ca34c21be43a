/* The default number of jobs is the number of cores that the process may use, not that of the
 * machine. */
#define _GNU_SOURCE /* sched_setaffinity; NOLINT */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cores.h"
#include "program.h"
#include "small_matrix.h"

static const char yaml[] = "version: 1\n"
                           "experiments:\n"
                           "  flip:\n"
                           "    task: {name: flip_flop, length: 16}\n"
                           "    model: {layers: 1, heads: 2, dim: 16}\n"
                           "    train: {steps: 4, warmup: 2, batch: 4}\n"
                           "    encoders: [rope]\n";

static cpu_set_t all;

static int remember(void **state)
{
    (void)state;
    return sched_getaffinity(0, sizeof all, &all);
}

static int restore(void **state)
{
    (void)state;
    return sched_setaffinity(0, sizeof all, &all);
}

/* Restricts the process to the first `n` of its cores. */
static void keep(int n)
{
    cpu_set_t few;
    CPU_ZERO(&few);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&few) < n; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &few);
    assert_int_equal(sched_setaffinity(0, sizeof few, &few), 0);
}

static void expect_jobs(const char *options, int jobs)
{
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32], want[32];
    struct program p;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    write_text(path, yaml);
    RUN(&p, "-C %s plan --json %s", folder, options);
    snprintf(want, sizeof want, "\"jobs\": %d,", jobs);
    if (p.code != 0 || !strstr(p.out, want))
        fail_msg("no %s in the plan: %s%s", want, p.out, p.err);
    program_free(&p);
    scratch_remove(folder);
}

static void cores_are_those_of_the_affinity(void **state)
{
    (void)state;
    assert_int_equal(cores_usable(), CPU_COUNT(&all));
    keep(1);
    assert_int_equal(cores_usable(), 1);
}

static void jobs_follow_the_affinity(void **state)
{
    (void)state;
    expect_jobs("", CPU_COUNT(&all));
    keep(1);
    expect_jobs("", 1);
    expect_jobs("--threads 4", 1);
    expect_jobs("--jobs 7", 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, remember, restore)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cores_are_those_of_the_affinity),
        TEST(jobs_follow_the_affinity),
    };
    return cmocka_run_group_tests_name("cores", tests, NULL, NULL);
}
