/* links: models_double */
/* Sines and cosines: known entries, and the paper's claim about their inner products. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_sinusoidal;

/* Opens one head of C channels, with all tokens zero before the encoder adds to them. */
static void open_with_channels(struct bed *b, int C, const char *settings)
{
    const struct option_values options = bed_options(&encoder_sinusoidal, settings);
    const struct encoder_dims dims = bed_dims(1, C);
    assert_int_equal(bed_try(b, &encoder_sinusoidal, &options, &dims, NULL), ST_OK);
    bed_fill(b->x, BED_LONGEST * BED_CHANNELS, 0);
    b->encoder->embed(&b->view, BED_LONGEST, b->place, b->x);
}

static void entries_have_their_known_values(void **state)
{
    static struct bed b;
    const double token_0[] = {0, 1, 0, 1};
    const double token_1[] = {0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004};
    const double token_3[] = {0.1411200081, -0.9899924966, 0.0299955002, 0.9995500337};
    (void)state;
    open_with_channels(&b, 4, "");
    assert_close_double(b.x, token_0, 4, 1e-9);
    assert_close_double(b.x + 4, token_1, 4, 1e-9);
    assert_close_double(b.x + 12, token_3, 4, 1e-9);
}

static void the_base_sets_the_wavelengths(void **state)
{
    static struct bed b;
    const double token_1[] = {0.8414709848, 0.5403023059, 0.0998334166, 0.9950041653};
    (void)state;
    open_with_channels(&b, 4, "base=100");
    assert_close_double(b.x + 4, token_1, 4, 1e-9);
}

static void the_scale_multiplies_the_table(void **state)
{
    static struct bed b;
    const double token_1[] = {0.2103677462, 0.1350755765, 0.0024999583, 0.2499875001};
    (void)state;
    open_with_channels(&b, 4, "scale=0.25");
    assert_close_double(b.x + 4, token_1, 4, 1e-9);
}

/* The frequency is base^(-2/3) = 0.01 for base 1000. */
static void an_odd_channel_at_the_end_is_a_sine(void **state)
{
    static struct bed b;
    const double token_1[] = {0.8414709848, 0.5403023059, 0.0099998333};
    (void)state;
    open_with_channels(&b, 3, "base=1000");
    assert_close_double(b.x + 3, token_1, 3, 1e-9);
}

static void the_table_is_added_to_the_tokens(void **state)
{
    static struct bed b;
    (void)state;
    open_with_channels(&b, 4, "");
    bed_fill(b.x, 8, 2);
    b.encoder->embed(&b.view, 2, b.place, b.x);
    assert_near(b.x[4], 2.8414709848, 1e-9);
}

/* Each product is the sum of cos(frequency (s - t)) over the pairs. */
static void inner_products_depend_on_distance_alone(void **state)
{
    static struct bed b;
    const int C = 8;
    (void)state;
    open_with_channels(&b, C, "");
    for (int distance = 0; distance < 5; distance++) {
        double first = 0, later = 0;
        for (int c = 0; c < C; c++) {
            first += b.x[c] * b.x[(distance * C) + c];
            later += b.x[(6 * C) + c] * b.x[((6 + distance) * C) + c];
        }
        assert_near(first, later, 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_their_known_values),
        cmocka_unit_test(the_base_sets_the_wavelengths),
        cmocka_unit_test(the_scale_multiplies_the_table),
        cmocka_unit_test(an_odd_channel_at_the_end_is_a_sine),
        cmocka_unit_test(the_table_is_added_to_the_tokens),
        cmocka_unit_test(inner_products_depend_on_distance_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
