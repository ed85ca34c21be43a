/* entmax.h -- alpha-entmax, alpha 1.5, of one row of logits l [n] in place.
 *
 *     a = max(l / 2 - tau, 0)^2,   tau such that sum a = 1
 *
 * f(tau) = sum a - 1 is decreasing and convex, and f >= 0 at tau = max(l / 2) - 1. Newton's
 * method started there reaches the root without passing it. */
#ifndef ENTMAX_H
#define ENTMAX_H

#include <math.h>

#include "real.h"

enum { ENTMAX_STEPS = 60 }; /* the worst case, all logits equal, takes a dozen */

/* x = max(x / 2 - tau, 0)^2 */
static inline void entmax_again(int n, real tau, real *x)
{
    for (int i = 0; i < n; i++) {
        const real over = x[i] / 2 - tau;
        x[i] = over > 0 ? over * over : 0;
    }
}

/* Replaces the logits in x [n] by their weights; returns tau. */
static inline real entmax(int n, real *x)
{
    real most = x[0];
    for (int i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    real tau = most / 2 - 1;
    for (int step = 0; step < ENTMAX_STEPS; step++) {
        real sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            const real over = x[i] / 2 > tau ? x[i] / 2 - tau : 0;
            sum += over;
            squares += over * over;
        }
        const real next = tau + (squares - 1) / (2 * sum);
        if (!(next > tau))
            break;
        tau = next;
    }
    entmax_again(n, tau, x);
    return tau;
}

/* Turns dL/da in da into dL/dl: with s = sqrt(a), s (da - sum(s da) / sum(s)). */
static inline void entmax_grad(int n, const real *a, real *da)
{
    real sum = 0, weighted = 0;
    for (int i = 0; i < n; i++) {
        const real s = (real)sqrt((double)a[i]);
        sum += s;
        weighted += s * da[i];
    }
    for (int i = 0; i < n; i++)
        da[i] = (real)sqrt((double)a[i]) * (da[i] - weighted / sum);
}

#endif
