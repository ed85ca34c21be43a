/* A request to stop ends a step of any length soon, and the unfinished step changes nothing.
 * The delay is measured in processor time, which a busy machine does not stretch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "clock.h"
#include "toy.h"

/* A step of one sequence of LENGTH tokens would take 20 s or more. */
enum { LENGTH = 60000, STOP_AFTER_US = 300000 };

static volatile sig_atomic_t stop;
static double stopped_at; /* processor time */

static void on_alarm(int sig)
{
    (void)sig;
    stop = 1;
    stopped_at = clock_cpu();
}

static void alarm_in(long us)
{
    const struct sigaction act = {.sa_handler = on_alarm};
    const struct itimerval once = {.it_value = {.tv_usec = us}};
    stop = 0;
    assert_int_equal(sigaction(SIGVTALRM, &act, NULL), 0);
    assert_int_equal(setitimer(ITIMER_VIRTUAL, &once, NULL), 0);
}

static struct trainer *open_long(const char *encoder, int threads)
{
    struct trainer_config c = toy_config(encoder, "");
    struct trainer *t = NULL;
    struct err e = {.msg = ""};
    c.model.trained_length = c.model.longest = c.max_tokens = LENGTH;
    c.max_sequences = 1;
    c.threads = threads;
    c.stop = &stop;
    if (trainer_open(&c, &t, &e) != ST_OK)
        fail_msg("%s", e.msg);
    return t;
}

static struct batch one_long_sequence(void)
{
    static int start[2] = {0, LENGTH};
    static int32_t token[LENGTH], target[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
        token[i] = i % TOY_VOCABULARY;
        target[i] = (i + 1) % TOY_VOCABULARY;
    }
    return (struct batch){.sequences = 1, .start = start, .token = token, .target = target};
}

static real *copy_of(const real *x, size_t n)
{
    real *copy = malloc(n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, x, n * sizeof *copy);
    return copy;
}

static void a_step_is_left_soon_and_leaves_no_trace(void **state)
{
    const struct batch b = one_long_sequence();
    struct err e = {.msg = ""};
    double loss;
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        struct trainer *t = open_long(threads == 1 ? "rope" : "cope", threads);
        const size_t n = model_size(trainer_model(t));
        real *weights = copy_of(model_weights(trainer_model(t)), n);
        alarm_in(STOP_AFTER_US);
        assert_int_equal(trainer_step(t, 0, &b, &loss, &e), ST_INTERRUPTED);
        assert_true(clock_cpu() - stopped_at < 1.0);
        assert_memory_equal(model_weights(trainer_model(t)), weights, n * sizeof(real));
        for (size_t i = 0; i < n; i++)
            assert_true(trainer_first_moment(t)[i] == 0 &&
                        trainer_second_moment(t)[i] == 0);
        free(weights);
        trainer_close(t);
    }
}

static void an_evaluation_is_left_soon(void **state)
{
    const struct batch b = one_long_sequence();
    float *loss = calloc(LENGTH, sizeof *loss);
    int32_t *best = calloc(LENGTH, sizeof *best);
    (void)state;
    struct trainer *t = open_long("relative", 1);
    alarm_in(STOP_AFTER_US);
    assert_false(trainer_stopped(t));
    trainer_evaluate(t, &b, loss, best);
    assert_true(trainer_stopped(t));
    assert_true(clock_cpu() - stopped_at < 1.0);
    free(loss);
    free(best);
    trainer_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_left_soon_and_leaves_no_trace),
        cmocka_unit_test(an_evaluation_is_left_soon),
    };
    return cmocka_run_group_tests_name("trainer_stop", tests, NULL, NULL);
}
