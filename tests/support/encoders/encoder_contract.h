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
#include "encoder_options.h"
#include "encoder_places.h"

struct subject {
    const char *stem;
    const struct encoder *encoder;
};

/* --- options under test -------------------------------------------------- */

/* The bed of the check that is running or has failed; else NULL. */
static const struct bed *running;

/* Prints the options of a check that failed. */
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
    if (accepted == 0)
        fail_msg("encoder %s: .resolve refuses all combinations of option values, the "
                 "defaults too",
                 encoder->name);
}

/* --- the descriptor ------------------------------------------------------ */

static void is_found_by_its_file_name(void **state)
{
    const struct subject *s = *state;
    if (strcmp(s->encoder->name, s->stem) != 0)
        fail_msg("encoder_%s.c: .name is \"%s\"; call it \"%s\", as the file is", s->stem,
                 s->encoder->name, s->stem);
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

/* A sum of ENCODER_PARTS_MAX such encoders has room for its name. */
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
    const char *name = b->encoder->name;
    if (b->tensors < 0 || b->tensors > ENCODER_TENSORS_MAX)
        fail_msg("encoder %s: .tensors says %d; 0 to %d are allowed", name, b->tensors,
                 ENCODER_TENSORS_MAX);
    for (int t = 0; t < b->tensors; t++) {
        const struct tensor_spec *s = &b->spec[t];
        if (!s->name || !*s->name)
            fail_msg("encoder %s: .tensors: number %d has no name", name, t);
        if (s->rows < 1 || s->columns < 1)
            fail_msg("encoder %s: .tensors: %s has %d rows and %d columns", name, s->name,
                     s->rows, s->columns);
        if ((s->init == INIT_NORMAL || s->init == INIT_UNIFORM) &&
            !(s->scale > 0 && isfinite(s->scale)))
            fail_msg(
                "encoder %s: .tensors: %s is drawn with scale %g; it is to be positive",
                name, s->name, s->scale);
        for (int other = 0; other < t; other++)
            if (strcmp(s->name, b->spec[other].name) == 0)
                fail_msg("encoder %s: .tensors: numbers %d and %d are both called %s", name,
                         other, t, s->name);
    }
}

static void tensors_are_well_formed(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_tensors);
}

static void check_second_resolve(struct bed *b)
{
    const struct option_values once = b->options;
    struct err e = {.msg = ""};
    if (b->encoder->resolve && b->encoder->resolve(&b->dims, &b->options, &e) != ST_OK)
        fail_msg("encoder %s: .resolve refuses what it made itself: %s", b->encoder->name,
                 e.msg);
    for (int i = 0; i < option_count(b->encoder->options); i++) {
        const struct option *o = &b->encoder->options[i];
        if (!(once.v[i] == b->options.v[i]))
            fail_msg("encoder %s: .resolve makes %s %.9g, and called again %.9g",
                     b->encoder->name, o->name, once.v[i], b->options.v[i]);
        if (option_check_value("resolved", o, once.v[i], &e))
            fail_msg("encoder %s: .resolve: %s", b->encoder->name, e.msg);
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
        if (i == 0)
            fail_msg("encoder %s: .resolve refuses the defaults: %s", encoder->name, e.msg);
        if (e.code != ST_CONFIG)
            fail_msg("encoder %s: .resolve refuses with code %d; ST_CONFIG is the code of "
                     "a setting that cannot be",
                     encoder->name, (int)e.code);
        if (strstr(e.msg, encoder->name) != e.msg || !strstr(e.msg, "set "))
            fail_msg("encoder %s: .resolve says \"%s\"; a refusal begins with the encoder "
                     "and says what to set",
                     encoder->name, e.msg);
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
        if (!bed_close(b->x[i] - added[i], to_zero[i], 1e-12))
            fail_msg("encoder %s: .embed adds %.9g to x[%d][%d], but %.9g where x is 0; "
                     "what it adds does not depend on x",
                     b->encoder->name, b->x[i] - added[i], i / (n / b->length),
                     i % (n / b->length), to_zero[i]);
}

static void the_embedding_is_added_whatever_x_is(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_embedding);
}

/* Changes the input and the projected numbers of the tokens after `last`. */
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

/* Rows 0..5 of the scores stay when keys, values and numbers of the tokens after 5 change. */
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
    bed_names_panel_hooks(b);
    for (int i = 0; i <= last; i++)
        for (int j = 0; j <= i; j++)
            if (!bed_close(b->score[i * BED_SCORES + j], before[i * BED_SCORES + j], 1e-12))
                fail_msg("encoder %s: %s looks into the future: score[%d][%d] was %.9g and "
                         "is %.9g since tokens past %d changed; row r sees tokens "
                         "0..row[r] alone%s",
                         b->encoder->name, b->forward, i, j, before[i * BED_SCORES + j],
                         b->score[i * BED_SCORES + j], last,
                         bed_why_not_finite(before[i * BED_SCORES + j], 0));
}

