/* links: models_double */
/* Rotary encoding: which channels turn, how far and in which direction, and what follows for
 * scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_rope;

static void open_with_width(struct bed *b, int d, const char *settings)
{
    const struct option_values options = bed_options(&encoder_rope, settings);
    const struct encoder_dims dims = bed_dims(1, d);
    assert_int_equal(bed_try(b, &encoder_rope, &options, &dims, NULL), ST_OK);
}

/* Turns x [d] to `position`, in place. */
static void turn_to(const struct bed *b, int position, real *x)
{
    const struct turn t = {
        .rows = 1, .row = &position, .place = &position, .x = {x, BED_STRIDE}};
    b->encoder->rotate(&b->view, &t);
}

static void a_pair_turns_its_frequency_a_step(void **state)
{
    static struct bed b;
    real x[] = {1, 0, 1, 0}, y[] = {1, 0, 0, 1};
    const double at_1[] = {0.5403023059, 0.8414709848, 0.9999500004, 0.0099998333};
    const double at_3[] = {-0.9899924966, 0.1411200081, -0.0299955002, 0.9995500337};
    (void)state;
    open_with_width(&b, 4, "");
    turn_to(&b, 1, x);
    turn_to(&b, 3, y);
    assert_close_double(x, at_1, 4, 1e-9);
    assert_close_double(y, at_3, 4, 1e-9);
}

static void halves_pair_channels_half_a_head_apart(void **state)
{
    static struct bed b;
    real x[] = {1, 1, 0, 0};
    const double at_1[] = {0.5403023059, 0.9999500004, 0.8414709848, 0.0099998333};
    (void)state;
    open_with_width(&b, 4, "layout=halves");
    turn_to(&b, 1, x);
    assert_close_double(x, at_1, 4, 1e-9);
}

static void the_base_sets_the_slow_pairs(void **state)
{
    static struct bed b;
    real x[] = {1, 0, 1, 0};
    const double at_1[] = {0.5403023059, 0.8414709848, 0.9950041653, 0.0998334166};
    (void)state;
    open_with_width(&b, 4, "base=100");
    turn_to(&b, 1, x);
    assert_close_double(x, at_1, 4, 1e-9);
}

/* Half of 8 channels turn with frequencies 1 and 0.01, as in a head of 4; the rest stay. */
static void a_fraction_turns_the_first_channels(void **state)
{
    static struct bed b;
    real adjacent[] = {1, 0, 1, 0, 5, 6, 7, 8}, halves[] = {1, 1, 0, 0, 5, 6, 7, 8};
    const double turned[] = {
        0.5403023059, 0.8414709848, 0.9999500004, 0.0099998333, 5, 6, 7, 8};
    const double half_turned[] = {
        0.5403023059, 0.9999500004, 0.8414709848, 0.0099998333, 5, 6, 7, 8};
    (void)state;
    open_with_width(&b, 8, "fraction=0.5");
    turn_to(&b, 1, adjacent);
    open_with_width(&b, 8, "fraction=0.5 layout=halves");
    turn_to(&b, 1, halves);
    assert_close_double(adjacent, turned, 8, 1e-9);
    assert_close_double(halves, half_turned, 8, 1e-9);
}

/* Computes RoFormer's equation for 8 channels at each position. */
static void fraction_1_is_the_papers_rotation(void **state)
{
    static struct bed b;
    (void)state;
    open_with_width(&b, 8, "fraction=1");
    for (int t = 0; t < BED_LONGEST; t++) {
        real x[8], expected[8];
        for (int c = 0; c < 8; c++)
            x[c] = bed_noise(1, c);
        for (int m = 0; m < 4; m++) {
            const double angle = t / pow(10000, m / 4.0);
            const real *from = x + (size_t)2 * m;
            real *to = expected + (size_t)2 * m;
            to[0] = from[0] * cos(angle) - from[1] * sin(angle);
            to[1] = from[0] * sin(angle) + from[1] * cos(angle);
        }
        turn_to(&b, t, x);
        assert_close_double(x, expected, 8, 1e-12);
    }
}

static void fraction_0_turns_nothing(void **state)
{
    static struct bed b;
    real x[] = {1, 2, 3, 4};
    const double same[] = {1, 2, 3, 4};
    (void)state;
    open_with_width(&b, 4, "fraction=0");
    turn_to(&b, 13, x);
    assert_close_double(x, same, 4, 0);
}

