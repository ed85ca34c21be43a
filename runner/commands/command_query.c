/* command_query.c -- runs SQL on the results, read-only. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "command.h"
#include "listing.h"
#include "option.h"
#include "targets.h"
#include "queries.h"
#include "rows.h"
#include "schema_text.h"

/* FILE_MAX: bytes of a file of SQL; SQLite's limit for a statement here (store_guard.c). */
enum { NAMES_MAX = 256, FILE_MAX = 1 << 20 };

struct asked {
    const char *sql; /* typed by the user; NULL: a stored query */
    int stored;      /* its index */
};

static enum status list_queries(enum print_format f, struct err *e)
{
    static const char *const names[] = {"query", "answers"};
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, 2);
    for (int i = 0; i < query_count(); i++) {
        text_table_text(&t, query_name(i));
        text_table_text(&t, query_description(i));
    }
    return text_table_end(&t, e);
}

/* ---- the schema ---- */

static const char *const schema_columns[] = {"kind", "name", "column", "type", "meaning"};
enum { SCHEMA_COLUMNS = 5, MD_WIDTH = 92, TEXT_WIDTH = 80 };

/* Adds a row for each table, view and column. */
static enum status add_line(void *context, const struct schema_line *line, struct err *e)
{
    struct text_table *t = context;
    (void)e;
    text_table_text(t, line->kind);
    text_table_text(t, line->object);
    text_table_text(t, line->column);
    text_table_text(t, line->column ? line->type : NULL);
    text_table_text(t, *line->about ? line->about : NULL);
    return ST_OK;
}

struct page {
    struct text_table columns; /* of the present object */
    enum print_format format;  /* text or Markdown */
    bool begun;
};

/* Prints a heading for each table and view, then a table of its columns. */
static enum status add_to_page(void *context, const struct schema_line *line, struct err *e)
{
    struct page *p = context;
    enum status st = ST_OK;
    if (!line->column) {
        if (p->begun)
            st = text_table_end(&p->columns, e);
        printf(p->format == PRINT_MD ? "\n## `%s`, a %s\n\n"
               : p->begun            ? "\n%s, a %s\n"
                                     : "%s, a %s\n",
               line->object, line->kind);
        p->begun = true;
        clean_wrap(stdout, 0, 0, p->format == PRINT_MD ? MD_WIDTH : TEXT_WIDTH,
                   line->about);
        putchar('\n');
        text_table_init(&p->columns, p->format, stdout);
        text_table_columns(&p->columns, schema_columns + 2, SCHEMA_COLUMNS - 2);
        return st;
    }
    text_table_text(&p->columns, line->column);
    text_table_text(&p->columns, line->type);
    text_table_text(&p->columns, line->about);
    return ST_OK;
}

/* Prints the schema as a page; in Markdown it is docs/DATABASE.md. */
static enum status print_page(enum print_format f, struct err *e)
{
    struct page p = {.format = f};
    if (f == PRINT_MD)
        fputs(
            "# The results database\n\n"
            "Made of the comments of `results/schema.sql` by `posbench query --schema -o md`. "
            "Queries are\nasked of the views; names and columns of views stay as they are. "
            "Fractions are stored in [0, 1];\nNULL is \"not available\"; times are ISO 8601 "
            "in UTC.\n",
            stdout);
    enum status st = schema_each(add_to_page, &p, e);
    if (st == ST_OK)
        st = text_table_end(&p.columns, e);
    text_table_drop(&p.columns);
    return st;
}

static enum status print_schema(enum print_format f, struct err *e)
{
    struct text_table t;
    if (f == PRINT_MD || f == PRINT_TEXT)
        return print_page(f, e);
    text_table_init(&t, f, stdout);
    text_table_columns(&t, schema_columns, SCHEMA_COLUMNS);
    const enum status st = schema_each(add_line, &t, e);
    if (st) {
        text_table_drop(&t);
        return st;
    }
    return text_table_end(&t, e);
}

/* ---- queries ---- */

/* Finds a stored query when `text` is a single word, which cannot be SQL that returns rows. */
static enum status named_query(const char *text, struct asked *out, struct err *e)
{
    const int i = query_find(text);
    if (i >= 0 || strpbrk(text, " \t\n")) {
        *out = (struct asked){i >= 0 ? NULL : text, i};
        return ST_OK;
    }
    const char *names[NAMES_MAX];
    int n = 0;
    while (n < query_count() && n < NAMES_MAX) {
        names[n] = query_name(n);
        n++;
    }
    return err_set(e, ST_NOTFOUND, "no query \"%s\"%s", text,
                   suggest_or(text, names, n, "; \"posbench query --list\" names them"));
}

/* Reads the file; the caller frees *out. */
static enum status read_file(const char *path, char **out, struct err *e)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!f)
        return err_set(e, ST_IO, "%s: %s", path, strerror(errno));
    char *text = calloc(FILE_MAX + 1, 1);
    const size_t n = text ? fread(text, 1, FILE_MAX + 1, f) : 0;
    enum status st = ST_OK;
    if (!text)
        st = err_set(e, ST_NOMEM, "%s: no memory to read it", path);
    else if (ferror(f))
        st = err_set(e, ST_IO, "%s: cannot be read", path);
    else if (n > FILE_MAX)
        st = err_set(e, ST_RANGE, "%s: more than %d bytes", path, FILE_MAX);
    else
        text[n] = 0;
    if (f != stdin)
        fclose(f);
    if (st)
        free(text);
    else
        *out = text;
    return st;
}

static enum status ask(const struct invocation *v, const struct asked *q,
                       enum print_format f, struct err *e)
{
    char path[PATH_MAX];
    struct store *db = NULL;
    target_database(v, "", path);
    enum status st = store_open(path, STORE_READ, &db, e);
    if (!st)
        st = q->sql ? rows_print_typed(db, q->sql, f, stdout, e)
                    : rows_print_named(db, q->stored, f, stdout, e);
    store_close(db);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *file = flag_text(v, "file", NULL);
    const bool list = flag_given(v, "list"), schema = flag_given(v, "schema");
    struct asked q = {.sql = NULL};
    char *text = NULL;
    enum print_format format;
    enum status st = listing_format(v, &format, e);
    if (st)
        return st;
    if ((file != NULL) + list + schema + argument_count(v) != 1)
        return err_set(e, ST_USAGE,
                       "give one of: a query's name or SQL, --file FILE, --list, --schema");
    if (schema)
        return print_schema(format, e);
    if (list)
        return list_queries(format, e);
    if (file) {
        st = read_file(file, &text, e);
        q.sql = text;
    } else {
        st = named_query(argument_at(v, 0), &q, e);
    }
    if (!st)
        st = ask(v, &q, format, e);
    free(text);
    return st;
}

static const struct flag flags[] = {
    {"list", 0, NULL, false, "name the stored queries and what they answer"},
    {"schema", 0, NULL, false,
     "name the tables, views and columns and what they mean; -o md is docs/DATABASE.md"},
    {"file", 0, "FILE", false, "read the SQL from FILE; - is standard input"},
    LISTING_FLAGS,
    FLAG_DB,
    {0},
};

const struct command command_query = {
    .name = "query",
    .group = GROUP_LOOK,
    .summary = "ask the results by a stored query's name or in SQL; read-only",
    .arguments = "QUERY|SQL",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench query --list\n"
                "posbench query --schema\n"
                "posbench query accuracy_by_split\n"
                "posbench query \"SELECT * FROM v_summary WHERE metric = 'loss'\" -o csv\n"
                "posbench query --file question.sql --db results.db --json",
    .flags = flags,
    .run = run,
};
