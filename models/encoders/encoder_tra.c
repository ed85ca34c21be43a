/* encoder_tra.c -- threshold relative attention: distances count only keys above a threshold.
 *
 *     s[i][j]   = alpha q'_i . k'_j,   q' = q / rms(q), k' = k / rms(k)
 *     kept      = s[i][j] > 0
 *     weight    = softmax over kept j of s[i][j] + ln sigma(w_h . x_i + b_h) n[i][j]
 *     n[i][j]   = number of kept keys from j to i
 *
 * and 0 for all other keys; a query that keeps no key attends to nothing. x is what the
 * layer's projections read. In a sum, the logits of the other parts are added to s before the
 * threshold. The authors apply dropout to logits, we to weights as everywhere.
 *
 * Why: irrelevant keys get no weight and do not add to distances; claimed to solve
 * Flip-Flop.
 *
 * Backward: n has no gradient. dlogit is that of the softmax; d(ln sigma)_i = sum_j dlogit n.
 *
 * Source: Opper et al. 2025, arXiv:2503.23174, and an author's notebook (TRA_FFL).
 * Check: s = (1, -1, 2, 0) in row 3 and w = b = 0: n = (2, , 1, ), logits 1 - 2 ln 2 and
 * 2 - ln 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "panel_gemm.h"
#include "token_gates.h"

static const double least_square = 1e-6; /* added to the mean as in the code */

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return token_gates_flops(d, load->tokens) + 4.0 * d->heads * load->pairs;
}

/* Scratch of a panel: q' and k', their factors 1 / rms, counts. */
struct kept {
    struct rows q, k;   /* [rows, d], [columns, d] */
    real *by_q, *by_k;  /* [rows], [columns] */
    struct rows counts; /* [rows, columns]: n, 0 where a key is not kept */
    real *room;
};

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    const size_t n = (size_t)rows + (size_t)columns, width = (size_t)d->head_dim;
    (void)o;
    return 2 * n * width + n + (size_t)rows * (size_t)columns +
           width * (size_t)panel_stride(columns);
}

static struct kept kept_of(const struct encoder_view *e, const struct panel *p,
                           real *scratch)
{
    const int d = e->dims->head_dim;
    const size_t rows = (size_t)p->rows, columns = (size_t)p->columns, w = (size_t)d;
    struct kept x = {.q = {scratch, d}, .k = {scratch + rows * w, d}};
    x.by_q = scratch + (rows + columns) * w;
    x.by_k = x.by_q + rows;
    x.counts = (struct rows){x.by_k + columns, p->columns};
    x.room = x.counts.at + rows * columns;
    return x;
}

static void normalise(int rows, int d, struct rows x, struct rows y, real *by)
{
    for (int r = 0; r < rows; r++) {
        real sum = 0;
        for (int c = 0; c < d; c++)
            sum += row_of(x, r)[c] * row_of(x, r)[c];
        by[r] = (real)(1 / sqrt((double)(sum / (real)d) + least_square));
        for (int c = 0; c < d; c++)
            row_of(y, r)[c] = row_of(x, r)[c] * by[r];
    }
}

/* dx += by (dy - y (y . dy) / d) */
static void normalise_grad(int rows, int d, struct rows y, struct rows dy, const real *by,
                           struct rows dx)
{
    for (int r = 0; r < rows; r++) {
        real along = 0;
        for (int c = 0; c < d; c++)
            along += row_of(y, r)[c] * row_of(dy, r)[c];
        for (int c = 0; c < d; c++)
            row_of(dx, r)[c] +=
                by[r] * (row_of(dy, r)[c] - row_of(y, r)[c] * along / (real)d);
    }
}

static void content(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct kept x = kept_of(e, p, scratch);
    const int d = e->dims->head_dim;
    normalise(p->rows, d, p->q, x.q, x.by_q);
    normalise(p->columns, d, p->k, x.k, x.by_k);
    panel_nn(p->rows, p->columns, d, p->alpha, x.q,
             panel_turned(p->columns, d, x.k, x.room), false,
             (struct rows){p->score, p->stride});
}

static void content_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct kept x = kept_of(e, p, scratch);
    const int d = e->dims->head_dim;
    const struct rows ds = {p->dscore, p->stride}, dy = {x.room, d};
    panel_nn(p->rows, d, p->columns, p->alpha, ds, x.k, false, dy);
    normalise_grad(p->rows, d, x.q, dy, x.by_q, p->dq);
    panel_tn(p->columns, d, p->rows, p->alpha, ds, x.q, false, dy);
    normalise_grad(p->columns, d, x.k, dy, x.by_k, p->dk);
}

/* Turns the logits of one row into weights in place; writes the counts n. */
static void weigh_row(int i, real slope, real *s, real *counts)
{
    real n = 0, most = (real)-INFINITY, sum = 0;
    for (int j = i; j >= 0; j--) {
        const bool keep = s[j] > 0;
        n += (real)keep;
        counts[j] = keep ? n : 0;
        s[j] += slope * n;
        most = keep && s[j] > most ? s[j] : most;
    }
    for (int j = 0; j <= i; j++)
        s[j] = counts[j] > 0 ? s[j] - most : 0;
    kernels_get()->exponential((size_t)i + 1, s);
    for (int j = 0; j <= i; j++) {
        s[j] = counts[j] > 0 ? s[j] : 0;
        sum += s[j];
    }
    for (int j = 0; sum > 0 && j <= i; j++)
        s[j] /= sum;
}

static void weigh(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct kept x = kept_of(e, p, scratch);
    for (int r = 0; r < p->rows; r++)
        weigh_row(p->row[r], row_of(p->state, p->row[r])[p->head],
                  p->score + (size_t)r * (size_t)p->stride, row_of(x.counts, r));
}

static void weigh_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct kept x = kept_of(e, p, scratch);
    for (int r = 0; r < p->rows; r++) {
        const real *a = p->score + (size_t)r * (size_t)p->stride;
        real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        real mean = 0, dslope = 0;
        for (int j = 0; j <= p->row[r]; j++)
            mean += a[j] * ds[j];
        for (int j = 0; j <= p->row[r]; j++) {
            ds[j] = a[j] * (ds[j] - mean);
            dslope += ds[j] * row_of(x.counts, r)[j];
        }
        row_of(p->dstate, p->row[r])[p->head] += dslope;
    }
}

const struct encoder encoder_tra = {
    .name = "tra",
    .version = 1,
    .summary = "keys below a threshold are gone, the others count as distance",
    .source = "Opper et al. 2025, arXiv:2503.23174, and an author's notebook",
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = token_gates_tensors,
    .state = token_gates_state,
    .read_scratch = token_gates_scratch,
    .read = token_gates_read,
    .read_grad = token_gates_read_grad,
    .scratch = scratch_size,
    .content = content,
    .content_grad = content_grad,
    .fades = true,
    .weigh = weigh,
    .weigh_grad = weigh_grad,
};
