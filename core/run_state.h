/* run_state.h -- the words for the states of a run, in databases, spools and messages. */
#ifndef RUN_STATE_H
#define RUN_STATE_H

/* A run is new until it begins, running until it ends, then one of the last three. schema.sql
 * has the same list. */
#define RUN_NEW         "new"
#define RUN_RUNNING     "running"
#define RUN_DONE        "done"
#define RUN_FAILED      "failed"
#define RUN_INTERRUPTED "interrupted"

enum { RUN_STATES = 5 };
extern const char *const run_states[RUN_STATES + 1]; /* ends with NULL */

/* Returns the state that equals `text` as a static string; NULL when `text` is no state or
 * NULL. */
const char *run_state_find(const char *text);

#endif
