/* optimizer.c -- learning rates. The Adam step itself is a kernel (kernels.h). */
#include "optimizer.h"

#include <assert.h>
#include <math.h>

#define PI 3.14159265358979323846

/* Returns the share of the steps after the warm-up that is done, in [0, 1]. */
static double progress(const struct optimizer_config *c, int step)
{
    if (step >= c->steps)
        return 1.0;
    return (double)(step - c->warmup) / (double)(c->steps - c->warmup);
}

double optimizer_rate(const struct optimizer_config *c, int step)
{
    assert(step >= 0);
    if (step < c->warmup)
        return c->lr * (step + 1) / c->warmup;
    switch (c->schedule) {
    case SCHEDULE_CONSTANT:
        break;
    case SCHEDULE_LINEAR:
        return c->lr * (1.0 - progress(c, step));
    case SCHEDULE_COSINE:
        return c->lr * 0.5 * (1.0 + cos(PI * progress(c, step)));
    }
    return c->lr;
}

bool optimizer_drops_encoder(const struct optimizer_config *c, int step)
{
    return c->encoder_until > 0 && c->encoder_until < 1 &&
           step >= c->encoder_until * c->steps;
}
