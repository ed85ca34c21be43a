/* tokenizer_file.c -- file formats of tokenisers: GPT-2's vocab.bpe, Hugging Face's
 * tokenizer.json.
 *
 * Both write a token as letters, one for each byte: printable bytes as themselves, the others
 * as letters from U+0100 on. A merge is two tokens with a blank between. In vocab.bpe tokens
 * are numbered in order (bpe.h), with end of text last; tokenizer.json has the number of
 * each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "tokenizer_internal.h"
#include "whole_file.h"

static const char end_of_text[] = "<|endoftext|>";

/* --- letters and bytes ---------------------------------------------------------------- */

/* Returns the letter of a byte: itself if the byte's token i is < 188 (printable), else
 * U+0100 + i - 188. */
static int letter_of(unsigned char byte)
{
    const int32_t token = bpe_of_byte(byte);
    return token < 188 ? byte : 0x100 + token - 188;
}

/* Writes the letters of a token's bytes as UTF-8 and ends the text; out has 2 n + 1 bytes. */
static void to_letters(const char *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        const int letter = letter_of((unsigned char)bytes[i]);
        if (letter < 0x80) {
            *out++ = (char)letter;
        } else {
            *out++ = (char)(0xc0 | letter >> 6);
            *out++ = (char)(0x80 | (letter & 0x3f));
        }
    }
    *out = '\0';
}

static char *letters_of(const struct bpe *b, int32_t token)
{
    size_t n;
    const char *bytes = bpe_text(b, token, &n);
    char *text = malloc(2 * n + 1);
    if (text)
        to_letters(bytes, n, text);
    return text;
}

/* --- a list of merges ------------------------------------------------------------------ */

/* The merges read so far, and a hash table of their tokens by letters (a JSON object). */
struct merges {
    struct bpe_pair *pair;
    int n, room;
    json_t *token; /* letters -> number */
};

static enum status no_memory(struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for a tokeniser's merges");
}

static enum status merges_begin(struct merges *m, struct err *e)
{
    *m = (struct merges){.token = json_object()};
    for (int i = 0; i < BPE_BYTES; i++) {
        const char byte = (char)i;
        char text[3];
        to_letters(&byte, 1, text);
        if (json_object_set_new(m->token, text,
                                json_integer(bpe_of_byte((unsigned char)i))))
            return no_memory(e);
    }
    return ST_OK;
}

static void merges_free(struct merges *m)
{
    json_decref(m->token);
    free(m->pair);
}

/* Adds the merge of two tokens, given by their letters. */
static enum status merges_add(struct merges *m, const char *left, const char *right,
                              struct err *e)
{
    const json_t *l = json_object_get(m->token, left),
                 *r = json_object_get(m->token, right);
    if (!l || !r)
        return err_set(e, ST_CONFIG, "merge %d: \"%.64s\" is no byte and no earlier merge",
                       m->n + 1, l ? right : left);
    if (m->n >= BPE_MERGES_MAX)
        return err_set(e, ST_CONFIG, "more than %d merges", BPE_MERGES_MAX);
    if (m->n == m->room) {
        const int room = m->room ? 2 * m->room : 1024;
        struct bpe_pair *pair = realloc(m->pair, (size_t)room * sizeof *pair);
        if (!pair)
            return no_memory(e);
        m->pair = pair;
        m->room = room;
    }
    m->pair[m->n] =
        (struct bpe_pair){(int32_t)json_integer_value(l), (int32_t)json_integer_value(r)};
    char *joined = malloc(strlen(left) + strlen(right) + 1);
    if (!joined)
        return no_memory(e);
    memcpy(joined, left, strlen(left));
    memcpy(joined + strlen(left), right, strlen(right) + 1);
    /* Two merges may make the same letters; these then stand for the first one. */
    const bool ok =
        json_object_get(m->token, joined) ||
        json_object_set_new(m->token, joined, json_integer(BPE_BYTES + m->n)) == 0;
    free(joined);
    m->n++;
    return ok ? ST_OK : no_memory(e);
}

/* Adds the merge "left right", a line of vocab.bpe or an entry of tokenizer.json. Changes the
 * text. */
static enum status merges_add_line(struct merges *m, char *line, struct err *e)
{
    char *blank = strchr(line, ' ');
    if (!blank || blank == line || !blank[1] || strchr(blank + 1, ' '))
        return err_set(e, ST_CONFIG,
                       "merge %d: expected two tokens and a blank between, not "
                       "\"%.64s\"",
                       m->n + 1, line);
    *blank = '\0';
    return merges_add(m, line, blank + 1, e);
}

/* --- GPT-2's vocab.bpe ------------------------------------------------------------------ */

