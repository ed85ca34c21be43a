/* problems.h -- collects the problems of an experiment file, with their places.
 *
 * Reading continues after a mistake, so that all mistakes are reported at once, in the order of
 * the file, and each only once, however many profiles and cells of the grid run into it. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>

#include "status.h"

/* The place of a text. `source` is the file, or "--set KEY=VALUE" with line 0; it is borrowed and
 * must outlive the mark. */
struct mark {
    const char *source;
    int line, column; /* from 1; the column counts characters, not bytes */
};

/* PROBLEM_TEXT: bytes of a message, which is cut. PROBLEMS_MAX: problems that are kept, more than
 * fit into ERR_TEXT. Chosen. */
enum { PROBLEM_TEXT = 400, PROBLEMS_MAX = 200 };

struct problem {
    struct mark at;
    char text[PROBLEM_TEXT];
};

struct problems {
    struct problem *item; /* owned */
    int n, room;
    unsigned long noted; /* calls of problem_at, including repeated problems */
    /* True for a profile that was not asked for. Data that it names may be missing on this
     * machine; that is no mistake, but its runs cannot be known. */
    bool data_may_lack;
    unsigned long lacking; /* how often data was missing while data_may_lack */
    bool more;             /* there were more than PROBLEMS_MAX */
    bool no_memory;        /* reading had to stop */
};

/* Notes a problem. Control characters of the text are shown as '?'. */
void problem_at(struct problems *p, struct mark at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes 'unknown key "stepz" in train; did you mean "steps"?', with the whole list when none of
 * the n names is near. `what` is "key in train", for instance. */
void problem_unknown(struct problems *p, struct mark at, const char *what,
                     const char *typed, const char *const *names, int n);

/* Returns ST_OK when there are no problems; else ST_CONFIG (or ST_NOMEM) with one line for
 * each. */
enum status problems_report(struct problems *p, struct err *e);
void problems_free(struct problems *p);

#endif
