/* jsonl_file.h -- samples that stand in a file, one JSON object a line.
 *
 *     {"tokens": [0, 3, 2], "targets": [-1, -1, 5], "scored": [2]}        ids
 *     {"context": "pass; a = 0 ;", "question": "print a", "answer": "0"}  words
 *
 * The first form is that of `posbench gen`, the second that of the released CoPE code:
 * words are divided by white space, the answer's first word is the target at the question's
 * last, and further ones follow, each the input for the next. Ids of words are the places in a
 * list of words, one a line. Other keys are not looked at; a file has one form. */
#ifndef JSONL_FILE_H
#define JSONL_FILE_H

#include <stdint.h>
#include <stddef.h>

#include "status.h"

/* All samples, one behind the other; sample i has the places start[i] .. start[i + 1] - 1. */
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

/* `words` NULL: none was named. ST_IO: a file cannot be read; ST_CONFIG: what it holds cannot
 * be used, with file, line and remedy. *out is to be closed in any case. */
enum status jsonl_file_open(const char *path, const char *words, struct jsonl_file *out,
                            struct err *e);
void jsonl_file_close(struct jsonl_file *f); /* accepts a zeroed struct */

#endif
