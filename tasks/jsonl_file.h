/* jsonl_file.h -- samples in a file, one JSON object per line.
 *
 *     {"tokens": [0, 3, 2], "targets": [-1, -1, 5], "scored": [2]}        ids
 *     {"context": "pass; a = 0 ;", "question": "print a", "answer": "0"}  words
 *
 * `posbench gen` writes the first form, the released CoPE code the second: words are separated
 * by white space; the answer's first word is the target at the question's last word, and each
 * word of the answer is the input for the next. The id of a word is its place in a list of
 * words, one per line. Other keys are ignored; a file has only one form. */
#ifndef JSONL_FILE_H
#define JSONL_FILE_H

#include <stdint.h>
#include <stddef.h>

#include "status.h"

/* All samples, one after the other; sample i has the places start[i] .. start[i + 1] - 1. */
struct jsonl_file {
    size_t *start;   /* [samples + 1] */
    int32_t *token;  /* [start[samples]] */
    int32_t *target; /* the same; -1: none */
    uint8_t *scored;
    size_t samples;
    int longest;      /* tokens of the longest sample */
    int ids;          /* 1 + the largest id */
    int answers;      /* different scored targets */
    double commonest; /* share of the commonest of them */
    char **word;      /* [words], or NULL: the file has ids */
    int words;
    uint64_t hash[2]; /* XXH3 of the file and of the list of words */
};

/* Reads the file `path` and the list `words` (NULL: none). ST_IO: a file cannot be read;
 * ST_CONFIG: its content cannot be used, with file, line and remedy. The caller closes *out in
 * any case. */
enum status jsonl_file_open(const char *path, const char *words, struct jsonl_file *out,
                            struct err *e);
void jsonl_file_close(struct jsonl_file *f); /* accepts a zeroed struct */

#endif
