/* yaml_parse.c -- turns libyaml's events into nodes.
 *
 * It does not use libyaml's own document tree, which resolves aliases and drops repeated keys
 * before they can be refused. */
#include "yaml_tree.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "yaml_nodes.h"

enum { ANCHORS_MAX = 64, ANCHOR_NAME = 64 }; /* limits of a file; chosen */

struct anchor {
    char name[ANCHOR_NAME];
    const struct node *node;
    bool open; /* still being read: an alias to it here would be a cycle */
};

struct reader {
    yaml_parser_t yaml;
    struct tree *tree;
    struct problems *problems;
    struct mark origin;
    const char *text; /* the document's bytes, to find the place of an error */
    size_t bytes;
    struct anchor anchor[ANCHORS_MAX];
    int anchors;
    int nodes;    /* so far, with aliases expanded */
    bool stopped; /* no more events can be read */
};

static struct mark mark_of(const struct reader *r, yaml_mark_t m)
{
    if (r->origin.line == 0)
        return r->origin;
    return (struct mark){r->origin.source, (int)m.line + 1, (int)m.column + 1};
}

/* Returns the line and column of a byte; columns count characters. */
static struct mark mark_at(const struct reader *r, size_t offset)
{
    struct mark m = r->origin;
    for (size_t i = 0; m.line > 0 && i < offset && i < r->bytes; i++) {
        if (r->text[i] == '\n') {
            m.line++;
            m.column = 1;
        } else if (((unsigned char)r->text[i] & 0xC0) != 0x80) {
            m.column++;
        }
    }
    return m;
}

/* Returns the bytes of the character that starts at `s`; 0 when it is not UTF-8, which excludes
 * overlong forms, surrogates and numbers above U+10FFFF. */
static size_t character_bytes(const unsigned char *s, size_t left)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0x80)
        return 1;
    const size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || n > left)
        return 0;
    unsigned code = s[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    return code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : n;
}

static bool text_is_readable(struct reader *r)
{
    const unsigned char *s = (const unsigned char *)r->text;
    if (r->bytes > TREE_BYTES) {
        problem_at(r->problems, r->origin,
                   "the file is larger than %d bytes; an experiment file is a few pages",
                   TREE_BYTES);
        return false;
    }
    for (size_t i = 0, n; i < r->bytes; i += n) {
        n = character_bytes(s + i, r->bytes - i);
        if (n == 0) {
            problem_at(r->problems, mark_at(r, i),
                       "byte 0x%02X is not UTF-8; save the file as UTF-8", s[i]);
            return false;
        }
        if ((s[i] < 0x20 && !strchr("\t\n\r", s[i])) || s[i] == 0 || s[i] == 0x7F) {
            problem_at(r->problems, mark_at(r, i),
                       "control character 0x%02X; this is not a text file", s[i]);
            return false;
        }
    }
    return true;
}

/* Returns true when line `line` (from 0) is indented with a tab, and sets its place: libyaml's
 * message does not mention tabs. */
static bool tab_indents(const struct reader *r, size_t line, struct mark *at)
{
    size_t i = 0;
    for (; line > 0 && i < r->bytes; i++)
        line -= r->text[i] == '\n';
    while (i < r->bytes && r->text[i] == ' ')
        i++;
    if (i >= r->bytes || r->text[i] != '\t')
        return false;
    *at = mark_at(r, i);
    return true;
}

static void syntax_problem(struct reader *r)
{
    const yaml_parser_t *y = &r->yaml;
    struct mark at;
    if (y->error == YAML_MEMORY_ERROR)
        r->problems->no_memory = true;
    else if (tab_indents(r, y->problem_mark.line, &at))
        problem_at(r->problems, at, "a tab cannot indent YAML; use spaces");
    else if (y->context)
        problem_at(r->problems, mark_of(r, y->problem_mark),
                   "not YAML: %s, %s that begins at line %d", y->problem, y->context,
                   (int)y->context_mark.line + 1);
    else
        problem_at(r->problems, mark_of(r, y->problem_mark), "not YAML: %s",
                   y->problem ? y->problem : "unreadable");
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (r->stopped)
        return false;
    if (yaml_parser_parse(&r->yaml, event))
        return true;
    syntax_problem(r);
    r->stopped = true;
    return false;
}

static const struct node *stop(struct reader *r, yaml_mark_t at, const char *why)
{
    problem_at(r->problems, mark_of(r, at), "%s", why);
    r->stopped = true;
    return NULL;
}

static const struct node *compose(struct reader *r, const yaml_event_t *event, int depth);

static bool remember(struct reader *r, yaml_mark_t at, const yaml_char_t *name,
                     const struct node *node)
{
    const size_t n = strlen((const char *)name);
    if (r->anchors == ANCHORS_MAX || n >= ANCHOR_NAME) {
        stop(r, at, "too many anchors, or too long a name; write the values out");
        return false;
    }
    struct anchor *a = &r->anchor[r->anchors++];
    *a = (struct anchor){.node = node, .open = true};
    memcpy(a->name, name, n);
    return true;
}

static void complete(struct reader *r, const struct node *node)
{
    for (int i = 0; i < r->anchors; i++)
        if (r->anchor[i].node == node)
            r->anchor[i].open = false;
}

static const struct node *alias(struct reader *r, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    for (int i = r->anchors - 1; i >= 0; i--) {
        if (strcmp(r->anchor[i].name, name) != 0)
            continue;
        if (r->anchor[i].open)
            return stop(r, event->start_mark,
                        "this alias stands inside the value that it names, which would "
                        "never end; write the value out");
        return r->anchor[i].node;
    }
    return stop(r, event->start_mark, "no anchor of that name comes before this alias");
}

