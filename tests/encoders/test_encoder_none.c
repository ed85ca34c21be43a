/* links: models_double */
/* No encoding: no weights, no computation, defined at any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_none;

static void scores_are_the_content_scores(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_none, "");
    bed_open(&content, &encoder_none, "");
    bed_content(&content);
    bed_score(&b);
    assert_int_equal(b.tensors, 0);
    for (int r = 0; r < b.panel.rows; r++)
        assert_close_double(b.score + (size_t)r * BED_SCORES,
                            content.score + (size_t)r * BED_SCORES, (size_t)r + 1, 0);
}

static void asks_for_nothing(void **state)
{
    (void)state;
    assert_null(encoder_none.embed);
    assert_null(encoder_none.rotate);
    assert_null(encoder_none.score);
    assert_null(encoder_none.tensors);
    assert_null(encoder_none.constants);
    assert_null(encoder_none.options);
    assert_null(encoder_none.reach); /* defined at any length */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_content_scores),
        cmocka_unit_test(asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
