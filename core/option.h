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

/* OPTIONS_MAX: options of a table at most, asserted by option_count. OPTION_TEXT: the longest
 * value as text, with '\0'; numbers need 25, names of choices may need more. Both are chosen,
 * not measured. */
enum { OPTIONS_MAX = 16, OPTION_TEXT = 128 };

struct option {
    const char *name;
    enum option_type type;
    double lo, hi;              /* inclusive; INT and REAL */
    double dflt;                /* CHOICE: an index */
    const char *const *choices; /* CHOICE: ends with NULL */
    bool open;                  /* CHOICE: other words are accepted too */
    bool path;                  /* open CHOICE: the words are names or paths of files */
    bool data;                  /* tasks: selects what task_open reads (task.h) */
    bool held;                  /* tasks: selects a part of the data, not another law */
    /* Added when runs were stored already. At its default it is not part of a run's identity,
     * so that those runs keep theirs. */
    bool later;
    const char *help; /* one line: meaning, unit, meaning of 0 */
    bool at_test;     /* encoders: may be changed for trained weights */
};

struct option_values {
    double v[OPTIONS_MAX]; /* in the order of the table */
};

/* `table` may be NULL: no options. */
int option_count(const struct option *table);
int option_find(const struct option *table, const char *name); /* index, or -1 */
void option_defaults(const struct option *table, struct option_values *out);

/* Reads `text` as a value of `o`. ST_RANGE with a message that names the option, the
 * accepted type or range, and for a choice the nearest name. The caller puts a file position
 * before the message. */
enum status option_parse(const struct option *o, const char *text, double *out,
                         struct err *e);

/* Checks the declaration of an option: a CHOICE has choices and the default is one of them; other
 * defaults are in the range, and integers unless the type is REAL. ST_RANGE with a message that
 * begins with `owner` ("encoder fox") and names the option and the remedy. */
enum status option_check(const char *owner, const struct option *o, struct err *e);

/* Checks a value in a table, such as a split's: it must have the option's type and be in its
 * range. ST_RANGE as above. */
enum status option_check_value(const char *owner, const struct option *o, double value,
                               struct err *e);

/* Writes the canonical text: true/false, integer, shortest decimal that reads back to the same
 * double (%.17g at worst), choice name. Returns buf. */
char *option_format(const struct option *o, double value, char buf[OPTION_TEXT]);

/* Returns the text of a choice's value, which is never freed. An open choice also accepts other
 * words: up to OPTION_WORD letters, digits and . _ - : , or for a path anything but control
 * characters. The process keeps up to OPTION_WORDS different words and refuses more with a
 * message. The value of a word is a number after those of the choices and is valid only in
 * this process. 256 words are chosen, not measured. */
enum { OPTION_WORD = OPTION_TEXT - 1, OPTION_WORDS = 256 };
const char *option_word(const struct option *o, double value);

/* Returns the nearest of `n` names by edit distance with transpositions, or NULL when none is
 * near enough (distance > max(1, length / 3)). */
const char *suggest(const char *typed, const char *const *names, int n);
/* Return the end of a message: "; did you mean \"NAME\"?" if a name is near, else `other`, or for
 * suggest_text "". Valid until the next call in this thread. */
const char *suggest_or(const char *typed, const char *const *names, int n,
                       const char *other);
const char *suggest_text(const char *typed, const char *const *names, int n);
/* The same, but if no name is near "; there are a, b, c" (without empty names, cut off when they
 * are many), or "; there is none". */
const char *suggest_among(const char *typed, const char *const *names, int n);

#endif
