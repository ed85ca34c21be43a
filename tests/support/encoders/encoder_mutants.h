/* encoder_mutants.h -- planted faults: hooks of the registry's encoders, called in a wrong
 * way.
 *
 * test_encoder_faults.c plants them, one at a time, and names the clause that notices
 * each. */
#ifndef ENCODER_MUTANTS_H
#define ENCODER_MUTANTS_H

#include "encoder_bed.h"

#define OF(name) encoder_find(#name)

/* Begins the definition of a hook that takes a panel. */
#define PANEL_HOOK(name) \
    static void name(const struct encoder_view *e, const struct panel *p, real *scratch)

/* Computes the gradient with alpha 1, so that the factor alpha is missing. */
PANEL_HOOK(relative_forgets_alpha)
{
    struct panel wrong = *p;
    wrong.alpha = 1;
    OF(relative)->score_grad(e, &wrong, scratch);
}

/* Computes the rows one by one, each as that of the next token. */
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

/* Uses distance i - j + 1. */
PANEL_HOOK(relative_is_off_by_one)
{
    score_a_token_further(OF(relative), e, p, scratch);
}

/* Uses the gate of the token after the query. */
PANEL_HOOK(fox_sees_the_next_token)
{
    score_a_token_further(OF(fox), e, p, scratch);
}

/* Takes the rows of a panel for tokens. */
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

/* The adjoint adds to dk in a matrix that nobody reads. */
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

/* Takes the rows of a panel for tokens, too, in the gradient of projected numbers. */
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

/* The gradient of the content logits goes to a buffer that nobody reads. */
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

/* Every head gets the content logits of head 0. */
PANEL_HOOK(dape_mixes_one_head)
{
    struct panel wrong[BED_HEADS];
    for (int h = 0; h < e->dims->heads; h++) {
        wrong[h] = p[h];
        wrong[h].content = p[0].content;
    }
    OF(dape)->mix(e, wrong, scratch);
}

/* The convolutions read keys after the query, which count as zeros, as numbers. */
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

/* Scales the gradient of the content logits by 1.1, as a wrong share would. */
PANEL_HOOK(deberta_forgets_the_share)
{
    OF(deberta)->score_grad(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->dscore[r * p->stride + j] *= 1.1;
}

/* The gradient of keys arrives, that of queries does not. */
PANEL_HOOK(fope_forgets_queries)
{
    static struct bed_matrix nowhere;
    struct panel wrong = *p;
    wrong.dq = (struct rows){nowhere.at, BED_STRIDE};
    OF(fope)->content_grad(e, &wrong, scratch);
}

/* Every panel begins as if it were the first. */
static void selective_attention_passes_nothing_on(const struct encoder_view *e,
                                                  const struct panel *p, real *carry)
{
    (void)e;
    (void)p;
    (void)carry;
}

/* The gradient that later panels pass back to this one is lost. */
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

/* A token masks keys for itself, too. */
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

/* Reads scratch before writing it. */
PANEL_HOOK(fox_reads_old_scratch)
{
    const real old = scratch[0];
    OF(fox)->score(e, p, scratch);
    p->score[0] += old < 0; /* false for the NaN of the first call */
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

/* Scales x, so this is no rotation: the adjoint would have to scale, too. */
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

/* Reads the token after this one. */
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

/* Adds to the penalty of the distance one that grows with the places of key and query. */
PANEL_HOOK(alibi_counts_from_the_start)
{
    OF(alibi)->score(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->score[r * p->stride + j] -= 0.01 * p->place[j] * p->place[p->row[r]];
}

/* Forgets more from token to token, whatever their places. */
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

/* --- faults of sizes and places --- */

/* Asks for four numbers less than the hooks use. */
static size_t mapformer_asks_for_too_little_room(const struct encoder_dims *d,
                                                 const struct option_values *o, int T)
{
    return OF(mapformer)->read_scratch(d, o, T) - 4;
}

static size_t cable_asks_for_too_little_scratch(const struct encoder_dims *d,
                                                const struct option_values *o, int rows,
                                                int columns)
{
    return OF(cable)->scratch(d, o, rows, columns) - 4;
}

static size_t dape_asks_for_too_little_scratch(const struct encoder_dims *d,
                                               const struct option_values *o, int rows,
                                               int columns)
{
    return OF(dape)->mix_scratch(d, o, rows, columns) - 4;
}

PANEL_HOOK(dape_leaves_a_slope_past_the_query)
{
    OF(dape)->mix_grad(e, p, scratch);
    p[0].dscore[p->columns - 1] = 1;
}

PANEL_HOOK(shaw_writes_a_channel_too_many)
{
    OF(shaw)->values(e, p, scratch);
    p->o.at[e->dims->head_dim] = 1;
}

PANEL_HOOK(shaw_leaves_a_slope_past_the_query)
{
    OF(shaw)->values_grad(e, p, scratch);
    p->dscore[p->columns - 1] = 1;
}

/* Declares one column less than the hooks use. */
static int relative_has_too_few_columns(const struct encoder_dims *d,
                                        const struct option_values *o,
                                        struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int n = OF(relative)->tensors(d, o, out);
    out[0].columns--;
    return n;
}

/* Divides the derived numbers by the length of the batch's longest sequence, so that those
 * of one sequence depend on the others. */
static void kerple_counts_in_shares_of_the_batch(const struct encoder_view *e, int T,
                                                 real *derived)
{
    OF(kerple)->derive(e, T, derived);
    for (size_t i = 0; i < OF(kerple)->derived(e->dims, e->options); i++)
        derived[i] /= T;
}

static void kerple_learns_in_shares_of_the_batch(const struct encoder_view *e, int T)
{
    for (size_t i = 0; i < OF(kerple)->derived(e->dims, e->options); i++)
        e->dderived[i] /= T;
    OF(kerple)->derive_grad(e, T);
}

/* Computes distances between rows instead of places. */
PANEL_HOOK(alibi_takes_rows_for_places)
{
    struct panel wrong = *p;
    int place[BED_LONGEST];
    for (int t = 0; t < p->columns; t++)
        place[t] = t;
    wrong.place = place;
    OF(alibi)->score(e, &wrong, scratch);
}

static void cope_leaves_the_query_itself(const struct encoder_view *e,
                                         const struct panel *p, real *scratch, int plane,
                                         struct rows out)
{
    const real was = out.at[p->row[0]];
    OF(cope)->inspect(e, p, scratch, plane, out);
    out.at[p->row[0]] = was;
}

static double alibi_counts_down(const struct encoder_dims *d, const struct option_values *o,
                                const struct encoder_load *load)
{
    return 100 - OF(alibi)->flops(d, o, load);
}

static void pope_confines_ever_closer(const struct encoder_dims *d,
                                      const struct option_values *o, int tensor, real *w)
{
    OF(pope)->confine(d, o, tensor, w);
    for (int i = 0; i < d->heads * d->head_dim; i++)
        w[i] /= 2;
}

#endif
