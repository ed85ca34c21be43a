/* yaml_nodes.h -- makes nodes; only for yaml_tree.c and yaml_parse.c. */
#ifndef YAML_NODES_H
#define YAML_NODES_H

#include "yaml_tree.h"

/* Both return NULL and note a problem when memory runs out. */
struct node *node_make(struct tree *t, enum node_kind kind, struct mark at,
                       struct problems *p);
struct entry *node_append(struct tree *t, struct node *parent, const char *key,
                          struct mark at, const struct node *value, struct problems *p);

#endif
