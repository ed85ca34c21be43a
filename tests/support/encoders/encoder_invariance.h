/* encoder_invariance.h -- tests whether the logits of a sequence stay when it begins
 * later, or when its earlier tokens change places.
 *
 * Each token has a number that determines its content: the layer's input x, from which
 * queries and keys are made, and projected numbers. Embedding, reading, turning, content,
 * score, mixing and weighing run as in a layer. Logits of a row are compared up to a
 * constant, which a softmax cancels; weights that an encoder makes itself are compared as
 * shares of their sum. */
#ifndef ENCODER_INVARIANCE_H
#define ENCODER_INVARIANCE_H

#include "encoder_bed.h"

enum {
    INVARIANCE_TOKENS = 7,
    INVARIANCE_LATER = 2, /* the sum of the two is at most the bed's trained length, 9 */
    INVARIANCE_HIDDEN = -1
};

/* The largest difference that counts as equal: a thousand roundings of a double in the
 * bed. */
#define INVARIANCE_TOL 1e-9

struct invariance_rows {
    real at[BED_HEADS][BED_LONGEST][BED_LONGEST];
};

/* Computes the layer's input of token[t] at place[t]; INVARIANCE_HIDDEN stands for zeros. */
static inline void invariance_tokens(struct bed *b, int n, const int *token,
                                     const int *place)
{
    const int C = b->dims.heads * b->dims.head_dim;
    for (int t = 0; t < n; t++) {
        const bool hidden = token[t] == INVARIANCE_HIDDEN;
        b->place[t] = b->turn_place[t] = place[t];
        b->row[t] = t;
        for (int c = 0; c < C; c++)
            b->tokens[t * C + c] = hidden ? 0 : 2 * bed_noise(9, token[t] * C + c);
        for (int c = 0; c < b->projects; c++)
            b->projected.at[t * BED_WIDE + c] =
                hidden ? 0 : 2 * bed_noise(4, token[t] * BED_NUMBERS + c);
    }
    bed_derive(b);
    b->length = n;
    if (b->encoder->embed)
        b->encoder->embed(&b->view, n, b->place, b->tokens);
    bed_read(b);
}

/* Computes the queries and keys of one head, turned, and its values. */
static inline void invariance_head(struct bed *b, int n, int head)
{
    const int C = b->dims.heads * b->dims.head_dim, d = b->dims.head_dim;
    b->panel.head = head;
    b->panel.rows = b->panel.columns = n;
    b->panel.placed = b->place[0] != 0;
    for (int t = 0; t < n; t++)
        for (int c = 0; c < d; c++) {
            const int at = head * d + c;
            b->q.at[t * BED_STRIDE + c] = b->tokens[t * C + at];
            b->k.at[t * BED_STRIDE + c] = b->tokens[t * C + C - 1 - at];
            b->v.at[t * BED_STRIDE + c] = b->tokens[t * C + (at + C / 2) % C];
        }
    struct turn queries = bed_turn(b, false), keys = bed_turn(b, true);
    keys.x = b->panel.k;
    if (b->encoder->rotate) {
        b->encoder->rotate(&b->view, &queries);
        b->encoder->rotate(&b->view, &keys);
    }
}

/* Computes the logits, or weights, of every head, query and key. */
static inline void invariance_rows(struct bed *b, int n, const int *token, const int *place,
                                   struct invariance_rows *out)
{
    invariance_tokens(b, n, token, place);
    for (int h = 0; h < b->dims.heads; h++) {
        invariance_head(b, n, h);
        bed_content(b);
        memcpy(b->found[BED_CONTENT][h], b->score, sizeof b->score);
        if (b->encoder->score)
            b->encoder->score(&b->view, &b->panel, b->scratch);
        if (b->encoder->weigh)
            b->encoder->weigh(&b->view, &b->panel, b->scratch);
        memcpy(b->found[BED_LOGITS][h], b->score, sizeof b->score);
    }
    bed_lend_heads(b);
    memcpy(b->mixed, b->found[BED_LOGITS], sizeof b->mixed);
    if (b->encoder->mix)
        bed_mix(b);
    for (int h = 0; h < b->dims.heads; h++)
        for (int r = 0; r < n; r++)
            for (int j = 0; j <= r; j++)
                out->at[h][r][j] = b->mixed[h][r * BED_SCORES + j];
}

/* Removes from a row of `n` numbers what may differ: the constant of logits, the sum of
 * weights. It also drops the query's own weight, which may take what other keys leave,
 * hidden ones among them. */
static inline void invariance_plain(const struct bed *b, int n, const real *row, real *out)
{
    real sum = 0;
    for (int j = 0; j < n - 1; j++)
        sum += row[j];
    for (int j = 0; j < n - 1; j++)
        if (b->encoder->weigh)
            out[j] = sum > 0 ? row[j] / sum : 0;
        else
            out[j] = row[j] - row[n - 1];
    out[n - 1] = 0;
}

/* True when, for each key, both hide it or the numbers are within INVARIANCE_TOL. */
static inline bool invariance_close(int n, const real *x, const real *y)
{
    for (int j = 0; j < n; j++)
        if (!(x[j] == y[j] || fabs(x[j] - y[j]) <= INVARIANCE_TOL))
            return false;
    return true;
}

/* Compares the same tokens later: at larger places where the encoder uses places, else
 * behind hidden tokens. */
static inline bool invariance_to_shift(struct bed *b)
{
    static struct invariance_rows early, late;
    const int n = INVARIANCE_TOKENS, by = INVARIANCE_LATER, length = b->length;
    const int before = b->encoder->takes_places ? 0 : by;
    int token[BED_LONGEST], place[BED_LONGEST];
    for (int t = 0; t < n; t++)
        token[t] = place[t] = t;
    invariance_rows(b, n, token, place, &early);
    b->length = length;
    for (int t = 0; t < before + n; t++) {
        token[t] = t < before ? INVARIANCE_HIDDEN : t - before;
        place[t] = t + by - before;
    }
    invariance_rows(b, before + n, token, place, &late);
    for (int h = 0; h < b->dims.heads; h++)
        for (int r = 0; r < n; r++) {
            real x[BED_LONGEST], y[BED_LONGEST];
            invariance_plain(b, r + 1, early.at[h][r], x);
            invariance_plain(b, r + 1, late.at[h][r + before] + before, y);
            if (!invariance_close(r + 1, x, y))
                return false;
        }
    return true;
}

/* Compares the last query's row after its earlier tokens came in another order. */
static inline bool invariance_to_order(struct bed *b)
{
    static struct invariance_rows plain, mixed;
    static const int token[INVARIANCE_TOKENS] = {3, 0, 5, 1, 4, 2, 6};
    const int n = INVARIANCE_TOKENS, last = n - 1, length = b->length;
    int in_order[INVARIANCE_TOKENS];
    for (int t = 0; t < n; t++)
        in_order[t] = t;
    invariance_rows(b, n, in_order, in_order, &plain);
    b->length = length;
    invariance_rows(b, n, token, in_order, &mixed);
    for (int h = 0; h < b->dims.heads; h++) {
        real x[INVARIANCE_TOKENS], y[INVARIANCE_TOKENS], back[INVARIANCE_TOKENS];
        for (int t = 0; t < n; t++)
            back[token[t]] = mixed.at[h][last][t];
        invariance_plain(b, n, plain.at[h][last], x);
        invariance_plain(b, n, back, y);
        if (!invariance_close(n, x, y))
            return false;
    }
    return true;
}

#endif
