/* bpe.c -- turns pieces into tokens.
 *
 * Most pieces occurred before: a cache holds their tokens, found by a hash of the bytes. A new
 * piece becomes a linked list of tokens and a heap of the possible merges, earliest merge
 * first, leftmost first among equals. An entry of the heap whose pair is gone is skipped.
 * For a long piece such a heap does not fit the CPU caches, and each step touches all of it: 10
 * MB of one letter took a minute. There each merge has a queue instead, and the queues are
 * emptied one after the other. A merge adds only to queues of later merges, since only these
 * join the token that it makes. A queue is filled from left to right, since all its pairs arise
 * in the pass that makes the later of their two tokens. So the order is that of the heap. */
#include "bpe.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "pair_table.h"

/* Pieces longer than CACHED_BYTES are rare and would fill the cache. 2^20 places hold all pieces
 * of most texts of 100 MB (27 MB of prose have 69,000). */
enum { CACHED_BYTES = 32, CACHE_PLACES = 1 << 20 };
#define PIECE_MOST (UINT32_MAX / 2)

struct cached {
    uint64_t hash;
    uint32_t text, token;  /* places in cache_text and cache_token */
    uint8_t bytes, tokens; /* bytes 0: free */
};

enum { LONG = 2048 }; /* longer pieces use queues; the heap takes 32 KiB; chosen */

/* A possible merge of the pair that begins at place `at`. Places have 32 bits, since a piece
 * of 100 MB has 200 million candidates. */
struct candidate {
    int32_t rank;
    uint32_t at;
};

/* A candidate in the queue of its merge. */
#define NONE UINT32_MAX
struct waiting {
    uint32_t at, next; /* next: in the queue, or in the list of free ones */
};

struct queue {
    uint32_t first, last;
};

struct bpe {
    int merges;
    int32_t of_byte[BPE_BYTES];
    struct bpe_pair *merge;
    struct pair_table rank; /* the merge of each pair */
    char *text;             /* the bytes of all tokens, one after the other */
    size_t *text_at;        /* [256 + merges + 1] */
    struct cached *cache;   /* [CACHE_PLACES]; NULL until first used */
    char *cache_text;
    int32_t *cache_token;
    size_t cache_text_used, cache_token_used, cache_text_room, cache_token_room;
    int cached;
    struct candidate heap[2 * LONG];
    size_t heap_n, room;       /* room: bytes of the longest piece so far */
    uint32_t *previous, *next; /* [room] */
    bool queues;               /* the current piece uses queues, not the heap */
    struct queue *queue;       /* [merges] */
    struct waiting *waiting;   /* [waiting_room] */
    size_t waiting_n, waiting_room;
    uint32_t free;    /* first of the free entries of `waiting` */
    int32_t emptying; /* the merge whose queue is emptied now */
};

/* --- bytes ------------------------------------------------------------------------- */

static bool is_printable(int byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) ||
           (byte >= 174 && byte <= 255);
}

int32_t bpe_of_byte(unsigned char byte)
{
    int32_t before = is_printable(byte) ? 0 : 188; /* 188 bytes are printable */
    for (int i = 0; i < byte; i++)
        before += is_printable(i) == is_printable(byte);
    return before;
}

/* --- the table of merges ------------------------------------------------------------ */

static enum status check_merge(struct bpe *b, int i, struct err *e)
{
    const struct bpe_pair p = b->merge[i];
    if (p.left < 0 || p.right < 0 || p.left >= BPE_BYTES + i || p.right >= BPE_BYTES + i)
        return err_set(e, ST_CONFIG, "merge %d joins a token that it or a later one makes",
                       i + 1);
    if (pair_table_find(&b->rank, p) >= 0)
        return err_set(e, ST_CONFIG, "merge %d repeats merge %d", i + 1,
                       pair_table_find(&b->rank, p) + 1);
    return pair_table_add(&b->rank, p, i)
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for %d merges", b->merges);
}

static size_t text_bytes(const struct bpe *b, int32_t token)
{
    return b->text_at[token + 1] - b->text_at[token];
}

