/* lines.c -- pictures of lines: each seed of a series is a thin line below the thick one. */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "looks.h"

/* The most series of a box that get thin lines, chosen: those of more hide each other and the thick
 * ones. Text has no room for any. */
enum { THIN_MOST = 8 };

static bool has_thin_lines(const struct plot_data *d, const struct plot_request *q)
{
    return !q->text && plot_series_most(d) <= THIN_MOST;
}

void plot_lines_key(const struct plot_data *d, const struct plot_request *q,
                    const char *thick, FILE *out)
{
    if (has_thin_lines(d, q))
        fprintf(out, "thin: a seed; thick: %s", thick);
    else if (q->text)
        fprintf(out, "lines with letters: %s", thick);
    else
        fprintf(out,
                "line: %s; with up to %d encoders in a box (--encoder) each seed "
                "has its own",
                thick, THIN_MOST);
}

/* Draws a panel, with all thin lines below the thick ones. */
static void draw_panel(const struct plot_data *d, const struct looks *looks, bool thin,
                       int first, int end, const char *thick, FILE *out)
{
    const char *comma = "";
    fputs("plot ", out);
    for (int k = first; k < end && thin; k = plot_series_end(d, k)) {
        fprintf(out, "%s$seeds_%d using 1:2 with lines lw 0.5 lc rgb '%s' notitle", comma,
                k, looks_find(looks, d->row[k].series).colour);
        comma = ", \\\n  ";
    }
    for (int k = first; k < end; k = plot_series_end(d, k)) {
        const struct look look = looks_find(looks, d->row[k].series);
        fprintf(out, "%s$%s_%d using 1:2 with linespoints lw 2.5 pt ", comma, thick, k);
        looks_point(out, look.mark);
        fprintf(out, " ps 0.6 dt %d lc rgb '%s' title ", look.dash, look.colour);
        plot_legend_name(out, d->row[k].series);
        comma = ", \\\n  ";
    }
    putc('\n', out);
}

/* Is any y of the rows [first, end) finite? */
static bool has_point(const struct plot_data *d, int first, int end)
{
    for (int i = first; i < end; i++)
        if (isfinite(d->row[i].value[1]))
            return true;
    return false;
}

static void draw_panels(const struct plot_data *d, const struct plot_request *q,
                        const char *thick, plot_axis_fn *axis, FILE *out)
{
    struct looks *looks = looks_new(d, q->text);
    const bool thin = has_thin_lines(d, q);
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        if (axis) {
            fputs("set xlabel ", out);
            plot_axis_name(out, axis(&d->row[i]));
            putc('\n', out);
        }
        plot_panel_title(out, d->row[i].panel, q, PLOT_LEGEND_WIDTH);
        plot_legend(d, i, end, q, out);
        if (has_point(d, i, end))
            draw_panel(d, looks, thin, i, end, thick, out);
        else
            plot_empty(out);
    }
    plot_legend_of_all(d, looks, true, q, out);
    looks_free(looks);
}

/* Writes the data blocks $seeds_<i> and $<thick>_<i> of each series, which begins at row i. Where x
 * does not grow, another seed begins and the line is broken. */
static void write_blocks(const struct plot_data *d, const char *thick,
                         plot_thick_fn *write_thick, double scale, FILE *out)
{
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_series_end(d, i);
        fprintf(out, "$seeds_%d << EOD\n", i);
        for (int k = i; k < end; k++) {
            if (k > i && d->row[k].value[0] <= d->row[k - 1].value[0])
                putc('\n', out);
            fprintf(out, "%.17g %.17g\n", d->row[k].value[0], scale * d->row[k].value[1]);
        }
        fprintf(out, "EOD\n$%s_%d << EOD\n", thick, i);
        write_thick(d, i, end, scale, out);
        fputs("EOD\n", out);
    }
}

void plot_lines(const struct plot_data *d, const struct plot_request *q, const char *thick,
                plot_thick_fn *write_thick, double scale, plot_axis_fn *axis, FILE *out)
{
    write_blocks(d, thick, write_thick, scale, out);
    plot_grid(out, plot_panels(d), q);
    draw_panels(d, q, thick, axis, out);
    plot_grid_end(out);
}