/* What `read` writes for tokens 0..5 depends on tokens 0..5 alone. */
static void check_reading_is_causal(struct bed *b)
{
    const struct bed_numbers before = b->state;
    const int last = 5;
    change_tokens(b, last);
    bed_read(b);
    for (int t = 0; t <= last; t++)
        for (int c = 0; c < b->states; c++)
            if (!bed_close(b->state.at[t * BED_WIDE + c], before.at[t * BED_WIDE + c],
                           1e-12))
                fail_msg("encoder %s: .read looks into the future: state[%d][%d] was %.9g "
                         "and is %.9g since tokens past %d changed; row t comes of tokens "
                         "0..t alone",
                         b->encoder->name, t, c, before.at[t * BED_WIDE + c],
                         b->state.at[t * BED_WIDE + c], last);
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

/* Compares n numbers of row `row` of a panel of few rows with those of the same token in a
 * panel of all rows. */
static void check_same_row(const struct bed *b, const char *hooks, const char *what,
                           int row, int n, const real *few, const real *all)
{
    for (int c = 0; c < n; c++)
        if (!bed_close(few[c], all[c], 1e-12))
            fail_msg("encoder %s: %s: %s[%d][%d] is %.9g in a panel of tokens 3, 7 and %d, "
                     "but %.9g for token %d in a panel of all; row r of a panel is token "
                     "row[r]",
                     b->encoder->name, hooks, what, row, c, few[c], b->length - 1, all[c],
                     b->row[row]);
}

/* A panel of rows 3, 7 and the last equals those rows of a panel of all. */
static void check_scattered(struct bed *b)
{
    static struct bed dense; /* its arrays alone are used */
    const int position[] = {3, 7, b->length - 1};
    bed_names_panel_hooks(b);
    bed_score_grad(b, false);
    dense = *b;
    bed_panel(b, 3, position);
    bed_score_grad(b, false);
    for (int r = 0; r < 3; r++) {
        const int n = position[r] + 1;
        const size_t few = (size_t)r, all = (size_t)position[r];
        check_same_row(b, b->forward, "score", r, n, b->score + few * BED_SCORES,
                       dense.score + all * BED_SCORES);
        check_same_row(b, b->adjoint, "dscore", r, n, b->dscore + few * BED_SCORES,
                       dense.dscore + all * BED_SCORES);
        check_same_row(b, b->adjoint, "dq", r, b->dims.head_dim,
                       b->dq.at + few * BED_STRIDE, dense.dq.at + all * BED_STRIDE);
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
    bed_names_panel_hooks(b);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->row[r]; j++) {
            const int at = r * BED_SCORES + j;
            if (!bed_close(b->score[at], score[at], 0) ||
                !bed_close(b->dscore[at], dscore[at], 0))
                fail_msg("encoder %s: %s or %s reads scratch before it writes there: with "
                         "NaN in it score[%d][%d] is %.9g and dscore %.9g, with -1e9 %.9g "
                         "and %.9g",
                         b->encoder->name, b->forward, b->adjoint, r, j, score[at],
                         dscore[at], b->score[at], b->dscore[at]);
        }
    assert_kept(b, b->adjoint, "the gradients of weights, by what stood in scratch", grad,
                b->grad, sizeof grad);
}

static void scratch_may_hold_anything_before(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_scratch);
}

/* --- what the hooks leave alone ------------------------------------------ */

static void score_writes_its_own_rows_only(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_panel_writes);
}

static void embed_rotate_and_read_write_their_own_rows_only(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_token_writes);
}

static void planes_are_written_whole(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_inspect_writes);
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
    if (places < b->dims.longest)
        fail_msg(
            "encoder %s: .places says %d, fewer than the %d tokens of the longest sample",
            b->encoder->name, places, b->dims.longest);
    for (int index = 0; index < 50; index++)
        for (int T = 1; T <= BED_LONGEST; T++) {
            place_tokens(b, T, index % 2, index, place);
            for (int t = 0; t < T; t++)
                if (place[t] < 0 || place[t] >= places ||
                    (t > 0 && place[t] <= place[t - 1]))
                    fail_msg("encoder %s: .place puts token %d of %d at %d behind %d; "
                             "places increase from 0 to %d",
                             b->encoder->name, t, T, place[t], t > 0 ? place[t - 1] : -1,
                             places - 1);
        }
}

static void places_increase_and_lie_in_range(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_places);
}

/* --- effects ------------------------------------------------------------- */

