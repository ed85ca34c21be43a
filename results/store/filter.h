/* filter.h -- "KEY=GLOB", which runs are meant: one grammar for every command.
 *
 * KEY is one of the names below; GLOB is a shell pattern (fnmatch): * any text, ? any
 * character, [ab] one of these, \ takes the next as it stands. Of several filters all
 * must match. */
#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>

#include "status.h"

enum filter_key {
    FILTER_EXPERIMENT,
    FILTER_TASK,
    FILTER_ENCODER,
    FILTER_VARIANT,
    FILTER_CELL,
    FILTER_SEED,
    FILTER_PROFILE,
    FILTER_IDENTITY,
    FILTER_STATE,
    FILTER_SPLIT, /* of a run's results; only tables know it */
    FILTER_KEYS
};

enum { FILTER_KEY_TEXT = 16 };

struct filter {
    enum filter_key key;
    const char *glob; /* points into the text */
};

/* "experiment", ...: also the names of the columns of the database. */
const char *filter_key_name(enum filter_key key);

/* ST_USAGE, with a suggestion: not KEY=GLOB, no such key, or a state that no run has. */
enum status filter_parse(const char *text, struct filter *out, struct err *e);

bool filter_fits(const struct filter *f, const char *value);

/* For the end of "no run matches", when none of the values fits: what is near, or what there
 * is. False, with `text` as it was, when one fits. */
enum { FILTER_ADVICE = 768 };
bool filter_advice(const struct filter *f, const char *const *values, int n,
                   char text[FILTER_ADVICE]);

#endif
