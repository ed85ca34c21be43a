/* report_runs.c -- every run, the settings of each recipe, and what made them.
 *
 * Runs and provenance are one statement each, streamed to a table. Settings are a block for
 * each recipe: what differs from the first of its experiment, the command that trains it,
 * and the whole configuration without the seed.
 * The trap: text of the database goes through escape_html (report_say, report_element,
 * text_table); a shell's quotes in the command are a second, inner layer. */
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "escape.h"
#include "text_table.h"

/* --- runs ------------------------------------------------------------------------ */

/* Columns of numbers, which stand to the right. Cells stay the text that the database gave: a
 * commit of digits alone is no number, and a seed has no rounded form. */
static bool is_number(const char *column)
{
    static const char *const numbers[] = {"run",      "seed",         "steps",
                                          "seconds",  "tokens_per_s", "mib",
                                          "settings", "provenance",   "runs"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(column, numbers[i]) == 0)
            return true;
    return false;
}

static enum status add_row(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    struct text_table *t = context;
    (void)e;
    for (int i = 0; t->columns < columns; i++)
        text_table_column(t, names[i], is_number(names[i]));
    for (int i = 0; i < columns; i++)
        text_table_text(t, cells[i]);
    return ST_OK;
}

static enum status write_table(struct report *r, const char *sql, struct err *e)
{
    struct text_table t;
    text_table_init(&t, PRINT_HTML, r->out);
    text_table_stream(&t);
    enum status st = store_query(r->store, sql, r->params, 2, add_row, &t, e);
    if (st == ST_OK)
        st = text_table_end(&t, e);
    text_table_drop(&t);
    return st;
}

enum status report_runs(struct report *r, struct err *e)
{
    fputs("<p class=filter hidden><label>Only rows with <input type=search "
          "data-filter=runs></label> <output></output></p>\n",
          r->out);
    return write_table(
        r,
        "SELECT run_id AS run, experiment, profile, cell, variant AS encoder, seed, state,"
        " coalesce(error, '') AS reason, steps, round(wall_s, 1) AS seconds,"
        " CAST(round(tokens_per_s) AS INTEGER) AS tokens_per_s,"
        " CAST(round(peak_memory_mib) AS INTEGER) AS mib,"
        " recipe AS settings, provenance_id AS provenance FROM v_run "
        "WHERE profile GLOB ?1 AND experiment GLOB ?2 ORDER BY run_id",
        e);
}

enum status report_provenance(struct report *r, struct err *e)
{
    return write_table(
        r,
        "SELECT p.id AS provenance, count(DISTINCT r.run_id) AS runs, p.version,"
        " p.git_commit AS \"commit\", iif(p.dirty, 'with changes', '') AS sources,"
        " p.compiler, p.flags, p.kernel_isa AS kernels, p.blas, p.blas_core, p.cpu,"
        " p.yaml_hash AS experiment_file "
        "FROM v_run AS r JOIN provenance AS p ON p.id = r.provenance_id "
        "WHERE r.profile GLOB ?1 AND r.experiment GLOB ?2 GROUP BY p.id ORDER BY p.id",
        e);
}

/* --- settings ---------------------------------------------------------------------- */

enum { RECIPE, EXPERIMENT, PROFILE, CELL, VARIANT, RUNS, SEEDS, CONFIG, DIFFERENT };

static void write_config(FILE *out, const char *config)
{
    json_t *all = json_loads(config, JSON_REJECT_DUPLICATES, NULL);
    if (all)
        json_object_del(all, "seed");
    char *text = all ? json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    fputs("<pre tabindex=0>", out); /* it may scroll, and the keyboard can */
    escape_html(out, text ? text : config);
    fputs("</pre>\n", out);
    free(text);
    json_decref(all);
}

