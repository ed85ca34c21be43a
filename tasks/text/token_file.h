/* token_file.h -- the token ids of a text, mapped: encoded once, read by all.
 *
 * Layout, in the machine's order of bytes:
 *
 *     "posbtok2"  order, width, vocabulary, 0 (u32 each)  count (u64)
 *     hash of the text, of the tokeniser (2 u64 each)  hash of the ids (u64)
 *     ids, `width` bytes each: 2 where the vocabulary has up to 65,536 tokens, else 4
 *
 * It lies in the folder .tokens beside the text, under a name made of both hashes; a file of
 * another text or tokeniser, or one that was damaged, is made anew. Where nothing can be
 * written, the ids lie in a file without a name. */
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
    const char *folder; /* of .tokens; "": keep nothing */
    const char *name;   /* of the text, for messages */
    const struct mapped_file *text;
    const uint64_t *hash; /* [2] of the text */
};

/* ST_CONFIG with name and offset where the text is none for this tokeniser. To be closed. */
enum status token_file_open(struct tokenizer *t, const struct token_source *s,
                            struct token_file *out, struct err *e);
void token_file_close(struct token_file *f); /* accepts a zeroed struct */

static inline int32_t token_file_at(const struct token_file *f, uint64_t i)
{
    return f->width == 2 ? ((const uint16_t *)f->id)[i] : ((const int32_t *)f->id)[i];
}

#endif
