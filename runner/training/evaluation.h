/* evaluation.h -- evaluates a model on one split: counts, errors, loss.
 *
 * Only scored positions count. A sequence is right when all its scored tokens are right, so one
 * without scored positions is right. Sums follow the order of samples, in double, so that a
 * result depends only on the weights and the split. */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "places.h"
#include "sampling.h"
#include "store.h"

struct evaluation {
    bool available; /* false: the encoder is undefined at this length; no model numbers */
    int64_t tokens, wrong_tokens; /* scored */
    int64_t sequences, wrong_sequences;
    int64_t determined; /* scored tokens that the visible ones determine */
    int64_t commonest;  /* scored tokens that hold the most frequent answer */
    int64_t seen;       /* sequences whose inputs training had; 0: not asked */
    int64_t unseen_tokens, wrong_unseen; /* scored, in the other sequences */
    double loss;                         /* mean over scored tokens, in nats */
    double chance;                       /* 1 / answers */
    double flops;                        /* of the forward passes */
    int64_t bytes, words; /* of the scored targets of a text; 0: it has none */
};

/* Called after every batch. Any status but ST_OK ends the evaluation with that status. */
struct evaluation_watch {
    enum status (*batch)(void *context, int sequences, double flops);
    void *context;
};

/* The first `count` sequences of a split of `run`, and what to record. */
struct questions {
    const struct run_spec *run;
    const struct split_spec *split;
    int count;
    uint8_t *bits; /* NULL, or [(count + 7) / 8]: which sequences were right, bit i of
                      byte i / 8 */
    struct places *places;                /* NULL, or empty: receives every scored place */
    const struct evaluation_watch *watch; /* may be NULL */
    const uint8_t *seen;                  /* NULL, or the split's bits of exposure.h */
};

/* Evaluates the split. `t` may be NULL when the encoder is not defined at the split's length. */
enum status evaluation_split(struct trainer *t, struct sampler *s,
                             const struct questions *q, struct evaluation *out,
                             struct err *e);

/* Returns how far the run's encoders reach on this split; REACH_DEFINED when no sample of it is
 * longer than those of training. */
enum encoder_reach evaluation_reach(const struct run_spec *r,
                                    const struct split_spec *split);

/* Writes the caveat to print under a table, "SPLIT: ...", or "" when there is none. `trained` and
 * `longest` are the tokens of the longest sample drawn in training and in the split, or 0 when
 * only the laws are known. */
enum { CAVEAT_TEXT = 512 };
void evaluation_caveat(const struct run_spec *r, const struct split_spec *split,
                       int trained, int longest, char text[CAVEAT_TEXT]);

/* Writes the numbers as rows of the table `metric`; returns how many: EVALUATION_METRICS, and up
 * to two more for a text,
 *     bits_per_byte   = total nats / (ln 2 * bytes of the scored targets)
 *     word_perplexity = exp(total nats / words of the scored targets, including line ends)
 * Numbers that are not available are NaN. */
enum { EVALUATION_METRICS = 9, EVALUATION_METRICS_MOST = 11 };
int evaluation_metrics(const struct evaluation *v, const char *split, int step,
                       struct metric_row out[EVALUATION_METRICS_MOST]);

/* Writes the rows that need q->seen: "seen", the share of sequences that training had, and
 * "token_error_unseen", the token_error of the others. */
enum { SEEN_METRICS = 2 };
int evaluation_seen_metrics(const struct evaluation *v, const char *split, int step,
                            struct metric_row out[SEEN_METRICS]);

#endif
