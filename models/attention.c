/* attention.c -- loops over the heads, and in each head over panels of query rows.
 *
 * Input: queries, keys and values of one sequence; output: o and log-sum-exps. Each head packs
 * its keys and values once. Each panel computes content (or alpha q.k), adds the encoders'
 * score, then takes softmax (or the encoder's weigh), dropout, the product with the values and
 * what the encoders add to it. Backward computes the panel again and takes the steps in reverse.
 * Pitfall: a panel is as wide as its last row sees. The product leaves numbers past the limit
 * of shorter rows, and zero_tail must clear these before any sum over columns. */
#include "attention.h"

#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "entmax.h"
#include "kernels.h"
#include "panel_gemm.h"

static const struct model *model_of(const struct attention *a)
{
    return a->tokens.model;
}

static size_t head_size(const struct model *m)
{
    return (size_t)m->config.longest * (size_t)m->dims.head_dim;
}

/* Returns true when some layer has a `values` hook. The hook reads the weights after dropout,
 * so the weights before dropout are kept aside. */
static bool keeps(const struct model *m)
{
    for (int l = 0; l < m->config.layers; l++)
        if (encoding_has_values(m, l))
            return true;
    return false;
}

static size_t panel_size(const struct model *m)
{
    return (size_t)PANEL_ROWS * (size_t)panel_stride(m->config.longest);
}

/* Returns true if some layer has a `mix` hook, which sees all heads at once. */
static bool mixes(const struct model *m)
{
    for (int l = 0; l < m->config.layers; l++)
        if (encoding_has_mix(m, l))
            return true;
    return false;
}

/* Returns how many numbers are carried from panel to panel in the layer that carries most. */
static size_t carry_size(const struct model *m)
{
    size_t most = 0;
    for (int l = 0; l < m->config.layers; l++) {
        const size_t n = encoding_carry(m, l, m->config.longest);
        most = n > most ? n : most;
    }
    return most;
}

static size_t most_panels(const struct model *m)
{
    return (size_t)(m->config.longest + PANEL_ROWS - 1) / PANEL_ROWS;
}

static size_t work_bytes(const struct model *m)
{
    const size_t stride = (size_t)panel_stride(m->config.longest);
    const size_t d = (size_t)m->dims.head_dim;
    size_t bytes = (keeps(m) ? 3 : 2) * arena_bytes(panel_size(m), sizeof(real)) +
                   2 * arena_bytes(2 * head_size(m), sizeof(real)) +
                   2 * arena_bytes(d * stride, sizeof(real)) +
                   2 * arena_bytes(PANEL_ROWS * d, sizeof(real));
    for (int p = 0; p < ENCODER_PARTS_MAX; p++)
        bytes += arena_bytes(encoding_scratch(m, p, PANEL_ROWS, m->config.longest),
                             sizeof(real));
    return bytes;
}

size_t panel_work_bytes(const struct model *m)
{
    const size_t H = (size_t)m->config.heads;
    const size_t pair = 2 * arena_bytes(panel_size(m), sizeof(real));
    const size_t mixed = encoding_mix_scratch(m, PANEL_ROWS, m->config.longest);
    if (!mixes(m))
        return work_bytes(m);
    return (H + 1) * work_bytes(m) + H * pair + arena_bytes(mixed, sizeof(real)) +
           2 * arena_bytes(carry_size(m), sizeof(real)) +
           arena_bytes(most_panels(m) * carry_size(m), sizeof(real)) +
           arena_bytes(H, sizeof(struct panel_work)) + arena_bytes(H, sizeof(struct panel));
}

static void work_take(const struct model *m, struct arena *a, struct panel_work *out)
{
    out->content = out->dcontent = out->mixed = NULL;
    out->carry = out->dcarry = out->carried = NULL;
    out->head = NULL;
    out->panels = NULL;
    const size_t stride = (size_t)panel_stride(m->config.longest);
    const size_t d = (size_t)m->dims.head_dim;
    out->stride = panel_stride(m->config.longest);
    out->score = arena_take(a, panel_size(m), sizeof(real));
    out->dscore = arena_take(a, panel_size(m), sizeof(real));
    out->kept = keeps(m) ? arena_take(a, panel_size(m), sizeof(real)) : NULL;
    out->kv = arena_take(a, 2 * head_size(m), sizeof(real));
    out->dkv = arena_take(a, 2 * head_size(m), sizeof(real));
    out->kt = arena_take(a, d * stride, sizeof(real));
    out->vt = arena_take(a, d * stride, sizeof(real));
    out->q = arena_take(a, PANEL_ROWS * d, sizeof(real));
    out->d_o = arena_take(a, PANEL_ROWS * d, sizeof(real));
    for (int p = 0; p < ENCODER_PARTS_MAX; p++)
        out->scratch[p] = arena_take(
            a, encoding_scratch(m, p, PANEL_ROWS, m->config.longest), sizeof(real));
}

