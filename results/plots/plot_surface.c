/* plot_surface.c -- token error over two options of a split, with a box for each encoder, from
 * the evaluations that `posbench eval --grid --store` stored.
 *
 * The two options are those with most values in the evaluations of an experiment and split,
 * numbers before others; each combination of further options has a box of its own. */
#include "heat_map.h"

#include <stdlib.h>

#include "missing.h"
#include "undrawn.h"

enum { SEEDS = HEAT_VALUE + 1, LEFT_OUT = SEEDS + 3 };

static const char sql[] =
    /* SQL cannot write infinity, but it is larger than any number. */
    "WITH e AS (SELECT *, iif(abs(token_error) < 9e307, token_error, NULL) AS error"
    "  FROM v_evaluation WHERE state = 'done' AND profile GLOB ?1"
    "  AND experiment GLOB ?2 AND split GLOB ?3 AND cell GLOB ?4 AND variant GLOB ?5"
    "  AND ?6 = ''),"
    " asked AS (SELECT DISTINCT experiment, profile, cell, split, options FROM e),"
    " varied AS (SELECT experiment, profile, cell, split, o.key,"
    "  row_number() OVER (PARTITION BY experiment, profile, cell, split"
    "   ORDER BY o.type IN ('integer', 'real') DESC, count(DISTINCT o.atom) DESC, o.key)"
    "   AS nth"
    "  FROM asked, json_each(asked.options) AS o"
    "  GROUP BY experiment, profile, cell, split, o.key HAVING count(DISTINCT o.atom) > 1),"
    " axes AS (SELECT a.experiment, a.profile, a.cell, a.split, a.key AS x, b.key AS y"
    "  FROM varied AS a JOIN varied AS b USING (experiment, profile, cell, split)"
    "  WHERE a.nth = 1 AND b.nth = 2),"
    " point AS (SELECT e.*, x, y, json_extract(e.options, '$.' || x) AS at_x,"
    "  json_extract(e.options, '$.' || y) AS at_y,"
    "  (SELECT group_concat(' ' || o.key || '=' || o.atom, '')"
    "   FROM json_each(e.options) AS o JOIN varied AS v ON v.key = o.key"
    "    AND v.nth > 2 AND (v.experiment, v.profile, v.cell, v.split) ="
    "    (e.experiment, e.profile, e.cell, e.split)) AS rest"
    "  FROM e JOIN axes USING (experiment, profile, cell, split)) "
    "SELECT experiment || iif(cell = '', '', ' ' || cell) || ', ' || split ||"
    "       coalesce(rest, '') || ': ' || at_test, x || ', ' || y,"
    "       at_x, at_y, avg(error), count(error), min(error), max(error), count(*) - count(error) "
    "FROM point "
    "GROUP BY experiment, profile, cell, split, rest, encoder, at_test, at_x, at_y "
    "ORDER BY experiment, profile, cell, split, rest, encoder, at_test, at_x, at_y";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    const enum status st = plot_read(s, sql, q, NULL, out, e);
    return st == ST_NOTFOUND && plot_missing(s, q, NULL, e) == ST_OK
               ? err_set(e, st,
                         "no run was asked for two options of a split; \"posbench eval "
                         "--only experiment=NAME --grid length=64,128 --grid "
                         "p_ignore=0.5,0.9 --store\" does so")
               : st;
}

static const struct heat_style style = {.bar = "token_error, %", .scale = 100};

static void undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    int seeds = 0, without = 0, points = 0;
    for (int i = first; i < end; i++) {
        const int lost = (int)d->row[i].value[LEFT_OUT];
        without += lost;
        seeds += lost + (int)d->row[i].value[SEEDS];
        points += lost > 0;
    }
    if (without)
        fprintf(out, "%d of %d values, at %d point%s, without a finite number", without,
                seeds, points, points == 1 ? "" : "s");
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    heat_map_draw(d, &style, q, out);
}

const struct plot plot_surface;

static void print(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    struct plot_request noted = *q;
    char *note = undrawn_note(&plot_surface, d, q, PLOT_TEXT_WIDTH);
    noted.title = note;
    heat_map_print(d, &style, &noted, out);
    free(note);
}

const struct plot plot_surface = {
    .name = "surface",
    .summary = "token error over two options of a split, of what eval --grid --store kept",
    .values = {"x", "y", "error", "seeds", "least", "most", "left_out"},
    .read = read,
    .draw = draw,
    .undrawn = undrawn,
    .print = print,
    .width = 460,
    .height = 360,
};
