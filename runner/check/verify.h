/* verify.h -- is what the database holds of a run what training gives now?
 *
 * Everything is compared bit by bit and in the order in which it came to be, so that the
 * first difference is the one to look at: the run's own row, curves by step, last numbers,
 * answers, places, then weights. */
#ifndef VERIFY_H
#define VERIFY_H

#include "spool.h"
#include "stored_run.h"

enum { VERIFY_TEXT = 512 };

struct verdict {
    int numbers, answers, tensors; /* compared and equal */
    char difference[VERIFY_TEXT];  /* the first one but that of FLOPs; "": none */
    char flops[VERIFY_TEXT]; /* theirs; programs count them by formulas that changed */
};

/* The curve up to step `last`, where training was stopped; 0: it was not, and all is
 * compared. `scratch`: a database to be made for it. */
enum status verify_spool(const char *db_path, const struct stored_run *f,
                         const struct spool *now, const char *scratch, int last,
                         struct verdict *out, struct err *e);

/* Weights in two files of one model. */
enum status verify_weights(const struct run_spec *r, const char *stored, const char *now,
                           struct verdict *out, struct err *e);

/* Lines "NAME: was OLD, is NEW" of what may move bits, for the caller to free; "" when
 * nothing of it has changed. */
enum status verify_provenance(struct store *db, const struct stored_run *f, char **out,
                              struct err *e);

#endif
