#include "text_data.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "pieces.h"
#include "whole_file.h"

/* --- the tokeniser --- */

static enum status learn(const struct text_wish *w, const struct corpus *c,
                         struct tokenizer **out, struct err *e)
{
    const struct mapped_file *text = &c->text[PART_TRAIN];
    if (strcmp(w->tokenizer, "bpe") == 0)
        return tokenizer_train(w->pattern, w->vocabulary, c->path[PART_TRAIN], text, out,
                               e);
    return tokenizer_list(w->tokenizer, w->vocabulary, c->path[PART_TRAIN], text, out, e);
}

/* Saves a learned tokeniser to a file. If the file cannot be written, it is learned again each
 * time. */
static void keep(const struct tokenizer *t, const char *path)
{
    char aside[PATH_MAX + 32];
    char *json = NULL;
    struct err ignored;
    snprintf(aside, sizeof aside, "%s.%ld", path, (long)getpid());
    if (tokenizer_json(t, &json, &ignored) != ST_OK)
        return;
    FILE *f = whole_file_open(aside);
    if (f) {
        const bool written = fputs(json, f) >= 0;
        whole_file_finish(f, written, aside, path, &ignored);
    }
    free(json);
}

static enum status learn_once(const struct text_wish *w, const struct corpus *c,
                              struct tokenizer **out, struct err *e)
{
    char path[PATH_MAX];
    struct err ignored;
    const int n = snprintf(path, sizeof path, "%s/.tokens", c->folder);
    if (strcmp(w->tokenizer, "bpe") != 0 || !*c->folder || n + 80 > PATH_MAX)
        return learn(w, c, out, e);
    mkdir(path, 0777);
    snprintf(path + n, sizeof path - (size_t)n, "/bpe-%d-%s-%016llx.json", w->vocabulary,
             w->pattern == pieces_gpt2 ? "gpt2" : "cl100k",
             (unsigned long long)c->hash[PART_TRAIN][0]);
    if (access(path, R_OK) == 0 && tokenizer_read(path, out, &ignored) == ST_OK)
        return ST_OK;
    const enum status st = learn(w, c, out, e);
    if (!st)
        keep(*out, path);
    return st;
}

enum status text_tokenizer_open(const struct text_wish *w, const struct corpus *c,
                                struct tokenizer **out, struct err *e)
{
    static const char *const learned[] = {"bpe", "char", "word"};
    if (strcmp(w->tokenizer, "byte") == 0)
        return tokenizer_bytes(out, e);
    for (size_t i = 0; i < sizeof learned / sizeof *learned; i++)
        if (strcmp(w->tokenizer, learned[i]) == 0)
            return learn_once(w, c, out, e);
    if (access(w->tokenizer, F_OK) != 0)
        return err_set(
            e, ST_IO,
            "tokenizer: there is no file %s; bpe, char and word are learned, byte "
            "needs no text, all else is a file tokenizer.json or vocab.bpe",
            w->tokenizer);
    return tokenizer_read(w->tokenizer, out, e);
}

/* --- sizes --- */

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct token_size size_of(const struct tokenizer *t, int32_t id)
{
    size_t n;
    const char *text = tokenizer_text(t, id, &n);
    struct token_size s = {.bytes = (uint32_t)n};
    for (size_t i = 0; i < n; i++) {
        s.words += text[i] == '\n';
        s.words += i > 0 && !blank(text[i]) && blank(text[i - 1]);
    }
    s.starts = n > 0 && !blank(text[0]);
    s.ends_blank = n == 0 || blank(text[n - 1]);
    return s;
}

/* Each token of a list of words counts as a word, also `<unk>` and line ends. Its bytes are not
 * counted, since it does not include the blanks between words. */
static enum status measure(struct text_data *d, struct err *e)
{
    const int V = tokenizer_vocabulary(d->tokenizer);
    const bool words = strcmp(tokenizer_kind(d->tokenizer), "word") == 0;
    d->size = calloc((size_t)V, sizeof *d->size);
    if (!d->size)
        return err_set(e, ST_NOMEM, "no memory for a vocabulary of %d tokens", V);
    for (int32_t id = 0; id < V; id++) {
        d->size[id] = size_of(d->tokenizer, id);
        if (words)
            d->size[id] = (struct token_size){.words = 1};
    }
    return ST_OK;
}

/* --- all of it --- */

static enum status encode_parts(struct text_data *d, const struct corpus *c, struct err *e)
{
    enum status st = ST_OK;
    for (int part = 0; part < CORPUS_PARTS && !st; part++) {
        const struct token_source s = {.folder = c->folder,
                                       .name = c->path[part],
                                       .text = &c->text[part],
                                       .hash = c->hash[part]};
        st = token_file_open(d->tokenizer, &s, &d->part[part], e);
    }
    return st;
}

static void hash_all(struct text_data *d, const struct corpus *c)
{
    uint64_t all[2 + 2 * CORPUS_PARTS];
    tokenizer_hash(d->tokenizer, all);
    memcpy(all + 2, c->hash, sizeof c->hash);
    const XXH128_hash_t h = XXH3_128bits(all, sizeof all);
    d->hash[0] = h.high64;
    d->hash[1] = h.low64;
}

enum status text_data_open(const struct text_wish *w, struct text_data **out, struct err *e)
{
    struct corpus *c = calloc(1, sizeof *c);
    struct text_data *d = calloc(1, sizeof *d);
    if (!c || !d) {
        free(c);
        free(d);
        return err_set(e, ST_NOMEM, "no memory for a corpus");
    }
    enum status st = corpus_open(w->corpus, c, e);
    if (!st)
        st = text_tokenizer_open(w, c, &d->tokenizer, e);
    if (!st)
        st = measure(d, e);
    if (!st)
        st = encode_parts(d, c, e);
    if (!st)
        hash_all(d, c);
    corpus_close(c);
    free(c);
    if (st)
        text_data_close(d);
    else
        *out = d;
    return st;
}

void text_data_close(struct text_data *d)
{
    if (!d)
        return;
    for (int part = 0; part < CORPUS_PARTS; part++)
        token_file_close(&d->part[part]);
    tokenizer_close(d->tokenizer);
    free(d->size);
    free(d);
}

void text_data_read(struct text_data *d, int part)
{
    if (atomic_fetch_add(&d->windows, 1) % TEXT_WINDOWS == TEXT_WINDOWS - 1)
        mapped_file_rest(&d->part[part].map);
}
