/* encoder_gaps.h -- checks that hooks write only what is theirs: not the numbers between
 * and behind the rows of a bed, behind tensors, constants, derived numbers and scratch,
 * and not their inputs. */
#ifndef ENCODER_GAPS_H
#define ENCODER_GAPS_H

#include "encoder_bed.h"

/* --- complaints ---------------------------------------------------------- */

/* Fails when `hooks` wrote to entry [row][column] of `what`, which no hook may write. */
static inline void bed_is_nobodys(const struct bed *b, const char *hooks, const char *what,
                                  int row, int column, real got, real was)
{
    if (!(got == was))
        fail_msg("encoder %s: %s wrote %.9g to %s[%d][%d], which held %.9g and is nobody's",
                 b->encoder->name, hooks, got, what, row, column, was);
}

static inline void assert_gaps(const struct bed *b, const char *hooks, const char *what,
                               const struct bed_matrix *m, int rows, real nobodys)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < BED_STRIDE; c++)
            if (r >= rows || c >= b->dims.head_dim)
                bed_is_nobodys(b, hooks, what, r, c, m->at[r * BED_STRIDE + c], nobodys);
}

static inline void assert_numbers_gaps(const struct bed *b, const char *hooks,
                                       const char *what, const struct bed_numbers *m,
                                       int width, real nobodys)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < BED_WIDE; c++)
            if (r >= b->length || c >= width)
                bed_is_nobodys(b, hooks, what, r, c, m->at[r * BED_WIDE + c], nobodys);
}

static inline void assert_derived_guards(const struct bed *b, const char *hooks)
{
    for (int i = b->derives; i < BED_DERIVED; i++)
        if (!(b->derived[i] == BED_NOBODYS) || !(b->dderived[i] == BED_NOBODYS))
            fail_msg("encoder %s: %s wrote number %d of %s, but .derived asks for %d",
                     b->encoder->name, hooks, i,
                     b->derived[i] == BED_NOBODYS ? "dderived" : "derived", b->derives);
}

static inline void assert_score_gaps(const struct bed *b, const char *hooks,
                                     const char *what, const real *score)
{
    for (int r = 0; r < BED_LONGEST; r++)
        for (int j = 0; j < BED_SCORES; j++)
            if (r >= b->panel.rows || j >= b->panel.columns)
                bed_is_nobodys(b, hooks, what, r, j, score[r * BED_SCORES + j],
                               BED_NOBODYS);
}

/* dscore stays 0 past row[r], because attention multiplies whole rows. */
static inline void assert_future_is_zero(const struct bed *b, const char *hooks,
                                         const real *dscore)
{
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = b->row[r] + 1; j < b->panel.columns; j++)
            if (!(dscore[r * BED_SCORES + j] == 0))
                fail_msg("encoder %s: %s left dscore[%d][%d] = %.9g; past row[%d] = %d it "
                         "stays 0",
                         b->encoder->name, hooks, r, j, dscore[r * BED_SCORES + j], r,
                         b->row[r]);
}

static inline void assert_grad_guards(const struct bed *b, const char *hooks)
{
    for (int t = 0; t < b->tensors; t++)
        for (int i = bed_size(b, t); i < bed_size(b, t) + BED_GUARD; i++)
            if (!(b->grad[t][i] == BED_NOBODYS))
                fail_msg("encoder %s: %s wrote number %d of the gradient of tensor %s, but "
                         ".tensors says %d rows and %d columns: %d numbers",
                         b->encoder->name, hooks, i, b->spec[t].name, b->spec[t].rows,
                         b->spec[t].columns, bed_size(b, t));
}

/* Scratch was filled with BED_NOBODYS; the hooks may write the first `asked` numbers. */
static inline void assert_scratch_guard(const struct bed *b, const char *hooks,
                                        const char *size, size_t asked)
{
    for (size_t i = asked; i < asked + BED_GUARD; i++)
        if (!(b->scratch[i] == BED_NOBODYS))
            fail_msg("encoder %s: %s wrote number %zu of its scratch, but %s asks for %zu "
                     "(%d rows, %d columns, %d tokens)",
                     b->encoder->name, hooks, i, size, asked, b->panel.rows,
                     b->panel.columns, b->length);
}

/* Fails when a bit of `what`, which the hooks may only read, has changed. */
static inline void assert_kept(const struct bed *b, const char *hooks, const char *what,
                               const void *before, const void *now, size_t n)
{
    size_t i = 0;
    const unsigned char *x = before, *y = now;
    while (i < n && x[i] == y[i])
        i++;
    if (i < n)
        fail_msg("encoder %s: %s changed number %zu of %s, which it may only read",
                 b->encoder->name, hooks, i / sizeof(real), what);
}

