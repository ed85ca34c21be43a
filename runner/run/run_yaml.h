/* run_yaml.h -- writes a run as an experiment file that asks for this run only. */
#ifndef RUN_YAML_H
#define RUN_YAML_H

#include <stdio.h>

#include "run_spec.h"

/* Writes the run, with profile and cell as in the database; a trial of a tuned setting without
 * profile, since no file may name that (identities.h). ST_CONFIG: the run's experiment has a name
 * that a file may not have. The caller checks the stream for errors of writing. */
enum status run_yaml_write(const struct run_spec *r, FILE *out, struct err *e);

#endif