enum { EFFECT_HEADS = 8 };

/* Everything of an encoder that a model can notice. */
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

/* Both structs were cleared before they were filled, so their padding is equal. */
static bool same_bytes(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n) == 0;
}

/* True when value k of option i changes anything, under some values of the other options. */
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
                fail_msg("encoder %s: value %g of option %s changes nothing that %d tokens "
                         "show: no hook reads it",
                         encoder->name, test_value(&encoder->options[i], k),
                         encoder->options[i].name, BED_LONGEST);
}

static bool differ(const real *a, const real *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i])
            return true;
    return false;
}

/* An encoder with hooks changes the embeddings, the queries, the scores or what is mixed;
 * one without hooks changes nothing. */
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
    const bool changes =
        differ(with.x, without.x, BED_LONGEST * BED_CHANNELS) ||
        differ(with.q, without.q, BED_LONGEST * BED_STRIDE) ||
        differ(with.mixed[0], without.mixed[0], 2 * BED_HEADS) ||
        differ(with.score[0], without.score[0], EFFECT_HEADS * BED_LONGEST * BED_SCORES);
    if (has_hooks && !changes)
        fail_msg(
            "encoder %s: its hooks change neither embeddings nor queries nor scores: it "
            "does what none does",
            encoder->name);
    if (changes && !has_hooks)
        fail_msg("encoder %s: it has no hook, and changes what a model computes",
                 encoder->name);
}

static bool (*const invariance_holds[])(struct bed *b) = {
    invariance_to_shift, /* INVARIANT_SHIFT is bit 0 */
    invariance_to_order,
};

static bool declares(const struct bed *b, int bit)
{
    return b->encoder->invariances && b->encoder->invariances(&b->options) >> bit & 1;
}

/* True when the invariance fails for other values of one option (ten times its value, then
 * half of that, and so on) that declare the same. A bed is too short to show what a window
 * of one key or a threshold of 512 tokens does; other values show it. */
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

/* An encoder that sets .takes_places computes with places, not with rows in their stead. */
static void places_are_asked_for(void **state)
{
    const struct encoder *encoder = ((const struct subject *)*state)->encoder;
    if (!encoder->takes_places || encoder->place)
        return;
    if (!places_matter_to(encoder, bed_dims(2, 8)) &&
        !places_matter_to(encoder, bed_dims(EFFECT_HEADS, 2)))
        fail_msg(
            "encoder %s: .takes_places is set, but tokens at places 1, 3, 5 and 7 give "
            "what they give at 1, 2, 3 and 4: its hooks take rows for places",
            encoder->name);
}

static void other_lengths_in_a_batch_change_nothing(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder,
                         check_derived_of_fewer_tokens);
}

static void flops_are_a_count(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_flops);
}

static void what_is_in_range_stays(void **state)
{
    for_each_combination(((const struct subject *)*state)->encoder, check_confined);
}

/* Every declared invariance holds, and every one that holds is declared. */
static void check_invariances(struct bed *b)
{
    static const char *const of[] = {"a later start", "another order of earlier tokens"};
    const int length = b->length;
    for (int bit = 0; bit < 2; bit++) {
        b->length = length;
        const bool holds = invariance_holds[bit](b);
        if (declares(b, bit) && !holds)
            fail_msg("encoder %s: %s moves logits by more than %g, and .invariances says "
                     "that it does not",
                     b->encoder->name, of[bit], INVARIANCE_TOL);
        if (holds && !declares(b, bit) && !breaks_nearby(b, bit))
            fail_msg("encoder %s: %s moves no logit by more than %g: declare it in "
                     ".invariances",
                     b->encoder->name, of[bit], INVARIANCE_TOL);
    }
}

/* An encoder that chooses places has no logits, and so declares no invariance. */
static void check_no_invariances(struct bed *b)
{
    if (declares(b, 0) || declares(b, 1))
        fail_msg("encoder %s: .invariances are those of logits, and it has none; leave the "
                 "hook out",
                 b->encoder->name);
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
            fail_msg("encoder %s: other values of its options break what .invariances "
                     "declares: say for which it holds",
                     encoder->name);
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
    X(of, planes_are_written_whole)                        \
    X(of, a_smaller_panel_asks_for_no_more_scratch)        \
    X(of, places_increase_and_lie_in_range)                \
    X(of, places_are_asked_for)                            \
    X(of, other_lengths_in_a_batch_change_nothing)         \
    X(of, flops_are_a_count)                               \
    X(of, what_is_in_range_stays)                          \
    X(of, an_option_always_has_an_effect)                  \
    X(of, invariances_are_those_declared)                  \
    X(of, differs_from_none_if_it_has_hooks)

#endif