/* Computes the lengths of all tokens, then their bytes. The limit is needed because each merge
 * may double the length. */
static enum status fill_texts(struct bpe *b, struct err *e)
{
    enum { TEXT_MOST = 1 << 28 };
    for (int t = 0; t < bpe_tokens(b); t++) {
        const size_t n = t < BPE_BYTES ? 1
                                       : text_bytes(b, b->merge[t - BPE_BYTES].left) +
                                             text_bytes(b, b->merge[t - BPE_BYTES].right);
        b->text_at[t + 1] = b->text_at[t] + n;
        if (b->text_at[t + 1] > TEXT_MOST)
            return err_set(e, ST_CONFIG, "merge %d makes a token of %zu bytes",
                           t - BPE_BYTES + 1, n);
    }
    b->text = malloc(b->text_at[bpe_tokens(b)]);
    if (!b->text)
        return err_set(e, ST_NOMEM, "no memory for %d tokens", bpe_tokens(b));
    for (int byte = 0; byte < BPE_BYTES; byte++) {
        b->of_byte[byte] = bpe_of_byte((unsigned char)byte);
        b->text[b->text_at[b->of_byte[byte]]] = (char)byte;
    }
    for (int i = 0; i < b->merges; i++) {
        const size_t at = b->text_at[BPE_BYTES + i];
        const size_t left = text_bytes(b, b->merge[i].left);
        memcpy(b->text + at, b->text + b->text_at[b->merge[i].left], left);
        memcpy(b->text + at + left, b->text + b->text_at[b->merge[i].right],
               text_bytes(b, b->merge[i].right));
    }
    return ST_OK;
}

enum status bpe_open(const struct bpe_pair *merge, int merges, struct bpe **out,
                     struct err *e)
{
    struct bpe *b = calloc(1, sizeof *b);
    if (b) {
        b->merges = merges;
        b->merge = calloc((size_t)merges + 1, sizeof *b->merge);
        b->text_at = calloc((size_t)merges + BPE_BYTES + 1, sizeof *b->text_at);
    }
    if (!b || !b->merge || !b->text_at) {
        bpe_close(b);
        return err_set(e, ST_NOMEM, "no memory for %d merges", merges);
    }
    for (int i = 0; i < merges; i++)
        b->merge[i] = merge[i];
    enum status st = ST_OK;
    for (int i = 0; i < merges && !st; i++)
        st = check_merge(b, i, e);
    if (!st)
        st = fill_texts(b, e);
    if (st)
        bpe_close(b);
    else
        *out = b;
    return st;
}

void bpe_close(struct bpe *b)
{
    if (!b)
        return;
    pair_table_free(&b->rank);
    free(b->merge);
    free(b->text);
    free(b->text_at);
    free(b->cache);
    free(b->cache_text);
    free(b->cache_token);
    free(b->previous);
    free(b->next);
    free(b->queue);
    free(b->waiting);
    free(b);
}

int bpe_tokens(const struct bpe *b)
{
    return BPE_BYTES + b->merges;
}

int bpe_merges(const struct bpe *b)
{
    return b->merges;
}

struct bpe_pair bpe_merge(const struct bpe *b, int i)
{
    assert(i >= 0 && i < b->merges);
    return b->merge[i];
}

const char *bpe_text(const struct bpe *b, int32_t token, size_t *n)
{
    assert(token >= 0 && token < bpe_tokens(b));
    *n = text_bytes(b, token);
    return b->text + b->text_at[token];
}

/* --- one piece ---------------------------------------------------------------------- */

