/* bench.h -- timing of training steps and of the machine's own limit.
 *
 * Encoders are timed in turn, repetition by repetition, so that a noisy neighbour slows
 * all of them alike; compare ratios and medians, not single numbers. */
#ifndef BENCH_H
#define BENCH_H

#include "phases.h"
#include "trainer.h"

/* Chosen limits. The trainers of all encoders of one call are in memory together. */
enum { BENCH_REPETITIONS_MAX = 999, BENCH_ENCODERS_MAX = 64 };

struct bench_settings {
    int layers, heads, dim, length, batch; /* ff is 4 dim; all sequences have `length` */
    int scored;                            /* targets of each sequence */
    int threads, repetitions;
    bool post_norm;
};

/* The median of the repetitions and half the distance between the quartiles. */
struct bench_time {
    double ms, spread_ms;
};

struct bench_result {
    char encoder[ENCODER_NAME]; /* as it was asked for */
    struct bench_time forward;  /* evaluation of the batch */
    struct bench_time step;     /* forward, backward, optimiser */
    double tokens_per_s;
    double model_gflops;    /* by model_train_flops */
    double peak_memory_mib; /* of a process with this trainer alone */
    double seconds[PHASES]; /* medians of each phase of a step, summed over threads */
    size_t parameters;
};

/* Times n encoders ("cope", "cope:p_max=64,sep_keys=true") on one shape. *peak_gflops is the
 * sgemm rate that the same threads reach between the repetitions: the better one of 8192 x 256
 * x 256 and 1024^3. Errors: unknown encoder, sizes that do not fit, out of memory. */
enum status bench_run(const struct bench_settings *s, const char *const *encoder, int n,
                      struct bench_result *out, struct bench_time *peak_gflops,
                      struct err *e);

#endif
