/* plot.h -- the contract of a picture.
 *
 * A plot is one file, results/plots/plot_<name>.c, that ends in
 *     const struct plot plot_<name> = { .name = "<name>", ... };
 * and nothing else: the build finds it. It reads rows of numbers from the database (read)
 * and writes a gnuplot script that draws them (draw). The same rows are the CSV, so that a
 * picture and its data cannot differ.
 *
 * Text of a database must reach a script only through the functions below that quote it, because
 * gnuplot executes text between backquotes in its double-quoted strings. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"
#include "store.h"
#include "store_internal.h"

/* Most numbers and further texts of a mark, and so most columns of a plot's CSV. */
enum { PLOT_VALUES = 9, PLOT_WORDS = 3 };

enum { PLOT_LEGEND_WIDTH = 460 };

enum { PLOT_TEXT_WIDTH = 79 }; /* letters of a line on a terminal */

/* One mark. `panel` is its box in the picture, `series` its encoder, cell or claim. */
struct plot_row {
    char *panel, *series;       /* owned by the data, as the words below */
    bool own_panel, own_series; /* this row's copy; else shared with an earlier row */
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
    bool hover; /* in SVG, marks tell their seed to the pointer: for a page, which has to
                   rewrite gnuplot's output for that */
    bool text;  /* for a terminal: panels below each other */
    const char *title; /* lines above all panels, before the plot's note; NULL: none */
    int columns;       /* panels side by side; 0: up to three */
    int legend_lines;  /* lines of one legend below all panels; 0: each panel has its own */
    int height;        /* pixels of the picture that has such a legend */
    /* Returns what a stratum of a task counts, in words, or NULL; NULL: tasks are not known. */
    const char *(*stratum_help)(const char *task, const char *stratum);
};

struct plot {
    const char *name;    /* file stem; what the user types */
    const char *summary; /* one line */
    const char *metric;  /* the default metric; NULL: the plot has no choice of metric */
    const char *values[PLOT_VALUES + 1]; /* headings of the CSV, ending with NULL */
    const char *words[PLOT_WORDS + 1];   /* likewise; they come before the values */
    /* Not NULL: the plot is drawn from the model of a run, from the first of these planes
     * (looking.h) that it has; ends with NULL. The caller fills the data: panel "layer 0,
     * head 1", series the key's token, values key, query and number. */
    const char *const *planes;
    /* Reads the data; ST_NOTFOUND when nothing in the database matches. */
    enum status (*read)(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e);
    /* Writes the script without its terminal. */
    void (*draw)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    /* Not NULL: prints the picture to a terminal, without gnuplot. */
    void (*print)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    int width, height; /* pixels of a panel */
    const char *note;  /* lines above all panels: how to read them; NULL: none */
    /* Not NULL: writes, after the note, the meaning of the marks that this picture has. */
    void (*key)(const struct plot_data *d, const struct plot_request *q, FILE *out);
    /* Not NULL: writes, below the note, how many seeds of the series of rows [first, end) have
     * no place on the scale, and why; nothing when each has one. */
    void (*undrawn)(const struct plot_data *d, int first, int end, FILE *out);
    bool named; /* series are named at the left of their rows: each panel is wider by the
                   longest name, and higher by its rows */
    /* Series are named below each panel, which is PLOT_LEGEND_WIDTH wide, and higher when
     * there are many. */
    bool legend;
    /* Not NULL: returns the height of the whole picture, whose panels are in one column. */
    int (*tall)(const struct plot_data *d);
    bool whole; /* one picture should show all experiments together */
};

/* The registry, sorted by name. */
int plot_count(void);
const struct plot *plot_at(int i);
const struct plot *plot_find(const char *name); /* NULL: no such plot */
/* Returns "; did you mean \"NAME\"?" or "; there are NAME, NAME", for the end of a message about a
 * name that no plot has. Valid until the next call in this thread. */
const char *plot_suggest(const char *typed);

/* Member `read` of a plot that is drawn from a run: returns ST_NOTFOUND and names the command. */
enum status plot_read_nothing(struct store *s, const struct plot_request *q,
                              struct plot_data *out, struct err *e);

/* --- functions that the plots share --------------------------------------------- */

/* Appends a row with copies of both texts and values NaN; NULL: no memory. */
struct plot_row *plot_add(struct plot_data *d, const char *panel, const char *series);
/* Copies a text to a row; false: no memory. */
bool plot_word(struct plot_row *r, int word, const char *text);
void plot_data_free(struct plot_data *d);

/* Parameters of a statement: ?1 .. ?6 are profile, experiment, split, cell, encoder and metric.
 * Where the request has none, they are '*', the metric ''. */
enum { PLOT_PARAMS = 6 };
/* Reads rows of `sql`, whose columns are panel, series and the values; NULL becomes NaN.
 * ST_NOTFOUND: there are no rows. */
