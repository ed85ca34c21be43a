/* model_files.h -- the files of a run beside its database: final weights and checkpoint.
 *
 * Names are made from the run's identity, which may come from a stranger's database: what
 * is not 32 hexadecimal digits has no files. */
#ifndef MODEL_FILES_H
#define MODEL_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* Copies the files that the run has beside `from` to beside `to`, each under another name
 * first, so that no half of one is ever seen. Files that are there already stay unless
 * `replace`. A link, or what is no plain file, is not followed (ST_IO). */
enum status model_files_copy(const char *from, const char *to, const char *identity,
                             bool replace, struct err *e);

/* Are the run's final weights beside the database? */
bool model_files_has_weights(const char *db, const char *identity);

/* Removes them; *bytes grows by their size. Without `really` only counts. */
enum status model_files_remove(const char *db, const char *identity, bool really,
                               int64_t *bytes, struct err *e);

/* Removes the run's checkpoint: what is done has nothing to go on from. */
void model_files_drop_checkpoint(const char *db, const char *identity);

#endif
