/* The times of phases are medians over the timed steps, without the warm-up step.
 *
 * This file replaces the clock by a counter whose increments grow with each reading, so that
 * every step takes longer than the one before, whatever the load of the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "bench.h"

static int64_t looks, now_ns;

/* Replaces the function of the C library. Reading k is k us later than reading k - 1. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    (void)clock;
    now_ns += 1000 * ++looks;
    *t = (struct timespec){.tv_sec = (time_t)(now_ns / 1000000000),
                           .tv_nsec = (long)(now_ns % 1000000000)};
    return 0;
}

static void phases_are_medians_of_the_steps_that_are_timed(void **state)
{
    static const char *const encoder[] = {"rope"};
    const struct bench_settings s = {.layers = 2,
                                     .heads = 2,
                                     .dim = 16,
                                     .length = 16,
                                     .batch = 2,
                                     .scored = 4,
                                     .threads = 1,
                                     .repetitions = 3};
    struct bench_result r;
    struct bench_time peak;
    double sum = 0.0;
    (void)state;
    assert_int_equal(bench_run(&s, encoder, 1, &r, &peak, NULL), ST_OK);
    for (int p = 0; p < PHASES; p++)
        sum += 1e3 * r.seconds[p];
    /* Each step takes over a tenth longer than the one before, which the spread shows. */
    assert_true(r.step.spread_ms > 0.1 * r.step.ms);
    assert_true(sum > 0.9 * r.step.ms && sum < 1.1 * r.step.ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phases_are_medians_of_the_steps_that_are_timed),
    };
    return cmocka_run_group_tests_name("bench", tests, NULL, NULL);
}
