/* token_file.h -- a mapped file of the token ids of a text: encoded once, read by all processes.
 *
 * Layout, in the byte order of the machine:
 *
 *     "posbtok2"  order, width, vocabulary, 0 (u32 each)  count (u64)
 *     hash of the text, of the tokeniser (2 u64 each)  hash of the ids (u64)
 *     ids, `width` bytes each: 2 if the vocabulary has up to 65,536 tokens, else 4
 *
 * The file is in the folder .tokens beside the text; its name is made of both hashes. A file of
 * another text or tokeniser, or a damaged one, is written again. If nothing can be written
 * there, the ids are in a temporary file without a name. */
#ifndef TOKEN_FILE_H
#define TOKEN_FILE_H

#include <stdint.h>

#include "mapped_file.h"
#include "tokenizer.h"

struct token_file {
    struct mapped_file map;
    const void *id; /* [count] */
    uint64_t count;
    int width;
};

struct token_source {
    const char *folder; /* where .tokens is; "": keep no file */
    const char *name;   /* of the text, for messages */
    const struct mapped_file *text;
    const uint64_t *hash; /* [2] of the text */
};

/* Opens or writes the file; the caller closes it. ST_CONFIG with name and offset where this
 * tokeniser cannot encode the text. */
enum status token_file_open(struct tokenizer *t, const struct token_source *s,
                            struct token_file *out, struct err *e);
void token_file_close(struct token_file *f); /* accepts a zeroed struct */

static inline int32_t token_file_at(const struct token_file *f, uint64_t i)
{
    return f->width == 2 ? ((const uint16_t *)f->id)[i] : ((const int32_t *)f->id)[i];
}

#endif
