/* attention.h -- causal attention of one sequence, in panels of query rows.
 *
 * For one head and PANEL_ROWS queries: S = alpha Q K^T over the causal columns; the encoders
 * add their scores to whole rows while these are in cache; then softmax and O = S V. An
 * encoder may write S itself, replace the softmax, or add to O (encoder.h).
 * Backward computes the panel again from the saved log-sum-exp; nothing [T, T] is ever
 * stored.
 *
 * Letters: T keys, H heads, d head width, C = H * d. */
#ifndef ATTENTION_H
#define ATTENTION_H

#include <signal.h>
#include <stdbool.h>

#include "arena.h"
#include "attention_probe.h"
#include "dropout.h"
#include "encoding.h"
#include "phases.h"

/* Panels of 32 or 48 rows were no faster (docs/PERFORMANCE.md). The number of rows changes the
 * bits of results, since gradients of keys and values are summed panel by panel. */
enum { PANEL_ROWS = 64 };

/* Work memory of one thread. */
struct panel_work {
    int stride;                          /* of score and dscore */
    real *score, *dscore;                /* [PANEL_ROWS, stride] */
    real *kept;                          /* like score, if an encoder adds to values */
    real *kv, *dkv;                      /* [2][longest, d]: keys, values of one head */
    real *kt, *vt;                       /* [d, stride]: its keys and values transposed */
    real *q, *d_o;                       /* [PANEL_ROWS, d] of one panel */
    real *scratch[ENCODER_PARTS_MAX];    /* sized by each part's scratch() */
    real *content, *dcontent;            /* like score; only in the elements of `head` */
    struct panel_work *head;             /* [heads] if a part mixes heads, else NULL */
    struct panel *panels;                /* [heads] likewise */
    real *mixed;                         /* sized by mix_scratch() */
    real *carry, *dcarry;                /* sized by carry(), or NULL */
    real *carried;                       /* the carry that each panel found */
    struct stopwatch *clock;             /* NULL: off */
    const struct attention_probe *probe; /* called in forward passes, or NULL */
    const volatile sig_atomic_t *stop;   /* not 0: stop, results are not used; or NULL */
};

/* Returns true when the pass shall stop: the caller leaves out the rest, and the results of
 * the pass are invalid. Callers ask between pieces of work that each take well below a second
 * at any length. */
static inline bool work_stopped(const struct panel_work *w)
{
    return w->stop && *w->stop;
}

size_t panel_work_bytes(const struct model *m);
void panel_work_take(const struct model *m, struct arena *a, struct panel_work *out);

struct attention {
    struct encoding_tokens tokens; /* model, layer, T, and its gradient in backward */
    int queries;                   /* rows of q */
    const int *position;           /* [queries] token of each; increasing, below T */
    struct rows q;                 /* [queries, C] after rotate */
    struct rows kv;                /* [T, 2C + ...]: keys after rotate, values, ... */
    struct rows o;                 /* [queries, C] */
    real *lse; /* [H, queries] log-sum-exp of each row, or entmax's tau */
    int lse_stride;
    const struct dropout_step *dropout;
    uint64_t first_row; /* of this sequence in the batch, for dropout */
    struct panel_work *work;

    /* Backward only. */
    struct rows d_o;     /* [queries, C] dL/do */
    struct rows dq, dkv; /* zero on entry; dL/dq, dL/dkv after */
};

void attention_forward(const struct attention *a);  /* writes o and lse */
void attention_backward(const struct attention *a); /* adds to dq, dkv, tokens */

#endif
