/* tokenizer.h -- text to token ids and back.
 *
 * A tokeniser is `byte` (256 tokens), a list of characters or words (token_list.h), or
 * byte-pair encoding (bpe.h) of pieces (pieces.h), with one special token, end of text,
 * behind all others. BPE is read from GPT-2's list of merges or from a tokenizer.json of
 * Hugging Face `tokenizers`, and written as the latter. */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "bpe.h"
#include "mapped_file.h"
#include "status.h"

struct tokenizer; /* opaque: tokenizer.c */

enum status tokenizer_bytes(struct tokenizer **out, struct err *e);

/* Takes over `b`, also when it fails. id[] (NULL: 0, 1, 2, ...) is the id of each token
 * of `b`, `end_of_text` that of the special token; ids are 0 .. vocabulary - 1. Copies
 * `pattern` and `id`. */
struct tokenizer_ids {
    const int32_t *id;
    int32_t end_of_text, vocabulary;
};
enum status tokenizer_bpe(struct bpe *b, const char *pattern, struct tokenizer_ids ids,
                          struct tokenizer **out, struct err *e);

/* A BPE of `vocabulary` tokens (257 at least, with end of text) learned from the text; fewer
 * when the text has no more pairs that repeat. `name` is what messages call it. */
enum status tokenizer_train(const char *pattern, int vocabulary, const char *name,
                            const struct mapped_file *text, struct tokenizer **out,
                            struct err *e);

/* `kind` "char" or "word": the commonest units of the text, at most `vocabulary` tokens
 * with <unk> and end of text. */
enum status tokenizer_list(const char *kind, int vocabulary, const char *name,
                           const struct mapped_file *text, struct tokenizer **out,
                           struct err *e);

/* tokenizer.json, or vocab.bpe / merges.txt by the line "#version" or the first pair.
 * ST_CONFIG: the file holds something else, named; ST_IO: unreadable. */
enum status tokenizer_read(const char *path, struct tokenizer **out, struct err *e);
/* The text of tokenizer.json, to be freed. ST_CONFIG for all but BPE. */
enum status tokenizer_json(const struct tokenizer *t, char **out, struct err *e);
void tokenizer_close(struct tokenizer *t); /* accepts NULL */

const char *tokenizer_kind(const struct tokenizer *t); /* "byte", "char", "word", "bpe" */
int tokenizer_vocabulary(const struct tokenizer *t);
int32_t tokenizer_end_of_text(const struct tokenizer *t);
/* The bytes of a token, *n of them, borrowed; none for end of text and ids that are not
 * in use. */
const char *tokenizer_text(const struct tokenizer *t, int32_t id, size_t *n);

/* 128 bits of all that decides the ids of a text. */
void tokenizer_hash(const struct tokenizer *t, uint64_t hash[2]);

/* Token ids as they come; the caller's context. Ends early with the first status that is
 * not ST_OK. */
typedef enum status token_fn(void *context, const int32_t *id, size_t n, struct err *e);
/* Encodes a text, which is UTF-8 but for `byte`: ST_CONFIG with `name` and the offset where it
 * is not. Of BPE, "<|endoftext|>" in it is the special token, as in the package. */
enum status tokenizer_encode(struct tokenizer *t, const char *name,
                             const struct mapped_file *text, token_fn *take, void *context,
                             struct err *e);

#endif
