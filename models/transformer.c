/* transformer.c -- layers forward and backward over the rows of one micro-batch.
 *
 * Forward indexes the rows, embeds the tokens, runs the layers (attend, feed_forward) and
 * computes logits at target rows. The loss overwrites logits with their gradient. Backward
 * goes from there down to the embeddings and adds to `grad`.
 * Pitfall: work memory is reused, so what backward needs is in layer_work or computed again.
 * The last layer's queries are the target rows, which are gathered and scattered. */
#include "transformer.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "gemm.h"
#include "panel_gemm.h"

/* Returns the width of a layer's kv row: keys, values and the encoders' projected numbers. */
static int key_width(const struct model *m, int layer)
{
    return m->layer[layer].key_value.out;
}

/* --- the rows of a micro-batch ------------------------------------------- */

static void index_rows(const struct pass *p)
{
    const struct micro_batch *b = p->batch;
    struct pass_work *w = p->work;
    const int first = b->start[0];
    int targets = 0;
    for (int s = 0; s < b->sequences; s++) {
        w->start[s] = b->start[s] - first;
        w->target_start[s] = targets;
        encoding_place(p->model, &p->places, b->first + s, b->start[s + 1] - b->start[s],
                       w->place + w->start[s]);
        for (int i = b->start[s]; i < b->start[s + 1]; i++) {
            const int row = i - first;
            w->row[row] = row;
            w->position[row] = i - b->start[s];
            if (b->target[i] < 0)
                continue;
            w->target_row[targets] = row;
            w->target_place[targets] = w->place[row];
            w->target_position[targets++] = i - b->start[s];
        }
    }
    w->start[b->sequences] = b->start[b->sequences] - first;
    w->target_start[b->sequences] = targets;
    assert(w->start[b->sequences] <= w->rows);
    w->all = (struct queries){.count = w->start[b->sequences],
                              .row = w->row,
                              .position = w->position,
                              .place = w->place,
                              .start = w->start};
    w->targets = (struct queries){.count = targets,
                                  .row = w->target_row,
                                  .position = w->target_position,
                                  .place = w->target_place,
                                  .start = w->target_start};
}

static const struct queries *layer_queries(const struct pass *p, int layer)
{
    return layer == p->model->config.layers - 1 ? &p->work->targets : &p->work->all;
}

/* Returns the rows whose attention is computed: all rows if an encoder carries from row to
 * row. */
static const struct queries *attention_queries(const struct pass *p, int layer)
{
    const bool all = encoding_carry(p->model, layer, p->model->config.longest) > 0;
    return all ? &p->work->all : layer_queries(p, layer);
}

/* Keeps the rows of a layer's attention that its feed-forward needs. Works in place, since
 * row i is never taken from a row before i. */
static void keep_targets(const struct pass *p, int layer, real *x)
{
    const struct queries *q = layer_queries(p, layer);
    const size_t C = (size_t)p->model->config.dim;
    if (q == attention_queries(p, layer))
        return;
    for (int i = 0; i < q->count; i++)
        memmove(x + (size_t)i * C, x + (size_t)q->row[i] * C, C * sizeof *x);
}

/* The adjoint of keep_targets. Other rows get gradient 0. Works in place, from the last row to
 * the first. */
static void spread_targets(const struct pass *p, int layer, real *dx)
{
    const struct queries *q = layer_queries(p, layer);
    const size_t C = (size_t)p->model->config.dim;
    int row = p->work->all.count - 1;
    if (q == attention_queries(p, layer))
        return;
    for (int i = q->count - 1; i >= -1; i--) {
        const int last = i < 0 ? -1 : q->row[i];
        for (; row > last; row--)
            memset(dx + (size_t)row * C, 0, C * sizeof *dx);
        if (i >= 0)
            memmove(dx + (size_t)row-- * C, dx + (size_t)i * C, C * sizeof *dx);
    }
}

