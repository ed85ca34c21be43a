/* encoder_p_rope.c -- RoPE whose slow pairs do not turn: channels for content alone.
 *
 *     phi(t, m) = t base^(-2m/R)   for m < floor(p R/2), the fastest pairs; 0 for the others
 *
 * It is rope with fastest = 3/4 instead of 1, under the name that papers give it. It has the
 * code and options of rope except the taper, which also acts on the slow pairs. p = 1 is rope,
 * p = 0 is none. A smaller `fraction` of rope is something else: it squeezes all frequencies
 * into fewer pairs, also the slow ones.
 *
 * Why: slow pairs carry content, which their rotation distorts at distances beyond training;
 * pairs that do not turn cannot drift. Released models train with p = 1/4.
 *
 * Source: Barbero et al. 2024, arXiv:2410.06205, which finds 3/4 better than 1; transformers
 * calls it rope_type proportional.
 * Check: d 8, p 3/4, t 1: pairs turn by 1, 0.1, 0.01 and 0 radians. */
#include "encoder.h"

#include "rotary.h"

static const struct option options[] = {
    ROTARY_OPTIONS(0.75),
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    return rotary_resolve("p_rope", d, o, e);
}

const struct encoder encoder_p_rope = {
    .name = "p_rope",
    .version = 1,
    .summary = "RoPE whose slow pairs keep still: only the fastest share of pairs turns",
    .source = "Barbero et al. 2024, arXiv:2410.06205",
    .options = options,
    .resolve = resolve,
    ROTARY_HOOKS,
};
