/* Contextual positions: gates, lookup and its adjoint, in every table.
 *
 * The naive kernels make the positions, so that all tables look up the same ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "approx.h"
#include "kernels.h"
#include "rng.h"

static const char *const tables[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
enum { TABLES = 4, N_MAX = 520, P_LARGE = 600, GUARD = 24, SHIFTS = 16 };

/* An array with marks before and after it, `shift` floats after a 64-byte boundary. */
struct guarded {
    _Alignas(64) float memory[P_LARGE + 3 * GUARD];
};

static const float mark = -12345.75f;

static float *place(struct guarded *g, int shift)
{
    for (size_t i = 0; i < sizeof g->memory / sizeof *g->memory; i++)
        g->memory[i] = mark;
    return g->memory + GUARD + shift;
}

/* Checks that only at[from] .. at[to - 1] were written. */
static void check_marks(const struct guarded *g, const float *at, int from, int to)
{
    for (size_t i = 0; i < sizeof g->memory / sizeof *g->memory; i++) {
        const float *p = g->memory + i;
        if ((p < at + from || p >= at + to) && *p != mark)
            fail_msg("entry %d was written; %d to %d may be", (int)(p - at), from, to - 1);
    }
}

static void fill_normal(struct rng *r, int n, float mean, float deviation, float *x)
{
    for (int i = 0; i < n; i++)
        x[i] = mean + deviation * (float)rng_normal(r);
}

static struct rng stream(uint64_t index)
{
    return rng_stream(1, RNG_TEST, "kernels_positions", index);
}

/* Returns the next length to try: 1..70, then around 512. */
static int next_length(int n)
{
    return n < 70 ? n + 1 : n < 511 ? 511 : n + 1;
}

/* Mean gate logit and largest position for gates and lookups. */
static const struct {
    float mean;
    int p_max;
} settings[] = {
    {0, P_LARGE - 1},  /* gates around 1/2, never full */
    {0, 5},            /* full after about ten keys */
    {-4, 64},          /* small gates: many keys in one cell */
    {30, P_LARGE - 1}, /* gates of 1: one key in each cell */
    {30, 20},
    {-120, 3}, /* gates of 0 */
    {1, 1},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

struct row {
    float u[N_MAX], gate[N_MAX], position[N_MAX], z[P_LARGE], delta[N_MAX];
    struct lerp l;
};

static void fill_row(struct row *row, int n, int setting)
{
    struct rng r = stream((uint64_t)n * SETTINGS + (uint64_t)setting);
    const int p_max = settings[setting].p_max;
    fill_normal(&r, n, settings[setting].mean, 1.5f, row->u);
    fill_normal(&r, p_max + 1, 0, 1, row->z);
    fill_normal(&r, n, 0, 1, row->delta);
    const int full = kernels_find("naive")->gated_positions(n, row->u, (float)p_max,
                                                            row->gate, row->position);
    row->l = (struct lerp){.n = n,
                           .full = full,
                           .p_max = p_max,
                           .c = 0.5f,
                           .position = row->position,
                           .gate = row->gate,
                           .z = row->z};
}

/* --- gates and positions --- */

static void check_gates(const struct kernels *k, const struct row *row, int shift)
{
    static struct guarded gates, positions;
    float *gate = place(&gates, shift), *position = place(&positions, shift);
    const int n = row->l.n, from = row->l.full < 0 ? 0 : row->l.full;
    assert_int_equal(k->gated_positions(n, row->u, (float)row->l.p_max, gate, position),
                     row->l.full);
    assert_close(gate + from, row->gate + from, (size_t)(n - from), 1e-6);
    assert_close(position + from, row->position + from, (size_t)(n - from), 1e-5);
    check_marks(&gates, gate, from, n);
    check_marks(&positions, position, from, n);
}

static void gates_agree_and_nothing_left_of_the_stop_is_written(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int n = 1; n <= 513; n = next_length(n)) {
                fill_row(&row, n, s);
                check_gates(k, &row, n % SHIFTS);
            }
    }
}

/* With gates of 1/2 the position is (n - j) / 2, and the sixth key from the right first
 * reaches 3. */
static void gates_of_one_half_step_by_one_half(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        for (int n = 6; n < 60; n++) {
            float u[60] = {0}, p[60];
            assert_int_equal(k->gated_positions(n, u, 100, u, p), -1); /* in place */
            for (int j = 0; j < n; j++) {
                assert_true(u[j] == 0.5f);
                assert_true(p[j] == (float)(n - j) / 2);
                u[j] = 0;
            }
            assert_int_equal(k->gated_positions(n, u, 3, u, p), n - 6);
            assert_true(p[n - 6] == 3 && p[n - 5] == 2.5f && p[n - 1] == 0.5f);
        }
    }
}

