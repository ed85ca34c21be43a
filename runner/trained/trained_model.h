/* trained_model.h -- the model that a command was given: a run's number, or a file. */
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

/* `name` with a slash or a dot is a file of weights, else a run of the database of `v`. To
 * be freed with run_spec_free(&out->run), also when it fails; start with a zeroed struct. */
enum status trained_model_read(const struct invocation *v, const char *name,
                               struct trained_model *out, struct err *e);

/* A trainer of one thread with its weights, for sequences of up to `longest` tokens.
 * ST_RANGE: the encoder has no value there. */
enum status trained_model_open(const struct trained_model *s, int longest,
                               struct trainer **out, struct err *e);

#endif