static void the_fraction_becomes_that_of_an_even_number(void **state)
{
    static struct bed b;
    const int fraction = option_find(encoder_rope.options, "fraction");
    (void)state;
    open_with_width(&b, 8, "fraction=0.3"); /* 2.4 channels */
    assert_near(b.options.v[fraction], 0.25, 0);
    open_with_width(&b, 8, "fraction=0.4"); /* 3.2 channels */
    assert_near(b.options.v[fraction], 0.5, 0);
    open_with_width(&b, 5, "");
    assert_near(b.options.v[fraction], 0.8, 1e-15);
}

static void a_fraction_too_small_for_a_pair_is_refused(void **state)
{
    static struct bed b;
    struct err e = {0};
    const struct option_values options = bed_options(&encoder_rope, "fraction=0.1");
    const struct encoder_dims dims = bed_dims(1, 8);
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_rope, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "at least 2 channels"));
}

static double score_of(const struct bed *b, int i, int j)
{
    real q[8], k[8];
    double dot = 0;
    for (int c = 0; c < 8; c++) {
        q[c] = bed_noise(1, c);
        k[c] = bed_noise(2, c);
    }
    turn_to(b, i, q);
    turn_to(b, j, k);
    for (int c = 0; c < 8; c++)
        dot += q[c] * k[c];
    return dot;
}

static void scores_depend_on_distance_alone(void **state)
{
    static struct bed b;
    const char *const settings[] = {"", "layout=halves", "fraction=0.5", "base=10"};
    (void)state;
    for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++) {
        open_with_width(&b, 8, settings[s]);
        for (int distance = 0; distance < 8; distance++)
            assert_near(score_of(&b, distance, 0), score_of(&b, distance + 5, 5), 1e-12);
        assert_true(fabs(score_of(&b, 1, 0) - score_of(&b, 2, 0)) > 1e-3);
    }
}

/* Channel 2m of `adjacent` is channel m of `halves`, and 2m + 1 is m + d/2. */
static void halves_are_adjacent_pairs_with_channels_permuted(void **state)
{
    static struct bed adjacent, halves;
    (void)state;
    open_with_width(&adjacent, 8, "");
    open_with_width(&halves, 8, "layout=halves");
    for (int t = 0; t < BED_LONGEST; t++) {
        real x[8], y[8], back[8];
        for (int c = 0; c < 8; c++)
            y[c % 2 * 4 + c / 2] = x[c] = bed_noise(1, c);
        turn_to(&adjacent, t, x);
        turn_to(&halves, t, y);
        for (int c = 0; c < 8; c++)
            back[c] = y[c % 2 * 4 + c / 2];
        assert_close_double(x, back, 8, 1e-12);
    }
}

static void each_row_turns_by_its_own_position(void **state)
{
    static struct bed b;
    const int position[] = {3, 7, 12};
    (void)state;
    open_with_width(&b, 8, "");
    bed_panel(&b, 3, position);
    const struct bed_matrix q = b.q;
    const struct turn t = bed_turn(&b, false);
    encoder_rope.rotate(&b.view, &t);
    for (int r = 0; r < 3; r++) {
        real x[8];
        memcpy(x, q.at + (size_t)r * BED_STRIDE, sizeof x);
        turn_to(&b, position[r], x);
        assert_close_double(b.q.at + (size_t)r * BED_STRIDE, x, 8, 0);
    }
}

/* Checks the radians of pair m at place 1, and the table's size. d = 8 has frequencies 1, 0.1,
 * 0.01, 0.001; training has 9 tokens. */
static void assert_angles(const char *settings, const double angle[4], double size)
{
    static struct bed b;
    bed_open(&b, &encoder_rope, settings);
    const real *table = b.constants + 8;
    for (int m = 0; m < 4; m++) {
        assert_near(table[m], size * cos(angle[m]), 1e-12);
        assert_near(table[4 + m], size * sin(angle[m]), 1e-12);
    }
}

