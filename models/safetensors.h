/* safetensors.h -- tensors in a file, by name: safetensors.
 *
 * Layout (github.com/huggingface/safetensors, README): 8 bytes with the length N of the
 * header, little-endian; N bytes of JSON
 *     {"__metadata__":{"key":"text"},
 *      "embedding":{"dtype":"F32","shape":[rows,columns],"data_offsets":[from,to]}, ...}
 * padded with spaces to a multiple of 8; then the numbers, little-endian, row-major, offsets
 * counted from the end of the header. A tensor of one row has the shape [columns].
 *
 * A file is written whole under a temporary name (FILE.<process>.tmp), brought to the
 * disk and renamed, so a reader never meets half of one. It is never trusted: names,
 * shapes, offsets and lengths are checked before a number is read. */
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

/* The same, and of the same file the texts of n_keys notes, for the caller to free; NULL
 * where there is none. */
enum status safetensors_read_noted(const char *path,
                                   const struct safetensors_tensor *tensor, int n,
                                   const char *const *key, char **text, int n_keys,
                                   struct err *e);

/* Texts of notes alone, for the caller to free; NULL where there is none. */
enum status safetensors_notes_read(const char *path, const char *const *key, char **text,
                                   int n, struct err *e);
/* All numbers of the file as bytes, a part for each tensor in their order in the file. The
 * parts lie in one block, which begins with the first: the caller frees t[0].at when there
 * are any, and t. */
struct safetensors_bytes {
    unsigned char *at;
    size_t n;
};
enum status safetensors_read_bytes(const char *path, struct safetensors_bytes **t, int *n,
                                   struct err *e);
/* How many numbers of 4 bytes the file has room for. */
enum status safetensors_numbers(const char *path, uint64_t *numbers, struct err *e);
enum status safetensors_note_read(const char *path, const char *key, char **text,
                                  struct err *e);

/* All weights of a model. */
enum status safetensors_save_model(const char *path, struct model *m,
                                   const struct safetensors_note *note, int n_notes,
                                   struct err *e);
/* The same bytes into a stream; ST_IO when they do not go there. */
enum status safetensors_print_model(FILE *out, struct model *m,
                                    const struct safetensors_note *note, int n_notes,
                                    struct err *e);
enum status safetensors_load_model(const char *path, struct model *m, struct err *e);

#endif
