/* gate_kinds.c -- sums gates by the kind of the key.
 *
 * The planes of one sequence are added to sums in double precision, in the order of queries and
 * keys, so that the same planes give the same bits. Kind 0 is all keys, 1 + v the keys that are
 * token v, and 1 + V + v the keys right behind token v. */
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

/* Adds the keys 0..query of one query. */
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

/* Tokens sorted by their mean gate, largest first; tokens without pairs are left out. */
struct ranking {
    int token[KIND_TOKENS], n;
    double mean[KIND_TOKENS];
};

/* Sorts the tokens. `first`: 1 for the keys' own tokens, 1 + V for the tokens before the keys.
 * Insertion sort is fast enough for 512. */
static void rank_tokens(const struct gate_kinds *g, int head, int first,
                        struct ranking *out)
{
    const size_t from = (size_t)head * (size_t)kinds(g) + (size_t)first;
    out->n = 0;
    for (int v = 0; v < g->vocabulary; v++) {
        const int64_t pairs = g->pairs[from + (size_t)v];
        const double mean = pairs ? g->sum[from + (size_t)v] / (double)pairs : 0;
        int to = out->n;
        if (!pairs)
            continue;
        for (; to > 0 && out->mean[to - 1] < mean; to--) {
            out->mean[to] = out->mean[to - 1];
            out->token[to] = out->token[to - 1];
        }
        out->mean[to] = mean;
        out->token[to] = v;
        out->n++;
    }
}

/* Compares `k` of a head's pairs, whose gates sum to `sum`, with all others. */
static struct look_kind compare(const struct gate_kinds *g, int head, int64_t k, double sum)
{
    const size_t all = (size_t)head * (size_t)kinds(g);
    const double n = (double)g->pairs[all], p = (double)k / n, mean = g->sum[all] / n;
    const double variance = g->square[head] / n - mean * mean;
    struct look_kind out = {.at = sum / (double)k,
                            .other = (g->sum[all] - sum) / (n - (double)k)};
    out.r = variance > 0 ? (out.at - out.other) * sqrt(p * (1 - p) / variance) : 0;
    return out;
}

struct look_kind gate_kinds_of(const struct gate_kinds *g, int head, int label)
{
    const size_t all = (size_t)head * (size_t)kinds(g), at = all + 1 + (size_t)label;
    if (g->pairs[at] == 0 || g->pairs[at] == g->pairs[all])
        return (struct look_kind){
            .at = (double)NAN, .other = (double)NAN, .r = (double)NAN};
    return compare(g, head, g->pairs[at], g->sum[at]);
}

/* Takes the smaller part of the ranking: the first `cut` tokens, or the others. */
static void take_part(const struct ranking *r, int cut, int *token, int *n)
{
    const bool head_part = 2 * cut <= r->n;
    *n = head_part ? cut : r->n - cut;
    for (int i = 0; i < *n; i++)
        token[i] = head_part ? r->token[i] : r->token[r->n - 1 - i];
}

/* Tries all cuts of one ranking; the smaller part of each is the kind. */
static void try_cuts(const struct gate_kinds *g, int head, int first, int *token, int *n,
                     struct look_kind *best)
{
    const size_t from = (size_t)head * (size_t)kinds(g);
    const int64_t all = g->pairs[from];
    struct ranking r;
    rank_tokens(g, head, first, &r);
    for (int cut = 1; cut < r.n; cut++) {
        const bool head_part = 2 * cut <= r.n;
        int64_t pairs = 0;
        double sum = 0;
        for (int i = head_part ? 0 : cut; i < (head_part ? cut : r.n); i++) {
            const size_t at = from + (size_t)first + (size_t)r.token[i];
            pairs += g->pairs[at];
            sum += g->sum[at];
        }
        if (pairs * 100 < all || pairs * 100 > all * 99)
            continue;
        struct look_kind one = compare(g, head, pairs, sum);
        if (look_kind_score(&one) <= look_kind_score(best))
            continue;
        one.behind = first > 1;
        *best = one;
        take_part(&r, cut, token, n);
    }
}

void gate_kinds_best(const struct gate_kinds *g, int head, int *token, int *n,
                     struct look_kind *out)
{
    *out = (struct look_kind){.at = (double)NAN, .other = (double)NAN, .r = (double)NAN};
    *n = 0;
    try_cuts(g, head, 1, token, n, out);
    try_cuts(g, head, 1 + g->vocabulary, token, n, out);
}

double gate_kinds_mean(const struct gate_kinds *g, int head, int token)
{
    const size_t at = (size_t)head * (size_t)kinds(g) + 1 + (size_t)token;
    return g->pairs[at] ? g->sum[at] / (double)g->pairs[at] : (double)NAN;
}

/* Returns the pairs of a token in all heads. */
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
