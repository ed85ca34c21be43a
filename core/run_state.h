/* run_state.h -- the states of a run, by the words that databases, spools and people use. */
#ifndef RUN_STATE_H
#define RUN_STATE_H

/* A run is new until it is begun, running until it ends, and then one of the last three;
 * schema.sql holds the same list. */
#define RUN_NEW         "new"
#define RUN_RUNNING     "running"
#define RUN_DONE        "done"
#define RUN_FAILED      "failed"
#define RUN_INTERRUPTED "interrupted"

enum { RUN_STATES = 5 };
extern const char *const run_states[RUN_STATES + 1]; /* ends with NULL */

/* The same word as a static string; NULL when it is none, or NULL. */
const char *run_state_find(const char *text);

#endif
