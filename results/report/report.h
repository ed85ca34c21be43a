/* report.h -- everything that a database shows, as one page that needs no network.
 *
 * The page is HTML with its style, script and pictures (SVG) inside. All numbers stand in it
 * as text, so that it can be read without JavaScript, printed and searched; the script only
 * sorts, filters and chooses the head that is large. Text of a database reaches the page
 * through escape_html alone. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "option.h"
#include "report_look.h"
#include "store.h"

/* Draws a gnuplot script. ST_IO when it cannot, gnuplot not being installed among others. */
typedef enum status (*report_draw_fn)(FILE *script, FILE *picture, struct err *e);

/* What a task asks, in one line, and its options, borrowed. */
struct report_task {
    const char *summary;
    const struct option *options;
};

/* false: no such task is known. */
typedef bool (*report_task_fn)(const char *name, struct report_task *out);

struct report_request {
    const char *experiment, *profile; /* globs; NULL: all */
    const char *database;             /* its name, for people */
    const char *program;              /* "posbench 0.4 (commit ...)" */
    report_draw_fn draw;
    report_task_fn task;              /* NULL: no task is known */
    const struct report_looks *looks; /* NULL: models were not asked for */
    const char *plots; /* kinds of pictures with commas between, known ones; NULL: all */
    const char *(*stratum_help)(const char *task, const char *stratum); /* as in plot.h */
};

/* ST_NOTFOUND when no run that is done matches. What keeps a picture from being drawn, such
 * as no gnuplot, stands in its place; *undrawn (its message "" otherwise) is the first such
 * reason. */
enum status report_write(struct store *s, const struct report_request *q, FILE *out,
                         struct err *undrawn, struct err *e);

#endif
