/* plot_curves.c -- learning curves: each seed a thin line, the median over seeds a thick
 * one, a box for each experiment and split. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>

#include "metric_text.h"

enum { STEP, VALUE, SEED };

/* Splits measured at one step only have no curve. */
static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell) || ', ' || m.split,"
    "       r.variant, m.step, m.value, r.seed "
    "FROM v_run AS r JOIN metric AS m USING (run_id) "
    "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "  AND m.split GLOB ?3 AND r.cell GLOB ?4 AND r.variant GLOB ?5 AND m.name = ?6"
    "  AND EXISTS (SELECT 1 FROM metric AS o WHERE o.run_id = m.run_id"
    "              AND o.split = m.split AND o.name = m.name AND o.step <> m.step) "
    "ORDER BY r.experiment, r.profile, r.cell, m.split, r.variant, r.seed, m.step";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, q->metric, out, e);
}

struct point {
    double step, value;
};

static int by_step(const void *a, const void *b)
{
    const struct point *x = a, *y = b;
    return x->step != y->step ? (x->step > y->step) - (x->step < y->step)
                              : (x->value > y->value) - (x->value < y->value);
}

/* Lines "step median" of the rows [first, end). Without memory no median is drawn. */
static void write_medians(const struct plot_data *d, int first, int end, double scale,
                          FILE *out)
{
    struct point *at = malloc((size_t)(end - first) * sizeof *at);
    int n = 0;
    if (!at)
        return;
    for (int i = first; i < end; i++)
        if (!isnan(d->row[i].value[VALUE]))
            at[n++] = (struct point){d->row[i].value[STEP], d->row[i].value[VALUE]};
    qsort(at, (size_t)n, sizeof *at, by_step);
    for (int i = 0, k; i < n; i = k) {
        for (k = i; k < n && at[k].step <= at[i].step; k++)
            ;
        fprintf(out, "%.17g %.17g\n", at[i].step,
                scale * (at[(i + k - 1) / 2].value + at[(i + k) / 2].value) / 2);
    }
    free(at);
}

/* Data blocks $seeds_<i> and $median_<i> of the series that begins at row i. */
static void write_blocks(const struct plot_data *d, double scale, FILE *out)
{
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_series_end(d, i);
        fprintf(out, "$seeds_%d << EOD\n", i);
        for (int k = i; k < end; k++) {
            if (k > i && d->row[k].value[SEED] != d->row[k - 1].value[SEED])
                putc('\n', out);
            fprintf(out, "%.17g %.17g\n", d->row[k].value[STEP],
                    scale * d->row[k].value[VALUE]);
        }
        fprintf(out, "EOD\n$median_%d << EOD\n", i);
        write_medians(d, i, end, scale, out);
        fputs("EOD\n", out);
    }
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    write_blocks(d, m->percent ? 100.0 : 1.0, out);
    plot_grid(out, plot_panels(d));
    fputs("set xlabel 'training step'\nset ylabel ", out);
    plot_quoted(out, q->metric);
    fprintf(out, " . '%s'\n", m->percent ? ", %" : "");
    plot_lines(d, "median", out);
    plot_grid_end(out);
}

const struct plot plot_curves = {
    .name = "curves",
    .summary = "learning curves: each seed thin, the median of the seeds thick",
    .metric = "token_error",
    .values = {"step", "value", "seed"},
    .read = read,
    .draw = draw,
    .width = 460,
    .height = 340,
};
