/* Counter-based random numbers: published values, distributions, and streams that never
 * overlap. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "chance.h"
#include "rng.h"

enum { DRAWS = 200000 };

static struct rng stream(uint64_t index)
{
    return rng_stream(1, RNG_TEST, "test_rng", index);
}

/* philox4x32-10 in Random123's file kat_vectors. */
static void words_are_the_published_ones(void **state)
{
    static const struct {
        struct rng start;
        uint32_t want[4];
    } known[] = {
        {{.key = {0}}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{.key = {0xffffffff, 0xffffffff},
          .counter = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{.key = {0xa4093822, 0x299f31d0},
          .counter = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct rng r = known[k].start;
        for (int i = 0; i < 4; i++)
            assert_int_equal(rng_u32(&r), known[k].want[i]);
    }
}

/* The words of the zero stream are 6627e8d5 e169c58d bc57ac4c 9b00dbd8. */
static void draws_are_made_of_words_as_worked_by_hand(void **state)
{
    struct rng r = {0};
    (void)state;
    assert_true(rng_u64(&r) == UINT64_C(0xe169c58d6627e8d5));
    r = (struct rng){0};
    assert_true(rng_uniform(&r) == (double)(UINT64_C(0xe169c58d6627e8d5) >> 11) * 0x1p-53);
    r = (struct rng){0};
    assert_int_equal(rng_below(&r, 10), 3); /* 0x6627e8d5 * 10 / 2^32 = 3.99 */
    r = (struct rng){0};
    /* sqrt(-2 ln(1 - 0.88052020)) cos(2 pi 0.60548185) */
    assert_near(rng_normal(&r), -1.62496344087104, 1e-12);
}

static void a_second_block_follows_the_first(void **state)
{
    struct rng r = {0}, second = {.counter = {1}};
    (void)state;
    for (int i = 0; i < 4; i++)
        rng_u32(&r);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rng_u32(&r), rng_u32(&second));
}

static void a_stream_is_laid_out_as_documented(void **state)
{
    const struct rng r = rng_stream(UINT64_C(0x1122334455667788), RNG_SPLIT, "a",
                                    UINT64_C(0x99aabbccddeeff00));
    (void)state;
    assert_int_equal(r.key[0], 0x55667788);
    assert_int_equal(r.key[1], 0x11223344);
    assert_int_equal(r.counter[0], 0);
    assert_int_equal(r.counter[1], 0xddeeff00);
    assert_int_equal(r.counter[2], 0x99aabbcc);
    assert_int_equal(r.counter[3], 0x240c2922); /* purpose 2, hash of "a" */
    assert_int_equal(r.left, 0);
}

/* FNV-1a of "", "a" and "foobar" is 811c9dc5, e40c292c and bf9cf968 in its authors'
 * test suite; the top 4 bits are folded into the low ones. */
static void names_hash_to_28_bits_of_fnv(void **state)
{
    (void)state;
    assert_int_equal(rng_name_hash(""), 0x011c9dcd);
    assert_int_equal(rng_name_hash("a"), 0x040c2922);
    assert_int_equal(rng_name_hash("foobar"), 0x0f9cf963);
}

static void every_part_of_a_stream_moves_it(void **state)
{
    const struct rng streams[] = {
        rng_stream(1, RNG_TRAIN, "a", 1),
        rng_stream(2, RNG_TRAIN, "a", 1),
        rng_stream(1 + (UINT64_C(1) << 32), RNG_TRAIN, "a", 1),
        rng_stream(1, RNG_TRAIN, "b", 1),
        rng_stream(1, RNG_TRAIN, "a", 2),
        rng_stream(1, RNG_TRAIN, "a", 1 + (UINT64_C(1) << 32)),
        rng_stream(1, RNG_SPLIT, "a", 1),
        rng_stream(1, RNG_WEIGHTS, "a", 1),
        rng_stream(1, RNG_DROPOUT, "a", 1),
        rng_stream(1, RNG_SHUFFLE, "a", 1),
        rng_stream(1, RNG_TEST, "a", 1),
    };
    enum { N = sizeof streams / sizeof *streams };
    uint64_t first[N];
    (void)state;
    for (int i = 0; i < N; i++) {
        struct rng r = streams[i];
        first[i] = rng_u64(&r);
        for (int j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    }
}

/* Philox is a bijection of the counter, so streams are disjoint when their counters are: the
 * block count never leaves word 0, and the purpose has its own bits. */
static void streams_never_meet(void **state)
{
    struct rng r = rng_stream(5, RNG_TRAIN, "a name", 77);
    const struct rng start = r;
    (void)state;
    for (int i = 0; i < 4000; i++)
        rng_u32(&r);
    assert_int_equal(r.counter[0], 1000);
    assert_memory_equal(r.counter + 1, start.counter + 1, 3 * sizeof r.counter[0]);
    assert_memory_equal(r.key, start.key, sizeof r.key);
    for (int purpose = RNG_TRAIN; purpose <= RNG_TEST; purpose++)
        for (uint64_t i = 0; i < 1000; i++) {
            char name[] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), 0};
            const struct rng s = rng_stream(i, (enum rng_purpose)purpose, name, i);
            assert_int_equal(s.counter[3] >> 28, purpose);
        }
}

static void below_is_even(void **state)
{
    static const uint32_t sizes[] = {2, 3, 7, 10, 64, 100};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int64_t counts[100] = {0};
        struct rng r = stream(sizes[k]);
        for (int i = 0; i < DRAWS; i++) {
            const uint32_t x = rng_below(&r, sizes[k]);
            assert_true(x < sizes[k]);
            counts[x]++;
        }
        assert_even(counts, sizes[k]);
    }
    struct rng r = stream(1);
    assert_int_equal(rng_below(&r, 1), 0);
}

