/* gemm.h -- matrix products, row-major, on OpenBLAS with one thread.
 *
 * Matrices are struct rows (real.h), so one head of [T, C] is a matrix in place. */
#ifndef GEMM_H
#define GEMM_H

#include "real.h"
#include "status.h"

/* Sets BLAS to one thread. Call it before `threads` of the program's threads multiply: OpenBLAS
 * takes address space for each thread and, if it gets none, retries for ever. ST_NOMEM when
 * that much is not left. */
enum status gemm_init(int threads, struct err *e);

/* C [M,N] = beta C + alpha A B^T:  A [M,K], B [N,K]. A linear layer: Y = X W^T. */
void gemm_nt(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C);
/* C [M,N] = beta C + alpha A B:    A [M,K], B [K,N]. Its input gradient: dX = dY W. */
void gemm_nn(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C);
/* C [M,N] = beta C + alpha A^T B:  A [K,M], B [K,N]. Its weight gradient: dW = dY^T X. */
void gemm_tn(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C);

/* gemm_library returns the name and build string of the BLAS, gemm_core the core type that it
 * chose, for provenance. Both are static. */
const char *gemm_library(void);
const char *gemm_core(void);

#endif