void panel_work_take(const struct model *m, struct arena *a, struct panel_work *out)
{
    const size_t mixed = encoding_mix_scratch(m, PANEL_ROWS, m->config.longest);
    work_take(m, a, out);
    if (!mixes(m))
        return;
    out->mixed = arena_take(a, mixed, sizeof(real));
    if (carry_size(m)) {
        out->carry = arena_take(a, carry_size(m), sizeof(real));
        out->dcarry = arena_take(a, carry_size(m), sizeof(real));
        out->carried = arena_take(a, most_panels(m) * carry_size(m), sizeof(real));
    }
    out->panels = arena_take(a, (size_t)m->config.heads, sizeof *out->panels);
    out->head = arena_take(a, (size_t)m->config.heads, sizeof *out->head);
    for (int h = 0; h < m->config.heads; h++) {
        work_take(m, a, &out->head[h]);
        out->head[h].content = arena_take(a, panel_size(m), sizeof(real));
        out->head[h].dcontent = arena_take(a, panel_size(m), sizeof(real));
    }
}

static struct rows part_of(struct rows x, int row, int column)
{
    return (struct rows){row_of(x, row) + column, x.stride};
}

static void copy_rows(int rows, int width, struct rows from, struct rows to)
{
    for (int r = 0; r < rows; r++)
        memcpy(row_of(to, r), row_of(from, r), (size_t)width * sizeof(real));
}

static struct rows head_part(const struct attention *a, real *x, int part)
{
    return (struct rows){x + (size_t)part * head_size(model_of(a)),
                         model_of(a)->dims.head_dim};
}

/* Copies one head's keys and values so that their rows are adjacent. In kv the rows are 2C
 * apart, often a power of two, which maps them to few cache sets. Also makes the transposed
 * copies that the products of all panels need. */
static void pack_head(const struct attention *a, int head, bool backward)
{
    const struct kernels *k = kernels_get();
    const struct panel_work *w = a->work;
    const int d = model_of(a)->dims.head_dim, C = model_of(a)->config.dim;
    for (int i = 0; i < 2; i++)
        copy_rows(a->tokens.count, d, part_of(a->kv, 0, i * C + head * d),
                  head_part(a, w->kv, i));
    k->transpose(a->tokens.count, d, head_part(a, w->kv, 0),
                 (struct rows){w->kt, w->stride});
    if (backward)
        k->transpose(a->tokens.count, d, head_part(a, w->kv, 1),
                     (struct rows){w->vt, w->stride});
}

static void unpack_gradient(const struct attention *a, int head)
{
    const int d = model_of(a)->dims.head_dim, C = model_of(a)->config.dim;
    for (int i = 0; i < 2; i++)
        copy_rows(a->tokens.count, d, head_part(a, a->work->dkv, i),
                  part_of(a->dkv, 0, i * C + head * d));
}

static bool is_normaliser(const struct attention *a, enum model_normaliser kind)
{
    return model_of(a)->config.normaliser == kind;
}

static size_t length_scale(const struct attention *a)
{
    return model_of(a)->layer[a->tokens.layer].length_scale;
}

/* Returns ssmax's factor ln n / ln L, which s multiplies: 1 for the last query of a training
 * sample. */
static real length_factor(const struct attention *a, int row)
{
    const int trained = model_of(a)->config.trained_length;
    return (real)(log(row + 1) / log(trained > 2 ? trained : 2));
}

/* Multiplies the queries of a panel by ssmax's factor s ln n / ln L. */
static void scale_queries(const struct attention *a, const struct panel *p)
{
    if (!is_normaliser(a, NORMALISER_SSMAX))
        return;
    const real s = model_of(a)->weights[length_scale(a) + (size_t)p->head];
    for (int r = 0; r < p->rows; r++)
        kernels_get()->scale((size_t)model_of(a)->dims.head_dim,
                             s * length_factor(a, p->row[r]), row_of(p->q, r));
}

