/* links: models_double */
/* Contextual positions: known gates and tables, the encoders to which they reduce, and the
 * exact gradient for each option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoder_bed.h"

extern const struct encoder encoder_cope, encoder_relative;

static real *score_row(struct bed *b, int r)
{
    return b->score + (size_t)r * BED_SCORES;
}

/* d = 4, so alpha = 1/2; q_i = (2, 2, 0, 0); keys are zero; E[m] = (m^2, 0, 0, 0), so z = 0,
 * 2, 8, 18, ... */
static void open_by_hand(struct bed *b, const char *settings)
{
    const struct option_values options = bed_options(&encoder_cope, settings);
    const struct encoder_dims dims = bed_dims(1, 4);
    assert_int_equal(bed_try(b, &encoder_cope, &options, &dims, NULL), ST_OK);
    bed_fill(b->weight[0], bed_size(b, 0), 0);
    for (int m = 0; m < b->spec[0].rows; m++)
        b->weight[0][(size_t)4 * m] = m * m;
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b->k.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b->v.at, BED_LONGEST * BED_STRIDE, 0);
    bed_fill(b->projected.at, BED_LONGEST * BED_WIDE, 0);
    for (int r = 0; r < b->panel.rows; r++)
        b->q.at[(size_t)r * BED_STRIDE] = b->q.at[r * BED_STRIDE + 1] = 2;
}

/* Gives key j the gate `gate` through channel 1 of `keys`, which q uses and E does not: u =
 * alpha q.k = k[1]. */
static void set_gate(struct rows keys, int j, double gate)
{
    keys.at[j * keys.stride + 1] = log(gate / (1 - gate));
}

/* Returns the head's part of what the layer projects for the gates. */
static struct rows own_keys(struct bed *b)
{
    return (struct rows){b->projected.at + (size_t)b->panel.head * (size_t)b->dims.head_dim,
                         BED_WIDE};
}

static struct rows rows_of(struct bed_matrix *m)
{
    return (struct rows){m->at, BED_STRIDE};
}

/* --- known values -------------------------------------------------------- */

/* With gates of 1/2 the positions of row 5 are 3, 2.5, 2, 1.5, 1, 0.5; those above p_max = 2
 * become 2. */
static void no_content_gives_half_gates(void **state)
{
    static struct bed b;
    const double row_5[] = {8, 8, 8, 5, 2, 1}, row_0[] = {1};
    const double wide[] = {18, 13, 8, 5, 2, 1};
    (void)state;
    open_by_hand(&b, "p_max=2 scale_position=false");
    bed_score(&b);
    assert_close_double(score_row(&b, 5), row_5, 6, 1e-12);
    assert_close_double(score_row(&b, 0), row_0, 1, 1e-12);
    open_by_hand(&b, "p_max=9 scale_position=false");
    bed_score(&b);
    assert_close_double(score_row(&b, 5), wide, 6, 1e-12);
}

static void scale_position_multiplies_by_alpha(void **state)
{
    static struct bed b;
    const double row_5[] = {4, 4, 4, 2.5, 1, 0.5};
    (void)state;
    open_by_hand(&b, "p_max=2 scale_position=true");
    bed_score(&b);
    assert_close_double(score_row(&b, 5), row_5, 6, 1e-12);
}

/* Gates of keys 0..3 are 0.75, 0.2, 0.9, 0.4, so positions of row 3 are 2.25, 1.5, 1.3, 0.4,
 * where z is 8 + 10/4, 5, 2 + 6 * 0.3, 0.8; c = 1; u itself is the content score. */
static void unequal_gates_add_up_from_the_query(void **state)
{
    static struct bed b;
    const double gate[] = {0.75, 0.2, 0.9, 0.4};
    const double position_logit[] = {10.5, 5, 3.8, 0.8};
    double expected[4];
    (void)state;
    open_by_hand(&b, "p_max=9 scale_position=false");
    for (int j = 0; j < 4; j++) {
        set_gate(rows_of(&b.k), j, gate[j]);
        expected[j] = position_logit[j] + log(gate[j] / (1 - gate[j]));
    }
    bed_score(&b);
    assert_close_double(score_row(&b, 3), expected, 4, 1e-12);
}

