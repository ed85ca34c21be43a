/* contract.h -- checks that a task keeps the promises of task.h.
 *
 * Each clause checks one promise; its first complaint says where the promise is broken. A
 * clause treats mistakes of a task as bad input: it returns ST_RANGE with a message and never
 * asserts on what the task does. ST_NOMEM: no memory for the check. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "task.h"

struct contract_clause {
    const char *name;
    enum status (*check)(const struct task *t, struct err *e);
    bool ground; /* if it is broken, the clauses after it are not called */
};

extern const struct contract_clause contract_clauses[]; /* ends with {0} */

/* Estimates for a law, from `samples` samples of a fixed stream. */
struct contract_law {
    double chance;         /* accuracy of blind guesses among the answers that occur */
    double majority;       /* accuracy of always giving the commonest answer */
    double majority_error; /* its standard error */
    double ceiling;        /* share of scored answers that are determined */
    double ceiling_error;
    double scored; /* answers per sample */
    int answers;   /* different answers that occur */
};
enum status contract_measure(const struct task *t, const struct option_values *o,
                             int samples, struct contract_law *out, struct err *e);

/* `split`: the share of a split's samples whose input equals that of one of the first training
 * samples. `chance`: the same share for samples drawn from the split's law with a separate
 * stream. These coincide by chance, for example when there are few short strings. */
struct contract_overlap {
    double split, chance;
    int samples;
};
enum status contract_overlap(const struct task *t, const struct task_split *s,
                             struct contract_overlap *out, struct err *e);

/* FNV-1a of 64 bits, low bytes first, the same on any machine; starts from CONTRACT_HASH.
 * contract_add_sample adds a sample's tokens, targets, scored places and counts. */
#define CONTRACT_HASH UINT64_C(14695981039346656037)
uint64_t contract_add(uint64_t hash, int32_t number);
uint64_t contract_add_sample(uint64_t hash, const struct sample *s);

#endif
