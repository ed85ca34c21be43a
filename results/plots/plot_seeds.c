/* plot_seeds.c -- every seed as a mark on a logarithmic scale, a row for each encoder.
 *
 * Errors over seeds have two humps, which a mean hides. A seed without any error stands at
 * the 95 % bound of its rate, 1 - 0.05^(1/total), as an open mark; a paper's number is a
 * vertical stroke. */
#include "plot.h"

#include <math.h>

#include "metric_text.h"
#include "statistics.h"

enum { VALUE, TOTAL, SEED, RUN, PUBLISHED };

static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell) || ', ' || s.split,"
    "       r.variant, s.value, s.total, r.seed, r.run_id,"
    "       (SELECT p.value FROM published AS p JOIN v_variant_name AS v"
    "          ON v.name = p.encoder AND v.experiment = r.experiment"
    "         AND v.profile = r.profile AND v.cell = r.cell AND v.variant = r.variant"
    "        WHERE p.experiment = r.experiment AND p.cell = r.cell AND p.split = s.split"
    "          AND p.metric IN (?6, 'error') ORDER BY p.id LIMIT 1) "
    "FROM v_run AS r JOIN v_score AS s USING (run_id) "
    "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "  AND s.split GLOB ?3 AND s.split NOT IN ('train', 'valid')"
    "  AND r.cell GLOB ?4 AND r.variant GLOB ?5 AND s.metric = ?6 AND s.value NOT NULL "
    "ORDER BY r.experiment, r.profile, r.cell, s.split, r.encoder, r.variant, r.seed";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, q->metric, out, e);
}

static bool is_bound(const struct plot_row *r)
{
    return r->value[VALUE] <= 0.0 && r->value[TOTAL] >= 1.0;
}

static double shown(const struct plot_row *r)
{
    return is_bound(r) ? statistics_zero_bound((int64_t)r->value[TOTAL]) : r->value[VALUE];
}

/* $some_<i>, $none_<i> and $paper_<i> of the series that begins at row i: x and row. */
static void write_blocks(const struct plot_data *d, double scale, FILE *out)
{
    int place = 0;
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_series_end(d, i);
        place = i > 0 && plot_panel_end(d, i - 1) > i ? place + 1 : 1;
        for (int none = 0; none < 2; none++) {
            fprintf(out, "$%s_%d << EOD\n", none ? "none" : "some", i);
            for (int k = i; k < end; k++) {
                /* Marks of one row lie side by side in the order of the seeds. */
                const double lift = (k - i - (end - i - 1) / 2.0) / (end - i) * 0.5;
                if (is_bound(&d->row[k]) == (none == 1))
                    fprintf(out, "%.17g %.17g %.0f %.0f %.4g\n", scale * shown(&d->row[k]),
                            place + lift, d->row[k].value[SEED], d->row[k].value[RUN],
                            scale * d->row[k].value[VALUE]);
            }
            /* A block may not be empty: a point far above the box. Gnuplot crashes when text
             * stands at NaN. */
            fprintf(out, "%.17g -99 0 0 0\nEOD\n", scale * shown(&d->row[i]));
        }
        const double paper = d->row[i].value[PUBLISHED];
        fprintf(out, "$paper_%d << EOD\n%.17g %d\nEOD\n", i, scale * paper, place);
    }
}

/* The points of a block: x and row, and for a page what the pointer on one tells. Numbers
 * alone become that text. */
static const char *columns(const struct plot_request *q)
{
    return q->hover ? "1:2:(sprintf('seed %.0f, run %.0f: %g', $3, $4, $5)) with labels "
                      "hypertext point"
                    : "1:2 with points";
}

static void draw_panel(const struct plot_data *d, const struct plot_request *q, int first,
                       int end, FILE *out)
{
    int rows = 0;
    fputs("set title ", out);
    plot_quoted(out, d->row[first].panel);
    fputs("\nset ytics (", out);
    for (int k = first; k < end; k = plot_series_end(d, k)) {
        fputs(rows ? ", " : "", out);
        plot_quoted(out, d->row[k].series);
        fprintf(out, " %d", ++rows);
    }
    fprintf(out, ") noenhanced\nset yrange [%.1f:0.4]\nplot ", rows + 0.6);
    for (int k = first; k < end; k = plot_series_end(d, k)) {
        char colour[8];
        int mark, dash;
        plot_style(d->row[k].series, colour, &mark, &dash);
        fprintf(out,
                "%s$some_%d using %s pt 7 ps 0.9 lc rgb '%s', "
                "$none_%d using %s pt 6 ps 0.9 lc rgb '%s', "
                "$paper_%d using 1:2 with points pt 2 ps 1.4 lw 2 lc rgb '#000000'",
                k > first ? ", \\\n  " : "", k, columns(q), colour, k, columns(q), colour,
                k);
    }
    putc('\n', out);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    write_blocks(d, m->percent ? 100.0 : 1.0, out);
    plot_grid(out, plot_panels(d), q);
    fputs("unset key\nset logscale x\nset xlabel ", out);
    plot_quoted(out, q->metric);
    /* In two lines, since long names leave the box narrow. */
    fprintf(out, " . \"%s\\n(open: bound, cross: paper)\"\n", m->percent ? ", %" : "");
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        draw_panel(d, q, i, end, out);
    }
    plot_grid_end(out);
}

const struct plot plot_seeds = {
    .name = "seeds",
    .summary = "every seed on a logarithmic scale, the paper's number beside them",
    .metric = "token_error",
    .values = {"value", "total", "seed", "run", "published"},
    .read = read,
    .draw = draw,
    .width = 460,
    .height = 316,
};