static void gates_come_from_the_chosen_keys_alone(void **state)
{
    static struct bed b;
    const double gate[] = {0.75, 0.2, 0.9, 0.4}, other[] = {0.1, 0.3, 0.7, 0.6};
    const double position_logit[] = {10.5, 5, 3.8, 0.8};
    (void)state;
    for (int vals = 0; vals < 2; vals++) {
        double expected[4];
        open_by_hand(&b, vals ? "p_max=9 scale_position=false val_gates=true"
                              : "p_max=9 scale_position=false sep_keys=true");
        for (int j = 0; j < 4; j++) {
            set_gate(vals ? rows_of(&b.v) : own_keys(&b), j, gate[j]);
            set_gate(vals ? own_keys(&b) : rows_of(&b.v), j, 0.5);
            set_gate(rows_of(&b.k), j, other[j]);
            expected[j] = position_logit[j] + log(other[j] / (1 - other[j]));
        }
        bed_score(&b);
        assert_close_double(score_row(&b, 3), expected, 4, 1e-12);
    }
}

/* One row, i = 1, gates 1/2 (p = 1, 0.5), dscore = (0, 1): half of it goes to E[0], half to
 * E[1]; du[1] = g (1 - g) (z[1] - z[0]) = 2/4, du[0] = 0. */
static void a_gradient_by_hand(void **state)
{
    static struct bed b;
    const int position = 1;
    (void)state;
    open_by_hand(&b, "p_max=9 scale_position=false");
    b.panel.rows = 1;
    b.panel.columns = 2;
    b.panel.row = &position;
    bed_score(&b);
    bed_fill(b.dscore, BED_LONGEST * BED_SCORES, 0);
    b.dscore[1] = 1;
    bed_clear_gradients(&b);
    bed_fill(b.grad[0], bed_size(&b, 0), 0);
    b.encoder->score_grad(&b.view, &b.panel, b.scratch);
    assert_near(b.dscore[0], 0, 1e-12);
    assert_near(b.dscore[1], 1.5, 1e-12);
    assert_near(b.grad[0][0], 1, 1e-12); /* zeta[0] q[0] = 1/2 2 */
    assert_near(b.grad[0][4], 1, 1e-12);
    assert_near(b.grad[0][8], 0, 1e-12);
    assert_near(b.dq.at[0] - BED_EARLIER, 0.5, 1e-12); /* zeta[1] E[1][0] */
}

/* A key that is NaN spoils the positions of the keys before it, and no others. */
static void not_a_number_stays_visible(void **state)
{
    static struct bed b;
    (void)state;
    open_by_hand(&b, "p_max=9 sep_keys=true");
    b.projected.at[(size_t)3 * BED_WIDE] = (real)NAN;
    bed_score_grad(&b, false);
    for (int j = 0; j <= 5; j++)
        assert_int_equal(isnan(score_row(&b, 5)[j]) != 0, j <= 3);
    assert_true(isfinite(score_row(&b, 2)[0]));
}

/* --- what it reduces to -------------------------------------------------- */

static const char *const modes[] = {
    "scale_position=true",
    "scale_position=false",
    "scale_position=true sep_keys=true",
    "scale_position=false sep_keys=true",
    "scale_position=true val_gates=true",
    "scale_position=false val_gates=true",
};
enum { MODES = sizeof modes / sizeof modes[0] };

static void open_mode(struct bed *b, int mode, int p_max)
{
    char settings[128];
    snprintf(settings, sizeof settings, "p_max=%d %s", p_max, modes[mode]);
    bed_open(b, &encoder_cope, settings);
}