enum status plot_read(struct store *s, const char *sql, const struct plot_request *q,
                      const char *metric, struct plot_data *out, struct err *e);
/* Passes the rows of `sql` to `row`, for plots that make the marks themselves; ST_OK without
 * rows. */
enum status plot_ask(struct store *s, const char *sql, const struct plot_request *q,
                     const char *metric, store_each_fn row, void *context, struct err *e);

/* Return the end of the rows from `first` on that have its panel (and its series). */
int plot_panel_end(const struct plot_data *d, int first);
int plot_series_end(const struct plot_data *d, int first);
int plot_panels(const struct plot_data *d);
int plot_series_most(const struct plot_data *d); /* the most series of one panel */

/* Returns the columns of a UTF-8 text in a picture; a wide letter has two. */
int plot_letters(const char *text);
/* Writes a single-quoted string of gnuplot in which nothing is special: quotes are doubled;
 * control and invisible characters, and bytes that are no UTF-8, become '?'. */
void plot_quoted(FILE *out, const char *text);

/* The same for the label of a tick, with '%' doubled, because gnuplot takes it for a format. */
void plot_tick(FILE *out, const char *text);

/* Most letters of a series' name beside a box, in a legend, and beside a box in text. Longer names
 * lose their middle, so that the box keeps its room; the CSV has them whole. */
enum { PLOT_NAME_MOST = 60, PLOT_SHORT_NAME_MOST = 44, PLOT_TEXT_NAME_MOST = 36 };
enum { PLOT_LETTER = 7 }; /* pixels of a letter, as gnuplot lays out 12-point text */
void plot_tick_name(FILE *out, const char *name, const struct plot_request *q);
void plot_axis_name(FILE *out, const char *name); /* of as many as beside a box */
void plot_legend_name(FILE *out, const char *name);
/* Writes "set title ..." for a box, likewise cut when it is wider than `width` pixels. */
void plot_panel_title(FILE *out, const char *panel, const struct plot_request *q,
                      int width);

/* Writes " title ..." for `set multiplot`, as safe as plot_quoted; '\n' separates lines. */
void plot_title(FILE *out, const char *title);
/* Returns the lines of a title, 0 for NULL; each has PLOT_TITLE_LINE pixels. */
int plot_title_lines(const char *title);
enum { PLOT_TITLE_LINE = 20 };
/* Sets the legend below the box of rows [first, end), with room for it, or the place of the box
 * above the common legend; for plots with .legend. */
void plot_legend(const struct plot_data *d, int first, int end,
                 const struct plot_request *q, FILE *out);
struct looks;
/* Writes, after the last box, the common legend of all boxes, if there is one: of lines or of
 * marks. */
void plot_legend_of_all(const struct plot_data *d, const struct looks *looks, bool lines,
                        const struct plot_request *q, FILE *out);
/* Opens a grid of `panels` boxes with shared settings below q->title; plot_grid_end
 * closes it. */
void plot_grid(FILE *out, int panels, const struct plot_request *q);
void plot_grid_end(FILE *out);
/* Draws a box whose rows have no finite number: without one gnuplot would draw neither this box
 * nor those after it. */
void plot_empty(FILE *out);

/* Writes the thick line of the rows [first, end) of one series, as lines "x y". */
typedef void plot_thick_fn(const struct plot_data *d, int first, int end, double scale,
                           FILE *out);
/* Returns the name of a panel's x axis, from its first row. */
typedef const char *plot_axis_fn(const struct plot_row *first);
/* Draws a whole picture of lines except the labels of its axes. The rows of each series hold x
 * and y, seed after seed. Every seed is a thin line where a box has few series, and over them is
 * the line of `write_thick`, with marks and the series' name. `thick` names the block of data; y
 * is times `scale`; `axis` (or NULL) gives each x axis a name of its own. */
void plot_lines(const struct plot_data *d, const struct plot_request *q, const char *thick,
                plot_thick_fn *write_thick, double scale, plot_axis_fn *axis, FILE *out);

/* Writes the key of such a picture: what the thin lines are, and the thick ones (`thick`: "the
 * median of the seeds"). */
void plot_lines_key(const struct plot_data *d, const struct plot_request *q,
                    const char *thick, FILE *out);

/* Writes the whole script for a terminal: "svg", "pdf", "png", "text" or "script". */
void plot_script(const struct plot *p, const struct plot_data *d,
                 const struct plot_request *q, const char *terminal, FILE *out);
/* Returns the lines of the drawing for a terminal. */
int plot_text_lines(const struct plot *p, const struct plot_data *d,
                    const struct plot_request *q);
/* Writes CSV (RFC 4180): panel, series, words and values, each value as the shortest text that
 * reads back to it, empty for NaN. */
void plot_csv(const struct plot *p, const struct plot_data *d, FILE *out);

#endif
