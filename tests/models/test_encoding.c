/* links: models_double */
/* Every hook of encoder.h inside a whole model, with small encoders made for it: each gradient
 * is compared with central differences, and each part has its own numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model_gradients.h"

/* --- a learned vector of each place, added to queries or keys ------------ */

static int place_vectors(const struct encoder_dims *d, const struct option_values *o,
                         struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    (void)o;
    out[0] = (struct tensor_spec){.name = "queries",
                                  .rows = d->places,
                                  .columns = d->heads * d->head_dim,
                                  .per_layer = true};
    out[1] = out[0];
    out[1].name = "keys";
    return 2;
}

static size_t vector_at(const struct encoder_view *e, const struct turn *t, int r)
{
    return ((size_t)t->place[r] * (size_t)e->dims->heads + (size_t)t->head) *
           (size_t)e->dims->head_dim;
}

static void add_vectors(const struct encoder_view *e, const struct turn *t)
{
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < e->dims->head_dim; c++)
            t->x.at[r * t->x.stride + c] +=
                e->weight[t->keys][vector_at(e, t, r) + (size_t)c];
}

static void add_vectors_grad(const struct encoder_view *e, const struct turn *t)
{
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < e->dims->head_dim; c++)
            e->grad[t->keys][vector_at(e, t, r) + (size_t)c] +=
                t->dx.at[r * t->dx.stride + c];
}

static const struct encoder vectors = {.name = "vectors",
                                       .tensors = place_vectors,
                                       .rotate = add_vectors,
                                       .rotate_grad = add_vectors_grad};

/* --- what the layer projects and what is read of it ---------------------- */

static int one_a_head(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return d->heads;
}

/* Reads the sums of x_t's first channel, and of the head's projected number, over tokens 0..t. */
static void read_sums(const struct encoder_view *e, const struct tokens *t, real *room)
{
    (void)room;
    for (int h = 0; h < e->dims->heads; h++) {
        real sum = 0;
        for (int i = 0; i < t->count; i++) {
            sum += t->projected.at[i * t->projected.stride + h] +
                   (h + 1) * t->x.at[(size_t)i * (size_t)t->x.stride];
            t->state.at[i * t->state.stride + h] = sum;
        }
    }
}

static void read_sums_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    (void)room;
    for (int h = 0; h < e->dims->heads; h++) {
        real sum = 0;
        for (int i = t->count - 1; i >= 0; i--) {
            sum += t->dstate.at[i * t->dstate.stride + h];
            t->dprojected.at[i * t->dprojected.stride + h] += sum;
            t->dx.at[(size_t)i * (size_t)t->dx.stride] += (h + 1) * sum;
        }
    }
}

/* logit += state of the key, times the query's projected number */
static void add_state(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)e;
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->score[r * p->stride + j] +=
                p->state.at[j * p->state.stride + p->head] *
                p->projected.at[p->row[r] * p->projected.stride + p->head];
}

static void add_state_grad(const struct encoder_view *e, const struct panel *p,
                           real *scratch)
{
    (void)e;
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            const size_t key = (size_t)j * (size_t)p->state.stride + (size_t)p->head;
            const size_t query =
                (size_t)p->row[r] * (size_t)p->projected.stride + (size_t)p->head;
            const real ds = p->dscore[r * p->stride + j];
            p->dstate.at[key] += ds * p->projected.at[query];
            p->dprojected.at[query] += ds * p->state.at[key];
        }
}

static const struct encoder sums = {.name = "sums",
                                    .project = one_a_head,
                                    .state = one_a_head,
                                    .read = read_sums,
                                    .read_grad = read_sums_grad,
                                    .score = add_state,
                                    .score_grad = add_state_grad};

/* The same under another name, with twice as many projected numbers. */
static int two_a_head(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return 2 * d->heads;
}

static const struct encoder more_sums = {.name = "more_sums",
                                         .project = two_a_head,
                                         .state = one_a_head,
                                         .read = read_sums,
                                         .read_grad = read_sums_grad,
                                         .score = add_state,
                                         .score_grad = add_state_grad};

/* Multiplies the channels of queries and keys by the token's state. */
static void stretch(const struct encoder_view *e, const struct turn *t)
{
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < e->dims->head_dim; c++)
            t->x.at[r * t->x.stride + c] *=
                2 + t->state.at[t->row[r] * t->state.stride + t->head];
}

