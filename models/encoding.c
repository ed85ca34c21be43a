/* encoding.c -- the loops over the parts of a sum, in the order of encoder.h's hooks.
 *
 * Set-up finds the offsets of each part's tensors, constants, derived numbers and columns of
 * `state` and `projected`. Every later call gives a part its own piece of these
 * (encoding_view, tokens_of) and calls its hook. In reading, rotation and panels the adjoints
 * run over the parts in the opposite order.
 * Pitfall: a part without a hook is skipped silently. So is a part in a layer that it does not
 * act in: there `acting` returns an encoder without hooks. */
#include "encoding.h"

#include <assert.h>
#include <string.h>

#include "rng.h"

enum { PAD = 16 }; /* each part's derived numbers start on a cache line */

static const struct encoder_part *part_at(const struct model *m, int part)
{
    return &m->config.encoders.part[part];
}

static int parts(const struct model *m)
{
    return m->config.encoders.parts;
}

/* Returns the part's encoder if the part acts in `layer`, else an encoder without hooks. */
static const struct encoder *acting(const struct model *m, int part, int layer)
{
    static const struct encoder none = {.name = "none"};
    const struct encoder_part *p = part_at(m, part);
    return !m->dropped && layer_set_has(&p->layers, layer) ? p->encoder : &none;
}

void encoding_drop(struct model *m, bool dropped)
{
    m->dropped = dropped;
}

/* --- set-up -------------------------------------------------------------- */

static bool has_layer_tensors(const struct model *m, const struct encoder_part *p)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    const int n =
        p->encoder->tensors ? p->encoder->tensors(&m->dims, &p->options, spec) : 0;
    for (int i = 0; i < n; i++)
        if (spec[i].per_layer)
            return true;
    return false;
}

static void describe_derived(struct model *m, int part)
{
    const struct encoder_part *p = part_at(m, part);
    const size_t n = p->encoder->derived ? p->encoder->derived(&m->dims, &p->options) : 0;
    struct derived_layout *out = &m->derived_layout[part];
    out->at = m->derived_size;
    out->size = (n + PAD - 1) / PAD * PAD;
    out->per_layer = has_layer_tensors(m, p);
    m->derived_size += out->size * (size_t)(out->per_layer ? m->config.layers : 1);
}

void encoding_describe(struct model *m)
{
    for (int part = 0; part < parts(m); part++) {
        const struct encoder_part *p = part_at(m, part);
        m->state_at[part] = m->state_width;
        if (p->encoder->state)
            m->state_width += p->encoder->state(&m->dims, &p->options);
        describe_derived(m, part);
    }
    for (int l = 0; l < m->config.layers; l++) {
        int at = 0;
        for (int part = 0; part < parts(m); part++) {
            const struct encoder *e = acting(m, part, l);
            m->layer[l].encoder[part].projected = at;
            if (e->project)
                at += e->project(&m->dims, &part_at(m, part)->options);
        }
        m->layer[l].projected = at;
    }
}

int encoding_project(const struct model *m, int layer)
{
    return m->layer[layer].projected;
}

static void part_tensors(struct model *m, int part, int layer, encoding_add add,
                         void *context)
{
    const struct encoder_part *p = part_at(m, part);
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    if (!p->encoder->tensors || (layer >= 0 && !layer_set_has(&p->layers, layer)))
        return;
    const int n = p->encoder->tensors(&m->dims, &p->options, spec);
    assert(n <= ENCODER_TENSORS_MAX);
    m->encoder_tensors[part] = n;
    for (int i = 0; i < n; i++) {
        if (spec[i].per_layer != (layer >= 0))
            continue;
        const size_t offset = add(context, p->encoder->name, layer, &spec[i]);
        for (int l = 0; l < m->config.layers; l++)
            if (layer < 0 || l == layer)
                m->layer[l].encoder[part].tensor[i] = offset;
    }
}

void encoding_tensors(struct model *m, int layer, encoding_add add, void *context)
{
    for (int part = 0; part < parts(m); part++)
        part_tensors(m, part, layer, add, context);
}

static size_t constants_size(const struct model *m, int part)
{
    const struct encoder_part *p = part_at(m, part);
    return p->encoder->constants ? p->encoder->constants(&m->dims, &p->options) : 0;
}

