/* encoder_places.h -- checks that the numbers of a token depend on its place, and not on
 * how long other sequences of the batch are. */
#ifndef ENCODER_PLACES_H
#define ENCODER_PLACES_H

#include "encoder_bed.h"
#include "encoder_invariance.h"
#include "encoder_options.h"

enum { PLACES_TOKENS = 4, PLACES_SHORT = 6 };

/* True when four tokens get other logits at places 1, 3, 5, 7 than at 1, 2, 3, 4. */
static inline bool places_matter(struct bed *b)
{
    static struct invariance_rows near, far;
    int token[PLACES_TOKENS], dense[PLACES_TOKENS], wide[PLACES_TOKENS];
    for (int t = 0; t < PLACES_TOKENS; t++) {
        token[t] = t;
        dense[t] = 1 + t;
        wide[t] = 1 + 2 * t;
    }
    invariance_rows(b, PLACES_TOKENS, token, dense, &near);
    invariance_rows(b, PLACES_TOKENS, token, wide, &far);
    for (int h = 0; h < b->dims.heads; h++)
        for (int r = 0; r < PLACES_TOKENS; r++)
            for (int j = 0; j <= r; j++)
                if (!bed_close(near.at[h][r][j], far.at[h][r][j], INVARIANCE_TOL))
                    return true;
    return false;
}

/* Tries the defaults, then other values of one option (twice its default, then half of
 * that, and so on): a window may be wider than the bed is long. */
static inline bool places_matter_to(const struct encoder *encoder, struct encoder_dims dims)
{
    static struct bed b;
    struct option_values options;
    option_defaults(encoder->options, &options);
    if (bed_try(&b, encoder, &options, &dims, NULL) == ST_OK && places_matter(&b))
        return true;
    for (int i = 0; i < option_count(encoder->options); i++) {
        double value = 2 * encoder->options[i].dflt;
        while (halve(&encoder->options[i], &value)) {
            option_defaults(encoder->options, &options);
            options.v[i] = value;
            if (bed_try(&b, encoder, &options, &dims, NULL) == ST_OK && places_matter(&b))
                return true;
        }
    }
    return false;
}

/* Tokens get the same numbers whether `derive` was called for 6 tokens or for more: the
 * rest of a batch does not matter. */
static inline void check_derived_of_fewer_tokens(struct bed *b)
{
    static struct bed shorter;
    static const int position[] = {2, PLACES_SHORT - 1};
    struct turn t;
    if (!b->encoder->derive)
        return;
    bed_names_panel_hooks(b);
    bed_panel(b, 2, position);
    shorter = *b;
    shorter.view = b->view;
    bed_weigh(b);
    t = bed_turn(b, true);
    if (b->encoder->rotate)
        b->encoder->rotate(&b->view, &t);
    const struct bed_matrix turned = b->q;
    memcpy(shorter.score, b->score, sizeof shorter.score);
    b->q = shorter.q;
    bed_fill(b->derived, BED_DERIVED, BED_NOBODYS);
    b->encoder->derive(&b->view, PLACES_SHORT, b->derived);
    bed_weigh(b);
    if (b->encoder->rotate)
        b->encoder->rotate(&b->view, &t);
    for (int r = 0; r < 2; r++) {
        for (int j = 0; j <= b->row[r]; j++)
            if (!bed_close(b->score[r * BED_SCORES + j], shorter.score[r * BED_SCORES + j],
                           1e-12))
                fail_msg(
                    "encoder %s: score[%d][%d] is %.9g after .derive for %d tokens, but "
                    "%.9g after .derive for %d; it depends on the rest of the batch",
                    b->encoder->name, r, j, b->score[r * BED_SCORES + j], PLACES_SHORT,
                    shorter.score[r * BED_SCORES + j], b->length);
        for (int c = 0; c < b->dims.head_dim; c++)
            if (!bed_close(b->q.at[r * BED_STRIDE + c], turned.at[r * BED_STRIDE + c],
                           1e-12))
                fail_msg(
                    "encoder %s: .rotate: x[%d][%d] depends on the tokens that .derive "
                    "was called for",
                    b->encoder->name, r, c);
    }
}

/* Counts of operations are finite and not negative, and do not shrink with more queries. */
static inline void check_flops(struct bed *b)
{
    const struct encoder *e = b->encoder;
    double before = 0;
    if (e->read_once_flops) {
        const double n = e->read_once_flops(&b->dims, &b->options, b->length);
        if (!(n > 0 && isfinite(n)))
            fail_msg("encoder %s: .read_once_flops says %g of %d tokens", e->name, n,
                     b->length);
    }
    for (int T = 1; e->flops && T <= b->length; T++)
        for (int queries = 1; queries <= T; queries++) {
            const struct encoder_load load = {
                .tokens = T, .queries = queries, .pairs = queries * (T + 1) / 2.0};
            const double n = e->flops(&b->dims, &b->options, &load);
            if (!(n >= 0 && isfinite(n)) || (queries > 1 && n < before))
                fail_msg(
                    "encoder %s: .flops says %g of %d queries and %d tokens, and %g of "
                    "one query less; it counts operations",
                    e->name, n, queries, T, before);
            before = n;
        }
}

/* Calling `confine` a second time changes nothing. */
static inline void check_confined(struct bed *b)
{
    const struct encoder *e = b->encoder;
    for (int t = 0; e->confine && t < b->tensors; t++) {
        real once[BED_TENSOR];
        for (int i = 0; i < bed_size(b, t); i++)
            b->weight[t][i] = 20 * bed_noise(30 + t, i);
        e->confine(&b->dims, &b->options, t, b->weight[t]);
        memcpy(once, b->weight[t], sizeof once);
        e->confine(&b->dims, &b->options, t, b->weight[t]);
        for (int i = 0; i < bed_size(b, t); i++)
            if (!(once[i] == b->weight[t][i]))
                fail_msg(
                    "encoder %s: .confine makes number %d of tensor %s %.9g, and called "
                    "again %.9g; what is in range stays",
                    e->name, i, b->spec[t].name, once[i], b->weight[t][i]);
    }
}

#endif
