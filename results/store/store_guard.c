/* store_guard.c -- keeps a database from a stranger from doing anything here.
 *
 * The connection is hardened before its first statement: no trigger runs, the schema cannot
 * be written, and SQLite's limits are set near what posbench needs. (TRUSTED_SCHEMA stays
 * on, because SQLite 3.40 counts its own JSON functions, which our tables and views use, as
 * unsafe. The only other function that it would block here is load_extension, which is
 * never enabled.) Then the objects of the file are compared with those that the embedded
 * schema makes in memory: a view that halves a value, a generated column or a missing table
 * would otherwise give numbers that nobody measured. Objects besides ours stay and are not
 * checked, except triggers.
 *
 * Texts of two definitions are compared word by word, without comments and quotes of names.
 * The parts between a table's parentheses may stand in any order, because a migrated table
 * differs from a new one so: ALTER TABLE adds a column after the constraints. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "embedded.h"
#include "store_internal.h"

enum { PARTS_MAX = 64 }; /* most columns and constraints of a table */

/* Limits of SQLite near what posbench needs; the defaults are made for all programs. The longest
 * text or blob holds the answers of SPLIT_COUNT_MAX sequences, 12.5 MB; the longest statement is
 * a file for `query`; the largest view compiles to some thousand steps. Foreign keys count as
 * triggers: deleting a run deletes its places and their strata, two deep. */
static const struct {
    int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 1 << 26},          {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},          {SQLITE_LIMIT_COMPOUND_SELECT, 100},
    {SQLITE_LIMIT_VDBE_OP, 250000},          {SQLITE_LIMIT_COLUMN, 500},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256}, {SQLITE_LIMIT_TRIGGER_DEPTH, 2},
};

enum status store_harden(struct store *s, struct err *e)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (sqlite3_db_config(s->db, options[i].option, options[i].value, NULL) !=
            SQLITE_OK)
            return store_failed(s, "opening", e);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(s->db, limits[i].limit, limits[i].value);
    return ST_OK;
}

/* ---- the text of a definition ---- */

