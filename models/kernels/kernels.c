/* kernels.c -- chooses the table of kernels that is in use. */
#include "kernels.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const struct kernels kernels_naive;
#ifdef KERNELS_X86
extern const struct kernels kernels_v2, kernels_v3, kernels_v4;
#endif

/* Checks only the CPU features of a level that our code uses; CPUs that have these have the
 * whole level. */
static bool runs(const struct kernels *k)
{
#ifdef KERNELS_X86
    if (k == &kernels_v2)
        return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    if (k == &kernels_v3)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (k == &kernels_v4)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return k == &kernels_naive;
}

/* The best table first. */
static const struct kernels *const tables[] = {
#ifdef KERNELS_X86
    &kernels_v4,
    &kernels_v3,
    &kernels_v2,
#endif
    &kernels_naive,
};

enum { TABLES = sizeof tables / sizeof tables[0] };

static _Atomic(const struct kernels *) in_force;

const struct kernels *kernels_find(const char *isa)
{
    for (size_t i = 0; i < TABLES; i++)
        if (strcmp(tables[i]->isa, isa) == 0)
            return runs(tables[i]) ? tables[i] : NULL;
    return NULL;
}

static const struct kernels *best(void)
{
    for (size_t i = 0; i < TABLES; i++)
        if (runs(tables[i]))
            return tables[i];
    return &kernels_naive;
}

/* Lists the tables that this CPU can run: "x86-64-v3, x86-64-v2, naive". */
static void list_tables(size_t size, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < TABLES; i++) {
        if (!runs(tables[i]))
            continue;
        const size_t length = strlen(tables[i]->isa);
        assert(used + length + 3 <= size);
        if (used > 0) {
            memcpy(text + used, ", ", 2);
            used += 2;
        }
        memcpy(text + used, tables[i]->isa, length + 1);
        used += length;
    }
}

enum status kernels_choose(const char *isa, struct err *e)
{
    const struct kernels *k = isa && isa[0] ? kernels_find(isa) : best();
    if (!k) {
        char names[128];
        list_tables(sizeof names, names);
        return err_set(e, ST_USAGE,
                       "POSBENCH_KERNELS=%s: this CPU and program can run %s; "
                       "name one of these, or unset the variable for the first",
                       isa, names);
    }
    atomic_store(&in_force, k);
    return ST_OK;
}

const struct kernels *kernels_get(void)
{
    const struct kernels *k = atomic_load_explicit(&in_force, memory_order_relaxed);
    if (k)
        return k;
    const enum status st = kernels_choose(getenv("POSBENCH_KERNELS"), NULL);
    assert(st == ST_OK);
    (void)st;
    return atomic_load(&in_force);
}
