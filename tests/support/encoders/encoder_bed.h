/* encoder_bed.h -- one encoder on made-up numbers, without a model around it.
 *
 * The bed lends an encoder everything its hooks ask for (encoder.h): sizes, weights,
 * constants, a panel of query rows and scratch, in double, so that each gradient can be
 * compared with central differences. Matrices have gaps between their rows that no hook
 * may touch; tests check that they keep their values.
 *
 * Include it after cmocka.h, in a test that links models_double. */
#ifndef ENCODER_BED_H
#define ENCODER_BED_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifndef POSBENCH_DOUBLE
#error "gradients are checked in double: begin the test with /* links: models_double */"
#endif

#include "approx.h"
#include "encoder.h"

enum {
    BED_LONGEST = 14, /* tokens; also the most rows of a panel */
    BED_WIDTH = 8,    /* the largest d */
    BED_CHANNELS = 16,
    BED_STRIDE = BED_WIDTH + 3,
    BED_SCORES = BED_LONGEST + 3, /* stride of score and dscore */
    BED_TENSOR = 4096,            /* room for a tensor, guard included */
    BED_SCRATCH = 16384,
    BED_NUMBERS = 192, /* per token: the most that project() or state() may ask for */
    BED_WIDE = BED_NUMBERS + 3,
    BED_DERIVED = 4096,
    BED_HEADS = 8, /* the most heads that `mix` may be tested with */
    BED_GUARD = 8
};

/* The value of a gradient before an adjoint adds to it. */
#define BED_EARLIER 0.25
/* The value of entries that no hook may write. */
#define BED_NOBODYS 777.0
#define BED_STEP    1e-6
#define BED_TOL     1e-6

struct bed_matrix {
    real at[BED_LONGEST * BED_STRIDE];
};

struct bed_numbers {
    real at[BED_LONGEST * BED_WIDE];
};

struct bed {
    const struct encoder *encoder;
    const char *forward, *adjoint; /* the hooks under test, for messages */
    struct option_values options;
    struct encoder_dims dims;
    struct encoder_view view;
    int length; /* tokens the encoder has values for */

    int tensors;
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    real weight[ENCODER_TENSORS_MAX][BED_TENSOR], grad[ENCODER_TENSORS_MAX][BED_TENSOR];
    real constants[BED_TENSOR];

    struct panel panel;
    int row[BED_LONGEST], place[BED_LONGEST];
    int turn_place[BED_LONGEST]; /* [rows] place of token row[r] */
    struct bed_matrix q, k, v, o, dq, dk, dv, d_o;
    struct bed_numbers projected, state, dprojected, dstate;
    int projects, states; /* columns of projected and of state */
    real tokens[BED_LONGEST * BED_CHANNELS], dtokens[BED_LONGEST * BED_CHANNELS];
    real derived[BED_DERIVED], dderived[BED_DERIVED];
    int derives; /* numbers in derived */
    real score[BED_LONGEST * BED_SCORES], dscore[BED_LONGEST * BED_SCORES];
    /* For `mix`: each head's logits and content logits before it, and buffers for the
     * hook. */
    real found[2][BED_HEADS][BED_LONGEST * BED_SCORES];
    real mixed[BED_HEADS][BED_LONGEST * BED_SCORES];
    real dmixed[2][BED_HEADS][BED_LONGEST * BED_SCORES];
    struct panel heads[BED_HEADS];
    real carry[2][BED_SCORES], dcarry[BED_SCORES]; /* [half] before its rows */
    real scratch[BED_SCRATCH];
    real x[BED_LONGEST * BED_CHANNELS];
};

/* Uniform in (-1, 1), a function of (stream, i) alone: SplitMix64. */
static inline real bed_noise(int stream, int i)
{
    uint64_t x = ((uint64_t)stream << 32) + (uint64_t)i + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (real)(x >> 11) / 4503599627370496.0 - 1;
}

