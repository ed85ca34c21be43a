/* exposure.h -- measures which of a run's test samples its training has shown.
 *
 * Training and test samples are drawn by one law from a space that may be small, such as the
 * short programs of Counting. Some test samples then repeat training, and the error over all of
 * them is smaller than the error on new ones. Besides, the longest training sample may be shorter
 * than the law allows, so that some positions of a test sample were never trained although they
 * lie inside the window.
 *
 * All training samples are drawn again, which takes about a hundredth of the time of training. */
#ifndef EXPOSURE_H
#define EXPOSURE_H

#include "sampling.h"

struct split_exposure {
    int longest;   /* tokens of the longest sample */
    uint8_t *seen; /* [(count + 7) / 8] bit i of byte i / 8: training had these inputs */
};

struct exposure {
    int longest; /* tokens of the longest training sample */
    int splits;
    struct split_exposure *split; /* [splits], as in the run */
};

/* `pause` is called now and then; any status but ST_OK ends the work with that status. */
struct exposure_watch {
    enum status (*pause)(void *context, struct err *e);
    void *context;
};

/* Measures over all steps of the run. Inputs with the same 64-bit hash count as equal. On success
 * the caller frees *out. */
enum status exposure_measure(const struct run_spec *r, struct sampler *s,
                             const struct exposure_watch *watch, struct exposure *out,
                             struct err *e);
/* Returns the most bytes that exposure_measure takes, including its result. */
double exposure_bytes(const struct run_spec *r);
void exposure_free(struct exposure *x); /* accepts a zeroed struct */

#endif
