/* One allocation, divided into arrays. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"

static void sizes_are_rounded_up_to_whole_lines(void **state)
{
    (void)state;
    assert_int_equal(arena_bytes(0, 4), 0);
    assert_int_equal(arena_bytes(1, 1), 64);
    assert_int_equal(arena_bytes(16, 4), 64);
    assert_int_equal(arena_bytes(17, 4), 128);
    assert_true(arena_bytes(SIZE_MAX / 2, 4) == SIZE_MAX);
    assert_true(arena_bytes(SIZE_MAX / 2 + 2, 2) == SIZE_MAX); /* the product wraps to 2 */
    assert_true(arena_bytes(SIZE_MAX - 3, 1) == SIZE_MAX);
}

static void arrays_are_aligned_zeroed_and_apart(void **state)
{
    struct arena a;
    (void)state;
    assert_int_equal(arena_init(&a, arena_bytes(5, 4) + arena_bytes(100, 8), NULL), ST_OK);
    float *x = arena_take(&a, 5, sizeof *x);
    double *y = arena_take(&a, 100, sizeof *y);
    assert_int_equal((uintptr_t)x % ARENA_ALIGN, 0);
    assert_int_equal((uintptr_t)y % ARENA_ALIGN, 0);
    assert_true((char *)y >= (char *)(x + 5));
    assert_int_equal(a.used, a.cap);
    for (int i = 0; i < 100; i++)
        assert_true(y[i] == 0);
    arena_free(&a);
}

static void large_arenas_are_zeroed_and_aligned_too(void **state)
{
    const size_t bytes = (size_t)9 << 20;
    struct arena a;
    (void)state;
    assert_int_equal(arena_init(&a, bytes, NULL), ST_OK);
    const unsigned char *x = arena_take(&a, bytes / 2, 1);
    unsigned char *y = arena_take(&a, bytes / 2, 1);
    assert_int_equal((uintptr_t)x % ARENA_ALIGN, 0);
    assert_ptr_equal(y, x + bytes / 2);
    memset(y, 0xFF, bytes / 2);
    for (size_t i = 0; i < bytes / 2; i += 61)
        assert_int_equal(x[i], 0);
    arena_free(&a);
}

static void an_empty_arena_gives_empty_arrays(void **state)
{
    struct arena a;
    (void)state;
    assert_int_equal(arena_init(&a, 0, NULL), ST_OK);
    assert_non_null(arena_take(&a, 0, 8));
    arena_free(&a);
}

static void freeing_twice_or_nothing_is_harmless(void **state)
{
    struct arena a = {0};
    (void)state;
    arena_free(&a);
    assert_int_equal(arena_init(&a, 64, NULL), ST_OK);
    arena_free(&a);
    arena_free(&a);
    assert_null(a.base);
}

static void memory_that_is_not_there_is_a_status(void **state)
{
    struct arena a;
    struct err e;
    (void)state;
    assert_int_equal(arena_init(&a, SIZE_MAX, &e), ST_NOMEM);
    assert_int_equal(e.code, ST_NOMEM);
    assert_non_null(strstr(e.msg, "MiB"));
#ifndef __SANITIZE_ADDRESS__ /* which ends the process instead of returning NULL */
    assert_int_equal(arena_init(&a, SIZE_MAX / 4, &e), ST_NOMEM);
#endif
    assert_null(a.base);
    arena_free(&a);
}

/* The asserts end the process, so this runs in a child. */
static void taking_past_the_end_asserts(void **state)
{
    int how = 0;
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        struct arena a;
        signal(SIGABRT, SIG_DFL);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        if (arena_init(&a, 128, NULL) == ST_OK) {
            arena_take(&a, 1, 1); /* the first of two lines */
            arena_take(&a, 65, 1);
        }
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_rounded_up_to_whole_lines),
        cmocka_unit_test(arrays_are_aligned_zeroed_and_apart),
        cmocka_unit_test(large_arenas_are_zeroed_and_aligned_too),
        cmocka_unit_test(an_empty_arena_gives_empty_arrays),
        cmocka_unit_test(freeing_twice_or_nothing_is_harmless),
        cmocka_unit_test(memory_that_is_not_there_is_a_status),
        cmocka_unit_test(taking_past_the_end_asserts),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
