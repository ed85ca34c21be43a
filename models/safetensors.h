/* safetensors.h -- files of named tensors, in the format safetensors.
 *
 * Layout (github.com/huggingface/safetensors, README): 8 bytes with the length N of the
 * header, little-endian; N bytes of JSON
 *     {"__metadata__":{"key":"text"},
 *      "embedding":{"dtype":"F32","shape":[rows,columns],"data_offsets":[from,to]}, ...}
 * padded with spaces to a multiple of 8; then the numbers, little-endian, row-major, offsets
 * counted from the end of the header. A tensor of one row has the shape [columns].
 *
 * A file is written under a temporary name (FILE.<process>.tmp), flushed to the disk and
 * renamed, so a reader never sees half of one. A file is never trusted: names, shapes,
 * offsets and lengths are checked before a number is read. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include <stdio.h>

#include "model.h"

struct safetensors_tensor {
    const char *name;
    int rows, columns;
    real *at; /* [rows, columns], borrowed */
};

struct safetensors_note {
    const char *key, *text;
};

/* Replaces `path`; a link of that name is replaced, not followed. */
enum status safetensors_write(const char *path, const struct safetensors_tensor *tensor,
                              int n, const struct safetensors_note *note, int n_notes,
                              struct err *e);

/* Fills all n tensors. ST_NOTFOUND: no such file; ST_IO: it cannot be read, is not a
 * safetensors file of F32, lacks a tensor, has one of another shape or one that was not
 * asked for. Nothing is filled unless everything fits. */
enum status safetensors_read(const char *path, const struct safetensors_tensor *tensor,
                             int n, struct err *e);

/* Like safetensors_read, and also returns the texts of n_keys notes of the same file in text[],
 * for the caller to free; NULL where there is none. */
enum status safetensors_read_noted(const char *path,
                                   const struct safetensors_tensor *tensor, int n,
                                   const char *const *key, char **text, int n_keys,
                                   struct err *e);

/* Reads only the texts of n notes into text[], for the caller to free; NULL where there is
 * none. */
enum status safetensors_notes_read(const char *path, const char *const *key, char **text,
                                   int n, struct err *e);
/* Reads all numbers of the file as bytes, one entry of *t for each tensor in the order of the
 * file. All entries point into one block that begins at (*t)[0].at. The caller frees that block
 * (if *n > 0) and *t. */
struct safetensors_bytes {
    unsigned char *at;
    size_t n;
};
enum status safetensors_read_bytes(const char *path, struct safetensors_bytes **t, int *n,
                                   struct err *e);
/* Sets *numbers to how many 4-byte numbers the file has room for. */
enum status safetensors_numbers(const char *path, uint64_t *numbers, struct err *e);
enum status safetensors_note_read(const char *path, const char *key, char **text,
                                  struct err *e);

/* Writes all weights of a model. */
enum status safetensors_save_model(const char *path, struct model *m,
                                   const struct safetensors_note *note, int n_notes,
                                   struct err *e);
/* Writes the same bytes to a stream; ST_IO when that fails. */
enum status safetensors_print_model(FILE *out, struct model *m,
                                    const struct safetensors_note *note, int n_notes,
                                    struct err *e);
enum status safetensors_load_model(const char *path, struct model *m, struct err *e);

#endif
