/* report.h -- writes all results of a database as one page that needs no network.
 *
 * The page is HTML with its style, script and pictures (SVG) inside. All numbers are text, so
 * that the page can be read without JavaScript, printed and searched; the script only sorts,
 * filters and chooses the head that is shown large. Text of a database must reach the page only
 * through escape_html and its like. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "option.h"
#include "report_look.h"
#include "store.h"

/* Draws a gnuplot script. ST_IO: it cannot, for example because gnuplot is not installed. */
typedef enum status (*report_draw_fn)(FILE *script, FILE *picture, struct err *e);

/* A task: what it asks, in one line, and its options. Borrowed. */
struct report_task {
    const char *summary;
    const struct option *options;
};

/* Finds a task; false: no such task is known. */
typedef bool (*report_task_fn)(const char *name, struct report_task *out);

struct report_request {
    const char *experiment, *profile; /* globs; NULL: all */
    const char *database;             /* its name, for people */
    const char *program;              /* "posbench 0.4 (commit ...)" */
    report_draw_fn draw;
    report_task_fn task;              /* NULL: no task is known */
    const struct report_looks *looks; /* NULL: the page has no models */
    const char *plots; /* known kinds of pictures, separated by commas; NULL: all */
    const char *(*stratum_help)(const char *task, const char *stratum); /* as in plot.h */
};

/* Writes the page. ST_NOTFOUND: no done run matches. When a picture cannot be drawn, for example
 * without gnuplot, the page has the reason in its place, and *undrawn receives the first such
 * reason (else its message is ""). */
enum status report_write(struct store *s, const struct report_request *q, FILE *out,
                         struct err *undrawn, struct err *e);

#endif
