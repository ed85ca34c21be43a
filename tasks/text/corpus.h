/* corpus.h -- a corpus: three texts, for training, validation and test.
 *
 * A corpus is a folder with the files of Wikitext, wiki.{train,valid,test}.{tokens,raw}, or
 * {train,valid,test}.{txt,tokens,raw}; all three have names of one form. A name without a slash
 * is a folder of that name in $POSBENCH_CORPORA, else in ./corpora, where `posbench corpus`
 * writes corpora. The name `sample` is built in: a few thousand words about lighthouses from a
 * small grammar, the same everywhere. */
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
    const char *name;                     /* as the caller gave it, borrowed */
    char folder[CORPUS_PATH];             /* "" for the sample */
    char path[CORPUS_PARTS][CORPUS_PATH]; /* also for messages */
    struct mapped_file text[CORPUS_PARTS];
    char *made; /* the sample's text, owned; NULL for a folder */
    uint64_t hash[CORPUS_PARTS][2];
};

/* Writes the folder of a corpus name. ST_RANGE: too long. */
enum status corpus_folder(const char *name, char out[CORPUS_PATH], struct err *e);

/* Opens a corpus; the caller closes it. ST_IO: no such corpus, or a part is missing; ST_CONFIG:
 * a part is empty. The message has the path and the remedy. */
enum status corpus_open(const char *name, struct corpus *out, struct err *e);
void corpus_close(struct corpus *c); /* accepts a zeroed struct */

#endif
