/* yaml_tree.h -- a YAML document as a tree that remembers where everything stood.
 *
 * Stricter than YAML: one document, no tags, no key twice, scalars as keys, at most
 * TREE_BYTES of text, TREE_DEPTH levels and TREE_NODES nodes after aliases are expanded
 * (so that a few lines of aliases cannot stand for a billion nodes), no alias inside the
 * node that it names. Scalars stay text: what a value means is the reader's decision,
 * so there is no "no" that becomes false and no 012 that becomes 10.
 *
 * Nodes never change and may belong to several parents; merging makes new parents. They
 * live until tree_close. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include "problems.h"

/* All three are chosen. RUN_CONFIG_BYTES (run_spec.h) is twice the first (yaml_read.c asserts
 * it); nesting is read by recursion, TREE_DEPTH deep. */
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

/* The document's root; NULL when it could not be read, with the reason among the
 * problems. `origin` is {file, 1, 1}; with line 0 every node is marked with it. */
const struct node *tree_parse(struct tree *t, struct mark origin, const char *text,
                              size_t bytes, struct problems *p);

/* The entry of a mapping, or NULL; NULL too when `map` is NULL or no mapping. */
const struct entry *node_entry(const struct node *map, const char *key);
const struct node *node_get(const struct node *map, const char *key);

/* `over` laid on `base`, either of which may be NULL: two mappings are merged key by
 * key, anything else is replaced. NULL when both are, or when memory ran out, which
 * the problems then say. */
const struct node *tree_merge(struct tree *t, const struct node *base,
                              const struct node *over, struct problems *p);

/* `root` with the value at the path of `n` keys; mappings on the way are made. */
const struct node *tree_with(struct tree *t, const struct node *root,
                             const char *const *path, int n, const struct node *value,
                             struct problems *p);
/* An empty mapping. */
const struct node *tree_mapping(struct tree *t, struct mark at, struct problems *p);

/* `map` without one key. */
const struct node *tree_without(struct tree *t, const struct node *map, const char *key,
                                struct problems *p);

/* A copy of the text that lives as long as the tree. */
const char *tree_text(struct tree *t, const char *text, size_t n, struct problems *p);

#endif
