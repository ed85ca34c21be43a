#define _GNU_SOURCE /* sched_getaffinity; NOLINT */
#include "cores.h"

#include <sched.h>
#include <stddef.h>

/* Sizes of masks to try, since the kernel refuses a mask that is smaller than its own. */
enum { CPUS_LEAST = 1024, CPUS_MOST = 1 << 20 };

/* Returns the number of cores in the affinity; -1: a mask of `cpus` bits is too small. */
static int count_in(size_t cpus)
{
    cpu_set_t *set = CPU_ALLOC(cpus);
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    int n = -1;
    if (set && sched_getaffinity(0, bytes, set) == 0)
        n = CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    return n;
}

int cores_usable(void)
{
    int n = -1;
    for (size_t cpus = CPUS_LEAST; n < 1 && cpus <= CPUS_MOST; cpus *= 2)
        n = count_in(cpus);
    return n < 1 ? 1 : n;
}