static void a_nan_gate_reaches_the_keys_to_its_left(void **state)
{
    (void)state;
    enum { N = 40, BAD = 21 };
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float u[N] = {0}, gate[N], position[N];
        u[BAD] = NAN;
        assert_int_equal(k->gated_positions(N, u, 15, gate, position), -1);
        for (int j = 0; j < N; j++) {
            assert_int_equal(isnan(gate[j]) != 0, j == BAD);
            assert_int_equal(isnan(position[j]) != 0, j <= BAD);
        }
    }
}

/* Every key is full; with a NaN none is. */
static void a_largest_position_of_0_is_allowed(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int n = 1; k && n < 40; n++) {
            float u[40] = {0}, gate[40], position[40], score[40] = {0}, du[40];
            float dz[] = {0, 0};
            const float z[] = {5}, delta[40] = {1};
            assert_int_equal(k->gated_positions(n, u, 0, gate, position), n - 1);
            assert_true(position[n - 1] == 0);
            u[n - 1] = NAN;
            struct lerp l = {.n = n, .c = 1, .position = position, .gate = gate, .z = z};
            l.full = k->gated_positions(n, u, 0, gate, position);
            assert_int_equal(l.full, -1);
            k->lerp_lookup(&l, score);
            k->lerp_lookup_grad(&l, delta, dz, du);
            assert_true(isnan(score[0]) && isnan(dz[0]) && dz[1] == 0);
        }
    }
}

/* --- lookup --- */

static void check_lookup(const struct kernels *k, const struct row *row, int shift,
                         double tolerance)
{
    static struct guarded scores, entries;
    static float want[N_MAX];
    const int n = row->l.n, size = row->l.p_max + 1;
    struct lerp l = row->l;
    float *z = place(&entries, shift), *score = place(&scores, SHIFTS - 1 - shift);
    memcpy(z, row->z, sizeof *z * (size_t)size);
    memcpy(score, row->delta, sizeof *score * (size_t)n);
    memcpy(want, row->delta, sizeof *want * (size_t)n);
    kernels_find("naive")->lerp_lookup(&l, want);
    l.z = z;
    k->lerp_lookup(&l, score);
    assert_close(score, want, (size_t)n, tolerance);
    check_marks(&scores, score, 0, n);
}

static void lookups_agree(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 1; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int n = 1; n <= 513; n = next_length(n)) {
                fill_row(&row, n, s);
                check_lookup(k, &row, n % SHIFTS, 1e-6);
            }
    }
}

/* z = 10 20 40 80, p_max 3: position 0.5 gives 15, 2.25 gives 40 + 40/4, 3 gives 80. */
static void lookup_draws_a_line_between_two_entries(void **state)
{
    (void)state;
    const float z[] = {10, 20, 40, 80}, position[] = {0, 3, 2.25f, 2, 1.75f, 0.5f};
    const struct lerp l = {
        .n = 6, .full = 1, .p_max = 3, .c = 2, .position = position, .z = z};
    const float want[] = {161, 161, 101, 81, 71, 31};
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float score[] = {1, 1, 1, 1, 1, 1};
        k->lerp_lookup(&l, score);
        assert_close(score, want, 6, 1e-6);
    }
}

/* Entries beyond the largest position + 1 may be left uncomputed. */
static void entries_beyond_the_largest_position_do_not_matter(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int n = 1; k && n < 70; n++) {
            float score[70] = {0}, dz[P_LARGE] = {0}, du[70];
            fill_row(&row, n, 0);
            for (int m = (int)row.position[0] + 2; m < P_LARGE; m++)
                row.z[m] = NAN;
            k->lerp_lookup(&row.l, score);
            k->lerp_lookup_grad(&row.l, row.delta, dz, du);
            for (int j = 0; j < n; j++)
                assert_true(isfinite(score[j]) && isfinite(du[j]));
            for (int m = 0; m < P_LARGE; m++)
                assert_true(isfinite(dz[m]));
        }
    }
}

/* --- its adjoint --- */

static void check_lookup_grad(const struct kernels *k, const struct row *row, int shift)
{
    static struct guarded dzs, dus;
    static float want_dz[P_LARGE], want_du[N_MAX];
    const int n = row->l.n, size = row->l.p_max + 1;
    float *dz = place(&dzs, shift), *du = place(&dus, SHIFTS - 1 - shift);
    for (int m = 0; m < size; m++)
        dz[m] = want_dz[m] = (float)(m % 7);
    kernels_find("naive")->lerp_lookup_grad(&row->l, row->delta, want_dz, want_du);
    k->lerp_lookup_grad(&row->l, row->delta, dz, du);
    assert_close(dz, want_dz, (size_t)size, 2e-5);
    assert_close(du, want_du, (size_t)n, 2e-5);
    check_marks(&dzs, dz, 0, size);
    check_marks(&dus, du, 0, n);
}

