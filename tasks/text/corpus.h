/* corpus.h -- a corpus: three texts, of training, validation and test.
 *
 * A corpus is a folder: of Wikitext's names wiki.{train,valid,test}.{tokens,raw}, or with
 * {train,valid,test}.{txt,tokens,raw}; all three of one form. A name without a slash is a folder of that name in
 * $POSBENCH_CORPORA, else in ./corpora, where `posbench corpus` puts what it prepares. The
 * name `sample` is built in: a few thousand words that a small grammar says of lighthouses,
 * the same everywhere. */
#ifndef CORPUS_H
#define CORPUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "mapped_file.h"

enum corpus_part { PART_TRAIN, PART_VALID, PART_TEST, CORPUS_PARTS };
extern const char *const corpus_part_names[]; /* "train", "valid", "test", NULL */

enum { CORPUS_PATH = PATH_MAX };

struct corpus {
    const char *name;                     /* as it was asked for, borrowed */
    char folder[CORPUS_PATH];             /* "" of the sample */
    char path[CORPUS_PARTS][CORPUS_PATH]; /* for messages too */
    struct mapped_file text[CORPUS_PARTS];
    char *made; /* the sample's text, owned; NULL of a folder */
    uint64_t hash[CORPUS_PARTS][2];
};

/* The folder of a corpus' name. ST_RANGE: too long. */
enum status corpus_folder(const char *name, char out[CORPUS_PATH], struct err *e);

/* ST_IO: no such corpus, or a part is missing; ST_CONFIG: a part is empty. The message has
 * the path and what to do. To be closed. */
enum status corpus_open(const char *name, struct corpus *out, struct err *e);
void corpus_close(struct corpus *c); /* accepts a zeroed struct */

#endif