/* Names, for messages, the hooks of the encoder that make logits or weights of a panel,
 * and their adjoints. */
static inline void bed_names_panel_hooks(struct bed *b)
{
    static const char *const names[2][8] = {
        {"no hook", ".score", ".content", ".content and .score", ".weigh",
         ".score and .weigh", ".content and .weigh", ".content, .score and .weigh"},
        {"no hook", ".score_grad", ".content_grad", ".content_grad and .score_grad",
         ".weigh_grad", ".score_grad and .weigh_grad", ".content_grad and .weigh_grad",
         ".content_grad, .score_grad and .weigh_grad"},
    };
    const int which = (b->encoder->score != NULL) + 2 * (b->encoder->content != NULL) +
                      4 * (b->encoder->weigh != NULL);
    b->forward = names[0][which];
    b->adjoint = names[1][which];
}

static inline bool bed_close(real a, real b, double tol)
{
    const real size = fmax(1.0, fmax(fabs(a), fabs(b)));
    return isfinite(a) && isfinite(b) && fabs(a - b) <= tol * size;
}

/* Returns a hint at what may have made a number not finite. */
static inline const char *bed_why_not_finite(real a, real b)
{
    return isfinite(a) && isfinite(b)
               ? ""
               : "; NaN stands in scratch that was not written, in scores past row[r], and "
                 "behind tensors and the rows of k, v and projected";
}

/* Fails when `got`, which the adjoint wrote, is not `slope`, that of the forward hook. */
static inline void bed_is_slope(const struct bed *b, const char *what, int row, int column,
                                real got, real slope)
{
    if (!bed_close(got, slope, BED_TOL))
        fail_msg("encoder %s: %s: %s[%d][%d] is %.9g, but central differences of what %s "
                 "computes give %.9g%s",
                 b->encoder->name, b->adjoint, what, row, column, got, b->forward, slope,
                 bed_why_not_finite(got, slope));
}

static inline void bed_fill(real *x, int n, real value)
{
    for (int i = 0; i < n; i++)
        x[i] = value;
}

static inline int bed_size(const struct bed *b, int tensor)
{
    return b->spec[tensor].rows * b->spec[tensor].columns;
}

/* Reads options such as "p_max=3 sep_keys=true" over the defaults; they are not resolved. */
static inline struct option_values bed_options(const struct encoder *encoder,
                                               const char *settings)
{
    struct option_values values;
    char text[256], *rest = text;
    option_defaults(encoder->options, &values);
    snprintf(text, sizeof text, "%s", settings);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        assert_non_null(value);
        *value++ = '\0';
        const int i = option_find(encoder->options, word);
        assert_true(i >= 0);
        assert_int_equal(option_parse(&encoder->options[i], value, &values.v[i], NULL),
                         ST_OK);
    }
    return values;
}

/* Fills weights with noise whatever init says: a table of zeros would hide every fault. */
static inline void bed_draw_weights(struct bed *b)
{
    b->tensors = 0;
    if (b->encoder->tensors)
        b->tensors = b->encoder->tensors(&b->dims, &b->options, b->spec);
    for (int t = 0; t < b->tensors; t++) {
        if (bed_size(b, t) + BED_GUARD > BED_TENSOR)
            fail_msg("%s has a tensor larger than the bed's: raise BED_TENSOR",
                     b->encoder->name);
        bed_fill(b->weight[t], BED_TENSOR, (real)NAN); /* no hook may read past the end */
        bed_fill(b->grad[t], BED_TENSOR, BED_NOBODYS);
        for (int i = 0; i < bed_size(b, t); i++)
            b->weight[t][i] = bed_noise(10 + t, i);
        bed_fill(b->grad[t], bed_size(b, t), BED_EARLIER);
        if (b->encoder->confine)
            b->encoder->confine(&b->dims, &b->options, t, b->weight[t]);
        b->view.weight[t] = b->weight[t];
        b->view.grad[t] = b->grad[t];
    }
}