/* Returns the first character after the blanks and comments at `c`. */
static const char *skip_blank(const char *c)
{
    for (;;) {
        if (isspace((unsigned char)*c))
            c++;
        else if (c[0] == '-' && c[1] == '-')
            c += strcspn(c, "\n");
        else if (c[0] == '/' && c[1] == '*')
            c = strstr(c + 2, "*/") ? strstr(c + 2, "*/") + 2 : c + strlen(c);
        else
            return c;
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Returns the length of the word, quoted text or sign at `c`, which is no blank. */
static size_t token_length(const char *c)
{
    size_t n = 1;
    if (*c == '\'' || *c == '"') {
        while (c[n] && (c[n] != *c || c[n + 1] == *c))
            n += c[n] == *c ? 2 : 1;
        return n + (c[n] != '\0');
    }
    while (is_word(*c) && is_word(c[n]))
        n++;
    return n;
}

/* Writes one token and a blank, without the quotes of a name. Returns the end. */
static char *put_token(char *to, const char *token, size_t n)
{
    const bool name = *token == '"' && n >= 2;
    memcpy(to, token + name, n - 2 * (size_t)name);
    to += n - 2 * (size_t)name;
    *to++ = ' ';
    *to = '\0';
    return to;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns a definition in a canonical form. A table is cut at its outer parentheses and the
 * commas between them, and the parts become lines, sorted by their text; another object is one
 * line. The caller frees it; NULL: no memory, or more than PARTS_MAX parts. */
static char *canonical(const char *sql)
{
    char *room = malloc(4 * strlen(sql) + (size_t)2 * PARTS_MAX + 2), *part[PARTS_MAX];
    char *out = room ? room + 2 * strlen(sql) + PARTS_MAX + 1 : NULL, *to = room;
    const bool table = strncmp(sql, "CREATE TABLE", strlen("CREATE TABLE")) == 0;
    int parts = 0, depth = 0;
    if (!room)
        return NULL;
    part[parts++] = to;
    *to = '\0';
    for (const char *c = skip_blank(sql); *c; c = skip_blank(c)) {
        const size_t n = token_length(c);
        depth += (*c == '(') - (*c == ')');
        const bool divides = table && ((*c == ',' && depth == 1) ||
                                       (*c == '(' && depth == 1) || (*c == ')' && !depth));
        if (divides && parts == PARTS_MAX) {
            free(room);
            return NULL;
        }
        if (divides) {
            part[parts++] = ++to;
            *to = '\0';
        } else {
            to = put_token(to, c, n);
        }
        c += n;
    }
    qsort(part, (size_t)parts, sizeof *part, by_text);
    char *end = out;
    for (int i = 0; i < parts; i++)
        end = stpcpy(stpcpy(end, part[i]), "\n");
    memmove(room, out, (size_t)(end - out) + 1);
    return room;
}

/* ---- the objects of a file ---- */

static enum status not_ours(const struct store *s, const char *type, const char *name,
                            const char *what, struct err *e)
{
    return err_set(e, ST_DB,
                   "%s: the %s \"%.80s\" %s, so its numbers cannot be trusted; restore a "
                   "copy, or ask whoever gave it to you for the file as posbench wrote it",
                   s->path, type, name, what);
}

static enum status same_text(const struct store *s, const char *type, const char *name,
                             const char *known, const char *found, struct err *e)
{
    char *a = canonical(known), *b = canonical(found);
    enum status st = ST_OK;
    if (!a)
        st = err_set(e, ST_NOMEM, "%s: no memory to compare its schema", s->path);
    else if (!b || strcmp(a, b) != 0)
        st = not_ours(s, type, name, "is not as posbench makes it", e);
    free(a);
    free(b);
    return st;
}

/* Checks one of our objects, a row of `known`: type, name, sql. `find` takes the type and the name
 * as parameters. */
static enum status check_object(const struct store *s, sqlite3_stmt *find,
                                sqlite3_stmt *known, struct err *e)
{
    const char *type = (const char *)sqlite3_column_text(known, 0);
    const char *name = (const char *)sqlite3_column_text(known, 1);
    const char *sql = (const char *)sqlite3_column_text(known, 2);
    if (!type || !name || !sql)
        return err_set(e, ST_NOMEM, "%s: no memory to compare its schema", s->path);
    sqlite3_bind_text(find, 1, type, -1, SQLITE_STATIC);
    sqlite3_bind_text(find, 2, name, -1, SQLITE_STATIC);
    const int code = sqlite3_step(find);
    enum status st;
    if (code == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(find, 0);
        st = same_text(s, type, name, sql, found ? found : "", e);
    } else if (code == SQLITE_DONE)
        st = not_ours(s, type, name, "is missing", e);
    else
        st = store_failed(s, "comparing its schema", e);
    sqlite3_reset(find);
    return st;
}

static enum status check_triggers(const struct store *s, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = ST_OK;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT name FROM main.sqlite_schema WHERE type = 'trigger'", -1,
                           &q, NULL) != SQLITE_OK)
        return store_failed(s, "comparing its schema", e);
    const int code = sqlite3_step(q);
    const char *name = code == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : NULL;
    if (code == SQLITE_ROW)
        st = not_ours(s, "trigger", name ? name : "", "is not one of posbench's", e);
    else if (code != SQLITE_DONE)
        st = store_failed(s, "comparing its schema", e);
    sqlite3_finalize(q);
    return st;
}

static enum status compare(struct store *s, struct store *model, struct err *e)
{
    static const char doing[] = "comparing its schema";
    sqlite3_stmt *known = NULL, *find = NULL;
    int code = SQLITE_DONE;
    enum status st = store_exec(model, embedded_schema, doing, e);
    if (st == ST_OK &&
        sqlite3_prepare_v2(
            model->db, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
            -1, &known, NULL) != SQLITE_OK)
        st = store_failed(model, doing, e);
    if (st == ST_OK &&
        sqlite3_prepare_v2(
            s->db, "SELECT sql FROM main.sqlite_schema WHERE type = ?1 AND name = ?2", -1,
            &find, NULL) != SQLITE_OK)
        st = store_failed(s, doing, e);
    while (st == ST_OK && (code = sqlite3_step(known)) == SQLITE_ROW)
        st = check_object(s, find, known, e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = store_failed(model, doing, e);
    sqlite3_finalize(known);
    sqlite3_finalize(find);
    return st ? st : check_triggers(s, e);
}

enum status store_check_objects(struct store *s, struct err *e)
{
    struct store model = {.path = s->path, .writable = true};
    const enum status st = sqlite3_open(":memory:", &model.db) == SQLITE_OK
                               ? compare(s, &model, e)
                               : store_failed(&model, "comparing its schema", e);
    sqlite3_close(model.db);
    return st;
}
