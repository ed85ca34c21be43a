/* panel_gemm.h -- small matrix products: attention panels of a few dozen query rows and one
 * head, and linear layers whose weights stay in the cache.
 *
 * Like gemm.h, but on our own kernels: a BLAS packs its operands at every call, which costs up
 * to a third of such a small product. Bits depend only on the level of the kernels. */
#ifndef PANEL_GEMM_H
#define PANEL_GEMM_H

#include <stdbool.h>

#include "real.h"

/* C [M,N] = alpha A B, or += when `add`:  A [M,K], B [K,N]. */
void panel_nn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C);
/* C [M,N] = alpha A^T B, or += when `add`:  A [K,M], B [K,N]. */
void panel_tn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C);

/* Writes B^T [columns, rows] of B [rows, columns] to `room` [panel_stride(rows) * columns] and
 * returns it. A B^T with A [M,K], B [N,K] is panel_nn of A and panel_turned(N, K, B, room). */
struct rows panel_turned(int rows, int columns, struct rows B, real *room);

/* Returns a stride for rows of n numbers. It is an odd number of cache lines, so that the rows of
 * a column are spread over all sets of a cache. */
int panel_stride(int n);

#endif