/* Copies rows `q` of x [N, C] to `room` and returns it; returns x when `q` is all rows. */
static const real *gather(const struct pass *p, const struct queries *q, const real *x,
                          real *room)
{
    const size_t C = (size_t)p->model->config.dim;
    if (q == &p->work->all)
        return x;
    for (int i = 0; i < q->count; i++)
        memcpy(room + (size_t)i * C, x + (size_t)q->row[i] * C, C * sizeof *x);
    return room;
}

/* The adjoint of gather: dx[row] += dy. */
static void scatter_add(const struct pass *p, const struct queries *q, const real *dy,
                        real *dx)
{
    const size_t C = (size_t)p->model->config.dim;
    const struct kernels *k = kernels_get();
    for (int i = 0; i < q->count; i++)
        k->add(C, dy + (size_t)i * C, dx + (size_t)q->row[i] * C);
}

/* --- long products ------------------------------------------------------- */

static struct rows matrix(const real *x, int columns)
{
    return (struct rows){(real *)x, columns};
}

static struct rows from_row(const real *x, int row, int columns)
{
    return matrix(x + (size_t)row * (size_t)columns, columns);
}

static bool stopped(const struct pass *p)
{
    return work_stopped(&p->work->panel);
}

/* A long product is cut into stretches of rows, so that a request to stop is obeyed within a
 * second: a million rows would take many. `stretch` returns the most rows of one product of
 * width N x K, about 2^33 multiplications, which take a tenth of a second. Up to STRETCH_ROWS
 * rows are never cut, because cutting a sum over rows changes the bits of results. */
enum { STRETCH_ROWS = 4096 };
static const double stretch_products = 8589934592.0;

static int stretch(int N, int K)
{
    const double rows = stretch_products / ((double)N * K);
    return rows < STRETCH_ROWS ? STRETCH_ROWS : rows > INT_MAX ? INT_MAX : (int)rows;
}

/* Returns the length of the stretch that begins at row `first` of `rows`: at most `most`, 0
 * after the last row or when the pass is stopped. */
static int stretch_at(const struct pass *p, int rows, int first, int most)
{
    return first >= rows || stopped(p) ? 0 : rows - first < most ? rows - first : most;
}

/* y [rows, out] = beta y + x W^T, for W [out, in]. */
static void product_nt(const struct pass *p, int rows, int out, int in, const real *x,
                       struct rows W, real beta, real *y)
{
    const int most = stretch(out, in);
    for (int i = 0, n; (n = stretch_at(p, rows, i, most)) > 0; i += n)
        gemm_nt(n, out, in, 1, from_row(x, i, in), W, beta, from_row(y, i, out));
}

/* dx [rows, in] = beta dx + dy W. */
static void product_nn(const struct pass *p, int rows, int in, int out, const real *dy,
                       struct rows W, real beta, real *dx)
{
    const int most = stretch(out, in);
    for (int i = 0, n; (n = stretch_at(p, rows, i, most)) > 0; i += n)
        gemm_nn(n, in, out, 1, from_row(dy, i, out), W, beta, from_row(dx, i, in));
}

/* dw [out, in] += dy^T x. */
static void product_tn(const struct pass *p, int rows, int out, int in, const real *dy,
                       const real *x, struct rows dw)
{
    const int most = stretch(out, in);
    for (int i = 0, n; (n = stretch_at(p, rows, i, most)) > 0; i += n)
        gemm_tn(out, in, n, 1, from_row(dy, i, out), from_row(x, i, in), 1, dw);
}

/* --- layers -------------------------------------------------------------- */

/* Returns true for weights small enough to stay in the cache; BLAS would pack them anew at
 * every call. */
static bool is_small(const struct linear *l)
{
    return (size_t)panel_stride(l->out) * (size_t)l->in <= SMALL_WEIGHTS;
}

/* y = x W^T + bias. The product is added to rows that hold the bias, so that y needs neither
 * clearing before the product nor a second pass for the bias after it. */
