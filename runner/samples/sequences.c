/* sequences.c -- reads token ids from lines of text, one sequence per line.
 *
 * A line with a brace is JSON; any other line is ids separated by blanks. Ids beyond the
 * vocabulary, lines without ids and lines that are too long are refused with file and line. The
 * tokens of all sequences are stored end to end, with a list of lengths.
 * Pitfall: an empty line is an error, and so is a file without lines. */
#include "sequences.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "stream.h"

/* --- growing --- */

static bool grow(void **at, size_t *room, size_t need, size_t size)
{
    size_t more = *room ? *room : 256;
    while (more < need)
        more *= 2;
    if (more == *room)
        return true;
    void *moved = more < SIZE_MAX / size ? realloc(*at, more * size) : NULL;
    if (!moved)
        return false;
    *at = moved;
    *room = more;
    return true;
}

static bool add_token(struct sequences *s, int32_t id)
{
    void *at = s->token;
    if (!grow(&at, &s->room_tokens, s->tokens + 1, sizeof *s->token))
        return false;
    s->token = at;
    s->token[s->tokens++] = id;
    return true;
}

/* Makes the last n tokens a sequence. */
static bool add_length(struct sequences *s, int n)
{
    void *at = s->length;
    if (s->n == INT_MAX || !grow(&at, &s->room_n, (size_t)s->n + 1, sizeof *s->length))
        return false;
    s->length = at;
    s->length[s->n++] = n;
    s->longest = n > s->longest ? n : s->longest;
    return true;
}

static enum status no_memory(const struct sequences *s, struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for %zu tokens", s->tokens);
}

enum status sequences_add(struct sequences *s, const int32_t *token, int n, struct err *e)
{
    for (int i = 0; i < n; i++)
        if (!add_token(s, token[i]))
            return no_memory(s, e);
    return add_length(s, n) ? ST_OK : no_memory(s, e);
}

void sequences_free(struct sequences *s)
{
    free(s->length);
    free(s->token);
    *s = (struct sequences){0};
}

/* --- reading --- */

struct place {
    const char *name;
    int line, vocabulary, longest;
};

static enum status take_id(struct sequences *s, const struct place *p, long long id,
                           struct err *e)
{
    if (id < 0 || id >= p->vocabulary)
        return err_set(e, ST_CONFIG, "%s:%d: id %lld; the model knows 0 to %d", p->name,
                       p->line, id, p->vocabulary - 1);
    return add_token(s, (int32_t)id) ? ST_OK : no_memory(s, e);
}

static enum status take_object(struct sequences *s, const struct place *p, const char *text,
                               size_t n, struct err *e)
{
    json_t *root;
    enum status st = json_read(text, n, JSON_REJECT_DUPLICATES, &root, NULL);
    if (st == ST_NOMEM)
        return no_memory(s, e);
    const json_t *tokens = json_object_get(root, "tokens");
    st = ST_OK;
    if (!json_is_array(tokens))
        st = err_set(e, ST_CONFIG, "%s:%d: not a JSON object with a list \"tokens\"",
                     p->name, p->line);
    for (size_t i = 0; st == ST_OK && i < json_array_size(tokens); i++) {
        const json_t *id = json_array_get(tokens, i);
        st = json_is_integer(id)
                 ? take_id(s, p, json_integer_value(id), e)
                 : err_set(e, ST_CONFIG, "%s:%d: tokens[%zu] is not an integer", p->name,
                           p->line, i);
    }
    json_decref(root);
    return st;
}

static enum status take_words(struct sequences *s, const struct place *p, const char *text,
                              struct err *e)
{
    static const char blanks[] = " \t\r\n\v\f";
    enum status st = ST_OK;
    for (text += strspn(text, blanks); *text && st == ST_OK; text += strspn(text, blanks)) {
        char *end;
        errno = 0;
        const long long id = strtoll(text, &end, 10);
        if (end == text || errno || !(*end == '\0' || strchr(blanks, *end)))
            return err_set(e, ST_CONFIG, "%s:%d: \"%.*s\" is not an id", p->name, p->line,
                           (int)(strcspn(text, blanks) < 40 ? strcspn(text, blanks) : 40),
                           text);
        text = end;
        st = take_id(s, p, id, e);
    }
    return st;
}

static enum status take_line(struct sequences *s, const struct place *p, const char *text,
                             size_t n, struct err *e)
{
    const size_t before = s->tokens;
    enum status st = ST_OK;
    if (strlen(text) != n)
        return err_set(e, ST_CONFIG, "%s:%d: holds a zero byte", p->name, p->line);
    st = text[strspn(text, " \t")] == '{' ? take_object(s, p, text, n, e)
                                          : take_words(s, p, text, e);
    if (st)
        return st;
    const size_t length = s->tokens - before;
    if (length == 0)
        return err_set(e, ST_CONFIG, "%s:%d: no tokens", p->name, p->line);
    if (length > (size_t)p->longest)
        return err_set(e, ST_CONFIG, "%s:%d: %zu tokens; %d are the most", p->name, p->line,
                       length, p->longest);
    return add_length(s, (int)length) ? ST_OK : no_memory(s, e);
}

enum status sequences_read(FILE *in, const char *name, int vocabulary, int longest,
                           struct sequences *s, struct err *e)
{
    struct place p = {.name = name, .vocabulary = vocabulary, .longest = longest};
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    enum status st = ST_OK;
    while (st == ST_OK && (n = getline(&line, &room, in)) > 0) {
        p.line++;
        st = take_line(s, &p, line, (size_t)n, e);
    }
    if (st == ST_OK)
        st = stream_end(in, name, e);
    free(line);
    if (st == ST_OK && s->n == 0)
        return err_set(e, ST_CONFIG, "%s: no sequences", name);
    return st;
}
