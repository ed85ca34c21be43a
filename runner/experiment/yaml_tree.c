/* yaml_tree.c -- stores nodes in blocks of memory, and makes new trees from old ones.
 *
 * Nodes, entries and texts are taken from blocks that tree_close frees together. tree_merge
 * merges one mapping over another, tree_with sets one path, tree_without leaves one key out; each
 * returns a new root that shares what did not change.
 * Pitfall: a node may have several parents, so it must not change after it was read. NULL means
 * that memory ran out, which was noted. */
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>

#include "yaml_nodes.h"

enum { BLOCK_BYTES = 1 << 16, BLOCK_ALIGN = 16 }; /* chosen; fits any type */

struct block {
    struct block *next;
    size_t used, room;
    _Alignas(BLOCK_ALIGN) char bytes[];
};

struct tree {
    struct block *block;
};

struct tree *tree_open(void)
{
    return calloc(1, sizeof(struct tree));
}

void tree_close(struct tree *t)
{
    if (!t)
        return;
    while (t->block) {
        struct block *next = t->block->next;
        free(t->block);
        t->block = next;
    }
    free(t);
}

static void *take(struct tree *t, size_t bytes, struct problems *p)
{
    const size_t want = (bytes + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
    if (!t->block || t->block->room - t->block->used < want) {
        const size_t room = want > BLOCK_BYTES ? want : BLOCK_BYTES;
        struct block *b = calloc(1, sizeof *b + room);
        if (!b) {
            p->no_memory = true;
            return NULL;
        }
        b->room = room;
        b->next = t->block;
        t->block = b;
    }
    void *out = t->block->bytes + t->block->used;
    t->block->used += want;
    return out;
}

const char *tree_text(struct tree *t, const char *text, size_t n, struct problems *p)
{
    char *copy = take(t, n + 1, p);
    if (copy && n > 0)
        memcpy(copy, text, n);
    return copy;
}

struct node *node_make(struct tree *t, enum node_kind kind, struct mark at,
                       struct problems *p)
{
    struct node *n = take(t, sizeof *n, p);
    if (n)
        *n = (struct node){.kind = kind, .at = at, .size = 1};
    return n;
}

struct entry *node_append(struct tree *t, struct node *parent, const char *key,
                          struct mark at, const struct node *value, struct problems *p)
{
    struct entry *e = take(t, sizeof *e, p);
    if (!e)
        return NULL;
    *e = (struct entry){.key = key, .at = at, .value = value};
    if (parent->last)
        parent->last->next = e;
    else
        parent->first = e;
    parent->last = e;
    parent->n++;
    parent->size += value->size;
    return e;
}

const struct entry *node_entry(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (const struct entry *e = map->first; e; e = e->next)
        if (strcmp(e->key, key) == 0)
            return e;
    return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
    const struct entry *e = node_entry(map, key);
    return e ? e->value : NULL;
}

const struct node *tree_merge(struct tree *t, const struct node *base,
                              const struct node *over, struct problems *p)
{
    if (!base || !over)
        return base ? base : over;
    if (base->kind != NODE_MAP || over->kind != NODE_MAP)
        return over;
    struct node *out = node_make(t, NODE_MAP, over->at, p);
    if (!out)
        return NULL;
    for (const struct entry *e = base->first; e; e = e->next) {
        const struct entry *change = node_entry(over, e->key);
        const struct node *value =
            change ? tree_merge(t, e->value, change->value, p) : e->value;
        if (!value || !node_append(t, out, e->key, change ? change->at : e->at, value, p))
            return NULL;
    }
    for (const struct entry *e = over->first; e; e = e->next)
        if (!node_entry(base, e->key) && !node_append(t, out, e->key, e->at, e->value, p))
            return NULL;
    return out;
}

const struct node *tree_with(struct tree *t, const struct node *root,
                             const char *const *path, int n, const struct node *value,
                             struct problems *p)
{
    for (int i = n - 1; i >= 0; i--) {
        struct node *parent = node_make(t, NODE_MAP, value->at, p);
        if (!parent || !node_append(t, parent, path[i], value->at, value, p))
            return NULL;
        value = parent;
    }
    return tree_merge(t, root, value, p);
}

const struct node *tree_mapping(struct tree *t, struct mark at, struct problems *p)
{
    return node_make(t, NODE_MAP, at, p);
}

const struct node *tree_without(struct tree *t, const struct node *map, const char *key,
                                struct problems *p)
{
    struct node *out = node_make(t, NODE_MAP, map->at, p);
    if (!out)
        return NULL;
    for (const struct entry *e = map->first; e; e = e->next)
        if (strcmp(e->key, key) != 0 && !node_append(t, out, e->key, e->at, e->value, p))
            return NULL;
    return out;
}
