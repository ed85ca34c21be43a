/* encoder_bed.h -- one encoder on made-up numbers, without a model around it.
 *
 * The bed lends an encoder everything its hooks ask for (encoder.h): sizes, weights,
 * constants, a panel of query rows and scratch, in double, so that each gradient can be
 * compared with central differences. Matrices have gaps between their rows that belong
 * to nobody; tests look whether they stay as they were.
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
    BED_TENSOR = 1024,            /* room for a tensor, guard included */
    BED_SCRATCH = 8192,
    BED_GUARD = 8
};

/* What an adjoint finds where it must add. */
#define BED_EARLIER 0.25
/* What lies where nobody may write. */
#define BED_NOBODYS 777.0
#define BED_STEP    1e-6
#define BED_TOL     1e-6

struct bed_matrix {
    real at[BED_LONGEST * BED_STRIDE];
};

struct bed {
    const struct encoder *encoder;
    struct option_values options;
    struct encoder_dims dims;
    struct encoder_view view;
    int length; /* tokens the encoder has values for */

    int tensors;
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    real weight[ENCODER_TENSORS_MAX][BED_TENSOR], grad[ENCODER_TENSORS_MAX][BED_TENSOR];
    real constants[BED_TENSOR];

    struct panel panel;
    int position[BED_LONGEST];
    struct bed_matrix q, k, v, extra, dq, dk, dv, dextra;
    real score[BED_LONGEST * BED_SCORES], dscore[BED_LONGEST * BED_SCORES];
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

static inline void bed_fill(real *x, int n, real value)
{
    for (int i = 0; i < n; i++)
        x[i] = value;
}

static inline int bed_size(const struct bed *b, int tensor)
{
    return b->spec[tensor].rows * b->spec[tensor].columns;
}

/* Options from "p_max=3 sep_keys=true" over the defaults, not resolved. */
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

/* Weights are noise whatever init says: a table of zeros would hide every fault. */
static inline void bed_draw_weights(struct bed *b)
{
    b->tensors = 0;
    if (b->encoder->tensors)
        b->tensors = b->encoder->tensors(&b->dims, &b->options, b->spec);
    for (int t = 0; t < b->tensors; t++) {
        if (bed_size(b, t) + BED_GUARD > BED_TENSOR)
            fail_msg("%s has a tensor larger than the bed's: raise BED_TENSOR",
                     b->encoder->name);
        bed_fill(b->weight[t], BED_TENSOR, BED_NOBODYS);
        bed_fill(b->grad[t], BED_TENSOR, BED_NOBODYS);
        for (int i = 0; i < bed_size(b, t); i++)
            b->weight[t][i] = bed_noise(10 + t, i);
        bed_fill(b->grad[t], bed_size(b, t), BED_EARLIER);
        b->view.weight[t] = b->weight[t];
        b->view.grad[t] = b->grad[t];
    }
}

static inline void bed_draw_matrix(struct bed_matrix *m, int stream, int width)
{
    bed_fill(m->at, BED_LONGEST * BED_STRIDE, BED_NOBODYS);
    for (int r = 0; r < BED_LONGEST; r++)
        for (int c = 0; c < width; c++)
            m->at[r * BED_STRIDE + c] = 2 * bed_noise(stream, r * BED_WIDTH + c);
}

/* Row r of q belongs to position[r], so that the same query has the same numbers in any
 * panel. A panel of the queries 0..rows-1 when `position` is NULL. */
static inline void bed_panel(struct bed *b, int rows, const int *position)
{
    const int d = b->dims.head_dim;
    for (int r = 0; r < rows; r++)
        b->position[r] = position ? position[r] : r;
    bed_draw_matrix(&b->q, 1, 0);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < d; c++)
            b->q.at[r * BED_STRIDE + c] = 2 * bed_noise(1, b->position[r] * BED_WIDTH + c);
    bed_draw_matrix(&b->k, 2, d);
    bed_draw_matrix(&b->v, 3, d);
    bed_draw_matrix(&b->extra, 4, d);
    b->panel = (struct panel){
        .head = b->dims.heads - 1, /* not 0, which an adjoint that forgets it would use */
        .rows = rows,
        .columns = 1 + b->position[rows - 1],
        .position = b->position,
        .q = {b->q.at, BED_STRIDE},
        .k = {b->k.at, BED_STRIDE},
        .v = {b->v.at, BED_STRIDE},
        .alpha = 1 / sqrt(d),
        .score = b->score,
        .stride = BED_SCORES,
        .dscore = b->dscore,
        .dq = {b->dq.at, BED_STRIDE},
        .dk = {b->dk.at, BED_STRIDE},
        .dv = {b->dv.at, BED_STRIDE},
    };
    if (b->encoder->wants_extra && b->encoder->wants_extra(&b->options)) {
        b->panel.extra = (struct rows){b->extra.at, BED_STRIDE};
        b->panel.dextra = (struct rows){b->dextra.at, BED_STRIDE};
    }
    if (b->encoder->scratch &&
        b->encoder->scratch(&b->dims, &b->options, rows, b->panel.columns) + BED_GUARD >
            BED_SCRATCH)
        fail_msg("%s wants more scratch than the bed has: raise BED_SCRATCH",
                 b->encoder->name);
    bed_fill(b->scratch, BED_SCRATCH, (real)NAN);
}