/* ntk: base^(-m/4) 4^(-m/3) slows the last pair 4 times and the first not at all. yarn: 9
 * tokens turn pair 0 by 9 / (2 pi) = 1.4 turns; the ramp goes from pair 0 to the pair that
 * turns once, 8 ln(9 / (2 pi)) / (2 ln 10000) = 0.156, rounded up to 1. */
static void scalings_by_hand(void **state)
{
    const double none[] = {1, 0.1, 0.01, 0.001};
    const double pi[] = {0.25, 0.025, 0.0025, 0.00025};
    const double ntk[] = {1, 0.1 * pow(4, -1.0 / 3), 0.01 * pow(4, -2.0 / 3), 0.00025};
    const double yarn[] = {1, 0.025, 0.0025, 0.00025};
    (void)state;
    assert_angles("", none, 1);
    assert_angles("scaling=pi factor=4", pi, 1);
    assert_angles("scaling=ntk factor=4", ntk, 1);
    assert_angles("scaling=yarn factor=4", yarn, 0.1 * log(4) + 1);
}

static void factor_1_scales_nothing(void **state)
{
    static const char *const settings[] = {"scaling=pi factor=1", "scaling=ntk factor=1",
                                           "scaling=yarn factor=1"};
    const double none[] = {1, 0.1, 0.01, 0.001};
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_angles(settings[i], none, 1);
}

/* p-RoPE keeps the frequencies of its pairs, while a fraction puts all frequencies into fewer
 * channels. */
static void the_fastest_pairs_turn_and_the_others_keep_still(void **state)
{
    static struct bed b;
    const double half[] = {1, 0.1, 0, 0}, none[] = {0, 0, 0, 0};
    const int fastest = option_find(encoder_rope.options, "fastest");
    (void)state;
    assert_angles("fastest=0.5", half, 1);
    assert_angles("fastest=0.74", half, 1);
    assert_angles("fastest=0", none, 1);
    open_with_width(&b, 8, "fastest=0.74");
    assert_near(b.options.v[fastest], 0.5, 0);
    /* 10 pairs are more than the bed holds; 0.3 is stored as slightly less. */
    struct option_values three = bed_options(&encoder_rope, "fastest=0.3");
    const struct encoder_dims wide = bed_dims(1, 20);
    assert_int_equal(encoder_rope.resolve(&wide, &three, NULL), ST_OK);
    assert_near(three.v[fastest], 0.3, 1e-15);
}

/* The 3 slowest of 4 pairs get the factors 1, 1/2 and 0. When more than 4 are asked for, all 4
 * get 1, 3/4, 1/4, 0. */
