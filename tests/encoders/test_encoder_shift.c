/* links: models_double */
/* Shifts of training sequences, none in tests, and the rows that they train. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_shift;

static int shift_of(const struct bed *b, bool training, uint64_t sample, int T)
{
    int place[BED_LONGEST];
    const struct placing by = {.training = training,
                               .sample = rng_stream(1, RNG_TEST, "sample", sample)};
    encoder_shift.place(&b->dims, &b->options, &by, T, place);
    for (int t = 1; t < T; t++)
        assert_int_equal(place[t], place[0] + t);
    return place[0];
}

/* Training has 9 tokens, the longest split 14: 9 tokens move by 0 to 5, 4 tokens by 0 to 10. */
static void every_place_of_the_longest_split_is_reached(void **state)
{
    static struct bed b;
    int seen[2][BED_LONGEST] = {{0}};
    (void)state;
    bed_open(&b, &encoder_shift, "");
    assert_int_equal(encoder_shift.places(&b.dims, &b.options), 14);
    for (uint64_t i = 0; i < 500; i++) {
        seen[0][shift_of(&b, true, i, 9)]++;
        seen[1][shift_of(&b, true, i, 4)]++;
    }
    for (int k = 0; k < BED_LONGEST; k++) {
        assert_int_equal(seen[0][k] > 0, k <= 5);
        assert_int_equal(seen[1][k] > 0, k <= 10);
    }
}

static void tests_start_at_0(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_shift, "most=100");
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(shift_of(&b, false, i, 14), 0);
    assert_int_equal(encoder_shift.places(&b.dims, &b.options), 109);
}

/* The shifts train every row of a learned table. */
static void a_learned_table_reaches_the_longest_split(void **state)
{
    const struct encoder_dims d = bed_dims(2, 8);
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(encoder_stack_parse("absolute", &s, &e), ST_OK);
    assert_int_equal(encoder_stack_reach(&s, &d), REACH_UNTRAINED);
    assert_int_equal(encoder_stack_parse("absolute+shift", &s, &e), ST_OK);
    assert_int_equal(encoder_stack_resolve(&s, &d, &e), ST_OK);
    assert_int_equal(encoder_stack_reach(&s, &d), REACH_DEFINED);
}

/* A sequence longer than any in training, as in a trainer's own tests, is not moved. */
static void what_is_too_long_stays(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_shift, "most=1");
    assert_int_equal(shift_of(&b, true, 1, 14), 0);
}

/* rope depends on distances only; some of fire's logits depend on the query's place. */
static void it_needs_somebody_who_looks_at_more_than_distances(void **state)
{
    static const char *const in_vain[] = {"rope+shift", "relative+shift",
                                          "kerple+shift+t5"};
    static const char *const good[] = {"absolute+relative+shift", "fire+shift",
                                       "shift+sinusoidal", "randomized+relative",
                                       "kerple+randomized"};
    struct encoder_stack s;
    struct err e;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(encoder_stack_parse(in_vain[i], &s, &e), ST_CONFIG);
        assert_non_null(strstr(e.msg, "look at distances alone; leave it out, or add one "
                                      "that looks at places, as in \"absolute+shift\""));
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(encoder_stack_parse(good[i], &s, &e), ST_OK);
}

/* All distances are trained when places are drawn one by one, but not when they move together. */
static void distances_are_spread_by_randomized_alone(void **state)
{
    const struct encoder_dims d = bed_dims(2, 8);
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(encoder_stack_parse("absolute+relative+shift", &s, &e), ST_OK);
    assert_true(encoder_stack_dims(&s, &d).placed);
    assert_false(encoder_stack_dims(&s, &d).spread);
    assert_int_equal(encoder_stack_reach(&s, &d), REACH_UNTRAINED);
    assert_int_equal(encoder_stack_parse("absolute+randomized+relative", &s, &e), ST_OK);
    assert_true(encoder_stack_dims(&s, &d).spread);
    assert_int_equal(encoder_stack_reach(&s, &d), REACH_DEFINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_of_the_longest_split_is_reached),
        cmocka_unit_test(tests_start_at_0),
        cmocka_unit_test(a_learned_table_reaches_the_longest_split),
        cmocka_unit_test(what_is_too_long_stays),
        cmocka_unit_test(it_needs_somebody_who_looks_at_more_than_distances),
        cmocka_unit_test(distances_are_spread_by_randomized_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
