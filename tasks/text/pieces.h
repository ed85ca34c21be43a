/* pieces.h -- cuts text into the pieces within which a byte-pair tokeniser merges.
 *
 * The tokeniser's regular expression defines the pieces; PCRE2 matches it with Unicode
 * properties. PCRE2 10.42 agrees with Unicode 14 on letters, numbers and white space except
 * U+180E, which it treats as white space. */
#ifndef PIECES_H
#define PIECES_H

#include <stddef.h>

#include "mapped_file.h"
#include "status.h"

/* The patterns of GPT-2 (Radford et al. 2019, encoder.py) and of the tokeniser cl100k
 * (tiktoken), which keeps indentation together and so makes a sixth fewer tokens of code. */
extern const char pieces_gpt2[], pieces_cl100k[];

struct pieces; /* opaque: pieces.c */

/* Compiles a pattern; the caller closes *out. ST_CONFIG: it is not a regular expression;
 * ST_NOMEM. */
enum status pieces_open(const char *pattern, struct pieces **out, struct err *e);
void pieces_close(struct pieces *p); /* accepts NULL */

/* Checks that a text is UTF-8. ST_CONFIG with the offset of the first byte that is not; `name`
 * is the name of the text in the message. */
enum status pieces_check(struct pieces *p, const char *name, const struct mapped_file *text,
                         struct err *e);

/* Calls `piece` for each piece of the text, in order. Text that the pattern does not match is a
 * piece too, so all pieces together are the whole text. The text must have passed pieces_check.
 * PIECES_END in it ends a text: there `piece` is called with NULL and 0, and the text before is
 * cut as if nothing followed. ST_CONFIG with `name` and the offset where the pattern needs more
 * than a few steps per byte. Returns the first status of `piece` that is not ST_OK. */
#define PIECES_END "<|endoftext|>"
typedef enum status piece_fn(void *context, const char *piece, size_t n, struct err *e);
enum status pieces_each(struct pieces *p, const char *name, const struct mapped_file *text,
                        piece_fn *piece, void *context, struct err *e);

#endif