static enum status read_merge_list(char *text, struct tokenizer **out, struct err *e)
{
    struct merges m;
    struct bpe *b = NULL;
    char *rest = NULL;
    enum status st = merges_begin(&m, e);
    for (char *line = strtok_r(text, "\n", &rest); line && !st;
         line = strtok_r(NULL, "\n", &rest)) {
        line[strcspn(line, "\r")] = '\0';
        if (*line && strncmp(line, "#version", 8) != 0)
            st = merges_add_line(&m, line, e);
    }
    if (!st && m.n == 0)
        st = err_set(e, ST_CONFIG, "it has no merges");
    if (!st)
        st = bpe_open(m.pair, m.n, &b, e);
    if (!st)
        st = tokenizer_bpe(b, pieces_gpt2,
                           (struct tokenizer_ids){.end_of_text = BPE_BYTES + m.n,
                                                  .vocabulary = BPE_BYTES + m.n + 1},
                           out, e);
    merges_free(&m);
    return st;
}

/* --- tokenizer.json ---------------------------------------------------------------------- */

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Returns the pattern of a pre-tokeniser: that of ByteLevel (GPT-2's) or of a Split before it.
 * NULL: it is of another kind. */
static const char *pattern_of(const json_t *pre)
{
    const json_t *list = json_object_get(pre, "pretokenizers");
    const json_t *split = json_array_get(list, 0), *level = json_array_get(list, 1);
    if (strcmp(text_at(pre, "type"), "ByteLevel") == 0)
        return json_is_true(json_object_get(pre, "add_prefix_space")) ||
                       json_is_false(json_object_get(pre, "use_regex"))
                   ? NULL
                   : pieces_gpt2;
    if (strcmp(text_at(pre, "type"), "Sequence") != 0 || json_array_size(list) != 2 ||
        strcmp(text_at(split, "type"), "Split") != 0 ||
        strcmp(text_at(split, "behavior"), "Isolated") != 0 ||
        json_is_true(json_object_get(split, "invert")) ||
        strcmp(text_at(level, "type"), "ByteLevel") != 0 ||
        json_is_true(json_object_get(level, "add_prefix_space")) ||
        !json_is_false(json_object_get(level, "use_regex")))
        return NULL;
    return json_string_value(json_object_get(json_object_get(split, "pattern"), "Regex"));
}

/* Refuses added tokens other than end of text. The package cuts added tokens out of a text before
 * anything else; ours cuts out only end of text, exactly as written. */
static enum status check_added(const json_t *root, struct err *e)
{
    static const char *const ways[] = {"lstrip", "rstrip", "single_word"};
    const json_t *added = json_object_get(root, "added_tokens");
    for (size_t i = 0; i < json_array_size(added); i++) {
        const json_t *one = json_array_get(added, i);
        if (strcmp(text_at(one, "content"), end_of_text) != 0)
            return err_set(
                e, ST_CONFIG,
                "added_tokens: \"%.64s\" is cut out of a text first; only %s can "
                "be read, so strike out the others if no text has them",
                text_at(one, "content"), end_of_text);
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            if (json_is_true(json_object_get(one, ways[k])))
                return err_set(e, ST_CONFIG, "added_tokens: %s of %s cannot be read",
                               ways[k], end_of_text);
    }
    return ST_OK;
}

static enum status check_model(const json_t *model, struct err *e)
{
    static const char *const absent[] = {"continuing_subword_prefix", "end_of_word_suffix",
                                         "dropout"};
    if (strcmp(text_at(model, "type"), "BPE") != 0)
        return err_set(e, ST_CONFIG, "model.type is \"%.32s\"; only BPE can be read",
                       text_at(model, "type"));
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        const json_t *v = json_object_get(model, absent[i]);
        if ((json_is_string(v) && *json_string_value(v)) || json_number_value(v) != 0)
            return err_set(e, ST_CONFIG, "model.%s: cannot be read", absent[i]);
    }
    if (json_is_true(json_object_get(model, "ignore_merges")))
        return err_set(e, ST_CONFIG,
                       "model.ignore_merges: whole words of the vocabulary that merges do "
                       "not make cannot be read");
    if (!json_is_array(json_object_get(model, "merges")))
        return err_set(e, ST_CONFIG, "model.merges is no list");
    return ST_OK;
}

/* Refuses settings that would give other ids than ours; the message names them. */
static enum status check_kind(const json_t *root, struct err *e)
{
    const enum status st = check_model(json_object_get(root, "model"), e);
    if (st)
        return st;
    if (json_is_object(json_object_get(root, "normalizer")))
        return err_set(e, ST_CONFIG,
                       "it has a normaliser; only tokenisers without one, "
                       "which keep every byte, can be read");
    if (!pattern_of(json_object_get(root, "pre_tokenizer")))
        return err_set(e, ST_CONFIG,
                       "pre_tokenizer: only ByteLevel without a prefix blank, "
                       "and Split (Isolated) before it, can be read");
    return check_added(root, e);
}

