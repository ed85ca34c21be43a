/* checkpoint.h -- stores an unfinished run in a file, to be resumed.
 *
 * The file is FILE.models/<identity>.checkpoint.safetensors beside the database FILE. It exists
 * until the run is done or starts anew. It holds weights, both moments of the optimiser, the
 * position of the run and what it has reported; docs/MODELS.md describes it. A resumed run has
 * the same bits as one that was never interrupted. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <limits.h>

#include "run_spec.h"
#include "trainer.h"

/* Seconds between checkpoints: the default, which is the most that a kill costs, and the limit, a
 * day. Chosen; rest_per_s in training.c keeps checkpoints below 1 % of the time. */
enum { CHECKPOINT_EVERY = 60, CHECKPOINT_EVERY_MAX = 86400 };

/* The position of a run. */
struct checkpoint_point {
    int step;        /* steps done */
    int pointed;     /* steps done at the last complete point of the curve; 0: none */
    int loss_steps;  /* steps since that point */
    double loss_sum; /* sum of their losses */
    double flops;    /* done, training and evaluation */
    double train_s;  /* time and tokens inside training steps */
    double train_tokens;
    double wall_s, cpu_s, peak_memory_mib; /* of all attempts up to here */
};

/* Writes the path. ST_IO when it is too long. */
enum status checkpoint_path(const char *db, const char *identity, char out[PATH_MAX],
                            struct err *e);

/* Saves a checkpoint. `reported` is the spool up to the point. */
enum status checkpoint_save(const char *path, const struct run_spec *r, struct trainer *t,
                            const struct checkpoint_point *at, const char *reported,
                            struct err *e);

enum { CHECKPOINT_MAKER = 512 };

struct checkpoint_found {
    struct checkpoint_point at;
    char *reported; /* owned by the caller */
    char
        maker[CHECKPOINT_MAKER]; /* program and libraries, as checkpoint_maker tells them */
};

/* Loads a checkpoint. ST_NOTFOUND: no such file. ST_IO: it belongs to another run or version, or
 * is damaged; the trainer then holds arbitrary values and must be opened again. */
enum status checkpoint_load(const char *path, const struct run_spec *r, struct trainer *t,
                            struct checkpoint_found *out, struct err *e);

/* Writes what can change bits: "posbench 0.1 (commit), gcc 12, x86-64-v4, OpenBLAS SkylakeX". */
void checkpoint_maker(char text[CHECKPOINT_MAKER]);

/* Returns the steps done in the checkpoint of a run; 0: the run would start anew. */
int checkpoint_steps(const char *db, const struct run_spec *r);

/* Returns the same from the file alone, without the settings; 0: no checkpoint of the run that is
 * whole. */
int checkpoint_step_of(const char *db, const char *identity);

/* Removes the checkpoint of a run, if there is one. */
void checkpoint_forget(const char *db, const char *identity);

#endif
