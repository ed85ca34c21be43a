/* report_parts.h -- the sections of the page, one function each. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "plot.h"
#include "report.h"

struct report {
    struct store *store;
    const struct report_request *request;
    const char *params[2]; /* ?1, ?2: profile and experiment, globs */
    FILE *out;
    int marks;           /* marks of all pictures drawn so far */
    struct err *undrawn; /* why the first undrawn picture could not be drawn */
};

/* The text on what the tests of an experiment ask, as HTML. */
struct report_asked {
    char *experiment, *profile, *html; /* owned */
};
struct report_asks {
    struct report_asked *at;
    int n;
};
/* Loads what all tests ask. The caller frees *out, also after an error. */
enum status report_asks_load(struct report *r, struct report_asks *out, struct err *e);
const char *report_asks_find(const struct report_asks *a, const char *experiment,
                             const char *profile); /* "": nothing is known */
void report_asks_free(struct report_asks *a);

/* Says which encoder leads in each test, and which ones the seeds cannot tell from it. */
enum status report_findings(struct report *r, struct err *e);
/* Says what the heads of trained models count. */
enum status report_heads(struct report *r, struct err *e);
/* Writes a row for each experiment, cell, split and encoder. */
enum status report_leaderboard(struct report *r, struct err *e);
/* Writes every kind of picture for every experiment that has data for it, with the data. */
enum status report_pictures(struct report *r, struct err *e);
/* Write every run, the settings of runs, and their provenance. */
enum status report_runs(struct report *r, struct err *e);
enum status report_settings(struct report *r, struct err *e);
enum status report_provenance(struct report *r, struct err *e);

/* --- functions that sections share --- */

/* Prints as printf does, with the result escaped. */
void report_say(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for prose, where text between backquotes becomes <code>. */
void report_prose(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes the figure of a plot that draws from the database, for one experiment (NULL: all of the
 * request); nothing when there is no data for it. */
enum status report_plot(struct report *r, const struct plot *p, const char *experiment,
                        struct err *e);
/* Writes an element around escaped text. */
void report_element(FILE *out, const char *tag, const char *text);
/* Writes `before`, then a word of a POSIX shell's command line, quoted where necessary: readers
 * copy and run the commands, and names may come from any database. Escapes no html. */
void report_word(FILE *to, const char *before, const char *word);

extern const char report_style[], report_script[]; /* report.css, report.js */

#endif
