/* gemm.c -- matrix products through CBLAS, in the number type of the build. */
#include "gemm.h"

#include <assert.h>
#include <cblas.h>

#ifdef POSBENCH_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

/* The row strides that CBLAS accepts: a stride below the row length would overlap. */
static void check(int M, int N, int K, struct rows A, int a_columns, struct rows B,
                  int b_columns, struct rows C)
{
    assert(M >= 0 && N >= 0 && K >= 0);
    assert(A.stride >= 1 && A.stride >= a_columns);
    assert(B.stride >= 1 && B.stride >= b_columns);
    assert(C.stride >= 1 && C.stride >= N);
}

void gemm_init(void)
{
    openblas_set_num_threads(1);
}

void gemm_nt(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C)
{
    check(M, N, K, A, K, B, K, C);
    GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K, alpha, A.at, A.stride, B.at,
         B.stride, beta, C.at, C.stride);
}

void gemm_nn(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C)
{
    check(M, N, K, A, K, B, N, C);
    GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, alpha, A.at, A.stride, B.at,
         B.stride, beta, C.at, C.stride);
}

void gemm_tn(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
             struct rows C)
{
    check(M, N, K, A, M, B, N, C);
    GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, M, N, K, alpha, A.at, A.stride, B.at,
         B.stride, beta, C.at, C.stride);
}

const char *gemm_library(void)
{
    return openblas_get_config();
}

const char *gemm_core(void)
{
    return openblas_get_corename();
}
