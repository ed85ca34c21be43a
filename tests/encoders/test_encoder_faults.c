/* links: models_double */
/* The contract catches what an encoder can do wrong: an encoder of the registry keeps each
 * clause, and its copy with one planted fault breaks the clause that is there for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encoder_contract.h"

/* --- faults: hooks of the right encoder, called in a wrong way ------------- */

#define OF(name) encoder_find(#name)

/* A panel as another encoder would understand it. */
#define PANEL_HOOK(name) \
    static void name(const struct encoder_view *e, const struct panel *p, real *scratch)

/* The content gradients that attention would add are doubled: relative's alpha twice. */
PANEL_HOOK(relative_forgets_alpha)
{
    struct panel wrong = *p;
    wrong.alpha = 1;
    OF(relative)->score_grad(e, &wrong, scratch);
}

/* Rows one by one, each taken for the token after its own. */
static void score_a_token_further(const struct encoder *encoder,
                                  const struct encoder_view *e, const struct panel *p,
                                  real *scratch)
{
    for (int r = 0; r < p->rows; r++) {
        struct panel one = *p;
        int row = p->row[r] + (p->row[r] + 1 < p->columns);
        one.rows = 1;
        one.row = &row;
        one.columns = row + 1;
        one.q.at += (size_t)r * (size_t)p->q.stride;
        one.score += (size_t)r * (size_t)p->stride;
        encoder->score(e, &one, scratch);
    }
}

/* Distance i - j + 1. */
PANEL_HOOK(relative_is_off_by_one)
{
    score_a_token_further(OF(relative), e, p, scratch);
}

/* The gate of the token after the query. */
PANEL_HOOK(fox_sees_the_next_token)
{
    score_a_token_further(OF(fox), e, p, scratch);
}

/* Rows of a panel are taken for tokens. */
PANEL_HOOK(alibi_takes_rows_for_tokens)
{
    struct panel wrong = *p;
    int row[BED_LONGEST];
    for (int r = 0; r < p->rows; r++)
        row[r] = r;
    wrong.row = row;
    OF(alibi)->score(e, &wrong, scratch);
}

PANEL_HOOK(fox_sends_gradients_to_head_0)
{
    struct panel wrong = *p;
    wrong.head = 0;
    OF(fox)->score_grad(e, &wrong, scratch);
}

PANEL_HOOK(fox_overwrites_its_gradient)
{
    for (int t = 0; t < p->columns; t++)
        p->dstate.at[t * p->dstate.stride + p->head] = 0;
    OF(fox)->score_grad(e, p, scratch);
}

PANEL_HOOK(stick_breaking_forgets_the_remainder)
{
    for (int r = 0; r < p->rows; r++)
        p->dscore[r * p->stride + p->row[r]] = 0;
    OF(stick_breaking)->weigh_grad(e, p, scratch);
}

