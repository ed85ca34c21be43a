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
    int marks;           /* of all pictures drawn so far */
    struct err *undrawn; /* why the first picture that could not be drawn was not */
};

/* What the tests of an experiment ask, as HTML. */
struct report_asked {
    char *experiment, *profile, *html; /* owned */
};
struct report_asks {
    struct report_asked *at;
    int n;
};
/* *out is the caller's, filled or not. */
enum status report_asks_load(struct report *r, struct report_asks *out, struct err *e);
const char *report_asks_find(const struct report_asks *a, const char *experiment,
                             const char *profile); /* "": nothing is known */
void report_asks_free(struct report_asks *a);

/* Which encoder leads where, and from which the seeds cannot tell it. */
enum status report_findings(struct report *r, struct err *e);
/* What the heads of trained models count. */
enum status report_heads(struct report *r, struct err *e);
/* A row for each experiment, cell, split and encoder. */
enum status report_leaderboard(struct report *r, struct err *e);
/* Every kind of picture of every experiment that has data for it, with the data. */
enum status report_pictures(struct report *r, struct err *e);
/* Every run; what it was trained with, what made it. */
enum status report_runs(struct report *r, struct err *e);
enum status report_settings(struct report *r, struct err *e);
enum status report_provenance(struct report *r, struct err *e);

/* --- what they share --- */

/* printf, in which each %s is escaped. */
void report_say(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for a paragraph of prose, where what stands between backquotes is <code>. */
void report_prose(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The figure of a plot that draws from the database, of one experiment (NULL: of all that
 * were asked for), where that has data for it. */
enum status report_plot(struct report *r, const struct plot *p, const char *experiment,
                        struct err *e);
/* An element around escaped text. */
void report_element(FILE *out, const char *tag, const char *text);

extern const char report_style[], report_script[]; /* report.css, report.js */

#endif
