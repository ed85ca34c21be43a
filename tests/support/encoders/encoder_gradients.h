/* encoder_gradients.h -- the second half of encoder_bed.h, which includes it: compares
 * every hook's adjoint with central differences of what the hook computes. */
#ifndef ENCODER_GRADIENTS_H
#define ENCODER_GRADIENTS_H

/* --- gradients ----------------------------------------------------------- */

static inline real bed_score_loss(struct bed *b)
{
    real sum = 0;
    bed_weigh(b);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->row[r]; j++)
            sum += bed_noise(5, b->row[r] * BED_LONGEST + j) * b->score[r * BED_SCORES + j];
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
    b->encoder->embed(&b->view, b->length, b->place, b->x);
    for (int i = 0; i < n; i++)
        sum += bed_noise(7, i) * b->x[i];
    return sum;
}

/* The panel's queries, or as many keys, as arguments of `rotate`. */
static inline struct turn bed_turn(struct bed *b, bool keys)
{
    return (struct turn){.head = b->panel.head,
                         .keys = keys,
                         .tokens = b->length,
                         .rows = b->panel.rows,
                         .row = b->row,
                         .place = b->turn_place,
                         .x = b->panel.q,
                         .projected = b->panel.projected,
                         .state = b->panel.state,
                         .dx = b->panel.dq,
                         .dprojected = b->panel.dprojected,
                         .dstate = b->panel.dstate};
}

static inline real bed_turn_loss(struct bed *b, bool keys)
{
    real sum = 0;
    const struct bed_matrix saved = b->q;
    const struct turn t = bed_turn(b, keys);
    b->encoder->rotate(&b->view, &t);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            sum += bed_noise(8, r * BED_WIDTH + c) * b->q.at[r * BED_STRIDE + c];
    b->q = saved;
    return sum;
}

static inline real bed_rotate_loss(struct bed *b)
{
    return bed_turn_loss(b, false);
}

static inline real bed_rotate_keys_loss(struct bed *b)
{
    return bed_turn_loss(b, true);
}

static inline real bed_read_loss(struct bed *b)
{
    real sum = 0;
    bed_read(b);
    for (int t = 0; t < b->length; t++)
        for (int c = 0; c < b->states; c++)
            sum += bed_noise(12, t * BED_NUMBERS + c) * b->state.at[t * BED_WIDE + c];
    return sum;
}

static inline real bed_derive_loss(struct bed *b)
{
    real sum = 0;
    bed_derive(b);
    for (int i = 0; i < b->derives; i++)
        sum += b->derived[i] == BED_NOBODYS ? 0 : bed_noise(13, i) * b->derived[i];
    return sum;
}

/* Fills score with weights that no encoder made: noise, 0 past row[r]. */
static inline void bed_made_up_weights(struct bed *b)
{
    bed_fill(b->score, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j < b->panel.columns; j++)
            b->score[r * BED_SCORES + j] =
                j <= b->row[r] ? bed_noise(14, b->row[r] * BED_LONGEST + j) : 0;
}

/* The loss of `values` for the weights in score, which stay as they are. */
static inline real bed_values_loss(struct bed *b)
{
    real sum = 0;
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            b->o.at[r * BED_STRIDE + c] = 0;
    b->encoder->values(&b->view, &b->panel, b->scratch);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            sum += bed_noise(15, r * BED_WIDTH + c) * b->o.at[r * BED_STRIDE + c];
    return sum;
}

/* Returns the slope of `loss` in *x by central differences. */
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
            bed_is_slope(b, name, r, c, dx->at[i] - BED_EARLIER,
                         bed_slope(b, loss, &x->at[i]));
        }
}

static inline void bed_check_numbers(struct bed *b, real (*loss)(struct bed *b),
                                     struct bed_numbers *x, const struct bed_numbers *dx,
                                     int columns, const char *name)
{
    for (int t = 0; t < b->length; t++)
        for (int c = 0; c < columns; c++) {
            const int i = t * BED_WIDE + c;
            bed_is_slope(b, name, t, c, dx->at[i] - BED_EARLIER,
                         bed_slope(b, loss, &x->at[i]));
        }
}

