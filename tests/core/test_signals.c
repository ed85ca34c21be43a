/* Signals that ask the program to end: they are counted, remembered and pollable, and the old
 * handlers come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <stdbool.h>

#include <cmocka.h>

#include "clock.h"
#include "signals.h"

static bool readable(void)
{
    struct pollfd fd = {.fd = signals_descriptor(), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void wishes_are_counted_and_the_last_is_known(void **state)
{
    (void)state;
    assert_true(signals_descriptor() >= 0);
    signals_catch();
    assert_int_equal(signals_count(), 0);
    assert_int_equal(*signals_flag(), 0);
    assert_false(readable());
    raise(SIGTERM);
    raise(SIGINT);
    assert_int_equal(signals_count(), 2);
    assert_int_equal(signals_last(), SIGINT);
    assert_int_equal(*signals_flag(), SIGINT);
    assert_true(readable());
    signals_drain();
    assert_false(readable());
    signals_release();
    assert_int_equal(signals_last(), SIGINT);
}

static void a_second_catch_forgets_nothing(void **state)
{
    (void)state;
    signals_catch();
    assert_int_equal(signals_count(), 0);
    raise(SIGHUP);
    signals_catch();
    assert_int_equal(signals_count(), 1);
    signals_release();
}

static int heard;

static void hear(int sig)
{
    heard = sig;
}

static void what_was_in_force_comes_back(void **state)
{
    (void)state;
    signal(SIGTERM, hear);
    signals_catch();
    signals_release();
    raise(SIGTERM);
    assert_int_equal(heard, SIGTERM);
    signal(SIGTERM, SIG_DFL);
}

/* nohup ignores SIGHUP; SIGTERM is handled all the same. */
static void ignored_signals_stay_ignored(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signals_catch();
    raise(SIGHUP);
    assert_int_equal(signals_count(), 0);
    raise(SIGTERM);
    assert_int_equal(signals_count(), 1);
    signals_release();
    signal(SIGHUP, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

/* Waiting takes time, computing takes processor time, and processor time does not go back. */
static void clocks_tell_waiting_and_computing(void **state)
{
    (void)state;
    const double now = clock_now();
    poll(NULL, 0, 50);
    assert_true(clock_now() - now >= 0.049);
    const double cpu = clock_cpu(), begun = clock_now();
    double last = cpu;
    while (last - cpu < 0.02 && clock_now() - begun < 60.0) {
        const double t = clock_cpu();
        assert_true(t >= last);
        last = t;
    }
    assert_true(last - cpu >= 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wishes_are_counted_and_the_last_is_known),
        cmocka_unit_test(a_second_catch_forgets_nothing),
        cmocka_unit_test(what_was_in_force_comes_back),
        cmocka_unit_test(ignored_signals_stay_ignored),
        cmocka_unit_test(clocks_tell_waiting_and_computing),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
