/* model_files.h -- the files of a run beside its database: final weights and checkpoint.
 *
 * Names are made from the run's identity, which may come from a stranger's database: what
 * is not 32 hexadecimal digits has no files. */
#ifndef MODEL_FILES_H
#define MODEL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* Copies the files that the run has beside `from` to beside `to`, each under another name
 * first, so that no half of one is ever seen. Files that are there already stay unless
 * `replace`: then they also go when `from` has none. A link, or what is no plain file, is
 * not followed (ST_IO). */
enum status model_files_copy(const char *from, const char *to, const char *identity,
                             bool replace, struct err *e);

/* Where a worker leaves its final weights until its run is stored as done, so that the
 * weights of a run are never of another training than its numbers:
 * "FILE.models/<identity>.trained.safetensors". */
enum status model_files_trained_path(const char *db, const char *identity,
                                     char out[PATH_MAX], struct err *e);
/* To be called before the run is stored as done: what the worker left becomes the run's
 * weights, in the place of those of an earlier training. Without `kept`, when it could leave
 * none, the earlier ones are removed. Harmless a second time. ST_IO: neither was done, and
 * the run should not be stored either. */
enum status model_files_take_trained(const char *db, const char *identity, bool kept,
                                     struct err *e);
/* Of a worker that did not come to its end. */
void model_files_drop_trained(const char *db, const char *identity);

/* Are the run's final weights beside the database? */
bool model_files_has_weights(const char *db, const char *identity);

/* Removes them; *bytes grows by their size. Without `really` only counts. */
enum status model_files_remove(const char *db, const char *identity, bool really,
                               int64_t *bytes, struct err *e);

/* While a merge may still take the run's rows back its weights stand aside under another
 * name: then they come back, or are removed. A second call of either does nothing. */
void model_files_set_aside(const char *db, const char *identity);
void model_files_put_back(const char *db, const char *identity);
void model_files_drop_aside(const char *db, const char *identity);

/* Removes the run's checkpoint: what is done has nothing to go on from. */
void model_files_drop_checkpoint(const char *db, const char *identity);

#endif