/* Checks the gradients of the derived numbers, which are varied as if they were inputs. */
static inline void bed_check_derived(struct bed *b, real (*loss)(struct bed *b),
                                     const real *analytic)
{
    for (int i = 0; i < b->derives; i++)
        if (b->derived[i] != BED_NOBODYS)
            bed_is_slope(b, "dderived", 0, i, analytic[i] - BED_EARLIER,
                         bed_slope(b, loss, &b->derived[i]));
}

static inline void bed_check_weights(struct bed *b, real (*loss)(struct bed *b),
                                     real analytic[][BED_TENSOR])
{
    for (int t = 0; t < b->tensors; t++)
        for (int i = 0; i < bed_size(b, t); i++) {
            char name[64];
            snprintf(name, sizeof name, "grad of tensor %s", b->spec[t].name);
            bed_is_slope(b, name, i / b->spec[t].columns, i % b->spec[t].columns,
                         analytic[t][i] - BED_EARLIER,
                         bed_slope(b, loss, &b->weight[t][i]));
        }
}

/* Adds dq += alpha dscore k and dk += alpha dscore^T q, which attention adds around the
 * hooks. */
static inline void bed_content_grad(struct bed *b)
{
    const struct panel *p = &b->panel;
    if (b->encoder->content_grad) {
        b->encoder->content_grad(&b->view, p, b->scratch);
        return;
    }
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++)
            for (int c = 0; c < b->dims.head_dim; c++) {
                const real ds = p->alpha * b->dscore[r * BED_SCORES + j];
                b->dq.at[r * BED_STRIDE + c] += ds * b->k.at[j * BED_STRIDE + c];
                b->dk.at[j * BED_STRIDE + c] += ds * b->q.at[r * BED_STRIDE + c];
            }
}

/* Checks the gradients in b of all inputs and weights that the panel's logits depend on. */
static inline void bed_check_panel(struct bed *b, real (*loss)(struct bed *b))
{
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR], dderived[BED_DERIVED];
    memcpy(analytic, b->grad, sizeof analytic);
    memcpy(dderived, b->dderived, sizeof dderived);
    bed_check_matrix(b, loss, &b->q, &b->dq, b->panel.rows, "dq");
    bed_check_matrix(b, loss, &b->k, &b->dk, b->panel.columns, "dk");
    bed_check_matrix(b, loss, &b->v, &b->dv, b->panel.columns, "dv");
    bed_check_numbers(b, loss, &b->projected, &b->dprojected, b->projects, "dprojected");
    bed_check_numbers(b, loss, &b->state, &b->dstate, b->states, "dstate");
    bed_check_derived(b, loss, dderived);
    bed_check_weights(b, loss, analytic);
}

static inline void bed_check_score_gradients(struct bed *b)
{
    bed_names_panel_hooks(b);
    bed_score_grad(b, false);
    bed_content_grad(b);
    bed_check_panel(b, bed_score_loss);
}

static inline void bed_check_embed_gradients(struct bed *b)
{
    b->forward = ".embed", b->adjoint = ".embed_grad";
    const int n = b->length * b->dims.heads * b->dims.head_dim;
    real dx[BED_LONGEST * BED_CHANNELS], analytic[ENCODER_TENSORS_MAX][BED_TENSOR];
    for (int i = 0; i < n; i++)
        dx[i] = bed_noise(7, i);
    bed_clear_gradients(b);
    b->encoder->embed_grad(&b->view, b->length, b->place, dx);
    memcpy(analytic, b->grad, sizeof analytic);
    bed_check_weights(b, bed_embed_loss, analytic);
}

