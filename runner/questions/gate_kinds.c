/* gate_kinds.c -- sums of gates by the kind of the key.
 *
 * Planes of one sequence come in and are added to sums in double precision, in the order of
 * queries and keys, so that the same planes give the same bits. A kind is 0 (all keys),
 * 1 + v (the key is token v) or 1 + V + v (the key stands behind v). */
#include "gate_kinds.h"

#include <math.h>
#include <stdlib.h>

static int kinds(const struct gate_kinds *g)
{
    return 1 + 2 * g->vocabulary;
}

enum status gate_kinds_open(int heads, int vocabulary, struct gate_kinds *out,
                            struct err *e)
{
    const int V = vocabulary < KIND_TOKENS ? vocabulary : KIND_TOKENS;
    *out = (struct gate_kinds){.heads = heads, .vocabulary = V};
    const size_t n = (size_t)heads * (size_t)kinds(out);
    out->pairs = calloc(n, sizeof *out->pairs);
    out->sum = calloc(n, sizeof *out->sum);
    out->square = calloc((size_t)heads, sizeof *out->square);
    return out->pairs && out->sum && out->square
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for the gates of %d heads", heads);
}

void gate_kinds_close(struct gate_kinds *g)
{
    free(g->pairs);
    free(g->sum);
    free(g->square);
    *g = (struct gate_kinds){0};
}

static void count(struct gate_kinds *g, int head, int kind, double gate)
{
    const size_t at = (size_t)head * (size_t)kinds(g) + (size_t)kind;
    g->pairs[at]++;
    g->sum[at] += gate;
}

/* The keys 0..query of one query. */
static void add_row(struct gate_kinds *g, int head, const real *gate, const int32_t *token,
                    int query)
{
    for (int j = 0; j <= query; j++) {
        const double x = (double)gate[j];
        if (isnan(x))
            continue;
        count(g, head, 0, x);
        g->square[head] += x * x;
        if (token[j] < g->vocabulary)
            count(g, head, 1 + token[j], x);
        if (j > 0 && token[j - 1] < g->vocabulary)
            count(g, head, 1 + g->vocabulary + token[j - 1], x);
    }
}

void gate_kinds_add_labels(struct gate_kinds *g, const struct look_run *r, int plane,
                           const int32_t *label)
{
    const struct looking *x = &r->looking;
    for (int l = 0; l < x->layers; l++)
        for (int h = 0; h < x->heads; h++) {
            const real *at = looking_plane(x, l, h, plane);
            for (int i = 0; i < x->tokens; i++)
                if (r->sequence.scored[i])
                    add_row(g, l * x->heads + h, at + (size_t)i * (size_t)x->tokens, label,
                            i);
        }
}

void gate_kinds_add(struct gate_kinds *g, const struct look_run *r, int plane)
{
    gate_kinds_add_labels(g, r, plane, r->sequence.batch.token);
}

/* Of kind `kind` against all others. */
static struct look_kind compare(const struct gate_kinds *g, int head, int kind)
{
    const size_t from = (size_t)head * (size_t)kinds(g), at = from + (size_t)kind;
    const double n = (double)g->pairs[from], k = (double)g->pairs[at], p = k / n;
    const double mean = g->sum[from] / n;
    const double variance = g->square[head] / n - mean * mean;
    struct look_kind out = {.at = g->sum[at] / k,
                            .other = (g->sum[from] - g->sum[at]) / (n - k)};
    out.r = variance > 0 ? (out.at - out.other) * sqrt(p * (1 - p) / variance) : 0;
    return out;
}

struct look_kind gate_kinds_of(const struct gate_kinds *g, int head, int label)
{
    struct look_kind out = compare(g, head, 1 + label);
    out.r = isnan(out.at) || isnan(out.other) ? (double)NAN : out.r;
    return out;
}

void gate_kinds_best(const struct gate_kinds *g, int head, int *token,
                     struct look_kind *out)
{
    const int64_t *pairs = g->pairs + (size_t)head * (size_t)kinds(g);
    *out = (struct look_kind){.at = (double)NAN, .other = (double)NAN, .r = (double)NAN};
    *token = 0;
    for (int k = 1; k < kinds(g); k++) {
        if (pairs[k] * 100 < pairs[0] || pairs[k] * 100 > pairs[0] * 99)
            continue;
        struct look_kind one = compare(g, head, k);
        if (!isnan(out->at) && fabs(one.at - one.other) <= fabs(out->at - out->other))
            continue;
        one.behind = k > g->vocabulary;
        *out = one;
        *token = (k - 1) % g->vocabulary;
    }
}

double gate_kinds_mean(const struct gate_kinds *g, int head, int token)
{
    const size_t at = (size_t)head * (size_t)kinds(g) + 1 + (size_t)token;
    return g->pairs[at] ? g->sum[at] / (double)g->pairs[at] : (double)NAN;
}

/* In all heads. */
static int64_t pairs_of(const struct gate_kinds *g, int token)
{
    int64_t n = 0;
    for (int h = 0; h < g->heads; h++)
        n += g->pairs[(size_t)h * (size_t)kinds(g) + 1 + (size_t)token];
    return n;
}

int gate_kinds_commonest(const struct gate_kinds *g, int *token, int room)
{
    int n = 0;
    for (int v = 0; v < g->vocabulary; v++) {
        const int64_t pairs = pairs_of(g, v);
        int to = n;
        while (to > 0 && pairs_of(g, token[to - 1]) < pairs)
            to--;
        if (pairs == 0 || to == room)
            continue;
        n += n < room;
        for (int i = n - 1; i > to; i--)
            token[i] = token[i - 1];
        token[to] = v;
    }
    return n;
}
