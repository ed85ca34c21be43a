#include "schema_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "embedded.h"

enum { ABOUT_TEXT = 2048, LINE_TEXT = 256 }; /* schema.sql has lines of up to 92 columns */

/* Adds the words of one line of a comment. */
static void add_words(char about[ABOUT_TEXT], const char *words, size_t n)
{
    const size_t used = strlen(about);
    snprintf(about + used, ABOUT_TEXT - used, "%s%.*s", used ? " " : "", (int)n, words);
}

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

/* Collects the comment lines directly above `at`. */
static void comment_above(const char *at, char about[ABOUT_TEXT])
{
    const char *first = at;
    about[0] = '\0';
    while (first > embedded_schema) {
        const char *line = first - 1;
        while (line > embedded_schema && line[-1] != '\n')
            line--;
        if (strncmp(line, "-- ", 3) != 0)
            break;
        first = line;
    }
    for (; first < at; first += line_length(first) + 1)
        add_words(about, first + 3, line_length(first) - 3);
}

/* Returns where "CREATE KIND NAME" begins; NULL: schema.sql has no such statement. */
static const char *find_object(const char *kind, const char *name)
{
    char words[LINE_TEXT];
    snprintf(words, sizeof words, "\nCREATE %s %s ",
             strcmp(kind, "view") == 0 ? "VIEW" : "TABLE", name);
    const char *at = strstr(embedded_schema, words);
    return at ? at + 1 : NULL;
}

static const char *behind_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* Collects the comment on the line that defines a column, and the comment-only lines below. */
static void comment_behind(const char *object, const char *column, char about[ABOUT_TEXT])
{
    const size_t n = strlen(column);
    bool inside = false;
    about[0] = '\0';
    for (const char *line = object; *line && *line != '\n'; line += line_length(line) + 1) {
        char text[LINE_TEXT];
        snprintf(text, sizeof text, "%.*s", (int)line_length(line), line);
        const char *word = behind_blanks(text), *comment = strstr(text, "--");
        if (inside && word != comment)
            return;
        inside = inside || (word > text && strncmp(word, column, n) == 0 && word[n] == ' ');
        if (inside && comment)
            add_words(about, behind_blanks(comment + 2),
                      strlen(behind_blanks(comment + 2)));
    }
}

/* Does the view have the column of `run` as it is, "r.seed"? */
static bool is_of_run(const char *view, const char *column)
{
    char word[LINE_TEXT];
    const char *end = strstr(view, ";\n");
    snprintf(word, sizeof word, "r.%s", column);
    for (const char *at = strstr(view, word); at && (!end || at < end);
         at = strstr(at + 1, word)) {
        const unsigned char before = (unsigned char)at[-1];
        const unsigned char behind = (unsigned char)at[strlen(word)];
        if (!isalnum(before) && before != '_' && (behind == ',' || behind == '\n'))
            return true;
    }
    return false;
}

static enum status failed(sqlite3 *db, struct err *e)
{
    return err_set(e, ST_DB, "the schema in memory: %s", sqlite3_errmsg(db));
}

/* Calls `take` for each column of one object. */
static enum status each_column(sqlite3 *db, struct schema_line line, const char *at,
                               schema_fn take, void *context, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = ST_OK;
    /* Some versions of SQLite report BLOB for a TEXT column of a UNION; then the type of the
     * run's column of that name is taken. */
    int rc = sqlite3_prepare_v2(
        db,
        "SELECT c.name, coalesce((SELECT r.type FROM pragma_table_info('run') AS r "
        "WHERE r.name = c.name AND c.type = 'BLOB'), c.type) FROM pragma_table_info(?1) AS c",
        -1, &q, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(q, 1, line.object, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && st == ST_OK && sqlite3_step(q) == SQLITE_ROW) {
        char about[ABOUT_TEXT];
        line.column = (const char *)sqlite3_column_text(q, 0);
        line.type = (const char *)sqlite3_column_text(q, 1);
        comment_behind(at, line.column, about);
        if (!*about && strcmp(line.kind, "view") == 0 && is_of_run(at, line.column))
            comment_behind(find_object("table", "run"), line.column, about);
        line.about = about;
        st = take(context, &line, e);
    }
    sqlite3_finalize(q);
    return rc == SQLITE_OK ? st : failed(db, e);
}

static enum status each_object(sqlite3 *db, schema_fn take, void *context, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = ST_OK;
    if (sqlite3_prepare_v2(db,
                           "SELECT type, name FROM sqlite_schema WHERE type IN ('table', "
                           "'view') AND name NOT LIKE 'sqlite%' ORDER BY rowid",
                           -1, &q, NULL) != SQLITE_OK)
        return failed(db, e);
    while (st == ST_OK && sqlite3_step(q) == SQLITE_ROW) {
        char about[ABOUT_TEXT];
        struct schema_line line = {.kind = (const char *)sqlite3_column_text(q, 0),
                                   .object = (const char *)sqlite3_column_text(q, 1),
                                   .type = "",
                                   .about = about};
        const char *at = find_object(line.kind, line.object);
        if (!at)
            continue;
        comment_above(at, about);
        st = take(context, &line, e);
        if (st == ST_OK)
            st = each_column(db, line, at, take, context, e);
    }
    sqlite3_finalize(q);
    return st;
}

enum status schema_each(schema_fn take, void *context, struct err *e)
{
    sqlite3 *db = NULL;
    enum status st = ST_OK;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, embedded_schema, NULL, NULL, NULL) != SQLITE_OK)
        st = failed(db, e);
    else
        st = each_object(db, take, context, e);
    sqlite3_close(db);
    return st;
}
