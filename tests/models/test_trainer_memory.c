/* wraps: malloc calloc realloc aligned_alloc posix_memalign */
/* After set-up a training step allocates nothing: the linker directs every allocation of the
 * program's own code to the counters below (-Wl,--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "toy.h"

static int allocations;

/* The linker prescribes these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
int __real_posix_memalign(void **p, size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
int __wrap_posix_memalign(void **p, size_t alignment, size_t n);

void *__wrap_malloc(size_t n)
{
    allocations++;
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    allocations++;
    return __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    allocations++;
    return __real_aligned_alloc(alignment, n);
}

int __wrap_posix_memalign(void **p, size_t alignment, size_t n)
{
    allocations++;
    return __real_posix_memalign(p, alignment, n);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */

static void a_step_allocates_nothing(void **state)
{
    struct trainer_config c = toy_config(*state, "");
    const struct batch b = toy_batch();
    struct trainer *t;
    struct err e;
    double loss;
    float losses[TOY_TOKENS];
    int32_t best[TOY_TOKENS];
    c.model.dropout = 0.1;
    c.optimizer.clip = 1.0;
    c.threads = 2;
    allocations = 0;
    assert_int_equal(trainer_open(&c, &t, &e), ST_OK);
    assert_true(allocations > 0); /* the counters work */
    allocations = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(trainer_step(t, i, &b, &loss, &e), ST_OK);
    trainer_evaluate(t, &b, losses, best);
    assert_int_equal(allocations, 0);
    trainer_close(t);
}

/* Twice the tokens need far less additional memory than their logits: 1,024 times 50,257. */
static void logits_are_not_all_held_at_once(void **state)
{
    (void)state;
    enum { IDS = 50257, LONG = 1024 };
    struct trainer_config c = toy_config("none", "");
    double one = 0, two = 0;
    c.model.vocabulary = IDS;
    c.model.trained_length = c.model.longest = c.max_tokens = LONG;
    assert_int_equal(trainer_bytes(&c, &one, NULL), ST_OK);
    c.model.trained_length = c.model.longest = c.max_tokens = 2 * LONG;
    assert_int_equal(trainer_bytes(&c, &two, NULL), ST_OK);
    assert_true(two > one);
    assert_true(two - one < (double)LONG * IDS * sizeof(real) / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ENCODER(stem)                                                         \
    {#stem "/a_step_allocates_nothing", a_step_allocates_nothing, NULL, NULL, \
     (void *)#stem},
#include "encoder_list.inc"
        cmocka_unit_test(logits_are_not_all_held_at_once),
    };
    return cmocka_run_group_tests_name("trainer_memory", tests, NULL, NULL);
}
