/* model_files.h -- manages the files of a run beside its database: final weights and checkpoint.
 *
 * Names are made from the run's identity, which may come from a stranger's database: an identity
 * that is not 32 hexadecimal digits has no files. */
#ifndef MODEL_FILES_H
#define MODEL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "status.h"
#include "store.h"

/* Computes the hash of a file of weights as in run.weights_hash: XXH3, 128 bits, hex. */
enum { WEIGHTS_HASH = 33 };
enum status model_files_hash(const char *path, char hash[WEIGHTS_HASH], struct err *e);

/* Finds the run's weights: the file "<identity>.safetensors" or, when that does not have the hash
 * of the run's row, a waiting file that has it, since a command was killed before it renamed the
 * file. An empty `hash`, from a database of an older program, fits any file. When there is none,
 * out is the path of the usual file. */
enum status model_files_weights_path(const char *db, const char *identity, const char *hash,
                                     char out[PATH_MAX], struct err *e);

/* A merge never changes the files that a run has. Before the rows of a part are stored, its
 * weights and checkpoint are copied beside `to` as waiting files (offer); after that they take
 * their final names (accept). If the program is killed in between, the hash in the row tells
 * which weights belong to it, and the next command finds them (model_files_weights_path,
 * model_files_settle); a checkpoint is copied again by the same merge.
 *
 * hash[] receives the hash of the weights, which must be `expected` ("": any). ST_NOTFOUND: the
 * part has none. ST_CONFIG: they cannot be used: they are damaged, belong to another run, or are
 * a link (which is not followed) or no plain file. ST_IO: there is no room beside `to`. */
enum status model_files_offer(const char *from, const char *to, const char *identity,
                              const char *expected, char hash[WEIGHTS_HASH], struct err *e);
enum status model_files_offer_checkpoint(const char *from, const char *to,
                                         const char *identity, struct err *e);
/* Gives the files that were offered since model_files_settle their final names. Called after the
 * rows of their runs were stored. */
enum status model_files_accept(struct store *s, const char *db, struct err *e);

/* Stands in place of a hash: the numbers came without their weights, so no file is the run's. */
#define WEIGHTS_NONE "none"

/* Completes what a killed command left. Waiting weights, also those that older programs set
 * aside, take their final names when they are the run's. Files that belong to no run, that are
 * incomplete, or that are the checkpoint of a run that is done are removed. The caller holds the
 * lock. A second call changes nothing. */
enum status model_files_settle(struct store *s, const char *db, struct err *e);

/* Returns how many files model_files_settle would look at: waiting and incomplete ones. */
int model_files_waiting(const char *db);

/* Returns where a worker leaves its final weights until its run is stored as done, so that
 * weights and numbers of a run always come from the same training:
 * "FILE.models/<identity>.trained.safetensors". */
enum status model_files_trained_path(const char *db, const char *identity,
                                     char out[PATH_MAX], struct err *e);
/* Called before the run is stored as done. Renames what the worker left to the run's weights, in
 * place of those of an earlier training. When the worker could keep none (`kept` false), the
 * earlier weights are removed. hash[] receives the hash of the weights, "" when there are none,
 * for store_weights. A second call changes nothing. ST_IO: nothing was changed, and the run
 * should not be stored either. */
enum status model_files_take_trained(const char *db, const char *identity, bool kept,
                                     char hash[WEIGHTS_HASH], struct err *e);
/* Removes the weights of a worker that did not finish. */
void model_files_drop_trained(const char *db, const char *identity);

/* Returns true when the run's final weights are beside the database and have this hash ("":
 * any). */
bool model_files_has_weights(const char *db, const char *identity, const char *hash);

/* Removes the run's files and adds their size to *bytes; if `really` is false, only adds. */
enum status model_files_remove(const char *db, const char *identity, bool really,
                               int64_t *bytes, struct err *e);

/* Removes the checkpoint of a run that is done and will not be resumed. */
void model_files_drop_checkpoint(const char *db, const char *identity);

#endif
