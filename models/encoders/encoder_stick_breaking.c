/* encoder_stick_breaking.c -- each key, nearest first, takes a share of the weight left.
 *
 *     beta[i][j] = sigma(logit[i][j])
 *     A[i][j]    = beta[i][j] prod_{t=j+1..i-1} (1 - beta[i][t]),   j < i
 *     A[i][i]    = prod_{t<i} (1 - beta[i][t])   (remainder: self), or 0 (none)
 *
 * instead of the softmax; there is no other position encoding. The query's own key takes no
 * share. The weight left goes to the query's own value, as in the authors' tests; with
 * `none` it is dropped, so rows sum to less than 1, and the first token attends to nothing.
 *
 * Why: recency without a distance, and no decay with length.
 *
 * Backward, for G = A dA: dlogit[i][j] = G[j] - beta[j] (sum_{t<=j} G[t] + G[i]).
 *
 * Source: Tan et al. 2024, arXiv:2410.17980; authors' reference code (sb_ref.py).
 * Check: logits 0: A of row 3 is 1/8, 1/4, 1/2, and 1/8 remains. */
#include "encoder.h"

#include "kernels.h"
#include "log_sigmoid.h"

enum { REMAINDER };
enum { REMAINDER_SELF, REMAINDER_NONE };

static const char *const remainder_choices[] = {
    [REMAINDER_SELF] = "self",
    [REMAINDER_NONE] = "none",
    NULL,
};

static const struct option options[] = {
    [REMAINDER] = {.name = "remainder",
                   .type = OPTION_CHOICE,
                   .dflt = REMAINDER_SELF,
                   .choices = remainder_choices,
                   .help = "what no key takes goes to the token's own value, or nowhere"},
    {0},
};

/* Counts a logarithm, an exponential and a sum per pair, beyond the softmax. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return 4.0 * d->heads * load->pairs;
}

/* Scratch holds ln(1 - beta) of each pair, and one row for log_sigmoid. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)d;
    (void)o;
    return ((size_t)rows + 1) * (size_t)columns;
}

static real *passed_row(const struct panel *p, real *scratch, int r)
{
    return scratch + (size_t)r * (size_t)p->columns;
}

/* Works in logarithms: ln beta = s + ln(1 - beta), so ln A[j] = s[j] + the sum of ln(1 - beta)
 * over keys j to i - 1. */
static void weigh(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *room = passed_row(p, scratch, p->rows);
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        real *passed = passed_row(p, scratch, r), sum = 0;
        const int i = p->row[r];
        for (int j = 0; j < i; j++)
            passed[j] = -s[j];
        log_sigmoid(i, passed, room, passed);
        for (int j = i - 1; j >= 0; j--) {
            sum += passed[j];
            s[j] += sum;
        }
        s[i] = sum;
        kernels_get()->exponential((size_t)i + 1, s);
        if (e->options->v[REMAINDER] == REMAINDER_NONE)
            s[i] = 0;
    }
}

static void weigh_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)e;
    for (int r = 0; r < p->rows; r++) {
        const real *A = p->score + (size_t)r * (size_t)p->stride;
        real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        real *passed = passed_row(p, scratch, r);
        const int i = p->row[r];
        real sum = A[i] * ds[i];
        kernels_get()->exponential((size_t)i, passed);
        for (int j = 0; j < i; j++) {
            const real G = A[j] * ds[j];
            sum += G;
            ds[j] = G - (1 - passed[j]) * sum;
        }
        ds[i] = 0;
    }
}

const struct encoder encoder_stick_breaking = {
    .name = "stick_breaking",
    .version = 1,
    .summary = "the nearest keys take their share first, instead of the softmax",
    .source = "Tan et al. 2024, arXiv:2410.17980, and the authors' code",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = flops,
    .scratch = scratch_size,
    .fades = true,
    .weigh = weigh,
    .weigh_grad = weigh_grad,
};
