/* by_stratum.c -- draws the table `stratum`: each seed as a thin line, all seeds together as a
 * thick one, with a box for each experiment, split and stratum.
 *
 * Neighbouring values of the stratum are joined until they hold a fortieth of the places, so that
 * the few places at the far end make no spikes; x is the mean of their values. Strata with at most
 * two values (classes) are left to `query error_by_stratum`.
 *
 * The first statement lists the lines in the order of the picture. The second runs once for
 * each line and lists its values in their order. A single statement would have to sort the
 * whole table by experiment, a million rows for ten thousand runs, which takes most of the
 * time. */
#include "by_stratum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "missing.h"
#include "store_internal.h"
#include "undrawn.h"

enum { VALUE, MEAN, SUM, PLACES, OF_SEED }; /* thin lines are the mean over the value */
enum { BINS = 40 };

/* Selects a line for each run, split and stratum. */
static const char lines_sql[] =
    "WITH asked AS MATERIALIZED (SELECT run_id, experiment, profile, cell, task, encoder,"
    "   variant, seed FROM v_run WHERE state = 'done' AND profile GLOB ?1 AND experiment GLOB ?2"
    "   AND cell GLOB ?4 AND variant GLOB ?5),"
    " line AS MATERIALIZED (SELECT DISTINCT run_id, split, name FROM stratum"
    "   WHERE run_id IN (SELECT run_id FROM asked) AND split GLOB ?3"
    "   AND split NOT IN ('train', 'valid')) "
    "SELECT experiment || iif(cell = '', '', ' ' || cell) || ', ' || split || ': ' || name,"
    "   variant, seed, run_id, split, name, task "
    "FROM asked JOIN line USING (run_id) "
    "ORDER BY experiment, profile, cell, split, name, encoder, variant, seed, run_id";
enum { PANEL, SERIES, SEED, RUN, SPLIT, NAME, TASK };
enum { AXIS }; /* word of the first row of a panel; not in the CSV */

struct value {
    int64_t at, places;
    bool known;    /* there is a number */
    double number; /* wrong places, or nats */
};

struct reader {
    struct store *store;
    sqlite3_stmt *values; /* selects the values of one line */
    const struct plot_request *request;
    struct plot_data *out;
    struct value *value; /* values of the present line */
    int n, room;
};

static enum status no_memory(struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for the picture's data");
}

static enum status take_value(struct reader *r, struct err *e)
{
    if (r->n == r->room) {
        const int room = r->room ? 2 * r->room : 64;
        struct value *all = realloc(r->value, (size_t)room * sizeof *all);
        if (!all)
            return no_memory(e);
        r->value = all;
        r->room = room;
    }
    r->value[r->n++] = (struct value){
        .at = sqlite3_column_int64(r->values, 0),
        .places = sqlite3_column_int64(r->values, 1),
        .known = sqlite3_column_type(r->values, 2) != SQLITE_NULL,
        .number = sqlite3_column_double(r->values, 2),
    };
    return ST_OK;
}

/* Names the axis after what the stratum counts, when that is known; false: no memory. */
static bool name_axis(const struct reader *r, sqlite3_stmt *line, struct plot_row *row)
{
    const char *(*help)(const char *, const char *) = r->request->stratum_help;
    const char *text = help ? help((const char *)sqlite3_column_text(line, TASK),
                                   (const char *)sqlite3_column_text(line, NAME))
                            : NULL;
    return !text || plot_word(row, AXIS, text);
}

/* Adds the values [first, end) as one point, which has no number when one of them has none. */
static enum status add_point(struct reader *r, sqlite3_stmt *line, int first, int end,
                             struct err *e)
{
    double at = 0.0, places = 0.0, sum = 0.0;
    for (const struct value *v = r->value + first; v < r->value + end; v++) {
        at += (double)v->at * (double)v->places;
        places += (double)v->places;
        sum += v->known ? v->number : (double)NAN;
    }
    struct plot_row *row = plot_add(r->out, (const char *)sqlite3_column_text(line, PANEL),
                                    (const char *)sqlite3_column_text(line, SERIES));
    if (!row || (row->own_panel && !name_axis(r, line, row)))
        return no_memory(e);
    const double of[] = {places > 0.0 ? at / places : (double)NAN,
                         places > 0.0 ? sum / places : (double)NAN, sum, places,
                         (double)sqlite3_column_int64(line, SEED)};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        row->value[i] = of[i];
    return ST_OK;
}

