/* plot_speed.c -- quality against cost: the mean metric over seeds against processor time per
 * training step, so that runs that shared a core can be compared. All of a run's time counts,
 * with its evaluations: tokens_per_cpu_s of v_run assumes for training the whole run's share of
 * processor time, and is far off when a run was suspended. */
#include "plot.h"

#include <math.h>

#include "looks.h"
#include "metric_text.h"
#include "missing.h"
#include "undrawn.h"

enum { COST, MEAN, LEAST, MOST, SEEDS, LEFT_OUT };

static const char sql[] =
    "WITH seed AS (SELECT r.experiment, r.profile, r.cell, s.split, r.encoder, r.variant,"
    "   1000 * r.cpu_s / r.steps AS cost, s.value "
    "  FROM v_run AS r JOIN v_score AS s USING (run_id) "
    "  WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "   AND s.split GLOB ?3 AND s.split NOT IN ('train', 'valid')"
    "   AND r.cell GLOB ?4 AND r.variant GLOB ?5 AND s.metric = ?6),"
    /* SQL cannot write infinity, but it is larger than any number. */
    " judged AS (SELECT *,"
    "   coalesce(abs(value) < 9e307 AND cost > 0 AND cost < 9e307, 0) AS whole FROM seed) "
    "SELECT experiment || iif(cell = '', '', ' ' || cell) || ', ' || split, variant,"
    "       avg(iif(whole, cost, NULL)), avg(iif(whole, value, NULL)),"
    "       min(iif(whole, value, NULL)), max(iif(whole, value, NULL)),"
    "       sum(whole), sum(NOT whole) "
    "FROM judged "
    "GROUP BY experiment, profile, cell, split, encoder, variant "
    "ORDER BY experiment, profile, cell, split, encoder, variant";

static bool has_mark(const struct plot_row *r)
{
    return r->value[SEEDS] > 0;
}

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    const enum status st = plot_read(s, sql, q, q->metric, out, e);
    for (int i = 0; st == ST_OK && i < out->n; i++)
        if (has_mark(&out->row[i]))
            return ST_OK;
    return st ? st : plot_nothing(s, q, q->metric, e);
}

static void undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    int seeds = 0, without = 0;
    for (int i = first; i < end; i++) {
        without += (int)d->row[i].value[LEFT_OUT];
        seeds += (int)(d->row[i].value[SEEDS] + d->row[i].value[LEFT_OUT]);
    }
    if (without)
        fprintf(out, "%d of %d%s left out, without a finite number or time", without, seeds,
                undrawn_seeds(seeds));
}

static void draw_panel(const struct plot_data *d, const struct looks *looks, int first,
                       int end, FILE *out)
{
    const char *start = "plot ";
    for (int k = first; k < end; k++) {
        if (!has_mark(&d->row[k]))
            continue;
        const struct look look = looks_find(looks, d->row[k].series);
        /* In text the legend has no room for a bar. */
        for (int bar = 1; bar >= 0; bar--) {
            fprintf(out, "%s$mark_%d using %s pt ", start, k,
                    bar ? "1:2:3:4 with yerrorbars" : "1:2 with points");
            looks_point(out, look.mark);
            fprintf(out, " ps 1.2%s lc rgb '%s' %s", bar ? " lw 1.5" : "", look.colour,
                    bar ? "notitle" : "title ");
            start = bar ? ", " : ", \\\n  ";
        }
        plot_legend_name(out, d->row[k].series);
    }
    if (*start == 'p')
        plot_empty(out);
    else
        putc('\n', out);
}

/* The y axis of all boxes: logarithmic where errors lie far apart, with 0 at its foot. */
struct scale {
    bool log, zero;
    double unit, low, high; /* decades around what is above 0 */
};

static struct scale scale_of(const struct plot_data *d, const struct metric_info *m)
{
    struct scale s = {.unit = m->percent ? 100.0 : 1.0};
    double least = INFINITY, most = 0;
    for (int i = 0; i < d->n; i++)
        for (int k = MEAN; k <= MOST && has_mark(&d->row[i]); k++) {
            const double value = s.unit * d->row[i].value[k];
            s.zero |= value <= 0;
            least = value > 0 ? fmin(least, value) : least;
            most = fmax(most, value);
        }
    s.log = m->error && most >= 10 * least;
    s.low = s.log ? pow(10, floor(log10(least))) : 0;
    s.high = s.log ? pow(10, ceil(log10(most))) : 0;
    return s;
}

static double foot(const struct scale *s)
{
    return s->low / 4;
}

static double place_of(const struct scale *s, double value)
{
    return s->log && value <= 0 ? foot(s) : s->unit * value;
}

static void set_axes(const struct scale *s, const struct plot_request *q, FILE *out)
{
    fputs("set xlabel 'processor ms a step, evaluations included'\nset ylabel ", out);
    plot_legend_name(out, q->metric);
    fprintf(out, " . '%s'\nset offsets graph 0.1, 0.1, %s\n",
            metric_info(q->metric)->percent ? ", %" : "", s->log ? "0, 0" : "0.05, 0.05");
    if (!s->log) {
        fputs("set yrange [0<*:*]\n", out);
        return;
    }
    fprintf(out, "set logscale y\nset yrange [%.17g:%.17g]\n", s->zero ? foot(s) : s->low,
            1.1 * s->high);
    if (s->zero)
        fprintf(out, "set ytics add ('0' %.17g)\n", foot(s));
}

static void key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct scale s = scale_of(d, metric_info(q->metric));
    fprintf(out,
            "left is faster; mark: the mean over seeds; bar: from the least to the most%s",
            s.log && s.zero ? "; 0 stands at the foot of the logarithmic axis" : "");
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct scale s = scale_of(d, metric_info(q->metric));
    for (int i = 0; i < d->n; i++) {
        const double *v = d->row[i].value;
        if (has_mark(&d->row[i]))
            fprintf(out, "$mark_%d << EOD\n%.17g %.17g %.17g %.17g\nEOD\n", i, v[COST],
                    place_of(&s, v[MEAN]), place_of(&s, v[LEAST]), place_of(&s, v[MOST]));
    }
    struct looks *looks = looks_new(d, q->text);
    plot_grid(out, plot_panels(d), q);
    set_axes(&s, q, out);
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        plot_panel_title(out, d->row[i].panel, q, PLOT_LEGEND_WIDTH);
        plot_legend(d, i, end, q, out);
        draw_panel(d, looks, i, end, out);
    }
    plot_legend_of_all(d, looks, false, q, out);
    looks_free(looks);
    plot_grid_end(out);
}

const struct plot plot_speed = {
    .name = "speed",
    .summary = "quality against processor time a training step, a mark for each encoder",
    .metric = "token_error",
    .values = {"cpu_ms_per_step", "mean", "min", "max", "seeds", "left_out"},
    .read = read,
    .draw = draw,
    .undrawn = undrawn,
    .key = key,
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
