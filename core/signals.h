/* signals.h -- SIGINT, SIGTERM and SIGHUP as a wish to end, for programs that tidy up.
 *
 * SIGINT and SIGHUP stay ignored where they are, as under nohup and in the background of a
 * script; SIGTERM is what a batch system sends and is always heard. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

enum { SIGNALS_WISHES = 3 };
extern const int signals_wishes[SIGNALS_WISHES];

/* From now on the wishes end nothing: they are counted, and *signals_flag() becomes the
 * number of the last one; 0: none. The count begins at 0. A second call does nothing. */
void signals_catch(void);
/* Gives back what was in force before; the count stays. */
void signals_release(void);

const volatile sig_atomic_t *signals_flag(void);
int signals_last(void);  /* 0: none */
int signals_count(void); /* since signals_catch */

/* A descriptor that becomes readable with every wish, for poll; signals_drain empties it.
 * -1: there is none (errno says why). */
int signals_descriptor(void);
void signals_drain(void);

#endif
