/* memory.h -- how much memory could still be had, before it is asked for. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>

struct memory_room {
    double bytes;   /* that could be had; INFINITY: the system does not say */
    const char *of; /* who gives no more: "this machine", or "the control group" */
};

/* The memory that is free on this machine, or what the control groups of this process leave
 * where that is less (cgroup versions 1 and 2; Slurm and containers set them). */
struct memory_room memory_room(void);

/* The least that the control group `name` below `root` and those around it leave, for groups
 * of version 1 or 2; INFINITY: they set no limit. */
double memory_group_room(const char *root, const char *name, int version);

/* True when address space that is reserved but never touched counts as memory: the process
 * has a limit on it (ulimit -v, h_vmem), or the system promises no more memory than it has
 * (vm.overcommit_memory 2). */
bool memory_is_counted(void);

/* Could `bytes` more of address space be had now? */
bool memory_has_addresses(double bytes);

#endif
