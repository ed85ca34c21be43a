/* config.h -- experiments.yaml: what is to be run, with every value resolved.
 *
 * Reading is strict. Unknown keys, wrong types, impossible values and unknown names are
 * errors "file:line:column: what is wrong; the remedy", all of them at once, one a line
 * in err.msg, with "did you mean". The file's shape is docs/EXPERIMENTS.md.
 *
 * A profile is merged over the experiments it names; an experiment it does not name is
 * not part of that profile. Order of merging: built-in defaults, the file's `defaults`,
 * the experiment, the profile's changes, --set. Mappings merge key by key; lists and
 * scalars replace. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdint.h>

#include "filter.h"
#include "model.h"
#include "optimizer.h"
#include "task.h"

enum { NAME_MAX_TEXT = 64, VARIANT_TEXT = 160, IDENTITY_TEXT = 33 };
enum { SPLIT_COUNT_MAX = 100000000 };

struct split_spec {
    char name[NAME_MAX_TEXT];
    int count;                    /* sequences */
    struct option_values options; /* the task's, resolved for this split */
};

struct train_settings {
    struct optimizer_config optimizer; /* steps, warmup, lr, ... */
    int batch;                         /* sequences a step */
    int samples;    /* size of a finite training set; 0: fresh samples for ever */
    int shards;     /* see trainer.h; part of the recipe */
    int eval_every; /* steps between points of the learning curve; 0: only at the end */
    int eval_count; /* sequences of each split used for a point of the curve */
};

/* One cell of the matrix with one seed: everything that moves its result. */
struct run_spec {
    char identity[IDENTITY_TEXT]; /* 128-bit hash of `config`, in hex */
    char *config;                 /* canonical JSON (sorted keys), owned */
    char experiment[NAME_MAX_TEXT], profile[NAME_MAX_TEXT];
    char cell[VARIANT_TEXT]; /* the grid's values, "model.dim=128 model.heads=2", or "" */
    const struct task *task;
    struct option_values task_options; /* the training law */
    char encoder[ENCODER_NAME];        /* "cope+rope" */
    char variant[VARIANT_TEXT];        /* "cope(p_max=64)": name with what was set */
    uint64_t seed, data_seed;
    struct model_config model; /* encoders resolved; longest covers every split */
    struct train_settings train;
    int splits;
    struct split_spec *split; /* [splits], owned */
};

void run_spec_free(struct run_spec *r); /* accepts a zeroed struct */

/* A number that a paper printed, for the table `published`. */
struct published_value {
    char paper[NAME_MAX_TEXT], source[NAME_MAX_TEXT]; /* "arXiv 2405.18719v2", "Table 2" */
    char experiment[NAME_MAX_TEXT], encoder[ENCODER_NAME], split[NAME_MAX_TEXT];
    char cell[VARIANT_TEXT], metric[NAME_MAX_TEXT], unit[NAME_MAX_TEXT];
    double value, std; /* in [0, 1] for errors; std NaN: none given */
};

/* less: the encoder whose metric should be the smaller one; it and `than` are the name of
 * an encoder, for its runs with any options, or a variant. */
struct claim_spec {
    char id[NAME_MAX_TEXT];
    char *text; /* owned */
    char experiment[NAME_MAX_TEXT], split[NAME_MAX_TEXT], metric[NAME_MAX_TEXT];
    char less[VARIANT_TEXT], than[VARIANT_TEXT], cell[VARIANT_TEXT];
    double published_less, published_than; /* NaN: none */
};

struct config {
    char *path;
    char profile[NAME_MAX_TEXT];
    uint64_t file_hash[2]; /* of the YAML's bytes */
    int runs;
    struct run_spec *run; /* [runs] experiment by experiment, cell, encoder, then seed */
    int claims;
    struct claim_spec *claim;
    int published;
    struct published_value *publish;
};

/* Reads the file, checks all of it and expands the matrix of `profile`; NULL is "quick".
 * A file without profiles has one size, its experiments as they stand, which "quick" then
 * means; its runs have the profile "default". `set` holds n_set changes "KEY=VALUE"
 * ("train.steps=100", "seeds=[1]", "flip_flop.task.length=64"), applied to every
 * experiment of the profile or to the one they begin with. On success *out is the
 * caller's, freed by config_free. ST_CONFIG: the file or a change is wrong. ST_USAGE: no
 * such file or profile. ST_IO: unreadable. */
enum status config_read(const char *path, const char *profile, const char *const *set,
                        int n_set, struct config **out, struct err *e);
void config_free(struct config *c); /* accepts NULL */

/* The run that a stored configuration describes (run.config in the database). Profile
 * and cell are no part of it and stay empty. ST_CONFIG when another version of posbench,
 * of the task or of the encoder made it. On success *out owns memory (run_spec_free). */
enum status run_spec_parse(const char *json, struct run_spec *out, struct err *e);

/* A filter (filter.h) on what runs are: any but one on a split. ST_USAGE. */
enum status run_filter_check(const char *filter, struct err *e);
/* For the end of "no run matches": which filter no run fits, and what is near (filter.h). */
void run_filter_advice(const struct run_spec *r, int runs, const char *const *filters,
                       int n, char text[FILTER_ADVICE]);
/* Do all filters match? With `state` NULL those on the state are passed over. */
bool run_matches(const struct run_spec *r, const char *state, const char *const *filters,
                 int n);

#endif
