/* plot_speed.c -- what an encoder costs against what it gives: mean metric over seeds
 * against training tokens a CPU second, so that runs that shared a core compare. */
#include "plot.h"

#include <math.h>

#include "metric_text.h"

enum { SPEED, MEAN, LEAST, MOST, SEEDS };

static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell) || ', ' || s.split,"
    "       r.variant, avg(r.tokens_per_s * r.wall_s / r.cpu_s), avg(s.value),"
    "       min(s.value), max(s.value), count(*) "
    "FROM v_run AS r JOIN v_score AS s USING (run_id) "
    "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "  AND s.split GLOB ?3 AND s.split NOT IN ('train', 'valid')"
    "  AND r.cell GLOB ?4 AND r.variant GLOB ?5 AND s.metric = ?6 AND s.value NOT NULL"
    "  AND r.cpu_s > 0 "
    "GROUP BY r.experiment, r.profile, r.cell, s.split, r.encoder, r.variant "
    "ORDER BY r.experiment, r.profile, r.cell, s.split, r.encoder, r.variant";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, q->metric, out, e);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    const double scale = m->percent ? 100.0 : 1.0;
    for (int i = 0; i < d->n; i++) {
        const double *v = d->row[i].value;
        fprintf(out, "$mark_%d << EOD\n%.17g %.17g %.17g %.17g\nEOD\n", i,
                v[SPEED] / 1000.0, scale * v[MEAN], scale * v[LEAST], scale * v[MOST]);
    }
    plot_grid(out, plot_panels(d), q);
    fputs("set xlabel 'thousand training tokens a CPU second'\nset ylabel ", out);
    plot_quoted(out, q->metric);
    fprintf(out,
            " . '%s'\nset offsets graph 0.1, 0.1, 0.05, 0.05\n"
            "set yrange [0<*:*]\n",
            m->percent ? ", %" : "");
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        fputs("set title ", out);
        plot_quoted(out, d->row[i].panel);
        putc('\n', out);
        plot_legend(d, i, end, q, out);
        fputs("plot ", out);
        for (int k = i; k < end; k++) {
            char colour[8];
            int mark, dash;
            plot_style(d->row[k].series, colour, &mark, &dash);
            /* In text the legend has no room for a bar. */
            fprintf(out,
                    "%s$mark_%d using 1:2:3:4 with yerrorbars pt %d ps 1.2 lw 1.5 "
                    "lc rgb '%s' notitle, "
                    "$mark_%d using 1:2 with points pt %d ps 1.2 lc rgb '%s' title ",
                    k > i ? ", \\\n  " : "", k, mark, colour, k, mark, colour);
            plot_quoted(out, d->row[k].series);
        }
        putc('\n', out);
    }
    plot_grid_end(out);
}

const struct plot plot_speed = {
    .name = "speed",
    .summary = "quality against training speed, one mark for each encoder",
    .metric = "token_error",
    .values = {"tokens_per_cpu_s", "mean", "min", "max", "seeds"},
    .read = read,
    .draw = draw,
    .note = "mark: the mean over seeds; bar: from the least to the most",
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
