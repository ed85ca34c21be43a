/* phases.h -- measures how the time of a pass is divided among phases.
 *
 * A stopwatch belongs to one thread's work memory. It is NULL (off) except in a benchmark,
 * where each lap adds the time since the lap before to one phase. */
#ifndef PHASES_H
#define PHASES_H

#include <time.h>

#define PHASE_MAP(X)                            \
    X(LINEAR, "linear layers (GEMM, bias)")     \
    X(LOGITS, "attention GEMM")                 \
    X(ENCODER, "position encoder in attention") \
    X(SOFTMAX, "softmax and its gradient")      \
    X(ROTATE, "rotation of queries and keys")   \
    X(NORM, "layer norms")                      \
    X(ACTIVATION, "activation")                 \
    X(OTHER, "embedding, residuals, output, copies")

enum phase {
#define X(code, text) PHASE_##code,
    PHASE_MAP(X)
#undef X
        PHASES
};

struct stopwatch {
    double seconds[PHASES];
    struct timespec last;
};

/* Adds the time since the last lap to `phase`. NULL: does nothing. */
static inline void lap(struct stopwatch *s, enum phase phase)
{
    struct timespec t;
    if (!s)
        return;
    clock_gettime(CLOCK_MONOTONIC, &t);
    s->seconds[phase] +=
        (double)(t.tv_sec - s->last.tv_sec) + 1e-9 * (double)(t.tv_nsec - s->last.tv_nsec);
    s->last = t;
}

/* Returns the text of a phase in PHASE_MAP. */
const char *phase_text(enum phase phase);

#endif