/* ST_OK, or what the encoder's resolve said. Leaves a dense panel of all tokens. */
static inline enum status bed_try(struct bed *b, const struct encoder *encoder,
                                  const struct option_values *options,
                                  const struct encoder_dims *dims, struct err *e)
{
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
    const bool ends = encoder->reach && encoder->reach(&b->options) == REACH_UNDEFINED;
    b->length = ends ? dims->trained_length : dims->longest;
    bed_draw_weights(b);
    bed_fill(b->constants, BED_TENSOR, BED_NOBODYS);
    if (encoder->constants) {
        assert_true(encoder->constants(&b->dims, &b->options) + BED_GUARD <= BED_TENSOR);
        encoder->fill_constants(&b->dims, &b->options, b->constants);
    }
    bed_panel(b, b->length, NULL);
    return ST_OK;
}

static inline struct encoder_dims bed_dims(int heads, int head_dim)
{
    return (struct encoder_dims){.layers = 2,
                                 .heads = heads,
                                 .head_dim = head_dim,
                                 .trained_length = 9,
                                 .longest = BED_LONGEST};
}

/* The usual bed: 2 heads, d = 8, trained on 9 tokens, 14 at most. */
static inline void bed_open(struct bed *b, const struct encoder *encoder,
                            const char *settings)
{
    const struct option_values options = bed_options(encoder, settings);
    const struct encoder_dims dims = bed_dims(2, 8);
    assert_int_equal(bed_try(b, encoder, &options, &dims, NULL), ST_OK);
}

/* --- hooks --------------------------------------------------------------- */

/* score = alpha q.k; NaN past position[r], so that an encoder that reads the future is
 * seen. */
static inline void bed_content(struct bed *b)
{
    const struct panel *p = &b->panel;
    bed_fill(b->score, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j < p->columns; j++) {
            real dot = 0;
            for (int c = 0; c < b->dims.head_dim; c++)
                dot += b->q.at[r * BED_STRIDE + c] * b->k.at[j * BED_STRIDE + c];
            b->score[r * BED_SCORES + j] = j <= p->position[r] ? p->alpha * dot : (real)NAN;
        }
}

static inline void bed_score(struct bed *b)
{
    bed_content(b);
    if (b->encoder->score)
        b->encoder->score(&b->view, &b->panel, b->scratch);
}

/* dL/dlogit of a made-up loss L = sum of noise times logits; rows sum to 0, as those that
 * a softmax hands down, when `balanced`. */
static inline void bed_upstream(struct bed *b, bool balanced)
{
    bed_fill(b->dscore, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++) {
        const int n = b->position[r] + 1;
        real sum = 0, *row = b->dscore + (size_t)r * BED_SCORES;
        bed_fill(row, b->panel.columns, 0);
        for (int j = 0; j < n; j++)
            sum += row[j] = bed_noise(5, b->position[r] * BED_LONGEST + j);
        for (int j = 0; balanced && j < n; j++)
            row[j] -= sum / n;
    }
}

static inline void bed_clear_gradients(struct bed *b)
{
    struct bed_matrix *const all[] = {&b->dq, &b->dk, &b->dv, &b->dextra};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        bed_fill(all[i]->at, BED_LONGEST * BED_STRIDE, BED_EARLIER);
    for (int t = 0; t < b->tensors; t++)
        bed_fill(b->grad[t], bed_size(b, t), BED_EARLIER);
}

/* Forward and backward of the score hooks, without the content part's own gradients. */
static inline void bed_score_grad(struct bed *b, bool balanced)
{
    bed_score(b);
    bed_upstream(b, balanced);
    bed_clear_gradients(b);
    if (b->encoder->score_grad)
        b->encoder->score_grad(&b->view, &b->panel, b->scratch);
}

/* --- gradients ----------------------------------------------------------- */

static inline real bed_score_loss(struct bed *b)
{
    real sum = 0;
    bed_score(b);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->position[r]; j++)
            sum += bed_noise(5, b->position[r] * BED_LONGEST + j) *
                   b->score[r * BED_SCORES + j];
    return sum;
}

static inline void bed_draw_x(struct bed *b)
{
    for (int i = 0; i < BED_LONGEST * BED_CHANNELS; i++)
        b->x[i] = bed_noise(6, i);
}