static void stretch_grad(const struct encoder_view *e, const struct turn *t)
{
    for (int r = 0; r < t->rows; r++) {
        const size_t at = (size_t)t->row[r] * (size_t)t->state.stride + (size_t)t->head;
        const real by = 2 + t->state.at[at];
        for (int c = 0; c < e->dims->head_dim; c++) {
            real *dx = t->dx.at + (size_t)r * (size_t)t->dx.stride + c;
            t->dstate.at[at] += *dx * t->x.at[r * t->x.stride + c] / by;
            *dx *= by;
        }
    }
}

static const struct encoder stretched = {.name = "stretched",
                                         .project = one_a_head,
                                         .state = one_a_head,
                                         .read = read_sums,
                                         .read_grad = read_sums_grad,
                                         .rotate = stretch,
                                         .rotate_grad = stretch_grad};

/* --- logits of its own, weights of its own ------------------------------- */

/* logit = q_i . k_j / (1 + i - j) */
static void near_content(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            real dot = 0;
            for (int c = 0; c < e->dims->head_dim; c++)
                dot += p->q.at[r * p->q.stride + c] * p->k.at[j * p->k.stride + c];
            p->score[r * p->stride + j] = dot / (1 + p->row[r] - j);
        }
}

static void near_content_grad(const struct encoder_view *e, const struct panel *p,
                              real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            for (int c = 0; c < e->dims->head_dim; c++) {
                const real ds = p->dscore[r * p->stride + j] / (1 + p->row[r] - j);
                p->dq.at[r * p->dq.stride + c] += ds * p->k.at[j * p->k.stride + c];
                p->dk.at[j * p->dk.stride + c] += ds * p->q.at[r * p->q.stride + c];
            }
}

/* weight = logit^2 / 2 */
static void square(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)e;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            real *s = p->score + (size_t)r * (size_t)p->stride + j;
            scratch[r * p->columns + j] = *s;
            *s *= *s / 2;
        }
}

static void square_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)e;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            p->dscore[r * p->stride + j] *= scratch[r * p->columns + j];
}

static size_t one_a_pair(const struct encoder_dims *d, const struct option_values *o,
                         int rows, int columns)
{
    (void)d;
    (void)o;
    return (size_t)rows * (size_t)columns;
}

static const struct encoder squares = {.name = "squares",
                                       .scratch = one_a_pair,
                                       .content = near_content,
                                       .content_grad = near_content_grad,
                                       .weigh = square,
                                       .weigh_grad = square_grad};

/* --- values of its own, from numbers derived once a step ----------------- */

static int one_number(const struct encoder_dims *d, const struct option_values *o,
                      struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    (void)d;
    (void)o;
    out[0] = (struct tensor_spec){.name = "number", .rows = 1, .columns = 1};
    return 1;
}

static int one_number_a_layer(const struct encoder_dims *d, const struct option_values *o,
                              struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int n = one_number(d, o, out);
    out[0].per_layer = true;
    return n;
}

static size_t longest(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->longest;
}

/* derived[n] = number^2 n */
static void derive(const struct encoder_view *e, int T, real *derived)
{
    for (int n = 0; n < T; n++)
        derived[n] = e->weight[0][0] * e->weight[0][0] * n;
}

static void derive_grad(const struct encoder_view *e, int T)
{
    for (int n = 0; n < T; n++)
        e->grad[0][0] += 2 * e->weight[0][0] * n * e->dderived[n];
}

/* o += sum_j a_ij derived[i - j], in every channel */
static void add_distance(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            for (int c = 0; c < e->dims->head_dim; c++)
                p->o.at[r * p->o.stride + c] +=
                    p->score[r * p->stride + j] * e->derived[p->row[r] - j];
}

static void add_distance_grad(const struct encoder_view *e, const struct panel *p,
                              real *scratch)
{
    (void)scratch;
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            for (int c = 0; c < e->dims->head_dim; c++) {
                const real d_o = p->d_o.at[r * p->d_o.stride + c];
                p->dscore[r * p->stride + j] += d_o * e->derived[p->row[r] - j];
                e->dderived[p->row[r] - j] += d_o * p->score[r * p->stride + j];
            }
}

static const struct encoder distances = {.name = "distances",
                                         .tensors = one_number,
                                         .derived = longest,
                                         .derive = derive,
                                         .derive_grad = derive_grad,
                                         .values = add_distance,
                                         .values_grad = add_distance_grad};