static void linear(const struct pass *p, const struct linear *l, int rows, const real *x,
                   real *y)
{
    const real *w = p->model->weights;
    const struct rows X = matrix(x, l->in), W = matrix(w + l->weight, l->in);
    const bool biased = l->bias != NO_TENSOR;
    const size_t n = (size_t)l->out;
    lap(p->work->panel.clock, PHASE_OTHER);
    for (size_t r = 0; biased && r < (size_t)rows; r++)
        memcpy(y + r * n, w + l->bias, n * sizeof *y);
    if (is_small(l))
        panel_nn(rows, l->out, l->in, 1, X, panel_turned(l->out, l->in, W, p->work->turned),
                 biased, matrix(y, l->out));
    else
        product_nt(p, rows, l->out, l->in, x, W, biased ? 1 : 0, y);
    lap(p->work->panel.clock, PHASE_LINEAR);
}

/* dx = dy W, or += when `add`; adds the gradients of weight and bias. */
static void linear_grad(const struct pass *p, const struct linear *l, int rows,
                        const real *x, const real *dy, bool add, real *dx, real *grad)
{
    const real *w = p->model->weights;
    const struct rows X = matrix(x, l->in), W = matrix(w + l->weight, l->in);
    const struct rows d_y = matrix(dy, l->out), d_w = matrix(grad + l->weight, l->in);
    lap(p->work->panel.clock, PHASE_OTHER);
    if (l->bias != NO_TENSOR)
        kernels_get()->bias_grad(rows, l->out, dy, grad + l->bias);
    if (is_small(l)) {
        panel_tn(l->out, l->in, rows, 1, d_y, X, true, d_w);
        panel_nn(rows, l->in, l->out, 1, d_y, W, add, matrix(dx, l->in));
    } else {
        product_tn(p, rows, l->out, l->in, dy, x, d_w);
        product_nn(p, rows, l->in, l->out, dy, W, add ? 1 : 0, dx);
    }
    lap(p->work->panel.clock, PHASE_LINEAR);
}

static void normalise(const struct pass *p, const struct norm *n, int rows, const real *x,
                      real *y, real *stats)
{
    const real *w = p->model->weights;
    lap(p->work->panel.clock, PHASE_OTHER);
    kernels_get()->layer_norm(rows, p->model->config.dim, x, w + n->gain, w + n->bias, y,
                              stats);
    lap(p->work->panel.clock, PHASE_NORM);
}

/* Adds the gradient of the input to dx, those of gain and bias to grad. */
static void normalise_grad(const struct pass *p, const struct norm *n, int rows,
                           const real *x, const real *stats, const real *dy, real *dx,
                           real *grad)
{
    struct norm_grad g = {.gain = p->model->weights + n->gain};
    g.dgain = grad + n->gain;
    g.dbias = grad + n->bias;
    lap(p->work->panel.clock, PHASE_OTHER);
    kernels_get()->layer_norm_grad(rows, p->model->config.dim, x, stats, &g, dy, dx);
    lap(p->work->panel.clock, PHASE_NORM);
}

/* Applies dropout to rows of width n; the adjoint is the same call. */
static void drop(const struct pass *p, const char *site, int layer, const struct queries *q,
                 int n, real *x)
{
    if (p->dropout->p <= 0.0)
        return;
    const struct dropout_site s = dropout_site(p->dropout, site, layer, 0, n);
    const uint64_t first = (uint64_t)p->batch->start[0];
    for (int i = 0; i < q->count; i++)
        dropout_rows(&s, first + (uint64_t)q->row[i], 1, n,
                     matrix(x + (size_t)i * (size_t)n, n));
}

static void activate(const struct pass *p, size_t n, const real *x, real *y)
{
    const struct kernels *k = kernels_get();
    lap(p->work->panel.clock, PHASE_OTHER);
    (p->model->config.activation == ACTIVATION_GELU ? k->gelu : k->relu)(n, x, y);
    lap(p->work->panel.clock, PHASE_ACTIVATION);
}

static void activate_grad(const struct pass *p, size_t n, const real *x, real *dy)
{
    const struct kernels *k = kernels_get();
    lap(p->work->panel.clock, PHASE_OTHER);
    (p->model->config.activation == ACTIVATION_GELU ? k->gelu_grad : k->relu_grad)(n, x,
                                                                                   dy);
    lap(p->work->panel.clock, PHASE_ACTIVATION);
}

