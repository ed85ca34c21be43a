/* links: models_double */
/* Windows worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_window;

static void keys_outside_weigh_nothing(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_window, "width=3");
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    bed_weigh(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], j >= 7 ? 1.0 / 3 : 0, 1e-12);
    assert_near(b.score[BED_SCORES], 0.5, 1e-12); /* row 1 has two keys */
    assert_near(b.score[0], 1, 0);
}

/* At places 0, 2, 4, ... a window of 3 has two keys. */
static void chosen_places_set_the_window(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_window, "width=3");
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    for (int t = 0; t < BED_LONGEST; t++)
        b.place[t] = 2 * t;
    bed_weigh(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], j >= 8 ? 0.5 : 0, 1e-12);
}

static void the_width_is_half_the_trained_length(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_window, "");
    assert_near(b.options.v[0], 5, 0); /* of 9 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_outside_weigh_nothing),
        cmocka_unit_test(chosen_places_set_the_window),
        cmocka_unit_test(the_width_is_half_the_trained_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
