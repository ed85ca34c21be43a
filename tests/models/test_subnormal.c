/* Numbers below 2^-126 are flushed to zero inside attention when an encoder says that its
 * weights fade, and nowhere else. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "toy.h"

static int kept, flushed;

static bool subnormals_are_kept(void)
{
    volatile float x = FLT_MIN;
    x = x / 2;
    return x > 0;
}

static void look(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)e;
    (void)p;
    (void)scratch;
    *(subnormals_are_kept() ? &kept : &flushed) += 1;
}

static const struct encoder plain = {.name = "plain", .score = look, .score_grad = look};
static const struct encoder fading = {
    .name = "fading", .score = look, .score_grad = look, .fades = true};

static void take_a_step(const struct encoder *encoder)
{
    struct trainer_config c = toy_config_of(&encoder, 1);
    const struct batch b = toy_batch();
    struct trainer *t;
    struct err e;
    double loss;
    kept = flushed = 0;
    assert_int_equal(trainer_open(&c, &t, &e), ST_OK);
    assert_int_equal(trainer_step(t, 0, &b, &loss, &e), ST_OK);
    trainer_close(t);
    assert_true(subnormals_are_kept());
}

static void other_encoders_keep_them(void **state)
{
    (void)state;
    take_a_step(&plain);
    assert_true(kept > 0);
    assert_int_equal(flushed, 0);
}

static void fading_weights_flush_them(void **state)
{
    (void)state;
#ifndef __SSE2__
    skip();
#endif
    take_a_step(&fading);
    assert_int_equal(kept, 0);
    assert_true(flushed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_encoders_keep_them),
        cmocka_unit_test(fading_weights_flush_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