size_t encoding_constants_size(const struct model *m)
{
    size_t total = 0;
    for (int part = 0; part < parts(m); part++)
        total += constants_size(m, part);
    return total;
}

void encoding_fill_constants(struct model *m)
{
    real *at = m->constants_memory;
    for (int part = 0; part < parts(m); part++) {
        const struct encoder_part *p = part_at(m, part);
        const size_t n = constants_size(m, part);
        m->constants[part] = n ? at : NULL;
        if (n)
            p->encoder->fill_constants(&m->dims, &p->options, at);
        at += n;
    }
}

typedef void (*weight_hook)(const struct encoder_dims *d, const struct option_values *o,
                            int tensor, real *w);

/* Calls the hook once for each tensor of the part, also when several layers share it. */
static void each_weight(struct model *m, int part, weight_hook hook)
{
    const struct encoder_part *p = part_at(m, part);
    for (int i = 0; hook && i < m->encoder_tensors[part]; i++) {
        size_t last = NO_TENSOR;
        for (int l = 0; l < m->config.layers; l++) {
            const size_t at = m->layer[l].encoder[part].tensor[i];
            if (!layer_set_has(&p->layers, l) || at == last)
                continue;
            hook(&m->dims, &p->options, i, m->weights + at);
            last = at;
        }
    }
}

void encoding_start(struct model *m)
{
    for (int part = 0; part < parts(m); part++)
        each_weight(m, part, part_at(m, part)->encoder->start);
}

void encoding_confine(struct model *m)
{
    for (int part = 0; part < parts(m); part++)
        each_weight(m, part, part_at(m, part)->encoder->confine);
}

static double layer_flops(const struct encoder_part *p, const struct encoder_dims *d,
                          const struct encoder_load *load)
{
    const struct encoder *e = p->encoder;
    const double projected =
        e->project ? 2.0 * dims_channels(d) * e->project(d, &p->options) : 0;
    return projected * load->tokens + (e->flops ? e->flops(d, &p->options, load) : 0);
}

double encoding_flops(const struct model_config *c, const struct encoder_load *full,
                      const struct encoder_load *last)
{
    const struct encoder_dims d = model_dims(c);
    double sum = 0;
    for (int i = 0; i < c->encoders.parts; i++) {
        const struct encoder_part *p = &c->encoders.part[i];
        if (p->encoder->read_once_flops)
            sum += p->encoder->read_once_flops(&d, &p->options, full->tokens);
        for (int l = 0; l < c->layers; l++)
            if (layer_set_has(&p->layers, l))
                sum += layer_flops(p, &d, l == c->layers - 1 ? last : full);
    }
    return sum;
}

/* --- derived numbers ----------------------------------------------------- */

static size_t derived_offset(const struct model *m, int part, int layer)
{
    const struct derived_layout *y = &m->derived_layout[part];
    return y->at + (y->per_layer ? (size_t)layer * y->size : 0);
}

struct encoder_view encoding_view(const struct model *m, int part, int layer, real *grad)
{
    struct encoder_view v = {.dims = &m->dims,
                             .options = &part_at(m, part)->options,
                             .layer = layer,
                             .constants = m->constants[part]};
    for (int i = 0; i < m->encoder_tensors[part]; i++) {
        const size_t offset = m->layer[layer].encoder[part].tensor[i];
        v.weight[i] = m->weights + offset;
        v.grad[i] = grad ? grad + offset : NULL;
    }
    if (m->derived_layout[part].size) {
        v.derived = m->derived + derived_offset(m, part, layer);
        v.dderived = grad ? grad + m->size + derived_offset(m, part, layer) : NULL;
    }
    return v;
}

/* Returns true if the part computes derived numbers in `layer`: in each layer that it acts in,
 * or only in the first if all layers share them. */
static bool derives_in(const struct model *m, int part, int layer)
{
    const struct encoder_part *p = part_at(m, part);
    bool first = true;
    for (int l = 0; l < layer; l++)
        first &= !layer_set_has(&p->layers, l);
    return layer_set_has(&p->layers, layer) && p->encoder->derive &&
           (first || m->derived_layout[part].per_layer);
}

void encoding_derive(struct model *m, int T)
{
    for (int part = 0; m->derived_size && part < parts(m); part++)
        for (int l = 0; l < m->config.layers; l++)
            if (derives_in(m, part, l)) {
                const struct encoder_view v = encoding_view(m, part, l, NULL);
                part_at(m, part)->encoder->derive(&v, T,
                                                  m->derived + derived_offset(m, part, l));
            }
}

