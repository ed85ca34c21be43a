/* Learning rates: warm-up, the three schedules and their ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "optimizer.h"

static struct optimizer_config config(enum schedule_kind schedule, int warmup)
{
    return (struct optimizer_config){.kind = OPTIMIZER_ADAM,
                                     .lr = 0.1,
                                     .schedule = schedule,
                                     .warmup = warmup,
                                     .steps = 100};
}

static void warm_up_rises_in_equal_steps_to_lr(void **state)
{
    (void)state;
    for (int s = SCHEDULE_CONSTANT; s <= SCHEDULE_COSINE; s++) {
        const struct optimizer_config c = config((enum schedule_kind)s, 20);
        assert_near(optimizer_rate(&c, 0), 0.005, 1e-15);
        assert_near(optimizer_rate(&c, 9), 0.05, 1e-15);
        assert_near(optimizer_rate(&c, 19), 0.1, 1e-15);
        assert_near(optimizer_rate(&c, 20), 0.1, 1e-15);
    }
}

static void constant_stays(void **state)
{
    (void)state;
    const struct optimizer_config c = config(SCHEDULE_CONSTANT, 0);
    assert_near(optimizer_rate(&c, 0), 0.1, 0);
    assert_near(optimizer_rate(&c, 99), 0.1, 0);
    assert_near(optimizer_rate(&c, 500), 0.1, 0);
}

static void linear_falls_to_0_at_the_last_step(void **state)
{
    (void)state;
    const struct optimizer_config c = config(SCHEDULE_LINEAR, 20);
    assert_near(optimizer_rate(&c, 40), 0.075, 1e-15);
    assert_near(optimizer_rate(&c, 99), 0.1 / 80, 1e-15);
    assert_near(optimizer_rate(&c, 100), 0, 0);
    assert_near(optimizer_rate(&c, 140), 0, 0);
}

/* Half, a third and two thirds of the way are the cosines of 90, 60 and 120 degrees. */
static void cosine_falls_along_half_a_wave(void **state)
{
    (void)state;
    const struct optimizer_config c = config(SCHEDULE_COSINE, 10);
    assert_near(optimizer_rate(&c, 55), 0.05, 1e-15);
    assert_near(optimizer_rate(&c, 40), 0.075, 1e-15);
    assert_near(optimizer_rate(&c, 70), 0.025, 1e-15);
    assert_near(optimizer_rate(&c, 100), 0, 1e-15);
}

static void a_run_that_is_all_warm_up_has_a_rate(void **state)
{
    (void)state;
    for (int s = SCHEDULE_LINEAR; s <= SCHEDULE_COSINE; s++) {
        const struct optimizer_config c = config((enum schedule_kind)s, 100);
        assert_near(optimizer_rate(&c, 99), 0.1, 1e-15);
        assert_near(optimizer_rate(&c, 100), 0, 1e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_up_rises_in_equal_steps_to_lr),
        cmocka_unit_test(constant_stays),
        cmocka_unit_test(linear_falls_to_0_at_the_last_step),
        cmocka_unit_test(cosine_falls_along_half_a_wave),
        cmocka_unit_test(a_run_that_is_all_warm_up_has_a_rate),
    };
    return cmocka_run_group_tests_name("optimizer", tests, NULL, NULL);
}
