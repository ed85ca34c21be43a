/* jsonl_file.c -- reads a file of samples, and the list of words that gives them ids.
 *
 * The list, if there is one, is read first, then the file line by line: each object of ids or
 * of words is checked and appended to the samples (begin_sample, put, end_sample). File and
 * list are hashed; at the end scored answers are counted.
 * Pitfall: the first object decides which form the file has. After a failure the caller still
 * owns what was read so far and must call jsonl_file_close. */
#include "jsonl_file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "json_text.h"

/* Limits: the largest id (chosen), the tokens of a sample (those that a model takes, model.c),
 * and the letters of a word in a message. */
enum { ID_MOST = 65535, PLACES_MOST = 1 << 20, WORD_SHOWN = 64 };

enum form { FORM_UNKNOWN, FORM_IDS, FORM_WORDS };

struct entry {
    const char *text; /* of f->word */
    int32_t id;
};

struct reading {
    struct jsonl_file *f;
    const char *path;
    long line; /* from 1 */
    size_t places, room, starts;
    enum form form;
    struct entry *sorted; /* [words] by text */
};

static enum status no_memory(const struct reading *r, struct err *e)
{
    return err_set(e, ST_NOMEM, "%s: no memory for its samples", r->path);
}

/* ---- places ---- */

static enum status grow(struct reading *r, struct err *e)
{
    struct jsonl_file *f = r->f;
    const size_t room = r->room ? 2 * r->room : 4096;
    int32_t *token = realloc(f->token, room * sizeof *token);
    f->token = token ? token : f->token;
    int32_t *target = token ? realloc(f->target, room * sizeof *target) : NULL;
    f->target = target ? target : f->target;
    uint8_t *scored = target ? realloc(f->scored, room) : NULL;
    f->scored = scored ? scored : f->scored;
    r->room = scored ? room : r->room;
    return scored ? ST_OK : no_memory(r, e);
}

static enum status put(struct reading *r, int32_t token, int32_t target, struct err *e)
{
    struct jsonl_file *f = r->f;
    const enum status st = r->places == r->room ? grow(r, e) : ST_OK;
    if (st)
        return st;
    f->token[r->places] = token;
    f->target[r->places] = target;
    f->scored[r->places++] = 0;
    f->ids = token >= f->ids ? token + 1 : f->ids;
    f->ids = target >= f->ids ? target + 1 : f->ids;
    return ST_OK;
}

/* ---- ids ---- */

/* Reads an integer from lo to hi, called key[i] in messages. */
static enum status read_id(const struct reading *r, const json_t *list, const char *key,
                           size_t i, json_int_t lo, json_int_t hi, int32_t *out,
                           struct err *e)
{
    const json_t *x = json_array_get(list, i);
    if (!json_is_integer(x) || json_integer_value(x) < lo || json_integer_value(x) > hi)
        return err_set(e, ST_CONFIG, "%s:%ld: %s[%zu] is no integer from %lld to %lld",
                       r->path, r->line, key, i, (long long)lo, (long long)hi);
    *out = (int32_t)json_integer_value(x);
    return ST_OK;
}

static enum status mark_scored(struct reading *r, size_t from, const json_t *scored,
                               struct err *e)
{
    const json_int_t last = (json_int_t)(r->places - from) - 1;
    for (size_t i = 0; i < json_array_size(scored); i++) {
        int32_t place = 0;
        const enum status st = read_id(r, scored, "scored", i, 0, last, &place, e);
        if (st)
            return st;
        if (r->f->target[from + (size_t)place] < 0)
            return err_set(e, ST_CONFIG, "%s:%ld: place %d is scored, but has no target",
                           r->path, r->line, (int)place);
        r->f->scored[from + (size_t)place] = 1;
    }
    return ST_OK;
}

