/* store_compare.h -- does a run that was made again come out as it is stored? */
#ifndef STORE_COMPARE_H
#define STORE_COMPARE_H

#include "store.h"

enum { STORE_DIFFERENCE = 512 };

struct store_comparison {
    int64_t numbers, answers; /* that the made run has; answers: to so many splits */
    char difference[STORE_DIFFERENCE]; /* the first one but that of FLOPs; "": none */
    char flops[STORE_DIFFERENCE]; /* theirs; programs count them by formulas that changed */
};

/* Run `made_id` of `made`, a database of its own that may be changed, against run
 * `stored_id` of the database at `path`, bit by bit: rows of the runs, curves by step, last
 * numbers, answers, places. With `last` > 0 the made one was not trained to its end, and
 * what it cost and what comes after that step is not compared. What the stored run's program
 * did not measure yet is no difference. */
enum status store_compare(struct store *made, int64_t made_id, const char *path,
                          const char *stored_id, int last, struct store_comparison *out,
                          struct err *e);

#endif