void encoding_derive_grad(const struct model *m, int T, real *grad)
{
    for (int part = 0; m->derived_size && part < parts(m); part++)
        for (int l = 0; l < m->config.layers; l++)
            if (derives_in(m, part, l)) {
                const struct encoder_view v = encoding_view(m, part, l, grad);
                part_at(m, part)->encoder->derive_grad(&v, T);
            }
}

/* --- places -------------------------------------------------------------- */

bool encoding_places_are_rows(const struct model *m)
{
    for (int part = 0; part < parts(m); part++)
        if (part_at(m, part)->encoder->place)
            return false;
    return true;
}

void encoding_place(const struct model *m, const struct placing_key *key, int sequence,
                    int T, int *place)
{
    const bool training = key->step >= 0;
    const uint64_t step = training ? (uint64_t)key->step : 0;
    const uint64_t number = key->first + (uint64_t)sequence;
    const char *sample = training ? "training/sample" : "evaluation/sample";
    const char *batch = training ? "training/batch" : "evaluation/batch";
    for (int t = 0; t < T; t++)
        place[t] = t;
    for (int part = 0; part < parts(m); part++) {
        const struct encoder_part *p = part_at(m, part);
        if (!p->encoder->place)
            continue;
        const struct placing by = {
            .training = training,
            .sample = rng_stream(key->seed, RNG_PLACES, sample, step << 32 ^ number),
            .batch = rng_stream(key->seed, RNG_PLACES, batch, step),
        };
        p->encoder->place(&m->dims, &p->options, &by, T, place);
    }
}

void encoding_embed(const struct model *m, int T, const int *place, real *x)
{
    for (int part = 0; !m->dropped && part < parts(m); part++) {
        const struct encoder_view v = encoding_view(m, part, 0, NULL);
        const struct encoder *e = part_at(m, part)->encoder;
        if (e->embed)
            e->embed(&v, T, place, x);
    }
}

void encoding_embed_grad(const struct model *m, int T, const int *place, const real *dx,
                         real *grad)
{
    for (int part = 0; !m->dropped && part < parts(m); part++) {
        const struct encoder_view v = encoding_view(m, part, 0, grad);
        const struct encoder *e = part_at(m, part)->encoder;
        if (e->embed_grad)
            e->embed_grad(&v, T, place, dx);
    }
}

/* --- numbers of a token -------------------------------------------------- */

static struct rows columns_of(struct rows x, int first)
{
    return (struct rows){x.at ? x.at + first : NULL, x.stride};
}

bool encoding_reads(const struct model *m)
{
    for (int part = 0; part < parts(m); part++)
        if (part_at(m, part)->encoder->read)
            return true;
    return false;
}

size_t encoding_room(const struct model *m)
{
    size_t most = 0;
    for (int part = 0; part < parts(m); part++) {
        const struct encoder_part *p = part_at(m, part);
        const size_t n =
            p->encoder->read_scratch
                ? p->encoder->read_scratch(&m->dims, &p->options, m->config.longest)
                : 0;
        most = n > most ? n : most;
    }
    return most;
}

static struct tokens tokens_of(const struct encoding_tokens *t, int part)
{
    const int projected = t->model->layer[t->layer].encoder[part].projected;
    const int state = t->model->state_at[part];
    return (struct tokens){
        .count = t->count,
        .place = t->place,
        .x = t->x,
        .projected = columns_of(t->projected, projected),
        .state = columns_of(t->state, state),
        .dx = t->dx,
        .dprojected = columns_of(t->dprojected, projected),
        .dstate = columns_of(t->dstate, state),
    };
}

/* Returns the first layer that the part acts in. */
static int first_layer(const struct model *m, int part)
{
    int l = 0;
    while (l < m->config.layers - 1 && !layer_set_has(&part_at(m, part)->layers, l))
        l++;
    return l;
}

/* Returns true if this layer takes its state from the layer below instead of reading. */
static bool has_read_below(const struct model *m, int part, int layer)
{
    return part_at(m, part)->encoder->reads_once && layer > first_layer(m, part);
}

/* Returns the number of the part's state columns. */
static int state_columns(const struct model *m, int part)
{
    const int next = part + 1 < parts(m) ? m->state_at[part + 1] : m->state_width;
    return next - m->state_at[part];
}