static void lookup_gradients_agree(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 1; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int n = 1; n <= 513; n = next_length(n)) {
                fill_row(&row, n, s);
                check_lookup_grad(k, &row, n % SHIFTS);
            }
    }
}

/* z = 10 20 40 80, c = 2, gates 1/2. The slopes without delta are 2 (40, 20, 10, 10); full
 * keys have none. */
static void lookup_gradient_worked_by_hand(void **state)
{
    (void)state;
    const float z[] = {10, 20, 40, 80}, position[] = {0, 3, 2.5f, 1.75f, 0.5f, 0.25f};
    const float gate[] = {0, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f}, delta[] = {1, 2, 1, -1, 2, 4};
    const struct lerp l = {
        .n = 6, .full = 1, .p_max = 3, .c = 2, .position = position, .gate = gate, .z = z};
    /* key 5 adds 6 and 2 to cells 0, 1; key 4: 2 and 2; key 3: -0.5, -1.5 to cells 1, 2; key
     * 2: 1 and 1 to cells 2, 3; keys 0, 1: 6 to cell 3. */
    const float want_dz[] = {8, 3.5f, -0.5f, 7};
    /* running sums: 80, 80 - 40, + 40, + 80; times 1/4 */
    const float want_du[] = {0, 0, 20, 10, 20, 40};
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float dz[4] = {0}, du[6];
        k->lerp_lookup_grad(&l, delta, dz, du);
        assert_close(dz, want_dz, 4, 1e-6);
        assert_close(du, want_du, 6, 1e-6);
    }
}

/* The weights of two neighbouring entries sum to 1, so dz sums to c times the sum of delta,
 * and to 0 when delta comes from a softmax. */
static void the_gradient_of_z_sums_to_that_of_the_scores(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int n = 5; n < 400; n += 31) {
                static float dz[P_LARGE], du[N_MAX];
                double mean = 0, sum = 0;
                memset(dz, 0, sizeof dz);
                fill_row(&row, n, s);
                for (int j = 0; j < n; j++)
                    mean += (double)row.delta[j] / n;
                for (int j = 0; j < n; j++)
                    row.delta[j] -= (float)mean;
                k->lerp_lookup_grad(&row.l, row.delta, dz, du);
                for (int m = 0; m < P_LARGE; m++)
                    sum += (double)dz[m];
                assert_near(sum, 0, 2e-5);
            }
    }
}

static void keys_at_p_max_have_no_gate_gradient(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float dz[P_LARGE] = {0}, du[N_MAX];
        fill_row(&row, 100, 1);
        assert_true(row.l.full > 50 && row.l.full < 99);
        k->lerp_lookup_grad(&row.l, row.delta, dz, du);
        for (int j = 0; j < 100; j++)
            assert_true(j <= row.l.full ? du[j] == 0 : du[j] != 0);
    }
}

/* Rounding can lengthen a step past 1, so that a cell is skipped (127.99999 to 129), or
 * exchange two neighbours across a whole number. The slope may then be that of either side, so
 * z is a straight line here. */
static void steps_that_rounding_spoilt_are_looked_up_all_the_same(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 1; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int n = 2; k && n <= 40; n++)
            for (int at = 0; at < n - 1; at++) {
                fill_row(&row, n, 3);
                for (int m = 0; m < P_LARGE; m++)
                    row.z[m] = 0.1f * (float)(m - 120);
                for (int j = 0; j < n; j++) {
                    row.gate[j] = 0.5f;
                    row.position[j] = j <= at ? 129 + 0.9f * (float)(at - j)
                                              : 127.9999924f - 0.9f * (float)(j - at - 1);
                }
                check_lookup(k, &row, 3, 1e-5);
                check_lookup_grad(k, &row, 3);
                for (int j = 0; j < n; j++)
                    row.position[j] = 100 + 0.5f * (float)(at - j);
                row.position[at] = 99.9999924f;
                row.position[at + 1] = 100;
                check_lookup(k, &row, 5, 1e-5);
                check_lookup_grad(k, &row, 5);
            }
    }
}

