/* links: models_double */
/* The network worked by hand, and the sum without dape as a special case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_dape;

enum { IN, IN_BIAS, OUT, OUT_BIAS };

static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    const int at = 6 * BED_SCORES + 4;
    (void)state;
    bed_open(&b, &encoder_dape, "width=3");
    bed_make_up_heads(&b);
    bed_mix(&b);
    for (int h = 0; h < 2; h++) {
        double want = b.found[BED_LOGITS][h][at] + b.weight[OUT_BIAS][h];
        for (int w = 0; w < 3; w++) {
            double z = b.weight[IN_BIAS][w];
            for (int in = 0; in < 2; in++) {
                const double content = b.found[BED_CONTENT][in][at];
                const double bias = b.found[BED_LOGITS][in][at] - content;
                z += b.weight[IN][w * 4 + in] * content;
                z += b.weight[IN][w * 4 + 2 + in] * bias;
            }
            want += b.weight[OUT][h * 3 + w] * (z > 0 ? z : z / 100);
        }
        assert_near(b.mixed[h][at], want, 1e-12);
    }
}

static void a_network_that_says_nothing_changes_nothing(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_dape, "");
    bed_fill(b.weight[OUT], bed_size(&b, OUT), 0);
    bed_fill(b.weight[OUT_BIAS], bed_size(&b, OUT_BIAS), 0);
    bed_make_up_heads(&b);
    bed_mix(&b);
    for (int h = 0; h < 2; h++)
        for (int r = 0; r < BED_LONGEST; r++)
            assert_close_double(b.mixed[h] + (size_t)r * BED_SCORES,
                                b.found[BED_LOGITS][h] + (size_t)r * BED_SCORES,
                                (size_t)r + 1, 0);
}

/* Rows 3, 7 and the last form a panel. */
static void scattered_rows_equal_dense_rows(void **state)
{
    static struct bed dense, b;
    const int position[] = {3, 7, 13};
    (void)state;
    bed_open(&dense, &encoder_dape, "");
    bed_make_up_heads(&dense);
    bed_mix(&dense);
    bed_open(&b, &encoder_dape, "");
    bed_panel(&b, 3, position);
    bed_make_up_heads(&b);
    bed_mix(&b);
    for (int r = 0; r < 3; r++)
        assert_close_double(b.mixed[1] + (size_t)r * BED_SCORES,
                            dense.mixed[1] + (size_t)position[r] * BED_SCORES,
                            (size_t)position[r] + 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(a_network_that_says_nothing_changes_nothing),
        cmocka_unit_test(scattered_rows_equal_dense_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
