/* bpe_train.c -- counts pieces, then merges the commonest pair repeatedly.
 *
 * bpe_trainer_count stores each distinct piece once, as tokens in one array, with its count.
 * Each pair has its count and the list of pieces that contain it; a heap gives the commonest
 * pair. Merging a pair visits only the pieces of its list: it subtracts the pairs that it
 * breaks from the counts, joins the tokens, and adds the new pairs, so a list names a piece
 * once.
 * Entries of the heap are not updated: one whose count is out of date is corrected or skipped
 * when it reaches the top. */
#include "bpe_train.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "pair_table.h"

/* A longer piece (such as a line of letters without a blank) is counted in parts of this length,
 * since visiting it at every merge would take hours. Words are shorter. */
enum { PIECE_BYTES = 1024 };

struct piece {
    size_t at; /* of its first token */
    int tokens;
    int64_t count;
    uint64_t hash;
};

struct pair_count {
    struct bpe_pair pair;
    int64_t count;
    int *piece; /* pieces that contain it, or did */
    int pieces, room;
    bool risen; /* its count rose since the last merge */
};

struct entry {
    int64_t count;
    int pair;
};

struct bpe_trainer {
    struct piece *piece;
    int32_t *token;
    int *place; /* [places] a hash table of pieces, 1 + index; 0: free */
    size_t pieces, piece_room, tokens, token_room, places;
    int32_t of_byte[BPE_BYTES];
    struct pair_table index;
    struct pair_count *pair;
    struct entry *heap;
    int *risen;
    size_t pairs, pair_room, entries, entry_room, rises, rise_room;
};

static bool reserve(void *at, size_t *room, size_t want, size_t size)
{
    void **array = at;
    if (want <= *room)
        return true;
    size_t more = *room ? *room : 256;
    while (more < want)
        more *= 2;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *room = more;
    return true;
}

#define RESERVE(t, array, room, want) \
    reserve(&(t)->array, &(t)->room, want, sizeof *(t)->array)

static enum status no_memory(const struct bpe_trainer *t, struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory to learn a tokeniser from %zu distinct pieces",
                   t->pieces);
}

enum status bpe_trainer_open(struct bpe_trainer **out, struct err *e)
{
    struct bpe_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ST_NOMEM, "no memory to learn a tokeniser");
    for (int i = 0; i < BPE_BYTES; i++)
        t->of_byte[i] = bpe_of_byte((unsigned char)i);
    *out = t;
    return ST_OK;
}

void bpe_trainer_close(struct bpe_trainer *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->pairs; i++)
        free(t->pair[i].piece);
    pair_table_free(&t->index);
    free(t->piece);
    free(t->token);
    free(t->place);
    free(t->pair);
    free(t->heap);
    free(t->risen);
    free(t);
}

/* --- counting ------------------------------------------------------------------------ */