PANEL_HOOK(stick_breaking_leaves_a_slope_at_the_query)
{
    OF(stick_breaking)->weigh_grad(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        p->dscore[r * p->stride + p->row[r]] += 0.01;
}

PANEL_HOOK(stick_breaking_writes_past_the_query)
{
    OF(stick_breaking)->weigh_grad(e, p, scratch);
    p->dscore[p->columns - 1] = 1;
}

PANEL_HOOK(path_forgets_alpha)
{
    OF(path)->content(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->score[r * p->stride + j] /= p->alpha;
}

/* What the adjoint adds to dk lands in a matrix that nobody reads. */
PANEL_HOOK(path_forgets_keys)
{
    static struct bed_matrix nowhere;
    struct panel wrong = *p;
    wrong.dk = (struct rows){nowhere.at, BED_STRIDE};
    OF(path)->content_grad(e, &wrong, scratch);
}

PANEL_HOOK(path_overwrites_queries)
{
    OF(path)->content(e, p, scratch);
    p->q.at[0] += 1;
}

PANEL_HOOK(cope_forgets_gates)
{
    static real dscore[BED_LONGEST * BED_SCORES];
    memcpy(dscore, p->dscore, sizeof dscore);
    OF(cope)->score_grad(e, p, scratch);
    memcpy(p->dscore, dscore, sizeof dscore);
}

PANEL_HOOK(shaw_forgets_weights)
{
    static real dscore[BED_LONGEST * BED_SCORES];
    memcpy(dscore, p->dscore, sizeof dscore);
    OF(shaw)->values_grad(e, p, scratch);
    memcpy(p->dscore, dscore, sizeof dscore);
}

/* Rows of the panel again, in the gradient of projected numbers. */
PANEL_HOOK(inkling_takes_rows_for_tokens)
{
    static real kept[BED_LONGEST * BED_WIDE];
    const size_t row = (size_t)p->dprojected.stride;
    struct panel wrong = *p;
    memset(kept, 0, sizeof kept);
    wrong.dprojected = (struct rows){kept, p->dprojected.stride};
    OF(inkling)->score_grad(e, &wrong, scratch);
    for (int r = 0; r < p->rows; r++)
        for (size_t c = 0; c < row; c++)
            p->dprojected.at[(size_t)r * row + c] += kept[(size_t)p->row[r] * row + c];
}

PANEL_HOOK(tra_keeps_no_counts)
{
    OF(tra)->weigh(e, p, scratch);
    for (size_t i = 0; i < OF(tra)->scratch(e->dims, e->options, p->rows, p->columns); i++)
        scratch[i] = 0;
}

/* What belongs to the content logits alone lands where nobody reads. */
PANEL_HOOK(dape_forgets_content)
{
    static real nowhere[BED_LONGEST * BED_SCORES];
    struct panel wrong[BED_HEADS];
    for (int h = 0; h < e->dims->heads; h++) {
        wrong[h] = p[h];
        wrong[h].dcontent = nowhere;
    }
    OF(dape)->mix_grad(e, wrong, scratch);
}

/* The logits of one head for all. */
PANEL_HOOK(dape_mixes_one_head)
{
    struct panel wrong[BED_HEADS];
    for (int h = 0; h < e->dims->heads; h++) {
        wrong[h] = p[h];
        wrong[h].content = p[0].content;
    }
    OF(dape)->mix(e, wrong, scratch);
}

/* Keys that the query does not see are no zeros to the convolutions. */
PANEL_HOOK(dape_v2_sees_the_next_key)
{
    struct panel wrong[BED_HEADS];
    int row[BED_LONGEST];
    for (int r = 0; r < p->rows; r++)
        row[r] = p->row[r] + (p->row[r] + 1 < p->columns);
    for (int h = 0; h < e->dims->heads; h++) {
        wrong[h] = p[h];
        wrong[h].row = row;
    }
    OF(dape_v2)->mix(e, wrong, scratch);
}

/* The content's gradient is that of logits without a share. */
PANEL_HOOK(deberta_forgets_the_share)
{
    OF(deberta)->score_grad(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->dscore[r * p->stride + j] *= 1.1;
}

/* Keys learn, queries do not. */
PANEL_HOOK(fope_forgets_queries)
{
    static struct bed_matrix nowhere;
    struct panel wrong = *p;
    wrong.dq = (struct rows){nowhere.at, BED_STRIDE};
    OF(fope)->content_grad(e, &wrong, scratch);
}

/* Each panel begins as if it were the first. */
static void selective_attention_passes_nothing_on(const struct encoder_view *e,
                                                  const struct panel *p, real *carry)
{
    (void)e;
    (void)p;
    (void)carry;
}

/* What later panels have to say to this one is lost. */
PANEL_HOOK(selective_attention_forgets_later_panels)
{
    static real nothing_yet[BED_SCORES];
    struct panel wrong[BED_HEADS];
    memset(nothing_yet, 0, sizeof nothing_yet);
    for (int h = 0; h < e->dims->heads; h++) {
        wrong[h] = p[h];
        wrong[h].dcarry = nothing_yet;
    }
    OF(selective_attention)->mix_grad(e, wrong, scratch);
}

/* A token masks keys for itself too. */
PANEL_HOOK(selective_attention_masks_at_once)
{
    static real content[BED_LONGEST * BED_SCORES];
    struct panel wrong[BED_HEADS];
    for (int h = 0; h < e->dims->heads; h++)
        wrong[h] = p[h];
    memset(content, 0, sizeof content);
    memcpy(content, p[0].content + p[0].stride,
           (size_t)((p[0].rows - 1) * p[0].stride) * sizeof *content);
    wrong[0].content = content;
    OF(selective_attention)->mix(e, wrong, scratch);
}

/* Scratch is read before it is written. */
PANEL_HOOK(fox_reads_old_scratch)
{
    const real old = scratch[0];
    OF(fox)->score(e, p, scratch);
    p->score[0] += old < 0; /* not of the first call's NaN */
}

PANEL_HOOK(cable_writes_past_its_scratch)
{
    OF(cable)->score(e, p, scratch);
    scratch[(size_t)p->columns * 2] = 0;
}

static void rope_turns_on(const struct encoder_view *e, const struct turn *t)
{
    struct turn again = *t;
    again.x = t->dx;
    OF(rope)->rotate(e, &again);
}

static void rope_does_not_turn_back(const struct encoder_view *e, const struct turn *t)
{
    (void)e;
    (void)t;
}

static void rope_turns_a_row_too_many(const struct encoder_view *e, const struct turn *t)
{
    OF(rope)->rotate(e, t);
    t->x.at[(size_t)t->rows * (size_t)t->x.stride] = 0;
}

/* Scaled, so not a turn: its adjoint would have to be scaled too. */
static void rope_stretches(const struct encoder_view *e, const struct turn *t)
{
    OF(rope)->rotate(e, t);
    for (int r = 0; r < t->rows; r++)
        t->x.at[(size_t)r * (size_t)t->x.stride] *= 1.25;
}

static void mapformer_forgets_the_sine(const struct encoder_view *e, const struct turn *t)
{
    static real nowhere[BED_LONGEST * BED_WIDE];
    struct turn wrong = *t;
    wrong.dstate = (struct rows){nowhere, BED_WIDE};
    memset(nowhere, 0, sizeof nowhere);
    OF(mapformer)->rotate_grad(e, &wrong);
    for (int r = 0; r < t->rows; r++)
        for (int m = 0; m < 4; m++) {
            const int c = 8 * t->head + m;
            t->dstate.at[t->row[r] * t->dstate.stride + c] +=
                nowhere[t->row[r] * BED_WIDE + c];
        }
}

static void absolute_writes_a_row_too_many(const struct encoder_view *e, int T,
                                           const int *place, real *x)
{
    OF(absolute)->embed(e, T, place, x);
    x[(size_t)T * (size_t)(e->dims->heads * e->dims->head_dim)] = 0;
}

static void absolute_subtracts(const struct encoder_view *e, int T, const int *place,
                               const real *dx)
{
    real negative[BED_LONGEST * BED_CHANNELS];
    for (int i = 0; i < T * e->dims->heads * e->dims->head_dim; i++)
        negative[i] = -dx[i];
    OF(absolute)->embed_grad(e, T, place, negative);
}

static void sinusoidal_takes_the_place_of_x(const struct encoder_view *e, int T,
                                            const int *place, real *x)
{
    memset(x, 0, (size_t)(T * e->dims->heads * e->dims->head_dim) * sizeof *x);
    OF(sinusoidal)->embed(e, T, place, x);
}

/* The token after this one. */
static void fox_reads_the_future(const struct encoder_view *e, const struct tokens *t,
                                 real *room)
{
    struct tokens wrong = *t;
    wrong.x.at += t->x.stride;
    wrong.count--;
    OF(fox)->read(e, &wrong, room);
    for (int h = 0; h < e->dims->heads; h++)
        t->state.at[wrong.count * t->state.stride + h] = -1;
}

static void fox_does_not_learn_from_tokens(const struct encoder_view *e,
                                           const struct tokens *t, real *room)
{
    static real nowhere[BED_LONGEST * BED_CHANNELS];
    struct tokens wrong = *t;
    wrong.dx = (struct rows){nowhere, t->dx.stride};
    OF(fox)->read_grad(e, &wrong, room);
}

static void selective_rope_doubles_its_gradient(const struct encoder_view *e,
                                                const struct tokens *t, real *room)
{
    OF(selective_rope)->read_grad(e, t, room);
    OF(selective_rope)->read_grad(e, t, room);
}

static void kerple_learns_the_other_way(const struct encoder_view *e, int T)
{
    for (size_t i = 0; i < OF(kerple)->derived(e->dims, e->options); i++)
        e->dderived[i] = -e->dderived[i];
    OF(kerple)->derive_grad(e, T);
}

static void places_stand_still(const struct encoder_dims *d, const struct option_values *o,
                               const struct placing *p, int T, int *place)
{
    OF(randomized)->place(d, o, p, T, place);
    if (T > 3)
        place[3] = place[2];
}

static enum status rope_halves_its_fraction(const struct encoder_dims *d,
                                            struct option_values *o, struct err *e)
{
    const enum status status = OF(rope)->resolve(d, o, e);
    o->v[1] /= 2;
    return status;
}

static enum status rope_says_no(const struct encoder_dims *d, struct option_values *o,
                                struct err *e)
{
    const enum status status = OF(rope)->resolve(d, o, e);
    return status ? err_set(e, ST_CONFIG, "rope: this cannot be") : ST_OK;
}

static size_t fox_scratch_shrinks(const struct encoder_dims *d,
                                  const struct option_values *o, int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return columns < 10 ? (size_t)columns + 10 : (size_t)columns;
}

static int fox_names_a_tensor_twice(const struct encoder_dims *d,
                                    const struct option_values *o,
                                    struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int n = OF(fox)->tensors(d, o, out);
    out[1].name = out[0].name;
    return n;
}

static unsigned in_any_order(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT | INVARIANT_ORDER;
}

/* A penalty that grows with the place of the query, besides the distance. */
PANEL_HOOK(alibi_counts_from_the_start)
{
    OF(alibi)->score(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->score[r * p->stride + j] -= 0.01 * p->place[j] * p->place[p->row[r]];
}

/* Forgets more from token to token, wherever it stands. */
static void fox_counts_tokens(const struct encoder_view *e, const struct tokens *t,
                              real *room)
{
    OF(fox)->read(e, t, room);
    for (int i = 0; i < t->count; i++)
        t->state.at[(size_t)i * (size_t)t->state.stride] *= 1 + 0.1 * i;
}

PANEL_HOOK(nothing)
{
    (void)e;
    (void)p;
    (void)scratch;
}

/* --- the faults and the clauses that catch them ---------------------------- */

enum { FAULTS_MAX = 64 };

struct fault {
    const char *check;
    struct encoder right, wrong;
};

static struct fault fault_of(const char *check, const struct encoder *right)
{
    return (struct fault){check, *right, *right};
}

#define FAULT(name, field, value, clause)     \
    do {                                      \
        out[n] = fault_of(#clause, OF(name)); \
        out[n++].wrong.field = (value);       \
    } while (0)

static int plant_in_panels(struct fault *out)
{
    int n = 0;
    FAULT(relative, score_grad, relative_forgets_alpha,
          gradients_equal_central_differences);
    FAULT(relative, score, relative_is_off_by_one, gradients_equal_central_differences);
    FAULT(alibi, score, alibi_takes_rows_for_tokens, scattered_rows_equal_dense_rows);
    FAULT(fox, score_grad, fox_sends_gradients_to_head_0,
          gradients_equal_central_differences);
    FAULT(fox, score, fox_sees_the_next_token, future_keys_leave_a_row_alone);
    FAULT(fox, score_grad, fox_overwrites_its_gradient,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_forgets_the_remainder,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_leaves_a_slope_at_the_query,
          gradients_equal_central_differences);
    FAULT(stick_breaking, weigh_grad, stick_breaking_writes_past_the_query,
          score_writes_its_own_rows_only);
    FAULT(path, content, path_forgets_alpha, gradients_equal_central_differences);
    FAULT(path, content_grad, path_forgets_keys, gradients_equal_central_differences);
    FAULT(path, content, path_overwrites_queries, score_writes_its_own_rows_only);
    FAULT(cope, score_grad, cope_forgets_gates, gradients_equal_central_differences);
    FAULT(shaw, values_grad, shaw_forgets_weights, gradients_equal_central_differences);
    FAULT(inkling, score_grad, inkling_takes_rows_for_tokens,
          gradients_of_scattered_rows_are_right_too);
    FAULT(tra, weigh, tra_keeps_no_counts, gradients_equal_central_differences);
    FAULT(fox, score, fox_reads_old_scratch, scratch_may_hold_anything_before);
    FAULT(cable, score, cable_writes_past_its_scratch, score_writes_its_own_rows_only);
    FAULT(alibi, score, nothing, differs_from_none_if_it_has_hooks);
    FAULT(alibi, score_grad, NULL, every_hook_has_its_adjoint);
    FAULT(mapformer, read_once_flops, NULL, every_hook_has_its_adjoint);
    FAULT(mapformer, reads_once, false, every_hook_has_its_adjoint);
    FAULT(fox, scratch, fox_scratch_shrinks, a_smaller_panel_asks_for_no_more_scratch);
    return n;
}

static int plant_in_content_and_mixing(struct fault *out)
{
    int n = 0;
    FAULT(dape, mix_grad, dape_forgets_content, gradients_equal_central_differences);
    FAULT(dape, mix, dape_mixes_one_head, gradients_equal_central_differences);
    FAULT(selective_attention, pass_on, selective_attention_passes_nothing_on,
          gradients_equal_central_differences);
    FAULT(selective_attention, mix_grad, selective_attention_forgets_later_panels,
          gradients_equal_central_differences);
    FAULT(selective_attention, mix, selective_attention_masks_at_once,
          gradients_equal_central_differences);
    FAULT(dape_v2, mix, dape_v2_sees_the_next_key, gradients_equal_central_differences);
    FAULT(deberta, score_grad, deberta_forgets_the_share,
          gradients_equal_central_differences);
    FAULT(fope, content_grad, fope_forgets_queries, gradients_equal_central_differences);
    return n;
}

static int plant_in_tokens(struct fault *out)
{
    int n = 0;
    FAULT(rope, rotate_grad, rope_turns_on, gradients_equal_central_differences);
    FAULT(rope, rotate_grad, rope_does_not_turn_back, gradients_equal_central_differences);
    FAULT(rope, rotate, rope_turns_a_row_too_many,
          embed_rotate_and_read_write_their_own_rows_only);
    FAULT(rope, rotate, rope_stretches, gradients_equal_central_differences);
    FAULT(mapformer, rotate_grad, mapformer_forgets_the_sine,
          gradients_equal_central_differences);
    FAULT(absolute, embed, absolute_writes_a_row_too_many,
          embed_rotate_and_read_write_their_own_rows_only);
    FAULT(absolute, embed_grad, absolute_subtracts, gradients_equal_central_differences);
    FAULT(sinusoidal, embed, sinusoidal_takes_the_place_of_x,
          the_embedding_is_added_whatever_x_is);
    FAULT(fox, read, fox_reads_the_future, tokens_are_read_without_the_future);
    FAULT(fox, read_grad, fox_does_not_learn_from_tokens,
          gradients_equal_central_differences);
    FAULT(selective_rope, read_grad, selective_rope_doubles_its_gradient,
          gradients_equal_central_differences);
    FAULT(kerple, derive_grad, kerple_learns_the_other_way,
          gradients_equal_central_differences);
    FAULT(randomized, place, places_stand_still, places_increase_and_lie_in_range);
    return n;
}

static int plant_in_invariances(struct fault *out)
{
    int n = 0;
    FAULT(alibi, score, alibi_counts_from_the_start, invariances_are_those_declared);
    FAULT(fox, read, fox_counts_tokens, invariances_are_those_declared);
    FAULT(alibi, invariances, NULL, invariances_are_those_declared);
    FAULT(alibi, invariances, in_any_order, invariances_are_those_declared);
    FAULT(path, invariances, NULL, invariances_are_those_declared);
    FAULT(none, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(dape, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(absolute, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(fire, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(dape_v2, invariances, invariant_to_shift, invariances_are_those_declared);
    FAULT(shift, invariances, invariant_to_shift, invariances_are_those_declared);
    return n;
}

static int plant_in_descriptors(struct fault *out)
{
    int n = 0;
    FAULT(rope, resolve, rope_halves_its_fraction, resolving_twice_changes_nothing);
    FAULT(rope, resolve, rope_says_no, a_refusal_names_encoder_and_remedy);
    FAULT(fox, start, NULL, an_option_always_has_an_effect);
    FAULT(fox, tensors, fox_names_a_tensor_twice, tensors_are_well_formed);
    FAULT(fox, name, "Fox", its_name_is_short_and_plain);
    FAULT(fox, summary, "forgets", describes_itself);
    FAULT(fox, name, "foks", is_found_by_its_file_name);
    return n;
}

/* --- running a check ------------------------------------------------------- */

#define NAMED(of, check) {#check, check},
static const struct {
    const char *name;
    CMUnitTestFunction run;
} checks[] = {ENCODER_CHECKS(NAMED, )};

static CMUnitTestFunction check_named(const char *name)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (!strcmp(checks[i].name, name))
            return checks[i].run;
    fail_msg("no clause %s", name);
    return NULL;
}

/* In a process of its own, without a word; a crash is no pass. */
static bool passes(const char *name, const struct encoder *encoder, const char *stem)
{
    const CMUnitTestFunction run = check_named(name);
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct subject subject = {stem, encoder};
        const struct CMUnitTest tests[] = {{name, run, NULL, report, &subject}};
        const int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDOUT_FILENO);
        dup2(quiet, STDERR_FILENO);
        _exit(cmocka_run_group_tests(tests, NULL, NULL) != 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void each_is_caught(const struct fault *fault, int n)
{
    for (int i = 0; i < n; i++) {
        const struct fault *f = &fault[i];
        const bool found = !strcmp(f->check, "is_found_by_its_file_name");
        if (!found && !passes(f->check, &f->right, f->right.name))
            fail_msg("fault %d: %s as it is breaks %s", i, f->right.name, f->check);
        if (passes(f->check, &f->wrong, f->right.name))
            fail_msg("fault %d in %s is not caught by %s", i, f->right.name, f->check);
    }
}

static void faults_in_panels_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_panels(faults));
}

static void faults_in_content_and_mixing_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_content_and_mixing(faults));
}

static void faults_in_tokens_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_tokens(faults));
}

static void faults_in_invariances_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_invariances(faults));
}

static void faults_in_descriptors_are_caught(void **state)
{
    static struct fault faults[FAULTS_MAX];
    (void)state;
    each_is_caught(faults, plant_in_descriptors(faults));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_in_panels_are_caught),
        cmocka_unit_test(faults_in_content_and_mixing_are_caught),
        cmocka_unit_test(faults_in_tokens_are_caught),
        cmocka_unit_test(faults_in_invariances_are_caught),
        cmocka_unit_test(faults_in_descriptors_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
