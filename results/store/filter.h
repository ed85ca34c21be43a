/* filter.h -- "KEY=GLOB", which runs are meant: one grammar for every command.
 *
 * KEY is one of the names below or a setting, SECTION.NAME with the section model, train, task
 * or encoder. GLOB is a shell pattern (fnmatch): * any text, ? any character, [ab] one of
 * these, \ takes the next as it stands; or several with commas between, of which one must
 * match: "rope,cope*". A comma within brackets divides nothing, as in "cope(p_max=8,q=1)".
 * Of several filters all must match.
 *
 * A setting is compared with the resolved one of the run's configuration, numbers by their
 * value: train.lr=1e-3 is train.lr=0.001. Of a sum of encoders any part may have it. What
 * a configuration does not say matches nothing. */
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
    FILTER_KEYS,
    FILTER_SETTING = FILTER_KEYS
};

enum { FILTER_KEY_TEXT = 64 };

struct filter {
    enum filter_key key;
    char setting[FILTER_KEY_TEXT]; /* "train.lr", or "" */
    const char *glob;              /* points into the text */
};

/* "experiment", ...: also the names of the columns of the database; of a setting "config". */
const char *filter_key_name(enum filter_key key);

/* ST_USAGE, with a suggestion: not KEY=GLOB, no such key, no such section, or a state that no
 * run has. Which settings there are is not known here (run_filter.h). */
enum status filter_parse(const char *text, struct filter *out, struct err *e);

/* The value of the key; of a setting the run's whole configuration, JSON. */
bool filter_fits(const struct filter *f, const char *value);

/* For the end of "no run matches", when none of the values fits: what is near, or what there
 * is. False, with `text` as it was, when one fits. */
enum { FILTER_ADVICE = 768 };
bool filter_advice(const struct filter *f, const char *const *values, int n,
                   char text[FILTER_ADVICE]);

#endif
