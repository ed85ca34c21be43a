#include "panel_gemm.h"

#include "kernels.h"

int panel_stride(int n)
{
    return ((n + 15) / 16 | 1) * 16;
}

static struct product product_of(int M, int N, int K, real alpha, struct rows B,
                                 struct rows C)
{
    return (struct product){.M = M,
                            .N = N,
                            .K = K,
                            .alpha = alpha,
                            .B = B.at,
                            .b_stride = B.stride,
                            .C = C.at,
                            .c_stride = C.stride};
}

void panel_nn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C)
{
    struct product p = product_of(M, N, K, alpha, B, C);
    p.A = A.at;
    p.a_row = A.stride;
    p.a_column = 1;
    p.add = add;
    kernels_get()->product(&p);
}

void panel_tn(int M, int N, int K, real alpha, struct rows A, struct rows B, bool add,
              struct rows C)
{
    struct product p = product_of(M, N, K, alpha, B, C);
    p.A = A.at;
    p.a_row = 1;
    p.a_column = A.stride;
    p.add = add;
    kernels_get()->product(&p);
}

struct rows panel_turned(int rows, int columns, struct rows B, real *room)
{
    struct rows turned;
    turned.at = room;
    turned.stride = panel_stride(rows);
    kernels_get()->transpose(rows, columns, B, turned);
    return turned;
}
