/* problems.h -- every complaint about one experiment file, with its place.
 *
 * Reading goes on after a mistake, so that all of them are shown at once, in the order
 * in which they stand in the file and each only once, however many profiles and grid
 * cells meet it. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>

#include "status.h"

/* Where something was written. `source` is the file, or "--set KEY=VALUE" with line 0;
 * it is borrowed and must outlive the mark. */
struct mark {
    const char *source;
    int line, column; /* from 1; the column counts characters, not bytes */
};

/* Room of a mistake, then cut; mistakes that are kept, more than ERR_TEXT can tell. Chosen. */
enum { PROBLEM_TEXT = 400, PROBLEMS_MAX = 200 };

struct problem {
    struct mark at;
    char text[PROBLEM_TEXT];
};

struct problems {
    struct problem *item; /* owned */
    int n, room;
    unsigned long noted; /* calls of problem_at, repetitions included */
    /* A profile that nobody asked for may name data that is not on this machine: that is no
     * mistake, but its runs cannot be known. */
    bool data_may_lack;
    unsigned long lacking; /* how often data was not there, while it could lack */
    bool more;             /* more than PROBLEMS_MAX */
    bool no_memory;        /* reading had to stop */
};

/* Control characters of the text are shown as '?'. */
void problem_at(struct problems *p, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 'unknown key "stepz" in train; did you mean "steps"?', or the whole list when no name
 * of the n is near. `what` is "key in train", for instance. */
void problem_unknown(struct problems *p, struct mark at, const char *what,
                     const char *typed, const char *const *names, int n);

/* ST_OK when there are none; else ST_CONFIG (or ST_NOMEM) with one line each. */
enum status problems_report(struct problems *p, struct err *e);
void problems_free(struct problems *p);

#endif
