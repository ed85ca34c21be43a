/* table_notes.h -- what stands below a table: what its marks mean and what its cells hide. */
#ifndef TABLE_NOTES_H
#define TABLE_NOTES_H

#include "table_section.h"

/* What cells refer to. Zeroed: nothing. */
struct table_notes {
    struct words foot;                         /* the footnotes, by number */
    bool best, bound, hard, ambiguous, beside; /* is there a cell with this mark? */
};

/* Marks the cell added last with the footnote `text`, new or the same as an earlier one. */
void table_notes_mark(struct table_notes *n, const char *text, struct text_table *t);

bool table_notes_any(const struct table_notes *n, const struct table_section *s,
                     const struct table_request *q);

typedef void (*note_fn)(void *to, const char *mark, const char *text);

/* Each note in turn to `line`, with its mark, which may be "". */
enum status table_notes_each(const struct table_notes *n, const struct table_section *s,
                             const struct table_request *q, note_fn line, void *to,
                             struct err *e);

/* Of these the lines that say what each split asks. */
void table_notes_splits(const struct table_section *s, note_fn line, void *to);

/* A table of the runs behind each cell: id, seed, value, state. */
enum status table_notes_runs(const struct table_section *s, const struct table_request *q,
                             FILE *out, struct err *e);

void table_notes_free(struct table_notes *n); /* accepts a zeroed struct */

/* table_caveats.c: what keeps the numbers of a cell from meaning what its heading says. */
enum { CAVEAT_TEXT = 512, CAVEATS_MAX = 16 }; /* further caveats of a cell are left out */

/* The caveats of the cell's runs, each once. Those that differ in their numbers alone, as the
 * longest training input of each seed does, are one with ranges: "up to 172 to 176 tokens".
 * Returns how many; *failed becomes true for want of memory. */
int table_caveats(const struct table_section *s, int row, int col,
                  char text[CAVEATS_MAX][CAVEAT_TEXT], bool *failed);

#endif
