/* by_stratum.c -- what the table `place` holds by what makes a place hard: each seed a thin
 * line, all seeds together a thick one, a box for each experiment, split and stratum.
 *
 * Neighbouring values of the stratum are taken together until they hold a fortieth of the
 * places, so that the few places at the far end make no spikes: x is the mean of their values.
 * Strata with two values alone (classes) are left to `query error_by_stratum`. */
#include "by_stratum.h"

#include <math.h>
#include <stdlib.h>

enum { VALUE, SUM = 2, PLACES }; /* between them the mean, which is drawn thin */

/* Runs of one recipe were asked the same places, so the bins are worked out from one of them. */
static const char sql[] =
    "WITH p AS MATERIALIZED ("
    "  SELECT r.experiment, r.profile, r.cell, r.encoder, r.variant, r.seed, r.recipe,"
    "         r.run_id, p.split, p.strata FROM v_run AS r JOIN place AS p USING (run_id)"
    "  WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "    AND p.split GLOB ?3 AND p.split NOT IN ('train', 'valid') AND r.cell GLOB ?4"
    "    AND r.variant GLOB ?5 AND EXISTS (SELECT 1 FROM json_each(p.strata) AS s,"
    "      json_each(s.value) AS v WHERE json_extract(v.value, ?6) IS NOT NULL)),"
    " one AS (SELECT recipe, split, min(run_id) AS run_id FROM p GROUP BY recipe, split),"
    " of_one AS (SELECT recipe, split, s.key AS stratum,"
    "    CAST(json_extract(v.value, '$[0]') AS INTEGER) AS value,"
    "    CAST(json_extract(v.value, '$[2]') AS INTEGER) AS places"
    "  FROM one JOIN place USING (run_id, split), json_each(strata) AS s,"
    "    json_each(s.value) AS v),"
    " bins AS MATERIALIZED (SELECT *, count(*) OVER whole AS n,"
    "    40 * (sum(places) OVER (PARTITION BY recipe, split, stratum ORDER BY value)"
    "          - places) / nullif(sum(places) OVER whole, 0) AS bin"
    "  FROM of_one WINDOW whole AS (PARTITION BY recipe, split, stratum)) "
    "SELECT p.experiment || iif(p.cell = '', '', ' ' || p.cell) || ', ' || p.split ||"
    "       ': ' || s.key, p.variant,"
    "       total(b.value * json_extract(v.value, '$[2]'))"
    "       / nullif(total(json_extract(v.value, '$[2]')), 0),"
    "       total(json_extract(v.value, ?6))"
    "       / nullif(total(json_extract(v.value, '$[2]')), 0),"
    "       sum(json_extract(v.value, ?6)), sum(json_extract(v.value, '$[2]')), p.seed "
    "FROM p, json_each(p.strata) AS s, json_each(s.value) AS v CROSS JOIN bins AS b"
    "  ON b.recipe = p.recipe AND b.split = p.split AND b.stratum = s.key"
    " AND b.value = CAST(json_extract(v.value, '$[0]') AS INTEGER) "
    "WHERE b.n > 2 AND json_extract(v.value, ?6) IS NOT NULL "
    "GROUP BY p.experiment, p.profile, p.cell, p.split, s.key, p.encoder, p.variant, p.seed,"
    "         p.run_id, b.bin "
    "ORDER BY p.experiment, p.profile, p.cell, p.split, s.key, p.encoder, p.variant, p.seed,"
    "         p.run_id, b.bin";

enum status by_stratum_read(struct store *s, const struct plot_request *q,
                            const char *number, struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, number, out, e);
}

/* The places of all seeds in the order of the distance; rows with one value are one. */
struct point {
    double x, sum, places;
};

static int by_distance(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

/* Lines "x mean" of the rows [first, end). Without memory none is drawn. */
static void write_all_seeds(const struct plot_data *d, int first, int end, double scale,
                            FILE *out)
{
    struct point *at = malloc((size_t)(end - first) * sizeof *at);
    int n = 0;
    if (!at)
        return;
    for (int i = first; i < end; i++)
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

void by_stratum_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                     FILE *out)
{
    plot_lines(d, q, "all", write_all_seeds, scale, out);
}
