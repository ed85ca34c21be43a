/* checkpoint.h -- a run under way, kept in a file to go on from.
 *
 * Beside the database FILE: FILE.models/<identity>.checkpoint.safetensors, while the run
 * is neither done nor begun anew. It holds weights, both moments of the optimiser, how far
 * the run is and what it has reported; docs/MODELS.md describes it. A run that goes on
 * from it has the same bits as one that was never interrupted. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <limits.h>

#include "run_spec.h"
#include "trainer.h"

/* Seconds between checkpoints: the default, which is what a kill costs at most, and the limit,
 * a day. Chosen; rest_per_s in training.c keeps them below 1 % of the time. */
enum { CHECKPOINT_EVERY = 60, CHECKPOINT_EVERY_MAX = 86400 };

/* How far a run is. */
struct checkpoint_point {
    int step;        /* steps done */
    int pointed;     /* steps done at the last complete point of the curve; 0: none */
    int loss_steps;  /* steps since that point, */
    double loss_sum; /* and the sum of their losses */
    double flops;    /* done, training and evaluation */
    double train_s;  /* time and tokens inside training steps */
    double train_tokens;
    double wall_s, cpu_s, peak_memory_mib; /* of all attempts up to here */
};

/* ST_IO when the path is too long. */
enum status checkpoint_path(const char *db, const char *identity, char out[PATH_MAX],
                            struct err *e);

/* `reported` is the spool up to the point. */
enum status checkpoint_save(const char *path, const struct run_spec *r, struct trainer *t,
                            const struct checkpoint_point *at, const char *reported,
                            struct err *e);

enum { CHECKPOINT_MAKER = 512 };

struct checkpoint_found {
    struct checkpoint_point at;
    char *reported; /* owned by who asked */
    char
        maker[CHECKPOINT_MAKER]; /* program and libraries, as checkpoint_maker tells them */
};

/* ST_NOTFOUND: no such file. ST_IO: it is of another run or version, or damaged; the
 * trainer then holds anything and is to be opened anew. */
enum status checkpoint_load(const char *path, const struct run_spec *r, struct trainer *t,
                            struct checkpoint_found *out, struct err *e);

/* What moves bits: "posbench 0.1 (commit), gcc 12, x86-64-v4, OpenBLAS SkylakeX". */
void checkpoint_maker(char text[CHECKPOINT_MAKER]);

/* Steps done of a run that would go on from its checkpoint; 0: it would begin anew. */
int checkpoint_steps(const char *db, const struct run_spec *r);

/* The same by the file alone, whatever the settings; 0: none that is the run's and whole. */
int checkpoint_step_of(const char *db, const char *identity);

/* Removes the checkpoint of a run, if there is one. */
void checkpoint_forget(const char *db, const char *identity);

#endif
