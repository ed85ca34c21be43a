/* tokenizer.c -- makes and uses tokenisers; tokenizer_file.c reads and writes their files.
 *
 * A tokeniser is made of bytes, of a list, of merges with ids, or of merges learned from a text.
 * Encoding cuts text into pieces, encodes each piece, turns tokens into ids and passes these to
 * `take` piece by piece, so that a corpus needs no second copy.
 * Pitfall: a token of the merges and its id are different numbers (id[] and token[]), and ids
 * may have gaps. Two threads must not encode with one tokeniser, since they would share `room`. */
#include "tokenizer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "bpe_train.h"
#include "pieces.h"
#include "tokenizer_internal.h"

/* --- making --------------------------------------------------------------------------- */

static enum status no_memory(struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for a tokeniser");
}

enum status tokenizer_bytes(struct tokenizer **out, struct err *e)
{
    struct tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return no_memory(e);
    for (int i = 0; i < BPE_BYTES; i++)
        t->byte[i] = (char)i;
    t->vocabulary = BPE_BYTES + 1;
    t->end_of_text = BPE_BYTES;
    *out = t;
    return ST_OK;
}

enum status tokenizer_list(const char *kind, int vocabulary, const char *name,
                           const struct mapped_file *text, struct tokenizer **out,
                           struct err *e)
{
    const enum token_unit unit = strcmp(kind, "char") == 0 ? UNIT_CHARACTER : UNIT_WORD;
    struct tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return no_memory(e);
    enum status st = pieces_open(pieces_gpt2, &t->pieces, e); /* only checks UTF-8 */
    if (!st)
        st = pieces_check(t->pieces, name, text, e);
    if (!st)
        st = token_list_learn(unit, vocabulary - 1, text, &t->list, e);
    if (st) {
        tokenizer_close(t);
        return st;
    }
    t->end_of_text = token_list_tokens(t->list);
    t->vocabulary = t->end_of_text + 1;
    *out = t;
    return ST_OK;
}

/* Fills id[] for each token, and token[] for each id, -1 for an id that is not in use. */
static enum status number(struct tokenizer *t, struct tokenizer_ids ids, struct err *e)
{
    const int n = bpe_tokens(t->bpe);
    t->id = malloc((size_t)n * sizeof *t->id);
    t->token = malloc((size_t)ids.vocabulary * sizeof *t->token);
    if (!t->id || !t->token)
        return no_memory(e);
    for (int i = 0; i < ids.vocabulary; i++)
        t->token[i] = -1;
    for (int i = 0; i < n; i++) {
        const int32_t id = ids.id ? ids.id[i] : i;
        if (id < 0 || id >= ids.vocabulary || id == ids.end_of_text || t->token[id] != -1)
            return err_set(e, ST_CONFIG,
                           "two tokens share the id %d, or it is out of range", (int)id);
        t->id[i] = id;
        t->token[id] = i;
    }
    return ST_OK;
}

enum status tokenizer_bpe(struct bpe *b, const char *pattern, struct tokenizer_ids ids,
                          struct tokenizer **out, struct err *e)
{
    struct tokenizer *t = calloc(1, sizeof *t);
    if (!t) {
        bpe_close(b);
        return no_memory(e);
    }
    t->bpe = b;
    t->vocabulary = ids.vocabulary;
    t->end_of_text = ids.end_of_text;
    t->pattern = strdup(pattern);
    enum status st = t->pattern ? pieces_open(pattern, &t->pieces, e) : no_memory(e);
    if (!st)
        st = number(t, ids, e);
    if (st)
        tokenizer_close(t);
    else
        *out = t;
    return st;
}

static enum status learn(struct pieces *p, int merges, const char *name,
                         const struct mapped_file *text, struct bpe **out, struct err *e)
{
    struct bpe_trainer *trainer = NULL;
    struct bpe_pair *merge = malloc(((size_t)merges + 1) * sizeof *merge);
    int learned = 0;
    enum status st = merge ? bpe_trainer_open(&trainer, e) : no_memory(e);
    if (!st)
        st = pieces_check(p, name, text, e);
    if (!st)
        st = pieces_each(p, name, text, bpe_trainer_count, trainer, e);
    if (!st)
        st = bpe_trainer_merges(trainer, merges, merge, &learned, e);
    if (!st)
        st = bpe_open(merge, learned, out, e);
    bpe_trainer_close(trainer);
    free(merge);
    return st;
}

enum status tokenizer_train(const char *pattern, int vocabulary, const char *name,
                            const struct mapped_file *text, struct tokenizer **out,
                            struct err *e)
{
    struct pieces *p = NULL;
    struct bpe *b = NULL;
    if (vocabulary < BPE_BYTES + 1 || vocabulary > BPE_MERGES_MAX)
        return err_set(e, ST_CONFIG,
                       "a vocabulary of %d tokens: use %d (bytes and end of text) to %d",
                       vocabulary, BPE_BYTES + 1, BPE_MERGES_MAX);
    enum status st = pieces_open(pattern, &p, e);
    if (!st)
        st = learn(p, vocabulary - BPE_BYTES - 1, name, text, &b, e);
    pieces_close(p);
    if (st)
        return st;
    const int tokens = bpe_tokens(b);
    return tokenizer_bpe(
        b, pattern, (struct tokenizer_ids){.end_of_text = tokens, .vocabulary = tokens + 1},
        out, e);
}

