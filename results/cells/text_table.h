/* text_table.h -- holds rows of typed cells and prints them in every output format.
 *
 * Columns are named first, then cells are added row by row. Formats for people (terminal,
 * Markdown, LaTeX, HTML) show control characters as escapes (clean.h); CSV and JSON hold numbers
 * as they are stored. A failed allocation is remembered and reported by text_table_end.
 *
 * A cell of text may be split into a head and a tail, "12.3" and " ± 1.2": right-aligned columns
 * line up heads and tails in the terminal. */
#ifndef TEXT_TABLE_H
#define TEXT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "status.h"

enum print_format {
    PRINT_TEXT,
    PRINT_MD,
    PRINT_LATEX,
    PRINT_HTML,
    PRINT_CSV,
    PRINT_JSON,
    PRINT_FORMATS
};

const char *print_format_name(enum print_format f); /* "text", ... */

/* Parses "text", "md", "latex", "html", "csv" or "json"; else ST_USAGE with a suggestion. */
enum status print_format_parse(const char *text, enum print_format *out, struct err *e);
/* Returns ST_USAGE; the message names the formats and `also`, a further one of the command
 * (NULL: none). */
enum status print_format_unknown(const char *text, const char *also, struct err *e);
bool print_format_for_people(enum print_format f); /* neither CSV nor JSON */

enum cell_type { CELL_NONE, CELL_TEXT, CELL_INTEGER, CELL_REAL, CELL_LIST };

struct text_cell {
    enum cell_type type;
    char *text;         /* owned; of TEXT, and of LIST: integers with blanks between */
    size_t bytes, head; /* bytes of the text, and of its part before the tail */
    int64_t integer;
    double real;
    bool best;    /* printed with a star, or bold */
    bool rule;    /* a line is drawn above this cell's row */
    bool indent;  /* belongs to the cell above it */
    bool repeats; /* empty, with the meaning of the cell above it */
    char *note;   /* owned; marks of footnotes, "1,2", or NULL */
};

struct text_column {
    char *name;            /* owned */
    bool right;            /* right-aligned; columns of numbers always are */
    bool point;            /* LaTeX: two columns that meet at the decimal point */
    int width, head, tail; /* terminal: the widest so far, in characters */
};

struct text_note {
    char *mark, *text; /* owned */
};

/* The LaTeX float that is being written (latex_float.c). */
struct text_float {
    bool open, fresh, in_notes, across, small, small_notes;
    double room; /* pt left on the page */
    int floats;  /* closed floats of this table */
    int since;   /* closed floats, counted here when `floats` below is NULL */
};

struct text_table {
    enum print_format format;
    FILE *out;
    struct text_column *column;
    struct text_cell *cell;
    int columns, cells, room, printed; /* printed: rows */
    int hold;                          /* rows kept to find the widths; 0: all */
    int limit;                         /* columns of the terminal; 0: no limit */
    bool bold;                         /* text: best cells are bold besides their star */
    json_t *rows;          /* JSON rows for a larger document; NULL: printed at once */
    char *caption, *label; /* owned; NULL: none */
    struct text_note *note;
    int notes;
    struct text_float latex;
    int *floats; /* LaTeX floats of all tables of a document; NULL: counted per table */
    bool failed;
};

/* Starts an empty table. On a terminal, or with COLUMNS in the environment, cells of text are
 * broken between words where rows would be wider. */
void text_table_init(struct text_table *t, enum print_format f, FILE *out);
/* Prints rows as they come, after the first thousand, which decide the widths. */
void text_table_stream(struct text_table *t);
/* Keeps the rows of JSON for text_table_take. */
void text_table_keep(struct text_table *t);

/* Add columns; to be called before the first cell. In CSV and JSON the second column NAME becomes
 * NAME_2. */
void text_table_column(struct text_table *t, const char *name, bool right);
void text_table_columns(struct text_table *t, const char *const *all, int n);

void text_table_none(struct text_table *t);
void text_table_text(struct text_table *t, const char *text); /* NULL: an empty cell */
void text_table_bytes(struct text_table *t, const char *text, size_t n);
void text_table_integer(struct text_table *t, int64_t value);
void text_table_whole(struct text_table *t, int64_t value); /* below 0: an empty cell */
void text_table_real(struct text_table *t, double value);   /* NaN: not available */
void text_table_list(struct text_table *t, const char *integers);
void text_table_format(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Change the cell that was added last. */
void text_table_tail(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_table_best(struct text_table *t);
void text_table_note(struct text_table *t, const char *mark);
void text_table_rule(struct text_table *t);
void text_table_indent(struct text_table *t);

void text_table_repeats(struct text_table *t); /* the empty cell means the same as above */

/* Set parts of a LaTeX table before its end: the caption; the label, "tab:" and the text, with '-'
 * for other ASCII signs than letters, digits and '_', and hex for other bytes; and notes below, a
 * line each, with a mark or "". */
void text_table_caption(struct text_table *t, const char *caption);
void text_table_label(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_table_below(struct text_table *t, const char *mark, const char *text);

/* Print sentences around a table, in formats for people. A title and a sentence are printed at
 * once, before the first row; in LaTeX they become the caption and a note below. Notes of
 * text_table_below follow at text_table_end. */
void text_table_title(struct text_table *t, const char *title);
void text_table_say(struct text_table *t, const char *text);

/* Prints the rest and frees all; ST_NOMEM when an allocation failed. LaTeX is one float, or
 * several where the table is larger than a page; each fits into a paper of two columns, has
 * booktabs rules, and aligns the decimal points of a column. */
enum status text_table_end(struct text_table *t, struct err *e);
void text_table_drop(struct text_table *t); /* prints nothing; accepts a zeroed struct */
/* Returns the rows as an array for a larger document, owned by the caller, and frees the table;
 * NULL: no memory. */
json_t *text_table_take(struct text_table *t);

/* Prints a JSON document and frees `all`; ST_NOMEM when `all` is NULL or memory runs out. */
enum status print_json(json_t *all, size_t flags, FILE *out, struct err *e);

#endif