/* Turns dq of the scaled queries into dq of the queries, and adds ds = f dq . q. `first` is
 * the panel's first row in a->q. */
static void scale_queries_grad(const struct attention *a, const struct panel *p, int first)
{
    if (!is_normaliser(a, NORMALISER_SSMAX))
        return;
    const int d = model_of(a)->dims.head_dim;
    const size_t at = length_scale(a) + (size_t)p->head;
    const struct rows q = part_of(a->q, first, p->head * d);
    for (int r = 0; r < p->rows; r++) {
        real *dq = row_of(p->dq, r);
        const real f = length_factor(a, p->row[r]);
        const real *row = row_of(q, r);
        a->tokens.grad[at] += f * kernels_get()->dot((size_t)d, dq, row);
        kernels_get()->scale((size_t)d, model_of(a)->weights[at] * f, dq);
    }
}

/* Returns the panel of queries `first` .. `first + PANEL_ROWS - 1` of one head; the last panel
 * may be shorter. */
static struct encoding_panel panel_at(const struct attention *a, int head, int first)
{
    const int d = model_of(a)->dims.head_dim;
    const int left = a->queries - first;
    struct panel p = {.head = head,
                      .rows = left < PANEL_ROWS ? left : PANEL_ROWS,
                      .row = a->position + first,
                      .place = a->tokens.place,
                      .placed = !encoding_places_are_rows(model_of(a)),
                      .q = {a->work->q, d},
                      .k = head_part(a, a->work->kv, 0),
                      .v = head_part(a, a->work->kv, 1),
                      .alpha = (real)(1.0 / sqrt(d)),
                      .score = a->work->score,
                      .dscore = a->work->dscore,
                      .stride = a->work->stride,
                      .content = a->work->content,
                      .dcontent = a->work->dcontent,
                      .o = part_of(a->o, first, head * d)};
    p.columns = 1 + p.row[p.rows - 1];
    copy_rows(p.rows, d, part_of(a->q, first, head * d), p.q);
    scale_queries(a, &p);
    return (struct encoding_panel){&a->tokens, p, a->work->scratch};
}

/* The probe's room holds the content logits, followed by what the encoders added (logits minus
 * content logits). Where heads are mixed, the logits of all heads are computed before any
 * weights, and the room holds those of the last head. */
static struct rows probe_content(const struct attention_probe *probe, const struct panel *p)
{
    return (struct rows){probe->room, p->stride};
}

static struct rows probe_added(const struct attention_probe *probe, const struct panel *p)
{
    return (struct rows){probe->room + (size_t)PANEL_ROWS * (size_t)p->stride, p->stride};
}

static void probe_before(const struct attention_probe *probe, const struct panel *p)
{
    copy_rows(p->rows, p->columns, (struct rows){p->score, p->stride},
              probe_content(probe, p));
}

static void probe_after(const struct attention_probe *probe, const struct panel *p)
{
    const struct rows content = probe_content(probe, p), added = probe_added(probe, p);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            const size_t at = (size_t)r * (size_t)p->stride + (size_t)j;
            added.at[at] = p->score[at] - content.at[at];
        }
}

static void probe_look(const struct attention *a, const struct encoding_panel *x)
{
    const struct attention_probe *probe = a->work->probe;
    const int layer = a->tokens.layer;
    const struct probed_panel seen = {
        .layer = layer,
        .panel = &x->p,
        .content = probe_content(probe, &x->p),
        .added = probe_added(probe, &x->p),
        .adds = encoding_adds(model_of(a), layer) && !encoding_has_mix(model_of(a), layer),
        .x = x,
    };
    probe->look(probe->context, &seen);
}

static void panel_content(const struct attention *a, const struct encoding_panel *x)
{
    const struct panel *p = &x->p;
    if (encoding_has_content(model_of(a), a->tokens.layer))
        encoding_content(x);
    else
        panel_nn(p->rows, p->columns, model_of(a)->dims.head_dim, p->alpha, p->q,
                 (struct rows){a->work->kt, a->work->stride}, false,
                 (struct rows){p->score, p->stride});
    if (a->work->content)
        copy_rows(p->rows, p->columns, (struct rows){p->score, p->stride},
                  (struct rows){a->work->content, p->stride});
    lap(a->work->clock, PHASE_LOGITS);
}