/* In a fresh model there are no position logits, and no gradient reaches the gates. */
static void a_table_of_zeros_is_no_encoding(void **state)
{
    static struct bed b, content;
    (void)state;
    for (int mode = 0; mode < MODES; mode++) {
        open_mode(&b, mode, 3);
        bed_fill(b.weight[0], bed_size(&b, 0), 0);
        content = b;
        bed_content(&content);
        bed_upstream(&content, true);
        bed_score_grad(&b, true);
        for (int r = 0; r < b.panel.rows; r++) {
            const size_t at = (size_t)r * BED_SCORES, n = (size_t)r + 1;
            assert_close_double(b.score + at, content.score + at, n, 1e-15);
            assert_close_double(b.dscore + at, content.dscore + at, n, 1e-15);
        }
    }
}

static void equal_rows_add_a_constant_to_a_row(void **state)
{
    static struct bed b, content;
    (void)state;
    for (int mode = 0; mode < MODES; mode++) {
        open_mode(&b, mode, 3);
        for (int m = 1; m < b.spec[0].rows; m++)
            memcpy(b.weight[0] + (size_t)m * 8, b.weight[0], 8 * sizeof(real));
        content = b;
        bed_content(&content);
        bed_score(&b);
        for (int r = 0; r < b.panel.rows; r++)
            for (int j = 0; j <= r; j++)
                assert_near(score_row(&b, r)[j] - score_row(&content, r)[j],
                            score_row(&b, r)[0] - score_row(&content, r)[0], 1e-12);
    }
}

/* The last channel of q is 1 and that of the gates' keys so large that each gate rounds to 1;
 * the position is i - j + 1. */
static void open_gates(struct bed *b, struct rows keys)
{
    for (int r = 0; r < BED_LONGEST; r++) {
        b->q.at[r * BED_STRIDE + 7] = 1;
        keys.at[r * keys.stride + 7] = 200;
    }
}

static void open_gates_make_it_relative(void **state)
{
    static struct bed cope, relative;
    const char *const scaled[] = {"p_max=14", "p_max=14 sep_keys=true",
                                  "p_max=14 val_gates=true", "p_max=20"};
    (void)state;
    for (size_t s = 0; s < sizeof scaled / sizeof scaled[0]; s++) {
        bed_open(&cope, &encoder_cope, scaled[s]);
        bed_open(&relative, &encoder_relative, "");
        const struct rows keys = strstr(scaled[s], "sep")   ? own_keys(&cope)
                                 : strstr(scaled[s], "val") ? rows_of(&cope.v)
                                                            : rows_of(&cope.k);
        open_gates(&cope, keys);
        relative.q = cope.q;
        relative.k = cope.k;
        memcpy(relative.weight[0], cope.weight[0] + 8, (size_t)14 * 8 * sizeof(real));
        bed_score(&cope);
        bed_score(&relative);
        for (int r = 0; r < BED_LONGEST; r++)
            assert_close_double(score_row(&cope, r), score_row(&relative, r), (size_t)r + 1,
                                1e-12);
    }
}

/* With p_max = 3 all distances of 2 and more share row 3. */
static void open_gates_stop_at_p_max(void **state)
{
    static struct bed b, content;
    (void)state;
    bed_open(&b, &encoder_cope, "p_max=3");
    open_gates(&b, rows_of(&b.k));
    content = b;
    bed_content(&content);
    bed_score(&b);
    for (int j = 0; j <= 13; j++) {
        const int m = 13 - j + 1 < 3 ? 13 - j + 1 : 3;
        real z = 0;
        for (int c = 0; c < 8; c++)
            z += b.q.at[13 * BED_STRIDE + c] * b.weight[0][8 * m + c];
        assert_near(score_row(&b, 13)[j] - score_row(&content, 13)[j], b.panel.alpha * z,
                    1e-12);
    }
}