static void nan_positions_give_nan_and_touch_nothing_else(void **state)
{
    (void)state;
    enum { N = 50, BAD = 20 };
    static struct row row;
    static struct guarded scores, dzs, dus;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        fill_row(&row, N, 0);
        for (int j = 0; j <= BAD; j++)
            row.position[j] = NAN;
        float *score = place(&scores, 0), *dz = place(&dzs, 0), *du = place(&dus, 0);
        memset(score, 0, sizeof *score * N);
        memset(dz, 0, sizeof *dz * P_LARGE);
        k->lerp_lookup(&row.l, score);
        k->lerp_lookup_grad(&row.l, row.delta, dz, du);
        for (int j = 0; j < N; j++)
            assert_int_equal(isnan(score[j]) != 0, j <= BAD);
        assert_true(isnan(dz[0]) && isnan(dz[1]));
        check_marks(&scores, score, 0, N);
        check_marks(&dzs, dz, 0, P_LARGE);
        check_marks(&dus, du, 0, N);
    }
}

/* --- memory --- */

enum { BLOCK = 2048 };

/* Returns a copy of x [n] right before a page that must not be read. */
static float *before_the_end(int slot, int n, const float *x)
{
    static float *block[4];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = BLOCK * sizeof *x;
    if (!block[slot]) {
        char *m = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(m, MAP_FAILED);
        assert_int_equal(bytes % page, 0);
        assert_int_equal(mprotect(m + bytes, page, PROT_NONE), 0);
        block[slot] = (float *)(void *)m;
    }
    memcpy(block[slot] + BLOCK - n, x, sizeof *x * (size_t)n);
    return block[slot] + BLOCK - n;
}

/* z has only the entries that n keys can reach; the last is min(p_max, n + 1). */
static void no_read_goes_past_the_end_of_an_array(void **state)
{
    (void)state;
    static struct row row;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int n = 1; n < 70; n++) {
                static float want[N_MAX], gate[N_MAX], position[N_MAX];
                fill_row(&row, n, s);
                struct lerp l = row.l;
                const int size = (l.p_max < n + 1 ? l.p_max : n + 1) + 1;
                l.position = before_the_end(0, n, row.position);
                l.gate = before_the_end(1, n, row.gate);
                l.z = before_the_end(2, size, row.z);
                float *score = before_the_end(3, n, row.delta);
                memcpy(want, row.delta, sizeof want);
                kernels_find("naive")->lerp_lookup(&row.l, want);
                k->lerp_lookup(&l, score);
                assert_close(score, want, (size_t)n, 1e-6);
                float *dz = before_the_end(3, size, row.z), du[N_MAX];
                k->lerp_lookup_grad(&l, row.delta, dz, du);
                k->lerp_lookup_grad(&l, before_the_end(3, n, row.delta), want, du);
                k->gated_positions(n, before_the_end(3, n, row.u), (float)l.p_max, gate,
                                   position);
            }
    }
}

static void results_do_not_depend_on_alignment(void **state)
{
    (void)state;
    enum { N = 173 };
    static struct row row;
    static struct guarded a, b, c, d;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int s = 0; k && s < SETTINGS; s++)
            for (int shift = 1; shift < SHIFTS; shift++) {
                float *here[] = {place(&a, 0), place(&b, 0)};
                float *there[] = {place(&c, shift), place(&d, SHIFTS - shift)};
                fill_row(&row, N, s);
                for (int i = 0; i < 2; i++) {
                    float **at = i == 0 ? here : there, gate[N];
                    memset(at[0], 0, sizeof **at * P_LARGE);
                    k->lerp_lookup_grad(&row.l, row.delta, at[0], at[1]);
                    k->lerp_lookup(&row.l, at[1]);
                    k->gated_positions(N, row.u, P_LARGE, gate, at[1] + N);
                }
                assert_memory_equal(here[0], there[0], sizeof **here * P_LARGE);
                assert_memory_equal(here[1], there[1], sizeof **here * 2 * N);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_agree_and_nothing_left_of_the_stop_is_written),
        cmocka_unit_test(gates_of_one_half_step_by_one_half),
        cmocka_unit_test(a_nan_gate_reaches_the_keys_to_its_left),
        cmocka_unit_test(a_largest_position_of_0_is_allowed),
        cmocka_unit_test(lookups_agree),
        cmocka_unit_test(lookup_draws_a_line_between_two_entries),
        cmocka_unit_test(entries_beyond_the_largest_position_do_not_matter),
        cmocka_unit_test(lookup_gradients_agree),
        cmocka_unit_test(lookup_gradient_worked_by_hand),
        cmocka_unit_test(the_gradient_of_z_sums_to_that_of_the_scores),
        cmocka_unit_test(keys_at_p_max_have_no_gate_gradient),
        cmocka_unit_test(steps_that_rounding_spoilt_are_looked_up_all_the_same),
        cmocka_unit_test(nan_positions_give_nan_and_touch_nothing_else),
        cmocka_unit_test(no_read_goes_past_the_end_of_an_array),
        cmocka_unit_test(results_do_not_depend_on_alignment),
    };
    return cmocka_run_group_tests_name("kernels_positions", tests, NULL, NULL);
}
