/* npy.h -- writes arrays of float32 for numpy: .npy (numpy.lib.format, version 1.0) and .npz,
 * which is a zip file of .npy files, here without compression (PKWARE's APPNOTE 6.3, sections 4.3
 * and 4.4). */
#ifndef NPY_H
#define NPY_H

#include <stdio.h>

#include "safetensors.h"

/* Writes magic, version and shape; returns the bytes, a multiple of 64. rows 0: one dimension. */
enum { NPY_HEADER = 256 };
size_t npy_header(size_t rows, int columns, unsigned char out[NPY_HEADER]);

/* Writes n numbers, little-endian on every machine: 4 n bytes. */
void npy_numbers(const real *x, size_t n, unsigned char *out);

/* Writes one NAME.npy for each tensor; a tensor of one row gets one dimension. ST_RANGE: more
 * than the 4 GiB or 65535 files that the format can count. The caller checks `out` for errors of
 * writing. */
enum status npz_write(FILE *out, const struct safetensors_tensor *tensor, int n,
                      struct err *e);

#endif
