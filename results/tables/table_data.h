/* table_data.h -- the numbers of a table from the database, one metric at a time. */
#ifndef TABLE_DATA_H
#define TABLE_DATA_H

#include "metric_text.h"
#include "table.h"
#include "words.h"

/* The dimensions that tell numbers apart, in the order in which they lead a row. */
enum dim {
    DIM_EXPERIMENT,
    DIM_PROFILE,
    DIM_TASK,
    DIM_CELL,
    DIM_VARIANT,
    DIM_SPLIT,
    DIM_SEED,
    DIM_TEST, /* experiment, cell and split, "flip_flop id"; a key only on request */
    DIMS
};

const char *dim_name(enum dim d); /* as printed over a column: "encoder" for VARIANT */
/* Parses the name of a dimension, else ST_USAGE with a suggestion; "variant" means "encoder". */
enum status dim_parse(const char *text, enum dim *out, struct err *e);

/* The places of a split where all encoders together err most (table_strata.h). Strings are
 * interned. */
struct hard_places {
    const char *experiment, *profile, *cell, *split, *stratum;
    int64_t low, high;   /* values of the stratum */
    bool last;           /* the greatest values, not the smallest */
    int64_t places, all; /* with these values, and of the split; over all runs */
    double error;        /* over all runs */
};

/* A run on a split, or, with key[DIM_SPLIT] NULL, a run without numbers. Strings are interned:
 * equal texts have equal addresses. */
struct record {
    const char *key[DIMS];
    const char *encoder, *variant; /* variant: without the mark of other settings */
    bool merged;                   /* key[DIM_VARIANT] is only the encoder's name */
    const char *state, *error;     /* error may be NULL */
    const char *source, *windows;  /* texts: "corpus prose, ..."; NULL for other tasks */
    int64_t run, recipe;
    double value;                     /* NaN: not available */
    int64_t count, total;             /* -1: none */
    double chance, majority, ceiling; /* accuracies; NaN: none */
    int64_t tokens, sequences;        /* -1: not known */
    double seen;                      /* share of sequences in training; NaN: not known */
    const struct hard_places *hard;   /* NULL: not known, or not requested */
    int64_t hard_wrong, hard_places;
};

/* The end of training, measured on the split `valid`. NaN: not known. */
struct learning {
    int64_t run;
    double error;    /* token_error after the last step */
    double majority; /* accuracy of the commonest answer */
    double loss;     /* after the last step */
    double before;   /* loss at the last point at or before 9/10 of the steps */
};

struct published {
    const char *experiment, *profile, *cell, *variant, *split; /* interned */
    const char *paper, *source;
    bool ambiguous;    /* the paper does not say whether it counts tokens or sequences */
    double value, std; /* NaN: none */
    int order;         /* place in the database */
};

/* One value that was tried for a tuned setting (table_tuning.h), with all its seeds. */
struct trial {
    const char *experiment, *profile, *variant; /* interned; the profile without ".tune" */
    const char *cell, *seeds;   /* cell: with the value, "train.lr=0.003"; seeds: "1,2" */
    int64_t recipe, parameters; /* parameters -1: not known */
    double loss;                /* mean on valid; NaN: not all seeds are done */
};

struct caveat {
    int64_t run;
    int order;        /* place in the database */
    const char *text; /* "SPLIT: ..." */
};

/* The options that a split of a recipe changes. Strings are interned. */
struct asked {
    int64_t recipe;
    const char *split;
    const char *changes; /* "p_ignore 0.98 (id 0.8)"; "": nothing */
    const char *options; /* names of the options in `changes`, for split_text_names */
    const char *base;    /* compared with "id" or "training" */
};

/* A heading of a dimension that is printed under another name. Strings are interned. */
struct renamed {
    enum dim dim;
    const char *from, *to;
};

struct table_data {
    const char *metric; /* borrowed */
    const struct metric_info *info;
    struct record *record;       /* sorted by run, then split */
    struct published *published; /* sorted for table_data_published */
    struct caveat *caveat;       /* sorted by run */
    struct learning *learning;   /* sorted by run */
    struct hard_places *hard;
    struct renamed *renamed;
    struct trial *trial; /* in the order of trying */
    struct asked *asked; /* sorted by recipe */
    int trials, askeds;
    int records, publisheds, caveats, learnings, hards, renameds;
    struct words words; /* the interned strings */
};

/* Loads the numbers of `metric`. The caller frees *out, also after an error. */
enum status table_data_load(struct store *s, const struct table_request *q,
                            const char *metric, struct table_data *out, struct err *e);
void table_data_free(struct table_data *d); /* accepts a zeroed struct */

/* Returns ST_NOTFOUND with a remedy when there are records but none of a run that is done, else
 * ST_OK. */
enum status table_data_unfinished(const struct table_data *d, struct err *e);

/* Returns the text interned, NULL for NULL. Sets *st to ST_NOMEM when there is no memory. */
const char *table_data_word(struct table_data *d, const char *text, enum status *st,
                            struct err *e);

/* Returns the first published number with the keys of `of`; NULL: there is none. */
const struct published *table_data_published(const struct table_data *d,
                                             const struct published *of);

/* Returns what the record's split changes; NULL: its configuration does not say. */
const struct asked *table_data_asked(const struct table_data *d, const struct record *r);

/* Returns the index of the first caveat of the run, or of the next run that has one. */
int table_data_caveats(const struct table_data *d, int64_t run);

/* Returns `array` with room for one more element of `size` bytes. It holds n and has grown from
 * NULL only through this function, to powers of two. NULL: no memory; `array` is unchanged. */
void *table_data_grown(void *array, int n, size_t size);

#endif
