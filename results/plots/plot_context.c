/* plot_context.c -- a metric of a text over the amount of text before its tokens: each seed is
 * a thin line, the median over seeds a thick one, with a box for each experiment.
 *
 * Only splits with fixed targets are drawn (task text, scored < 1), which ask for the same
 * tokens at every length. x is the length of a window relative to a training window; training
 * never had lengths beyond the line at 1. Lengths at which an encoder has no value have no
 * mark. */
#include "medians.h"
#include "metric_text.h"
#include "undrawn.h"

enum { SEED = 2 }; /* among the values */

static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell), r.variant,"
    "       json_extract(s.value, '$.options.stretch') AS x, m.value, r.seed,"
    "       round(json_extract(s.value, '$.options.context')"
    "             * json_extract(s.value, '$.options.stretch')) "
    "FROM v_run AS r JOIN v_score AS m USING (run_id),"
    "     json_each(r.config, '$.splits') AS s ON s.key = m.split "
    "WHERE r.task = 'text' AND r.state = 'done' AND r.profile GLOB ?1"
    "  AND r.experiment GLOB ?2 AND m.split GLOB ?3 AND r.cell GLOB ?4"
    "  AND r.variant GLOB ?5 AND m.metric = ?6"
    "  AND json_extract(s.value, '$.options.scored') < 1 "
    "ORDER BY r.experiment, r.profile, r.cell, r.variant, r.seed, r.run_id, x";

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    return plot_read(s, sql, q, q->metric, out, e);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const struct metric_info *m = metric_info(q->metric);
    fputs("set xlabel 'tokens of a window, those of training = 1'\nset ylabel ", out);
    plot_legend_name(out, q->metric);
    fprintf(out, " . '%s'\n", m->percent ? ", %" : "");
    fputs("set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb '#666666' dt 3\n", out);
    medians_draw(d, q, m->percent ? 100.0 : 1.0, out);
}

static void key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    medians_key(d, q, out);
    fputs("; line at 1: training", out);
}

static void undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    undrawn_points(d, first, end, SEED, out);
}

const struct plot plot_context = {
    .name = "context",
    .summary = "perplexity of a text over the length of its windows, the same tokens asked",
    .metric = "perplexity",
    .values = {"context", "value", "seed", "tokens"},
    .read = read,
    .draw = draw,
    .undrawn = undrawn,
    .key = key,
    .width = PLOT_LEGEND_WIDTH,
    .height = 340,
    .legend = true,
};
