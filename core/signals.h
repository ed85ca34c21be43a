/* signals.h -- SIGINT, SIGTERM and SIGHUP as a wish to end, for programs that tidy up.
 *
 * SIGINT and SIGHUP stay ignored where they are, as under nohup and in the background of a
 * script; SIGTERM is what a batch system sends and is always heard. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

enum { SIGNALS_WISHES = 3 };
extern const int signals_wishes[SIGNALS_WISHES];

/* Catches the signals that ask the program to end: from now on they end nothing but are
 * counted, from 0, and *signals_flag() is the number of the last signal; 0: none came. A
 * second call does nothing. */
void signals_catch(void);
/* Gives back what was in force before; the count stays. */
void signals_release(void);

const volatile sig_atomic_t *signals_flag(void);
int signals_last(void);  /* 0: none */
int signals_count(void); /* since signals_catch */

/* A descriptor for poll that becomes readable with each of these signals; signals_drain
 * empties it. -1: there is none (errno says why). */
int signals_descriptor(void);
void signals_drain(void);

#endif
