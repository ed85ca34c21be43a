/* pieces.h -- text cut into the pieces within which a byte-pair tokeniser merges.
 *
 * The cut is a regular expression of the tokeniser, matched by PCRE2 with Unicode
 * properties. PCRE2 10.42 agrees with Unicode 14 on letters, numbers and white space but for
 * U+180E, which it takes for white space. */
#ifndef PIECES_H
#define PIECES_H

#include <stddef.h>

#include "mapped_file.h"
#include "status.h"

/* Of GPT-2 (Radford et al. 2019, encoder.py), and of the tokeniser cl100k (tiktoken), which
 * keeps indentation together and so makes a sixth fewer tokens of code. */
extern const char pieces_gpt2[], pieces_cl100k[];

struct pieces; /* opaque: pieces.c */

/* ST_CONFIG when the pattern is not a regular expression, ST_NOMEM. On success *out is the
 * caller's. */
enum status pieces_open(const char *pattern, struct pieces **out, struct err *e);
void pieces_close(struct pieces *p); /* accepts NULL */

/* Checks that a text is UTF-8. ST_CONFIG with the offset of the first byte that is not;
 * `name` is what the message calls the text. */
enum status pieces_check(struct pieces *p, const char *name, const struct mapped_file *text,
                         struct err *e);

/* Calls `piece` for each piece of the text, in order; together they are the whole text:
 * what the pattern does not match stands as a piece of its own. The text must have passed
 * pieces_check. PIECES_END in it ends a text: there `piece` is called with NULL and 0, and
 * what stands before is cut as if nothing followed. ST_CONFIG with `name` and the offset where
 * the pattern needs more work than a few steps a byte. Ends early with the first status that
 * is not ST_OK. */
#define PIECES_END "<|endoftext|>"
typedef enum status piece_fn(void *context, const char *piece, size_t n, struct err *e);
enum status pieces_each(struct pieces *p, const char *name, const struct mapped_file *text,
                        piece_fn *piece, void *context, struct err *e);

#endif