/* Has any value a number? Tasks other than texts have no nats. */
static bool has_numbers(const struct reader *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->value[i].known)
            return true;
    return false;
}

/* Adds the points of a line. The number of places before a value decides its bin. */
static enum status add_points(struct reader *r, sqlite3_stmt *line, struct err *e)
{
    double all = 0.0, before = 0.0, bin = 0.0; /* sums may overflow an int64_t */
    int first = 0;
    enum status st = ST_OK;
    if (r->n <= 2 || !has_numbers(r))
        return ST_OK;
    for (int i = 0; i < r->n; i++)
        all += (double)r->value[i].places;
    for (int i = 0; i < r->n && st == ST_OK; i++) {
        const double here = all > 0.0 ? floor(BINS * before / all) : 0.0;
        if (i > first && (here < bin || here > bin)) {
            st = add_point(r, line, first, i, e);
            first = i;
        }
        bin = here;
        before += (double)r->value[i].places;
    }
    return st ? st : add_point(r, line, first, r->n, e);
}

static enum status take_line(void *context, sqlite3_stmt *line, struct err *e)
{
    struct reader *r = context;
    enum status st = ST_OK;
    int code = SQLITE_DONE;
    r->n = 0;
    sqlite3_reset(r->values);
    sqlite3_bind_int64(r->values, 1, sqlite3_column_int64(line, RUN));
    for (int i = 0; i < 2; i++)
        sqlite3_bind_text(r->values, 2 + i,
                          (const char *)sqlite3_column_text(line, SPLIT + i), -1,
                          SQLITE_STATIC);
    while (st == ST_OK && (code = sqlite3_step(r->values)) == SQLITE_ROW)
        st = take_value(r, e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = store_failed(r->store, "reading", e);
    return st ? st : add_points(r, line, e);
}

enum status by_stratum_read(struct store *s, const struct plot_request *q,
                            const char *number, struct plot_data *out, struct err *e)
{
    struct reader r = {.store = s, .request = q, .out = out};
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT value, places, %s FROM stratum WHERE run_id = ?1 AND split = ?2 "
             "AND name = ?3 ORDER BY value",
             number);
    enum status st = sqlite3_prepare_v2(s->db, sql, -1, &r.values, NULL) == SQLITE_OK
                         ? ST_OK
                         : store_failed(s, "reading", e);
    if (st == ST_OK)
        st = plot_ask(s, lines_sql, q, number, take_line, &r, e);
    if (st == ST_OK && out->n == 0)
        st = plot_nothing(s, q, NULL, e);
    sqlite3_finalize(r.values);
    free(r.value);
    return st;
}

/* A point of all seeds together; points with the same x are added up. */
struct point {
    double x, sum, places;
};

static int by_distance(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

/* Writes lines "x mean" over all seeds for the rows [first, end) with a finite number; none
 * without memory. */
static void write_all_seeds(const struct plot_data *d, int first, int end, double scale,
                            FILE *out)
{
    struct point *at = malloc((size_t)(end - first) * sizeof *at);
    int n = 0;
    if (!at)
        return;
    for (int i = first; i < end; i++)
        if (isfinite(d->row[i].value[MEAN]))
            at[n++] = (struct point){d->row[i].value[VALUE], d->row[i].value[SUM],
                                     d->row[i].value[PLACES]};
    qsort(at, (size_t)n, sizeof *at, by_distance);
    for (int i = 0, k; i < n; i = k) {
        struct point sum = {.x = at[i].x};
        for (k = i; k < n && at[k].x <= at[i].x; k++) {
            sum.sum += at[k].sum;
            sum.places += at[k].places;
        }
        fprintf(out, "%.17g %.17g\n", sum.x, scale * sum.sum / sum.places);
    }
    free(at);
}

void by_stratum_key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    plot_lines_key(d, q, "all seeds together", out);
}

void by_stratum_undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    undrawn_points(d, first, end, OF_SEED, out);
}

const char *by_stratum_axis(const struct plot_row *first)
{
    const char *colon = strrchr(first->panel, ':');
    return first->word[AXIS]   ? first->word[AXIS]
           : colon && colon[1] ? colon + 2
                               : first->panel;
}

void by_stratum_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                     plot_axis_fn *axis, FILE *out)
{
    plot_lines(d, q, "all", write_all_seeds, scale, axis, out);
}