static enum status take_ids(struct reading *r, const json_t *line, struct err *e)
{
    static const char *const keys[] = {"tokens", "targets", "scored"};
    const json_t *list[3];
    const size_t from = r->places;
    for (int k = 0; k < 3; k++) {
        list[k] = json_object_get(line, keys[k]);
        if (!json_is_array(list[k]) || json_array_size(list[k]) == 0)
            return err_set(e, ST_CONFIG,
                           "%s:%ld: no \"%s\", a list of integers that is not empty",
                           r->path, r->line, keys[k]);
    }
    if (json_array_size(list[0]) != json_array_size(list[1]))
        return err_set(
            e, ST_CONFIG, "%s:%ld: %zu tokens but %zu targets; give -1 where there is none",
            r->path, r->line, json_array_size(list[0]), json_array_size(list[1]));
    for (size_t i = 0; i < json_array_size(list[0]); i++) {
        int32_t token = 0, target = 0;
        enum status st = read_id(r, list[0], "tokens", i, 0, ID_MOST - 1, &token, e);
        if (!st)
            st = read_id(r, list[1], "targets", i, -1, ID_MOST - 1, &target, e);
        if (!st)
            st = put(r, token, target, e);
        if (st)
            return st;
    }
    return mark_scored(r, from, list[2], e);
}

/* ---- words ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

/* Finds the id of the n bytes at `word`. */
static enum status find_word(const struct reading *r, const char *word, size_t n,
                             int32_t *out, struct err *e)
{
    char text[256];
    const struct entry key = {.text = text};
    snprintf(text, sizeof text, "%.*s", (int)n, word);
    const struct entry *found =
        n < sizeof text && r->f->words
            ? bsearch(&key, r->sorted, (size_t)r->f->words, sizeof key, by_text)
            : NULL;
    if (!found)
        return err_set(e, ST_CONFIG,
                       "%s:%ld: \"%.*s\" is not in the list of words; add it at its end",
                       r->path, r->line, n > WORD_SHOWN ? WORD_SHOWN : (int)n, word);
    *out = found->id;
    return ST_OK;
}

/* Returns the next word of the text, of *n bytes; NULL: none. */
static const char *next_word(const char *text, size_t *n)
{
    while (isspace((unsigned char)*text))
        text++;
    for (*n = 0; text[*n] && !isspace((unsigned char)text[*n]);)
        ++*n;
    return *n ? text : NULL;
}

static enum status put_words(struct reading *r, const char *text, struct err *e)
{
    enum status st = ST_OK;
    size_t n = 0;
    for (const char *word = text; !st && (word = next_word(word, &n)); word += n) {
        int32_t id = 0;
        st = find_word(r, word, n, &id, e);
        if (!st)
            st = put(r, id, -1, e);
    }
    return st;
}

/* Adds the answer: its first word is the target of the place before it, and each of its words
 * but the last is also an input. */
static enum status put_answer(struct reading *r, const char *text, struct err *e)
{
    enum status st = ST_OK;
    size_t n = 0, said = 0;
    int32_t before = 0;
    for (const char *word = text; !st && (word = next_word(word, &n)); word += n, said++) {
        int32_t id = 0;
        st = find_word(r, word, n, &id, e);
        if (!st && said)
            st = put(r, before, -1, e);
        if (st)
            return st;
        r->f->target[r->places - 1] = before = id;
        r->f->scored[r->places - 1] = 1;
        r->f->ids = id >= r->f->ids ? id + 1 : r->f->ids;
    }
    return st || said
               ? st
               : err_set(e, ST_CONFIG, "%s:%ld: the answer is empty", r->path, r->line);
}

