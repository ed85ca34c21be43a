/* links: models_double */
/* Masks worked by hand, keys that are never masked, and what a panel carries to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_selective_attention;

static double content(const struct bed *b, int i, int j)
{
    return b->found[BED_CONTENT][0][i * BED_SCORES + j];
}

/* Sums over the rows between key and query, without the query's own. */
static double mask(const struct bed *b, int i, int j)
{
    double sum = 0;
    for (int t = j + 1; t < i; t++)
        sum += fmax(content(b, t, j), 0);
    return sum;
}

/* The bed computes two panels, rows 0..6 and 7..13. */
static void all_heads_lose_what_head_0_masked(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_selective_attention, "");
    bed_make_up_heads(&b);
    bed_mix(&b);
    for (int h = 0; h < 2; h++)
        for (int i = 0; i < BED_LONGEST; i++)
            for (int j = 1; j <= i; j++)
                assert_near(b.mixed[h][i * BED_SCORES + j],
                            b.found[BED_LOGITS][h][i * BED_SCORES + j] - mask(&b, i, j),
                            1e-12);
}

static void the_first_token_is_masked_if_it_may_be(void **state)
{
    static struct bed b;
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        bed_open(&b, &encoder_selective_attention,
                 keep ? "keep_first=true" : "keep_first=false");
        bed_make_up_heads(&b);
        bed_mix(&b);
        const double lost = b.found[BED_LOGITS][1][(size_t)9 * BED_SCORES] -
                            b.mixed[1][(size_t)9 * BED_SCORES];
        assert_near(lost, keep ? 0 : mask(&b, 9, 0), 1e-12);
        assert_true(mask(&b, 9, 0) > 0.1);
    }
}

/* Only query 8 of head 0 masks earlier keys. Later queries lose them, query 8 itself does not. */
static void nothing_is_masked_for_the_query_itself(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_selective_attention, "");
    bed_make_up_heads(&b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++)
            b.found[BED_CONTENT][0][i * BED_SCORES + j] = i == 8 ? 1 : -1;
    bed_mix(&b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++)
            assert_near(b.found[BED_LOGITS][1][i * BED_SCORES + j] -
                            b.mixed[1][i * BED_SCORES + j],
                        i > 8 && j > 0 && j < 8, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_heads_lose_what_head_0_masked),
        cmocka_unit_test(the_first_token_is_masked_if_it_may_be),
        cmocka_unit_test(nothing_is_masked_for_the_query_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
