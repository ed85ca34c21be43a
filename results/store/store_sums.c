/* store_sums.c -- sums are added up and held against bits and metrics.
 *
 * Each place of a split has one value of every stratum, so each stratum adds up to the places
 * of the split, and its wrong ones to the bits that are 0 and to the count of token_error. */
#include "store_sums.h"

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

/* ones(blob): how many of its bits are 1; NULL of NULL. */
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
