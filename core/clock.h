/* clock.h -- seconds, of clocks that never jump. */
#ifndef CLOCK_H
#define CLOCK_H

double clock_now(void); /* since some moment in the past */
double clock_cpu(void); /* of processor time, this process's threads together */

#endif
