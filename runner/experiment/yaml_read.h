/* yaml_read.h -- reads nodes of a YAML tree as options, and as the settings of a run. */
#ifndef YAML_READ_H
#define YAML_READ_H

#include "option.h"
#include "run_spec.h"
#include "yaml_tree.h"

/* Sets every model and train setting of `r` from the mappings "model" and "train" of `root`, or
 * to the built-in default. Mistakes are noted; `r` is then of no use. */
void settings_read(const struct node *root, struct run_spec *r, struct problems *p);

/* Reads one scalar as a value of `option`, which messages call `key`. False: noted. */
bool option_read(const struct option *option, const char *key, const struct node *value,
                 double *out, struct problems *p);

/* Returns "a list", "a mapping", "nothing", or "text", for messages. */
const char *node_kind_text(const struct node *n);
/* Returns the mapping at `key`, or NULL when there is none. Something else there is noted. */
const struct node *node_mapping(const struct node *root, const char *key,
                                struct problems *p);
/* Notes every key of `map` that is not among `names`. */
void check_keys(const struct node *map, const char *where, const char *const *names, int n,
                struct problems *p);

#endif
