/* links: models_double */
/* Every gradient kernel, in double, is compared with central differences of its forward
 * kernel. test_kernels.c compares the float tables with the same sources. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "kernels.h"
#include "rng.h"

enum { MOST = 64 };
#define STEP      1e-6
#define TOLERANCE 1e-7

static const struct kernels *k;
static struct rng draws;

static int setup(void **state)
{
    (void)state;
    k = kernels_find("naive");
    draws = rng_stream(1, RNG_TEST, "kernels_double", 0);
    return 0;
}

static void fill(int n, double mean, double deviation, real *x)
{
    for (int i = 0; i < n; i++)
        x[i] = mean + deviation * rng_normal(&draws);
}

static double product(int n, const real *a, const real *b)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Checks grad[i] = dL/dx[i]. `loss` depends on `of`, and x [n] is a part of that. */
static void check_gradient(int n, real *x, const real *grad, double (*loss)(const void *of),
                           const void *of)
{
    for (int i = 0; i < n; i++) {
        const real old = x[i];
        x[i] = old + STEP;
        const double up = loss(of);
        x[i] = old - STEP;
        const double down = loss(of);
        x[i] = old;
        assert_near(grad[i], (up - down) / (2 * STEP), TOLERANCE);
    }
}

/* --- elementwise: L = sum of dy f(x) --- */

struct map {
    real x[MOST], dy[MOST];
    void (*forward)(size_t n, const real *x, real *y);
};

static double map_loss(const void *of)
{
    const struct map *m = of;
    real y[MOST];
    m->forward(MOST, m->x, y);
    return product(MOST, m->dy, y);
}

static void check_map(void (*forward)(size_t n, const real *x, real *y),
                      void (*gradient)(size_t n, const real *x, real *dy))
{
    struct map m = {.forward = forward};
    real dx[MOST];
    fill(MOST, 0, 2, m.x);
    fill(MOST, 0, 1, m.dy);
    memcpy(dx, m.dy, sizeof dx);
    gradient(MOST, m.x, dx);
    check_gradient(MOST, m.x, dx, map_loss, &m);
}

static void relu_and_gelu_have_their_slopes(void **state)
{
    (void)state;
    check_map(k->relu, k->relu_grad);
    check_map(k->gelu, k->gelu_grad);
}

/* --- layer norm --- */

enum { ROWS = 3, DIM = 7, CELLS = ROWS * DIM };

struct norm {
    real x[CELLS], gain[DIM], bias[DIM], dy[CELLS];
};

static double norm_loss(const void *of)
{
    const struct norm *l = of;
    real y[CELLS], stats[2 * ROWS];
    k->layer_norm(ROWS, DIM, l->x, l->gain, l->bias, y, stats);
    return product(CELLS, l->dy, y);
}

static void layer_norm_has_its_gradients(void **state)
{
    (void)state;
    struct norm l;
    real y[CELLS], stats[2 * ROWS], dx[CELLS] = {0}, dgain[DIM] = {0}, dbias[DIM] = {0};
    fill(CELLS, 1, 2, l.x);
    fill(CELLS, 0, 1, l.dy);
    fill(DIM, 1, 0.3, l.gain);
    fill(DIM, 0, 0.3, l.bias);
    k->layer_norm(ROWS, DIM, l.x, l.gain, l.bias, y, stats);
    const struct norm_grad g = {.gain = l.gain, .dgain = dgain, .dbias = dbias};
    k->layer_norm_grad(ROWS, DIM, l.x, stats, &g, l.dy, dx);
    check_gradient(CELLS, l.x, dx, norm_loss, &l);
    check_gradient(DIM, l.gain, dgain, norm_loss, &l);
    check_gradient(DIM, l.bias, dbias, norm_loss, &l);
    real column[DIM] = {0};
    k->bias_grad(ROWS, DIM, l.dy, column);
    check_gradient(DIM, l.bias, column, norm_loss, &l);
}

/* --- softmax and the loss --- */

struct logits {
    real x[DIM], da[DIM];
    int32_t target;
    double scale;
};

static double softmax_loss(const void *of)
{
    const struct logits *l = of;
    real a[DIM];
    memcpy(a, l->x, sizeof a);
    k->softmax(DIM, a);
    return product(DIM, l->da, a);
}

static void softmax_has_its_gradient(void **state)
{
    (void)state;
    struct logits l;
    real a[DIM], dx[DIM];
    fill(DIM, 0, 2, l.x);
    fill(DIM, 0, 1, l.da);
    memcpy(a, l.x, sizeof a);
    k->softmax(DIM, a);
    memcpy(dx, l.da, sizeof dx);
    k->softmax_grad(DIM, a, k->dot(DIM, a, l.da), dx);
    check_gradient(DIM, l.x, dx, softmax_loss, &l);
}

static double entropy_loss(const void *of)
{
    const struct logits *l = of;
    real x[DIM];
    int32_t best;
    memcpy(x, l->x, sizeof x);
    return l->scale * k->cross_entropy(DIM, l->target, 1, x, &best);
}

static void cross_entropy_leaves_its_gradient(void **state)
{
    (void)state;
    for (int32_t target = 0; target < DIM; target++) {
        struct logits l = {.target = target, .scale = 0.3};
        real dx[DIM];
        int32_t best;
        fill(DIM, 0, 2, l.x);
        memcpy(dx, l.x, sizeof dx);
        k->cross_entropy(DIM, target, l.scale, dx, &best);
        check_gradient(DIM, l.x, dx, entropy_loss, &l);
    }
}

