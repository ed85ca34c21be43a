/* npy.h -- arrays of float32 for numpy: .npy (numpy.lib.format, version 1.0) and .npz, which
 * is a zip file of such files, here without compression (PKWARE's APPNOTE 6.3, sections 4.3
 * and 4.4). */
#ifndef NPY_H
#define NPY_H

#include <stdio.h>

#include "safetensors.h"

/* Magic, version and shape; returns the bytes, a multiple of 64. rows 0: one dimension. */
enum { NPY_HEADER = 256 };
size_t npy_header(size_t rows, int columns, unsigned char out[NPY_HEADER]);

/* n numbers, little-endian whatever the machine is: 4 n bytes. */
void npy_numbers(const real *x, size_t n, unsigned char *out);

/* One NAME.npy for each tensor; one row is one dimension. ST_RANGE: beyond the 4 GiB and 65535
 * files that the format has numbers for. Errors of writing are left to `out`. */
enum status npz_write(FILE *out, const struct safetensors_tensor *tensor, int n,
                      struct err *e);

#endif
