/* store_compare.c -- compares a run that was made again, in a database of its own, with the
 * stored one.
 *
 * The stored database is attached to the made one, as a part is in a merge, and the statements
 * of store_differ.c find the differences. Curves come first, by step, so that the difference
 * told is the earliest one.
 * Pitfall: a program measures metrics that an older one did not. They are deleted from the made
 * run, because the stored one has nothing to compare them with. */
#include "store_compare.h"

#include <stdio.h>

#include "store_attach.h"
#include "store_differ.h"

enum { ID_TEXT = 64 };

static const char doing[] = "comparing a run";

/* Deletes from the made run the metrics that came with schema 3 and that the stored run lacks. */
static enum status forget_later(struct store *s, const struct store_side *stored,
                                struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql,
                        "DELETE FROM main.metric WHERE name IN ('seen', "
                        "'token_error_unseen', 'longest') AND name NOT IN "
                        "(SELECT name FROM part.metric WHERE run_id = %s)",
                        stored->id);
    return store_exec_built(s, sql, doing, e);
}

/* Appends the first difference in the rows of `table`, as one more operand of coalesce. */
static void add_table(sqlite3_str *sql, int table, const struct store_side *stored,
                      const struct store_side *made)
{
    sqlite3_str_appendall(sql, ", (");
    store_differing_rows(sql, &store_measured[table], stored, made);
    sqlite3_str_appendall(sql, " LIMIT 1)");
}

static void add_difference(sqlite3_str *sql, const struct store_side *stored,
                           const struct store_side *made, int last)
{
    char stored_until[ID_TEXT];
    const struct store_side until = {stored->tables, stored_until, stored->name};
    snprintf(stored_until, sizeof stored_until, "%s AND step <= %d", stored->id, last);
    sqlite3_str_appendall(sql, "SELECT coalesce(");
    store_differing_run(sql, last ? STORE_RUN_MADE : STORE_RUN_MADE ", " STORE_RUN_COUNTED,
                        stored, made);
    add_table(sql, MEASURED_CURVE, last ? &until : stored, made);
    for (int i = 0; i < MEASURED_TABLES && !last; i++)
        if (i != MEASURED_CURVE)
            add_table(sql, i, stored, made);
    sqlite3_str_appendall(sql, ", ''), (SELECT 0");
    store_for_each(sql, STORE_CURVE_VALUES, "", " + count($)");
    sqlite3_str_appendf(sql,
                        " FROM main.curve WHERE run_id = %s) + (SELECT count(*) FROM "
                        "main.metric WHERE run_id = %s AND %d), (SELECT count(*) FROM "
                        "main.answer WHERE run_id = %s), ",
                        made->id, made->id, !last, made->id);
    if (last)
        sqlite3_str_appendall(sql, "NULL");
    else
        store_differing_run(sql, "flops", stored, made);
}

static enum status take(void *context, sqlite3_stmt *row, struct err *e)
{
    struct store_comparison *out = context;
    const char *text = (const char *)sqlite3_column_text(row, 0);
    const char *flops = (const char *)sqlite3_column_text(row, 3); /* NULL: the same */
    if (!text)
        return err_set(e, ST_NOMEM, "no memory to compare a run");
    snprintf(out->flops, sizeof out->flops, "%s", flops ? flops : "");
    snprintf(out->difference, sizeof out->difference, "%s", text);
    out->numbers = sqlite3_column_int64(row, 1);
    out->answers = sqlite3_column_int64(row, 2);
    return ST_OK;
}

static enum status ask(struct store *s, const struct store_side *stored,
                       const struct store_side *made, int last,
                       struct store_comparison *out, struct err *e)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    add_difference(sql, stored, made, last);
    char *text = sqlite3_str_finish(sql);
    const enum status st = text ? store_each(s, text, NULL, 0, NULL, take, out, e)
                                : err_set(e, ST_NOMEM, "%s: no memory", s->path);
    sqlite3_free(text);
    return st;
}

enum status store_compare(struct store *made, int64_t made_id, const char *path,
                          const char *stored_id, int last, struct store_comparison *out,
                          struct err *e)
{
    char id[ID_TEXT];
    const struct store_side a = {"part.", stored_id, "the database"};
    const struct store_side b = {"main.", id, "training now"};
    snprintf(id, sizeof id, "%lld", (long long)made_id);
    enum status st = store_attach(made, path, e);
    if (st)
        return st;
    st = forget_later(made, &a, e);
    if (st == ST_OK)
        st = ask(made, &a, &b, last, out, e);
    store_detach(made);
    return st;
}