/* Fills rows of `width` numbers with noise and the gap behind each row with `gap`. */
static inline void bed_draw_matrix(struct bed_matrix *m, int stream, int width, real gap)
{
    bed_fill(m->at, BED_LONGEST * BED_STRIDE, gap);
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < width; c++)
            m->at[r * BED_STRIDE + c] = 2 * bed_noise(stream, r * BED_WIDTH + c);
}

/* The same for numbers of tokens, with NaN behind each row, so that reading it shows. */
static inline void bed_draw_numbers(struct bed_numbers *m, int stream, int width)
{
    bed_fill(m->at, BED_LONGEST * BED_WIDE, (real)NAN);
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < width; c++)
            m->at[r * BED_WIDE + c] = 2 * bed_noise(stream, r * BED_NUMBERS + c);
}

/* All tokens of the sequence, as `read` sees them. */
static inline struct tokens bed_tokens(struct bed *b)
{
    const int C = b->dims.heads * b->dims.head_dim;
    return (struct tokens){.count = b->length,
                           .place = b->place,
                           .x = {b->tokens, C},
                           .projected = {b->projected.at, BED_WIDE},
                           .state = {b->state.at, BED_WIDE},
                           .dx = {b->dtokens, C},
                           .dprojected = {b->dprojected.at, BED_WIDE},
                           .dstate = {b->dstate.at, BED_WIDE}};
}

/* Writes the state of every token. */
static inline void bed_read(struct bed *b)
{
    const struct tokens t = bed_tokens(b);
    if (!b->encoder->read)
        return;
    bed_fill(b->state.at, BED_LONGEST * BED_WIDE, BED_NOBODYS);
    bed_fill(b->scratch, BED_SCRATCH, (real)NAN);
    b->encoder->read(&b->view, &t, b->scratch);
}

static inline void bed_derive(struct bed *b)
{
    bed_fill(b->derived, BED_DERIVED, BED_NOBODYS);
    if (b->encoder->derive)
        b->encoder->derive(&b->view, b->length, b->derived);
}

/* Draws noise for the layer's input x and the projected numbers, then calls read and
 * derive. */
static inline void bed_draw_tokens(struct bed *b)
{
    const struct encoder *e = b->encoder;
    b->projects = e->project ? e->project(&b->dims, &b->options) : 0;
    b->states = e->state ? e->state(&b->dims, &b->options) : 0;
    b->derives = e->derived ? (int)e->derived(&b->dims, &b->options) : 0;
    if (b->projects > BED_NUMBERS || b->states > BED_NUMBERS || b->derives > BED_DERIVED)
        fail_msg("%s wants more numbers than the bed has: raise BED_NUMBERS or BED_DERIVED",
                 e->name);
    if (e->read_scratch && e->read_scratch(&b->dims, &b->options, b->length) > BED_SCRATCH)
        fail_msg("%s wants more scratch than the bed has: raise BED_SCRATCH", e->name);
    for (int t = 0; t < BED_LONGEST; t++)
        b->place[t] = t;
    for (int i = 0; i < BED_LONGEST * BED_CHANNELS; i++)
        b->tokens[i] = bed_noise(9, i);
    bed_draw_numbers(&b->projected, 4, b->projects);
    bed_fill(b->state.at, BED_LONGEST * BED_WIDE, BED_NOBODYS);
    bed_derive(b);
    bed_read(b);
}

/* Makes a panel of the queries in `position`, or of 0..rows-1 when it is NULL. Row r of q
 * depends on row[r] alone, so that a query has the same numbers in any panel. */