void tokenizer_close(struct tokenizer *t)
{
    if (!t)
        return;
    pieces_close(t->pieces);
    bpe_close(t->bpe);
    token_list_close(t->list);
    free(t->pattern);
    free(t->id);
    free(t->token);
    free(t->room);
    free(t);
}

/* --- asking --------------------------------------------------------------------------- */

const char *tokenizer_kind(const struct tokenizer *t)
{
    if (t->list)
        return token_list_unit(t->list) == UNIT_WORD ? "word" : "char";
    return t->bpe ? "bpe" : "byte";
}

int tokenizer_vocabulary(const struct tokenizer *t)
{
    return t->vocabulary;
}

int32_t tokenizer_end_of_text(const struct tokenizer *t)
{
    return t->end_of_text;
}

const char *tokenizer_text(const struct tokenizer *t, int32_t id, size_t *n)
{
    assert(id >= 0 && id < t->vocabulary);
    *n = 0;
    if (t->list)
        return id == t->end_of_text ? "" : token_list_text(t->list, id, n);
    if (!t->bpe) {
        *n = id < BPE_BYTES;
        return *n ? t->byte + id : "";
    }
    return t->token[id] < 0 ? "" : bpe_text(t->bpe, t->token[id], n);
}

void tokenizer_hash(const struct tokenizer *t, uint64_t hash[2])
{
    XXH3_state_t *state = XXH3_createState();
    assert(state); /* it takes half a kilobyte */
    XXH3_128bits_reset(state);
    XXH3_128bits_update(state, tokenizer_kind(t), strlen(tokenizer_kind(t)) + 1);
    XXH3_128bits_update(state, &t->end_of_text, sizeof t->end_of_text);
    if (t->bpe) {
        XXH3_128bits_update(state, t->pattern, strlen(t->pattern) + 1);
        XXH3_128bits_update(state, t->id, (size_t)bpe_tokens(t->bpe) * sizeof *t->id);
        for (int i = 0; i < bpe_merges(t->bpe); i++) {
            const struct bpe_pair p = bpe_merge(t->bpe, i);
            XXH3_128bits_update(state, &p, sizeof p);
        }
    }
    for (int32_t id = 0; t->list && id < t->end_of_text; id++) {
        size_t n;
        const char *text = token_list_text(t->list, id, &n);
        XXH3_128bits_update(state, text, n);
        XXH3_128bits_update(state, "", 1);
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    hash[0] = h.high64;
    hash[1] = h.low64;
}

/* --- encoding ------------------------------------------------------------------------- */

static bool make_room(struct tokenizer *t, size_t n)
{
    if (n <= t->room_n)
        return true;
    free(t->room);
    t->room = malloc(n * sizeof *t->room);
    t->room_n = t->room ? n : 0;
    return t->room != NULL;
}

struct encoding {
    struct tokenizer *t;
    token_fn *take;
    void *context;
};

static enum status encode_piece(void *context, const char *piece, size_t n, struct err *e)
{
    struct encoding *c = context;
    if (!piece)
        return c->take(c->context, &c->t->end_of_text, 1, e);
    if (!make_room(c->t, n))
        return no_memory(e);
    const int64_t tokens = bpe_encode(c->t->bpe, piece, n, c->t->room);
    if (tokens < 0)
        return no_memory(e);
    for (int64_t i = 0; i < tokens; i++)
        c->t->room[i] = c->t->id[c->t->room[i]];
    return c->take(c->context, c->t->room, (size_t)tokens, e);
}

/* Encodes bytes in parts, since ids need four times the memory. */
static enum status encode_bytes(struct encoding *c, const struct mapped_file *text,
                                struct err *e)
{
    enum { PART = 4096 };
    enum status st = ST_OK;
    size_t passed = 0;
    if (!make_room(c->t, PART))
        return no_memory(e);
    for (size_t at = 0; at < text->size && !st; at += PART) {
        const size_t part = text->size - at < PART ? text->size - at : PART;
        for (size_t i = 0; i < part; i++)
            c->t->room[i] = (unsigned char)text->at[at + i];
        st = c->take(c->context, c->t->room, part, e);
        mapped_file_passed(text, &passed, at);
    }
    return st;
}

/* Encodes characters or words in parts, like bytes. */
static enum status encode_list(struct encoding *c, const struct mapped_file *text,
                               struct err *e)
{
    enum { PART = 4096 };
    enum status st = ST_OK;
    size_t at = 0, used = 0, passed = 0;
    int32_t id;
    if (!make_room(c->t, PART))
        return no_memory(e);
    while (!st && (id = token_list_next(c->t->list, text->at, text->size, &at)) >= 0) {
        c->t->room[used++] = id;
        if (used == PART) {
            st = c->take(c->context, c->t->room, used, e);
            used = 0;
            mapped_file_passed(text, &passed, at);
        }
    }
    return st || !used ? st : c->take(c->context, c->t->room, used, e);
}

enum status tokenizer_encode(struct tokenizer *t, const char *name,
                             const struct mapped_file *text, token_fn *take, void *context,
                             struct err *e)
{
    struct encoding c = {t, take, context};
    if (!t->bpe && !t->list)
        return encode_bytes(&c, text, e);
    const enum status st = pieces_check(t->pieces, name, text, e);
    if (!st && t->list)
        return encode_list(&c, text, e);
    return st ? st : pieces_each(t->pieces, name, text, encode_piece, &c, e);
}
