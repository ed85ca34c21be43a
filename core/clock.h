/* clock.h -- clocks in seconds that never jump. */
#ifndef CLOCK_H
#define CLOCK_H

double clock_now(void); /* since some moment in the past */
double clock_cpu(void); /* processor time of all threads of this process */

#endif