/* Reads the merges: strings "left right", or pairs of strings since tokenizers 0.20. */
static enum status read_merges(const json_t *list, struct merges *m, struct err *e)
{
    enum status st = merges_begin(m, e);
    for (size_t i = 0; i < json_array_size(list) && !st; i++) {
        const json_t *one = json_array_get(list, i);
        const char *left = json_string_value(json_array_get(one, 0));
        const char *right = json_string_value(json_array_get(one, 1));
        if (left && right) {
            st = merges_add(m, left, right, e);
        } else if (json_is_string(one)) {
            char *line = strdup(json_string_value(one));
            st = line ? merges_add_line(m, line, e) : no_memory(e);
            free(line);
        } else {
            st = err_set(e, ST_CONFIG, "merge %zu is neither a string nor a pair", i + 1);
        }
    }
    return st;
}

/* The id of each token by its letters, and of end of text: one more than all ids where it is
 * not among the added tokens. */
static enum status read_ids(const json_t *root, const struct bpe *b, int32_t *id,
                            struct tokenizer_ids *out, struct err *e)
{
    const json_t *vocab = json_object_get(json_object_get(root, "model"), "vocab");
    const json_t *added = json_object_get(root, "added_tokens");
    json_int_t most = -1, special = -1;
    for (int32_t t = 0; t < bpe_tokens(b); t++) {
        char *text = letters_of(b, t);
        const json_t *v = text ? json_object_get(vocab, text) : NULL;
        const enum status st =
            !text ? no_memory(e)
            : json_is_integer(v)
                ? ST_OK
                : err_set(e, ST_CONFIG, "model.vocab has no \"%.64s\"", text);
        free(text);
        if (st)
            return st;
        id[t] = (int32_t)json_integer_value(v);
        most = json_integer_value(v) > most ? json_integer_value(v) : most;
    }
    for (size_t i = 0; i < json_array_size(added); i++) {
        const json_t *one = json_array_get(added, i), *v = json_object_get(one, "id");
        if (json_is_integer(v) && json_integer_value(v) > special)
            special = json_integer_value(v);
    }
    if (special < 0)
        special = most + 1;
    most = special > most ? special : most;
    if (most >= BPE_MERGES_MAX + BPE_BYTES)
        return err_set(e, ST_CONFIG, "an id is larger than %d", BPE_MERGES_MAX + BPE_BYTES);
    *out = (struct tokenizer_ids){id, (int32_t)special, (int32_t)most + 1};
    return ST_OK;
}

/* Makes a tokeniser with the ids of the file. Takes over `b` like tokenizer_bpe. */
static enum status number_by_vocabulary(const json_t *root, struct bpe *b,
                                        struct tokenizer **out, struct err *e)
{
    struct tokenizer_ids ids = {0};
    int32_t *id = calloc((size_t)bpe_tokens(b), sizeof *id);
    enum status st = id ? read_ids(root, b, id, &ids, e) : no_memory(e);
    if (!st)
        st = tokenizer_bpe(b, pattern_of(json_object_get(root, "pre_tokenizer")), ids, out,
                           e);
    else
        bpe_close(b);
    free(id);
    return st;
}

static enum status read_json(const json_t *root, struct tokenizer **out, struct err *e)
{
    struct merges m = {0};
    struct bpe *b = NULL;
    enum status st = check_kind(root, e);
    if (st)
        return st;
    st = read_merges(json_object_get(json_object_get(root, "model"), "merges"), &m, e);
    if (!st)
        st = bpe_open(m.pair, m.n, &b, e);
    merges_free(&m);
    return st ? st : number_by_vocabulary(root, b, out, e);
}

/* --- reading and writing ------------------------------------------------------------------ */

static enum status read_file(const char *path, char **text, size_t *n, struct err *e)
{
    enum { MOST = 256 << 20 }; /* bytes, far above any tokenizer.json; chosen */
    FILE *f = NULL;
    if (whole_file_read(path, &f, e) != ST_OK)
        return ST_IO;
    size_t room = 1 << 16;
    char *at = malloc(room + 1);
    *n = 0;
    for (size_t got = 1; at && got && *n < MOST;) {
        if (*n == room) {
            char *more = realloc(at, 2 * room + 1);
            if (!more)
                break;
            at = more;
            room *= 2;
        }
        got = fread(at + *n, 1, room - *n, f);
        *n += got;
    }
    const bool whole = at && feof(f) && !ferror(f);
    fclose(f);
    if (!whole) {
        free(at);
        return err_set(e, ST_IO, "%s: cannot be read, or is larger than %d MiB", path,
                       MOST >> 20);
    }
    at[*n] = '\0';
    *text = at;
    return ST_OK;
}