static inline void assert_inputs_kept(const struct bed *b, const char *hooks,
                                      const struct bed *before)
{
    assert_kept(b, hooks, "q", &before->q, &b->q, sizeof b->q);
    assert_kept(b, hooks, "k", &before->k, &b->k, sizeof b->k);
    assert_kept(b, hooks, "v", &before->v, &b->v, sizeof b->v);
    assert_kept(b, hooks, "projected", &before->projected, &b->projected,
                sizeof b->projected);
    assert_kept(b, hooks, "state", &before->state, &b->state, sizeof b->state);
    assert_kept(b, hooks, "derived", &before->derived, &b->derived, sizeof b->derived);
    assert_kept(b, hooks, "the weights", before->weight, b->weight, sizeof b->weight);
    assert_kept(b, hooks, "constants", before->constants, b->constants,
                sizeof b->constants);
}

/* Checks the numbers around each gradient that the adjoint of a panel adds to. */
static inline void assert_gradient_gaps(const struct bed *b, const char *hooks)
{
    assert_gaps(b, hooks, "dq", &b->dq, b->panel.rows, BED_EARLIER);
    assert_gaps(b, hooks, "dk", &b->dk, b->panel.columns, BED_EARLIER);
    assert_gaps(b, hooks, "dv", &b->dv, b->panel.columns, BED_EARLIER);
    assert_numbers_gaps(b, hooks, "dprojected", &b->dprojected, b->projects, BED_EARLIER);
    assert_numbers_gaps(b, hooks, "dstate", &b->dstate, b->states, BED_EARLIER);
    assert_grad_guards(b, hooks);
    assert_derived_guards(b, hooks);
}

/* --- the hooks ----------------------------------------------------------- */

/* Makes a panel of three rows, and fills scratch so that a write shows. */
static inline void bed_small_panel(struct bed *b)
{
    static const int position[] = {3, 7, 8};
    bed_panel(b, 3, position);
    bed_fill(b->scratch, BED_SCRATCH, BED_NOBODYS);
}

static inline size_t bed_scratch(const struct bed *b)
{
    return b->encoder->scratch
               ? b->encoder->scratch(&b->dims, &b->options, b->panel.rows, b->panel.columns)
               : 0;
}

static inline void check_score_writes(struct bed *b)
{
    static struct bed before;
    char hooks[128];
    bed_names_panel_hooks(b);
    snprintf(hooks, sizeof hooks, "%s or %s", b->forward, b->adjoint);
    bed_small_panel(b);
    before = *b;
    bed_score_grad(b, false);
    assert_score_gaps(b, b->forward, "score", b->score);
    assert_score_gaps(b, b->adjoint, "dscore", b->dscore);
    assert_future_is_zero(b, b->adjoint, b->dscore);
    assert_scratch_guard(b, hooks, ".scratch", bed_scratch(b));
    assert_inputs_kept(b, hooks, &before);
    assert_gradient_gaps(b, b->adjoint);
}

/* The hooks write the panel's rows of o and of the gradients, and only read the weights. */
static inline void check_values_writes(struct bed *b)
{
    static struct bed before;
    if (!b->encoder->values)
        return;
    bed_small_panel(b);
    bed_made_up_weights(b);
    bed_clear_gradients(b);
    before = *b;
    b->encoder->values(&b->view, &b->panel, b->scratch);
    assert_gaps(b, ".values", "o", &b->o, 3, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++)
        bed_fill(b->dscore + (size_t)r * BED_SCORES, b->panel.columns, 0);
    b->encoder->values_grad(&b->view, &b->panel, b->scratch);
    assert_kept(b, ".values or .values_grad", "the weights in score", before.score,
                b->score, sizeof b->score);
    assert_future_is_zero(b, ".values_grad", b->dscore);
    assert_scratch_guard(b, ".values or .values_grad", ".scratch", bed_scratch(b));
    assert_inputs_kept(b, ".values or .values_grad", &before);
    assert_gradient_gaps(b, ".values_grad");
}

static inline void check_mix_writes(struct bed *b)
{
    static real content[BED_HEADS][BED_LONGEST * BED_SCORES];
    const char *both = ".mix or .mix_grad";
    if (!b->encoder->mix)
        return;
    bed_small_panel(b);
    bed_make_up_heads(b);
    memcpy(content, b->found[BED_CONTENT], sizeof content);
    bed_clear_gradients(b);
    for (int h = 0; h < b->dims.heads; h++)
        bed_mix_loss_grad(b, h);
    bed_mix(b);
    bed_mix_grad(b);
    assert_kept(b, both, "content", content, b->found[BED_CONTENT], sizeof content);
    assert_scratch_guard(
        b, both, ".mix_scratch",
        b->encoder->mix_scratch(&b->dims, &b->options, b->panel.rows, b->panel.columns));
    for (int h = 0; h < b->dims.heads; h++)
        assert_future_is_zero(b, ".mix_grad", b->dmixed[BED_LOGITS][h]);
    assert_grad_guards(b, ".mix_grad");
}

static inline void check_panel_writes(struct bed *b)
{
    check_score_writes(b);
    check_values_writes(b);
    check_mix_writes(b);
}

