/* encoder_contract.h -- what encoder.h asks of every encoder, as tests of cmocka.
 *
 * Each check is a test whose state is a struct subject; it goes through every combination
 * of two values for each option of the encoder. test_encoder_contract.c runs them on the
 * registry, test_encoder_faults.c on encoders with a planted fault.
 *
 * Include it after cmocka.h, in a test that links models_double. */
#ifndef ENCODER_CONTRACT_H
#define ENCODER_CONTRACT_H

#include "encoder_bed.h"
#include "check_encoder.h"
#include "encoder_gaps.h"
#include "encoder_invariance.h"

struct subject {
    const char *stem;
    const struct encoder *encoder;
};

/* --- combinations of option values --------------------------------------- */

enum { COMBINATIONS_MAX = 1024 };

static int test_values(const struct option *o)
{
    int n = 1;
    if (o->type != OPTION_CHOICE)
        return 2;
    while (o->choices[n])
        n++;
    return n;
}

/* Value 0 is the default; numbers have one other: half the default, or 3 where that is
 * no news. */
static double test_value(const struct option *o, int k)
{
    if (o->type == OPTION_BOOL || o->type == OPTION_CHOICE)
        return (int)(o->dflt + k) % test_values(o);
    if (k == 0)
        return o->dflt;
    const double half = o->type == OPTION_INT ? floor(o->dflt / 2) : o->dflt / 2;
    return half != o->dflt && half >= o->lo ? half : fmin(3, o->hi);
}

static int combinations(const struct encoder *encoder)
{
    int n = 1;
    for (int i = 0; i < option_count(encoder->options); i++)
        if (n * test_values(&encoder->options[i]) <= COMBINATIONS_MAX)
            n *= test_values(&encoder->options[i]);
    return n;
}

static struct option_values combination(const struct encoder *encoder, int index)
{
    struct option_values values;
    option_defaults(encoder->options, &values);
    for (int i = 0; i < option_count(encoder->options); i++) {
        const int n = test_values(&encoder->options[i]);
        values.v[i] = test_value(&encoder->options[i], index % n);
        index /= n;
    }
    return values;
}

/* The options under test, until the check has come to its end. */
static const struct bed *running;

/* After a check that failed: with which options? */
static int report(void **state)
{
    char text[OPTION_TEXT];
    (void)state;
    if (!running)
        return 0;
    print_error("failed with %s", running->encoder->name);
    for (int i = 0; i < option_count(running->encoder->options); i++)
        print_error(
            " %s=%s", running->encoder->options[i].name,
            option_format(&running->encoder->options[i], running->options.v[i], text));
    print_error("\n");
    running = NULL;
    return 0;
}

/* Runs `check` on a bed of every combination that the encoder does not refuse. */
static void for_each_combination(const struct encoder *encoder, void (*check)(struct bed *))
{
    static struct bed b; /* outlives a check that fails */
    const struct encoder_dims dims = bed_dims(2, 8);
    int accepted = 0;
    for (int i = 0; i < combinations(encoder); i++) {
        const struct option_values options = combination(encoder, i);
        if (bed_try(&b, encoder, &options, &dims, NULL) != ST_OK)
            continue;
        accepted++;
        running = &b;
        check(&b);
        running = NULL;
    }
    assert_true(accepted > 0);
}

/* --- the descriptor ------------------------------------------------------ */

static void is_found_by_its_file_name(void **state)
{
    const struct subject *s = *state;
    assert_string_equal(s->encoder->name, s->stem);
    assert_ptr_equal(encoder_find(s->stem), s->encoder);
}