/* Returns the tokens of sequence s without the backward fields. `source` is what the layer's
 * projections read, or NULL if it is not needed. */
static struct encoding_tokens tokens_at(const struct pass *p, int layer, int s,
                                        const real *source)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const struct layer_work *y = &w->layer[layer];
    const int C = m->config.dim, row = w->start[s];
    const struct rows kv = from_row(y->kv, row, key_width(m, layer));
    return (struct encoding_tokens){
        .model = m,
        .layer = layer,
        .count = w->start[s + 1] - row,
        .place = w->place + row,
        .x = source ? from_row(source, row, C) : (struct rows){0},
        .projected = {kv.at + 2 * (size_t)C, kv.stride},
        .state = from_row(y->state, row, m->state_width),
        .below = layer ? from_row(w->layer[layer - 1].state, row, m->state_width)
                       : (struct rows){0},
        .room = w->room,
    };
}

static void add_gradients(const struct pass *p, int s, real *d_source, real *grad,
                          struct encoding_tokens *t)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const int C = m->config.dim, row = w->start[s];
    const struct rows dkv = from_row(w->dkv, row, key_width(m, t->layer));
    t->dx = d_source ? from_row(d_source, row, C) : (struct rows){0};
    t->dprojected = (struct rows){dkv.at + 2 * (size_t)C, dkv.stride};
    t->dstate = from_row(w->dstate, row, m->state_width);
    t->grad = grad;
}

/* Returns the rows of sequence s that rotate is called for: all keys, or the queries of `q`. */
static struct turn turn_at(const struct pass *p, const struct queries *q, int s, bool keys)
{
    const struct queries *of = keys ? &p->work->all : q;
    const int first = of->start[s];
    return (struct turn){.keys = keys,
                         .rows = of->start[s + 1] - first,
                         .row = of->position + first,
                         .place = of->place + first};
}

static void rotate_all(const struct pass *p, int layer, const struct queries *q)
{
    const struct pass_work *w = p->work;
    const struct layer_work *y = &w->layer[layer];
    const int C = p->model->config.dim, K = key_width(p->model, layer);
    lap(w->panel.clock, PHASE_OTHER);
    for (int s = 0; s < p->batch->sequences; s++) {
        const struct encoding_tokens t = tokens_at(p, layer, s, NULL);
        const struct turn queries = turn_at(p, q, s, false), keys = turn_at(p, q, s, true);
        encoding_rotate(&t, &queries, from_row(y->q, q->start[s], C));
        encoding_rotate(&t, &keys, from_row(y->kv, w->start[s], K));
    }
    lap(w->panel.clock, PHASE_ROTATE);
}

static void rotate_all_grad(const struct pass *p, int layer, const struct queries *q,
                            real *grad)
{
    const struct pass_work *w = p->work;
    const struct layer_work *y = &w->layer[layer];
    const int C = p->model->config.dim, K = key_width(p->model, layer);
    lap(w->panel.clock, PHASE_OTHER);
    for (int s = 0; s < p->batch->sequences; s++) {
        struct encoding_tokens t = tokens_at(p, layer, s, NULL);
        const struct turn queries = turn_at(p, q, s, false), keys = turn_at(p, q, s, true);
        add_gradients(p, s, NULL, grad, &t);
        encoding_rotate_grad(&t, &queries, from_row(y->q, q->start[s], C),
                             from_row(w->dq, q->start[s], C));
        encoding_rotate_grad(&t, &keys, from_row(y->kv, w->start[s], K),
                             from_row(w->dkv, w->start[s], K));
    }
    lap(w->panel.clock, PHASE_ROTATE);
}

static void read_all(const struct pass *p, int layer, const real *source)
{
    lap(p->work->panel.clock, PHASE_OTHER);
    for (int s = 0; s < p->batch->sequences; s++) {
        const struct encoding_tokens t = tokens_at(p, layer, s, source);
        encoding_read(&t);
    }
    lap(p->work->panel.clock, PHASE_ENCODER);
}

