/* plot.h -- the contract of a picture.
 *
 * A plot is one file, results/plots/plot_<name>.c, that ends in
 *     const struct plot plot_<name> = { .name = "<name>", ... };
 * and nothing else: the build finds it. It asks the database for rows of numbers (read)
 * and writes a gnuplot script that draws them (draw). The same rows are the CSV, so a
 * picture and its data cannot differ.
 *
 * Text of a database reaches a script through plot_quoted, plot_title and plot_tick alone: gnuplot
 * would run what stands between backquotes in its double-quoted strings. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"
#include "store.h"
#include "store_internal.h"

/* Numbers and further texts of a mark; the CSV of a plot has no more columns. */
enum { PLOT_VALUES = 9, PLOT_WORDS = 3 };

enum { PLOT_LEGEND_WIDTH = 460 };

enum { PLOT_TEXT_WIDTH = 79 }; /* letters of a line on a terminal */

/* One mark: `panel` says in which of the picture's boxes it stands, `series` which
 * encoder, cell or claim it belongs to. */
struct plot_row {
    char *panel, *series;       /* of the data, as are those below */
    bool own_panel, own_series; /* else an earlier row's: many rows share a name */
    char *word[PLOT_WORDS];
    double value[PLOT_VALUES];
};

struct plot_data {
    struct plot_row *row;
    int n;
    int columns; /* boxes side by side; 0: up to three */
};

struct plot_request {
    const char *experiment;             /* glob over experiments; NULL: all */
    const char *profile, *split, *cell; /* globs; NULL: all */
    const char *encoder;                /* glob over variants; NULL: all */
    const char *metric;                 /* NULL: the plot's own */
    bool hover; /* in SVG marks may tell their seed to the pointer: for a page, which has
                   to rewrite what gnuplot makes of that */
    bool text;  /* for a terminal: panels below one another */
    const char *title; /* above all panels, in lines, before the plot's note; NULL: none */
    int columns;       /* of panels; 0: up to three */
    int legend_lines;  /* of one legend below all panels; 0: each panel has its own */
    int height;        /* pixels of the picture that has such a legend */
    /* What a stratum of a task counts, in words, or NULL; NULL: nothing is known of tasks. */
    const char *(*stratum_help)(const char *task, const char *stratum);
};

struct plot {
    const char *name;    /* file stem; what the user types */
    const char *summary; /* one line */
    const char *metric;  /* the default; NULL: the plot draws no metric of its choice */
    const char *values[PLOT_VALUES + 1]; /* headings of the CSV, NULL behind the last */
    const char *words[PLOT_WORDS + 1];   /* likewise; they stand before the values */
    /* Not NULL: drawn from the model of a run, and of its planes (looking.h) the first of
     * these that it has; NULL behind the last. Then the caller fills the data: panel "layer 0,
     * head 1", series the key's token, values query, key and number. */
    const char *const *planes;
    /* ST_NOTFOUND when nothing of the database fits. */
    enum status (*read)(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e);
    /* The script without its terminal. */
    void (*draw)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    /* Not NULL: draws for a terminal, with no need of gnuplot. */
    void (*print)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    int width, height; /* of a panel in pixels */
    const char *note;  /* above all panels, in lines: how they are read; NULL: nothing */
    /* Not NULL: writes, in the note's place, what the marks mean that this picture has. */
    void (*key)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    /* Not NULL: writes, for below the note, how many seeds of the series of rows [first, end)
     * have no place on the scale and why; nothing when each has one. */
    void (*undrawn)(const struct plot_data *d, int first, int end, FILE *out);
    bool named; /* series are named at the left of their row: each panel is as much wider as
                   the longest name and as much higher as its rows need */
    /* Series are named below each panel, which is PLOT_LEGEND_WIDTH wide, and higher where
     * they are many. */
    bool legend;
    /* Not NULL: the height of the whole picture, whose panels stand in one column. */
    int (*tall)(const struct plot_data *d);
    bool whole; /* one picture of all experiments together says most */
};

/* The registry, in name order. */
int plot_count(void);
const struct plot *plot_at(int i);
const struct plot *plot_find(const char *name); /* NULL: no such plot */
/* "; did you mean \"NAME\"?" or "; there are NAME, NAME", for the end of a message about a name
 * that no plot has. Good until the next call in this thread. */
const char *plot_suggest(const char *typed);

/* `read` of a plot that is drawn from a run: ST_NOTFOUND, with the command. */
enum status plot_read_nothing(struct store *s, const struct plot_request *q,
                              struct plot_data *out, struct err *e);

/* --- what the plots share ------------------------------------------------------- */

/* Appends a row with copies of both texts and room for its values; NULL without memory. */
struct plot_row *plot_add(struct plot_data *d, const char *panel, const char *series);
/* Copies a text to a row; false without memory. */
bool plot_word(struct plot_row *r, int word, const char *text);
void plot_data_free(struct plot_data *d);