/* --- gradients ----------------------------------------------------------- */

/* Returns the smallest distance of a position from a whole number, where the slope jumps. */
static double least_margin(struct bed *b)
{
    double least = 1;
    struct rows keys = rows_of(&b->k);
    if (b->projects)
        keys = own_keys(b);
    else if (b->options.v[option_find(encoder_cope.options, "val_gates")] != 0)
        keys = rows_of(&b->v);
    for (int r = 0; r < b->panel.rows; r++) {
        double position = 0;
        for (int j = b->row[r]; j >= 0; j--) {
            double dot = 0;
            for (int c = 0; c < 8; c++)
                dot += b->q.at[r * BED_STRIDE + c] * keys.at[j * keys.stride + c];
            position += 1 / (1 + exp(-b->panel.alpha * dot));
            least = fmin(least, fabs(position - round(position)));
        }
    }
    return least;
}

/* p_max 2 and 3 clamp many keys, 6 a few, 20 none. */
static void gradients_are_exact_in_each_mode(void **state)
{
    static struct bed b;
    const int p_max[] = {1, 2, 3, 6, 20};
    (void)state;
    for (int mode = 0; mode < MODES; mode++)
        for (size_t i = 0; i < sizeof p_max / sizeof p_max[0]; i++) {
            open_mode(&b, mode, p_max[i]);
            assert_true(least_margin(&b) > 1e-4);
            bed_check_gradients(&b);
        }
}

static void gradients_of_the_table_add_up_to_zero(void **state)
{
    static struct bed b;
    (void)state;
    for (int mode = 0; mode < MODES; mode++) {
        open_mode(&b, mode, mode % 2 ? 3 : 20);
        bed_score_grad(&b, true);
        double size = 0;
        for (int c = 0; c < 8; c++) {
            double sum = 0;
            for (int m = 0; m < b.spec[0].rows; m++) {
                sum += b.grad[0][8 * m + c] - BED_EARLIER;
                size += fabs(b.grad[0][8 * m + c] - BED_EARLIER);
            }
            assert_near(sum, 0, 1e-12);
        }
        assert_true(size > 1);
    }
}

/* Every position is p_max from the first key on: rows get gradients, gates do not. */
static void full_rows_give_no_gradient_to_gates(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_cope, "p_max=1");
    open_gates(&b, rows_of(&b.k));
    bed_score_grad(&b, false);
    for (int r = 0; r < b.panel.rows; r++)
        for (int j = 0; j <= r; j++)
            assert_near(b.dscore[r * BED_SCORES + j], bed_noise(5, r * BED_LONGEST + j), 0);
}

/* cope+relative computes cope first and its adjoint last, because cope adds to dscore what
 * belongs to the content scores only. */
static struct bed second;

static void score_both(struct bed *b)
{
    bed_score(b);
    second.encoder->score(&second.view, &b->panel, second.scratch);
}

static real loss_of_both(struct bed *b)
{
    real sum = 0;
    score_both(b);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->row[r]; j++)
            sum += bed_noise(5, r * BED_LONGEST + j) * b->score[r * BED_SCORES + j];
    return sum;
}

static void the_sum_with_relative_has_exact_gradients(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_cope, "p_max=3");
    bed_open(&second, &encoder_relative, "");
    score_both(&b);
    bed_upstream(&b, false);
    bed_clear_gradients(&b);
    bed_clear_gradients(&second);
    second.encoder->score_grad(&second.view, &b.panel, second.scratch);
    b.encoder->score_grad(&b.view, &b.panel, b.scratch);
    bed_content_grad(&b);
    for (int i = 0; i < bed_size(&second, 0); i++) {
        const real at = second.weight[0][i];
        second.weight[0][i] = at + BED_STEP;
        const real above = loss_of_both(&b);
        second.weight[0][i] = at - BED_STEP;
        const real below = loss_of_both(&b);
        second.weight[0][i] = at;
        assert_near(second.grad[0][i] - BED_EARLIER, (above - below) / (2 * BED_STEP),
                    BED_TOL);
    }
    bed_check_panel(&b, loss_of_both);
}

