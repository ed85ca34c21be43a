/* table_notes.h -- the notes below a table: the meaning of its marks, and what its cells hide. */
#ifndef TABLE_NOTES_H
#define TABLE_NOTES_H

#include "table_section.h"

/* The marks that cells of a table have. A zeroed struct has none. */
struct table_notes {
    struct words foot; /* the footnotes, in the order of their numbers */
    bool best, bound, hard, ambiguous, beside; /* some cell has this mark */
};

/* Marks the last added cell with the footnote `text`; equal texts share one footnote. */
void table_notes_mark(struct table_notes *n, const char *text, struct text_table *t);

bool table_notes_any(const struct table_notes *n, const struct table_section *s,
                     const struct table_request *q);

typedef void (*note_fn)(void *to, const char *mark, const char *text);

/* Passes each note in turn to `line`, with its mark, which may be "". */
enum status table_notes_each(const struct table_notes *n, const struct table_section *s,
                             const struct table_request *q, note_fn line, void *to,
                             struct err *e);

/* Passes only the notes that say what each split asks. */
void table_notes_splits(const struct table_section *s, note_fn line, void *to);

/* Prints a table of the runs behind each cell: id, seed, value, state. */
enum status table_notes_runs(const struct table_section *s, const struct table_request *q,
                             FILE *out, struct err *e);

void table_notes_free(struct table_notes *n); /* accepts a zeroed struct */

/* table_caveats.c: reasons why the numbers of a cell may not mean what its heading says. */
enum { CAVEAT_TEXT = 512, CAVEATS_MAX = 16 }; /* further caveats of a cell are left out */

/* Writes the caveats of the cell's runs, each once. Caveats that differ only in numbers, such as
 * the longest training input of each seed, become one with ranges: "up to 172 to 176 tokens".
 * Returns their number; sets *failed when memory runs out. */
int table_caveats(const struct table_section *s, int row, int col,
                  char text[CAVEATS_MAX][CAVEAT_TEXT], bool *failed);

#endif