static void describes_itself(void **state)
{
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    struct err e = {0};
    if (encoder->version < 1)
        fail_msg("encoder %s: .version is %d; versions begin at 1", encoder->name,
                 encoder->version);
    if (!encoder->summary || strlen(encoder->summary) <= 20 ||
        strlen(encoder->summary) >= 90)
        fail_msg("encoder %s: .summary is to have 21 to 89 letters", encoder->name);
    if (!encoder->source || strlen(encoder->source) <= 10)
        fail_msg("encoder %s: .source is to name paper, version and equation",
                 encoder->name);
    if (encoder_check_options(encoder, &e))
        fail_msg("%s", e.msg);
    for (int i = 0; i < option_count(encoder->options); i++) {
        const struct option *o = &encoder->options[i];
        double back;
        char text[OPTION_TEXT];
        if (!o->help || strlen(o->help) <= 10)
            fail_msg("encoder %s: option %s: .help is to have more than 10 letters",
                     encoder->name, o->name);
        option_format(o, o->dflt, text);
        if (option_parse(o, text, &back, &e))
            fail_msg("encoder %s: %s", encoder->name, e.msg);
        assert_true(back == o->dflt);
        assert_int_equal(option_find(encoder->options, o->name), i);
    }
}

/* A sum of ENCODER_PARTS_MAX of them has room for its name. */
static void its_name_is_short_and_plain(void **state)
{
    struct err e = {0};
    if (encoder_check_name(((const struct subject *)*state)->encoder, &e))
        fail_msg("%s", e.msg);
}

static void every_hook_has_its_adjoint(void **state)
{
    struct err e = {0};
    if (encoder_check_hooks(((const struct subject *)*state)->encoder, &e))
        fail_msg("%s", e.msg);
}

static void check_tensors(struct bed *b)
{
    assert_in_range(b->tensors, 0, ENCODER_TENSORS_MAX);
    for (int t = 0; t < b->tensors; t++) {
        const struct tensor_spec *s = &b->spec[t];
        assert_true(s->name && *s->name);
        assert_true(s->rows >= 1 && s->columns >= 1);
        if (s->init == INIT_NORMAL || s->init == INIT_UNIFORM)
            assert_true(s->scale > 0 && isfinite(s->scale));
        for (int other = 0; other < t; other++)
            assert_string_not_equal(s->name, b->spec[other].name);
    }
}

static void tensors_are_well_formed(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_tensors);
}

static void check_second_resolve(struct bed *b)
{
    const struct option_values once = b->options;
    if (b->encoder->resolve)
        assert_int_equal(b->encoder->resolve(&b->dims, &b->options, NULL), ST_OK);
    assert_memory_equal(&once, &b->options, sizeof once);
    for (int i = 0; i < option_count(b->encoder->options); i++) {
        const struct option *o = &b->encoder->options[i];
        assert_true(o->type == OPTION_BOOL || o->type == OPTION_CHOICE ||
                    (once.v[i] >= o->lo && once.v[i] <= o->hi));
    }
}

static void resolving_twice_changes_nothing(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_second_resolve);
}

static void a_refusal_names_encoder_and_remedy(void **state)
{
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    const struct encoder_dims dims = bed_dims(2, 8);
    for (int i = 0; i < combinations(encoder); i++) {
        static struct bed b;
        struct err e = {0};
        const struct option_values options = combination(encoder, i);
        if (bed_try(&b, encoder, &options, &dims, &e) == ST_OK)
            continue;
        assert_true(i > 0); /* the defaults are never refused */
        assert_int_equal(e.code, ST_CONFIG);
        assert_ptr_equal(strstr(e.msg, encoder->name), e.msg);
        assert_non_null(strstr(e.msg, "set "));
    }
}

/* --- what the hooks compute ---------------------------------------------- */

static void gradients_equal_central_differences(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, bed_check_gradients);
}

static void check_scattered_gradients(struct bed *b)
{
    const int position[] = {3, 7, b->length - 1};
    bed_panel(b, 3, position);
    bed_check_panel_gradients(b);
}

static void gradients_of_scattered_rows_are_right_too(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder,
                         check_scattered_gradients);
}

static void check_embedding(struct bed *b)
{
    const int n = b->length * b->dims.heads * b->dims.head_dim;
    real added[BED_LONGEST * BED_CHANNELS], to_zero[BED_LONGEST * BED_CHANNELS] = {0};
    if (!b->encoder->embed)
        return;
    bed_draw_x(b);
    memcpy(added, b->x, sizeof added);
    b->encoder->embed(&b->view, b->length, b->place, b->x);
    b->encoder->embed(&b->view, b->length, b->place, to_zero);
    for (int i = 0; i < n; i++)
        added[i] = b->x[i] - added[i];
    assert_close_double(added, to_zero, (size_t)n, 1e-12);
}

