/* exposure.h -- what of a run's test samples its training has shown.
 *
 * Training and test samples are drawn by one law from a space that may be small, as short
 * programs of Counting are: then some test samples are repetitions of training, and an
 * error over all of them is better than one over what was never seen. And the longest
 * sample of training may be shorter than the law allows, so that positions of a test
 * sample were never trained although they lie inside the window.
 *
 * All training samples are drawn again, which takes about a hundredth of the training. */
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

/* `pause` is asked now and then; anything but ST_OK ends with that status. */
struct exposure_watch {
    enum status (*pause)(void *context, struct err *e);
    void *context;
};

/* Over all steps of the run. On success *out is the caller's; two inputs are the same
 * when 64 bits of hash are. */
enum status exposure_measure(const struct run_spec *r, struct sampler *s,
                             const struct exposure_watch *watch, struct exposure *out,
                             struct err *e);
/* Bytes that exposure_measure takes at its most, what it returns among them. */
double exposure_bytes(const struct run_spec *r);
void exposure_free(struct exposure *x); /* accepts a zeroed struct */

#endif