static inline void bed_check_turn(struct bed *b, bool keys, real (*loss)(struct bed *b))
{
    b->forward = ".rotate", b->adjoint = ".rotate_grad";
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR], dderived[BED_DERIVED];
    const struct bed_matrix before = b->q;
    const struct turn t = bed_turn(b, keys);
    b->encoder->rotate(&b->view, &t);
    bed_clear_gradients(b);
    bed_fill(b->dq.at, BED_LONGEST * BED_STRIDE, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++)
            b->dq.at[r * BED_STRIDE + c] = bed_noise(8, r * BED_WIDTH + c);
    b->encoder->rotate_grad(&b->view, &t);
    memcpy(analytic, b->grad, sizeof analytic);
    memcpy(dderived, b->dderived, sizeof dderived);
    b->q = before;
    for (int r = 0; r < b->panel.rows; r++)
        for (int c = 0; c < b->dims.head_dim; c++) {
            const int i = r * BED_STRIDE + c;
            bed_is_slope(b, keys ? "dx of keys" : "dx of queries", r, c, b->dq.at[i],
                         bed_slope(b, loss, &b->q.at[i]));
        }
    bed_check_numbers(b, loss, &b->projected, &b->dprojected, b->projects, "dprojected");
    bed_check_numbers(b, loss, &b->state, &b->dstate, b->states, "dstate");
    bed_check_derived(b, loss, dderived);
    bed_check_weights(b, loss, analytic);
}

static inline void bed_check_rotate_gradients(struct bed *b)
{
    bed_check_turn(b, false, bed_rotate_loss);
    bed_check_turn(b, true, bed_rotate_keys_loss);
}

static inline void bed_check_read_gradients(struct bed *b)
{
    b->forward = ".read", b->adjoint = ".read_grad";
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR], dderived[BED_DERIVED];
    const struct tokens t = bed_tokens(b);
    const int n = b->length * b->dims.heads * b->dims.head_dim;
    bed_read(b);
    bed_clear_gradients(b);
    for (int i = 0; i < b->length; i++)
        for (int c = 0; c < b->states; c++)
            b->dstate.at[i * BED_WIDE + c] = bed_noise(12, i * BED_NUMBERS + c);
    bed_fill(b->scratch, BED_SCRATCH, (real)NAN);
    b->encoder->read_grad(&b->view, &t, b->scratch);
    memcpy(analytic, b->grad, sizeof analytic);
    memcpy(dderived, b->dderived, sizeof dderived);
    for (int i = 0; i < n; i++)
        bed_is_slope(b, "dx", i / (n / b->length), i % (n / b->length),
                     b->dtokens[i] - BED_EARLIER,
                     bed_slope(b, bed_read_loss, &b->tokens[i]));
    bed_check_numbers(b, bed_read_loss, &b->projected, &b->dprojected, b->projects,
                      "dprojected");
    bed_check_derived(b, bed_read_loss, dderived);
    bed_check_weights(b, bed_read_loss, analytic);
    bed_read(b);
}

static inline void bed_check_derive_gradients(struct bed *b)
{
    b->forward = ".derive", b->adjoint = ".derive_grad";
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR];
    bed_derive(b);
    bed_clear_gradients(b);
    for (int i = 0; i < b->derives; i++)
        b->dderived[i] = b->derived[i] == BED_NOBODYS ? 0 : bed_noise(13, i);
    b->encoder->derive_grad(&b->view, b->length);
    memcpy(analytic, b->grad, sizeof analytic);
    bed_check_weights(b, bed_derive_loss, analytic);
    bed_derive(b);
}

static inline void bed_check_values_gradients(struct bed *b)
{
    b->forward = ".values", b->adjoint = ".values_grad";
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR], dderived[BED_DERIVED];
    bed_score(b);
    bed_made_up_weights(b);
    bed_clear_gradients(b);
    bed_fill(b->dscore, BED_LONGEST * BED_SCORES, BED_NOBODYS);
    for (int r = 0; r < b->panel.rows; r++) {
        bed_fill(b->dscore + (size_t)r * BED_SCORES, b->panel.columns, BED_EARLIER);
        for (int c = 0; c < b->dims.head_dim; c++)
            b->d_o.at[r * BED_STRIDE + c] = bed_noise(15, r * BED_WIDTH + c);
    }
    b->encoder->values_grad(&b->view, &b->panel, b->scratch);
    memcpy(analytic, b->grad, sizeof analytic);
    memcpy(dderived, b->dderived, sizeof dderived);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->row[r]; j++) {
            const int i = r * BED_SCORES + j;
            bed_is_slope(b, "dscore", r, j, b->dscore[i] - BED_EARLIER,
                         bed_slope(b, bed_values_loss, &b->score[i]));
        }
    bed_check_matrix(b, bed_values_loss, &b->q, &b->dq, b->panel.rows, "dq");
    bed_check_matrix(b, bed_values_loss, &b->k, &b->dk, b->panel.columns, "dk");
    bed_check_matrix(b, bed_values_loss, &b->v, &b->dv, b->panel.columns, "dv");
    bed_check_numbers(b, bed_values_loss, &b->projected, &b->dprojected, b->projects,
                      "dprojected");
    bed_check_numbers(b, bed_values_loss, &b->state, &b->dstate, b->states, "dstate");
    bed_check_derived(b, bed_values_loss, dderived);
    bed_check_weights(b, bed_values_loss, analytic);
}