/* --- rotary: <dy, turn(x)> = <turn back(dy), x> --- */

static void turning_back_is_the_adjoint(void **state)
{
    (void)state;
    static const struct {
        int step, gap;
    } layouts[] = {{2, 1}, {1, 8}, {3, 2}};
    for (size_t i = 0; i < 3; i++) {
        real table[16], x[32], dy[32], y[32], dx[32];
        fill(16, 0, 1, table);
        fill(32, 0, 1, x);
        fill(32, 0, 1, dy);
        memcpy(y, x, sizeof y);
        memcpy(dx, dy, sizeof dx);
        k->turn(8, layouts[i].step, layouts[i].gap, table, 1, y);
        k->turn(8, layouts[i].step, layouts[i].gap, table, -1, dx);
        assert_near(product(32, dy, y), product(32, dx, x), 1e-12);
    }
}

/* --- contextual positions: L = <delta, score(u, z)> --- */

enum { KEYS = 15, LARGEST = 4 };

struct contextual {
    real u[KEYS], z[LARGEST + 1], delta[KEYS];
};

static struct lerp positions_of(const struct contextual *c, real *gate, real *position)
{
    const int full = k->gated_positions(KEYS, c->u, LARGEST, gate, position);
    return (struct lerp){.n = KEYS,
                         .full = full,
                         .p_max = LARGEST,
                         .c = 0.7,
                         .position = position,
                         .gate = gate,
                         .z = c->z};
}

static double contextual_loss(const void *of)
{
    const struct contextual *c = of;
    real gate[KEYS], position[KEYS], score[KEYS] = {0};
    const struct lerp l = positions_of(c, gate, position);
    k->lerp_lookup(&l, score);
    return product(KEYS, c->delta, score);
}

/* Mean gate logits for many, few and no full keys. No sum comes near a whole number, where the
 * slope jumps and the differences would be wrong. */
static void positions_have_their_gradients(void **state)
{
    (void)state;
    static const double means[] = {1, 0, -3};
    for (size_t i = 0; i < 3; i++) {
        struct contextual c;
        real gate[KEYS], position[KEYS], dz[LARGEST + 1] = {0}, du[KEYS];
        fill(KEYS, means[i], 1, c.u);
        fill(KEYS, 0, 1, c.delta);
        fill(LARGEST + 1, 0, 1, c.z);
        const struct lerp l = positions_of(&c, gate, position);
        assert_true(i == 2 ? l.full < 0 : l.full > 0);
        k->lerp_lookup_grad(&l, c.delta, dz, du);
        check_gradient(LARGEST + 1, c.z, dz, contextual_loss, &c);
        check_gradient(KEYS, c.u, du, contextual_loss, &c);
    }
}

struct distance {
    real z[KEYS], delta[KEYS];
    int rows;
};

static double distance_loss(const void *of)
{
    const struct distance *d = of;
    real score[KEYS] = {0};
    k->distance_lookup(KEYS, d->z, d->rows, 0.7, score);
    return product(KEYS, d->delta, score);
}

static void distances_have_their_gradient(void **state)
{
    (void)state;
    for (int rows = 1; rows <= KEYS; rows += 7) {
        struct distance d = {.rows = rows};
        real dz[KEYS] = {0};
        fill(KEYS, 0, 1, d.z);
        fill(KEYS, 0, 1, d.delta);
        k->distance_lookup_grad(KEYS, rows, 0.7, d.delta, dz);
        check_gradient(rows, d.z, dz, distance_loss, &d);
    }
}

/* --- the same masks as in float --- */

/* The known answer that test_kernels.c compares the float tables with. */
static void dropout_draws_the_masks_of_the_float_build(void **state)
{
    (void)state;
    const struct mask_key zero = {0};
    real x[] = {1, 1, 1, 1, 1, 1, 1, 1};
    const real want[] = {0, 2, 0, 0, 0, 0, 0, 0};
    k->dropout(8, &zero, 0, 0.5, x);
    assert_close_double(x, want, 8, 0);
}

static void the_double_build_has_only_the_naive_table(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(kernels_choose(NULL, &e), ST_OK);
    assert_string_equal(kernels_get()->isa, "naive");
    assert_int_equal(kernels_choose("x86-64-v3", &e), ST_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(relu_and_gelu_have_their_slopes, setup),
        cmocka_unit_test_setup(layer_norm_has_its_gradients, setup),
        cmocka_unit_test_setup(softmax_has_its_gradient, setup),
        cmocka_unit_test_setup(cross_entropy_leaves_its_gradient, setup),
        cmocka_unit_test_setup(turning_back_is_the_adjoint, setup),
        cmocka_unit_test_setup(positions_have_their_gradients, setup),
        cmocka_unit_test_setup(distances_have_their_gradient, setup),
        cmocka_unit_test_setup(dropout_draws_the_masks_of_the_float_build, setup),
        cmocka_unit_test_setup(the_double_build_has_only_the_naive_table, setup),
    };
    return cmocka_run_group_tests_name("kernels_double", tests, NULL, NULL);
}