static void panel_logits(const struct attention *a, const struct encoding_panel *x)
{
    const struct panel *p = &x->p;
    panel_content(a, x);
    if (a->work->probe)
        probe_before(a->work->probe, p);
    encoding_score(x);
    if (a->work->probe)
        probe_after(a->work->probe, p);
    lap(a->work->clock, PHASE_ENCODER);
}

static real *row_at(const struct panel *p, real *x, int row)
{
    return x + (size_t)row * (size_t)p->stride;
}

static void zero_tail(const struct panel *p, int row, real *x)
{
    const int n = p->row[row] + 1;
    memset(x + n, 0, (size_t)(p->columns - n) * sizeof *x);
}

static void zero_tails(const struct panel *p, real *x)
{
    for (int r = 0; r < p->rows; r++)
        zero_tail(p, r, row_at(p, x, r));
}

/* Applies dropout to one row of attention weights; the adjoint is the same call. */
static void drop_row(const struct attention *a, const struct panel *p,
                     const struct dropout_site *site, int row, real *x)
{
    dropout_rows(site, a->first_row + (uint64_t)p->row[row], 1, p->row[row] + 1,
                 (struct rows){x, p->stride});
}

static void drop_rows(const struct attention *a, const struct panel *p,
                      const struct dropout_site *site, real *x)
{
    for (int r = 0; r < p->rows; r++)
        drop_row(a, p, site, r, row_at(p, x, r));
}

/* Turns logits into weights after dropout. */
static void forward_weights(const struct attention *a, const struct encoding_panel *x,
                            real *lse, const struct dropout_site *site)
{
    const struct kernels *k = kernels_get();
    const struct panel *p = &x->p;
    if (encoding_has_weigh(model_of(a), a->tokens.layer)) {
        encoding_weigh(x);
        zero_tails(p, p->score);
        drop_rows(a, p, site, p->score);
        return;
    }
    for (int r = 0; r < p->rows; r++) {
        real *s = row_at(p, p->score, r);
        lse[r] = is_normaliser(a, NORMALISER_ENTMAX) ? entmax(p->row[r] + 1, s)
                                                     : k->softmax(p->row[r] + 1, s);
        zero_tail(p, r, s);
        drop_row(a, p, site, r, s);
    }
}

static real *lse_at(const struct attention *a, int head, int first)
{
    return a->lse + (size_t)head * (size_t)a->lse_stride + first;
}

/* Computes the panel's output from its logits. */
static void panel_output(const struct attention *a, const struct encoding_panel *x,
                         int first, const struct dropout_site *site)
{
    const struct panel *p = &x->p;
    forward_weights(a, x, lse_at(a, p->head, first), site);
    lap(a->work->clock, PHASE_SOFTMAX);
    if (a->work->probe)
        probe_look(a, x);
    panel_nn(p->rows, model_of(a)->dims.head_dim, p->columns, 1,
             (struct rows){p->score, p->stride}, p->v, false, p->o);
    lap(a->work->clock, PHASE_LOGITS);
    encoding_values(x);
    lap(a->work->clock, PHASE_ENCODER);
}

static void forward_panel(const struct attention *a, int head, int first,
                          const struct dropout_site *site)
{
    const struct encoding_panel x = panel_at(a, head, first);
    panel_logits(a, &x);
    panel_output(a, &x, first, site);
}

static struct dropout_site weights_site(const struct attention *a, int head)
{
    return dropout_site(a->dropout, "attention.weights", a->tokens.layer, head,
                        model_of(a)->config.longest);
}

/* Makes the CPU treat subnormal operands and results as zero until subnormal_restore. Applies
 * only to layers with an encoder that makes thousands of them (encoder.fades). */
static unsigned subnormal_flush(const struct attention *a)
{
#ifdef __SSE2__
    const unsigned before = _mm_getcsr(), flush = 0x8040; /* FTZ and DAZ */
    if (encoding_fades(model_of(a), a->tokens.layer))
        _mm_setcsr(before | flush);
    return before;
#else
    (void)a;
    return 0;
#endif
}

