/* grid.h -- a table of text, printed aligned for a terminal or as Markdown, LaTeX, CSV.
 *
 * Cells are added row by row; the first row is the header. A failed allocation is kept
 * and shows at grid_print. A cell may be split into a head and a tail, "12.3" and
 * " ± 1.2": heads and tails line up in the terminal. */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

enum print_format {
    PRINT_TEXT,
    PRINT_MD,
    PRINT_LATEX,
    PRINT_CSV,
    PRINT_JSON,
    PRINT_FORMATS
};

const char *print_format_name(enum print_format f); /* "text", ... */

/* "text", "md", "latex", "csv", "json"; ST_USAGE with a suggestion. */
enum status print_format_parse(const char *text, enum print_format *out, struct err *e);

struct grid_cell {
    char *text; /* owned */
    int head;   /* bytes before the tail */
    bool best;  /* a star, or bold */
    bool rule;  /* a line above this cell's row */
    char *note; /* owned; marks of footnotes, "1,2", or NULL */
};

struct grid {
    int columns;
    int n, room; /* cells */
    struct grid_cell *cell;
    unsigned right; /* bit c: column c is of numbers and stands to the right */
    bool failed;
};

void grid_init(struct grid *g, int columns, unsigned right);
void grid_add(struct grid *g, const char *text);
void grid_addf(struct grid *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends to the cell added last; the first call begins its tail. */
void grid_tail(struct grid *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void grid_best(struct grid *g);                   /* marks the cell added last */
void grid_note(struct grid *g, const char *mark); /* adds a footnote's mark to it */
void grid_rule(struct grid *g);                   /* a line above the row it stands in */
void grid_free(struct grid *g);                   /* accepts a zeroed struct */

/* Not for JSON, whose numbers want their types. LaTeX is a tabular with booktabs rules. */
enum status grid_print(const struct grid *g, enum print_format f, FILE *out, struct err *e);

#endif