static void take_below(const struct encoding_tokens *t, int part)
{
    const size_t columns = (size_t)state_columns(t->model, part) * sizeof(real);
    const struct rows to = columns_of(t->state, t->model->state_at[part]);
    const struct rows from = columns_of(t->below, t->model->state_at[part]);
    assert(to.at && from.at);
    for (int i = 0; i < t->count; i++)
        memcpy(row_of(to, i), row_of(from, i), columns);
}

void encoding_read(const struct encoding_tokens *t)
{
    for (int part = 0; part < parts(t->model); part++) {
        const struct encoder *e = acting(t->model, part, t->layer);
        if (!t->model->dropped && has_read_below(t->model, part, t->layer)) {
            take_below(t, part);
            continue;
        }
        if (!e->read)
            continue;
        const struct encoder_view v = encoding_view(t->model, part, t->layer, NULL);
        const struct tokens of = tokens_of(t, part);
        e->read(&v, &of, t->room);
    }
}

void encoding_read_grad(const struct encoding_tokens *t)
{
    for (int part = parts(t->model) - 1; part >= 0; part--) {
        const struct encoder *e = acting(t->model, part, t->layer);
        if (!e->read_grad || has_read_below(t->model, part, t->layer))
            continue;
        const struct encoder_view v = encoding_view(t->model, part, t->layer, t->grad);
        const struct tokens of = tokens_of(t, part);
        e->read_grad(&v, &of, t->room);
    }
}

void encoding_clear_dstate(const struct model *m, int layer, size_t rows, real *dstate)
{
    const size_t width = (size_t)m->state_width;
    for (int part = 0; part < parts(m); part++) {
        const size_t columns = (size_t)state_columns(m, part) * sizeof(real);
        const bool keeps =
            part_at(m, part)->encoder->reads_once && layer < m->config.layers - 1;
        for (size_t t = 0; columns && !keeps && t < rows; t++)
            memset(dstate + t * width + m->state_at[part], 0, columns);
    }
}

/* --- rotation ------------------------------------------------------------ */

static void turn_part(const struct encoding_tokens *t, int part, const struct turn *turn,
                      struct rows x, struct rows dx)
{
    const struct encoder *e = acting(t->model, part, t->layer);
    const int d = t->model->dims.head_dim;
    if (!e->rotate)
        return;
    const struct encoder_view v = encoding_view(t->model, part, t->layer, t->grad);
    const struct tokens of = tokens_of(t, part);
    struct turn one = *turn;
    one.tokens = t->count;
    one.projected = of.projected;
    one.state = of.state;
    one.dprojected = of.dprojected;
    one.dstate = of.dstate;
    for (int h = 0; h < t->model->config.heads; h++) {
        one.head = h;
        one.x = columns_of(x, h * d);
        one.dx = columns_of(dx, h * d);
        (dx.at ? e->rotate_grad : e->rotate)(&v, &one);
    }
}

void encoding_rotate(const struct encoding_tokens *t, const struct turn *turn,
                     struct rows x)
{
    for (int part = 0; part < parts(t->model); part++)
        turn_part(t, part, turn, x, (struct rows){0});
}

void encoding_rotate_grad(const struct encoding_tokens *t, const struct turn *turn,
                          struct rows x, struct rows dx)
{
    for (int part = parts(t->model) - 1; part >= 0; part--)
        turn_part(t, part, turn, x, dx);
}

/* --- panels -------------------------------------------------------------- */

size_t encoding_scratch(const struct model *m, int part, int rows, int columns)
{
    const struct encoder_part *p = part_at(m, part);
    return part < parts(m) && p->encoder->scratch
               ? p->encoder->scratch(&m->dims, &p->options, rows, columns)
               : 0;
}

bool encoding_fades(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->fades)
            return true;
    return false;
}

bool encoding_has_content(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->content)
            return true;
    return false;
}

bool encoding_has_weigh(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->weigh)
            return true;
    return false;
}

bool encoding_has_values(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->values)
            return true;
    return false;
}

bool encoding_has_mix(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->mix)
            return true;
    return false;
}

bool encoding_adds(const struct model *m, int layer)
{
    for (int part = 0; part < parts(m); part++)
        if (acting(m, part, layer)->score)
            return true;
    return false;
}

