#include "attention.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"

static size_t scratch_size(const struct model *m, int part)
{
    const struct encoder_part *p = &m->config.encoders.part[part];
    return p->encoder->scratch
               ? p->encoder->scratch(&m->dims, &p->options, PANEL_ROWS, m->config.longest)
               : 0;
}

/* Keys, values and, where an encoder wants them, extra keys. */
static int kv_parts(const struct model *m)
{
    return m->wants_extra ? 3 : 2;
}

static size_t head_size(const struct model *m)
{
    return (size_t)m->config.longest * (size_t)m->dims.head_dim;
}

size_t panel_work_bytes(const struct model *m)
{
    const size_t stride = (size_t)panel_stride(m->config.longest);
    const size_t d = (size_t)m->dims.head_dim;
    size_t bytes = 2 * arena_bytes(PANEL_ROWS * stride, sizeof(real)) +
                   2 * arena_bytes((size_t)kv_parts(m) * head_size(m), sizeof(real)) +
                   2 * arena_bytes(d * stride, sizeof(real)) +
                   2 * arena_bytes(PANEL_ROWS * d, sizeof(real));
    for (int p = 0; p < m->config.encoders.parts; p++)
        bytes += arena_bytes(scratch_size(m, p), sizeof(real));
    return bytes;
}

void panel_work_take(const struct model *m, struct arena *a, struct panel_work *out)
{
    const size_t stride = (size_t)panel_stride(m->config.longest);
    const size_t d = (size_t)m->dims.head_dim;
    out->stride = panel_stride(m->config.longest);
    out->score = arena_take(a, PANEL_ROWS * stride, sizeof(real));
    out->dscore = arena_take(a, PANEL_ROWS * stride, sizeof(real));
    out->kv = arena_take(a, (size_t)kv_parts(m) * head_size(m), sizeof(real));
    out->dkv = arena_take(a, (size_t)kv_parts(m) * head_size(m), sizeof(real));
    out->kt = arena_take(a, d * stride, sizeof(real));
    out->vt = arena_take(a, d * stride, sizeof(real));
    out->q = arena_take(a, PANEL_ROWS * d, sizeof(real));
    out->d_o = arena_take(a, PANEL_ROWS * d, sizeof(real));
    for (int p = 0; p < m->config.encoders.parts; p++)
        out->scratch[p] = arena_take(a, scratch_size(m, p), sizeof(real));
}

static struct rows part_of(struct rows x, int row, int column)
{
    return (struct rows){x.at + (size_t)row * (size_t)x.stride + column, x.stride};
}

static void copy_rows(int rows, int width, struct rows from, struct rows to)
{
    for (int r = 0; r < rows; r++)
        memcpy(to.at + (size_t)r * (size_t)to.stride,
               from.at + (size_t)r * (size_t)from.stride, (size_t)width * sizeof(real));
}

static struct rows head_part(const struct attention *a, real *x, int part)
{
    return (struct rows){x + (size_t)part * head_size(a->model), a->model->dims.head_dim};
}

/* One head's keys and values side by side: in kv its rows lie a whole [2C] row apart, at a
 * power of two that maps them to few sets of the cache. And transposed, as products with
 * them need it, once for all panels. */
static void pack_head(const struct attention *a, int head, bool backward)
{
    const struct kernels *k = kernels_get();
    const struct panel_work *w = a->work;
    const int d = a->model->dims.head_dim, C = a->model->config.dim;
    for (int i = 0; i < kv_parts(a->model); i++)
        copy_rows(a->keys, d, part_of(a->kv, 0, i * C + head * d), head_part(a, w->kv, i));
    k->transpose(a->keys, d, head_part(a, w->kv, 0), (struct rows){w->kt, w->stride});
    if (backward)
        k->transpose(a->keys, d, head_part(a, w->kv, 1), (struct rows){w->vt, w->stride});
}

static void unpack_gradient(const struct attention *a, int head)
{
    const int d = a->model->dims.head_dim, C = a->model->config.dim;
    for (int i = 0; i < kv_parts(a->model); i++)
        copy_rows(a->keys, d, head_part(a, a->work->dkv, i),
                  part_of(a->dkv, 0, i * C + head * d));
}

/* Queries `first` .. `first + PANEL_ROWS - 1` of one head, or as many as there are. */
static struct panel panel_at(const struct attention *a, int head, int first)
{
    const int d = a->model->dims.head_dim;
    const int left = a->queries - first;
    struct panel p = {.head = head,
                      .rows = left < PANEL_ROWS ? left : PANEL_ROWS,
                      .position = a->position + first,
                      .q = {a->work->q, d},
                      .k = head_part(a, a->work->kv, 0),
                      .v = head_part(a, a->work->kv, 1),
                      .alpha = (real)(1.0 / sqrt(d)),
                      .score = a->work->score,
                      .dscore = a->work->dscore,
                      .stride = a->work->stride};
    p.columns = 1 + p.position[p.rows - 1];
    copy_rows(p.rows, d, part_of(a->q, first, head * d), p.q);
    if (a->model->wants_extra)
        p.extra = head_part(a, a->work->kv, 2);
    return p;
}

static void panel_logits(const struct attention *a, const struct panel *p)
{
    const struct model *m = a->model;
    panel_nn(p->rows, p->columns, m->dims.head_dim, p->alpha, p->q,
             (struct rows){a->work->kt, a->work->stride}, false,
             (struct rows){p->score, p->stride});
    lap(a->work->clock, PHASE_LOGITS);
    for (int i = 0; i < m->config.encoders.parts; i++) {
        const struct encoder *e = m->config.encoders.part[i].encoder;
        if (!e->score)
            continue;
        const struct encoder_view v = model_encoder_view(m, i, a->layer, a->grad);
        e->score(&v, p, a->work->scratch[i]);
    }
    lap(a->work->clock, PHASE_ENCODER);
}

