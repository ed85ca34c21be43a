/* choose_head.h -- finds the head of a trained model whose gates count the paragraphs, headings
 * or lines of a text.
 *
 * The chosen head is the one whose gate correlates most with a mark of the key, 1 or 0, over all
 * pairs of a scored place and a visible key in the first sequences of a split. The mark is at
 * the token that holds
 *     line        a line's end
 *     empty       the line's end that makes an empty line
 *     paragraph   the end of a line with letters that is no heading: in Wikitext and `prose`
 *                 such a line is a paragraph
 *     heading     the first "=" of a line that begins with it (Wikitext's headings) */
#ifndef CHOOSE_HEAD_H
#define CHOOSE_HEAD_H

#include "look_run.h"

/* The most sequences; many, because headings are rare. Chosen. */
enum { CHOOSE_SEQUENCES = 100 };

struct chosen_head {
    int layer, head;
    double r; /* correlation of its gates with the mark */
};

/* "line", "empty", "paragraph", "heading", NULL. */
extern const char *const choose_marks[];

/* Sets mark[n] of a text's tokens, whose texts tokenizer_text returns. */
void choose_mark(const struct tokenizer *t, const char *name, const int32_t *token, int n,
                 int32_t *mark);

/* Evaluates sequences of the run's split. ST_USAGE: the task has no text, or no such mark.
 * ST_NOTFOUND: there are no gates, or no marks among the keys. */
enum status choose_head(struct look_run *r, const char *mark, struct chosen_head *out,
                        struct err *e);

#endif
