/* links: models_double */
/* The path of a query worked by hand, its start, and ALiBi as a special case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_grape_ap;

/* Returns what grape_ap adds to the logit of row i, key j. */
static double added(struct bed *b, int i, int j)
{
    static struct bed content;
    bed_open(&content, &encoder_grape_ap, "");
    bed_content(&content);
    bed_score(b);
    return b->score[i * BED_SCORES + j] - content.score[i * BED_SCORES + j];
}

/* With p = 0 sigma is 1/2; the slope of head 2 of 2 is 2^-8. */
static void a_query_without_a_path_has_the_slope_of_alibi(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_grape_ap, "");
    bed_fill(b.projected.at, BED_LONGEST * BED_WIDE, 0);
    bed_read(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(added(&b, 9, j), -(9 - j) * log(2) / 256, 1e-12);
}

/* There are two channels; key t is the unit vector sqrt(2) (cos, sin), turned by its angle and
 * t. */
static void steps_are_the_formula(void **state)
{
    static struct bed b;
    double sum = 0;
    (void)state;
    bed_open(&b, &encoder_grape_ap, "width=2");
    for (int t = 5; t > 2; t--) {
        const real *p = b.projected.at + (size_t)t * BED_WIDE + 2;
        const real *q = b.projected.at + (size_t)5 * BED_WIDE + 2;
        const double rms = sqrt((p[0] * p[0] + p[1] * p[1]) / 2 + 1e-6);
        const double r0 = (p[0] * cos(t) - p[1] * sin(t)) / rms;
        const double r1 = (p[0] * sin(t) + p[1] * cos(t)) / rms;
        const double u = (q[0] * r0 + q[1] * r1) / 2;
        sum -= log(1 + exp(-u)) / 256;
    }
    assert_near(added(&b, 5, 2), sum, 1e-12);
    assert_near(added(&b, 5, 5), 0, 1e-12);
}

static void an_odd_channel_does_not_turn(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_grape_ap, "width=3");
    const real *p = b.projected.at + (size_t)4 * BED_WIDE + 3;
    const real *r = b.state.at + (size_t)4 * BED_WIDE + 3;
    const double rms = sqrt((p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) / 3 + 1e-6);
    assert_near(r[2], p[2] / rms, 1e-12);
    bed_check_gradients(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_without_a_path_has_the_slope_of_alibi),
        cmocka_unit_test(steps_are_the_formula),
        cmocka_unit_test(an_odd_channel_does_not_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
