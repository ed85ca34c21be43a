/* links: models_double */
/* xpos worked by hand, without decay, and as a function of the distance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_xpos, encoder_rope;

static void open_with_width(struct bed *b, const struct encoder *e, int d,
                            const char *settings)
{
    const struct option_values options = bed_options(e, settings);
    const struct encoder_dims dims = bed_dims(1, d);
    assert_int_equal(bed_try(b, e, &options, &dims, NULL), ST_OK);
}

/* Turns x [d] as the query or key at a place. */
static void turn_to(const struct bed *b, int place, bool keys, real *x)
{
    const struct turn t = {.keys = keys,
                           .rows = 1,
                           .row = &place,
                           .place = &place,
                           .x = {x, b->dims.head_dim}};
    b->encoder->rotate(&b->view, &t);
}

/* d = 4: one step turns pair 0 by 1 radian and multiplies it by 2/7, pair 1 by 0.01 and 9/14. */
static void a_step_turns_and_fades(void **state)
{
    static struct bed b;
    real q[] = {1, 0, 1, 0}, k[] = {1, 0, 1, 0};
    const double z0 = 2.0 / 7, z1 = 9.0 / 14;
    const double query[] = {z0 * cos(1), z0 * sin(1), z1 * cos(0.01), z1 * sin(0.01)};
    const double key[] = {cos(2) / z0 / z0, sin(2) / z0 / z0, cos(0.02) / z1 / z1,
                          sin(0.02) / z1 / z1};
    (void)state;
    open_with_width(&b, &encoder_xpos, 4, "decay_length=1");
    turn_to(&b, 1, false, q);
    turn_to(&b, 2, true, k);
    assert_close_double(q, query, 4, 1e-12);
    assert_close_double(k, key, 4, 1e-12);
}

static double product(const struct bed *b, int i, int j)
{
    real q[8], k[8];
    double dot = 0;
    for (int c = 0; c < 8; c++) {
        q[c] = bed_noise(1, c);
        k[c] = bed_noise(2, c);
    }
    turn_to(b, i, false, q);
    turn_to(b, j, true, k);
    for (int c = 0; c < 8; c++)
        dot += q[c] * k[c];
    return dot;
}

static void products_depend_on_the_distance_alone(void **state)
{
    static struct bed b;
    (void)state;
    open_with_width(&b, &encoder_xpos, 8, "decay_length=20 layout=halves");
    for (int distance = 0; distance < 8; distance++)
        assert_near(product(&b, distance, 0), product(&b, distance + 5, 5), 1e-12);
}

static void without_decay_it_is_rope(void **state)
{
    static struct bed xpos, rope;
    const char *const settings[] = {"layout=adjacent", "layout=halves base=50"};
    (void)state;
    for (int s = 0; s < 2; s++) {
        char text[64];
        snprintf(text, sizeof text, "%s decay_length=1e12", settings[s]);
        open_with_width(&xpos, &encoder_xpos, 8, text);
        open_with_width(&rope, &encoder_rope, 8, settings[s]);
        for (int i = 0; i < BED_LONGEST; i++)
            assert_near(product(&xpos, i, 3), product(&rope, i, 3), 1e-9);
    }
}

static void places_that_fade_beyond_float_are_refused(void **state)
{
    static struct bed b;
    struct err e = {0};
    const struct option_values options = bed_options(&encoder_xpos, "");
    struct encoder_dims dims = bed_dims(1, 8);
    (void)state;
    dims.longest = 40000;
    assert_int_equal(bed_try(&b, &encoder_xpos, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set decay_length to 627 or more"));
    dims = bed_dims(8, 1);
    assert_int_equal(bed_try(&b, &encoder_xpos, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "no pair to turn"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_turns_and_fades),
        cmocka_unit_test(products_depend_on_the_distance_alone),
        cmocka_unit_test(without_decay_it_is_rope),
        cmocka_unit_test(places_that_fade_beyond_float_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
