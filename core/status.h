/* status.h -- status codes and error messages.
 *
 * There are two kinds of failure. Failures from outside (files, memory, YAML, SQLite, a
 * user's sizes) return an enum status and fill a struct err. Mistakes of the program (wrong
 * shape, NULL, impossible state) assert. Only runner/main.c prints an err or exits. */
#ifndef STATUS_H
#define STATUS_H

#include <stddef.h>

#define STATUS_MAP(X)                               \
    X(OK, "ok")                                     \
    X(NOMEM, "out of memory")                       \
    X(IO, "reading or writing failed")              \
    X(CONFIG, "the experiment file is wrong")       \
    X(USAGE, "the command line is wrong")           \
    X(RANGE, "a value is out of range")             \
    X(DB, "the results database refused")           \
    X(NONFINITE, "the loss is not a finite number") \
    X(NOTFOUND, "nothing matched")                  \
    X(FAILED, "some runs failed")                   \
    X(INTERRUPTED, "interrupted")

enum status {
#define X(code, text) ST_##code,
    STATUS_MAP(X)
#undef X
};

/* Large enough for a list of complaints about one file, a line each. */
enum { ERR_TEXT = 4096 };

/* Filled only when the returned status is not ST_OK. */
struct err {
    enum status code;
    char msg[ERR_TEXT];
};

/* Fills `e` (which may be NULL) and returns `code`, so that a failing function
 * ends in one line: return err_set(e, ST_IO, "%s: %s", path, strerror(errno)); */
enum status err_set(struct err *e, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The remedy for EMFILE. */
#define STATUS_FEW_FILES "raise the limit of open files (\"ulimit -n\")"

/* Returns the text of a code in STATUS_MAP; never NULL. */
const char *status_text(enum status code);

#endif
