/* links: models_double */
/* Increments worked by hand, temperatures, gates, and rope as a special case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_selective_rope, encoder_rope;

enum { DOWN, UP, FILTER, GATE };

/* Returns the angle of token t, head h, pair m of the usual bed, from its state. */
static double angle(const struct bed *b, int t, int h, int m)
{
    const real *state = b->state.at + (size_t)t * BED_WIDE + (size_t)h * 8;
    return atan2(state[4 + m], state[m]);
}

/* Without a map every token adds its bias e^0 = 1; temperatures are those of rope with base 16. */
static void equal_increments_are_rope(void **state)
{
    static struct bed b, rope;
    (void)state;
    bed_open(&rope, &encoder_rope, "layout=halves base=16");
    bed_open(&b, &encoder_selective_rope, "theta=16 bias=true");
    bed_fill(b.weight[UP], bed_size(&b, UP), 0);
    bed_fill(b.weight[GATE], bed_size(&b, GATE), 0); /* the bias, as there is no gate */
    bed_read(&b);
    for (int t = 0; t < BED_LONGEST; t++)
        for (int m = 0; m < 4; m++)
            assert_near(cos(angle(&b, t, 1, m)), cos((t + 1) * pow(16, -m / 4.0)), 1e-12);
    for (int keys = 0; keys < 2; keys++) {
        const struct turn turn = bed_turn(&b, keys), other = bed_turn(&rope, keys);
        encoder_selective_rope.rotate(&b.view, &turn);
        for (int r = 0; r < BED_LONGEST; r++)
            rope.turn_place[r] = r + 1 < BED_LONGEST ? r + 1 : r; /* one step further */
        encoder_rope.rotate(&rope.view, &other);
    }
    for (int r = 0; r + 1 < BED_LONGEST; r++)
        assert_close_double(b.q.at + (size_t)r * BED_STRIDE,
                            rope.q.at + (size_t)r * BED_STRIDE, 8, 1e-12);
}

static void a_gate_of_one_half_halves_the_turn(void **state)
{
    static struct bed b, open;
    (void)state;
    bed_open(&open, &encoder_selective_rope, "");
    bed_open(&b, &encoder_selective_rope, "gate=true");
    bed_fill(b.weight[GATE], bed_size(&b, GATE), 0);
    bed_fill(b.weight[GATE + 1], bed_size(&b, GATE + 1), 0);
    bed_read(&b);
    for (int t = 0; t < 3; t++)
        assert_near(angle(&b, t, 1, 0), angle(&open, t, 1, 0) / 2, 1e-12);
}

/* There is one inner number, the first channel of head 1 divided by the head's length; the
 * filter adds half of the token before. */
static void increments_are_the_formula(void **state)
{
    static struct bed b;
    double unit[3];
    (void)state;
    bed_open(&b, &encoder_selective_rope, "rank=1 conv=2 temp_max=0.5");
    bed_fill(b.weight[DOWN], bed_size(&b, DOWN), 0);
    b.weight[DOWN][8] = 1;
    bed_fill(b.weight[UP], bed_size(&b, UP), 1);
    for (int a = 0; a < 8; a++) {
        b.weight[FILTER][(size_t)a * 2] = 0.5;
        b.weight[FILTER][a * 2 + 1] = 1;
    }
    bed_read(&b);
    for (int t = 0; t < 3; t++) {
        const real *x = b.tokens + (size_t)t * 16 + 8;
        double square = 1e-6;
        for (int c = 0; c < 8; c++)
            square += x[c] * x[c];
        unit[t] = x[0] / sqrt(square);
    }
    const double sum = unit[0] + unit[1] + unit[2] + (unit[0] + unit[1]) / 2;
    assert_near(angle(&b, 2, 1, 0), 0.5 * sum, 1e-12);
    assert_near(angle(&b, 2, 0, 0), 0.5 * sum, 1e-12);
    assert_near(angle(&b, 2, 1, 1), 0.5 * sum * pow(500000, -0.25), 1e-12);
}

static void temperatures_follow_the_tangent(void **state)
{
    static struct bed b;
    const double half_pi = acos(0);
    (void)state;
    bed_open(&b, &encoder_selective_rope, "temperature=rfa temp_max=0.25");
    assert_near(b.options.v[3], 0.9999, 0);
    assert_near(b.constants[0], 0, 0);
    assert_near(b.constants[3], 0.25, 1e-12);
    assert_near(b.constants[2] / b.constants[1],
                tan(0.9999 * half_pi * 2 / 3) / tan(0.9999 * half_pi / 3), 1e-9);
}

static void each_temperature_has_its_theta(void **state)
{
    static struct bed b;
    const struct encoder_dims dims = bed_dims(2, 8), narrow = bed_dims(2, 1);
    struct option_values o = bed_options(&encoder_selective_rope, "theta=0.5");
    struct err e;
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_selective_rope, &o, &dims, &e), ST_CONFIG);
    o = bed_options(&encoder_selective_rope, "theta=2 temperature=rfa");
    assert_int_equal(bed_try(&b, &encoder_selective_rope, &o, &dims, &e), ST_CONFIG);
    o = bed_options(&encoder_selective_rope, "");
    assert_int_equal(bed_try(&b, &encoder_selective_rope, &o, &narrow, &e), ST_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_increments_are_rope),
        cmocka_unit_test(a_gate_of_one_half_halves_the_turn),
        cmocka_unit_test(increments_are_the_formula),
        cmocka_unit_test(temperatures_follow_the_tangent),
        cmocka_unit_test(each_temperature_has_its_theta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
