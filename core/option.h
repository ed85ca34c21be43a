/* option.h -- one table of options for YAML, help, docs and a run's identity.
 *
 * Tasks and encoders declare what a user may set in a table of struct option that
 * ends with {0}. Values travel as doubles in table order; booleans are 0 or 1,
 * choices are the index into `choices`. An index is never stored: option_format
 * writes the name. */
#ifndef OPTION_H
#define OPTION_H

#include <stdbool.h>

#include "status.h"

enum option_type { OPTION_BOOL, OPTION_INT, OPTION_REAL, OPTION_CHOICE };

/* option_count asserts that a table has at most OPTIONS_MAX options. OPTION_TEXT is the longest
 * value as text, with its end: numbers need 25, names of choices the rest. Both chosen, not
 * measured. */
enum { OPTIONS_MAX = 16, OPTION_TEXT = 128 };

struct option {
    const char *name;
    enum option_type type;
    double lo, hi;              /* inclusive; INT and REAL */
    double dflt;                /* CHOICE: an index */
    const char *const *choices; /* CHOICE: ends with NULL */
    bool open;                  /* CHOICE: other words are taken too */
    bool path;        /* of an open CHOICE: the words are names or paths of files */
    bool data;        /* of a task: decides what task_open reads (task.h) */
    bool held;        /* of a task: which part of its data, not another law */
    bool later;       /* added to its table when runs were stored already: a run's identity
                       * leaves it out at its default, so that those runs keep theirs */
    const char *help; /* one line: meaning, unit, what 0 means */
    bool at_test;     /* of an encoder: may be changed for trained weights */
};

struct option_values {
    double v[OPTIONS_MAX]; /* in the order of the table */
};

/* `table` may be NULL: no options. */
int option_count(const struct option *table);
int option_find(const struct option *table, const char *name); /* index, or -1 */
void option_defaults(const struct option *table, struct option_values *out);

/* Reads `text` as a value of `o`. ST_RANGE with a message that names the option, the
 * accepted type or range, and for a choice the nearest name. The message carries no
 * file position: the caller prefixes it. */
enum status option_parse(const struct option *o, const char *text, double *out,
                         struct err *e);

/* Checks the declaration of an option: a CHOICE has choices, the default is one of them, or in
 * the range and, but of REAL, an integer. ST_RANGE with a message that begins with `owner`
 * ("encoder fox") and names the option and the remedy. */
enum status option_check(const char *owner, const struct option *o, struct err *e);

/* The same of a value that stands in a table, as a split's: of the option's type and in its
 * range. */
enum status option_check_value(const char *owner, const struct option *o, double value,
                               struct err *e);

/* Canonical text: true/false, integer, shortest decimal that reads back to the same
 * double (%.17g at worst), choice name. Returns buf. */
char *option_format(const struct option *o, double value, char buf[OPTION_TEXT]);

/* The text of a choice's value, which is never freed. An open choice takes other words,
 * too: letters, digits and any of . _ - : , up to OPTION_WORD of them, or for a path
 * anything but control characters. The process keeps up to OPTION_WORDS different words and
 * refuses more with a message; the value of a word is a number behind those of the choices
 * and means nothing to another process. 256 words are chosen, not measured. */
enum { OPTION_WORD = OPTION_TEXT - 1, OPTION_WORDS = 256 };
const char *option_word(const struct option *o, double value);

/* The nearest of `n` names by edit distance with transpositions, or NULL when none is
 * near enough to be what was meant (distance > max(1, length / 3)). */
const char *suggest(const char *typed, const char *const *names, int n);
/* The same for the end of a message: "; did you mean \"NAME\"?", else `other`, which
 * suggest_text leaves empty. Good until the next call in this thread. */
const char *suggest_or(const char *typed, const char *const *names, int n,
                       const char *other);
const char *suggest_text(const char *typed, const char *const *names, int n);
/* Else "; there are a, b, c", cut when they are many and without empty ones, or "; there is
 * none". */
const char *suggest_among(const char *typed, const char *const *names, int n);

#endif