static void the_embedding_is_added_whatever_x_is(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_embedding);
}

/* The input and the projected numbers of tokens past `last` change. */
static void change_tokens(struct bed *b, int last)
{
    const int C = b->dims.heads * b->dims.head_dim;
    for (int j = last + 1; j < BED_LONGEST; j++) {
        for (int c = 0; c < C; c++)
            b->tokens[j * C + c] = 3 - 2 * b->tokens[j * C + c];
        for (int c = 0; c < b->projects; c++)
            b->projected.at[j * BED_WIDE + c] += 2;
    }
}

/* Keys, values and numbers of tokens past 5 change; rows 0..5 of the scores do not. */
static void check_causality(struct bed *b)
{
    real before[BED_LONGEST * BED_SCORES];
    const int last = 5, d = b->dims.head_dim;
    bed_weigh(b);
    memcpy(before, b->score, sizeof before);
    change_tokens(b, last);
    bed_read(b);
    for (int j = last + 1; j < BED_LONGEST; j++)
        for (int c = 0; c < d; c++) {
            b->k.at[j * BED_STRIDE + c] = -3 * b->k.at[j * BED_STRIDE + c];
            b->v.at[j * BED_STRIDE + c] = 5 - b->v.at[j * BED_STRIDE + c];
        }
    bed_weigh(b);
    for (int r = 0; r <= last; r++)
        assert_close_double(b->score + (size_t)r * BED_SCORES,
                            before + (size_t)r * BED_SCORES, (size_t)r + 1, 1e-12);
}

/* The numbers of tokens 0..5 come from tokens 0..5. */
static void check_reading_is_causal(struct bed *b)
{
    const struct bed_numbers before = b->state;
    const int last = 5;
    change_tokens(b, last);
    bed_read(b);
    for (int t = 0; t <= last; t++)
        assert_close_double(b->state.at + (size_t)t * BED_WIDE,
                            before.at + (size_t)t * BED_WIDE, (size_t)b->states, 1e-12);
}

static void tokens_are_read_without_the_future(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder,
                         check_reading_is_causal);
}

static void future_keys_leave_a_row_alone(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_causality);
}

/* A panel of rows 3, 7 and the last equals those rows of a panel of all. */
static void check_scattered(struct bed *b)
{
    static struct bed dense; /* its arrays alone are used */
    const int position[] = {3, 7, b->length - 1};
    bed_score_grad(b, false);
    dense = *b;
    bed_panel(b, 3, position);
    bed_score_grad(b, false);
    for (int r = 0; r < 3; r++) {
        const size_t n = (size_t)position[r] + 1, at = (size_t)position[r];
        assert_close_double(b->score + (size_t)r * BED_SCORES,
                            dense.score + at * BED_SCORES, n, 1e-12);
        assert_close_double(b->dscore + (size_t)r * BED_SCORES,
                            dense.dscore + at * BED_SCORES, n, 1e-12);
        assert_close_double(b->dq.at + (size_t)r * BED_STRIDE,
                            dense.dq.at + at * BED_STRIDE, (size_t)b->dims.head_dim, 1e-12);
    }
}

static void scattered_rows_equal_dense_rows(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_scattered);
}

static void check_scratch(struct bed *b)
{
    real score[BED_LONGEST * BED_SCORES], dscore[BED_LONGEST * BED_SCORES];
    real grad[ENCODER_TENSORS_MAX][BED_TENSOR];
    bed_score_grad(b, false); /* scratch starts as NaN */
    memcpy(score, b->score, sizeof score);
    memcpy(dscore, b->dscore, sizeof dscore);
    memcpy(grad, b->grad, sizeof grad);
    bed_fill(b->scratch, BED_SCRATCH, -1e9);
    bed_score_grad(b, false);
    for (int r = 0; r < b->panel.rows; r++) {
        const size_t at = (size_t)r * BED_SCORES, n = (size_t)b->row[r] + 1;
        assert_close_double(b->score + at, score + at, n, 0);
        assert_close_double(b->dscore + at, dscore + at, n, 0);
    }
    assert_memory_equal(grad, b->grad, sizeof grad);
}

