/* run_spec.h -- one run with every value resolved, the same for the experiment file and the
 * database. */
#ifndef RUN_SPEC_H
#define RUN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "identities.h"
#include "model.h"
#include "optimizer.h"
#include "task.h"

/* Lengths of names of experiments, profiles and splits, and of variants and cells. Longer names
 * are refused, since a cut name could equal another one. Chosen. The most sequences of a split
 * take 12.5 MB of answers, below the limit of a blob in store_guard.c. */
enum { NAME_MAX_TEXT = 64, VARIANT_TEXT = 160 };
enum { SPLIT_COUNT_MAX = 100000000, SPLIT_ENCODER_TEXT = 160 };

struct split_spec {
    char name[NAME_MAX_TEXT];
    int count;                    /* sequences */
    struct option_values options; /* the task's, resolved for this split */
    /* Options of the encoder at this test, "rope.scaling=yarn rope.factor=4"; "": as in
     * training. */
    char encoder[SPLIT_ENCODER_TEXT];
    char asks[NAME_MAX_TEXT]; /* the split whose samples it uses; "": its own */
};

struct train_settings {
    struct optimizer_config optimizer; /* steps, warmup, lr, ... */
    int batch;                         /* sequences a step */
    int samples;    /* size of a finite training set; 0: every sample is fresh */
    int shards;     /* see trainer.h; part of the recipe */
    int eval_every; /* steps between points of the learning curve; 0: only at the end */
    int eval_count; /* sequences of each split used for a point of the curve */
};

/* The role of a run in an experiment that tunes settings (tune.h): none; a tried value with a
 * seed of the tuning; or a wanted seed with one of the values, which counts if that value is
 * chosen (choice.h). */
enum tuned { TUNED_NOT, TUNED_TRIAL, TUNED_CANDIDATE };

/* One cell of the matrix with one seed: everything that can change its result. */
struct run_spec {
    char identity[IDENTITY_TEXT]; /* 128-bit hash of `config`, in hex */
    char *config;                 /* canonical JSON (sorted keys), owned */
    char experiment[NAME_MAX_TEXT], profile[NAME_MAX_TEXT];
    char cell[VARIANT_TEXT]; /* the grid's values, "model.dim=128 model.heads=2", or "" */
    const struct task *task;
    struct option_values task_options; /* the training law */
    char encoder[ENCODER_NAME];        /* "cope+rope" */
    char variant[VARIANT_TEXT];        /* "cope(p_max=64)": name and set options */
    uint64_t seed, data_seed;
    struct model_config model; /* encoders resolved; longest covers every split */
    struct train_settings train;
    int splits;
    struct split_spec *split; /* [splits], owned */
    enum tuned tuned;
    int choice;    /* number of its choice in the file, from 1; 0: none */
    int value;     /* index of its value, from 0 */
    bool is_trial; /* a candidate whose seed makes it a trial too */
};

void run_spec_free(struct run_spec *r); /* accepts a zeroed struct */

enum { RUN_FORMAT = 1 }; /* of the stored configuration; increased when its keys change */

/* The longest stored configuration: twice what the largest experiment file can ask for
 * (yaml_tree.h). Parsed JSON takes up to 80 times the space of its text. */
enum { RUN_CONFIG_BYTES = 2 << 20 };

/* Returns canonical JSON of everything that can change the run's result: keys sorted, no blanks,
 * one form for each value. The caller frees it; NULL: out of memory. */
char *run_spec_json(const struct run_spec *r);

/* Writes the 128-bit XXH3 of the text, in hex. */
void identity_of(const char *text, char out[IDENTITY_TEXT]);

/* Sorts the splits: the task's own in the task's order, then the others by name, so that the
 * order in a file does not change the order of evaluation. */
void run_spec_sort_splits(struct run_spec *r);

/* Returns true when every token id means the same with the options `asked` as in training; what a
 * model learnt about one token does not apply to another. If false, `why` describes the
 * difference: "has 21 token ids, but training only 19". */
enum { TOKENS_WHY = 128 };
bool run_spec_same_tokens(const struct task *t, const struct option_values *trained,
                          const struct option_values *asked, char why[TOKENS_WHY]);

/* Sets vocabulary and lengths of the model from task, options and splits. */
void run_spec_sizes(struct run_spec *r);

/* Resolves the encoders for the sizes, and sets their names. model_check must have passed.
 * ST_CONFIG when an encoder refuses the sizes. */
enum status run_spec_encoders(struct run_spec *r, struct err *e);

/* Prepares the splits that change the encoder at test (struct option, at_test), after the run's
 * own encoder is resolved. Splits whose options the encoder does not have are removed, since a
 * list of encoders shares its splits. The options of the others are written in canonical form,
 * and `asks` is set as run_spec_questions says, without valid_too. ST_CONFIG: refused. */
enum status run_spec_split_encoders(struct run_spec *r, struct err *e);

/* Returns the split whose samples are used by *s, which changes the encoder: the first test split
 * of the same law that does not change it; *s itself when only `valid` has the law; "" when no
 * split has it. `valid` is excluded because it chooses settings; with valid_too it counts, for
 * runs stored before that rule. */
const char *run_spec_questions(const struct run_spec *r, const struct split_spec *s,
                               bool valid_too);

/* Sets *out to the run with its encoder as split `s` changes it, for a model with the same
 * weights. It borrows what *r owns. */
enum status run_spec_at_test(const struct run_spec *r, const struct split_spec *s,
                             struct run_spec *out, struct err *e);

/* Sets config and identity from everything else. ST_NOMEM. */
enum status run_spec_identify(struct run_spec *r, struct err *e);

/* Makes a copy that owns its memory, without `config`. ST_NOMEM. */
enum status run_spec_copy(const struct run_spec *r, struct run_spec *out, struct err *e);

/* Reads a stored configuration (run.config in the database). Profile and cell are not part of it
 * and stay empty. ST_CONFIG when another version of posbench, of the task or of the encoder made
 * it. On success *out owns memory (run_spec_free). */
enum status run_spec_parse(const char *json, struct run_spec *out, struct err *e);

#endif