static bool same_bytes(const struct bpe_trainer *t, const struct piece *p,
                       const char *bytes, size_t n)
{
    if ((size_t)p->tokens != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (t->token[p->at + i] != t->of_byte[(unsigned char)bytes[i]])
            return false;
    return true;
}

/* Returns the slot of the piece, or the free one where it belongs. */
static size_t slot(const struct bpe_trainer *t, const char *bytes, size_t n, uint64_t hash)
{
    size_t i = hash & (t->places - 1);
    for (; t->place[i]; i = (i + 1) & (t->places - 1)) {
        const struct piece *p = &t->piece[t->place[i] - 1];
        if (p->hash == hash && same_bytes(t, p, bytes, n))
            break;
    }
    return i;
}

static bool grow_places(struct bpe_trainer *t)
{
    const size_t places = t->places ? 2 * t->places : 1024;
    int *place = calloc(places, sizeof *place);
    if (!place)
        return false;
    for (size_t k = 0; k < t->pieces; k++) {
        size_t i = t->piece[k].hash & (places - 1);
        while (place[i])
            i = (i + 1) & (places - 1);
        place[i] = (int)k + 1;
    }
    free(t->place);
    t->place = place;
    t->places = places;
    return true;
}

static enum status count_part(struct bpe_trainer *t, const char *bytes, size_t n,
                              struct err *e)
{
    const uint64_t hash = XXH3_64bits(bytes, n);
    if (2 * (t->pieces + 1) > t->places && !grow_places(t))
        return no_memory(t, e);
    const size_t i = slot(t, bytes, n, hash);
    if (t->place[i]) {
        t->piece[t->place[i] - 1].count++;
        return ST_OK;
    }
    if (!RESERVE(t, piece, piece_room, t->pieces + 1) ||
        !RESERVE(t, token, token_room, t->tokens + n))
        return no_memory(t, e);
    t->piece[t->pieces] =
        (struct piece){.at = t->tokens, .tokens = (int)n, .count = 1, .hash = hash};
    for (size_t k = 0; k < n; k++)
        t->token[t->tokens + k] = t->of_byte[(unsigned char)bytes[k]];
    t->tokens += n;
    t->place[i] = (int)++t->pieces;
    return ST_OK;
}

enum status bpe_trainer_count(void *trainer, const char *piece, size_t n, struct err *e)
{
    /* n is 0 at the end of a text. */
    enum status st = ST_OK;
    for (size_t at = 0; at < n && !st; at += PIECE_BYTES)
        st =
            count_part(trainer, piece + at, n - at < PIECE_BYTES ? n - at : PIECE_BYTES, e);
    return st;
}

/* --- the commonest pair -------------------------------------------------------------- */

static bool comes_first(const struct bpe_trainer *t, struct entry a, struct entry b)
{
    const struct bpe_pair p = t->pair[a.pair].pair, q = t->pair[b.pair].pair;
    if (a.count != b.count)
        return a.count > b.count;
    return p.left != q.left ? p.left < q.left : p.right < q.right;
}

static bool push(struct bpe_trainer *t, struct entry x)
{
    if (!RESERVE(t, heap, entry_room, t->entries + 1))
        return false;
    size_t i = t->entries++;
    for (; i > 0 && comes_first(t, x, t->heap[(i - 1) / 2]); i = (i - 1) / 2)
        t->heap[i] = t->heap[(i - 1) / 2];
    t->heap[i] = x;
    return true;
}

static struct entry pop(struct bpe_trainer *t)
{
    const struct entry top = t->heap[0], last = t->heap[--t->entries];
    size_t i = 0;
    for (size_t k = 1; k < t->entries; k = 2 * i + 1) {
        if (k + 1 < t->entries && comes_first(t, t->heap[k + 1], t->heap[k]))
            k++;
        if (!comes_first(t, t->heap[k], last))
            break;
        t->heap[i] = t->heap[k];
        i = k;
    }
    t->heap[i] = last;
    return top;
}

/* Returns the commonest pair that occurs twice or more, -1 when none does; -2: no memory. */
static int commonest(struct bpe_trainer *t)
{
    while (t->entries) {
        const struct entry x = pop(t);
        const int64_t now = t->pair[x.pair].count;
        if (x.count == now)
            return now >= 2 ? x.pair : -1;
        if (x.count > now && now >= 2 && !push(t, (struct entry){now, x.pair}))
            return -2;
    }
    return -1;
}

/* --- merging ------------------------------------------------------------------------- */

static struct pair_count *pair_at(struct bpe_trainer *t, struct bpe_pair p)
{
    const int32_t known = pair_table_find(&t->index, p);
    if (known >= 0)
        return &t->pair[known];
    if (!RESERVE(t, pair, pair_room, t->pairs + 1) ||
        !pair_table_add(&t->index, p, (int32_t)t->pairs))
        return NULL;
    t->pair[t->pairs] = (struct pair_count){.pair = p};
    return &t->pair[t->pairs++];
}

static bool hold(struct pair_count *c, int piece)
{
    if (c->pieces > 0 && c->piece[c->pieces - 1] == piece)
        return true;
    if (c->pieces == c->room) {
        const int more = c->room ? 2 * c->room : 4;
        int *grown = realloc(c->piece, (size_t)more * sizeof *grown);
        if (!grown)
            return false;
        c->piece = grown;
        c->room = more;
    }
    c->piece[c->pieces++] = piece;
    return true;
}

/* Counts the two tokens at `two` as a pair of a piece. */
static bool add_pair(struct bpe_trainer *t, int piece, const int32_t *two)
{
    struct pair_count *c = pair_at(t, (struct bpe_pair){two[0], two[1]});
    if (!c || !hold(c, piece) || !RESERVE(t, risen, rise_room, t->rises + 1))
        return false;
    c->count += t->piece[piece].count;
    if (!c->risen)
        t->risen[t->rises++] = (int)(c - t->pair);
    c->risen = true;
    return true;
}

static void take_pair(struct bpe_trainer *t, int piece, const int32_t *two)
{
    const int32_t known = pair_table_find(&t->index, (struct bpe_pair){two[0], two[1]});
    t->pair[known].count -= t->piece[piece].count; /* found, since it was counted */
}

static bool count_pairs(struct bpe_trainer *t, int piece)
{
    const struct piece *p = &t->piece[piece];
    bool ok = true;
    for (int i = 0; i + 1 < p->tokens && ok; i++)
        ok = add_pair(t, piece, t->token + p->at + i);
    return ok;
}

/* Adds heap entries for the pairs whose counts rose. */
static bool push_risen(struct bpe_trainer *t)
{
    bool ok = true;
    for (size_t i = 0; i < t->rises && ok; i++) {
        struct pair_count *c = &t->pair[t->risen[i]];
        c->risen = false;
        ok = c->count < 2 || push(t, (struct entry){c->count, t->risen[i]});
    }
    t->rises = 0;
    return ok;
}

static bool stands_at(const struct piece *p, const int32_t *token, int i,
                      struct bpe_pair pair)
{
    return i + 1 < p->tokens && token[i] == pair.left && token[i + 1] == pair.right;
}

/* Subtracts the pairs that joining `pair` will break: the pair itself and those with a
 * neighbour. */
static void take_broken(struct bpe_trainer *t, int piece, struct bpe_pair pair)
{
    const struct piece *p = &t->piece[piece];
    const int32_t *token = t->token + p->at;
    bool taken = false; /* the pair of tokens i - 1 and i was subtracted */
    for (int i = 0; i < p->tokens; i++) {
        const bool here = stands_at(p, token, i, pair);
        if (here && i > 0 && !taken)
            take_pair(t, piece, token + i - 1);
        if (here) {
            take_pair(t, piece, token + i);
            i++;
            if (i + 1 < p->tokens)
                take_pair(t, piece, token + i);
        }
        taken = here;
    }
}

static void join(struct bpe_trainer *t, int piece, struct bpe_pair pair, int32_t merged)
{
    struct piece *p = &t->piece[piece];
    int32_t *token = t->token + p->at;
    int n = 0;
    for (int i = 0; i < p->tokens; i++) {
        const bool here = stands_at(p, token, i, pair);
        token[n++] = here ? merged : token[i];
        i += here;
    }
    p->tokens = n;
}

/* Counts the pairs that contain `merged`, a token that is new to all pieces. */
static bool add_merged(struct bpe_trainer *t, int piece, int32_t merged)
{
    const struct piece *p = &t->piece[piece];
    const int32_t *token = t->token + p->at;
    bool ok = true;
    for (int i = 0; i + 1 < p->tokens && ok; i++)
        if (token[i] == merged || token[i + 1] == merged)
            ok = add_pair(t, piece, token + i);
    return ok;
}

static bool merge(struct bpe_trainer *t, int which, int32_t merged)
{
    const struct bpe_pair pair = t->pair[which].pair;
    int *const piece = t->pair[which].piece;
    const int pieces = t->pair[which].pieces;
    bool ok = true;
    t->pair[which].piece = NULL; /* no piece will contain the pair any more */
    t->pair[which].pieces = t->pair[which].room = 0;
    for (int i = 0; i < pieces && ok; i++) {
        take_broken(t, piece[i], pair);
        join(t, piece[i], pair, merged);
        ok = add_merged(t, piece[i], merged);
    }
    free(piece);
    return ok && push_risen(t);
}

enum status bpe_trainer_merges(struct bpe_trainer *t, int merges, struct bpe_pair *out,
                               int *learned, struct err *e)
{
    bool ok = true;
    *learned = 0;
    for (size_t i = 0; i < t->pieces && ok; i++)
        ok = count_pairs(t, (int)i);
    ok = ok && push_risen(t);
    while (ok && *learned < merges) {
        const int which = commonest(t);
        if (which == -1)
            break;
        ok = which >= 0;
        if (ok) {
            out[*learned] = t->pair[which].pair;
            ok = merge(t, which, BPE_BYTES + (*learned)++);
        }
    }
    return ok ? ST_OK : no_memory(t, e);
}