static enum status take_words(struct reading *r, const json_t *line, struct err *e)
{
    const char *context = json_string_value(json_object_get(line, "context"));
    const char *question = json_string_value(json_object_get(line, "question"));
    const json_t *given = json_object_get(line, "answer");
    const size_t from = r->places;
    char number[32];
    if (!question || (!json_is_string(given) && !json_is_integer(given)))
        return err_set(e, ST_CONFIG, "%s:%ld: no \"%s\"; give a text", r->path, r->line,
                       question ? "answer" : "question");
    if (!r->f->words)
        return err_set(e, ST_CONFIG,
                       "%s:%ld: words have no ids yet: name a list of them, one a line, "
                       "with `words: FILE` (posbench gen --format words writes one)",
                       r->path, r->line);
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(given));
    enum status st = put_words(r, context ? context : "", e);
    if (!st)
        st = put_words(r, question, e);
    if (!st && r->places == from)
        return err_set(e, ST_CONFIG, "%s:%ld: context and question are empty", r->path,
                       r->line);
    return st ? st
              : put_answer(r, json_is_string(given) ? json_string_value(given) : number, e);
}

/* ---- lines ---- */

static enum status begin_sample(struct reading *r, struct err *e)
{
    struct jsonl_file *f = r->f;
    if (r->starts < f->samples + 2) {
        const size_t room = r->starts ? 2 * r->starts : 1024;
        size_t *start = realloc(f->start, room * sizeof *start);
        if (!start)
            return no_memory(r, e);
        f->start = start;
        r->starts = room;
    }
    f->start[f->samples] = r->places;
    return ST_OK;
}

static enum status end_sample(struct reading *r, struct err *e)
{
    struct jsonl_file *f = r->f;
    const size_t n = r->places - f->start[f->samples];
    if (n > PLACES_MOST)
        return err_set(e, ST_CONFIG, "%s:%ld: %zu tokens; the most is %d", r->path, r->line,
                       n, PLACES_MOST);
    f->longest = (int)n > f->longest ? (int)n : f->longest;
    f->start[++f->samples] = r->places;
    return ST_OK;
}

static enum status take_object(struct reading *r, const json_t *line, struct err *e)
{
    const enum form form = json_object_get(line, "tokens") ? FORM_IDS : FORM_WORDS;
    if (!json_is_object(line))
        return err_set(e, ST_CONFIG, "%s:%ld: no JSON object", r->path, r->line);
    if (r->form != FORM_UNKNOWN && r->form != form)
        return err_set(e, ST_CONFIG,
                       "%s:%ld: %s, but the lines before have %s; a file has one form",
                       r->path, r->line, form == FORM_IDS ? "tokens" : "no tokens",
                       form == FORM_IDS ? "none" : "them");
    r->form = form;
    enum status st = begin_sample(r, e);
    if (!st)
        st = form == FORM_IDS ? take_ids(r, line, e) : take_words(r, line, e);
    return st ? st : end_sample(r, e);
}

static enum status take_line(struct reading *r, const char *text, size_t n, struct err *e)
{
    json_t *line = NULL;
    json_error_t why;
    size_t word;
    if (strlen(text) == n && !next_word(text, &word))
        return ST_OK; /* blank */
    enum status st = json_read(text, n, 0, &line, &why);
    if (st == ST_NOMEM)
        return no_memory(r, e);
    st = st ? err_set(e, ST_CONFIG, "%s:%ld: no JSON: %s", r->path, r->line, why.text)
            : take_object(r, line, e);
    json_decref(line);
    return st;
}

/* ---- files ---- */

static enum status unreadable(const char *path, struct err *e)
{
    return err_set(e, ST_IO, "%s: cannot be read: %s", path, strerror(errno));
}

/* Calls `take` for each line without its newline; adds all bytes to `hash`. */
static enum status each_line(struct reading *r, const char *path, XXH3_state_t *hash,
                             enum status (*take)(struct reading *, const char *, size_t,
                                                 struct err *),
                             struct err *e)
{
    char *line = NULL;
    size_t room = 0;
    enum status st = ST_OK;
    FILE *in = fopen(path, "r");
    if (!in)
        return unreadable(path, e);
    r->path = path;
    r->line = 0;
    errno = 0;
    for (ssize_t n; !st && (n = getline(&line, &room, in)) >= 0;) {
        XXH3_128bits_update(hash, line, (size_t)n);
        n -= n > 0 && line[n - 1] == '\n';
        line[n] = 0;
        r->line++;
        st = take(r, line, (size_t)n, e);
    }
    if (!st && ferror(in))
        st = unreadable(path, e);
    free(line);
    (void)fclose(in);
    return st;
}