static inline void bed_panel(struct bed *b, int rows, const int *position)
{
    const int d = b->dims.head_dim;
    for (int r = 0; r < rows; r++)
        b->row[r] = position ? position[r] : r;
    for (int r = 0; r < rows; r++)
        b->turn_place[r] = b->place[b->row[r]];
    bed_draw_matrix(&b->q, 1, 0, BED_NOBODYS);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < d; c++)
            b->q.at[r * BED_STRIDE + c] = 2 * bed_noise(1, b->row[r] * BED_WIDTH + c);
    bed_draw_matrix(&b->k, 2, d, (real)NAN);
    bed_draw_matrix(&b->v, 3, d, (real)NAN);
    bed_draw_matrix(&b->o, 3, 0, BED_NOBODYS);
    bed_draw_matrix(&b->d_o, 3, 0, BED_NOBODYS);
    b->panel = (struct panel){
        .head = b->dims.heads - 1, /* not 0: an adjoint that ignores it would use 0 */
        .rows = rows,
        .columns = 1 + b->row[rows - 1],
        .row = b->row,
        .place = b->place,
        .q = {b->q.at, BED_STRIDE},
        .k = {b->k.at, BED_STRIDE},
        .v = {b->v.at, BED_STRIDE},
        .projected = {b->projected.at, BED_WIDE},
        .state = {b->state.at, BED_WIDE},
        .o = {b->o.at, BED_STRIDE},
        .alpha = 1 / sqrt(d),
        .score = b->score,
        .stride = BED_SCORES,
        .dscore = b->dscore,
        .dq = {b->dq.at, BED_STRIDE},
        .dk = {b->dk.at, BED_STRIDE},
        .dv = {b->dv.at, BED_STRIDE},
        .dprojected = {b->dprojected.at, BED_WIDE},
        .dstate = {b->dstate.at, BED_WIDE},
        .d_o = {b->d_o.at, BED_STRIDE},
    };
    if (b->encoder->scratch &&
        b->encoder->scratch(&b->dims, &b->options, rows, b->panel.columns) + BED_GUARD >
            BED_SCRATCH)
        fail_msg("%s wants more scratch than the bed has: raise BED_SCRATCH",
                 b->encoder->name);
    bed_fill(b->scratch, BED_SCRATCH, (real)NAN);
}

/* Returns ST_OK, or what the encoder's resolve returned. Leaves a dense panel of all
 * tokens. */
static inline enum status bed_try(struct bed *b, const struct encoder *encoder,
                                  const struct option_values *options,
                                  const struct encoder_dims *dims, struct err *e)
{
    assert_true(dims->head_dim <= BED_WIDTH);
    memset(b, 0, sizeof *b);
    b->encoder = encoder;
    b->options = *options;
    b->dims = *dims;
    const enum status status =
        encoder->resolve ? encoder->resolve(dims, &b->options, e) : ST_OK;
    if (status != ST_OK)
        return status;
    b->view = (struct encoder_view){
        .dims = &b->dims, .options = &b->options, .constants = b->constants};
    const bool ends =
        encoder->reach && encoder->reach(dims, &b->options) == REACH_UNDEFINED;
    b->length = ends ? dims->trained_length : dims->longest;
    bed_draw_weights(b);
    bed_fill(b->constants, BED_TENSOR, BED_NOBODYS);
    if (encoder->constants) {
        assert_true(encoder->constants(&b->dims, &b->options) + BED_GUARD <= BED_TENSOR);
        encoder->fill_constants(&b->dims, &b->options, b->constants);
    }
    b->view.derived = b->derived;
    b->view.dderived = b->dderived;
    bed_draw_tokens(b);
    bed_panel(b, b->length, NULL);
    return ST_OK;
}

static inline struct encoder_dims bed_dims(int heads, int head_dim)
{
    return (struct encoder_dims){.layers = 2,
                                 .heads = heads,
                                 .head_dim = head_dim,
                                 .trained_length = 9,
                                 .longest = BED_LONGEST,
                                 .places = BED_LONGEST};
}

