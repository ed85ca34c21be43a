/* token_list.h -- a vocabulary that is a list of characters or of words.
 *
 * Id 0 is <unk>, for everything that is not in the list. Then follow the units of the training
 * text, the commonest first; equally common ones are in the order of their bytes. */
#ifndef TOKEN_LIST_H
#define TOKEN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mapped_file.h"
#include "status.h"

/* Characters are code points of UTF-8. Words are separated by blanks; a line's end is a word
 * too, "\n". Blanks are not stored, so the text cannot be restored from its words. */
enum token_unit { UNIT_CHARACTER, UNIT_WORD };

struct token_list; /* opaque */

/* Makes a list of <unk> and the `most` - 1 commonest units of a text in UTF-8. ST_NOMEM. */
enum status token_list_learn(enum token_unit unit, int most, const struct mapped_file *text,
                             struct token_list **out, struct err *e);
void token_list_close(struct token_list *l); /* accepts NULL */

enum token_unit token_list_unit(const struct token_list *l);
int token_list_tokens(const struct token_list *l);
const char *token_list_text(const struct token_list *l, int32_t id, size_t *n);

/* Returns the id of the next unit from text[*at] on and moves *at past it; -1 at the end. */
int32_t token_list_next(const struct token_list *l, const char *text, size_t n, size_t *at);

#endif
