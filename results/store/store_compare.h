/* store_compare.h -- checks that a run that was made again equals the stored one. */
#ifndef STORE_COMPARE_H
#define STORE_COMPARE_H

#include "store.h"

enum { STORE_DIFFERENCE = 512 };

struct store_comparison {
    int64_t numbers, answers; /* numbers of the made run, and splits with answers */
    char difference[STORE_DIFFERENCE]; /* the first one, FLOPs aside; "": none */
    char flops[STORE_DIFFERENCE]; /* difference in FLOPs, whose formulas have changed */
};

/* Compares run `made_id` of `made`, a database of its own that may be changed, with run
 * `stored_id` of the database at `path`, bit by bit: rows of the runs, curves by step, last
 * numbers, answers, places. `last` > 0: the made run was trained only to that step, so that
 * only the settings of the run and the curves up to the step are compared.
 * Metrics that the stored run's program did not know yet are no difference. */
enum status store_compare(struct store *made, int64_t made_id, const char *path,
                          const char *stored_id, int last, struct store_comparison *out,
                          struct err *e);

#endif