static enum status add_word(struct reading *r, const char *text, size_t n, struct err *e)
{
    struct jsonl_file *f = r->f;
    size_t length;
    const char *word = next_word(text, &length);
    if (!word || length != n)
        return err_set(e, ST_CONFIG, "%s:%ld: give one word a line, nothing else", r->path,
                       r->line);
    char **all = realloc(f->word, (size_t)(f->words + 1) * sizeof *all);
    char *copy = all ? strdup(word) : NULL;
    f->word = all ? all : f->word;
    if (!copy)
        return no_memory(r, e);
    f->word[f->words++] = copy;
    return f->words < ID_MOST
               ? ST_OK
               : err_set(e, ST_CONFIG, "%s: more than %d words", r->path, ID_MOST);
}

static enum status sort_words(struct reading *r, struct err *e)
{
    const struct jsonl_file *f = r->f;
    r->sorted = calloc((size_t)f->words + 1, sizeof *r->sorted);
    if (!r->sorted)
        return no_memory(r, e);
    for (int i = 0; i < f->words; i++)
        r->sorted[i] = (struct entry){.text = f->word[i], .id = i};
    qsort(r->sorted, (size_t)f->words, sizeof *r->sorted, by_text);
    for (int i = 1; i < f->words; i++)
        if (strcmp(r->sorted[i - 1].text, r->sorted[i].text) == 0)
            return err_set(e, ST_CONFIG, "%s: \"%s\" stands there twice, as %d and %d",
                           r->path, r->sorted[i].text, (int)r->sorted[i - 1].id,
                           (int)r->sorted[i].id);
    return ST_OK;
}

/* ---- all of it ---- */

static enum status count_answers(struct reading *r, struct err *e)
{
    struct jsonl_file *f = r->f;
    size_t *times = calloc((size_t)f->ids + 1, sizeof *times), all = 0, most = 0;
    if (!times)
        return no_memory(r, e);
    for (size_t i = 0; i < r->places; i++)
        if (f->scored[i]) {
            const size_t n = ++times[f->target[i]];
            f->answers += n == 1;
            most = n > most ? n : most;
            all++;
        }
    f->commonest = all ? (double)most / (double)all : 0;
    free(times);
    return ST_OK;
}

static enum status read_all(struct reading *r, const char *path, const char *words,
                            XXH3_state_t *hash, struct err *e)
{
    enum status st = ST_OK;
    if (words) {
        st = each_line(r, words, hash, add_word, e);
        if (!st)
            st = sort_words(r, e);
    }
    if (!st)
        st = each_line(r, path, hash, take_line, e);
    if (!st && r->f->samples == 0)
        st = err_set(e, ST_CONFIG, "%s: no samples in it", path);
    if (!st && words)
        r->f->ids = r->f->words;
    return st ? st : count_answers(r, e);
}

enum status jsonl_file_open(const char *path, const char *words, struct jsonl_file *out,
                            struct err *e)
{
    struct reading r = {.f = out, .path = path};
    XXH3_state_t *hash = XXH3_createState();
    *out = (struct jsonl_file){.samples = 0};
    if (!hash)
        return no_memory(&r, e);
    XXH3_128bits_reset(hash);
    const enum status st = read_all(&r, path, words, hash, e);
    const XXH128_hash_t h = XXH3_128bits_digest(hash);
    out->hash[0] = h.high64;
    out->hash[1] = h.low64;
    XXH3_freeState(hash);
    free(r.sorted);
    return st;
}

void jsonl_file_close(struct jsonl_file *f)
{
    for (int i = 0; i < f->words; i++)
        free(f->word[i]);
    free(f->word);
    free(f->start);
    free(f->token);
    free(f->target);
    free(f->scored);
    *f = (struct jsonl_file){.samples = 0};
}