/* With n = 3/4 of 2^32, a generator without rejection draws every third number twice as often
 * as the others. */
static void below_rejects_the_uneven_tail(void **state)
{
    int64_t counts[3] = {0};
    struct rng r = stream(0);
    (void)state;
    for (int i = 0; i < DRAWS; i++)
        counts[rng_below(&r, 3u << 30) % 3]++;
    assert_even(counts, 3);
}

static void uniform_fills_its_interval(void **state)
{
    int64_t tenths[10] = {0}, low_bits[4] = {0};
    struct rng r = stream(2);
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        const double u = rng_uniform(&r);
        assert_true(u >= 0 && u < 1);
        tenths[(int)(u * 10)]++;
        low_bits[(uint64_t)(u * 0x1p53) & 3]++; /* all 53 bits are drawn */
    }
    assert_even(tenths, 10);
    assert_even(low_bits, 4);
}

static void chance_has_its_probability(void **state)
{
    int n = 0;
    struct rng r = stream(3);
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        n += rng_chance(&r, 0.98);
        assert_false(rng_chance(&r, 0));
        assert_true(rng_chance(&r, 1));
    }
    assert_drawn((double)n / DRAWS, 0.98, share_error(0.98, DRAWS), 0);
}

/* The mean is 0, the variance 1, the third moment 0, the fourth 3; the variances of these are
 * 1, 2, 15 and 96. 4.55 % lie beyond two standard deviations. Successive draws are
 * uncorrelated. */
static void normal_has_the_moments_of_its_law(void **state)
{
    double sum[5] = {0}, product = 0, last = 0;
    int beyond = 0;
    struct rng r = stream(4);
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        const double x = rng_normal(&r);
        for (int k = 1; k <= 4; k++)
            sum[k] += pow(x, k);
        beyond += fabs(x) > 2;
        product += x * last;
        last = x;
    }
    assert_drawn(sum[1] / DRAWS, 0, sqrt(1.0 / DRAWS), 0);
    assert_drawn(sum[2] / DRAWS, 1, sqrt(2.0 / DRAWS), 0);
    assert_drawn(sum[3] / DRAWS, 0, sqrt(15.0 / DRAWS), 0);
    assert_drawn(sum[4] / DRAWS, 3, sqrt(96.0 / DRAWS), 0);
    assert_drawn((double)beyond / DRAWS, 0.0455003, share_error(0.0455, DRAWS), 0);
    assert_drawn(product / DRAWS, 0, sqrt(1.0 / DRAWS), 0);
}

