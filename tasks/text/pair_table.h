/* pair_table.h -- a hash table from pairs of tokens to numbers; it only grows. */
#ifndef PAIR_TABLE_H
#define PAIR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpe.h"

struct pair_table {
    uint64_t *key;     /* [room] left << 32 | right, plus 1; 0: free */
    int32_t *value;    /* [room] */
    size_t room, used; /* room is a power of two, at most half used */
};

static inline uint64_t pair_key(struct bpe_pair p)
{
    return ((uint64_t)(uint32_t)p.left << 32 | (uint32_t)p.right) + 1;
}

/* Returns the pair's value, or -1. */
int32_t pair_table_find(const struct pair_table *t, struct bpe_pair p);
/* Adds a pair that is not in the table. False: no memory, and the table is unchanged. */
bool pair_table_add(struct pair_table *t, struct bpe_pair p, int32_t value);
void pair_table_free(struct pair_table *t); /* accepts a zeroed struct */

#endif