static void subnormal_restore(unsigned before)
{
#ifdef __SSE2__
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

/* --- heads that are mixed ------------------------------------------------ */

static bool has_mix(const struct attention *a)
{
    return encoding_has_mix(model_of(a), a->tokens.layer);
}

/* Returns the attention of one head, with that head's own work memory. */
static struct attention head_of(const struct attention *a, int h)
{
    struct attention one = *a;
    one.work = &a->work->head[h];
    one.work->clock = a->work->clock;
    one.work->stop = a->work->stop;
    one.work->probe = a->work->probe;
    return one;
}

/* Returns the encoding_panel of a panel that was stored in work->panels. */
static struct encoding_panel kept_panel(const struct attention *one, const struct panel *p)
{
    return (struct encoding_panel){&one->tokens, *p, one->work->scratch};
}

/* Returns how many numbers this layer carries from panel to panel of this sequence. */
static size_t carried_numbers(const struct attention *a)
{
    return encoding_carry(model_of(a), a->tokens.layer, a->tokens.count);
}

static void clear_carry(const struct attention *a, real *carry)
{
    if (carried_numbers(a))
        memset(carry, 0, carried_numbers(a) * sizeof *carry);
}

/* Updates the carry with what this panel passes to the panels after it. */
static void pass_on(const struct attention *a, const struct panel *of_head_0)
{
    if (carried_numbers(a))
        encoding_pass_on(&a->tokens, of_head_0, a->work->carry);
}

static void forward_mixed(const struct attention *a, int first)
{
    struct panel *panels = a->work->panels;
    for (int h = 0; h < model_of(a)->config.heads; h++) {
        const struct attention one = head_of(a, h);
        const struct encoding_panel x = panel_at(&one, h, first);
        panel_logits(&one, &x);
        panels[h] = x.p;
        panels[h].carry = a->work->carry;
    }
    encoding_mix(&a->tokens, panels, a->work->mixed);
    pass_on(a, &panels[0]);
    lap(a->work->clock, PHASE_ENCODER);
    for (int h = 0; h < model_of(a)->config.heads; h++) {
        const struct attention one = head_of(a, h);
        const struct encoding_panel x = kept_panel(&one, &panels[h]);
        const struct dropout_site site = weights_site(a, h);
        panel_output(&one, &x, first, &site);
    }
}

static void forward_heads(const struct attention *a)
{
    for (int h = 0; h < model_of(a)->config.heads; h++) {
        const struct attention one = head_of(a, h);
        pack_head(&one, h, false);
    }
    clear_carry(a, a->work->carry);
    for (int first = 0; first < a->queries && !work_stopped(a->work); first += PANEL_ROWS)
        forward_mixed(a, first);
}

void attention_forward(const struct attention *a)
{
    const unsigned mode = subnormal_flush(a);
    const int heads = has_mix(a) ? 0 : model_of(a)->config.heads;
    if (has_mix(a))
        forward_heads(a);
    for (int h = 0; h < heads && !work_stopped(a->work); h++) {
        const struct dropout_site site = weights_site(a, h);
        pack_head(a, h, false);
        for (int first = 0; first < a->queries && !work_stopped(a->work);
             first += PANEL_ROWS)
            forward_panel(a, h, first, &site);
    }
    subnormal_restore(mode);
}

/* Calls the hook values_grad with the weights after dropout; the hook adds to dscore. Restores
 * the weights before dropout. */
static void values_dweights(const struct attention *a, const struct encoding_panel *x,
                            const struct dropout_site *site)
{
    const struct panel *p = &x->p;
    const struct rows score = {p->score, p->stride}, kept = {a->work->kept, p->stride};
    if (!encoding_has_values(model_of(a), a->tokens.layer))
        return;
    copy_rows(p->rows, p->columns, score, kept);
    drop_rows(a, p, site, p->score);
    encoding_values_grad(x);
    copy_rows(p->rows, p->columns, kept, score);
}

/* Turns the weights a and their gradients da of a row into dL/dlogit. `mean` is sum_j a da. */
static void row_dlogits(const struct attention *a, int n, const real *weight, real mean,
                        real *ds)
{
    if (is_normaliser(a, NORMALISER_ENTMAX))
        entmax_grad(n, weight, ds);
    else
        kernels_get()->softmax_grad(n, weight, mean, ds);
}

/* Computes dL/dlogit in dscore from the weights in score and dL/dweight in dscore. With any
 * dropout, sum_j a da equals dO.o, since o is linear in the weights. */
static void softmax_dlogits(const struct attention *a, const struct encoding_panel *x,
                            const struct dropout_site *site)
{
    const struct kernels *k = kernels_get();
    const struct panel *p = &x->p;
    for (int r = 0; r < p->rows; r++) {
        real *s = row_at(p, p->score, r), *ds = row_at(p, p->dscore, r);
        const real *d_o = row_of(p->d_o, r);
        const real *o = row_of(p->o, r);
        drop_row(a, p, site, r, ds);
        row_dlogits(a, p->row[r] + 1, s, k->dot((size_t)model_of(a)->dims.head_dim, d_o, o),
                    ds);
        zero_tail(p, r, ds);
        drop_row(a, p, site, r, s);
    }
}

/* Computes the weights of the panel again, and dL/dlogit in dscore. With dropout, O = (M A) V
 * for the mask M, so dV uses M A, and dA = M (dO V^T). */
static void panel_dlogits(const struct attention *a, const struct encoding_panel *x,
                          const real *lse, const struct dropout_site *site)
{
    const struct kernels *k = kernels_get();
    const struct panel *p = &x->p;
    if (encoding_has_weigh(model_of(a), a->tokens.layer)) {
        encoding_weigh(x);
        zero_tails(p, p->score);
        zero_tails(p, p->dscore);
        values_dweights(a, x, site);
        drop_rows(a, p, site, p->dscore);
        encoding_weigh_grad(x);
        zero_tails(p, p->dscore);
        drop_rows(a, p, site, p->score);
        return;
    }
    for (int r = 0; r < p->rows; r++) {
        if (is_normaliser(a, NORMALISER_ENTMAX))
            entmax_again(p->row[r] + 1, lse[r], row_at(p, p->score, r));
        else
            k->softmax_again(p->row[r] + 1, lse[r], row_at(p, p->score, r));
        zero_tail(p, r, row_at(p, p->score, r));
    }
    values_dweights(a, x, site);
    softmax_dlogits(a, x, site);
}

static void content_grad(const struct attention *a, const struct encoding_panel *x)
{
    const struct panel *p = &x->p;
    const int d = model_of(a)->dims.head_dim;
    const struct rows dscore = {p->dscore, p->stride};
    if (encoding_has_content(model_of(a), a->tokens.layer)) {
        encoding_content_grad(x);
        return;
    }
    panel_nn(p->rows, d, p->columns, p->alpha, dscore, p->k, true, p->dq);
    panel_tn(p->columns, d, p->rows, p->alpha, dscore, p->q, true, p->dk);
}

/* Returns the panel with the fields for backward (d_o, dq, dk, dv) filled in. */
static struct encoding_panel backward_at(const struct attention *a, int head, int first)
{
    const int d = model_of(a)->dims.head_dim;
    struct encoding_panel x = panel_at(a, head, first);
    struct panel *p = &x.p;
    p->d_o = (struct rows){a->work->d_o, d};
    p->dq = part_of(a->dq, first, head * d);
    p->dk = head_part(a, a->work->dkv, 0);
    p->dv = head_part(a, a->work->dkv, 1);
    copy_rows(p->rows, d, part_of(a->d_o, first, head * d), p->d_o);
    return x;
}

/* Computes the logits again, and dL/dweight in dscore. */
static void backward_logits(const struct attention *a, const struct encoding_panel *x)
{
    const struct panel *p = &x->p;
    panel_logits(a, x);
    panel_nn(p->rows, p->columns, model_of(a)->dims.head_dim, 1, p->d_o,
             (struct rows){a->work->vt, p->stride}, false,
             (struct rows){p->dscore, p->stride});
    lap(a->work->clock, PHASE_LOGITS);
}

/* Computes dL/dlogit in dscore and adds to dv. */
static void backward_weights(const struct attention *a, const struct encoding_panel *x,
                             int first, const struct dropout_site *site)
{
    const struct panel *p = &x->p;
    panel_dlogits(a, x, lse_at(a, p->head, first), site);
    lap(a->work->clock, PHASE_SOFTMAX);
    panel_tn(p->columns, model_of(a)->dims.head_dim, p->rows, 1,
             (struct rows){p->score, p->stride}, p->d_o, true, p->dv);
    lap(a->work->clock, PHASE_LOGITS);
}

static void add_content_gradient(const struct panel *p)
{
    for (int r = 0; p->dcontent && r < p->rows; r++)
        kernels_get()->add((size_t)p->row[r] + 1, row_at(p, p->dcontent, r),
                           row_at(p, p->dscore, r));
}

/* Computes the gradients of queries, keys and the encoders' numbers from dL/dlogit. */
static void backward_scores(const struct attention *a, const struct encoding_panel *x,
                            int first)
{
    encoding_score_grad(x);
    add_content_gradient(&x->p);
    lap(a->work->clock, PHASE_ENCODER);
    content_grad(a, x);
    scale_queries_grad(a, &x->p, first);
    lap(a->work->clock, PHASE_LOGITS);
}

static void backward_panel(const struct attention *a, int head, int first,
                           const struct dropout_site *site)
{
    const struct encoding_panel x = backward_at(a, head, first);
    backward_logits(a, &x);
    backward_weights(a, &x, first, site);
    backward_scores(a, &x, first);
}

static void backward_mixed(const struct attention *a, int first)
{
    struct panel *panels = a->work->panels;
    const int heads = model_of(a)->config.heads;
    for (int h = 0; h < heads; h++) {
        const struct attention one = head_of(a, h);
        const struct encoding_panel x = backward_at(&one, h, first);
        backward_logits(&one, &x);
        panels[h] = x.p;
        panels[h].carry = a->work->carry;
        panels[h].dcarry = a->work->dcarry;
        memset(x.p.dcontent, 0,
               (size_t)x.p.rows * (size_t)x.p.stride * sizeof *x.p.dcontent);
    }
    encoding_mix(&a->tokens, panels, a->work->mixed);
    for (int h = 0; h < heads; h++) {
        const struct attention one = head_of(a, h);
        const struct encoding_panel x = kept_panel(&one, &panels[h]);
        const struct dropout_site site = weights_site(a, h);
        backward_weights(&one, &x, first, &site);
    }
    encoding_mix_grad(&a->tokens, panels, a->work->mixed);
    lap(a->work->clock, PHASE_ENCODER);
    for (int h = 0; h < heads; h++) {
        const struct attention one = head_of(a, h);
        const struct encoding_panel x = kept_panel(&one, &panels[h]);
        backward_scores(&one, &x, first);
    }
}

/* Computes the content logits of head 0 again and stores the carry that each panel finds. */
static void carry_again(const struct attention *a)
{
    const size_t n = carried_numbers(a);
    const struct attention one = head_of(a, 0);
    real *found = a->work->carried;
    clear_carry(a, a->work->carry);
    for (int first = 0; first < a->queries && !work_stopped(a->work); first += PANEL_ROWS) {
        memcpy(found, a->work->carry, n * sizeof *found);
        found += n;
        if (first + PANEL_ROWS >= a->queries)
            return;
        const struct encoding_panel x = panel_at(&one, 0, first);
        panel_content(&one, &x);
        pass_on(a, &x.p);
    }
}

/* Runs from the last panel to the first, the order in which gradients of the carry arrive. */
static void backward_carried(const struct attention *a)
{
    const size_t n = carried_numbers(a);
    carry_again(a);
    clear_carry(a, a->work->dcarry);
    for (int panel = (a->queries - 1) / PANEL_ROWS; panel >= 0 && !work_stopped(a->work);
         panel--) {
        memcpy(a->work->carry, a->work->carried + (size_t)panel * n,
               n * sizeof *a->work->carry);
        backward_mixed(a, panel * PANEL_ROWS);
    }
}

static void backward_heads(const struct attention *a)
{
    const bool carries = carried_numbers(a) > 0;
    for (int h = 0; h < model_of(a)->config.heads; h++) {
        const struct attention one = head_of(a, h);
        pack_head(&one, h, true);
        memset(one.work->dkv, 0, 2 * head_size(model_of(a)) * sizeof(real));
    }
    if (carries && a->queries)
        backward_carried(a);
    for (int first = 0; !carries && first < a->queries && !work_stopped(a->work);
         first += PANEL_ROWS)
        backward_mixed(a, first);
    for (int h = 0; h < model_of(a)->config.heads; h++) {
        const struct attention one = head_of(a, h);
        unpack_gradient(&one, h);
    }
}

void attention_backward(const struct attention *a)
{
    const unsigned mode = subnormal_flush(a);
    const int heads = has_mix(a) ? 0 : model_of(a)->config.heads;
    if (has_mix(a))
        backward_heads(a);
    for (int h = 0; h < heads && !work_stopped(a->work); h++) {
        const struct dropout_site site = weights_site(a, h);
        pack_head(a, h, true);
        memset(a->work->dkv, 0, 2 * head_size(model_of(a)) * sizeof(real));
        for (int first = 0; first < a->queries && !work_stopped(a->work);
             first += PANEL_ROWS)
            backward_panel(a, h, first, &site);
        unpack_gradient(a, h);
    }
    subnormal_restore(mode);
}