static void permute_is_a_bijection(void **state)
{
    static const uint32_t sizes[] = {1,  2,  3,  4,  5,    7,    15,   16,
                                     17, 63, 64, 65, 1000, 4096, 4097, 10000};
    static uint8_t seen[10000];
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (uint64_t epoch = 0; epoch < 3; epoch++) {
            memset(seen, 0, sizeof seen);
            for (uint64_t i = 0; i < sizes[k]; i++) {
                const uint64_t place = rng_permute(9, epoch, i, sizes[k]);
                assert_true(place < sizes[k]);
                assert_false(seen[place]);
                seen[place] = 1;
            }
        }
}

/* Over the epochs the six orders of three items are equally likely, and so are the ten places
 * of one item of ten. */
static void permute_is_even_over_epochs(void **state)
{
    int64_t orders[6] = {0}, places[10] = {0};
    (void)state;
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        const uint64_t a = rng_permute(1, epoch, 0, 3), b = rng_permute(1, epoch, 1, 3);
        orders[a * 2 + (b > a ? b - 1 : b)]++;
        places[rng_permute(1, epoch, 4, 10)]++;
    }
    assert_even(orders, 6);
    assert_even(places, 10);
}

/* Two permutations of n items agree in 1 place on average; in this test in fewer than 12. */
static void seeds_and_epochs_permute_differently(void **state)
{
    enum { N = 1000 };
    int same_epoch = 0, same_far_epoch = 0, same_seed = 0, same_far_seed = 0, fixed = 0;
    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        const uint64_t place = rng_permute(1, 0, i, N);
        same_epoch += place == rng_permute(1, 1, i, N);
        same_far_epoch += place == rng_permute(1, UINT64_C(1) << 32, i, N);
        same_seed += place == rng_permute(2, 0, i, N);
        same_far_seed += place == rng_permute(1 + (UINT64_C(1) << 32), 0, i, N);
        fixed += place == i;
    }
    assert_in_range(same_epoch, 0, 11);
    assert_in_range(same_far_epoch, 0, 11);
    assert_in_range(same_seed, 0, 11);
    assert_in_range(same_far_seed, 0, 11);
    assert_in_range(fixed, 0, 11);
}

static void permute_reaches_the_largest_sizes(void **state)
{
    static const uint64_t sizes[] = {UINT64_C(1) << 32, (UINT64_C(1) << 40) + 1,
                                     UINT64_MAX};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (uint64_t i = 0; i < 100; i++) {
            const uint64_t place = rng_permute(3, 0, i, sizes[k]);
            assert_true(place < sizes[k]);
            assert_true(place != rng_permute(3, 0, i + 1, sizes[k]));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_the_published_ones),
        cmocka_unit_test(draws_are_made_of_words_as_worked_by_hand),
        cmocka_unit_test(a_second_block_follows_the_first),
        cmocka_unit_test(a_stream_is_laid_out_as_documented),
        cmocka_unit_test(names_hash_to_28_bits_of_fnv),
        cmocka_unit_test(every_part_of_a_stream_moves_it),
        cmocka_unit_test(streams_never_meet),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(below_rejects_the_uneven_tail),
        cmocka_unit_test(uniform_fills_its_interval),
        cmocka_unit_test(chance_has_its_probability),
        cmocka_unit_test(normal_has_the_moments_of_its_law),
        cmocka_unit_test(permute_is_a_bijection),
        cmocka_unit_test(permute_is_even_over_epochs),
        cmocka_unit_test(seeds_and_epochs_permute_differently),
        cmocka_unit_test(permute_reaches_the_largest_sizes),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
