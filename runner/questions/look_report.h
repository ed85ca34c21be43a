/* look_report.h -- evaluates the gates of a database's trained models, for the report. */
#ifndef LOOK_REPORT_H
#define LOOK_REPORT_H

#include "report_look.h"
#include "store.h"

/* Evaluates the runs that are done, match the globs (NULL: all) and have an encoder with gates:
 * every run of each row (experiment, profile, cell, recipe), on the first LOOK_SEQUENCES
 * sequences of `id`. Runs without usable weights are counted; out->why has the reason. ST_NOMEM,
 * and errors of the database. Free with report_looks_free, also after an error. */
enum status look_report(struct store *s, const char *db, const char *profile,
                        const char *experiment, struct report_looks *out, struct err *e);

#endif
