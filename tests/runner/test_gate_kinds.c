/* gate_kinds.h: made-up gates whose means can be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "approx.h"
#include "gate_kinds.h"

enum { T = 6, A = 0, B = 1, C = 2, V = 3 };

/* One layer of two heads, the second without gates. Places 3 and 5 are scored. */
static const int32_t token[T] = {A, B, A, C, A, B};
static const uint8_t scored[T] = {0, 0, 0, 1, 0, 1};

struct bed {
    struct look_run run;
    real at[2][T][T];
};

/* The gate of key j in head 0 is gate[j] for any query. */
static void fill(struct bed *b, const real gate[T])
{
    *b = (struct bed){
        .run = {.looking = {.layers = 1, .heads = 2, .tokens = T, .planes = 1}}};
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++) {
            b->at[0][i][j] = j <= i ? gate[j] : (real)NAN;
            b->at[1][i][j] = (real)NAN;
        }
    b->run.looking.at = &b->at[0][0][0];
    b->run.sequence.batch.token = token;
    b->run.sequence.scored = scored;
}

static struct gate_kinds sums_of(const real gate[T])
{
    struct gate_kinds g;
    struct bed b;
    struct err e;
    fill(&b, gate);
    assert_int_equal(gate_kinds_open(2, V, &g, &e), ST_OK);
    gate_kinds_add(&g, &b.run, 0);
    return g;
}

/* Queries 3 and 5 see A B A C and A B A C A B: ten pairs, of which five have key A. */
static void the_token_that_opens_is_found(void **state)
{
    const real gate[T] = {1, 0, 1, 0, 1, 0};
    struct gate_kinds g = sums_of(gate);
    struct look_kind kind;
    int found[KIND_TOKENS], n;
    (void)state;
    gate_kinds_best(&g, 0, found, &n, &kind);
    assert_int_equal(n, 1);
    assert_int_equal(found[0], A);
    assert_false(kind.behind);
    assert_near(kind.at, 1.0, 1e-12);
    assert_near(kind.other, 0.0, 1e-12);
    assert_near(kind.r, 1.0, 1e-12);
    assert_near(look_kind_score(&kind), 1.0, 1e-12);
    assert_near(gate_kinds_mean(&g, 0, B), 0.0, 1e-12);
    gate_kinds_close(&g);
}

/* Only C is closed, in two of the ten pairs; one other place, seen twice, has 0.5. */
static void the_token_that_closes_is_found(void **state)
{
    const real gate[T] = {1, 1, (real)0.5, 0, 1, 1};
    struct gate_kinds g = sums_of(gate);
    struct look_kind kind;
    int found[KIND_TOKENS], n;
    (void)state;
    gate_kinds_best(&g, 0, found, &n, &kind);
    assert_int_equal(n, 1);
    assert_int_equal(found[0], C);
    assert_near(kind.at, 0.0, 1e-12);
    assert_near(kind.other, 7.0 / 8, 1e-12);
    /* Mean 0.7, variance 0.65 - 0.49 = 0.16; the share is 0.2, so share times rest is 0.16,
     * too. */
    assert_near(kind.r, -7.0 / 8, 1e-12);
    gate_kinds_close(&g);
}

/* D and E are open, three tokens closed: the smaller part is the kind, with the highest mean
 * first. A cut after D alone would leave E among the others. */
static void several_tokens_are_one_kind(void **state)
{
    enum { D = 3, E = 4, VOCABULARY = 5, N = 5 };
    const int32_t tokens[N] = {A, B, C, D, E};
    const uint8_t asked[N] = {0, 0, 0, 0, 1};
    const real gate[N] = {(real)0.125, 0, 0, (real)0.75, 1};
    struct look_run run = {.looking = {.layers = 1, .heads = 1, .tokens = N, .planes = 1}};
    real plane[N][N];
    struct gate_kinds g;
    struct look_kind kind;
    struct err e;
    int found[KIND_TOKENS], n;
    (void)state;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            plane[i][j] = j <= i ? gate[j] : (real)NAN;
    run.looking.at = &plane[0][0];
    run.sequence.batch.token = tokens;
    run.sequence.scored = asked;
    assert_int_equal(gate_kinds_open(1, VOCABULARY, &g, &e), ST_OK);
    gate_kinds_add(&g, &run, 0);
    gate_kinds_best(&g, 0, found, &n, &kind);
    assert_int_equal(n, 2);
    assert_int_equal(found[0], E);
    assert_int_equal(found[1], D);
    assert_near(kind.at, 1.75 / 2, 1e-12);
    assert_near(kind.other, 0.125 / 3, 1e-12);
    gate_kinds_close(&g);
}

/* Place 2, seen twice, is the only one that follows a B. */
static void what_stands_behind_a_token_is_found(void **state)
{
    const real gate[T] = {0, 0, 1, 0, 0, 0};
    struct gate_kinds g = sums_of(gate);
    struct look_kind kind;
    int found[KIND_TOKENS], n;
    (void)state;
    gate_kinds_best(&g, 0, found, &n, &kind);
    assert_int_equal(n, 1);
    assert_int_equal(found[0], B);
    assert_true(kind.behind);
    assert_near(kind.at, 1.0, 1e-12);
    assert_near(kind.other, 0.0, 1e-12);
    gate_kinds_close(&g);
}

static void a_head_without_gates_has_no_kind(void **state)
{
    const real gate[T] = {1, 0, 1, 0, 1, 0};
    struct gate_kinds g = sums_of(gate);
    struct look_kind kind;
    int found[KIND_TOKENS], n;
    (void)state;
    gate_kinds_best(&g, 1, found, &n, &kind);
    assert_int_equal(n, 0);
    assert_true(isnan(kind.at));
    assert_true(look_kind_score(&kind) < 0);
    assert_true(isnan(gate_kinds_mean(&g, 1, A)));
    gate_kinds_close(&g);
}

/* A occurs five times, B three, C two; array entries after the last stay. */
static void the_commonest_come_first(void **state)
{
    const real gate[T] = {0};
    struct gate_kinds g = sums_of(gate);
    int all[4] = {9, 9, 9, 9}, two[3] = {9, 9, 9};
    (void)state;
    assert_int_equal(gate_kinds_commonest(&g, all, 4), 3);
    assert_int_equal(all[0], A);
    assert_int_equal(all[1], B);
    assert_int_equal(all[2], C);
    assert_int_equal(gate_kinds_commonest(&g, two, 2), 2);
    assert_int_equal(two[1], B);
    assert_int_equal(two[2], 9);
    gate_kinds_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_that_opens_is_found),
        cmocka_unit_test(the_token_that_closes_is_found),
        cmocka_unit_test(several_tokens_are_one_kind),
        cmocka_unit_test(what_stands_behind_a_token_is_found),
        cmocka_unit_test(a_head_without_gates_has_no_kind),
        cmocka_unit_test(the_commonest_come_first),
    };
    return cmocka_run_group_tests_name("gate kinds", tests, NULL, NULL);
}