static inline void check_embed_writes(struct bed *b)
{
    const int T = 6, C = b->dims.heads * b->dims.head_dim;
    if (!b->encoder->embed)
        return;
    bed_fill(b->x, BED_LONGEST * BED_CHANNELS, BED_NOBODYS);
    b->encoder->embed(&b->view, T, b->place, b->x);
    for (int i = T * C; i < BED_LONGEST * BED_CHANNELS; i++)
        bed_is_nobodys(b, ".embed of 6 tokens", "x", i / C, i % C, b->x[i], BED_NOBODYS);
    b->encoder->embed_grad(&b->view, b->length, b->place, b->x);
    assert_grad_guards(b, ".embed_grad");
}

static inline void check_rotate_writes(struct bed *b)
{
    if (!b->encoder->rotate)
        return;
    bed_small_panel(b);
    const struct turn t = bed_turn(b, true);
    b->encoder->rotate(&b->view, &t);
    assert_gaps(b, ".rotate", "x", &b->q, 3, BED_NOBODYS);
    const struct bed_matrix turned = b->q;
    bed_clear_gradients(b);
    b->encoder->rotate_grad(&b->view, &t);
    assert_kept(b, ".rotate_grad", "x", &turned, &b->q, sizeof turned);
    assert_gradient_gaps(b, ".rotate_grad");
}

/* The hooks write nothing but the state, and in the adjoint its gradients. */
static inline void check_read_writes(struct bed *b)
{
    const struct encoder *e = b->encoder;
    const struct tokens t = bed_tokens(b);
    if (!e->read)
        return;
    assert_numbers_gaps(b, ".read", "state", &b->state, b->states, BED_NOBODYS);
    const struct bed_numbers state = b->state, projected = b->projected;
    bed_clear_gradients(b);
    const struct bed_numbers dstate = b->dstate;
    bed_fill(b->scratch, BED_SCRATCH, BED_NOBODYS);
    e->read(&b->view, &t, b->scratch);
    e->read_grad(&b->view, &t, b->scratch);
    assert_scratch_guard(b, ".read or .read_grad", ".read_scratch",
                         e->read_scratch ? e->read_scratch(&b->dims, &b->options, b->length)
                                         : 0);
    assert_kept(b, ".read_grad", "state", &state, &b->state, sizeof state);
    assert_kept(b, ".read_grad", "projected", &projected, &b->projected, sizeof projected);
    assert_kept(b, ".read_grad", "dstate", &dstate, &b->dstate, sizeof dstate);
    assert_gradient_gaps(b, ".read_grad");
}

static inline void check_token_writes(struct bed *b)
{
    check_embed_writes(b);
    check_rotate_writes(b);
    check_read_writes(b);
}

/* The hook writes every entry 0..row[r] of the plane (NaN where there is no number), and
 * no other. */
static inline void check_inspect_writes(struct bed *b)
{
    static struct bed before;
    static struct bed_numbers out;
    const struct encoder *e = b->encoder;
    if (!e->inspect)
        return;
    bed_small_panel(b);
    bed_weigh(b);
    before = *b;
    for (int plane = 0; e->planes[plane]; plane++) {
        bed_fill(out.at, BED_LONGEST * BED_WIDE, BED_NOBODYS);
        e->inspect(&b->view, &b->panel, b->scratch, plane, (struct rows){out.at, BED_WIDE});
        for (int r = 0; r < BED_LONGEST; r++)
            for (int j = 0; j < BED_WIDE; j++) {
                const bool its = r < b->panel.rows && j <= b->row[r];
                const real got = out.at[r * BED_WIDE + j];
                if (its && got == BED_NOBODYS)
                    fail_msg("encoder %s: .inspect left entry [%d][%d] of plane %s; it "
                             "writes 0..row[%d] = %d, NaN where there is no number",
                             e->name, r, j, e->planes[plane], r, b->row[r]);
                if (!its)
                    bed_is_nobodys(b, ".inspect", e->planes[plane], r, j, got, BED_NOBODYS);
            }
    }
    assert_kept(b, ".inspect", "score", before.score, b->score, sizeof b->score);
    assert_inputs_kept(b, ".inspect", &before);
}

static inline void check_scratch_size(const struct bed *b, int rows, int columns,
                                      int more_rows, int more_columns)
{
    const struct encoder *e = b->encoder;
    const size_t here = e->scratch(&b->dims, &b->options, rows, columns);
    const size_t larger = e->scratch(&b->dims, &b->options, more_rows, more_columns);
    if (here > larger)
        fail_msg(
            "encoder %s: .scratch asks for %zu for %d rows and %d columns, but for %zu "
            "for %d and %d; a smaller panel asks for no more",
            e->name, here, rows, columns, larger, more_rows, more_columns);
}

static inline void check_scratch_sizes(struct bed *b)
{
    if (!b->encoder->scratch)
        return;
    for (int rows = 1; rows <= BED_LONGEST; rows++)
        for (int columns = rows; columns <= BED_LONGEST; columns++) {
            check_scratch_size(b, rows, columns, rows + 1, columns);
            check_scratch_size(b, rows, columns, rows, columns + 1);
        }
}

#endif