/* --- sizes and options --------------------------------------------------- */

/* The released Counting model: 4 layers of 513 rows of 64. */
static void the_table_has_the_papers_size_and_start(void **state)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const struct encoder_dims dims = {.layers = 4,
                                      .heads = 4,
                                      .head_dim = 64,
                                      .trained_length = 512,
                                      .longest = 512,
                                      .places = 512};
    struct option_values options = bed_options(&encoder_cope, "p_max=512");
    (void)state;
    assert_int_equal(encoder_cope.resolve(&dims, &options, NULL), ST_OK);
    assert_int_equal(encoder_cope.tensors(&dims, &options, spec), 1);
    assert_int_equal(dims.layers * spec[0].rows * spec[0].columns, 131328);
    assert_true(spec[0].per_layer);
    assert_int_equal(spec[0].init, INIT_ZERO);
    options = bed_options(&encoder_cope, "p_max=512 share_layers=true");
    encoder_cope.tensors(&dims, &options, spec);
    assert_false(spec[0].per_layer);
}

static void p_max_0_is_one_more_than_the_trained_length(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_cope, "p_max=0");
    assert_near(b.options.v[option_find(encoder_cope.options, "p_max")], 10, 0);
    assert_int_equal(b.spec[0].rows, 11);
}

static void two_sources_of_gates_are_refused(void **state)
{
    static struct bed b;
    struct err e = {0};
    const struct option_values options =
        bed_options(&encoder_cope, "sep_keys=true val_gates=true");
    const struct encoder_dims dims = bed_dims(2, 8);
    (void)state;
    assert_int_equal(bed_try(&b, &encoder_cope, &options, &dims, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "set one of them to false"));
}

static void only_sep_keys_wants_keys_of_its_own(void **state)
{
    const struct option_values sep = bed_options(&encoder_cope, "sep_keys=true");
    const struct option_values val = bed_options(&encoder_cope, "val_gates=true");
    const struct encoder_dims dims = bed_dims(2, 8);
    (void)state;
    assert_int_equal(encoder_cope.project(&dims, &sep), 16);
    assert_int_equal(encoder_cope.project(&dims, &val), 0);
}

/* --- forms without a table ----------------------------------------------- */

static void open_form(struct bed *b, const char *settings)
{
    bed_open(b, &encoder_cope, settings);
    bed_fill(b->q.at, BED_LONGEST * BED_STRIDE, 0);
}

/* q is 0, so every gate is 1/2 and key j of query 9 has position (10 - j) / 2, at most 4. Head
 * 2 of 2 has slope m 2^-4. */
static void alibi_form_by_hand(void **state)
{
    static struct bed b;
    (void)state;
    open_form(&b, "form=alibi p_max=4");
    bed_score(&b);
    for (int j = 0; j <= 9; j++)
        assert_near(b.score[9 * BED_SCORES + j], -fmin((10 - j) / 2.0, 4) / 16, 1e-12);
    open_form(&b, "form=alibi p_max=4 slope=0.25");
    bed_score(&b);
    assert_near(b.score[9 * BED_SCORES + 5], -2.5 / 64, 1e-12);
    open_form(&b, "form=alibi p_max=4 slopes=learned");
    assert_int_equal(b.spec[0].init, INIT_ZERO);
    b.weight[0][1] = -3;
    bed_score(&b);
    assert_near(b.score[9 * BED_SCORES + 5], 7.5, 1e-12);
}

