/* trained_model.h -- the model that a command was given: the run's number, or a file. */
#ifndef TRAINED_MODEL_H
#define TRAINED_MODEL_H

#include "command.h"
#include "stored_run.h"
#include "trainer.h"

enum {
    BATCH_TOKENS = 4096, /* of one call, unless one sequence is longer; chosen */
    BATCH_SEQUENCES = 256
};

struct trained_model {
    struct run_spec run; /* owned */
    struct stored_weights weights;
};

/* Reads a file of weights when `name` has a slash or a dot, else a run of the database of `v`.
 * Start with a zeroed struct; free with run_spec_free(&out->run), also after an error. */
enum status trained_model_read(const struct invocation *v, const char *name,
                               struct trained_model *out, struct err *e);

/* Opens a trainer of one thread with the weights, for sequences of up to `longest` tokens.
 * ST_RANGE: the encoder is not defined at that length. */
enum status trained_model_open(const struct trained_model *s, int longest,
                               struct trainer **out, struct err *e);

#endif
