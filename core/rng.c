#include "rng.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include <Random123/philox.h>

/* The fourth word of the counter holds the purpose in 4 bits and the name's hash in 28. The
 * number of rounds is chosen, not measured. Changing NAME_BITS changes every draw, changing the
 * rounds every order, and so the results of runs whose identity stays the same. */
enum { NAME_BITS = 28, NAME_MASK = (1 << NAME_BITS) - 1, FEISTEL_ROUNDS = 8 };

static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    const philox4x32_key_t k = {{key[0], key[1]}};
    const philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    const philox4x32_ctr_t words = philox4x32(c, k);
    memcpy(out, words.v, sizeof words.v);
}

/* FNV-1a of 32 bits, folded to 28 as its authors advise for other widths. */
uint32_t rng_name_hash(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return (h >> NAME_BITS) ^ (h & NAME_MASK);
}

struct rng rng_stream(uint64_t seed, enum rng_purpose purpose, const char *name,
                      uint64_t index)
{
    assert(purpose > 0 && (unsigned)purpose < 1u << (32 - NAME_BITS));
    return (struct rng){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, (uint32_t)index, (uint32_t)(index >> 32),
                    (uint32_t)purpose << NAME_BITS | rng_name_hash(name)},
    };
}

/* A stream repeats after 2^32 blocks of 4 words, far more than a sample draws. */
uint32_t rng_u32(struct rng *r)
{
    if (r->left == 0) {
        philox(r->key, r->counter, r->block);
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

uint64_t rng_u64(struct rng *r)
{
    const uint64_t low = rng_u32(r);
    return (uint64_t)rng_u32(r) << 32 | low;
}

/* Lemire, arXiv 1805.10941v4, algorithm 5: returns the high word of x * n. x is drawn again if the
 * low word is below 2^32 mod n, so that each result has equally many x. */
uint32_t rng_below(struct rng *r, uint32_t n)
{
    assert(n > 0);
    uint64_t m = (uint64_t)rng_u32(r) * n;
    if ((uint32_t)m < n) {
        const uint32_t uneven = -n % n;
        while ((uint32_t)m < uneven)
            m = (uint64_t)rng_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}

double rng_uniform(struct rng *r)
{
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

bool rng_chance(struct rng *r, double p)
{
    return rng_uniform(r) < p;
}

/* Uses only the cosine of each Box-Muller pair, since a spare number would be state to save. */
double rng_normal(struct rng *r)
{
    const double radius = sqrt(-2.0 * log(1.0 - rng_uniform(r)));
    return radius * cos(6.283185307179586 * rng_uniform(r));
}

/* Applies the network to x in [0, 4^half); a round is (left, right) -> (right, left ^ F(right)). */
static uint64_t feistel(const uint32_t key[2], uint64_t epoch, int half, uint64_t x)
{
    const uint64_t mask = (UINT64_C(1) << half) - 1;
    uint64_t left = x >> half, right = x & mask;
    for (uint32_t round = 0; round < FEISTEL_ROUNDS; round++) {
        const uint32_t counter[4] = {(uint32_t)right, (uint32_t)epoch,
                                     (uint32_t)(epoch >> 32),
                                     (uint32_t)RNG_SHUFFLE << NAME_BITS | round};
        uint32_t out[4];
        philox(key, counter, out);
        const uint64_t next = left ^ (out[0] & mask);
        left = right;
        right = next;
    }
    return left << half | right;
}

/* Cycle walking: the network permutes 0..4^half-1, 4^half the least power of four >= n. Applying
 * it until the result is below n permutes 0..n-1, in fewer than four steps on average. */
uint64_t rng_permute(uint64_t seed, uint64_t epoch, uint64_t i, uint64_t n)
{
    assert(i < n);
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    int half = 1;
    while (half < 32 && (n - 1) >> (2 * half))
        half++;
    uint64_t x = i;
    do
        x = feistel(key, epoch, half, x);
    while (x >= n);
    return x;
}
