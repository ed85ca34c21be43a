/* table_data.h -- the numbers of a table as the database has them, one metric at a time. */
#ifndef TABLE_DATA_H
#define TABLE_DATA_H

#include "metric_text.h"
#include "table.h"
#include "words.h"

/* By what a number can be told from another, in the order in which they lead a row. */
enum dim {
    DIM_EXPERIMENT,
    DIM_PROFILE,
    DIM_TASK,
    DIM_CELL,
    DIM_VARIANT,
    DIM_SPLIT,
    DIM_SEED,
    DIM_TEST, /* experiment, cell and split, "flip_flop id"; a key only when it is asked for */
    DIMS
};

const char *dim_name(enum dim d); /* as printed over a column: "encoder" for VARIANT */
/* ST_USAGE with a suggestion; "variant" and "encoder" are the same. */
enum status dim_parse(const char *text, enum dim *out, struct err *e);

/* Where all encoders together err most in a split (table_strata.h). Strings are interned. */
struct hard_places {
    const char *experiment, *profile, *cell, *split, *stratum;
    int64_t low, high;   /* values of the stratum */
    bool last;           /* the greatest values, not the smallest */
    int64_t places, all; /* with these values; of the split; over all runs */
    double error;        /* over all runs */
};

/* A run on a split, or, with key[DIM_SPLIT] NULL, a run without numbers. Strings are
 * interned: equal text, equal pointer. */
struct record {
    const char *key[DIMS];
    const char *encoder, *variant; /* variant: without the mark of other settings */
    bool merged;                   /* key[DIM_VARIANT] is the encoder's name alone */
    const char *state, *error;     /* error may be NULL */
    const char *source, *windows;  /* of a text: "corpus prose, ..."; NULL: no text */
    int64_t run, recipe;
    double value;                     /* NaN: not available */
    int64_t count, total;             /* -1: none */
    double chance, majority, ceiling; /* accuracies; NaN: none */
    int64_t tokens, sequences;        /* -1: not known */
    double seen;                      /* share of the sequences that training had; NaN */
    const struct hard_places *hard;   /* NULL: not known, or not asked for */
    int64_t hard_wrong, hard_places;
};

/* How far training had come, on the split `valid`. NaN: not known. */
struct learning {
    int64_t run;
    double error;    /* token_error after the last step */
    double majority; /* accuracy of the commonest answer */
    double loss;     /* after the last step, */
    double before;   /* and at the point of the curve at or before 9/10 of the steps */
};

struct published {
    const char *experiment, *profile, *cell, *variant, *split; /* interned */
    const char *paper, *source;
    bool ambiguous;    /* the paper does not say whether it counts tokens or sequences */
    double value, std; /* NaN: none */
    int order;         /* as they stand in the database */
};

/* What was tried for a setting that is tuned (table_tuning.h): all seeds of one value. */
struct trial {
    const char *experiment, *profile,
        *variant;               /* interned; the profile is that of the chosen */
    const char *cell, *seeds;   /* with the value: "train.lr=0.003"; "1,2" */
    int64_t recipe, parameters; /* -1: not known */
    double loss;                /* mean on valid; NaN: not all are done */
};

struct caveat {
    int64_t run;
    int order;        /* as they came */
    const char *text; /* "SPLIT: ..." */
};

/* What a split of a recipe changes, by its configuration. Interned. */
struct asked {
    int64_t recipe;
    const char *split;
    const char *changes; /* "p_ignore 0.98 (id 0.8)"; "": nothing */
    const char *options; /* those that `changes` tells: split_text_names */
    const char *base;    /* against what: "id" or "training" */
};

/* A heading that is printed under another name; of its dimension. Interned. */
struct renamed {
    enum dim dim;
    const char *from, *to;
};

struct table_data {
    const char *metric; /* borrowed */
    const struct metric_info *info;
    struct record *record;       /* by run, then split */
    struct published *published; /* in the order of table_data_published */
    struct caveat *caveat;       /* by run */
    struct learning *learning;   /* by run */
    struct hard_places *hard;
    struct renamed *renamed;
    struct trial *trial; /* as they were tried */
    struct asked *asked; /* by recipe */
    int trials, askeds;
    int records, publisheds, caveats, learnings, hards, renameds;
    struct words words; /* interned */
};

/* *out is the caller's, filled or not, to be freed. */
enum status table_data_load(struct store *s, const struct table_request *q,
                            const char *metric, struct table_data *out, struct err *e);
void table_data_free(struct table_data *d); /* accepts a zeroed struct */

/* ST_NOTFOUND, with what to do, when there are records but none of a run that is done. */
enum status table_data_unfinished(const struct table_data *d, struct err *e);

/* The text among the interned ones, NULL for NULL; *st says when there is no memory. */
const char *table_data_word(struct table_data *d, const char *text, enum status *st,
                            struct err *e);

/* The first of the paper's numbers that are about the same as `of`; NULL: there is none. */
const struct published *table_data_published(const struct table_data *d,
                                             const struct published *of);

/* What the record's split asks; NULL: its configuration does not say. */
const struct asked *table_data_asked(const struct table_data *d, const struct record *r);

/* The first caveat of the run, or of one after it. */
int table_data_caveats(const struct table_data *d, int64_t run);

/* Room for one more element of `size` bytes in an array that holds n and has grown this way
 * from NULL; powers of two. NULL: no memory, and `array` is as it was. */
void *table_data_grown(void *array, int n, size_t size);

#endif
