#include "dropout.h"

#include "rng.h"

struct dropout_site dropout_site(const struct dropout_step *s, const char *name, int layer,
                                 int head, int width)
{
    struct dropout_site d = {.p = s->p, .width = (width + 7) / 8 * 8};
    if (s->p > 0.0) {
        /* Only the key and the counter of the stream are used; no number is drawn from it. */
        const uint64_t site = ((uint64_t)(layer + 1) << 16) + (uint64_t)(head + 1);
        const struct rng r =
            rng_stream(s->seed, RNG_DROPOUT, name, site << 32 | (uint32_t)s->step);
        d.key = (struct mask_key){
            .key = {r.key[0], r.key[1]},
            .counter = {r.counter[1], r.counter[2], r.counter[3]},
        };
    }
    return d;
}

void dropout_rows(const struct dropout_site *site, uint64_t first_row, int rows, int n,
                  struct rows x)
{
    if (site->p <= 0.0)
        return;
    const struct kernels *k = kernels_get();
    for (int r = 0; r < rows; r++)
        k->dropout((size_t)n, &site->key, (first_row + (uint64_t)r) * (uint64_t)site->width,
                   site->p, row_of(x, r));
}
