/* optimizer.h -- Adam and AdamW, schedules, clipping.
 *
 * Adam:  Kingma & Ba, arXiv 1412.6980v9, algorithm 1.
 * AdamW: Loshchilov & Hutter, arXiv 1711.05101v3, algorithm 2 (decay times lr). */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "real.h"

enum optimizer_kind { OPTIMIZER_ADAM, OPTIMIZER_ADAMW };
enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE };

struct optimizer_config {
    enum optimizer_kind kind;
    double lr, beta1, beta2, eps, weight_decay; /* decay only with ADAMW */
    enum schedule_kind schedule;                /* linear and cosine fall to 0 at `steps` */
    int warmup, steps; /* steps of the linear rise from 0; all steps */
    double clip;       /* largest gradient norm; 0: no clipping */
    /* Share of the steps after which the encoder is dropped; 0 and 1: never. */
    double encoder_until;
};

/* Returns the learning rate of step `step` (from 0): lr * (step + 1) / warmup while step <
 * warmup; then lr, lr * (steps - step) / (steps - warmup), or the half cosine. */
double optimizer_rate(const struct optimizer_config *c, int step);

/* Returns true when the encoder is dropped in step `step` (DroPE, arXiv:2512.12167: training begins
 * with the encoder and ends without it). Step `steps` stands for the trained model. */
bool optimizer_drops_encoder(const struct optimizer_config *c, int step);

#endif
