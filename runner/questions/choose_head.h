/* choose_head.h -- the head of a trained model whose gates count the paragraphs, headings or
 * lines of a text.
 *
 * The rule: over the first sequences of a split, and all pairs of a scored place and a key it
 * sees, the correlation of the gate with a mark of the key, 1 or 0; of all heads the one with
 * the largest. A mark stands at the token that holds
 *     line        a line's end
 *     empty       the line's end that makes an empty line
 *     paragraph   the end of a line with letters that is no heading: in Wikitext and `prose`
 *                 such a line is a paragraph
 *     heading     the first "=" of a line that begins with it (Wikitext's headings) */
#ifndef CHOOSE_HEAD_H
#define CHOOSE_HEAD_H

#include "look_run.h"

/* So many at most: headings are rare. Chosen. */
enum { CHOOSE_SEQUENCES = 100 };

struct chosen_head {
    int layer, head;
    double r; /* of its gates with the mark */
};

/* "line", "empty", "paragraph", "heading", NULL. */
extern const char *const choose_marks[];

/* mark[n] of a text's tokens, whose texts tokenizer_text knows. */
void choose_mark(const struct tokenizer *t, const char *name, const int32_t *token, int n,
                 int32_t *mark);

/* Looks at sequences of the run's split. ST_USAGE: a task without a text, or no such mark;
 * ST_NOTFOUND: no gates, or no mark among the keys. */
enum status choose_head(struct look_run *r, const char *mark, struct chosen_head *out,
                        struct err *e);

#endif