/* Adds to d_source [N, C] and to the gradient of the projected numbers in work->dkv. */
static void read_all_grad(const struct pass *p, int layer, const real *source,
                          real *d_source, real *grad)
{
    lap(p->work->panel.clock, PHASE_OTHER);
    for (int s = 0; s < p->batch->sequences; s++) {
        struct encoding_tokens t = tokens_at(p, layer, s, source);
        add_gradients(p, s, d_source, grad, &t);
        encoding_read_grad(&t);
    }
    lap(p->work->panel.clock, PHASE_ENCODER);
}

/* Returns the attention of sequence s without the backward fields. */
static struct attention attention_at(const struct pass *p, int layer,
                                     const struct queries *q, int s)
{
    struct pass_work *w = p->work;
    const struct layer_work *y = &w->layer[layer];
    const int C = p->model->config.dim, first = q->start[s], row = w->start[s];
    return (struct attention){
        .tokens = tokens_at(p, layer, s, NULL),
        .queries = q->start[s + 1] - first,
        .position = q->position + first,
        .q = from_row(y->q, first, C),
        .kv = from_row(y->kv, row, key_width(p->model, layer)),
        .o = from_row(y->o, first, C),
        .lse = y->lse + first,
        .lse_stride = w->rows,
        .dropout = p->dropout,
        .first_row = (uint64_t)p->batch->start[s],
        .work = &w->panel,
    };
}

static void attend(const struct pass *p, int layer, const struct queries *q)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const struct layer_layout *t = &m->layer[layer];
    struct layer_work *y = &w->layer[layer];
    const real *source = y->x;
    if (m->config.norm == NORM_PRE) {
        normalise(p, &t->attention_norm, w->all.count, y->x, w->normed, y->stats_attention);
        source = w->normed;
    }
    linear(p, &t->key_value, w->all.count, source, y->kv);
    linear(p, &t->query, q->count, gather(p, q, source, w->picked), y->q);
    if (encoding_reads(m))
        read_all(p, layer, source);
    rotate_all(p, layer, q);
    for (int s = 0; s < p->batch->sequences; s++) {
        const struct attention a = attention_at(p, layer, q, s);
        attention_forward(&a);
    }
    linear(p, &t->output, q->count, y->o, y->mid);
    drop(p, "attention.output", layer, q, m->config.dim, y->mid);
    kernels_get()->add((size_t)q->count * (size_t)m->config.dim,
                       gather(p, q, y->x, w->picked), y->mid);
}

/* Returns the norm between attention and feed-forward: in post-norm that of the sum after
 * attention, in pre-norm that before the feed-forward branch. */
static const struct norm *middle_norm(const struct model *m, int layer)
{
    const struct layer_layout *t = &m->layer[layer];
    return m->config.norm == NORM_PRE ? &t->feed_forward_norm : &t->attention_norm;
}

static real *middle_stats(const struct model *m, struct layer_work *y)
{
    return m->config.norm == NORM_PRE ? y->stats_ff : y->stats_attention;
}

/* At most FF_ROWS queries of a layer, from `first` on. Chunks keep the feed-forward's wide
 * temporaries small at any length of a sequence. */
struct chunk {
    struct queries q; /* row and position only */
    int first;
    const real *ff; /* [count, F] before the activation */
};

static struct chunk chunk_at(const struct pass *p, int layer, const struct queries *q,
                             int first)
{
    const int left = q->count - first;
    return (struct chunk){
        .q = {.count = left < FF_ROWS ? left : FF_ROWS, .row = q->row + first},
        .first = first,
        .ff = p->work->layer[layer].ff + (size_t)first * (size_t)p->model->config.ff,
    };
}

/* Computes the hidden layer in work->wide: activation of the pre-activation, then dropout. */
static void hidden(const struct pass *p, int layer, const struct chunk *c)
{
    const int F = p->model->config.ff;
    activate(p, (size_t)c->q.count * (size_t)F, c->ff, p->work->wide);
    drop(p, "feed_forward.hidden", layer, &c->q, F, p->work->wide);
}

