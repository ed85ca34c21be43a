/* task_check.h -- tests a task against the contract, clause by clause, and compares its laws
 * with simulation, for a report. */
#ifndef TASK_CHECK_H
#define TASK_CHECK_H

#include <signal.h>
#include <stdio.h>

#include "contract.h"
#include "text_table.h"

/* Chosen: the most clauses, the most splits of a task (an assertion stops more), and the length
 * of a complaint, which is cut. */
enum { TASK_CHECK_CLAUSES = 32, TASK_CHECK_LAWS = 64, TASK_CHECK_COMPLAINT = 1024 };

enum task_check_verdict { CLAUSE_KEPT, CLAUSE_BROKEN, CLAUSE_NOT_LOOKED_AT };

struct task_check {
    const struct task *task;
    struct {
        const char *name;
        enum task_check_verdict verdict;
        char complaint[TASK_CHECK_COMPLAINT]; /* "" unless broken */
    } clause[TASK_CHECK_CLAUSES];
    struct {
        const struct task_split *split;
        /* What the task states; NaN: it states nothing. */
        double chance, majority, ceiling;
        struct contract_law law; /* what was measured */
        struct contract_overlap overlap;
    } law[TASK_CHECK_LAWS];
    int clauses, laws, broken;
    double samples_per_s,
        tokens_per_s; /* of the training law on one core; 0: not measured */
};

/* Measures each law on `samples` samples, but only when every clause that others depend on is
 * kept. A task that breaks its contract is no error of the call: see `broken`. ST_NOMEM;
 * ST_INTERRUPTED once *stop is set, which is read between clauses. */
enum status task_check(const struct task *t, int samples, const volatile sig_atomic_t *stop,
                       struct task_check *out, struct err *e);

/* Prints the report in a format for people, or as one JSON object on a line (PRINT_JSON). */
enum status task_check_print(const struct task_check *c, enum print_format f, FILE *out,
                             struct err *e);

#endif
