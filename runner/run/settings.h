/* settings.h -- the keys under `model` and `train`: one table for reading the file, for the
 * stored configuration, for the grid and for docs/EXPERIMENTS.md. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "run_spec.h"

/* The kinds of multiples in which a whole number may be typed; the resolved run has the
 * product. */
enum multiple {
    MULTIPLE_NONE,
    MULTIPLE_DIM,   /* "4x": times model.dim */
    MULTIPLE_EPOCHS /* "100 epochs": times the steps of one pass over train.samples */
};

struct setting {
    const char *section; /* "model" or "train" */
    struct option option;
    size_t at;  /* offset of its first value in struct run_spec */
    int values; /* 1, or 2 for a list of two numbers */
    enum multiple multiple;
};

/* The default of model.ff in the table is its factor: option.dflt = 4 means "4x". */
enum { SETTINGS_MAX = 32, SETTING_KEY = 40 };

int setting_count(void);
const struct setting *setting_at(int i);
const struct setting *setting_find(const char *section, const char *name); /* or NULL */
/* Lists the names of a section, for suggestions; returns how many. */
int setting_names(const char *section, const char *names[SETTINGS_MAX]);

/* Returns value `i` of the setting, as an option value. */
double setting_get(const struct setting *s, const struct run_spec *r, int i);
void setting_put(const struct setting *s, struct run_spec *r, int i, double value);
void setting_put_default(const struct setting *s, struct run_spec *r);

/* Returns true when `text` is a multiple of the kind; *times is 8 for "8x", 100 for "100
 * epochs". */
bool multiple_parse(enum multiple kind, const char *text, double *times);
/* Writes a multiple: "8x", "100epochs". Returns buf. */
char *multiple_format(enum multiple kind, double times, char buf[OPTION_TEXT]);

#endif