static void feed_forward(const struct pass *p, int layer, const struct queries *q,
                         real *next)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const struct layer_layout *t = &m->layer[layer];
    struct layer_work *y = &w->layer[layer];
    const bool pre = m->config.norm == NORM_PRE;
    const size_t C = (size_t)m->config.dim;
    real *out = pre ? next : y->sum;
    normalise(p, middle_norm(m, layer), q->count, y->mid, w->normed, middle_stats(m, y));
    linear(p, &t->in, q->count, w->normed, y->ff);
    for (int first = 0; first < q->count && !stopped(p); first += FF_ROWS) {
        const struct chunk c = chunk_at(p, layer, q, first);
        hidden(p, layer, &c);
        linear(p, &t->out, c.q.count, w->wide, out + (size_t)first * C);
    }
    drop(p, "feed_forward.output", layer, q, m->config.dim, out);
    kernels_get()->add((size_t)q->count * C, pre ? y->mid : w->normed, out);
    if (!pre)
        normalise(p, &t->feed_forward_norm, q->count, y->sum, next, y->stats_ff);
}

static void embed(const struct pass *p)
{
    const struct model *m = p->model;
    struct pass_work *w = p->work;
    const size_t C = (size_t)m->config.dim;
    real *x = w->layer[0].x;
    const int32_t *token = p->batch->token + p->batch->start[0];
    for (int i = 0; i < w->all.count; i++)
        memcpy(x + (size_t)i * C, m->weights + m->embedding + (size_t)token[i] * C,
               C * sizeof *x);
    for (int s = 0; s < p->batch->sequences; s++)
        encoding_embed(m, w->start[s + 1] - w->start[s], w->place + w->start[s],
                       x + (size_t)w->start[s] * C);
    drop(p, "embedding", -1, &w->all, m->config.dim, x);
}

/* Returns the input of the output layer: the last block's output, in pre-norm after the final
 * norm. */
static const real *output_source(const struct pass *p)
{
    struct pass_work *w = p->work;
    if (p->model->config.norm == NORM_POST)
        return w->last;
    normalise(p, &p->model->final_norm, w->targets.count, w->last, w->normed,
              w->stats_final);
    return w->normed;
}

int transformer_forward(const struct pass *p)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const int L = m->config.layers;
    index_rows(p);
    if (!w->targets.count)
        return 0;
    embed(p);
    for (int l = 0; l < L && !stopped(p); l++) {
        const struct queries *q = layer_queries(p, l);
        attend(p, l, attention_queries(p, l));
        keep_targets(p, l, w->layer[l].mid);
        feed_forward(p, l, q, l + 1 < L ? w->layer[l + 1].x : w->last);
    }
    w->source = output_source(p);
    return w->targets.count;
}

static void logits_of(const struct pass *p, int from, int rows, real *logits)
{
    const struct model *m = p->model;
    const int C = m->config.dim;
    product_nt(p, rows, m->config.vocabulary, C, p->work->source + (size_t)from * (size_t)C,
               matrix(m->weights + m->output, C), 0, logits);
}

void transformer_logits(const struct pass *p, real *logits)
{
    logits_of(p, 0, p->work->targets.count, logits);
}

/* Returns where the gradient of the output layer's input [M, C] lies; output_grad reads it. */
static real *d_source(const struct pass *p)
{
    return p->model->config.norm == NORM_PRE ? p->work->d_in : p->work->d_out;
}

/* Returns the sum of the losses of a block's targets; replaces its logits by their gradient. */
static double block_loss(const struct pass *p, int from, int rows, double scale,
                         float *loss, int32_t *best)
{
    const struct pass_work *w = p->work;
    const struct kernels *k = kernels_get();
    const int V = p->model->config.vocabulary, first = p->batch->start[0];
    double sum = 0.0;
    for (int i = 0; i < rows; i++) {
        const int row = first + w->targets.row[from + i];
        int32_t top;
        const real one = k->cross_entropy(V, p->batch->target[row], (real)scale,
                                          w->logits + (size_t)i * (size_t)V, &top);
        sum += (double)one;
        if (loss)
            loss[row] = (float)one;
        if (best)
            best[row] = top;
    }
    return sum;
}

