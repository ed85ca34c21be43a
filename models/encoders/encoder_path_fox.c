/* encoder_path_fox.c -- PaTH with FoX's gates: tokens reflect keys and make them fade.
 *
 *     logit[i][j] = alpha k_j^T H_{j+1} ... H_i q_i + by sum_{t=j+1..i} ln f_t,   j <= i
 *     H_t = I - beta_t w_t w_t^T,   f_t = sigma(v_h . x_t + c_h)
 *
 * beta and w are those of `path`, f that of `fox`. by is 1, as the paper prints it, or, with
 * gate_scaled, alpha, as in the authors' code for training and decoding.
 *
 * Why: the form that the paper uses for language; gates limit how many reflections add up.
 *
 * The sum path+fox has the same logits. This is one encoder with one name and one set of
 * options, to which a sum may add further parts.
 *
 * Source: Yang et al. 2025, arXiv:2505.16381v2, section 2.2, and the authors' code (fla,
 * layers/path_attn.py: gates with bias, decoding with do_gate_scale).
 * Check: beta = 0 and f = 1/2: a slope of ln 2; c large: path. */
#include "encoder.h"

#include "forget.h"
#include "path_walk.h"

enum { TAU_MIN = PATH_BETA_START + 1, TAU_MAX, GATE_SCALED };

static const struct option options[] = {
    PATH_OPTIONS,
    FORGET_OPTIONS(TAU_MIN, TAU_MAX),
    [GATE_SCALED] = {.name = "gate_scaled",
                     .type = OPTION_BOOL,
                     .dflt = 0,
                     .help = "divide the sum of gates by sqrt(d) like content logits"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)d;
    return forget_check("path_fox", o->v[TAU_MIN], o->v[TAU_MAX], e);
}

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return path_flops(d, o, load) + token_gates_flops(d, load->tokens) +
           d->heads * load->pairs;
}

/* --- the gates' tensors and state columns follow those of path ------------------------- */

/* Returns how many tensors path has. */
static int own_tensors(const struct encoder_dims *d, const struct option_values *o)
{
    struct tensor_spec spec[ENCODER_TENSORS_MAX];
    return path_tensors(d, o, spec);
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int n = path_tensors(d, o, out);
    return n + token_gates_tensors(d, o, out + n);
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const int gates = own_tensors(d, o);
    if (tensor < gates)
        path_start(d, o, tensor, w);
    else if (tensor == gates + 1)
        forget_start(d->heads, o->v[TAU_MIN], o->v[TAU_MAX], w);
}

static int state(const struct encoder_dims *d, const struct option_values *o)
{
    return path_state(d, o) + token_gates_state(d, o);
}

static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    const size_t path = path_read_scratch(d, o, T), gates = token_gates_scratch(d, o, T);
    return path > gates ? path : gates;
}

/* gates_view and gates_tokens return the view and the tokens that token_gates.h expects. */
static struct encoder_view gates_view(const struct encoder_view *e)
{
    const int n = own_tensors(e->dims, e->options);
    struct encoder_view v = *e;
    for (int i = 0; i < 2; i++) {
        v.weight[i] = e->weight[n + i];
        v.grad[i] = e->grad[n + i];
    }
    return v;
}

static struct tokens gates_tokens(const struct encoder_view *e, const struct tokens *t)
{
    const int column = path_state(e->dims, e->options);
    struct tokens of = *t;
    of.state.at += column;
    if (of.dstate.at)
        of.dstate.at += column;
    return of;
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct encoder_view v = gates_view(e);
    const struct tokens of = gates_tokens(e, t);
    path_read(e, t, room);
    token_gates_read(&v, &of, room);
}

static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct encoder_view v = gates_view(e);
    const struct tokens of = gates_tokens(e, t);
    token_gates_read_grad(&v, &of, room);
    path_read_grad(e, t, room);
}

/* --- logits ---------------------------------------------------------------------------- */

/* Scratch holds that of the walk, then one number per key for the sums of gates. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    return path_scratch(d, o, rows, columns) + (size_t)columns;
}

static real *sums(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    return scratch + path_scratch(e->dims, e->options, p->rows, p->columns);
}

static int gate_column(const struct encoder_view *e, const struct panel *p)
{
    return path_state(e->dims, e->options) + p->head;
}

static real factor(const struct encoder_view *e, const struct panel *p)
{
    return e->options->v[GATE_SCALED] != 0 ? p->alpha : 1;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    forget_score(p, gate_column(e, p), factor(e, p), sums(e, p, scratch));
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    forget_score_grad(p, gate_column(e, p), factor(e, p), sums(e, p, scratch));
}

static void inspect(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out)
{
    (void)scratch;
    forget_inspect(p, gate_column(e, p), factor(e, p), plane, out);
}

const struct encoder encoder_path_fox = {
    .name = "path_fox",
    .version = 1,
    .summary =
        "PaTH-FoX: reflections made of the tokens between, and gates that make keys fade",
    .source = "Yang et al. 2025, arXiv:2505.16381v2, section 2.2, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .once = ONCE_TURN | ONCE_FORGET,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .scratch = scratch_size,
    .content = path_content,
    .content_grad = path_content_grad,
    .score = score,
    .score_grad = score_grad,
    .fades = true,
    .planes = forget_planes,
    .inspect = inspect,
};