size_t encoding_mix_scratch(const struct model *m, int rows, int columns)
{
    size_t most = 0;
    for (int part = 0; part < parts(m); part++) {
        const struct encoder_part *p = part_at(m, part);
        if (p->encoder->mix)
            most = p->encoder->mix_scratch(&m->dims, &p->options, rows, columns);
    }
    return most;
}

void encoding_mix(const struct encoding_tokens *t, const struct panel *p, real *scratch)
{
    for (int part = 0; part < parts(t->model); part++) {
        const struct encoder_view v = encoding_view(t->model, part, t->layer, NULL);
        if (acting(t->model, part, t->layer)->mix)
            part_at(t->model, part)->encoder->mix(&v, p, scratch);
    }
}

void encoding_mix_grad(const struct encoding_tokens *t, const struct panel *p,
                       real *scratch)
{
    for (int part = 0; part < parts(t->model); part++) {
        const struct encoder_view v = encoding_view(t->model, part, t->layer, t->grad);
        if (acting(t->model, part, t->layer)->mix)
            part_at(t->model, part)->encoder->mix_grad(&v, p, scratch);
    }
}

bool encoding_carries(const struct model_config *c, int layer)
{
    for (int i = 0; i < c->encoders.parts; i++)
        if (c->encoders.part[i].encoder->carry &&
            layer_set_has(&c->encoders.part[i].layers, layer))
            return true;
    return false;
}

size_t encoding_carry(const struct model *m, int layer, int columns)
{
    size_t most = 0;
    for (int part = 0; part < parts(m); part++) {
        const struct encoder *e = acting(m, part, layer);
        if (e->carry)
            most = e->carry(&m->dims, &part_at(m, part)->options, columns);
    }
    return most;
}

void encoding_pass_on(const struct encoding_tokens *t, const struct panel *p, real *carry)
{
    for (int part = 0; part < parts(t->model); part++) {
        const struct encoder_view v = encoding_view(t->model, part, t->layer, NULL);
        if (acting(t->model, part, t->layer)->pass_on)
            part_at(t->model, part)->encoder->pass_on(&v, p, carry);
    }
}

typedef void (*panel_hook)(const struct encoder_view *e, const struct panel *p,
                           real *scratch);

/* Returns the panel with the numbers of one part filled in. */
static struct panel panel_of(const struct encoding_panel *x, int part)
{
    const struct tokens of = tokens_of(x->tokens, part);
    struct panel p = x->p;
    p.projected = of.projected;
    p.state = of.state;
    p.dprojected = of.dprojected;
    p.dstate = of.dstate;
    return p;
}

static void on_panel(const struct encoding_panel *x, int part, panel_hook hook)
{
    const struct encoding_tokens *t = x->tokens;
    if (!hook)
        return;
    const struct encoder_view v = encoding_view(t->model, part, t->layer, t->grad);
    const struct panel p = panel_of(x, part);
    hook(&v, &p, x->scratch[part]);
}

bool encoding_inspect(const struct encoding_panel *x, int part, int plane, struct rows out)
{
    const struct encoding_tokens *t = x->tokens;
    const struct encoder *e = acting(t->model, part, t->layer);
    if (!e->inspect)
        return false;
    const struct encoder_view v = encoding_view(t->model, part, t->layer, NULL);
    const struct panel p = panel_of(x, part);
    e->inspect(&v, &p, x->scratch[part], plane, out);
    return true;
}

/* Forward hooks run over the parts in order, adjoints in the opposite order. */
#define FORWARD(hook)                                                  \
    void encoding_##hook(const struct encoding_panel *x)               \
    {                                                                  \
        const struct encoding_tokens *t = x->tokens;                   \
        for (int part = 0; part < parts(t->model); part++)             \
            on_panel(x, part, acting(t->model, part, t->layer)->hook); \
    }
#define ADJOINT(hook)                                                         \
    void encoding_##hook##_grad(const struct encoding_panel *x)               \
    {                                                                         \
        const struct encoding_tokens *t = x->tokens;                          \
        for (int part = parts(t->model) - 1; part >= 0; part--)               \
            on_panel(x, part, acting(t->model, part, t->layer)->hook##_grad); \
    }

FORWARD(content)
ADJOINT(content)
FORWARD(score)
ADJOINT(score)
FORWARD(weigh)
ADJOINT(weigh)
FORWARD(values)
ADJOINT(values)
