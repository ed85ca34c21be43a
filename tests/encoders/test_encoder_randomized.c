/* links: models_double */
/* Draws of places: uniform, independent for each sample or common to a batch; what other
 * encoders make of them; and the trainer's own use of them, for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "encoder_bed.h"
#include "toy.h"

extern const struct encoder encoder_randomized;

static void draw(const struct bed *b, bool training, uint64_t sample, int T, int *place)
{
    const struct placing by = {.training = training,
                               .sample = rng_stream(1, RNG_TEST, "sample", sample),
                               .batch = rng_stream(1, RNG_TEST, "batch", 0)};
    encoder_randomized.place(&b->dims, &b->options, &by, T, place);
}

/* 3 of 14 places have 364 subsets; each place is in 3/14 of them. Bounds are 6 standard
 * errors. */
static void every_place_is_as_likely(void **state)
{
    static struct bed b;
    enum { DRAWS = 20000 };
    int seen[BED_LONGEST] = {0};
    (void)state;
    bed_open(&b, &encoder_randomized, "places=14");
    for (int i = 0; i < DRAWS; i++) {
        int place[3];
        draw(&b, true, (uint64_t)i, 3, place);
        for (int t = 0; t < 3; t++)
            seen[place[t]]++;
    }
    for (int n = 0; n < BED_LONGEST; n++)
        assert_true(fabs(seen[n] / (double)DRAWS - 3.0 / 14) < 6 * 0.0029);
}

static void a_range_as_long_as_the_sequence_changes_nothing(void **state)
{
    static struct bed b;
    int place[BED_LONGEST];
    (void)state;
    bed_open(&b, &encoder_randomized, "places=14");
    draw(&b, true, 3, BED_LONGEST, place);
    for (int t = 0; t < BED_LONGEST; t++)
        assert_int_equal(place[t], t);
}

static bool same_draws(const char *settings, bool training)
{
    static struct bed b;
    int one[6], other[6];
    bed_open(&b, &encoder_randomized, settings);
    draw(&b, training, 1, 6, one);
    draw(&b, training, 2, 6, other);
    return memcmp(one, other, sizeof one) == 0;
}

static void a_batch_may_share_its_draw(void **state)
{
    (void)state;
    assert_false(same_draws("", true));
    assert_false(same_draws("", false));
    assert_true(same_draws("scope=batch", true));
}

/* 5 tokens are spread over 0 .. 55. */
static void even_places_reach_from_end_to_end(void **state)
{
    static struct bed b;
    const int expected[] = {0, 13, 27, 41, 55};
    int place[5];
    (void)state;
    bed_open(&b, &encoder_randomized, "evaluation=even");
    draw(&b, false, 1, 5, place);
    assert_memory_equal(place, expected, sizeof place);
    draw(&b, false, 1, 1, place);
    assert_int_equal(place[0], 0);
    assert_true(same_draws("evaluation=even", false));
    assert_false(same_draws("evaluation=even", true));
}

static void it_needs_somebody_who_looks_at_places(void **state)
{
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(encoder_stack_parse("randomized", &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "as in \"randomized+rope\""));
    assert_int_equal(encoder_stack_parse("cope+randomized", &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "\"cope\" has no use for the places"));
    assert_int_equal(encoder_stack_parse("randomized+rope+shift", &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "choose the places"));
    assert_int_equal(encoder_stack_parse("randomized+rope", &s, &e), ST_OK);
}

/* Returns the sum of losses of a step or, for step -1, of an evaluation, from sample `first`
 * on. */
static double loss_of(int threads, int step, uint64_t first)
{
    struct trainer_config c = toy_config("alibi+randomized", "places=40");
    struct batch b = toy_batch();
    struct trainer *t;
    struct err e;
    float loss[TOY_TOKENS] = {0};
    int32_t best[TOY_TOKENS];
    double sum = 0;
    c.threads = threads;
    b.first = first;
    assert_int_equal(trainer_open(&c, &t, &e), ST_OK);
    toy_shake(trainer_model(t), 6);
    if (step >= 0) {
        real *grad = calloc(model_size(trainer_model(t)), sizeof *grad);
        assert_non_null(grad);
        sum = trainer_gradient(t, step, &b, grad);
        free(grad);
    } else {
        trainer_evaluate(t, &b, loss, best);
        for (int i = 0; i < TOY_TOKENS; i++)
            sum += (double)loss[i];
    }
    trainer_close(t);
    return sum;
}

static void places_depend_on_step_and_sample_alone(void **state)
{
    (void)state;
    assert_near(loss_of(1, 2, 0), loss_of(2, 2, 0), 0);
    assert_true(loss_of(1, 2, 0) != loss_of(1, 3, 0));
    assert_near(loss_of(1, -1, 0), loss_of(2, -1, 0), 0);
    assert_true(loss_of(1, -1, 0) != loss_of(1, -1, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_as_likely),
        cmocka_unit_test(a_range_as_long_as_the_sequence_changes_nothing),
        cmocka_unit_test(a_batch_may_share_its_draw),
        cmocka_unit_test(even_places_reach_from_end_to_end),
        cmocka_unit_test(it_needs_somebody_who_looks_at_places),
        cmocka_unit_test(places_depend_on_step_and_sample_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
