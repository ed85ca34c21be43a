#include "store_merge.h"

#include <assert.h>
#include <stdlib.h>

#include "store_merge_internal.h"

/* Its row here, found or added. */
static enum status merge_one_provenance(struct merge *m, sqlite3_stmt *row, struct err *e)
{
    static const char find[] =
        "SELECT id FROM provenance WHERE (" PROVENANCE ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12)";
    static const char insert[] =
        "INSERT INTO provenance (" PROVENANCE ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
        "?9, ?10, ?11, ?12) RETURNING id";
    struct provenance_pair pair = {.from = sqlite3_column_int64(row, 0)};
    enum status st = ST_OK;
    for (int i = 0; i < 2 && st == ST_OK && pair.to == 0; i++) {
        sqlite3_stmt *q = NULL;
        bool found = false;
        st = merge_prepare(m->to, i ? insert : find, &q, e);
        if (st == ST_OK)
            st = merge_bind_row(m->to, q, 1, row, 1, 12, e);
        if (st == ST_OK)
            st = merge_next(m->to, q, &found, e);
        if (st == ST_OK && found)
            pair.to = sqlite3_column_int64(q, 0);
        while (st == ST_OK && found) /* RETURNING wants to be read to its end */
            st = merge_next(m->to, q, &found, e);
        sqlite3_finalize(q);
    }
    struct provenance_pair *more =
        realloc(m->provenance, ((size_t)m->provenances + 1) * sizeof *more);
    if (!more)
        return err_set(e, ST_NOMEM, "%s: no memory to merge it", m->from->path);
    m->provenance = more;
    m->provenance[m->provenances++] = pair;
    if (st)
        return st;
    sqlite3_stmt *note = NULL;
    st = merge_prepare(m->to, "INSERT INTO temp.merged_provenance VALUES (?1, ?2)", &note,
                       e);
    if (st == ST_OK && (sqlite3_bind_int64(note, 1, pair.from) != SQLITE_OK ||
                        sqlite3_bind_int64(note, 2, pair.to) != SQLITE_OK))
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = merge_step_once(m->to, note, e);
    sqlite3_finalize(note);
    return st;
}

static enum status merge_provenance(struct merge *m, struct err *e)
{
    sqlite3_stmt *row = NULL;
    bool more = true;
    enum status st = merge_prepare(
        m->from, "SELECT id, " PROVENANCE " FROM provenance ORDER BY id", &row, e);
    while (st == ST_OK && more) {
        st = merge_next(m->from, row, &more, e);
        if (st == ST_OK && more)
            st = merge_one_provenance(m, row, e);
    }
    sqlite3_finalize(row);
    return st;
}

enum status store_merge(struct store *into, struct store *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e)
{
    struct merge m = {.to = into, .from = part, .hooks = hooks, .counts = counts};
    assert(into->writable);
    /* The part may be written meanwhile: a transaction shows one moment of it. */
    enum status st = store_exec(part, "BEGIN", "merging", e);
    if (st == ST_OK)
        st = store_exec(into, "BEGIN IMMEDIATE", "merging", e);
    if (st == ST_OK)
        st = merge_begin_notes(&m, e);
    if (st == ST_OK)
        st = store_exec(into,
                        "CREATE TEMP TABLE IF NOT EXISTS merged_provenance (there, here);"
                        "DELETE FROM temp.merged_provenance",
                        "merging", e);
    if (st == ST_OK)
        st = merge_provenance(&m, e);
    if (st == ST_OK)
        st = merge_all_runs(&m, e);
    if (st == ST_OK)
        st = merge_other_rows(&m, e);
    if (st == ST_OK)
        st = store_exec(into, "COMMIT", "merging", e);
    if (!sqlite3_get_autocommit(into->db))
        sqlite3_exec(into->db, "ROLLBACK", NULL, NULL, NULL);
    if (!sqlite3_get_autocommit(part->db))
        sqlite3_exec(part->db, "ROLLBACK", NULL, NULL, NULL);
    free(m.provenance);
    return st;
}
