/* contract.h -- what task.h promises, checked on any task.
 *
 * Each clause looks at one promise and says, in the first complaint, where it is broken.
 * A clause takes what a generator may do wrong as the world's fault: it returns ST_RANGE
 * with a message and never asserts on what the task does. ST_NOMEM: no room to look. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "task.h"

struct contract_clause {
    const char *name;
    enum status (*check)(const struct task *t, struct err *e);
    bool ground; /* where it is broken, the clauses behind it are not called */
};

extern const struct contract_clause contract_clauses[]; /* ends with {0} */

/* What simulation says of a law: `samples` samples of the stream `seed`. */
struct contract_law {
    double chance;         /* accuracy of blind guesses among the answers that occur */
    double majority;       /* accuracy of the commonest answer */
    double majority_error; /* its standard error */
    double ceiling;        /* share of scored answers that are determined */
    double ceiling_error;
    double scored; /* answers a sample */
    int answers;   /* different answers that occur */
};
enum status contract_measure(const struct task *t, const struct option_values *o,
                             int samples, struct contract_law *out, struct err *e);

/* `split`: the share of a split's samples whose input is also that of one of the first
 * training samples. `chance`: the same share of samples that are drawn from the split's law
 * with a stream of their own; so many coincide by chance, where short strings are few for
 * example. */
struct contract_overlap {
    double split, chance;
    int samples;
};
enum status contract_overlap(const struct task *t, const struct task_split *s,
                             struct contract_overlap *out, struct err *e);

/* FNV-1a of 64 bits over the low bytes first, the same on any machine; starts from
 * CONTRACT_HASH. A sample adds its tokens, targets, scored places and counts. */
#define CONTRACT_HASH UINT64_C(14695981039346656037)
uint64_t contract_add(uint64_t hash, int32_t number);
uint64_t contract_add_sample(uint64_t hash, const struct sample *s);

#endif
