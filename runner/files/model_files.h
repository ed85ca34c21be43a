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
#include "store.h"

/* The hash of a file of weights as run.weights_hash has it: XXH3, 128 bits, hex. */
enum { WEIGHTS_HASH = 33 };
enum status model_files_hash(const char *path, char hash[WEIGHTS_HASH], struct err *e);

/* The weights of the run: the file "<identity>.safetensors", or, where that is not the one
 * with the hash of the run's row, one that still waits to take its place: a command was
 * killed in between. An empty `hash`, of a database of an older program, fits any file. The
 * path of the usual file when there is none. */
enum status model_files_weights_path(const char *db, const char *identity, const char *hash,
                                     char out[PATH_MAX], struct err *e);

/* A merge never touches the files that a run has. Before the rows of a part are stored, its
 * weights and checkpoint are copied beside `to` under names of files that wait (offer), and
 * when the rows are stored they take their places (accept). Of whoever is killed in between
 * the hash in the row tells to which side weights belong, and the next command finds them
 * (model_files_weights_path, model_files_settle); a checkpoint is copied again by the same
 * merge.
 *
 * hash[] receives that of the weights, which must be `expected` ("": any). ST_NOTFOUND: the
 * part has none. ST_CONFIG: they cannot be used: a link or no plain file, which is not
 * followed, damaged, of another run. ST_IO: there is no room beside `to`. */
enum status model_files_offer(const char *from, const char *to, const char *identity,
                              const char *expected, char hash[WEIGHTS_HASH], struct err *e);
enum status model_files_offer_checkpoint(const char *from, const char *to,
                                         const char *identity, struct err *e);
/* For who has just stored the rows of what was offered since model_files_settle. */
enum status model_files_accept(struct store *s, const char *db, struct err *e);

/* In the place of a hash: numbers came without their weights, so that no file is the run's. */
#define WEIGHTS_NONE "none"

/* Brings to an end what a command that was killed left: weights that wait, also those that
 * older programs set aside, take their place when they are the run's; what belongs to no run,
 * was written by halves, or is the checkpoint of a run that is done, is removed. For who
 * holds the lock; harmless a second time. */
enum status model_files_settle(struct store *s, const char *db, struct err *e);

/* How many files model_files_settle would look at: those that wait and those written by
 * halves. */
int model_files_waiting(const char *db);

/* Where a worker leaves its final weights until its run is stored as done, so that the
 * weights of a run are never of another training than its numbers:
 * "FILE.models/<identity>.trained.safetensors". */
enum status model_files_trained_path(const char *db, const char *identity,
                                     char out[PATH_MAX], struct err *e);
/* To be called before the run is stored as done: what the worker left becomes the run's
 * weights, in the place of those of an earlier training. Without `kept`, when it could leave
 * none, the earlier ones are removed. hash[] receives that of the weights, "" without any, for
 * store_weights. Harmless a second time. ST_IO: neither was done, and
 * the run should not be stored either. */
enum status model_files_take_trained(const char *db, const char *identity, bool kept,
                                     char hash[WEIGHTS_HASH], struct err *e);
/* Of a worker that did not come to its end. */
void model_files_drop_trained(const char *db, const char *identity);

/* Are the run's final weights beside the database, with this hash ("": any)? */
bool model_files_has_weights(const char *db, const char *identity, const char *hash);

/* Removes them; *bytes grows by their size. Without `really` only counts. */
enum status model_files_remove(const char *db, const char *identity, bool really,
                               int64_t *bytes, struct err *e);

/* Removes the run's checkpoint: what is done has nothing to go on from. */
void model_files_drop_checkpoint(const char *db, const char *identity);

#endif
