/* panel_gemm.h -- small matrix products: attention panels of a few dozen query rows and one
 * head, and linear layers whose weights stay in the cache.
 *
 * As gemm.h, on our own kernels: a BLAS packs its operands at every call, which costs as
 * much as a third of products this small. Bits depend on the level of the kernels only. */
#ifndef PANEL_GEMM_H
#define PANEL_GEMM_H

#include <stdbool.h>

#include "real.h"

/* C [M,N] = alpha A B, or += when `add`:  A [M,K], B [K,N]. */
void panel_nn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C);
/* The same with A^T:  A [K,M], B [K,N]. */
void panel_tn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C);

/* B^T [columns, rows] of B [rows, columns], in `room` [panel_stride(rows) * columns]. So
 * A B^T with A [M,K], B [N,K] is panel_nn of A and panel_turned(N, K, B, room). */
struct rows panel_turned(int rows, int columns, struct rows B, real *room);

/* A stride for rows of n numbers: an odd number of cache lines, so that the columns of a
 * panel lie in all sets of a cache and not in a few. */
int panel_stride(int n);

#endif
