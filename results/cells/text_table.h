/* text_table.h -- rows of typed cells, and the one path from them to every output format.
 *
 * Columns are named first, cells are added row by row. Text for people (terminal, Markdown,
 * LaTeX, HTML) shows what a terminal would obey as escapes (clean.h); CSV and JSON hold numbers as
 * they are stored. A failed allocation is kept and shows at text_table_end.
 *
 * A cell of text may be split into a head and a tail, "12.3" and " ± 1.2": in columns that
 * stand to the right heads and tails line up in the terminal. */
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

/* "text", "md", "latex", "html", "csv", "json"; ST_USAGE with a suggestion. */
enum status print_format_parse(const char *text, enum print_format *out, struct err *e);
/* ST_USAGE: names the formats, and `also`, one that a command has beside them (NULL: none). */
enum status print_format_unknown(const char *text, const char *also, struct err *e);
bool print_format_for_people(enum print_format f); /* no CSV, no JSON */

enum cell_type { CELL_NONE, CELL_TEXT, CELL_INTEGER, CELL_REAL, CELL_LIST };

struct text_cell {
    enum cell_type type;
    char *text;         /* owned; TEXT, and LIST: integers with blanks between */
    size_t bytes, head; /* of text; before its tail */
    int64_t integer;
    double real;
    bool best;    /* a star, or bold */
    bool rule;    /* a line above this cell's row */
    bool indent;  /* stands below the cell above it */
    bool repeats; /* stands for the cell above it */
    char *note;   /* owned; marks of footnotes, "1,2", or NULL */
};

struct text_column {
    char *name;            /* owned */
    bool right;            /* stands to the right, as columns of numbers do unasked */
    bool point;            /* LaTeX: two columns that meet at the decimal point */
    int width, head, tail; /* of the terminal: widest so far */
};

struct text_note {
    char *mark, *text; /* owned */
};

/* The LaTeX float that is being written (latex_float.c). */
struct text_float {
    bool open, fresh, in_notes, across, small, small_notes;
    double room; /* pt */
    int floats;  /* of this table that are closed */
    int since;   /* of all tables, where they do not share `floats` below */
};

struct text_table {
    enum print_format format;
    FILE *out;
    struct text_column *column;
    struct text_cell *cell;
    int columns, cells, room, printed; /* printed: rows */
    int hold;                          /* rows kept to find the widths; 0: all */
    int limit;                         /* columns of the terminal; 0: none */
    bool bold;                         /* the best cells, in text; their star stays */
    json_t *rows;          /* JSON of a larger document; NULL: an array of its own */
    char *caption, *label; /* owned; NULL: none */
    struct text_note *note;
    int notes;
    struct text_float latex;
    int *floats; /* of LaTeX, in all tables of a document; NULL: in this one */
    bool failed;
};

/* On a terminal, or with COLUMNS in the environment, cells of text are broken between words
 * where rows would be wider. */
void text_table_init(struct text_table *t, enum print_format f, FILE *out);
/* Rows are printed as they come; but for the widths of the first thousand. */
void text_table_stream(struct text_table *t);
/* In JSON rows are kept for text_table_take. */
void text_table_keep(struct text_table *t);

/* Before the first cell. In CSV and JSON the second column of a name is NAME_2. */
void text_table_column(struct text_table *t, const char *name, bool right);
void text_table_columns(struct text_table *t, const char *const *all, int n);

void text_table_none(struct text_table *t);
void text_table_text(struct text_table *t, const char *text); /* NULL: none */
void text_table_bytes(struct text_table *t, const char *text, size_t n);
void text_table_integer(struct text_table *t, int64_t value);
void text_table_whole(struct text_table *t, int64_t value); /* below 0: none */
void text_table_real(struct text_table *t, double value);   /* NaN: not available */
void text_table_list(struct text_table *t, const char *integers);
void text_table_format(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Of the cell added last, before the next one. */
void text_table_tail(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_table_best(struct text_table *t);
void text_table_note(struct text_table *t, const char *mark);
void text_table_rule(struct text_table *t);
void text_table_indent(struct text_table *t);

void text_table_repeats(struct text_table *t); /* an empty cell: the same as above */

/* Of a LaTeX table, before its end: the caption, its label, "tab:" and the text, in which a dash
 * stands for what labels have not, and what stands below, a line each, with its mark or "". */
void text_table_caption(struct text_table *t, const char *caption);
void text_table_label(struct text_table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void text_table_below(struct text_table *t, const char *mark, const char *text);

/* Sentences around a table, in formats for people. A title and what is said above are printed
 * at once, before the first row; LaTeX has them as caption and below. What is said below
 * follows at text_table_end. */
void text_table_title(struct text_table *t, const char *title);
void text_table_say(struct text_table *t, const char *text);

/* Prints what is still to be printed, and frees all. LaTeX is one float, or several where the
 * table is larger than a page, that fits into a paper of two columns; with booktabs rules, and
 * the decimal points of a column above each other. */
enum status text_table_end(struct text_table *t, struct err *e);
void text_table_drop(struct text_table *t); /* prints no more; accepts a zeroed struct */
/* The rows as an array for a larger document, which is the caller's; NULL: no memory. Frees
 * all. */
json_t *text_table_take(struct text_table *t);

/* A JSON document of its own; steals `all`, which may be NULL for want of memory. */
enum status print_json(json_t *all, size_t flags, FILE *out, struct err *e);

#endif
