/* store_sums.c -- compares stored sums with bits and metrics.
 *
 * Each place of a split has one value of every stratum. Each stratum therefore adds up to the
 * places of the split, and its wrong ones to the bits that are 0 and to the count of
 * token_error. A number that has a count and a total is count / total. */
#include "store_sums.h"

#include <math.h>
#include <stdio.h>

#include "store_internal.h"

static const char sql[] =
    "SELECT 'run ' || s.run_id || ', ' || s.split || ': ' || s.name || ' adds up to ' || "
    "s.wrong || ' wrong of ' || s.places || ' places, its places to ' || "
    "coalesce(p.count - ones(p.bits), m.count, '?') || ' of ' || coalesce(p.count, 'none') "
    "FROM (SELECT run_id, split, name, sum(wrong) AS wrong, sum(places) AS places, "
    "max(wrong < 0 OR wrong > places) AS odd FROM stratum GROUP BY run_id, split, name) AS s "
    "LEFT JOIN place AS p USING (run_id, split) "
    "LEFT JOIN metric AS m ON (m.run_id, m.split, m.name, m.total) = "
    "(s.run_id, s.split, 'token_error', p.count) "
    "WHERE odd OR p.count IS NULL OR s.places <> p.count OR s.wrong <> m.count "
    "OR s.wrong <> p.count - ones(p.bits) "
    "ORDER BY s.run_id, s.split, s.name LIMIT 1";

/* The SQL function ones(blob): the number of its bits that are 1; NULL for NULL. */
static void ones(sqlite3_context *context, int n, sqlite3_value **value)
{
    const unsigned char *at = sqlite3_value_blob(value[0]);
    const int bytes = sqlite3_value_bytes(value[0]);
    sqlite3_int64 sum = 0;
    (void)n;
    for (int i = 0; at && i < bytes; i++)
        sum += __builtin_popcount(at[i]);
    if (sqlite3_value_type(value[0]) != SQLITE_NULL)
        sqlite3_result_int64(context, sum);
}

static enum status take(void *context, sqlite3_stmt *row, struct err *e)
{
    const char *words = (const char *)sqlite3_column_text(row, 0);
    if (!words)
        return err_set(e, ST_NOMEM, "no memory to add up sums");
    snprintf(context, SUMS_TEXT, "%s", words);
    return ST_OK;
}

enum status store_wrong_sums(struct store *s, char text[SUMS_TEXT], struct err *e)
{
    text[0] = '\0';
    if (sqlite3_create_function(s->db, "ones", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                ones, NULL, NULL) != SQLITE_OK)
        return store_failed(s, "adding up sums", e);
    return store_each(s, sql, NULL, 0, NULL, take, text, e);
}

/* --- shares ---------------------------------------------------------------------- */

static const double rounding = 1e-9; /* tolerance of a division in double; chosen */

#define SAID                                                                         \
    "'run ' || run_id || ', ' || split || ': ' || name || ' is ' || "                \
    "coalesce(value, 'none') || ', count ' || coalesce(count, 'none') || ' of ' || " \
    "coalesce(total, 'none')"
#define OF_CURVE(name)                                                                        \
    " UNION ALL SELECT 2, 'run ' || run_id || ', ' || split || ', step ' || step || ': " name \
    " is ' || coalesce(" name ", 'none') || ', count ' || coalesce(" name                     \
    "_count, 'none') || ' of ' || coalesce(" name "_total, 'none') "                          \
    "FROM curve WHERE misses(" name ", " name "_count, " name "_total)"

static const char shares_sql[] =
    "SELECT said FROM (SELECT 1 AS place, " SAID " AS said FROM metric"
    " WHERE misses(value, count, total)" OF_CURVE("accuracy") OF_CURVE("token_error")
        OF_CURVE("sequence_accuracy") OF_CURVE("sequence_error") OF_CURVE("majority")
            OF_CURVE("ceiling") " UNION ALL SELECT 3, " SAID
                                " || ', of an evaluation' FROM evaluation"
                                " WHERE misses(value, count, total)) "
                                "ORDER BY place";

/* The SQL function misses(value, count, total): does the value differ from count / total? Numbers
 * without counts never do. */
static void misses(sqlite3_context *context, int n, sqlite3_value **v)
{
    const bool none = sqlite3_value_type(v[0]) == SQLITE_NULL;
    const bool counted = sqlite3_value_type(v[1]) != SQLITE_NULL;
    const bool of = sqlite3_value_type(v[2]) != SQLITE_NULL;
    const sqlite3_int64 count = sqlite3_value_int64(v[1]),
                        total = sqlite3_value_int64(v[2]);
    const bool possible = count >= 0 && count <= total && total > 0;
    const double value = sqlite3_value_double(v[0]);
    bool wrong = false;
    (void)n;
    if (counted || of)
        wrong = none || !counted || !of || !possible ||
                !(fabs(value - (double)count / (double)total) <= rounding);
    sqlite3_result_int(context, wrong);
}

struct wrong_shares {
    char *text;
    int64_t n;
};

static enum status take_share(void *context, sqlite3_stmt *row, struct err *e)
{
    struct wrong_shares *w = context;
    return w->n++ ? ST_OK : take(w->text, row, e);
}

enum status store_wrong_shares(struct store *s, char text[SUMS_TEXT], int64_t *n,
                               struct err *e)
{
    struct wrong_shares w = {text, 0};
    text[0] = '\0';
    if (sqlite3_create_function(s->db, "misses", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                NULL, misses, NULL, NULL) != SQLITE_OK)
        return store_failed(s, "comparing shares with counts", e);
    const enum status st = store_each(s, shares_sql, NULL, 0, NULL, take_share, &w, e);
    *n = w.n;
    return st;
}
