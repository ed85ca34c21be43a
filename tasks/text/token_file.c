#include "token_file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "whole_file.h"

struct head {
    char magic[8];
    uint32_t order, width, vocabulary, zero;
    uint64_t count, text[2], tokenizer[2], ids;
};

enum { ORDER = 0x01020304 };

static struct head head_of(const struct tokenizer *t, const struct token_source *s)
{
    struct head h = {.magic = "posbtok",
                     .order = ORDER,
                     .width = tokenizer_vocabulary(t) <= 65536 ? 2 : 4,
                     .vocabulary = (uint32_t)tokenizer_vocabulary(t)};
    h.magic[7] = '3'; /* 2: U+180E was a blank */
    memcpy(h.text, s->hash, sizeof h.text);
    tokenizer_hash(t, h.tokenizer);
    return h;
}

/* --- writing --- */

struct writing {
    FILE *f;
    XXH3_state_t *state;
    uint64_t count;
    int width;
};

/* Writes ids in parts, with the width of the file. */
static enum status write_ids(void *context, const int32_t *id, size_t n, struct err *e)
{
    enum { PART = 512 };
    struct writing *w = context;
    uint16_t narrow[PART];
    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < PART ? n - at : PART;
        for (size_t i = 0; w->width == 2 && i < part; i++)
            narrow[i] = (uint16_t)id[at + i];
        const void *from = w->width == 2 ? (const void *)narrow : id + at;
        XXH3_64bits_update(w->state, from, part * (size_t)w->width);
        if (fwrite(from, (size_t)w->width, part, w->f) != part)
            return err_set(e, ST_IO, "writing tokens: %s", strerror(errno));
    }
    w->count += n;
    return ST_OK;
}

static enum status encode(struct tokenizer *t, const struct token_source *s, FILE *f,
                          struct err *e)
{
    struct head h = head_of(t, s);
    struct writing w = {.f = f, .state = XXH3_createState(), .width = (int)h.width};
    if (!w.state)
        return err_set(e, ST_NOMEM, "no memory to encode %s", s->name);
    XXH3_64bits_reset(w.state);
    enum status st = ST_OK;
    if (fwrite(&h, sizeof h, 1, f) != 1)
        st = err_set(e, ST_IO, "writing tokens: %s", strerror(errno));
    if (!st)
        st = tokenizer_encode(t, s->name, s->text, write_ids, &w, e);
    h.count = w.count;
    h.ids = XXH3_64bits_digest(w.state);
    XXH3_freeState(w.state);
    if (!st &&
        (fseek(f, 0, SEEK_SET) != 0 || fwrite(&h, sizeof h, 1, f) != 1 || fflush(f) != 0))
        st = err_set(e, ST_IO, "writing tokens: %s", strerror(errno));
    return st;
}

/* --- reading --- */

static uint64_t hash_of_ids(const struct mapped_file *m)
{
    XXH3_state_t *state = XXH3_createState();
    size_t passed = 0;
    assert(state); /* it takes half a kilobyte */
    XXH3_64bits_reset(state);
    for (size_t at = sizeof(struct head), n; at < m->size; at += n) {
        n = m->size - at < MAPPED_PART ? m->size - at : MAPPED_PART;
        XXH3_64bits_update(state, m->at + at, n);
        mapped_file_passed(m, &passed, at + n);
    }
    const uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

/* Checks that a mapped file has the ids of the wanted text and tokeniser, undamaged; if so, sets
 * *out, which takes over the mapping. */
static bool take(const struct mapped_file *m, const struct head *want,
                 struct token_file *out)
{
    struct head h;
    if (m->size < sizeof h)
        return false;
    memcpy(&h, m->at, sizeof h);
    const char *ids = m->at + sizeof h;
    if (h.count != (m->size - sizeof h) / want->width || h.ids != hash_of_ids(m))
        return false;
    h.count = h.ids = 0;
    if (memcmp(&h, want, sizeof h) != 0)
        return false;
    *out = (struct token_file){.map = *m,
                               .id = ids,
                               .count = (m->size - sizeof h) / want->width,
                               .width = (int)want->width};
    return true;
}

static bool find(const char *path, const struct head *want, struct token_file *out)
{
    struct mapped_file m;
    struct err ignored;
    if (mapped_file_open(path, &m, &ignored) != ST_OK)
        return false;
    if (take(&m, want, out))
        return true;
    mapped_file_close(&m);
    return false;
}

/* Writes the ids to a temporary file without a name, which disappears with its mapping. */
static enum status make_nameless(struct tokenizer *t, const struct token_source *s,
                                 struct token_file *out, struct err *e)
{
    const struct head want = head_of(t, s);
    struct mapped_file m = {0};
    FILE *f = tmpfile();
    if (!f)
        return err_set(e, ST_IO, "no room for the tokens of %s: %s", s->name,
                       strerror(errno));
    enum status st = encode(t, s, f, e);
    if (!st)
        st = mapped_file_of(f, s->name, &m, e);
    fclose(f);
    if (!st && !take(&m, &want, out)) {
        mapped_file_close(&m);
        st = err_set(e, ST_IO, "the tokens of %s do not come back as they were written",
                     s->name);
    }
    return st;
}

enum status token_file_open(struct tokenizer *t, const struct token_source *s,
                            struct token_file *out, struct err *e)
{
    const struct head want = head_of(t, s);
    char path[PATH_MAX], aside[PATH_MAX + 32];
    *out = (struct token_file){0};
    if (!*s->folder)
        return make_nameless(t, s, out, e);
    const int n = snprintf(path, sizeof path, "%s/.tokens", s->folder);
    mkdir(path, 0777); /* if it fails, opening the file below fails too */
    if (n + 64 > PATH_MAX)
        return make_nameless(t, s, out, e);
    snprintf(path + n, sizeof path - (size_t)n, "/%016llx-%016llx",
             (unsigned long long)(want.text[0] ^ want.text[1]),
             (unsigned long long)(want.tokenizer[0] ^ want.tokenizer[1]));
    if (find(path, &want, out))
        return ST_OK;
    snprintf(aside, sizeof aside, "%s.%ld", path, (long)getpid());
    FILE *f = whole_file_open(aside);
    if (!f)
        return make_nameless(t, s, out, e);
    struct err why = {.msg = ""};
    enum status st = encode(t, s, f, &why);
    const enum status kept = whole_file_finish(f, st == ST_OK, aside, path, e);
    if (st && st != ST_IO)
        return err_set(e, st, "%s", why.msg);
    return kept == ST_OK && find(path, &want, out) ? ST_OK : make_nameless(t, s, out, e);
}

void token_file_close(struct token_file *f)
{
    mapped_file_close(&f->map);
    *f = (struct token_file){0};
}
