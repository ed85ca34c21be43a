/* memory.h -- tells how much memory is available before it is allocated. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>

struct memory_room {
    double bytes;   /* available; INFINITY: unknown */
    const char *of; /* what sets the limit: "this machine" or "the control group" */
};

/* Returns the memory available on this machine, or what the control groups of this process leave
 * if that is less (cgroup versions 1 and 2; Slurm and containers set them). */
struct memory_room memory_room(void);

/* Returns the least that the control group `name` below `root` and its parents leave, for
 * groups of version 1 or 2; INFINITY: they set no limit. */
double memory_group_room(const char *root, const char *name, int version);

/* Returns true if address space that is reserved but never touched counts as memory: the process
 * has a limit on it (ulimit -v, h_vmem), or the system does not overcommit
 * (vm.overcommit_memory 2). */
bool memory_is_counted(void);

/* Returns true if `bytes` more of address space are available now. */
bool memory_has_addresses(double bytes);

#endif
