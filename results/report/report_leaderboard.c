/* report_leaderboard.c -- writes a table with a row for each test and encoder, which readers can
 * sort and filter.
 *
 * The encoders of a test are sorted by error, or by perplexity when the test is a text, which has
 * bits per byte; encoders without a number are last. */
#include "report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "metric_text.h"

/* Writes a cell with an error in percent, empty for NULL. */
static void write_percent(FILE *out, const char *cell)
{
    const struct metric_info *m = metric_info("token_error");
    char text[METRIC_TEXT];
    const double value = cell ? strtod(cell, NULL) : (double)NAN;
    fputs("<td class=n>", out);
    if (cell)
        escape_html(out, metric_number(m, value, metric_decimals(m, value), text));
    fputs("</td>", out);
}

/* Writes a cell with a number, empty for NULL; decimals below 0 mean four significant digits. */
static void write_number(FILE *out, const char *cell, int decimals)
{
    fputs("<td class=n>", out);
    if (cell && decimals < 0)
        report_say(out, "%.4g", strtod(cell, NULL));
    else if (cell)
        report_say(out, "%.*f", decimals, strtod(cell, NULL));
    fputs("</td>", out);
}

enum { EXPERIMENT, PROFILE, CELL, SPLIT, VARIANT, RECIPE, MEAN, LOW, HIGH, BEST, WORST };
enum { SEEDS = WORST + 1, CHANCE, PERPLEXITY, PARAMETERS, STEP };

static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    const struct report *r = context;
    (void)columns;
    (void)names;
    (void)e;
    fputs("<tr>", r->out);
    fputs("<td class=test>", r->out);
    escape_html_name(r->out, store_cell(cells[EXPERIMENT]));
    fputs(*store_cell(cells[CELL]) ? ", " : "", r->out);
    escape_html_name(r->out, store_cell(cells[CELL]));
    fputs(", ", r->out);
    escape_html_name(r->out, store_cell(cells[SPLIT]));
    fputs("</td>", r->out);
    fprintf(r->out, "<td class=test><a href=\"#recipe-%lld\">",
            strtoll(store_cell(cells[RECIPE]), NULL, 10));
    escape_html_name(r->out, store_cell(cells[VARIANT]));
    fputs("</a></td>", r->out);
    for (int i = MEAN; i <= WORST; i++)
        write_percent(r->out, cells[i]);
    write_number(r->out, cells[SEEDS], 0);
    write_percent(r->out, cells[CHANCE]);
    write_number(r->out, cells[PERPLEXITY], -1);
    write_number(r->out, cells[PARAMETERS], 0);
    write_number(r->out, cells[STEP], 1);
    fputs("<td class=name>", r->out);
    escape_html_name(r->out, store_cell(cells[PROFILE]));
    fputs("</td></tr>\n", r->out);
    return ST_OK;
}

enum status report_leaderboard(struct report *r, struct err *e)
{
    static const char *const headings[] = {
        "test",  "encoder", "error, %",   "from",    "to",          "best",   "worst",
        "seeds", "guess",   "perplexity", "weights", "CPU ms/step", "profile"};
    static const char sql[] =
        "WITH cost AS (SELECT recipe, max(parameters) AS parameters,"
        "  avg(1000.0 * cpu_s / nullif(steps, 0)) AS step FROM v_run"
        "  WHERE state = 'done' GROUP BY recipe), "
        "other AS (SELECT experiment, profile, cell, recipe, split,"
        "  max(mean) FILTER (WHERE metric = 'chance') AS chance,"
        "  max(mean) FILTER (WHERE metric = 'perplexity') AS perplexity,"
        "  max(metric = 'bits_per_byte') AS text"
        "  FROM v_summary WHERE metric IN ('chance', 'perplexity', 'bits_per_byte')"
        "  GROUP BY experiment, profile, cell, recipe, split) "
        "SELECT s.experiment, s.profile, s.cell, s.split, s.variant, s.recipe, s.mean,"
        " s.low, s.high, s.min, s.max, s.n, 1 - o.chance, o.perplexity, c.parameters, c.step "
        "FROM v_summary AS s LEFT JOIN cost AS c USING (recipe)"
        " LEFT JOIN other AS o USING (experiment, profile, cell, recipe, split) "
        "WHERE s.metric = 'token_error' AND s.split NOT IN ('train', 'valid')"
        " AND s.profile GLOB ?1 AND s.experiment GLOB ?2 "
        "ORDER BY s.experiment, s.profile, s.cell, s.split,"
        " iif(o.text, o.perplexity, s.mean) NULLS LAST, s.variant";
    enum { COLUMNS = sizeof headings / sizeof *headings };
    fputs("<p class=filter hidden><label>Only rows with <input type=search "
          "data-filter=board></label> <output></output></p>\n"
          "<div class=wide tabindex=0><table id=board class=sorts>\n<thead><tr>",
          r->out);
    for (int i = 0; i < COLUMNS; i++)
        fprintf(r->out, "<th scope=col%s>%s</th>",
                i >= 2 && i < COLUMNS - 1 ? " class=n" : "", headings[i]);
    fputs("</tr></thead>\n<tbody>\n", r->out);
    const enum status st = store_query(r->store, sql, r->params, 2, take, r, e);
    fputs("</tbody></table></div>\n", r->out);
    return st;
}