/* Opens the usual bed: 2 heads, d = 8, trained on 9 tokens, 14 at most. */
static inline void bed_open(struct bed *b, const struct encoder *encoder,
                            const char *settings)
{
    const struct option_values options = bed_options(encoder, settings);
    const struct encoder_dims dims = bed_dims(2, 8);
    assert_int_equal(bed_try(b, encoder, &options, &dims, NULL), ST_OK);
}

/* --- hooks --------------------------------------------------------------- */

/* Writes score = alpha q.k, or calls the encoder's content hook, with NaN past row[r], so
 * that an encoder that reads the future is noticed. */
static inline void bed_content(struct bed *b)
{
    const struct panel *p = &b->panel;
    bed_fill(b->score, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j < p->columns; j++) {
            real dot = 0;
            for (int c = 0; c < b->dims.head_dim; c++)
                dot += b->q.at[r * BED_STRIDE + c] * b->k.at[j * BED_STRIDE + c];
            b->score[r * BED_SCORES + j] =
                j <= p->row[r] && !b->encoder->content ? p->alpha * dot : (real)NAN;
        }
    if (b->encoder->content)
        b->encoder->content(&b->view, &b->panel, b->scratch);
}

static inline void bed_score(struct bed *b)
{
    bed_content(b);
    if (b->encoder->score)
        b->encoder->score(&b->view, &b->panel, b->scratch);
}

/* Computes weights where the encoder makes them itself, else logits. */
static inline void bed_weigh(struct bed *b)
{
    bed_score(b);
    if (b->encoder->weigh)
        b->encoder->weigh(&b->view, &b->panel, b->scratch);
}

/* Writes dL/dlogit of a made-up loss L = sum of noise times logits. When `balanced`, each
 * row sums to 0, as the rows do that a softmax hands down. */
static inline void bed_upstream(struct bed *b, bool balanced)
{
    bed_fill(b->dscore, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++) {
        const int n = b->row[r] + 1;
        real sum = 0, *row = b->dscore + (size_t)r * BED_SCORES;
        bed_fill(row, b->panel.columns, 0);
        for (int j = 0; j < n; j++)
            sum += row[j] = bed_noise(5, b->row[r] * BED_LONGEST + j);
        for (int j = 0; balanced && j < n; j++)
            row[j] -= sum / n;
    }
}

static inline void bed_clear_gradients(struct bed *b)
{
    struct bed_matrix *const all[] = {&b->dq, &b->dk, &b->dv};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bed_fill(all[i]->at, BED_LONGEST * BED_STRIDE, BED_EARLIER);
    bed_fill(b->dprojected.at, BED_LONGEST * BED_WIDE, BED_EARLIER);
    bed_fill(b->dstate.at, BED_LONGEST * BED_WIDE, BED_EARLIER);
    bed_fill(b->dtokens, BED_LONGEST * BED_CHANNELS, BED_EARLIER);
    bed_fill(b->dderived, BED_DERIVED, BED_NOBODYS);
    bed_fill(b->dderived, b->derives, BED_EARLIER);
    for (int t = 0; t < b->tensors; t++)
        bed_fill(b->grad[t], bed_size(b, t), BED_EARLIER);
}

/* Runs the weigh and score hooks forward and backward, without the gradients of the
 * content. */
static inline void bed_score_grad(struct bed *b, bool balanced)
{
    bed_weigh(b);
    bed_upstream(b, balanced);
    bed_clear_gradients(b);
    if (b->encoder->weigh_grad)
        b->encoder->weigh_grad(&b->view, &b->panel, b->scratch);
    if (b->encoder->score_grad)
        b->encoder->score_grad(&b->view, &b->panel, b->scratch);
}

/* --- all heads ----------------------------------------------------------- */

enum { BED_LOGITS, BED_CONTENT }; /* first index of found and dmixed */

/* Points the panels of all heads at the buffers: logits to mix, content logits and
 * gradients. */