enum status tokenizer_read(const char *path, struct tokenizer **out, struct err *e)
{
    char *text = NULL;
    size_t n = 0;
    struct err inner = {.msg = ""};
    enum status st = read_file(path, &text, &n, e);
    if (st || !text)
        return st;
    if (strlen(text) != n) {
        st = err_set(&inner, ST_CONFIG, "byte %zu is zero", strlen(text));
    } else if (text[strspn(text, " \t\r\n")] == '{') {
        json_t *root = NULL;
        json_error_t why = {0};
        st = json_read(text, n, 0, &root, &why);
        if (st == ST_IO)
            st = err_set(&inner, ST_CONFIG, "line %d: %s", why.line, why.text);
        else if (st)
            st = no_memory(&inner);
        else
            st = read_json(root, out, &inner);
        json_decref(root);
    } else {
        st = read_merge_list(text, out, &inner);
    }
    free(text);
    return st ? err_set(
                    e, st,
                    "%s: %s; a tokeniser is a tokenizer.json of byte-level BPE or GPT-2's "
                    "vocab.bpe",
                    path, inner.msg)
              : ST_OK;
}

/* Writes the vocabulary and the merges of the model. */
static bool write_model(const struct tokenizer *t, json_t *vocab, json_t *merges)
{
    for (int32_t i = 0; i < bpe_tokens(t->bpe); i++) {
        char *text = letters_of(t->bpe, i);
        const bool ok =
            text && json_object_set_new(vocab, text, json_integer(t->id[i])) == 0;
        free(text);
        if (!ok)
            return false;
    }
    for (int i = 0; i < bpe_merges(t->bpe); i++) {
        const struct bpe_pair p = bpe_merge(t->bpe, i);
        char *left = letters_of(t->bpe, p.left), *right = letters_of(t->bpe, p.right);
        const bool ok =
            left && right &&
            json_array_append_new(merges, json_sprintf("%s %s", left, right)) == 0;
        free(left);
        free(right);
        if (!ok)
            return false;
    }
    return true;
}

static json_t *pre_tokenizer(const struct tokenizer *t)
{
    if (strcmp(t->pattern, pieces_gpt2) == 0)
        return json_pack("{ss, sb, sb, sb}", "type", "ByteLevel", "add_prefix_space", 0,
                         "trim_offsets", 1, "use_regex", 1);
    return json_pack("{ss, s[{ss, s{ss}, ss, sb}, {ss, sb, sb, sb}]}", "type", "Sequence",
                     "pretokenizers", "type", "Split", "pattern", "Regex", t->pattern,
                     "behavior", "Isolated", "invert", 0, "type", "ByteLevel",
                     "add_prefix_space", 0, "trim_offsets", 1, "use_regex", 0);
}

enum status tokenizer_json(const struct tokenizer *t, char **out, struct err *e)
{
    if (!t->bpe)
        return err_set(e, ST_CONFIG,
                       "a tokenizer.json holds merges, which the tokeniser \"%s\" has not; "
                       "use bpe",
                       tokenizer_kind(t));
    json_t *vocab = json_object(), *merges = json_array();
    json_t *root = NULL;
    if (write_model(t, vocab, merges))
        root = json_pack("{ss, sn, sn, s[{si, ss, sb, sb, sb, sb, sb}], sn, so, sn,"
                         " s{ss, sb, sb, sb}, s{ss, sn, sn, sn, sn, sb, sb, sb, sO, sO}}",
                         "version", "1.0", "truncation", "padding", "added_tokens", "id",
                         (int)t->end_of_text, "content", end_of_text, "single_word", 0,
                         "lstrip", 0, "rstrip", 0, "normalized", 0, "special", 1,
                         "normalizer", "pre_tokenizer", pre_tokenizer(t), "post_processor",
                         "decoder", "type", "ByteLevel", "add_prefix_space", 0,
                         "trim_offsets", 1, "use_regex", 1, "model", "type", "BPE",
                         "dropout", "unk_token", "continuing_subword_prefix",
                         "end_of_word_suffix", "fuse_unk", 0, "byte_fallback", 0,
                         "ignore_merges", 0, "vocab", vocab, "merges", merges);
    json_decref(vocab);
    json_decref(merges);
    *out = root ? json_write(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    return *out ? ST_OK : no_memory(e);
}
