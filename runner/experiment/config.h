/* config.h -- reads experiments.yaml into the runs to do, with every value resolved.
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

#include "run_spec.h"

/* A number that a paper printed, for the table `published`. */
struct published_value {
    char paper[NAME_MAX_TEXT], source[NAME_MAX_TEXT]; /* "arXiv 2405.18719v2", "Table 2" */
    char experiment[NAME_MAX_TEXT], split[NAME_MAX_TEXT];
    char encoder[VARIANT_TEXT]; /* a name, or a variant of the experiment */
    char cell[VARIANT_TEXT], metric[NAME_MAX_TEXT], unit[NAME_MAX_TEXT];
    double value, std; /* in [0, 1] for errors; std NaN: none given */
};

/* An encoder is named by its name, for its runs with any options, or by a variant. The claim is
 * that the metric of `less` is smaller than that of `than`. */
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
    struct run_spec *run; /* [runs] by experiment, cell, encoder, then seed */
    int claims;
    struct claim_spec *claim;
    int published;
    struct published_value *publish;
};

/* Reads the file, checks all of it and expands the matrix of `profile`; NULL is "quick". A file
 * without profiles is expanded as it is; "quick" then means that, and its runs have the profile
 * "default". `set` holds n_set changes "KEY=VALUE" ("train.steps=100", "seeds=[1]",
 * "flip_flop.task.length=64"), applied to every experiment of the profile, or to the one whose
 * name they begin with. On success the caller frees *out with config_free. ST_CONFIG: the file or
 * a change is wrong. ST_USAGE: no such file or profile. ST_IO: the file cannot be read. */
enum status config_read(const char *path, const char *profile, const char *const *set,
                        int n_set, struct config **out, struct err *e);
void config_free(struct config *c); /* accepts NULL */

#endif
