/* settings.h -- the keys under `model` and `train`: one table for reading the file, for
 * the stored configuration, for the grid and for docs/EXPERIMENTS.md. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config.h"
#include "yaml_tree.h"

/* A whole number that may be typed as a multiple, which the resolved run no longer knows. */
enum multiple {
    MULTIPLE_NONE,
    MULTIPLE_DIM,   /* "4x": times model.dim */
    MULTIPLE_EPOCHS /* "100 epochs": times the steps that train.samples need once */
};

struct setting {
    const char *section; /* "model" or "train" */
    struct option option;
    size_t at;  /* of its first value inside struct run_spec */
    int values; /* 1, or 2 for a list of two numbers */
    enum multiple multiple;
};

/* The built-in default of model.ff is its factor: option.dflt = 4 is "4x". */
enum { SETTINGS_MAX = 32, SETTING_KEY = 40 };

int setting_count(void);
const struct setting *setting_at(int i);
const struct setting *setting_find(const char *section, const char *name); /* or NULL */
/* Names of a section, for suggestions; returns how many. */
int setting_names(const char *section, const char *names[SETTINGS_MAX]);

/* Value `i` of the setting, as an option value. */
double setting_get(const struct setting *s, const struct run_spec *r, int i);
void setting_put(const struct setting *s, struct run_spec *r, int i, double value);

/* True when `text` is a multiple of the kind: *times = 8 for "8x", 100 for "100 epochs". */
bool multiple_parse(enum multiple kind, const char *text, double *times);
/* How it is shown: "8x", "100epochs". Returns buf. */
char *multiple_format(enum multiple kind, double times, char buf[OPTION_TEXT]);

/* Sets every model and train setting of `r`: from the mappings "model" and "train" of
 * `root`, else the built-in default. Mistakes are noted; `r` is then of no use. */
void settings_read(const struct node *root, struct run_spec *r, struct problems *p);

/* One scalar as a value of `option`, named `key` in messages. False: noted. */
bool option_read(const struct option *option, const char *key, const struct node *value,
                 double *out, struct problems *p);

/* "a list", "a mapping", "nothing", or "text": for messages. */
const char *node_kind_text(const struct node *n);
/* The mapping at `key`, or NULL when there is none or it is something else, which is
 * then noted. */
const struct node *node_mapping(const struct node *root, const char *key,
                                struct problems *p);
/* Notes every key of `map` that is not among `names`. */
void check_keys(const struct node *map, const char *where, const char *const *names, int n,
                struct problems *p);

#endif
