/* command_query.c -- SQL over the results, read-only. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "listing.h"
#include "option.h"
#include "targets.h"
#include "queries.h"
#include "rows.h"

/* Bytes of a file of SQL: SQLite's limit for a statement here (store_guard.c). */
enum { NAMES_MAX = 256, FILE_MAX = 1 << 20 };

struct asked {
    const char *sql;
    bool typed; /* by the user; else it is one of ours */
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

/* A single word cannot be SQL that returns rows: it is meant as a name. */
static enum status named_query(const char *text, struct asked *out, struct err *e)
{
    const int i = query_find(text);
    if (i >= 0 || strpbrk(text, " \t\n")) {
        *out = (struct asked){i >= 0 ? query_sql(i) : text, i < 0};
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

/* The file's text; the caller frees it. */
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
        st = q->typed ? rows_print_typed(db, q->sql, f, stdout, e)
                      : rows_print(db, q->sql, NULL, 0, f, stdout, NULL, e);
    store_close(db);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *file = flag_text(v, "file", NULL);
    const bool list = flag_given(v, "list");
    struct asked q = {.typed = true};
    char *text = NULL;
    enum print_format format;
    enum status st = listing_format(v, &format, e);
    if (st)
        return st;
    if ((file != NULL) + list + argument_count(v) != 1)
        return err_set(e, ST_USAGE,
                       "give one of: a query's name or SQL, --file FILE, --list");
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
                "posbench query accuracy_by_split\n"
                "posbench query \"SELECT * FROM v_summary WHERE metric = 'loss'\" -o csv\n"
                "posbench query --file question.sql --db results.db --json",
    .flags = flags,
    .run = run,
};
