/* look_report.h -- what the trained models of a database look at, for the report. */
#ifndef LOOK_REPORT_H
#define LOOK_REPORT_H

#include "report_look.h"
#include "store.h"

/* Of the runs that are done (globs; NULL: all) those whose encoder has gates: of each row
 * (experiment, profile, cell, recipe) a look at every run, with the first LOOK_SEQUENCES
 * sequences of `id`. Runs without usable weights are counted, and out->why says why. ST_NOMEM,
 * and what the database says. Free with report_looks_free, also when it fails. */
enum status look_report(struct store *s, const char *db, const char *profile,
                        const char *experiment, struct report_looks *out, struct err *e);

#endif
