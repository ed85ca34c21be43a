/* plot_curves.c -- learning curves: each seed a thin line, the median over seeds a thick
 * one, a box for each experiment and split. */
#include "medians.h"
#include "metric_text.h"

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

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    fputs("set xlabel 'training step'\nset ylabel ", out);
    plot_quoted(out, q->metric);
    fprintf(out, " . '%s'\n", m->percent ? ", %" : "");
    medians_draw(d, m->percent ? 100.0 : 1.0, out);
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