/* A word for a shell: quoted unless it is made of plain characters. */
static void write_word(FILE *to, const char *before, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_=.,-";
    if (value[strspn(value, plain)] == '\0') {
        fprintf(to, "%s%s", before, value);
        return;
    }
    fprintf(to, "%s'", before);
    for (; *value; value++)
        fputs(*value == '\'' ? "'\\''" : (const char[]){*value, '\0'}, to);
    fputc('\'', to);
}

static void write_command(FILE *out, const char *const *cells)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return;
    write_word(to, "posbench run FILE.yaml --profile ", store_cell(cells[PROFILE]));
    write_word(to, " --only experiment=", store_cell(cells[EXPERIMENT]));
    if (*store_cell(cells[CELL]))
        write_word(to, " --only cell=", cells[CELL]);
    write_word(to, " --only variant=", store_cell(cells[VARIANT]));
    if (fclose(to) == 0) {
        fputs("<p>The command, with the experiment file of these runs: ", out);
        report_element(out, "code", text);
        fputs("</p>\n", out);
    }
    free(text);
}

static enum status take_settings(void *context, int columns, const char *const *names,
                                 const char *const *cells, struct err *e)
{
    const struct report *r = context;
    (void)columns;
    (void)names;
    (void)e;
    fprintf(r->out, "<details id=\"recipe-%lld\"><summary>",
            strtoll(store_cell(cells[RECIPE]), NULL, 10));
    report_say(r->out, "%s, %s%s%s, %s: runs %s, seeds %s", store_cell(cells[EXPERIMENT]),
               store_cell(cells[PROFILE]), *store_cell(cells[CELL]) ? ", " : "",
               store_cell(cells[CELL]), store_cell(cells[VARIANT]), store_cell(cells[RUNS]),
               store_cell(cells[SEEDS]));
    fputs("</summary>\n", r->out);
    if (cells[DIFFERENT]) {
        fputs("<p>Unlike the first of its experiment: ", r->out);
        report_element(r->out, "code", cells[DIFFERENT]);
        fputs("</p>\n", r->out);
    }
    write_command(r->out, cells);
    write_config(r->out, store_cell(cells[CONFIG]));
    fputs("</details>\n", r->out);
    return ST_OK;
}

enum status report_settings(struct report *r, struct err *e)
{
    /* `leaf` has every setting of the first run of each recipe. */
    static const char sql[] =
        "WITH one AS (SELECT recipe, experiment, profile, cell, variant,"
        "  min(run_id) AS run, group_concat(run_id, ' ') AS runs,"
        "  group_concat(seed, ' ') AS seeds,"
        "  first_value(recipe) OVER (PARTITION BY experiment, profile ORDER BY recipe)"
        "   AS first"
        "  FROM (SELECT * FROM v_run ORDER BY run_id)"
        "  WHERE profile GLOB ?1 AND experiment GLOB ?2"
        "  GROUP BY recipe, experiment, profile, cell, variant), "
        "leaf AS MATERIALIZED (SELECT o.recipe, t.fullkey AS key,"
        "  coalesce(t.atom, t.type) AS value"
        "  FROM (SELECT recipe, min(run) AS run FROM one GROUP BY recipe) AS o"
        "  JOIN run AS r ON r.id = o.run, json_tree(r.config) AS t"
        "  WHERE t.type NOT IN ('object', 'array') AND t.fullkey <> '$.seed') "
        "SELECT o.recipe, o.experiment, o.profile, o.cell, o.variant, o.runs, o.seeds,"
        " (SELECT config FROM run WHERE id = o.run),"
        " (SELECT group_concat(substr(a.key, 3) || '=' || a.value, ' ') FROM leaf AS a"
        "  LEFT JOIN leaf AS b ON b.recipe = o.first AND b.key = a.key"
        "  WHERE a.recipe = o.recipe AND a.value IS NOT b.value) "
        "FROM one AS o ORDER BY o.experiment, o.profile, o.cell, o.recipe";
    return store_query(r->store, sql, r->params, 2, take_settings, r, e);
}
