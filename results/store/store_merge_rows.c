/* Rows of a merge that belong to no run. */
#include <stdio.h>
#include <string.h>

#include "store_merge_internal.h"

/* Rows of one table by their keys. */
struct keyed {
    struct row_names names; /* what: the table */
    const char *select, *insert, *remove;
    const char *find; /* the columns of `select`, and the id */
};

static const struct keyed published = {
    .names = {"published", 7},
    .select =
        "SELECT paper, source, experiment, cell, encoder, split, metric, unit, value, "
        "std FROM published ORDER BY id",
    .find =
        "SELECT paper, source, experiment, cell, encoder, split, metric, unit, value, "
        "std, id FROM published WHERE (paper, source, experiment, cell, encoder, split, "
        "metric) = (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    .remove = "DELETE FROM published WHERE id = ?1",
    .insert = "INSERT INTO published (paper, source, experiment, cell, encoder, split, "
              "metric, unit, value, std) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
static const struct keyed claims = {
    .names = {"claim", 1},
    .select = "SELECT name, text, experiment, cell, split, metric, less, than, "
              "published_less, published_than FROM claim ORDER BY id",
    .find = "SELECT name, text, experiment, cell, split, metric, less, than, "
            "published_less, published_than, id FROM claim WHERE name = ?1",
    .remove = "DELETE FROM claim WHERE id = ?1",
    .insert = "INSERT INTO claim (name, text, experiment, cell, split, metric, less, than, "
              "published_less, published_than) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};
static const struct keyed events = {
    .names = {"event", 3},
    .select = "SELECT time, level, text FROM event WHERE run_id IS NULL ORDER BY id",
    .find = "SELECT time, level, text, id FROM event WHERE run_id IS NULL AND "
            "(time, level, text) = (?1, ?2, ?3)",
    .remove = "DELETE FROM event WHERE id = ?1",
    .insert = "INSERT INTO event (time, level, text) VALUES (?1, ?2, ?3)"};

/* False: they differ, which was told. */
static bool agrees(const struct merge *m, const struct keyed *k, sqlite3_stmt *here,
                   sqlite3_stmt *there)
{
    char text[DIFFERENCE_TEXT] = "";
    if (merge_row_order(m, &k->names, here, there, text) == 0)
        return true;
    m->counts->conflicts++;
    m->hooks->conflict(m->hooks->context, text);
    return false;
}

/* An order of rows that differ, of no other meaning than being the same for everybody. */
static bool comes_before(sqlite3_stmt *a, sqlite3_stmt *b)
{
    int order = 0;
    for (int i = 0; i < sqlite3_column_count(a) && order == 0; i++) {
        const double x = sqlite3_column_double(a, i), y = sqlite3_column_double(b, i);
        const char *s = (const char *)sqlite3_column_text(a, i);
        const char *t = (const char *)sqlite3_column_text(b, i);
        order = (x > y) - (x < y);
        order = order ? order : strcmp(s ? s : "", t ? t : "");
    }
    return order < 0;
}

static void row_text(const struct keyed *k, int64_t id, char text[KEY_TEXT])
{
    snprintf(text, KEY_TEXT, "%s %lld", k->names.what, (long long)id);
}

static enum status insert_row(const struct merge *m, const struct keyed *k,
                              sqlite3_stmt *row, struct err *e)
{
    char text[KEY_TEXT];
    sqlite3_stmt *q = NULL;
    enum status st = merge_prepare(m->to, k->insert, &q, e);
    if (st == ST_OK)
        st = merge_bind_row(m->to, q, 1, row, 0, sqlite3_column_count(row), e);
    if (st == ST_OK)
        st = merge_step_once(m->to, q, e);
    sqlite3_finalize(q);
    row_text(k, sqlite3_last_insert_rowid(m->to->db), text);
    return st ? st : merge_note(m, text, e);
}

/* Instead of one that another part brought and that comes behind it. */
static enum status replace_row(const struct merge *m, const struct keyed *k, int64_t id,
                               sqlite3_stmt *row, struct err *e)
{
    char text[KEY_TEXT];
    bool merged = false;
    row_text(k, id, text);
    enum status st = merge_noted(m, text, &merged, e);
    if (st || !merged)
        return st;
    st = merge_with_id(m->to, k->remove, id, e);
    return st ? st : insert_row(m, k, row, e);
}

static enum status merge_row(const struct merge *m, const struct keyed *k,
                             sqlite3_stmt *row, struct err *e)
{
    sqlite3_stmt *find = NULL;
    bool found = false, replaces = false;
    int64_t id = 0;
    enum status st = merge_prepare(m->to, k->find, &find, e);
    if (st == ST_OK)
        st = merge_bind_row(m->to, find, 1, row, 0, k->names.keys, e);
    if (st == ST_OK)
        st = merge_next(m->to, find, &found, e);
    if (st == ST_OK && found) {
        replaces = !agrees(m, k, find, row) && comes_before(row, find);
        id = sqlite3_column_int64(find, sqlite3_column_count(row));
    }
    sqlite3_finalize(find);
    if (st == ST_OK && !found)
        return insert_row(m, k, row, e);
    return st == ST_OK && replaces ? replace_row(m, k, id, row, e) : st;
}

static enum status merge_table(const struct merge *m, const struct keyed *k, struct err *e)
{
    sqlite3_stmt *row = NULL;
    bool more = true;
    enum status st = merge_prepare(m->from, k->select, &row, e);
    while (st == ST_OK && more) {
        st = merge_next(m->from, row, &more, e);
        if (st == ST_OK && more)
            st = merge_row(m, k, row, e);
    }
    sqlite3_finalize(row);
    return st;
}

enum status merge_other_rows(const struct merge *m, struct err *e)
{
    enum status st = merge_table(m, &events, e);
    if (st == ST_OK)
        st = merge_table(m, &published, e);
    return st ? st : merge_table(m, &claims, e);
}
