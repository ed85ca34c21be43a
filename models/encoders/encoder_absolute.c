/* encoder_absolute.c -- one learned vector for each position, added to the embeddings.
 *
 *     x_t += E[t],   E [rows, C] ~ N(0, 1/C),   0 <= t < T
 *
 * Why: the baseline of the CoPE paper, and GPT-2's encoding.
 *
 * Training does not reach positions past the trained length. `beyond` chooses what they get:
 * rows that exist up to the longest split but keep their random start (the paper's numbers
 * on longer splits are of that kind), or no value at all.
 *
 * Source: Golovneva et al. 2024, arXiv:2405.18719v2, baseline "Absolute PE", with the
 * start of its released code; Gehring et al. 2017, arXiv:1705.03122. */
#include "encoder.h"

#include <assert.h>
#include <math.h>

#include "kernels.h"

enum { BEYOND };
enum { BEYOND_UNTRAINED, BEYOND_UNDEFINED };

static const char *const beyond_choices[] = {
    [BEYOND_UNTRAINED] = "untrained",
    [BEYOND_UNDEFINED] = "undefined",
    NULL,
};

static const struct option options[] = {
    [BEYOND] = {.name = "beyond",
                .type = OPTION_CHOICE,
                .dflt = BEYOND_UNTRAINED,
                .choices = beyond_choices,
                .help = "past the trained length: rows never trained, or no value (n/a)"},
    {0},
};

/* Returns the rows of E. If a part chooses places, training reaches all of them. */
static int rows(const struct encoder_dims *d, const struct option_values *o)
{
    return o->v[BEYOND] == BEYOND_UNDEFINED && !d->placed ? d->trained_length : d->places;
}

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    if (d->placed)
        return REACH_DEFINED;
    return o->v[BEYOND] == BEYOND_UNDEFINED ? REACH_UNDEFINED : REACH_UNTRAINED;
}

/* The table has weight decay, since PyTorch's AdamW decays all parameters by default. */
static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int C = d->heads * d->head_dim;
    out[0] = (struct tensor_spec){
        .name = "table",
        .rows = rows(d, o),
        .columns = C,
        .init = INIT_NORMAL,
        .scale = 1.0 / sqrt(C),
        .decay = true,
    };
    return 1;
}

static size_t row_at(const struct encoder_view *e, int place)
{
    assert(place < rows(e->dims, e->options));
    return (size_t)place * (size_t)e->dims->heads * (size_t)e->dims->head_dim;
}

static void embed(const struct encoder_view *e, int T, const int *place, real *x)
{
    const size_t C = (size_t)e->dims->heads * (size_t)e->dims->head_dim;
    for (int t = 0; t < T; t++)
        kernels_get()->add(C, e->weight[0] + row_at(e, place[t]), x + (size_t)t * C);
}

static void embed_grad(const struct encoder_view *e, int T, const int *place,
                       const real *dx)
{
    const size_t C = (size_t)e->dims->heads * (size_t)e->dims->head_dim;
    for (int t = 0; t < T; t++)
        kernels_get()->add(C, dx + (size_t)t * C, e->grad[0] + row_at(e, place[t]));
}

const struct encoder encoder_absolute = {
    .name = "absolute",
    .version = 1,
    .summary = "a learned vector for each position, added to the embeddings",
    .source = "Golovneva et al. 2024, arXiv:2405.18719v2, baseline; Gehring et al. 2017",
    .options = options,
    .reach = reach,
    .tensors = tensors,
    .takes_places = true,
    .embed = embed,
    .embed_grad = embed_grad,
};