static inline real bed_mix_loss(struct bed *b)
{
    real sum = 0;
    bed_mix(b);
    for (int h = 0; h < b->dims.heads; h++)
        for (int r = 0; r < b->panel.rows; r++)
            for (int j = 0; j <= b->row[r]; j++)
                sum += bed_noise(40 + h, b->row[r] * BED_LONGEST + j) *
                       b->mixed[h][r * BED_SCORES + j];
    return sum;
}

/* Writes dL/dlogit of the loss of `mix`, 0 past row[r]; the content's gradient, which the
 * adjoint adds to, starts as BED_EARLIER. */
static inline void bed_mix_loss_grad(struct bed *b, int h)
{
    bed_fill(b->dmixed[BED_LOGITS][h], BED_LONGEST * BED_SCORES, 0);
    bed_fill(b->dmixed[BED_CONTENT][h], BED_LONGEST * BED_SCORES, BED_EARLIER);
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j <= b->row[r]; j++)
            b->dmixed[BED_LOGITS][h][r * BED_SCORES + j] =
                bed_noise(40 + h, b->row[r] * BED_LONGEST + j);
}

/* Compares the gradients of one head's logits or content logits with central differences. */
static inline void bed_check_found(struct bed *b, int of, int h)
{
    const real earlier = of == BED_CONTENT ? BED_EARLIER : 0;
    for (int r = 0; r < b->panel.rows; r++)
        for (int j = 0; j < b->panel.columns; j++) {
            const int i = r * BED_SCORES + j;
            const real slope =
                j <= b->row[r] ? bed_slope(b, bed_mix_loss, &b->found[of][h][i]) : 0;
            bed_is_slope(b, of == BED_CONTENT ? "dcontent" : "dscore", r, j,
                         b->dmixed[of][h][i] - earlier, slope);
        }
}

static inline void bed_check_mix_gradients(struct bed *b)
{
    b->forward = b->encoder->carry ? ".mix and .pass_on" : ".mix";
    b->adjoint = ".mix_grad";
    real analytic[ENCODER_TENSORS_MAX][BED_TENSOR];
    bed_make_up_heads(b);
    bed_mix(b);
    bed_clear_gradients(b);
    for (int h = 0; h < b->dims.heads; h++)
        bed_mix_loss_grad(b, h);
    bed_mix_grad(b);
    memcpy(analytic, b->grad, sizeof analytic);
    for (int h = 0; h < b->dims.heads; h++) {
        bed_check_found(b, BED_LOGITS, h);
        bed_check_found(b, BED_CONTENT, h);
    }
    bed_check_weights(b, bed_mix_loss, analytic);
}

/* Checks the hooks that take a panel. */
static inline void bed_check_panel_gradients(struct bed *b)
{
    if (b->encoder->rotate)
        bed_check_rotate_gradients(b);
    if (b->encoder->score || b->encoder->content || b->encoder->weigh)
        bed_check_score_gradients(b);
    if (b->encoder->values)
        bed_check_values_gradients(b);
    if (b->encoder->mix)
        bed_check_mix_gradients(b);
}

/* Compares every hook of the encoder with central differences. */
static inline void bed_check_gradients(struct bed *b)
{
    if (b->encoder->embed)
        bed_check_embed_gradients(b);
    if (b->encoder->derive)
        bed_check_derive_gradients(b);
    if (b->encoder->read)
        bed_check_read_gradients(b);
    bed_check_panel_gradients(b);
}

#endif
