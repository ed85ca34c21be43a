/* cores.h -- how many cores this process may use. */
#ifndef CORES_H
#define CORES_H

/* Those of its CPU affinity, as taskset, control groups and batch systems set it, which
 * may be fewer than the machine has; at least 1. */
int cores_usable(void);

#endif
