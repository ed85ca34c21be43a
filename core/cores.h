/* cores.h -- how many cores this process may use. */
#ifndef CORES_H
#define CORES_H

/* The number of cores in the CPU affinity of this process. taskset, control groups and
 * batch systems set it, so it may be fewer than the machine has; at least 1. */
int cores_usable(void);

#endif
