/* run_spec.h -- one run with every value resolved, as the experiment file and the database
 * both describe it. */
#ifndef RUN_SPEC_H
#define RUN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "identities.h"
#include "model.h"
#include "optimizer.h"
#include "task.h"

/* Names of experiments, profiles and splits; of variants and cells: longer ones are refused with
 * a message, since a name that is cut could be another's. Chosen. The most sequences of a split
 * take 12.5 MB of answers, below the limit of a blob in store_guard.c. */
enum { NAME_MAX_TEXT = 64, VARIANT_TEXT = 160 };
enum { SPLIT_COUNT_MAX = 100000000, SPLIT_ENCODER_TEXT = 160 };

struct split_spec {
    char name[NAME_MAX_TEXT];
    int count;                    /* sequences */
    struct option_values options; /* the task's, resolved for this split */
    /* Options of the encoder at this test, "rope.scaling=yarn rope.factor=4"; "": those of
     * training. */
    char encoder[SPLIT_ENCODER_TEXT];
    char asks[NAME_MAX_TEXT]; /* the split whose samples it has; "": its own */
};

struct train_settings {
    struct optimizer_config optimizer; /* steps, warmup, lr, ... */
    int batch;                         /* sequences a step */
    int samples;    /* size of a finite training set; 0: fresh samples for ever */
    int shards;     /* see trainer.h; part of the recipe */
    int eval_every; /* steps between points of the learning curve; 0: only at the end */
    int eval_count; /* sequences of each split used for a point of the curve */
};

/* What a run is to an experiment that tunes settings (tune.h): nothing; a value that is tried
 * with a seed of the tuning; or a wanted seed with one of the values, which counts if that
 * value is chosen (choice.h). */
enum tuned { TUNED_NOT, TUNED_TRIAL, TUNED_CANDIDATE };

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
    enum tuned tuned;
    int choice;    /* which choice of the file it belongs to, from 1; 0: none */
    int value;     /* which of the values it has, from 0 */
    bool is_trial; /* a candidate that is a trial too, having a seed of the tuning */
};

void run_spec_free(struct run_spec *r); /* accepts a zeroed struct */

enum { RUN_FORMAT = 1 }; /* of the stored configuration; raised when its keys change */

/* The longest stored configuration: twice what the largest experiment file can ask for
 * (yaml_tree.h). Parsed JSON takes up to 80 times the room of its text. */
enum { RUN_CONFIG_BYTES = 2 << 20 };

/* Canonical JSON of everything that moves the run's result: keys sorted, no blanks, one
 * way to write each value. The caller's, to be freed; NULL: out of memory. */
char *run_spec_json(const struct run_spec *r);

/* 128-bit XXH3 of the text, in hex. */
void identity_of(const char *text, char out[IDENTITY_TEXT]);

/* The task's splits in the task's order, then the others by name, so that no order in a
 * file changes the order in which a run is evaluated. */
void run_spec_sort_splits(struct run_spec *r);

/* Does every token id mean with options `asked` what it meant with those of training? What
 * a model learnt of one token says nothing of another. If not, `why` says how they differ:
 * "has 21 token ids, but training only 19". */
enum { TOKENS_WHY = 128 };
bool run_spec_same_tokens(const struct task *t, const struct option_values *trained,
                          const struct option_values *asked, char why[TOKENS_WHY]);

/* From task, options and splits: vocabulary and lengths of the model. */
void run_spec_sizes(struct run_spec *r);

/* From the encoders and the sizes: resolves the encoders, names them. model_check must
 * have passed. ST_CONFIG when an encoder refuses the sizes. */
enum status run_spec_encoders(struct run_spec *r, struct err *e);

/* The splits that change the encoder at test (struct option, at_test), once the run's own is
 * resolved: leaves out those of whose options the encoder has none, since a list of encoders
 * shares its splits; writes the others' in one way, and lets them ask the questions of the
 * first test split of the same law that does not; where `valid` alone has the law, their own.
 * ST_CONFIG: refused. */
enum status run_spec_split_encoders(struct run_spec *r, struct err *e);

/* Whose questions *s, which changes the encoder, asks: the name of the first test split of the
 * same law that does not; its own where `valid` alone has the law; "": no split has. Settings
 * are chosen by `valid`, so it counts for stored runs alone that know no better (valid_too). */
const char *run_spec_questions(const struct run_spec *r, const struct split_spec *s,
                               bool valid_too);

/* The run with its encoder as split `s` has it, for a model with the same weights. It borrows
 * what *r owns. */
enum status run_spec_at_test(const struct run_spec *r, const struct split_spec *s,
                             struct run_spec *out, struct err *e);

/* From all the rest: config and identity. ST_NOMEM. */
enum status run_spec_identify(struct run_spec *r, struct err *e);

/* A copy that owns its memory; only `config` is left out. ST_NOMEM. */
enum status run_spec_copy(const struct run_spec *r, struct run_spec *out, struct err *e);

/* The run that a stored configuration describes (run.config in the database). Profile
 * and cell are no part of it and stay empty. ST_CONFIG when another version of posbench,
 * of the task or of the encoder made it. On success *out owns memory (run_spec_free). */
enum status run_spec_parse(const char *json, struct run_spec *out, struct err *e);

#endif
