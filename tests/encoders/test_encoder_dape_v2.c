/* links: models_double */
/* A kernel of one key is dape; keys within reach of both convolutions, worked by hand; the
 * edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_dape_v2, encoder_dape;

enum { IN, IN_BIAS, OUT, OUT_BIAS };
enum { KERNEL = 3, WIDTH = 2, HEADS = 2 };

static void a_kernel_of_one_key_is_dape(void **state)
{
    static struct bed b, dape;
    (void)state;
    bed_open(&b, &encoder_dape_v2, "kernel=1");
    bed_open(&dape, &encoder_dape, "");
    bed_make_up_heads(&b);
    bed_make_up_heads(&dape);
    bed_mix(&b);
    bed_mix(&dape);
    for (int h = 0; h < HEADS; h++)
        for (int r = 0; r < BED_LONGEST; r++)
            assert_close_double(b.mixed[h] + (size_t)r * BED_SCORES,
                                dape.mixed[h] + (size_t)r * BED_SCORES, (size_t)r + 1,
                                1e-12);
}

/* Input c of the network at row i: A of both heads, then B; 0 for keys that the query does not
 * see. */
static double input(const struct bed *b, int c, int i, int j)
{
    if (j < 0 || j > i)
        return 0;
    const int h = c % HEADS, at = i * BED_SCORES + j;
    const double A = b->found[BED_CONTENT][h][at];
    return c < HEADS ? A : b->found[BED_LOGITS][h][at] - A;
}

/* Hidden unit w: 0 before the first key, and computed as usual after the query. */
static double hidden(const struct bed *b, int w, int i, int j)
{
    double z = b->weight[IN_BIAS][w];
    for (int c = 0; c < 2 * HEADS; c++)
        for (int t = 0; t < KERNEL; t++)
            z +=
                b->weight[IN][(w * 2 * HEADS + c) * KERNEL + t] * input(b, c, i, j + t - 1);
    return j < 0 ? 0 : z > 0 ? z : z / 100;
}

static double mixed(const struct bed *b, int h, int i, int j)
{
    double out = b->found[BED_LOGITS][h][i * BED_SCORES + j] + b->weight[OUT_BIAS][h];
    for (int w = 0; w < WIDTH; w++)
        for (int t = 0; t < KERNEL; t++)
            out +=
                b->weight[OUT][(h * WIDTH + w) * KERNEL + t] * hidden(b, w, i, j + t - 1);
    return out;
}

/* The keys include the first one and the query itself. */
static void logits_are_those_of_the_formula(void **state)
{
    static struct bed b;
    const int keys[] = {0, 1, 4, 5, 6};
    (void)state;
    bed_open(&b, &encoder_dape_v2, "width=2");
    bed_make_up_heads(&b);
    bed_mix(&b);
    for (int h = 0; h < HEADS; h++)
        for (int k = 0; k < 5; k++)
            assert_near(b.mixed[h][6 * BED_SCORES + keys[k]], mixed(&b, h, 6, keys[k]),
                        1e-12);
}

/* Two convolutions of 3 keys: a logit affects the two keys on either side. */
static void a_logit_reaches_its_neighbours_alone(void **state)
{
    static struct bed b, before;
    (void)state;
    bed_open(&b, &encoder_dape_v2, "");
    bed_make_up_heads(&b);
    bed_mix(&b);
    before = b;
    b.found[BED_CONTENT][0][11 * BED_SCORES + 5] += 0.5;
    bed_mix(&b);
    for (int j = 0; j <= 11; j++)
        assert_int_equal(b.mixed[1][11 * BED_SCORES + j] !=
                             before.mixed[1][11 * BED_SCORES + j],
                         j >= 3 && j <= 7);
}

static void an_even_kernel_is_refused(void **state)
{
    const struct option_values options = bed_options(&encoder_dape_v2, "kernel=4");
    const struct encoder_dims dims = bed_dims(2, 8);
    static struct bed b;
    struct err e = {0};
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_dape_v2, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "dape_v2: a kernel of 4 keys"));
}

static void scattered_rows_equal_dense_rows(void **state)
{
    static struct bed dense, b;
    const int position[] = {3, 7, 13};
    (void)state;
    bed_open(&dense, &encoder_dape_v2, "");
    bed_make_up_heads(&dense);
    bed_mix(&dense);
    bed_open(&b, &encoder_dape_v2, "");
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
        cmocka_unit_test(a_kernel_of_one_key_is_dape),
        cmocka_unit_test(logits_are_those_of_the_formula),
        cmocka_unit_test(a_logit_reaches_its_neighbours_alone),
        cmocka_unit_test(an_even_kernel_is_refused),
        cmocka_unit_test(scattered_rows_equal_dense_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
