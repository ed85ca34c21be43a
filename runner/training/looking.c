#include "looking.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void looking_close(struct looking *x)
{
    free(x->at);
    free(x->room);
    free(x->logits);
    *x = (struct looking){0};
}

enum status looking_open(const struct run_spec *r, int longest, struct looking *out,
                         struct err *e)
{
    *out = (struct looking){.layers = r->model.layers, .heads = r->model.heads};
    out->planes = LOOK_OWN + attention_probe_planes(&r->model.encoders, out->own);
    const size_t T = (size_t)longest;
    const size_t n = (size_t)out->layers * (size_t)out->heads * (size_t)out->planes;
    if (T * T > SIZE_MAX / sizeof(real) / n)
        return err_set(e, ST_RANGE, "%d tokens are too many to look at", longest);
    out->at = malloc(n * T * T * sizeof *out->at);
    out->room = calloc(attention_probe_room(longest), sizeof *out->room);
    out->logits = calloc((size_t)out->layers * (size_t)out->heads, sizeof *out->logits);
    return out->at && out->room && out->logits
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for %zu planes of %d by %d tokens", n,
                         longest, longest);
}

const char *looking_name(const struct looking *x, int plane)
{
    return plane == LOOK_ATTENTION            ? "attention"
           : plane == LOOK_POSITION_ATTENTION ? "position_attention"
                                              : x->own[plane - LOOK_OWN].name;
}

int looking_find(const struct looking *x, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        for (int k = 0; k < x->planes; k++) {
            const char *name = looking_name(x, k), *dot = strchr(name, '.');
            if (strcmp(dot ? dot + 1 : name, names[i]) == 0)
                return k;
        }
    return -1;
}

static real *plane_at(const struct looking *x, int layer, int head, int plane)
{
    const size_t T = (size_t)x->tokens;
    assert(plane >= 0 && plane < x->planes);
    return x->at + (((size_t)layer * (size_t)x->heads + (size_t)head) * (size_t)x->planes +
                    (size_t)plane) *
                       T * T;
}

const real *looking_plane(const struct looking *x, int layer, int head, int plane)
{
    return plane_at(x, layer, head, plane);
}

/* Computes the softmax of n logits; equal logits get equal weights. */
static void weigh(int n, const real *logit, real *out)
{
    double most = (double)logit[0], sum = 0;
    for (int j = 1; j < n; j++)
        most = fmax(most, (double)logit[j]);
    for (int j = 0; j < n; j++)
        sum += exp((double)logit[j] - most);
    for (int j = 0; j < n; j++)
        out[j] = (real)(exp((double)logit[j] - most) / sum);
}

static void add_logits(const struct probed_panel *seen, struct look_logits *sum)
{
    const struct panel *p = seen->panel;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            const size_t at = (size_t)r * (size_t)p->stride + (size_t)j;
            const double added = (double)seen->added.at[at];
            if (!isfinite(added)) /* a key that the encoder hides */
                continue;
            sum->content += fabs((double)seen->content.at[at]);
            sum->added += fabs(added);
            sum->pairs++;
        }
}

static void look(void *context, const struct probed_panel *seen)
{
    struct looking *x = context;
    const struct panel *p = seen->panel;
    const size_t T = (size_t)x->tokens;
    real *weights = plane_at(x, seen->layer, p->head, LOOK_ATTENTION);
    real *alone = plane_at(x, seen->layer, p->head, LOOK_POSITION_ATTENTION);
    for (int r = 0; r < p->rows; r++) {
        const size_t at = (size_t)p->row[r] * T;
        const real *score = p->score + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++)
            weights[at + (size_t)j] = score[j];
        if (seen->adds)
            weigh(p->row[r] + 1, seen->added.at + (size_t)r * (size_t)seen->added.stride,
                  alone + at);
    }
    if (seen->adds)
        add_logits(seen, &x->logits[seen->layer * x->heads + p->head]);
    for (int k = LOOK_OWN; k < x->planes; k++) {
        /* All positions are queries, so the rows of a panel are neighbours. */
        real *own = plane_at(x, seen->layer, p->head, k) + (size_t)p->row[0] * T;
        attention_probe_plane(seen, &x->own[k - LOOK_OWN], (struct rows){own, x->tokens});
    }
}

static void forget(struct looking *x)
{
    const size_t T = (size_t)x->tokens;
    const size_t n = (size_t)x->layers * (size_t)x->heads * (size_t)x->planes * T * T;
    for (size_t i = 0; i < n; i++)
        x->at[i] = (real)NAN;
    for (int i = 0; i < x->layers * x->heads; i++)
        x->logits[i] = (struct look_logits){0};
}

enum status looking_at(struct trainer *t, const struct batch *one, struct looking *x,
                       struct err *e)
{
    const struct attention_probe probe = {look, x, x->room};
    const int tokens = one->start[1];
    const size_t V = (size_t)model_settings(trainer_model(t))->vocabulary;
    /* Every position is a query, so any target will do. */
    int32_t *target = calloc((size_t)tokens, sizeof *target);
    real *logits = calloc((size_t)tokens * V, sizeof *logits);
    enum status st = ST_OK;
    x->tokens = tokens;
    forget(x);
    if (target && logits) {
        struct batch b = *one;
        b.target = target;
        trainer_probe(t, &probe);
        trainer_logits(t, &b, logits);
        trainer_probe(t, NULL);
    } else {
        st = err_set(e, ST_NOMEM, "no memory for %d positions", tokens);
    }
    free(target);
    free(logits);
    return st;
}

/* --- sums -------------------------------------------------------------------- */

static double entropy_of(const real *weight, int n)
{
    double sum = 0;
    for (int j = 0; j < n; j++)
        if (weight[j] > 0)
            sum -= (double)weight[j] * log((double)weight[j]);
    return sum;
}

static void add_plane(const struct looking *x, const real *plane, int k,
                      struct look_sum *sum)
{
    for (int i = 0; i < x->tokens; i++) {
        const real *row = plane + (size_t)i * (size_t)x->tokens;
        for (int j = 0; j <= i; j++)
            if (!isnan(row[j])) {
                sum->sum[k] += (double)row[j];
                sum->pairs[k]++;
            }
        if (k < LOOK_OWN && !isnan(row[0])) {
            sum->entropy[k] += entropy_of(row, i + 1);
            sum->queries[k]++;
        }
    }
}

void looking_add(const struct looking *x, struct look_sum *sums)
{
    for (int i = 0; i < x->layers * x->heads; i++) {
        for (int k = 0; k < x->planes; k++)
            add_plane(x, looking_plane(x, i / x->heads, i % x->heads, k), k, &sums[i]);
        sums[i].logits.content += x->logits[i].content;
        sums[i].logits.added += x->logits[i].added;
        sums[i].logits.pairs += x->logits[i].pairs;
    }
}
