/* reference.h -- describes tasks, encoders and commands from their tables: as Markdown for
 * docs/reference, and as text for `posbench show`. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdio.h>

#include "encoder.h"
#include "task.h"

/* Print whole files of docs/reference: a page for each task and encoder, and the pages that
 * list all of them. */
void reference_task_page(const struct task *t, FILE *out);
void reference_encoder_page(const struct encoder *c, FILE *out);
void reference_tasks(FILE *out);
void reference_encoders(FILE *out);
void reference_commands(FILE *out);

/* Print text for a terminal. `values` NULL: the defaults. */
void reference_task_text(const struct task *t, const struct option_values *values,
                         FILE *out);
void reference_encoder_text(const struct encoder *c, FILE *out);

#endif
