/* run_yaml.h -- a run as an experiment file that asks for it and nothing else. */
#ifndef RUN_YAML_H
#define RUN_YAML_H

#include <stdio.h>

#include "run_spec.h"

/* Profile and cell as the database has them. ST_CONFIG: the run's experiment has a name that no
 * file may have. Write errors stay in the stream. */
enum status run_yaml_write(const struct run_spec *r, FILE *out, struct err *e);

#endif
