/* verify.h -- compares what the database holds of a run with what training gives now.
 *
 * Everything is compared bit by bit and in the order in which it was computed, so that the
 * first difference is the one to look at: the run's own row, curves by step, last numbers,
 * answers, places, then weights. */
#ifndef VERIFY_H
#define VERIFY_H

#include "spool.h"
#include "stored_run.h"

enum { VERIFY_TEXT = 512 };

struct verdict {
    int numbers, answers, tensors; /* compared and equal */
    char difference[VERIFY_TEXT];  /* the first one, FLOPs aside; "": none */
    char flops[VERIFY_TEXT]; /* their difference; the formulas that count them may change */
};

/* Compares the curve up to step `last`, where training was stopped; 0: it was not stopped, and
 * everything is compared. `scratch`: the path of a database to be made for the comparison. */
enum status verify_spool(const char *db_path, const struct stored_run *f,
                         const struct spool *now, const char *scratch, int last,
                         struct verdict *out, struct err *e);

/* Compares the weights in two files of one model. */
enum status verify_weights(const struct run_spec *r, const char *stored, const char *now,
                           struct verdict *out, struct err *e);

/* Returns in *out, for the caller to free, a line "NAME: was OLD, is NEW" for each part of the
 * environment that differs and may change bits; "" when none does. */
enum status verify_provenance(struct store *db, const struct stored_run *f, char **out,
                              struct err *e);

#endif