static void zero_tail(const struct panel *p, int row, real *x)
{
    const int n = p->position[row] + 1;
    memset(x + n, 0, (size_t)(p->columns - n) * sizeof *x);
}

/* The mask of one row of attention weights; the adjoint is the same call. */
static void drop_row(const struct attention *a, const struct panel *p,
                     const struct dropout_site *site, int row, real *x)
{
    dropout_rows(site, a->first_row + (uint64_t)p->position[row], 1, p->position[row] + 1,
                 (struct rows){x, p->stride});
}

static void forward_panel(const struct attention *a, int head, int first,
                          const struct dropout_site *site)
{
    const struct kernels *k = kernels_get();
    const struct panel p = panel_at(a, head, first);
    const int d = a->model->dims.head_dim;
    real *lse = a->lse + (size_t)head * (size_t)a->lse_stride + first;
    panel_logits(a, &p);
    for (int r = 0; r < p.rows; r++) {
        real *s = p.score + (size_t)r * (size_t)p.stride;
        lse[r] = k->softmax(p.position[r] + 1, s);
        zero_tail(&p, r, s);
        drop_row(a, &p, site, r, s);
    }
    lap(a->work->clock, PHASE_SOFTMAX);
    panel_nn(p.rows, d, p.columns, 1, (struct rows){p.score, p.stride}, p.v, false,
             part_of(a->o, first, head * d));
    lap(a->work->clock, PHASE_LOGITS);
}

static struct dropout_site weights_site(const struct attention *a, int head)
{
    return dropout_site(a->dropout, "attention.weights", a->layer, head,
                        a->model->config.longest);
}

void attention_forward(const struct attention *a)
{
    for (int h = 0; h < a->model->config.heads && !work_stopped(a->work); h++) {
        const struct dropout_site site = weights_site(a, h);
        pack_head(a, h, false);
        for (int first = 0; first < a->queries && !work_stopped(a->work);
             first += PANEL_ROWS)
            forward_panel(a, h, first, &site);
    }
}

/* The weights of the panel again, and dL/dlogit in dscore. With dropout, O = (M A) V for
 * the mask M: dV takes M A, and dA = M (dO V^T); sum_j a da is dO.o either way. */
static void panel_dlogits(const struct attention *a, const struct panel *p, int head,
                          int first, const struct dropout_site *site)
{
    const struct kernels *k = kernels_get();
    const int d = a->model->dims.head_dim;
    const real *lse = a->lse + (size_t)head * (size_t)a->lse_stride + first;
    const struct rows d_o = {a->work->d_o, d}, o = part_of(a->o, first, head * d);
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        const size_t at = (size_t)r * (size_t)d_o.stride;
        k->softmax_again(p->position[r] + 1, lse[r], s);
        zero_tail(p, r, s);
        drop_row(a, p, site, r, ds);
        k->softmax_grad(p->position[r] + 1, s,
                        k->dot((size_t)d, d_o.at + at, o.at + (size_t)r * (size_t)o.stride),
                        ds);
        zero_tail(p, r, ds);
        drop_row(a, p, site, r, s);
    }
}

static void backward_panel(const struct attention *a, int head, int first,
                           const struct dropout_site *site)
{
    const struct model *m = a->model;
    const int d = m->dims.head_dim;
    struct panel p = panel_at(a, head, first);
    const struct rows d_o = {a->work->d_o, d};
    const struct rows vt = {a->work->vt, a->work->stride};
    const struct rows score = {p.score, p.stride}, dscore = {p.dscore, p.stride};
    p.dq = part_of(a->dq, first, head * d);
    p.dk = head_part(a, a->work->dkv, 0);
    p.dv = head_part(a, a->work->dkv, 1);
    if (m->wants_extra)
        p.dextra = head_part(a, a->work->dkv, 2);

    copy_rows(p.rows, d, part_of(a->d_o, first, head * d), d_o);
    panel_logits(a, &p);
    panel_nn(p.rows, p.columns, d, 1, d_o, vt, false, dscore);
    lap(a->work->clock, PHASE_LOGITS);
    panel_dlogits(a, &p, head, first, site);
    lap(a->work->clock, PHASE_SOFTMAX);
    panel_tn(p.columns, d, p.rows, 1, score, d_o, true, p.dv);
    lap(a->work->clock, PHASE_LOGITS);
    for (int i = m->config.encoders.parts - 1; i >= 0; i--) {
        const struct encoder *e = m->config.encoders.part[i].encoder;
        if (!e->score_grad)
            continue;
        const struct encoder_view v = model_encoder_view(m, i, a->layer, a->grad);
        e->score_grad(&v, &p, a->work->scratch[i]);
    }
    lap(a->work->clock, PHASE_ENCODER);
    panel_nn(p.rows, d, p.columns, p.alpha, dscore, p.k, true, p.dq);
    panel_tn(p.columns, d, p.rows, p.alpha, dscore, p.q, true, p.dk);
    lap(a->work->clock, PHASE_LOGITS);
}

void attention_backward(const struct attention *a)
{
    for (int h = 0; h < a->model->config.heads && !work_stopped(a->work); h++) {
        const struct dropout_site site = weights_site(a, h);
        pack_head(a, h, true);
        memset(a->work->dkv, 0,
               (size_t)kv_parts(a->model) * head_size(a->model) * sizeof(real));
        for (int first = 0; first < a->queries && !work_stopped(a->work);
             first += PANEL_ROWS)
            backward_panel(a, h, first, &site);
        unpack_gradient(a, h);
    }
}