static inline real bed_embed_loss(struct bed *b)
{
    const int n = b->length * b->dims.heads * b->dims.head_dim;
    real sum = 0;
    bed_draw_x(b);
    b->encoder->embed(&b->view, b->length, b->x);
    for (int i = 0; i < n; i++)
        sum += bed_noise(7, i) * b->x[i];
    return sum;
}

static inline real bed_rotate_loss(struct bed *b)
{
    real sum = 0;
    const struct bed_matrix saved = b->q;
    b->encoder->rotate(&b->view, b->panel.rows, b->position, b->panel.q);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            sum += bed_noise(8, r * BED_WIDTH + c) * b->q.at[r * BED_STRIDE + c];
    b->q = saved;
    return sum;
}

/* The slope of `loss` in *x by central differences. */
static inline real bed_slope(struct bed *b, real (*loss)(struct bed *b), real *x)
{
    const real at = *x;
    *x = at + BED_STEP;
    const real above = loss(b);
    *x = at - BED_STEP;
    const real below = loss(b);
    *x = at;
    return (above - below) / (2 * BED_STEP);
}

static inline void bed_check_matrix(struct bed *b, real (*loss)(struct bed *b),
                                    struct bed_matrix *x, const struct bed_matrix *dx,
                                    int rows, const char *name)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++) {
            const int i = r * BED_STRIDE + c;
            const real slope = bed_slope(b, loss, &x->at[i]);
            assert_near_at(dx->at[i] - BED_EARLIER, slope, BED_TOL, name, __FILE__,
                           __LINE__);
        }
}

static inline void bed_check_weights(struct bed *b, real (*loss)(struct bed *b),
                                     real analytic[][BED_TENSOR])
{
    for (int t = 0; t < b->tensors; t++)
        for (int i = 0; i < bed_size(b, t); i++)
            assert_near_at(analytic[t][i] - BED_EARLIER,
                           bed_slope(b, loss, &b->weight[t][i]), BED_TOL, b->spec[t].name,
                           __FILE__, __LINE__);
}

/* dq += alpha dscore k, dk += alpha dscore^T q: what attention adds around the hooks. */
static inline void bed_content_grad(struct bed *b)
{
    const struct panel *p = &b->panel;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->position[r]; j++)
            for (int c = 0; c < b->dims.head_dim; c++) {
                const real ds = p->alpha * b->dscore[r * BED_SCORES + j];
                b->dq.at[r * BED_STRIDE + c] += ds * b->k.at[j * BED_STRIDE + c];
                b->dk.at[j * BED_STRIDE + c] += ds * b->q.at[r * BED_STRIDE + c];
            }
}

/* All inputs and weights behind the panel's logits, for gradients already in b. */
static inline void bed_check_panel(struct bed *b, real (*loss)(struct bed *b))
{
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR];
    memcpy(analytic, b->grad, sizeof analytic);
    bed_check_matrix(b, loss, &b->q, &b->dq, b->panel.rows, "dq");
    bed_check_matrix(b, loss, &b->k, &b->dk, b->panel.columns, "dk");
    bed_check_matrix(b, loss, &b->v, &b->dv, b->panel.columns, "dv");
    bed_check_matrix(b, loss, &b->extra, &b->dextra, b->panel.columns, "dextra");
    bed_check_weights(b, loss, analytic);
}

static inline void bed_check_score_gradients(struct bed *b)
{
    bed_score_grad(b, false);
    bed_content_grad(b);
    bed_check_panel(b, bed_score_loss);
}

static inline void bed_check_embed_gradients(struct bed *b)
{
    const int n = b->length * b->dims.heads * b->dims.head_dim;
    real dx[BED_LONGEST * BED_CHANNELS], analytic[ENCODER_TENSORS_MAX][BED_TENSOR];
    for (int i = 0; i < n; i++)
        dx[i] = bed_noise(7, i);
    bed_clear_gradients(b);
    b->encoder->embed_grad(&b->view, b->length, dx);
    memcpy(analytic, b->grad, sizeof analytic);
    bed_check_weights(b, bed_embed_loss, analytic);
}

static inline void bed_check_rotate_gradients(struct bed *b)
{
    bed_fill(b->dq.at, BED_LONGEST * BED_STRIDE, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            b->dq.at[r * BED_STRIDE + c] = bed_noise(8, r * BED_WIDTH + c);
    b->encoder->rotate_grad(&b->view, b->panel.rows, b->position, b->panel.dq);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++) {
            const int i = r * BED_STRIDE + c;
            assert_near(b->dq.at[i], bed_slope(b, bed_rotate_loss, &b->q.at[i]), BED_TOL);
        }
}

/* Every hook that the encoder has, against central differences. */
static inline void bed_check_gradients(struct bed *b)
{
    if (b->encoder->embed)
        bed_check_embed_gradients(b);
    if (b->encoder->rotate)
        bed_check_rotate_gradients(b);
    if (b->encoder->score)
        bed_check_score_gradients(b);
}

#endif
