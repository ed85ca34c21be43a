/* yaml_tree.h -- a YAML document as a tree that remembers the place of every node.
 *
 * It is stricter than YAML: one document, no tags, no repeated keys, only scalars as keys, no
 * alias inside the node that it names, at most TREE_BYTES of text, TREE_DEPTH levels, and
 * TREE_NODES nodes after aliases are expanded (so that a few lines of aliases cannot stand for a
 * billion nodes). Scalars stay text and the reader decides what they mean, so "no" does not
 * become false, nor 012 become 10.
 *
 * Nodes never change and may belong to several parents; merging makes new parents. They live
 * until tree_close. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "problems.h"

/* All three are chosen. RUN_CONFIG_BYTES (run_spec.h) is twice TREE_BYTES (yaml_read.c asserts
 * it). The parser recurses TREE_DEPTH deep. */
enum { TREE_BYTES = 1 << 20, TREE_DEPTH = 32, TREE_NODES = 20000 };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node;

struct entry {
    const char *key; /* NULL in a list */
    struct mark at;  /* of the key, or of the list's item */
    const struct node *value;
    struct entry *next;
};

struct node {
    enum node_kind kind;
    struct mark at;
    const char *text;           /* NODE_SCALAR: UTF-8, no NUL inside */
    bool quoted;                /* NODE_SCALAR: '..', "..", | or > */
    int n;                      /* entries */
    int size;                   /* nodes of the subtree, this one included */
    struct entry *first, *last; /* in the order of the file */
};

struct tree; /* opaque: owns the nodes */

struct tree *tree_open(void); /* NULL: out of memory */
void tree_close(struct tree *t);

/* Parses the document and returns its root; NULL when it cannot be read, with the reason noted.
 * `origin` is {file, 1, 1}; with line 0 every node has this mark. */
const struct node *tree_parse(struct tree *t, struct mark origin, const char *text,
                              size_t bytes, struct problems *p);

/* Returns the entry of a mapping, or NULL, also when `map` is NULL or no mapping. */
const struct entry *node_entry(const struct node *map, const char *key);
const struct node *node_get(const struct node *map, const char *key);

/* Returns `base` with `over` merged on it; either may be NULL. Two mappings are merged key by
 * key, anything else is replaced. NULL when both are NULL, or when memory ran out, which is
 * noted. */
const struct node *tree_merge(struct tree *t, const struct node *base,
                              const struct node *over, struct problems *p);

/* Returns `root` with the value set at the path of `n` keys; missing mappings on the way are
 * made. */
const struct node *tree_with(struct tree *t, const struct node *root,
                             const char *const *path, int n, const struct node *value,
                             struct problems *p);
/* Returns an empty mapping. */
const struct node *tree_mapping(struct tree *t, struct mark at, struct problems *p);

/* Returns `map` without one key. */
const struct node *tree_without(struct tree *t, const struct node *map, const char *key,
                                struct problems *p);

/* Returns a copy of the text that lives as long as the tree. */
const char *tree_text(struct tree *t, const char *text, size_t n, struct problems *p);

#endif