double transformer_loss(const struct pass *p, double scale, float *loss, int32_t *best,
                        real *grad)
{
    const struct pass_work *w = p->work;
    const struct model *m = p->model;
    const int V = m->config.vocabulary, C = m->config.dim, M = w->targets.count;
    const int block = w->output_rows;
    double sum = 0.0;
    for (int from = 0; from < M; from += block) {
        const int rows = M - from < block ? M - from : block;
        const size_t at = (size_t)from * (size_t)C;
        logits_of(p, from, rows, w->logits);
        sum += block_loss(p, from, rows, scale, loss, best);
        if (!grad)
            continue;
        product_tn(p, rows, V, C, w->logits, w->source + at, matrix(grad + m->output, C));
        product_nn(p, rows, C, V, w->logits, matrix(m->weights + m->output, C), 0,
                   d_source(p) + at);
    }
    return sum;
}

/* --- backward ------------------------------------------------------------ */

/* Computes the gradient of the feed-forward branch's input (the norm's output, in normed) from
 * that of its output in d_branch [M, C]: dx = gradient, or += when `add`. dx may be d_branch,
 * which is then overwritten. */
static void branch_grad(const struct pass *p, int layer, const struct queries *q, bool add,
                        real *dx, real *grad)
{
    struct pass_work *w = p->work;
    const struct layer_layout *t = &p->model->layer[layer];
    const size_t C = (size_t)p->model->config.dim;
    const int F = p->model->config.ff;
    for (int first = 0; first < q->count && !stopped(p); first += FF_ROWS) {
        const struct chunk c = chunk_at(p, layer, q, first);
        const size_t at = (size_t)first * C;
        hidden(p, layer, &c);
        linear_grad(p, &t->out, c.q.count, w->wide, w->d_branch + at, false, w->d_wide,
                    grad);
        drop(p, "feed_forward.hidden", layer, &c.q, F, w->d_wide);
        activate_grad(p, (size_t)c.q.count * (size_t)F, c.ff, w->d_wide);
        linear_grad(p, &t->in, c.q.count, w->normed + at, w->d_wide, add, dx + at, grad);
    }
}

/* Computes dL/d(sum after attention) in d_mid from dL/d(block output) in d_out, both [M, C]. */
static void feed_forward_grad(const struct pass *p, int layer, const struct queries *q,
                              real *grad)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    struct layer_work *y = &w->layer[layer];
    const bool pre = m->config.norm == NORM_PRE;
    const int C = m->config.dim, M = q->count;
    const size_t n = (size_t)M * (size_t)C;

    /* d_in becomes the gradient of the sum after the feed-forward. */
    memset(w->d_in, 0, n * sizeof(real));
    if (pre)
        memcpy(w->d_in, w->d_out, n * sizeof(real));
    else
        normalise_grad(p, &m->layer[layer].feed_forward_norm, M, y->sum, y->stats_ff,
                       w->d_out, w->d_in, grad);

    memcpy(w->d_branch, w->d_in, n * sizeof(real));
    drop(p, "feed_forward.output", layer, q, C, w->d_branch);
    normalise(p, middle_norm(m, layer), M, y->mid, w->normed, middle_stats(m, y));
    /* In post-norm the residual starts at the norm's output, in pre-norm before it. */
    real *d_normed = pre ? w->d_branch : w->d_in;
    branch_grad(p, layer, q, !pre, d_normed, grad);
    if (pre)
        memcpy(w->d_mid, w->d_in, n * sizeof(real));
    else
        memset(w->d_mid, 0, n * sizeof(real));
    normalise_grad(p, middle_norm(m, layer), M, y->mid, middle_stats(m, y), d_normed,
                   w->d_mid, grad);
}

