/* stop.h -- SIGINT, SIGTERM and SIGHUP as a wish to end, for commands that train in this
 * process: they stop at the next step and tidy up. */
#ifndef STOP_H
#define STOP_H

#include <signal.h>

/* From now on these signals end nothing. *flag becomes the number of the one that came
 * last; 0: none. SIGINT and SIGHUP stay ignored where they are, as under nohup and in the
 * background of a script; SIGTERM is what a scheduler sends and is always heard. */
const volatile sig_atomic_t *stop_on_signals(void);

/* The flag, for the exit code. */
int stop_signal(void);

#endif
