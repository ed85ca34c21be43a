/* rng.h -- counter-based random numbers.
 *
 * Philox4x32-10 (Salmon et al., SC 2011; Debian's librandom123-dev). A stream is
 * a value, a pure function of (seed, purpose, name, index): sample 17 is the same
 * in any order, batch, thread or process, and there is no state to save.
 *
 *     key     = seed (64 bits)
 *     counter = { block, index low, index high, purpose (4 bits) | name hash (28 bits) }
 *
 * The purpose has its own bits, so streams of training, splits, weights, dropout and shuffling
 * never coincide, whatever their names are. */
#ifndef RNG_H
#define RNG_H

#include <stdbool.h>
#include <stdint.h>

enum rng_purpose {
    RNG_TRAIN = 1, /* training samples; name = task */
    RNG_SPLIT,     /* evaluation samples; name = "task/split" */
    RNG_WEIGHTS,   /* initial weights; name = tensor */
    RNG_DROPOUT,   /* dropout masks; name = site */
    RNG_SHUFFLE,   /* order of a finite training set */
    RNG_TEST,      /* tests and benchmarks */
    RNG_BOOTSTRAP, /* bootstrap samples; name = statistic */
    RNG_PLACES     /* places that an encoder chooses; name = phase/scope */
};

struct rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int left; /* unread words of `block` */
};

struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, const char *name,
                      uint64_t index);

/* Returns the index that was passed to rng_stream. */
static inline uint64_t rng_index(const struct rng *r)
{
    return (uint64_t)r->counter[2] << 32 | r->counter[1];
}

/* Returns the 28-bit hash that rng_stream uses for `name`. Callers that use several names under
 * one purpose must check that no two of them collide. */
uint32_t rng_name_hash(const char *name);

uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* uniform in 0..n-1, n >= 1, unbiased */
double rng_uniform(struct rng *r);             /* [0, 1), 53 bits */
bool rng_chance(struct rng *r, double p);      /* true with probability p */
double rng_normal(struct rng *r);              /* N(0, 1), Box-Muller in double */

/* Returns the place of item `i` of 0..n-1 in epoch `epoch`. It is a keyed bijection (Feistel
 * network with cycle walking), so no permutation is stored. */
uint64_t rng_permute(uint64_t seed, uint64_t epoch, uint64_t i, uint64_t n);

#endif
