/* run_spec.h -- what reading the file and reading a stored configuration share. */
#ifndef RUN_SPEC_H
#define RUN_SPEC_H

#include "config.h"

enum { RUN_FORMAT = 1 }; /* of the stored configuration; raised when its keys change */

/* Canonical JSON of everything that moves the run's result: keys sorted, no blanks, one
 * way to write each value. The caller's, to be freed; NULL: out of memory. */
char *run_spec_json(const struct run_spec *r);

/* 128-bit XXH3 of the text, in hex. */
void identity_of(const char *text, char out[IDENTITY_TEXT]);

/* The task's splits in the task's order, then the others by name, so that no order in a
 * file changes the order in which a run is evaluated. */
void run_spec_sort_splits(struct run_spec *r);

/* Does every token id mean with options `asked` what it meant with those of training? What
 * a model learnt of one token says nothing of another. If not, `why` says how they differ:
 * "has 21 token ids, but training only 19". */
enum { TOKENS_WHY = 128 };
bool run_spec_same_tokens(const struct task *t, const struct option_values *trained,
                          const struct option_values *asked, char why[TOKENS_WHY]);

/* From task, options and splits: vocabulary and lengths of the model. */
void run_spec_sizes(struct run_spec *r);

/* From the encoders and the sizes: resolves the encoders, names them. model_check must
 * have passed. ST_CONFIG when an encoder refuses the sizes. */
enum status run_spec_encoders(struct run_spec *r, struct err *e);

/* From all the rest: config and identity. ST_NOMEM. */
enum status run_spec_identify(struct run_spec *r, struct err *e);

/* A copy that owns its memory; only `config` is left out. ST_NOMEM. */
enum status run_spec_copy(const struct run_spec *r, struct run_spec *out, struct err *e);

#endif
