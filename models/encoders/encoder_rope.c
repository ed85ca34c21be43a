/* encoder_rope.c -- rotary encoding: pairs of channels turn with the position.
 *
 * Pair m of a query or key at position t turns by the angle
 *     phi(t, m) = t base^(-2m/R),   0 <= m < R/2,   R = fraction d channels
 *     (a, b) -> (a cos phi - b sin phi, a sin phi + b cos phi)
 * so that q_i . k_j depends on the positions only through i - j. The other d - R channels and
 * the values stay as they are.
 *
 * Layout `adjacent` pairs channels (2m, 2m + 1) as the paper does, `halves` pairs
 * (m, m + R/2) as many released models do. The two are one function class: a permutation
 * of channels turns one into the other, but their weights do not mix.
 *
 * Why: the usual encoding of language models today, and a baseline of the CoPE paper.
 *
 * Only the floor(p R/2) fastest of the R/2 pairs turn (fastest: p, p-RoPE); the others are
 * channels for content that distance does not change. A smaller `fraction` squeezes the whole
 * range of angles into fewer pairs, a smaller p leaves out the slow ones. `clipped` is softer:
 * the k slowest angles are multiplied by (1 + cos(pi t / (k - 1))) / 2, t = 0 .. k - 1. With
 * learned frequencies each layer has its own angles, which start as above; in one dimension a
 * matrix exponential of the position (LieRE, STRING) is the same.
 *
 * Scaling by a factor s stretches the trained length L, usually at test on weights that were
 * trained without it (posbench eval --encoder scaling=yarn --encoder factor=4):
 *     pi     t / s instead of t
 *     ntk    base s^(R/(R-2)) instead of base: the slowest pair as in pi, the fastest as is
 *     yarn   pi for pairs that turn less than once within L, none for those that turn more
 *            than 32 times, a ramp between (linear in m, as in the authors' code), and cos
 *            and sin times 0.1 ln s + 1
 *     dynamic  ntk by s T / L - (s - 1) for a sequence of T > L tokens; others as trained
 *
 * Source: Su et al. 2021, arXiv:2104.09864v5, eq. 15, applied as in eq. 34. Chen et al. 2023,
 * arXiv:2306.15595 (pi); Peng et al. 2023, arXiv:2309.00071 and its code (ntk, yarn, dynamic).
 * Barbero et al. 2024, arXiv:2410.06205 (p-RoPE); arXiv:2602.05258 and its code (clipped).
 * Check: base 10000, R 4, t 1: pair 0 turns by 1 radian, pair 1 by 0.01. */
#include "encoder.h"

#include "rotary.h"

static const struct option options[] = {
    ROTARY_OPTIONS(1),
    ROTARY_CLIPPED_OPTION,
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    return rotary_resolve("rope", d, o, e);
}

const struct encoder encoder_rope = {
    .name = "rope",
    .version = 1,
    .summary = "pairs of query and key channels turn by an angle that grows with position",
    .source = "Su et al. 2021, arXiv:2104.09864v5, eq. 15",
    .options = options,
    .resolve = resolve,
    ROTARY_HOOKS,
};