static void attention_core_grad(const struct pass *p, int layer, const struct queries *q,
                                real *d_o, real *grad)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const int C = m->config.dim, K = key_width(m, layer);
    const size_t N = (size_t)w->all.count;
    memset(w->dq, 0, (size_t)q->count * (size_t)C * sizeof(real));
    memset(w->dkv, 0, N * (size_t)K * sizeof(real));
    encoding_clear_dstate(m, layer, N, w->dstate);
    for (int s = 0; s < p->batch->sequences; s++) {
        struct attention a = attention_at(p, layer, q, s);
        a.d_o = from_row(d_o, q->start[s], C);
        a.dq = from_row(w->dq, q->start[s], C);
        a.dkv = from_row(w->dkv, w->start[s], K);
        add_gradients(p, s, NULL, grad, &a.tokens);
        attention_backward(&a);
    }
    rotate_all_grad(p, layer, q, grad);
}

/* Computes dL/d(block input) in d_out [N, C] from d_mid [M, C]. */
static void attend_grad(const struct pass *p, int layer, const struct queries *q,
                        real *grad)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const struct layer_layout *t = &m->layer[layer];
    struct layer_work *y = &w->layer[layer];
    const bool pre = m->config.norm == NORM_PRE;
    const int C = m->config.dim, M = q->count, N = w->all.count;

    memcpy(w->d_branch, w->d_mid, (size_t)M * (size_t)C * sizeof(real));
    drop(p, "attention.output", layer, q, C, w->d_branch);
    linear_grad(p, &t->output, M, y->o, w->d_branch, false, w->d_in, grad);
    attention_core_grad(p, layer, q, w->d_in, grad);

    const real *source = y->x;
    if (pre) {
        normalise(p, &t->attention_norm, N, y->x, w->normed, y->stats_attention);
        source = w->normed;
    }
    real *d_source = pre ? w->d_branch : w->d_out;
    const bool reads = encoding_reads(m);
    if (reads) {
        memset(d_source, 0, (size_t)N * (size_t)C * sizeof(real));
        read_all_grad(p, layer, source, d_source, grad);
    }
    linear_grad(p, &t->key_value, N, source, w->dkv, reads, d_source, grad);
    linear_grad(p, &t->query, M, gather(p, q, source, w->picked), w->dq, false, w->d_in,
                grad);
    scatter_add(p, q, w->d_in, d_source);
    if (pre) {
        memset(w->d_out, 0, (size_t)N * (size_t)C * sizeof(real));
        normalise_grad(p, &t->attention_norm, N, y->x, y->stats_attention, d_source,
                       w->d_out, grad);
    }
    scatter_add(p, q, w->d_mid, w->d_out);
}

static void output_grad(const struct pass *p, real *grad)
{
    struct pass_work *w = p->work;
    const struct model *m = p->model;
    const int C = m->config.dim, M = w->targets.count;
    if (m->config.norm != NORM_PRE)
        return;
    memset(w->d_out, 0, (size_t)M * (size_t)C * sizeof(real));
    normalise_grad(p, &m->final_norm, M, w->last, w->stats_final, d_source(p), w->d_out,
                   grad);
}

static void embed_grad(const struct pass *p, real *grad)
{
    const struct model *m = p->model;
    struct pass_work *w = p->work;
    const size_t C = (size_t)m->config.dim;
    const int32_t *token = p->batch->token + p->batch->start[0];
    const struct kernels *k = kernels_get();
    drop(p, "embedding", -1, &w->all, m->config.dim, w->d_out);
    for (int s = 0; s < p->batch->sequences; s++)
        encoding_embed_grad(m, w->start[s + 1] - w->start[s], w->place + w->start[s],
                            w->d_out + (size_t)w->start[s] * C, grad);
    for (int i = 0; i < w->all.count; i++)
        k->add(C, w->d_out + (size_t)i * C, grad + m->embedding + (size_t)token[i] * C);
}

void transformer_backward(const struct pass *p, real *grad)
{
    if (!p->work->targets.count)
        return;
    output_grad(p, grad);
    for (int l = p->model->config.layers - 1; l >= 0 && !stopped(p); l--) {
        const struct queries *q = layer_queries(p, l);
        feed_forward_grad(p, l, q, grad);
        spread_targets(p, l, p->work->d_mid);
        attend_grad(p, l, attention_queries(p, l), grad);
    }
    embed_grad(p, grad);
}
