/* samples_check.h -- reports what a file of samples contains, for `posbench check
 * FILE.jsonl`. */
#ifndef SAMPLES_CHECK_H
#define SAMPLES_CHECK_H

#include <stdio.h>

#include "text_table.h"

/* Reads FILE as the task jsonl does and prints sizes, chance, majority and the number of
 * repeated samples. `words` NULL: its tokens are ids. ST_IO, ST_CONFIG: the file cannot be read
 * or used; the message names the line and the remedy. ST_RANGE: the same input has two
 * answers. */
enum status samples_check_print(const char *file, const char *words, enum print_format f,
                                FILE *out, struct err *e);

#endif
