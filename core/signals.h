/* signals.h -- treats SIGINT, SIGTERM and SIGHUP as a request to end, for programs that clean
 * up first.
 *
 * SIGINT and SIGHUP stay ignored if they were, as under nohup and in the background of a
 * script. SIGTERM, which batch systems send, is always caught. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

enum { SIGNALS_WISHES = 3 };
extern const int signals_wishes[SIGNALS_WISHES];

/* Catches these signals. From now on they do not end the program but are counted, from 0, and
 * *signals_flag() is the number of the last signal, 0: none came. A second call does nothing. */
void signals_catch(void);
/* Restores the handlers from before; the count stays. */
void signals_release(void);

const volatile sig_atomic_t *signals_flag(void);
int signals_last(void);  /* 0: none */
int signals_count(void); /* since signals_catch */

/* Returns a descriptor for poll that becomes readable with each of these signals; signals_drain
 * empties it. -1: there is none (errno says why). */
int signals_descriptor(void);
void signals_drain(void);

#endif
