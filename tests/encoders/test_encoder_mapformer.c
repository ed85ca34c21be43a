/* links: models_double */
/* Steps worked by hand, a step that is undone, the start of speeds, and rope. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_mapformer;

enum { STEP, ANGLE, SPEED };

/* Opens a walk along one dimension: channel 0 of a token is its step in each head. */
static void open_walk(struct bed *b, const double *step)
{
    bed_open(b, &encoder_mapformer, "rank=1");
    bed_fill(b->weight[STEP], bed_size(b, STEP), 0);
    b->weight[STEP][0] = b->weight[STEP][16] = 1;
    bed_fill(b->weight[ANGLE], bed_size(b, ANGLE), 1);
    for (int i = 0; i < 8; i++)
        b->weight[SPEED][i] = pow(10, -(i % 4) / 4.0);
    for (int t = 0; t < BED_LONGEST; t++)
        b->tokens[(size_t)t * 16] = step[t];
    bed_read(b);
}

static void equal_steps_are_rope(void **state)
{
    static struct bed b;
    double step[BED_LONGEST];
    (void)state;
    for (int t = 0; t < BED_LONGEST; t++)
        step[t] = 1;
    open_walk(&b, step);
    for (int t = 0; t < BED_LONGEST; t++)
        for (int m = 0; m < 4; m++) {
            const double phi = (t + 1) * pow(10, -m / 4.0);
            assert_near(b.state.at[t * BED_WIDE + 8 + m], cos(phi), 1e-12);
            assert_near(b.state.at[t * BED_WIDE + 12 + m], sin(phi), 1e-12);
        }
}

/* Two steps forth, one of zero, two back: the logit of a key seen at the start is the
 * content's. */
static void a_step_back_undoes_a_step_forth(void **state)
{
    static struct bed b, content;
    const double step[BED_LONGEST] = {0, 1.5, -0.25, 0, 0.25, -1.5, 3};
    (void)state;
    open_walk(&b, step);
    bed_open(&content, &encoder_mapformer, "");
    bed_content(&content);
    const struct turn queries = bed_turn(&b, false);
    struct turn keys = bed_turn(&b, true);
    keys.x = b.panel.k;
    encoder_mapformer.rotate(&b.view, &queries);
    encoder_mapformer.rotate(&b.view, &keys);
    bed_content(&b);
    for (size_t i = 4; i <= 6; i++) {
        const double moved = b.score[i * BED_SCORES] - content.score[i * BED_SCORES];
        assert_int_equal(fabs(moved) < 1e-12, i == 5);
    }
}

/* With omega_max 6.25 and a walk of 9, the slowest of 4 pairs turns once in 9 steps. */
static void speeds_start_in_a_geometric_row(void **state)
{
    static struct bed b;
    real w[8];
    (void)state;
    bed_open(&b, &encoder_mapformer, "");
    encoder_mapformer.start(&b.dims, &b.options, SPEED, w);
    for (const real *head = w; head < w + 8; head += 4) {
        assert_near(head[3], 2 * acos(-1) / 9, 1e-12);
        assert_near(head[0] / head[1], head[2] / head[3], 1e-12);
        assert_near(head[0], 6.25 * head[1] / head[0], 1e-12);
    }
    w[0] = 7;
    encoder_mapformer.start(&b.dims, &b.options, STEP, w);
    assert_near(w[0], 7, 0);
}

static void a_head_of_one_channel_is_refused(void **state)
{
    static struct bed b;
    const struct encoder_dims narrow = bed_dims(2, 1);
    const struct option_values o = bed_options(&encoder_mapformer, "");
    struct err e;
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_mapformer, &o, &narrow, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set heads lower"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_steps_are_rope),
        cmocka_unit_test(a_step_back_undoes_a_step_forth),
        cmocka_unit_test(speeds_start_in_a_geometric_row),
        cmocka_unit_test(a_head_of_one_channel_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