static void scratch_may_hold_anything_before(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_scratch);
}

/* --- what the hooks leave alone ------------------------------------------ */

static void check_writes(struct bed *b)
{
    static struct bed before;
    const int position[] = {3, 7, 8}, d = b->dims.head_dim;
    bed_panel(b, 3, position);
    bed_fill(b->scratch, BED_SCRATCH, BED_NOBODYS);
    before = *b;
    bed_score_grad(b, false);
    assert_score_gaps(b, b->score);
    assert_score_gaps(b, b->dscore);
    assert_future_is_zero(b);
    assert_guards(b);
    assert_memory_equal(&before.q, &b->q, sizeof b->q);
    assert_memory_equal(&before.k, &b->k, sizeof b->k);
    assert_memory_equal(&before.v, &b->v, sizeof b->v);
    assert_memory_equal(&before.projected, &b->projected, sizeof b->projected);
    assert_memory_equal(&before.state, &b->state, sizeof b->state);
    assert_memory_equal(&before.derived, &b->derived, sizeof b->derived);
    assert_memory_equal(before.weight, b->weight, sizeof b->weight);
    assert_memory_equal(before.constants, b->constants, sizeof b->constants);
    assert_gaps(&b->dq, 3, d, BED_EARLIER);
    assert_gaps(&b->dk, b->panel.columns, d, BED_EARLIER);
    assert_gaps(&b->dv, b->panel.columns, d, BED_EARLIER);
    assert_numbers_gaps(&b->dprojected, b->length, b->projects, BED_EARLIER);
    assert_numbers_gaps(&b->dstate, b->length, b->states, BED_EARLIER);
    assert_derived_guards(b);
}

static void score_writes_its_own_rows_only(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_writes);
}

static void check_embed_writes(struct bed *b)
{
    const int T = 6, C = b->dims.heads * b->dims.head_dim;
    if (!b->encoder->embed)
        return;
    bed_fill(b->x, BED_LONGEST * BED_CHANNELS, BED_NOBODYS);
    b->encoder->embed(&b->view, T, b->place, b->x);
    for (int i = T * C; i < BED_LONGEST * BED_CHANNELS; i++)
        assert_true(b->x[i] == BED_NOBODYS);
    b->encoder->embed_grad(&b->view, b->length, b->place, b->x);
    assert_grad_guards(b);
}

static void check_rotate_writes(struct bed *b)
{
    const int position[] = {3, 7, 8};
    if (!b->encoder->rotate)
        return;
    bed_panel(b, 3, position);
    const struct turn t = bed_turn(b, true);
    b->encoder->rotate(&b->view, &t);
    assert_gaps(&b->q, 3, b->dims.head_dim, BED_NOBODYS);
    const struct bed_matrix turned = b->q;
    bed_clear_gradients(b);
    b->encoder->rotate_grad(&b->view, &t);
    assert_memory_equal(&turned, &b->q, sizeof turned);
    assert_gaps(&b->dq, 3, b->dims.head_dim, BED_EARLIER);
    assert_numbers_gaps(&b->dprojected, b->length, b->projects, BED_EARLIER);
    assert_numbers_gaps(&b->dstate, b->length, b->states, BED_EARLIER);
    assert_grad_guards(b);
}

/* And nothing but its own numbers, its gradients included. */
static void check_read_writes(struct bed *b)
{
    const struct tokens t = bed_tokens(b);
    if (!b->encoder->read)
        return;
    assert_numbers_gaps(&b->state, b->length, b->states, BED_NOBODYS);
    const struct bed_numbers state = b->state, projected = b->projected;
    bed_clear_gradients(b);
    const struct bed_numbers dstate = b->dstate;
    b->encoder->read_grad(&b->view, &t, b->scratch);
    assert_memory_equal(&state, &b->state, sizeof state);
    assert_memory_equal(&projected, &b->projected, sizeof projected);
    assert_memory_equal(&dstate, &b->dstate, sizeof dstate);
    assert_numbers_gaps(&b->dprojected, b->length, b->projects, BED_EARLIER);
    assert_grad_guards(b);
    assert_derived_guards(b);
}

