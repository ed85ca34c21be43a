/* contract_internal.h -- shared by the files of contract.h. */
#ifndef CONTRACT_INTERNAL_H
#define CONTRACT_INTERNAL_H

#include "contract.h"

/* Samples of a clause; chosen, not measured. */
enum { CONTRACT_SAMPLES = 2000 };

/* Buffers for one sample, followed by canaries. */
struct contract_room {
    struct sample s;
    int32_t *answer; /* [n] */
    int n;           /* max_length of the law it was made for */
};
enum status contract_room(const struct task *t, const struct option_values *o,
                          struct contract_room *out, struct err *e);
void contract_room_free(struct contract_room *r);
void contract_room_fill(struct contract_room *r, uint8_t dirt);
bool contract_canaries_live(const struct contract_room *r);

struct option_values contract_law(const struct task *t, const struct task_split *s);

/* The clauses of contract_laws.c. */
enum status contract_chance(const struct task *t, struct err *e);
enum status contract_majority(const struct task *t, struct err *e);
enum status contract_ceiling(const struct task *t, struct err *e);
enum status contract_hidden(const struct task *t, struct err *e);
enum status contract_disjoint(const struct task *t, struct err *e);
enum status contract_beyond(const struct task *t, struct err *e);

#endif
