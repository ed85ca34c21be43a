/* links: models_double */
/* Windows of heads worked by hand, and heads without a window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_hard_alibi;

static void open_heads(struct bed *b, const char *settings, int heads, int head)
{
    const struct option_values options = bed_options(&encoder_hard_alibi, settings);
    const struct encoder_dims dims = bed_dims(heads, 2);
    assert_int_equal(bed_try(b, &encoder_hard_alibi, &options, &dims, NULL), ST_OK);
    b->panel.head = head;
}

static const real *weights_of(const struct bed *b, int r)
{
    return b->score + (size_t)r * BED_SCORES;
}

/* With content 0 the weights within a window are equal. */
static void windows_by_hand(void **state)
{
    static struct bed b;
    (void)state;
    for (int head = 0; head < 4; head++) {
        open_heads(&b, "", 8, head);
        bed_fill(b.q.at, BED_LONGEST * BED_STRIDE, 0);
        bed_weigh(&b);
        for (int j = 0; j <= 5; j++)
            assert_near(weights_of(&b, 5)[j], j + head >= 5 ? 1.0 / (head + 1) : 0, 1e-15);
        assert_near(weights_of(&b, 0)[0], 1, 1e-15);
    }
}

/* The heads without a window here are the fifth of 8, and the third of 8 with windows=2. */
static void other_heads_have_the_softmax_of_all_keys(void **state)
{
    static struct bed b, content;
    const struct encoder bare = {.name = "bare"};
    const char *const settings[] = {"", "windows=2"};
    (void)state;
    for (int k = 0; k < 2; k++) {
        open_heads(&b, settings[k], 8, k == 0 ? 4 : 2);
        const struct option_values none = {{0}};
        assert_int_equal(bed_try(&content, &bare, &none, &b.dims, NULL), ST_OK);
        bed_content(&content);
        bed_weigh(&b);
        double sum = 0;
        for (int j = 0; j <= 9; j++)
            sum += exp(weights_of(&content, 9)[j]);
        for (int j = 0; j <= 9; j++)
            assert_near(weights_of(&b, 9)[j], exp(weights_of(&content, 9)[j]) / sum, 1e-14);
    }
}

/* Head 2 sees places i - 2 to i; where every second place is taken that is one earlier key. */
static void windows_are_measured_in_places(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, "", 8, 2);
    for (int t = 0; t < BED_LONGEST; t++)
        b.place[t] = 2 * t;
    bed_weigh(&b);
    assert_true(weights_of(&b, 7)[6] > 0 && weights_of(&b, 7)[5] == 0);
}

static void half_of_the_heads_have_windows_unless_told(void **state)
{
    static struct bed b;
    (void)state;
    open_heads(&b, "", 5, 0);
    assert_near(b.options.v[0], 2, 0);
    open_heads(&b, "", 1, 0);
    assert_near(b.options.v[0], 0, 0);
}

static void more_windows_than_heads_are_refused(void **state)
{
    static struct bed b;
    struct err e = {0};
    const struct option_values options = bed_options(&encoder_hard_alibi, "windows=3");
    const struct encoder_dims dims = bed_dims(2, 2);
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_hard_alibi, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set windows to at most"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_by_hand),
        cmocka_unit_test(other_heads_have_the_softmax_of_all_keys),
        cmocka_unit_test(windows_are_measured_in_places),
        cmocka_unit_test(half_of_the_heads_have_windows_unless_told),
        cmocka_unit_test(more_windows_than_heads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