static const struct node *scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const size_t n = event->data.scalar.length;
    struct node *out =
        node_make(r->tree, NODE_SCALAR, mark_of(r, event->start_mark), r->problems);
    if (!out)
        return NULL;
    if (strlen(text) != n)
        return stop(r, event->start_mark, "text with a NUL character inside");
    out->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    out->text = tree_text(r->tree, text, n, r->problems);
    return out->text ? out : NULL;
}

static const struct node *list(struct reader *r, struct node *out, int depth)
{
    yaml_event_t event;
    while (next_event(r, &event)) {
        const bool end = event.type == YAML_SEQUENCE_END_EVENT;
        const struct node *item = end ? NULL : compose(r, &event, depth);
        yaml_event_delete(&event);
        if (end)
            return out;
        if (!item || !node_append(r->tree, out, NULL, item->at, item, r->problems))
            return NULL;
    }
    return NULL;
}

/* Returns the key of the next entry; NULL at the end of the mapping or after a mistake, which
 * sets r->stopped. */
static const struct node *next_key(struct reader *r, int depth)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return NULL;
    const bool end = event.type == YAML_MAPPING_END_EVENT;
    const struct node *key = end ? NULL : compose(r, &event, depth);
    if (key && key->kind != NODE_SCALAR)
        key = stop(r, event.start_mark, "a key must be a word, not a list or a mapping");
    yaml_event_delete(&event);
    if (!end && !key)
        r->stopped = true;
    return key;
}

static const struct node *mapping(struct reader *r, struct node *out, int depth)
{
    const struct node *key;
    while ((key = next_key(r, depth))) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        const struct node *value = compose(r, &event, depth);
        yaml_event_delete(&event);
        if (!value)
            return NULL;
        const struct entry *twice = node_entry(out, key->text);
        if (twice)
            problem_at(r->problems, key->at,
                       "\"%.64s\" is given twice in this mapping; the first is at line %d",
                       key->text, twice->at.line);
        else if (!node_append(r->tree, out, key->text, key->at, value, r->problems))
            return NULL;
    }
    return r->stopped ? NULL : out;
}

static const struct node *collection(struct reader *r, const yaml_event_t *event, int depth)
{
    const bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    if (depth == TREE_DEPTH)
        return stop(r, event->start_mark,
                    "nested too deeply; an experiment file needs a few levels");
    struct node *out = node_make(r->tree, is_map ? NODE_MAP : NODE_LIST,
                                 mark_of(r, event->start_mark), r->problems);
    if (!out || (anchor && !remember(r, event->start_mark, anchor, out)))
        return NULL;
    const struct node *done = is_map ? mapping(r, out, depth + 1) : list(r, out, depth + 1);
    complete(r, out);
    return done;
}

static const char *tag_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return (const char *)event->data.mapping_start.tag;
    default:
        return NULL;
    }
}

/* Returns the node that begins with `event`; NULL after a mistake, when nothing more can be
 * read. */
static const struct node *compose(struct reader *r, const yaml_event_t *event, int depth)
{
    const struct node *out = NULL;
    if (tag_of(event))
        return stop(r, event->start_mark, "tags (!name) are not used in experiment files");
    if (event->type == YAML_ALIAS_EVENT) {
        out = alias(r, event);
    } else if (event->type == YAML_SCALAR_EVENT) {
        const yaml_char_t *anchor = event->data.scalar.anchor;
        out = scalar(r, event);
        if (out && anchor && !remember(r, event->start_mark, anchor, out))
            return NULL;
        complete(r, out);
    } else {
        return collection(r, event, depth);
    }
    r->nodes += out ? out->size : 0;
    if (r->nodes > TREE_NODES)
        return stop(r, event->start_mark, "too many values once aliases are expanded");
    return out;
}

/* Reads the events that open the document and returns its root; NULL: there is none. */
static const struct node *document(struct reader *r)
{
    const struct node *root = NULL;
    yaml_event_t event;
    bool begun = false;
    while (!begun && next_event(r, &event)) {
        if (event.type == YAML_STREAM_END_EVENT) {
            problem_at(r->problems, r->origin,
                       "the file is empty; it must name version and experiments");
            r->stopped = true;
        }
        begun = event.type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
    }
    if (!begun || !next_event(r, &event))
        return NULL;
    root = compose(r, &event, 0);
    yaml_event_delete(&event);
    return root;
}

static void expect_end(struct reader *r)
{
    yaml_event_t event;
    bool end = false;
    while (!end && next_event(r, &event)) {
        if (event.type == YAML_DOCUMENT_START_EVENT)
            stop(r, event.start_mark,
                 "a second document begins here; an experiment file holds one");
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
}

const struct node *tree_parse(struct tree *t, struct mark origin, const char *text,
                              size_t bytes, struct problems *p)
{
    static const char bom[] = "\xEF\xBB\xBF";
    /* When libyaml is told the encoding, it counts a byte order mark as a column, and a mapping
     * right after it would end at its second line; so the mark is skipped here. A text that is
     * too long is left as it is, to be refused. */
    if (bytes >= sizeof bom - 1 && bytes <= TREE_BYTES &&
        memcmp(text, bom, sizeof bom - 1) == 0) {
        text += sizeof bom - 1;
        bytes -= sizeof bom - 1;
    }
    struct reader r = {
        .tree = t, .problems = p, .origin = origin, .text = text, .bytes = bytes};
    if (!text_is_readable(&r))
        return NULL;
    if (!yaml_parser_initialize(&r.yaml)) {
        p->no_memory = true;
        return NULL;
    }
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text, bytes);
    const struct node *root = document(&r);
    if (root)
        expect_end(&r);
    yaml_parser_delete(&r.yaml);
    return r.stopped ? NULL : root;
}