static void check_embed_and_rotate_writes(struct bed *b)
{
    check_embed_writes(b);
    check_rotate_writes(b);
    check_read_writes(b);
}

static void embed_rotate_and_read_write_their_own_rows_only(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder,
                         check_embed_and_rotate_writes);
}

static void check_scratch_sizes(struct bed *b)
{
    if (!b->encoder->scratch)
        return;
    for (int rows = 1; rows <= BED_LONGEST; rows++)
        for (int columns = rows; columns <= BED_LONGEST; columns++) {
            const size_t here = b->encoder->scratch(&b->dims, &b->options, rows, columns);
            assert_true(here <=
                        b->encoder->scratch(&b->dims, &b->options, rows + 1, columns));
            assert_true(here <=
                        b->encoder->scratch(&b->dims, &b->options, rows, columns + 1));
        }
}

static void a_smaller_panel_asks_for_no_more_scratch(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_scratch_sizes);
}

/* --- places -------------------------------------------------------------- */

/* The places of T tokens for sample `index`. */
static void place_tokens(const struct bed *b, int T, bool training, int index, int *place)
{
    const struct placing by = {
        .training = training,
        .sample = rng_stream(1, RNG_TEST, "place", (uint64_t)index),
        .batch = rng_stream(1, RNG_TEST, "place of all", 0),
    };
    for (int t = 0; t < T; t++)
        place[t] = t;
    b->encoder->place(&b->dims, &b->options, &by, T, place);
}

static void check_places(struct bed *b)
{
    int place[BED_LONGEST];
    if (!b->encoder->place)
        return;
    const int places = b->encoder->places(&b->dims, &b->options);
    assert_true(places >= b->dims.longest);
    for (int index = 0; index < 50; index++)
        for (int T = 1; T <= BED_LONGEST; T++) {
            place_tokens(b, T, index % 2, index, place);
            for (int t = 0; t < T; t++) {
                assert_in_range(place[t], 0, places - 1);
                assert_true(t == 0 || place[t] > place[t - 1]);
            }
        }
}

static void places_increase_and_lie_in_range(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_places);
}

/* --- effects ------------------------------------------------------------- */

enum { EFFECT_HEADS = 8 };

/* All that a model can notice of an encoder. */
struct effect {
    real x[BED_LONGEST * BED_CHANNELS], q[BED_LONGEST * BED_STRIDE];
    real score[EFFECT_HEADS][BED_LONGEST * BED_SCORES];
    struct {
        int rows, columns, init, decay, per_layer;
        double scale;
    } tensor[ENCODER_TENSORS_MAX];
    real o[BED_LONGEST * BED_STRIDE];
    real mixed[BED_HEADS][2]; /* row 5 at key 3, and at the first key */
    real start[ENCODER_TENSORS_MAX][BED_TENSOR];
    int place[6][BED_LONGEST];
    int reach, projects;
};