/* With all gates open the penalty is m (i - j + 1), ALiBi's up to a constant. */
static void open_gates_make_the_alibi_form_alibi(void **state)
{
    static struct bed b;
    (void)state;
    bed_open(&b, &encoder_cope, "form=alibi p_max=20 sep_keys=true");
    for (int i = 0; i < BED_LONGEST; i++)
        for (int c = 0; c < 8; c++) {
            b.q.at[i * BED_STRIDE + c] = 20;
            b.projected.at[i * BED_WIDE + 8 + c] = 20;
            b.k.at[i * BED_STRIDE + c] = 0;
        }
    bed_score(&b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++)
            assert_near(b.score[i * BED_SCORES + j], -(i - j + 1) / 16.0, 1e-12);
}

/* Two units: e(p) = W0 max(0, p - 1) + W1 max(0, 2 - p) + B, multiplied by q / sqrt(8). Keys
 * are 0, so gates are 1/2. */
static void mlp_form_by_hand(void **state)
{
    static struct bed b;
    const real layer[] = {1, -1, -1, 2};
    (void)state;
    bed_open(&b, &encoder_cope, "form=mlp hidden=2 p_max=4");
    memcpy(b.weight[1], layer, sizeof layer);
    bed_fill(b.k.at, BED_LONGEST * BED_STRIDE, 0);
    bed_score(&b);
    for (int i = 0; i < BED_LONGEST; i++)
        for (int j = 0; j <= i; j++) {
            const double p = fmin((i - j + 1) / 2.0, 4);
            double sum = 0;
            for (int c = 0; c < 8; c++)
                sum += b.q.at[i * BED_STRIDE + c] *
                       (b.weight[0][c] * fmax(0, p - 1) +
                        b.weight[0][8 + c] * fmax(0, 2 - p) + b.weight[0][16 + c]);
            assert_near(b.score[i * BED_SCORES + j], sum / sqrt(8), 1e-12);
        }
}

static void options_of_another_form_are_refused(void **state)
{
    static const char *const wrong[] = {
        "slopes=learned",
        "slope=2",
        "hidden=8",
        "form=mlp slope=2",
        "form=alibi hidden=8",
        "form=alibi slopes=learned slope=2",
        "form=alibi scale_position=false",
        "form=alibi share_layers=true",
    };
    static struct bed b;
    const struct encoder_dims dims = bed_dims(2, 8);
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e = {0};
        const struct option_values options = bed_options(&encoder_cope, wrong[i]);
        assert_int_equal(bed_try(&b, &encoder_cope, &options, &dims, &e), ST_CONFIG);
        assert_non_null(strstr(e.msg, "set "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_content_gives_half_gates),
        cmocka_unit_test(scale_position_multiplies_by_alpha),
        cmocka_unit_test(unequal_gates_add_up_from_the_query),
        cmocka_unit_test(gates_come_from_the_chosen_keys_alone),
        cmocka_unit_test(a_gradient_by_hand),
        cmocka_unit_test(not_a_number_stays_visible),
        cmocka_unit_test(a_table_of_zeros_is_no_encoding),
        cmocka_unit_test(equal_rows_add_a_constant_to_a_row),
        cmocka_unit_test(open_gates_make_it_relative),
        cmocka_unit_test(open_gates_stop_at_p_max),
        cmocka_unit_test(gradients_are_exact_in_each_mode),
        cmocka_unit_test(gradients_of_the_table_add_up_to_zero),
        cmocka_unit_test(full_rows_give_no_gradient_to_gates),
        cmocka_unit_test(the_sum_with_relative_has_exact_gradients),
        cmocka_unit_test(the_table_has_the_papers_size_and_start),
        cmocka_unit_test(p_max_0_is_one_more_than_the_trained_length),
        cmocka_unit_test(two_sources_of_gates_are_refused),
        cmocka_unit_test(only_sep_keys_wants_keys_of_its_own),
        cmocka_unit_test(alibi_form_by_hand),
        cmocka_unit_test(open_gates_make_the_alibi_form_alibi),
        cmocka_unit_test(mlp_form_by_hand),
        cmocka_unit_test(options_of_another_form_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
