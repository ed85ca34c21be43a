/* tokenizer.h -- converts text to token ids and back.
 *
 * A tokeniser is `byte` (256 tokens), a list of characters or words (token_list.h), or
 * byte-pair encoding (bpe.h) of pieces (pieces.h). One special token, end of text, comes after
 * all others. BPE is read from GPT-2's list of merges or from a tokenizer.json of
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

/* Makes a tokeniser of `b`, which it takes over, also when it fails. id[] (NULL: 0, 1, 2, ...)
 * is the id of each token of `b`, `end_of_text` that of the special token; ids are
 * 0 .. vocabulary - 1. Copies `pattern` and `id`. */
struct tokenizer_ids {
    const int32_t *id;
    int32_t end_of_text, vocabulary;
};
enum status tokenizer_bpe(struct bpe *b, const char *pattern, struct tokenizer_ids ids,
                          struct tokenizer **out, struct err *e);

/* Learns a BPE of `vocabulary` tokens (at least 257, with end of text) from the text; fewer if
 * no more pairs repeat in the text. `name` is the name of the text in messages. */
enum status tokenizer_train(const char *pattern, int vocabulary, const char *name,
                            const struct mapped_file *text, struct tokenizer **out,
                            struct err *e);

/* Makes a list of the commonest units of the text (`kind` "char" or "word"), at most
 * `vocabulary` tokens with <unk> and end of text. */
enum status tokenizer_list(const char *kind, int vocabulary, const char *name,
                           const struct mapped_file *text, struct tokenizer **out,
                           struct err *e);

/* Reads tokenizer.json or vocab.bpe / merges.txt, which begins with a line "#version" or a pair.
 * ST_CONFIG: the file contains something else, which the message names; ST_IO: unreadable. */
enum status tokenizer_read(const char *path, struct tokenizer **out, struct err *e);
/* Writes the text of tokenizer.json to *out, which the caller frees. ST_CONFIG unless it is BPE. */
enum status tokenizer_json(const struct tokenizer *t, char **out, struct err *e);
void tokenizer_close(struct tokenizer *t); /* accepts NULL */

const char *tokenizer_kind(const struct tokenizer *t); /* "byte", "char", "word", "bpe" */
int tokenizer_vocabulary(const struct tokenizer *t);
int32_t tokenizer_end_of_text(const struct tokenizer *t);
/* Returns the *n bytes of a token, borrowed; none for end of text and for ids that are not in
 * use. */
const char *tokenizer_text(const struct tokenizer *t, int32_t id, size_t *n);

/* Computes a 128-bit hash of everything that determines the ids of a text. */
void tokenizer_hash(const struct tokenizer *t, uint64_t hash[2]);

/* Receives token ids in order. Encoding ends early with the first status that is not ST_OK. */
typedef enum status token_fn(void *context, const int32_t *id, size_t n, struct err *e);
/* Encodes a text. Except for `byte` it must be UTF-8: ST_CONFIG with `name` and the offset where
 * it is not. With BPE, "<|endoftext|>" in it is the special token, as in `tokenizers`. */
enum status tokenizer_encode(struct tokenizer *t, const char *name,
                             const struct mapped_file *text, token_fn *take, void *context,
                             struct err *e);

#endif