static void effect_of(struct bed *b, struct effect *out)
{
    const struct encoder *e = b->encoder;
    memset(out, 0, sizeof *out);
    for (int i = 0; e->place && i < 6; i++)
        place_tokens(b, 4, i % 2, 1 + i / 2, out->place[i]);
    for (int h = 0; h < b->dims.heads; h++) {
        b->panel.head = h;
        bed_weigh(b);
        for (int r = 0; r < b->length; r++)
            memcpy(out->score[h] + (size_t)r * BED_SCORES,
                   b->score + (size_t)r * BED_SCORES, ((size_t)r + 1) * sizeof(real));
    }
    if (e->values) {
        bed_made_up_weights(b);
        bed_values_loss(b);
        memcpy(out->o, b->o.at, sizeof out->o);
    }
    if (e->mix) {
        bed_make_up_heads(b);
        bed_mix(b);
        for (int h = 0; h < b->dims.heads; h++) {
            out->mixed[h][0] = b->mixed[h][5 * BED_SCORES + 3];
            out->mixed[h][1] = b->mixed[h][(size_t)5 * BED_SCORES];
        }
    }
    bed_draw_x(b);
    if (e->embed)
        e->embed(&b->view, b->length, b->place, b->x);
    const struct turn keys = bed_turn(b, true);
    if (e->rotate)
        e->rotate(&b->view, &keys);
    memcpy(out->x, b->x, sizeof out->x);
    memcpy(out->q, b->q.at, sizeof out->q);
    for (int t = 0; t < b->tensors; t++) {
        bed_fill(out->start[t], bed_size(b, t), 0.5);
        if (e->start)
            e->start(&b->dims, &b->options, t, out->start[t]);
        out->tensor[t].rows = b->spec[t].rows;
        out->tensor[t].columns = b->spec[t].columns;
        out->tensor[t].init = (int)b->spec[t].init;
        out->tensor[t].scale = b->spec[t].scale;
        out->tensor[t].decay = b->spec[t].decay;
        out->tensor[t].per_layer = b->spec[t].per_layer;
    }
    out->reach = e->reach ? (int)e->reach(&b->dims, &b->options) : REACH_DEFINED;
    out->projects = b->projects;
}

/* Half of it, and half of that, and so on: what a bed of few tokens cannot tell from the
 * default may be a value for longer sequences. False: there is no smaller one. */
static bool halve(const struct option *o, double *value)
{
    const double half = o->type == OPTION_INT ? floor(*value / 2) : *value / 2;
    const bool good = (o->type == OPTION_INT || o->type == OPTION_REAL) && half >= o->lo &&
                      half != *value && fabs(half) > 1e-6 * fabs(o->dflt);
    *value = half;
    return good;
}

/* Both were cleared before they were filled, so padding is the same. */
static bool same_bytes(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* Does value k of option i change anything, beside some values of the others? */
static bool has_effect(const struct encoder *encoder, struct encoder_dims dims, int i,
                       int k)
{
    static struct bed b;
    static struct effect with_default, with_other;
    const struct option *o = &encoder->options[i];
    for (int c = 0; c < combinations(encoder); c++) {
        struct option_values options = combination(encoder, c);
        double value = test_value(o, k);
        if (o->type == OPTION_INT && 10 * value <= o->hi)
            value *= 10; /* halved below: a small number may be refused */
        options.v[i] = o->dflt;
        if (bed_try(&b, encoder, &options, &dims, NULL) != ST_OK)
            continue;
        effect_of(&b, &with_default);
        do {
            options.v[i] = value;
            if (bed_try(&b, encoder, &options, &dims, NULL) != ST_OK)
                continue;
            effect_of(&b, &with_other);
            if (!same_bytes(&with_default, &with_other, sizeof with_other))
                return true;
        } while (halve(o, &value));
    }
    return false;
}

static void an_option_always_has_an_effect(void **state)
{
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    for (int i = 0; i < option_count(encoder->options); i++)
        for (int k = 1; k < test_values(&encoder->options[i]); k++)
            if (!has_effect(encoder, bed_dims(2, 8), i, k) &&
                !has_effect(encoder, bed_dims(EFFECT_HEADS, 2), i, k))
                fail_msg("value %g of option %s changes nothing that a bed of %d tokens "
                         "shows",
                         test_value(&encoder->options[i], k), encoder->options[i].name,
                         BED_LONGEST);
}

static bool differ(const real *a, const real *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i])
            return true;
    return false;
}

/* An encoder with hooks changes the embeddings, the queries or the scores; one without
 * changes nothing. */
static void differs_from_none_if_it_has_hooks(void **state)
{
    static struct bed b;
    static struct effect with, without;
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    const struct encoder bare = {.name = "bare"};
    const bool has_hooks = encoder->embed || encoder->rotate || encoder->score ||
                           encoder->content || encoder->weigh || encoder->values ||
                           encoder->mix;
    bed_open(&b, encoder, "");
    effect_of(&b, &with);
    bed_open(&b, &bare, "");
    effect_of(&b, &without);
    assert_int_equal(has_hooks,
                     differ(with.x, without.x, BED_LONGEST * BED_CHANNELS) ||
                         differ(with.q, without.q, BED_LONGEST * BED_STRIDE) ||
                         differ(with.mixed[0], without.mixed[0], 2 * BED_HEADS) ||
                         differ(with.score[0], without.score[0],
                                EFFECT_HEADS * BED_LONGEST * BED_SCORES));
}