static bool comes_first(struct candidate a, struct candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

static void push(struct bpe *b, struct candidate c)
{
    size_t i = b->heap_n++;
    for (; i > 0 && comes_first(c, b->heap[(i - 1) / 2]); i = (i - 1) / 2)
        b->heap[i] = b->heap[(i - 1) / 2];
    b->heap[i] = c;
}

static struct candidate pop(struct bpe *b)
{
    const struct candidate top = b->heap[0], last = b->heap[--b->heap_n];
    size_t i = 0;
    for (size_t k = 1; k < b->heap_n; k = 2 * i + 1) {
        if (k + 1 < b->heap_n && comes_first(b->heap[k + 1], b->heap[k]))
            k++;
        if (!comes_first(b->heap[k], last))
            break;
        b->heap[i] = b->heap[k];
        i = k;
    }
    b->heap[i] = last;
    return top;
}

/* --- queues of a long piece ---------------------------------------------------------- */

static void wait_in_queue(struct bpe *b, struct candidate c)
{
    struct queue *q = &b->queue[c.rank];
    const uint32_t i = b->free != NONE ? b->free : (uint32_t)b->waiting_n++;
    assert(c.rank >= b->emptying && i < b->waiting_room);
    if (i == b->free)
        b->free = b->waiting[i].next;
    b->waiting[i] = (struct waiting){c.at, NONE};
    if (q->first == NONE)
        q->first = i;
    else
        b->waiting[q->last].next = i;
    q->last = i;
}

static bool take_from_queue(struct bpe *b, struct candidate *out)
{
    while (b->emptying < b->merges && b->queue[b->emptying].first == NONE)
        b->emptying++;
    if (b->emptying == b->merges)
        return false;
    struct queue *q = &b->queue[b->emptying];
    const uint32_t i = q->first;
    *out = (struct candidate){b->emptying, b->waiting[i].at};
    q->first = b->waiting[i].next;
    b->waiting[i].next = b->free;
    b->free = i;
    return true;
}

static void put(struct bpe *b, struct candidate c)
{
    if (b->queues)
        wait_in_queue(b, c);
    else
        push(b, c);
}

/* Takes the next candidate; false when there is none. */
static bool take(struct bpe *b, struct candidate *out)
{
    if (b->queues)
        return take_from_queue(b, out);
    if (b->heap_n == 0)
        return false;
    *out = pop(b);
    return true;
}

/* --- all of a piece ------------------------------------------------------------------ */

static bool make_links(struct bpe *b, size_t n)
{
    if (n <= b->room)
        return true;
    free(b->previous);
    free(b->next);
    b->room = 0;
    b->previous = malloc(n * sizeof *b->previous);
    b->next = malloc(n * sizeof *b->next);
    b->room = b->previous && b->next ? n : 0;
    return b->room > 0;
}

static bool make_queues(struct bpe *b, size_t n)
{
    if (!b->queue)
        b->queue = malloc(((size_t)b->merges + 1) * sizeof *b->queue);
    if (2 * n > b->waiting_room) {
        free(b->waiting);
        b->waiting = malloc(2 * n * sizeof *b->waiting);
        b->waiting_room = b->waiting ? 2 * n : 0;
    }
    for (int32_t i = 0; b->queue && i < b->merges; i++)
        b->queue[i].first = NONE;
    b->waiting_n = 0;
    b->free = NONE;
    b->emptying = 0;
    return b->queue && b->waiting;
}

/* Prepares memory for a piece of n bytes. It never has more than 2 n candidates: n - 1 at first,
 * and each of at most n - 1 merges removes one and adds two. */
static bool make_room(struct bpe *b, size_t n)
{
    if (n > PIECE_MOST)
        return false;
    b->heap_n = 0;
    b->queues = n > LONG;
    return make_links(b, n) && (!b->queues || make_queues(b, n));
}

static void offer(struct bpe *b, const int32_t *token, uint32_t at, size_t n)
{
    if (b->next[at] >= n)
        return;
    const struct bpe_pair p = {token[at], token[b->next[at]]};
    const int32_t rank = pair_table_find(&b->rank, p);
    if (rank >= 0)
        put(b, (struct candidate){rank, at});
}

/* Sets token[at] to the merged token and unlinks its right neighbour. */
static void join(struct bpe *b, int32_t *token, struct candidate c, size_t n)
{
    const uint32_t gone = b->next[c.at];
    token[c.at] = BPE_BYTES + c.rank;
    token[gone] = -1;
    b->next[c.at] = b->next[gone];
    if (b->next[c.at] < n)
        b->previous[b->next[c.at]] = c.at;
    offer(b, token, c.at, n);
    if (c.at > 0)
        offer(b, token, b->previous[c.at], n);
}

static bool still_there(const struct bpe *b, const int32_t *token, struct candidate c,
                        size_t n)
{
    return token[c.at] == b->merge[c.rank].left && b->next[c.at] < n &&
           token[b->next[c.at]] == b->merge[c.rank].right;
}

static int64_t merge_all(struct bpe *b, const char *piece, size_t n, int32_t *token)
{
    struct candidate c;
    if (!make_room(b, n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        token[i] = b->of_byte[(unsigned char)piece[i]];
        b->previous[i] = i ? i - 1 : 0;
        b->next[i] = i + 1;
    }
    for (uint32_t i = 0; i < n; i++)
        offer(b, token, i, n);
    while (take(b, &c))
        if (still_there(b, token, c, n))
            join(b, token, c, n);
    int64_t count = 0;
    for (uint32_t i = 0; i < n; i = b->next[i])
        token[count++] = token[i];
    return count;
}

/* --- the cache ---------------------------------------------------------------------- */

/* Returns the entry of a piece in the cache, or the free one where it belongs. */
static struct cached *lookup(struct bpe *b, const char *piece, size_t n, uint64_t hash)
{
    for (size_t i = hash & (CACHE_PLACES - 1);; i = (i + 1) & (CACHE_PLACES - 1)) {
        struct cached *c = &b->cache[i];
        if (!c->bytes || (c->hash == hash && c->bytes == n &&
                          memcmp(b->cache_text + c->text, piece, n) == 0))
            return c;
    }
}

static bool reserve(void **at, size_t *room, size_t used, size_t size)
{
    if (used <= *room)
        return true;
    const size_t more = *room ? 2 * *room : 1 << 16;
    void *grown = realloc(*at, more * size);
    if (!grown)
        return false;
    *at = grown;
    *room = more;
    return true;
}

/* Adds a piece to the cache. Without memory it is not added, which costs only time. */
static void remember(struct bpe *b, struct cached *c, const char *piece, size_t n,
                     uint64_t hash, const int32_t *token, int64_t tokens)
{
    void *text = b->cache_text, *list = b->cache_token;
    const size_t text_end = b->cache_text_used + n;
    const size_t token_end = b->cache_token_used + (size_t)tokens;
    const bool text_fits = reserve(&text, &b->cache_text_room, text_end, 1);
    b->cache_text = text;
    const bool tokens_fit =
        reserve(&list, &b->cache_token_room, token_end, sizeof *b->cache_token);
    b->cache_token = list;
    if (b->cached >= CACHE_PLACES / 2 || !text_fits || !tokens_fit)
        return;
    memcpy(b->cache_text + b->cache_text_used, piece, n);
    memcpy(b->cache_token + b->cache_token_used, token, (size_t)tokens * sizeof *token);
    *c = (struct cached){.hash = hash,
                         .text = (uint32_t)b->cache_text_used,
                         .token = (uint32_t)b->cache_token_used,
                         .bytes = (uint8_t)n,
                         .tokens = (uint8_t)tokens};
    b->cache_text_used = text_end;
    b->cache_token_used = token_end;
    b->cached++;
}

int64_t bpe_encode(struct bpe *b, const char *piece, size_t n, int32_t *out)
{
    if (n == 0)
        return 0;
    if (n <= CACHED_BYTES && !b->cache)
        b->cache = calloc(CACHE_PLACES, sizeof *b->cache);
    if (n > CACHED_BYTES || !b->cache)
        return merge_all(b, piece, n, out);
    const uint64_t hash = XXH3_64bits(piece, n);
    struct cached *c = lookup(b, piece, n, hash);
    if (c->bytes) {
        memcpy(out, b->cache_token + c->token, c->tokens * sizeof *out);
        return c->tokens;
    }
    const int64_t tokens = merge_all(b, piece, n, out);
    if (tokens > 0)
        remember(b, c, piece, n, hash, out, tokens);
    return tokens;
}