static void clipped_frequencies_taper_off(void **state)
{
    static struct bed b;
    struct err e = {0};
    const double three[] = {1, 0.1, 0.005, 0}, all[] = {1, 0.075, 0.0025, 0};
    const struct option_values one = bed_options(&encoder_rope, "clipped=1");
    const struct encoder_dims dims = bed_dims(1, 8);
    (void)state;
    assert_angles("clipped=3", three, 1);
    assert_angles("clipped=20", all, 1);
    assert_int_equal(bed_try(&b, &encoder_rope, &one, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set clipped to 0"));
}

/* Turns a row at place 5 of a sequence of `tokens` and checks that pair m turns by 5 theta_m
 * of rope with a base that is `by` times as large. */
static void assert_turned(const struct bed *b, int tokens, bool halves, double by)
{
    const int place = 5;
    real x[] = {1, 0, 1, 0, 1, 0, 1, 0};
    const struct turn t = {
        .tokens = tokens, .rows = 1, .row = &place, .place = &place, .x = {x, 8}};
    for (int c = 0; halves && c < 8; c++)
        x[c] = c < 4;
    encoder_rope.rotate(&b->view, &t);
    for (int m = 0; m < 4; m++) {
        const double angle = 5 * pow(10000, -m / 4.0) * pow(by, -m / 3.0);
        assert_near(x[halves ? m : 2 * m], cos(angle), 1e-12);
        assert_near(x[halves ? m + 4 : 2 * m + 1], sin(angle), 1e-12);
    }
}

/* 14 tokens, 9 trained: with s = 4 ntk uses 4 * 14 / 9 - 3 = 29/9, with s = 1 it uses 14/9. */
static void dynamic_scaling_follows_the_length_of_the_sequence(void **state)
{
    static struct bed b;
    const char *const layout[] = {"layout=adjacent", "layout=halves"};
    (void)state;
    for (int k = 0; k < 4; k++) {
        char settings[64];
        snprintf(settings, sizeof settings, "scaling=dynamic factor=%d %s", k % 2 ? 1 : 4,
                 layout[k / 2]);
        open_with_width(&b, 8, settings);
        assert_turned(&b, 9, k >= 2, 1);
        assert_turned(&b, 14, k >= 2, k % 2 ? 14.0 / 9 : 29.0 / 9);
    }
}

/* 65 pairs: the code computes angles 64 at a time. */
static void dynamic_scaling_of_wide_heads(void **state)
{
    const struct encoder_dims dims = {
        .heads = 1, .head_dim = 130, .trained_length = 4, .longest = 16, .places = 16};
    const struct option_values o =
        bed_options(&encoder_rope, "scaling=dynamic layout=halves");
    const struct encoder_view view = {.dims = &dims, .options = &o};
    const int place = 3;
    real x[130];
    const struct turn t = {
        .tokens = 8, .rows = 1, .row = &place, .place = &place, .x = {x, 130}};
    (void)state;
    for (int c = 0; c < 130; c++)
        x[c] = c < 65;
    encoder_rope.rotate(&view, &t);
    for (int m = 0; m < 65; m++) /* 4 * 8 / 4 - 3 = 5 */
        assert_near(x[m], cos(3 * pow(10000, -m / 65.0) * pow(5, -m / 64.0)), 1e-12);
}

static void learned_frequencies_start_as_fixed_ones(void **state)
{
    static struct bed learned, fixed;
    const char *const settings[] = {"", "scaling=yarn clipped=2", "layout=halves base=50"};
    (void)state;
    for (int s = 0; s < 3; s++) {
        char text[96];
        real x[8], y[8];
        snprintf(text, sizeof text, "frequencies=learned %s", settings[s]);
        open_with_width(&learned, 8, text);
        open_with_width(&fixed, 8, settings[s]);
        assert_int_equal(learned.tensors, 1);
        assert_true(learned.spec[0].per_layer);
        encoder_rope.start(&learned.dims, &learned.options, 0, learned.weight[0]);
        bed_derive(&learned);
        for (int c = 0; c < 8; c++)
            x[c] = y[c] = bed_noise(1, c);
        turn_to(&learned, 13, x);
        turn_to(&fixed, 13, y);
        assert_close_double(x, y, 8, 1e-12);
    }
}

static void nothing_to_learn_is_refused(void **state)
{
    static struct bed b;
    struct err e = {0};
    struct option_values options =
        bed_options(&encoder_rope, "frequencies=learned fraction=0");
    const struct encoder_dims dims = bed_dims(1, 8);
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_rope, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "no frequency to learn"));
    options = bed_options(&encoder_rope, "frequencies=learned scaling=dynamic");
    assert_int_equal(bed_try(&b, &encoder_rope, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set scaling to ntk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_turns_its_frequency_a_step),
        cmocka_unit_test(halves_pair_channels_half_a_head_apart),
        cmocka_unit_test(the_base_sets_the_slow_pairs),
        cmocka_unit_test(a_fraction_turns_the_first_channels),
        cmocka_unit_test(fraction_1_is_the_papers_rotation),
        cmocka_unit_test(fraction_0_turns_nothing),
        cmocka_unit_test(the_fraction_becomes_that_of_an_even_number),
        cmocka_unit_test(a_fraction_too_small_for_a_pair_is_refused),
        cmocka_unit_test(scores_depend_on_distance_alone),
        cmocka_unit_test(halves_are_adjacent_pairs_with_channels_permuted),
        cmocka_unit_test(each_row_turns_by_its_own_position),
        cmocka_unit_test(scalings_by_hand),
        cmocka_unit_test(factor_1_scales_nothing),
        cmocka_unit_test(the_fastest_pairs_turn_and_the_others_keep_still),
        cmocka_unit_test(clipped_frequencies_taper_off),
        cmocka_unit_test(dynamic_scaling_follows_the_length_of_the_sequence),
        cmocka_unit_test(dynamic_scaling_of_wide_heads),
        cmocka_unit_test(learned_frequencies_start_as_fixed_ones),
        cmocka_unit_test(nothing_to_learn_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