static bool (*const invariance_holds[])(struct bed *b) = {
    invariance_to_shift, /* INVARIANT_SHIFT is bit 0 */
    invariance_to_order,
};

static bool declares(const struct bed *b, int bit)
{
    return b->encoder->invariances && b->encoder->invariances(&b->options) >> bit & 1;
}

/* With ten times one of its numbers or less of it, and the same declared, does it not hold? What
 * a window of one key or a threshold of 512 tokens hides from a bed shows at other values. */
static bool breaks_nearby(const struct bed *b, int bit)
{
    static struct bed other;
    for (int i = 0; i < option_count(b->encoder->options); i++) {
        const struct option *o = &b->encoder->options[i];
        double value = fmin(10 * b->options.v[i], o->hi);
        while (halve(o, &value)) {
            struct option_values options = b->options;
            options.v[i] = value;
            if (bed_try(&other, b->encoder, &options, &b->dims, NULL) == ST_OK &&
                declares(&other, bit) == declares(b, bit) && !invariance_holds[bit](&other))
                return true;
        }
    }
    return false;
}

/* What is declared holds, and what holds is declared. */
static void check_invariances(struct bed *b)
{
    static const char *const of[] = {"a later start", "another order of earlier tokens"};
    const int length = b->length;
    for (int bit = 0; bit < 2; bit++) {
        b->length = length;
        const bool holds = invariance_holds[bit](b);
        if (declares(b, bit) && !holds)
            fail_msg("%s moves logits by more than %g, and was declared not to", of[bit],
                     INVARIANCE_TOL);
        if (holds && !declares(b, bit) && !breaks_nearby(b, bit))
            fail_msg("%s moves no logit by more than %g: declare it", of[bit],
                     INVARIANCE_TOL);
    }
}

/* Who chooses places for others has no logits. */
static void check_no_invariances(struct bed *b)
{
    assert_false(declares(b, 0) || declares(b, 1));
}

static void invariances_are_those_declared(void **state)
{
    static struct bed b;
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    for_each_combination(encoder,
                         encoder->place ? check_no_invariances : check_invariances);
    bed_open(&b, encoder, "");
    for (int bit = 0; bit < 2; bit++)
        if (declares(&b, bit) && breaks_nearby(&b, bit))
            fail_msg("other values of its numbers break what was declared: say for which");
}

/* X(of, check) for each check. */
#define ENCODER_CHECKS(X, of)                              \
    X(of, is_found_by_its_file_name)                       \
    X(of, describes_itself)                                \
    X(of, its_name_is_short_and_plain)                     \
    X(of, every_hook_has_its_adjoint)                      \
    X(of, tensors_are_well_formed)                         \
    X(of, resolving_twice_changes_nothing)                 \
    X(of, a_refusal_names_encoder_and_remedy)              \
    X(of, gradients_equal_central_differences)             \
    X(of, gradients_of_scattered_rows_are_right_too)       \
    X(of, the_embedding_is_added_whatever_x_is)            \
    X(of, tokens_are_read_without_the_future)              \
    X(of, future_keys_leave_a_row_alone)                   \
    X(of, scattered_rows_equal_dense_rows)                 \
    X(of, scratch_may_hold_anything_before)                \
    X(of, score_writes_its_own_rows_only)                  \
    X(of, embed_rotate_and_read_write_their_own_rows_only) \
    X(of, a_smaller_panel_asks_for_no_more_scratch)        \
    X(of, places_increase_and_lie_in_range)                \
    X(of, an_option_always_has_an_effect)                  \
    X(of, invariances_are_those_declared)                  \
    X(of, differs_from_none_if_it_has_hooks)

#endif
