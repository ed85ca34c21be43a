/* filter.h -- selects runs by "KEY=GLOB", one grammar for every command.
 *
 * KEY is one of the names below or a setting, SECTION.NAME with the section model, train, task
 * or encoder. GLOB is a shell pattern (fnmatch): * matches any text, ? any character, [ab] one
 * of these, and \ takes the next character literally. Several patterns may be separated by
 * commas, and one must match: "rope,cope*". A comma within brackets separates nothing, as in
 * "cope(p_max=8,q=1)". A run must match all of several filters.
 *
 * A setting is compared with the resolved configuration of the run, numbers by their value:
 * train.lr=1e-3 is train.lr=0.001. In a sum of encoders any part may have it. A setting that
 * the configuration does not have matches nothing. */
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
    FILTER_SPLIT, /* split of a run's results; only for tables */
    FILTER_KEYS,
    FILTER_SETTING = FILTER_KEYS
};

enum { FILTER_KEY_TEXT = 64 };

struct filter {
    enum filter_key key;
    char setting[FILTER_KEY_TEXT]; /* "train.lr", or "" */
    const char *glob;              /* points into the text */
};

/* Returns "experiment", ..., which is also the name of the column in the database; "config" for
 * a setting. */
const char *filter_key_name(enum filter_key key);

/* Parses KEY=GLOB; ->glob points into `text`. ST_USAGE with a suggestion: not KEY=GLOB, no such
 * key, no such section, or no such state. Names of settings are not checked here
 * (run_filter.h). */
enum status filter_parse(const char *text, struct filter *out, struct err *e);

/* Does the filter match? `value` is the value of the key; for a setting, the run's whole
 * configuration as JSON. */
bool filter_fits(const struct filter *f, const char *value);

/* Writes the end of the message "no run matches": similar values, or those that exist. Returns
 * false and leaves `text` when one of the n values matches. */
enum { FILTER_ADVICE = 768 };
bool filter_advice(const struct filter *f, const char *const *values, int n,
                   char text[FILTER_ADVICE]);

#endif
