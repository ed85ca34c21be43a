/* gemm.c -- matrix products through CBLAS, in the number type of the build. */
#include "gemm.h"

#include <assert.h>
#include <cblas.h>

#include "memory.h"

#ifdef POSBENCH_DOUBLE
#define GEMM cblas_dgemm
#else
#define GEMM cblas_sgemm
#endif

/* Asserts the row strides that CBLAS accepts; with a stride below the row length, rows would
 * overlap. */
static void check(int M, int N, int K, struct rows A, int a_columns, struct rows B,
                  int b_columns, struct rows C)
{
    assert(M >= 0 && N >= 0 && K >= 0);
    assert(A.stride >= 1 && A.stride >= a_columns);
    assert(B.stride >= 1 && B.stride >= b_columns);
    assert(C.stride >= 1 && C.stride >= N);
}

/* Address space that OpenBLAS 0.3 takes for each multiplying thread on x86-64; no less on other
 * CPUs. */
enum { BUFFER_MIB = 128 };

enum status gemm_init(int threads, struct err *e)
{
    static int granted; /* threads that earlier calls have checked room for */
    const double mib = (double)BUFFER_MIB * (threads - granted);
    openblas_set_num_threads(1);
    if (threads <= granted)
        return ST_OK;
    if (!memory_has_addresses(mib * (1 << 20)))
        return err_set(
            e, ST_NOMEM,
            "OpenBLAS takes %d MiB of address space for each of %d threads, %.0f "
            "MiB more than now, and there is not so much left; raise the limit "
            "(\"ulimit -v\", or h_vmem of a batch system) or lower --threads",
            BUFFER_MIB, threads, mib);
    granted = threads;
    return ST_OK;
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