static inline void bed_lend_heads(struct bed *b)
{
    for (int h = 0; h < b->dims.heads; h++) {
        b->heads[h] = b->panel;
        b->heads[h].head = h;
        b->heads[h].score = b->mixed[h];
        b->heads[h].content = b->found[BED_CONTENT][h];
        b->heads[h].dscore = b->dmixed[BED_LOGITS][h];
        b->heads[h].dcontent = b->dmixed[BED_CONTENT][h];
    }
}

/* Draws logits and content logits for all heads, NaN past row[r]. */
static inline void bed_make_up_heads(struct bed *b)
{
    bed_lend_heads(b);
    for (int h = 0; h < b->dims.heads; h++) {
        for (int of = 0; of < 2; of++)
            bed_fill(b->found[of][h], BED_LONGEST * BED_SCORES, (real)NAN);
        for (int r = 0; r < b->panel.rows; r++)
            for (int j = 0; j <= b->row[r]; j++)
                for (int of = 0; of < 2; of++)
                    b->found[of][h][r * BED_SCORES + j] =
                        2 * bed_noise(20 + of * BED_HEADS + h, b->row[r] * BED_LONGEST + j);
    }
}

/* Makes panels of `rows` rows of the heads, from row `first` on. */
static inline void bed_some_rows(struct bed *b, int first, int rows, real *carry,
                                 struct panel out[BED_HEADS])
{
    for (int h = 0; h < b->dims.heads; h++) {
        struct panel *p = &out[h];
        *p = b->heads[h];
        const size_t at = (size_t)first * (size_t)p->stride;
        p->rows = rows;
        p->row += first;
        p->columns = 1 + p->row[rows - 1];
        p->score += at;
        p->content += at;
        p->dscore += at;
        p->dcontent += at;
        p->carry = carry;
        p->dcarry = b->dcarry;
    }
}

static inline int bed_half(const struct bed *b)
{
    return (b->panel.rows + 1) / 2;
}

/* Mixes the logits of all heads; in two panels when the encoder carries from one to the
 * next. */
static inline void bed_mix(struct bed *b)
{
    struct panel some[BED_HEADS];
    const int half = bed_half(b);
    memcpy(b->mixed, b->found[BED_LOGITS], sizeof b->mixed);
    if (!b->encoder->carry) {
        b->encoder->mix(&b->view, b->heads, b->scratch);
        return;
    }
    bed_fill(b->carry[0], BED_SCORES, BED_NOBODYS);
    bed_fill(b->carry[0], (int)b->encoder->carry(&b->dims, &b->options, b->panel.columns),
             0);
    bed_some_rows(b, 0, half, b->carry[0], some);
    b->encoder->mix(&b->view, some, b->scratch);
    memcpy(b->carry[1], b->carry[0], sizeof b->carry[1]);
    b->encoder->pass_on(&b->view, &some[0], b->carry[1]);
    if (half == b->panel.rows)
        return;
    bed_some_rows(b, half, b->panel.rows - half, b->carry[1], some);
    b->encoder->mix(&b->view, some, b->scratch);
}

/* Calls the adjoint for one panel, after mixing that panel again. */
static inline void bed_mix_grad_of(struct bed *b, int first, int rows, real *carry)
{
    struct panel some[BED_HEADS];
    bed_some_rows(b, first, rows, carry, some);
    memcpy(b->mixed, b->found[BED_LOGITS], sizeof b->mixed);
    b->encoder->mix(&b->view, some, b->scratch);
    b->encoder->mix_grad(&b->view, some, b->scratch);
}

static inline void bed_mix_grad(struct bed *b)
{
    const int half = bed_half(b);
    if (!b->encoder->carry) {
        b->encoder->mix_grad(&b->view, b->heads, b->scratch);
        return;
    }
    bed_mix(b);
    bed_fill(b->dcarry, BED_SCORES, 0);
    if (half < b->panel.rows)
        bed_mix_grad_of(b, half, b->panel.rows - half, b->carry[1]);
    bed_mix_grad_of(b, 0, half, b->carry[0]);
}
#include "encoder_gradients.h"

#endif