/* Of a statement: ?1 .. ?6 are profile, experiment, split, cell, encoder and metric, '*' where
 * the request has none. */
enum { PLOT_PARAMS = 6 };
/* Rows of `sql`, whose columns are panel, series and the values; NULL becomes NaN.
 * ST_NOTFOUND without rows. */
enum status plot_read(struct store *s, const char *sql, const struct plot_request *q,
                      const char *metric, struct plot_data *out, struct err *e);
/* The same, for plots that make marks of the rows themselves; ST_OK without rows. */
enum status plot_ask(struct store *s, const char *sql, const struct plot_request *q,
                     const char *metric, store_each_fn row, void *context, struct err *e);

/* Rows [first, end) have the panel (and the series) of row `first`. */
int plot_panel_end(const struct plot_data *d, int first);
int plot_series_end(const struct plot_data *d, int first);
int plot_panels(const struct plot_data *d);
int plot_series_most(const struct plot_data *d); /* of a panel */

/* Columns that a UTF-8 text takes in a picture; a wide letter has two. */
int plot_letters(const char *text);
/* A single-quoted string of gnuplot in which nothing is special: quotes are doubled,
 * characters that control or hide, and bytes that are no UTF-8, become '?'. */
void plot_quoted(FILE *out, const char *text);

/* The same for the label of a tick, which gnuplot takes for a format when it has a '%'. */
void plot_tick(FILE *out, const char *text);

/* Letters of a series' name beside a box, in a legend, and beside a box in text: longer ones lose
 * their middle, so that the box keeps its room. The CSV has all of them. */
enum { PLOT_NAME_MOST = 60, PLOT_SHORT_NAME_MOST = 44, PLOT_TEXT_NAME_MOST = 36 };
enum { PLOT_LETTER = 7 }; /* its width in pixels, as gnuplot lays out 12-point text */
void plot_tick_name(FILE *out, const char *name, const struct plot_request *q);
void plot_axis_name(FILE *out, const char *name); /* of as many as beside a box */
void plot_legend_name(FILE *out, const char *name);
/* "set title ..." of a box, likewise cut where it is wider than `width` pixels. */
void plot_panel_title(FILE *out, const char *panel, const struct plot_request *q,
                      int width);

/* " title ..." of `set multiplot`, as safe as plot_quoted; the title's lines end in '\n'. */
void plot_title(FILE *out, const char *title);
/* Its lines, 0 for NULL; and the height of one in pixels. */
int plot_title_lines(const char *title);
enum { PLOT_TITLE_LINE = 20 };
/* The legend below the box of rows [first, end), and the room for it, or the box's place above
 * the legend of all; of plots with .legend. */
void plot_legend(const struct plot_data *d, int first, int end,
                 const struct plot_request *q, FILE *out);
struct looks;
/* Behind the last box: the one legend of all boxes, if there is one, of lines or of marks. */
void plot_legend_of_all(const struct plot_data *d, const struct looks *looks, bool lines,
                        const struct plot_request *q, FILE *out);
/* Opens a grid of `panels` boxes with shared settings below q->title; plot_grid_end
 * closes it. */
void plot_grid(FILE *out, int panels, const struct plot_request *q);
void plot_grid_end(FILE *out);
/* The box at hand when none of its rows has a finite number: gnuplot draws no box, and nothing
 * behind it, without one. */
void plot_empty(FILE *out);

/* Writes "x y" a line, what is drawn thick of the rows [first, end) of one series. */
typedef void plot_thick_fn(const struct plot_data *d, int first, int end, double scale,
                           FILE *out);
/* What the x axis of a panel holds, of its first row. */
typedef const char *plot_axis_fn(const struct plot_row *first);
/* A whole picture of lines, but for its axes: of each series, whose rows hold x and y and go
 * from seed to seed, every seed thin, where lines are few, and over them what `write_thick`
 * writes, with marks and the series' name. `thick` names the block of data; y times `scale`;
 * with `axis` (else NULL) each x axis has its own name. */
void plot_lines(const struct plot_data *d, const struct plot_request *q, const char *thick,
                plot_thick_fn *write_thick, double scale, plot_axis_fn *axis, FILE *out);

/* Of such a picture: what is thin, and thick, "the median of the seeds". */
void plot_lines_key(const struct plot_data *d, const struct plot_request *q,
                    const char *thick, FILE *out);

/* The whole script for a terminal: "svg", "pdf", "png", "text" or "script". */
void plot_script(const struct plot *p, const struct plot_data *d,
                 const struct plot_request *q, const char *terminal, FILE *out);
/* Lines of the drawing for a terminal. */
int plot_text_lines(const struct plot *p, const struct plot_data *d,
                    const struct plot_request *q);
/* RFC 4180: panel, series and the values, each the shortest text that reads back to it, nothing
 * for NaN. */
void plot_csv(const struct plot *p, const struct plot_data *d, FILE *out);

#endif
