/* plot_curves.c -- learning curves: each seed is a thin line, the median over seeds a thick
 * one, with a box for each experiment and split. */
#include "medians.h"
#include "metric_text.h"
#include "undrawn.h"

enum { SEED = 2 }; /* among the values */

/* Selects the points of curves; a split measured at only one step has no curve. */
static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell) || ', ' || c.split,"
    "       r.variant, c.step,"
    "       CASE ?6 WHEN 'accuracy' THEN accuracy WHEN 'token_error' THEN token_error"
    "       WHEN 'sequence_accuracy' THEN sequence_accuracy"
    "       WHEN 'sequence_error' THEN sequence_error WHEN 'loss' THEN loss"
    "       WHEN 'perplexity' THEN perplexity WHEN 'chance' THEN chance"
    "       WHEN 'majority' THEN majority WHEN 'ceiling' THEN ceiling"
    "       WHEN 'bits_per_byte' THEN bits_per_byte"
    "       WHEN 'word_perplexity' THEN word_perplexity END, r.seed "
    "FROM v_run AS r JOIN curve AS c USING (run_id) "
    "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "  AND c.split GLOB ?3 AND r.cell GLOB ?4 AND r.variant GLOB ?5"
    "  AND EXISTS (SELECT 1 FROM metric AS m WHERE (m.run_id, m.split, m.name) ="
    "              (c.run_id, c.split, ?6))"
    "  AND EXISTS (SELECT 1 FROM curve AS o WHERE o.run_id = c.run_id"
    "              AND o.split = c.split AND o.step <> c.step) "
    "ORDER BY r.experiment, r.profile, r.cell, c.split, r.variant, r.seed, c.step";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, q->metric, out, e);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    fputs("set xlabel 'training step'\nset ylabel ", out);
    plot_legend_name(out, q->metric);
    fprintf(out, " . '%s'\n", m->percent ? ", %" : "");
    medians_draw(d, q, m->percent ? 100.0 : 1.0, out);
}

static void undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    undrawn_points(d, first, end, SEED, out);
}

const struct plot plot_curves = {
    .name = "curves",
    .summary = "learning curves: each seed thin, the median of the seeds thick",
    .metric = "token_error",
    .values = {"step", "value", "seed"},
    .read = read,
    .draw = draw,
    .undrawn = undrawn,
    .key = medians_key,
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