static const struct encoder layer_distances = {.name = "layer_distances",
                                               .tensors = one_number_a_layer,
                                               .derived = longest,
                                               .derive = derive,
                                               .derive_grad = derive_grad,
                                               .values = add_distance,
                                               .values_grad = add_distance_grad};

/* --- gradients ----------------------------------------------------------- */

static void check_parts(const struct encoder *const *parts, int n)
{
    const struct batch b = toy_batch();
    struct trainer_config c = toy_config_of(parts, n);
    check_gradient_on(&c, &b, 3);
    c.model.dropout = 0.3;
    c.model.norm = NORM_PRE;
    check_gradient_on(&c, &b, 3);
}

static void a_learned_rotation_trains(void **state)
{
    const struct encoder *const parts[] = {&vectors};
    (void)state;
    check_parts(parts, 1);
}

static void numbers_read_of_tokens_train(void **state)
{
    const struct encoder *const parts[] = {&sums};
    (void)state;
    check_parts(parts, 1);
}

static void each_part_has_numbers_of_its_own(void **state)
{
    const struct encoder *const parts[] = {&more_sums, &stretched, &sums};
    struct trainer_config c = toy_config_of(parts, 3);
    struct model *m;
    struct err e;
    (void)state;
    check_parts(parts, 3);
    assert_int_equal(model_open(&c.model, 1, &m, &e), ST_OK);
    const struct tensor *w = model_tensor_find(m, "layers.1.attention.key_value.weight");
    assert_non_null(w);
    assert_int_equal(w->rows, 2 * 8 + 4 + 2 + 2);
    model_close(m);
}

static void content_and_weights_of_its_own_train(void **state)
{
    const struct encoder *const alone[] = {&squares};
    const struct encoder *const both[] = {&squares, &sums, &vectors};
    (void)state;
    check_parts(alone, 1);
    check_parts(both, 3);
}

static void derived_values_train(void **state)
{
    const struct encoder *const shared[] = {&distances};
    const struct encoder *const both[] = {&distances, &layer_distances, &squares};
    (void)state;
    check_parts(shared, 1);
    check_parts(both, 3);
}

/* --- layers -------------------------------------------------------------- */

/* The first layer in which it acts reads for itself and for those above. */
static void what_is_read_once_serves_all_layers(void **state)
{
    const struct encoder once = {.name = "once",
                                 .project = one_a_head,
                                 .state = one_a_head,
                                 .reads_once = true,
                                 .read = read_sums,
                                 .read_grad = read_sums_grad,
                                 .score = add_state,
                                 .score_grad = add_state_grad};
    const struct encoder *const parts[] = {&once, &more_sums};
    struct trainer_config c = toy_config_of(parts, 2);
    (void)state;
    check_parts(parts, 2);
    c.model.layers = 3;
    check_gradient(&c);
    c.model.encoders.part[0].layers = (struct layer_set){.first = 1, .every = 1};
    check_gradient(&c);
    c.model.encoders.part[0].layers = (struct layer_set){.first = 0, .every = 2};
    check_gradient(&c);
}

static void a_part_acts_in_its_layers_alone(void **state)
{
    const struct encoder *const parts[] = {&more_sums, &vectors, &layer_distances};
    struct trainer_config c = toy_config_of(parts, 3);
    struct model *m;
    struct err e;
    (void)state;
    for (int i = 0; i < 3; i++)
        c.model.encoders.part[i].layers = (struct layer_set){.first = 1, .every = 2};
    check_gradient(&c);
    assert_int_equal(model_open(&c.model, 1, &m, &e), ST_OK);
    assert_int_equal(model_tensor_find(m, "layers.0.attention.key_value.weight")->rows, 16);
    assert_int_equal(model_tensor_find(m, "layers.1.attention.key_value.weight")->rows, 20);
    assert_null(model_tensor_find(m, "layers.0.encoder.vectors.keys"));
    assert_non_null(model_tensor_find(m, "layers.1.encoder.vectors.keys"));
    model_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learned_rotation_trains),
        cmocka_unit_test(numbers_read_of_tokens_train),
        cmocka_unit_test(each_part_has_numbers_of_its_own),
        cmocka_unit_test(content_and_weights_of_its_own_train),
        cmocka_unit_test(derived_values_train),
        cmocka_unit_test(what_is_read_once_serves_all_layers),
        cmocka_unit_test(a_part_acts_in_its_layers_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
