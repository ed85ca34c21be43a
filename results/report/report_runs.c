/* report_runs.c -- writes every run, the settings of each recipe, and provenance.
 *
 * Runs and provenance are one statement each, whose rows become rows of a table. Settings are a
 * block for each recipe: its runs, what differs from the first recipe of its experiment, the
 * command that trains it, and the whole configuration without the seed. Rows and blocks link to
 * each other by their numbers.
 * Pitfall: text of the database must go through escape_html (report_say, escape_html_name,
 * report_element); a shell's quotes in the command are a second, inner layer. */
#include "report_parts.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "escape.h"

/* --- runs and provenance ------------------------------------------------------------- */

/* A column. Columns of numbers are right-aligned, with the text of the database, because a seed
 * must not be rounded. */
struct column {
    const char *name;
    bool number;
    const char *to; /* NULL, or its cells link to the entry of this kind and number */
};

struct table {
    FILE *out;
    const struct column *column;
    char before[24]; /* the number of the row above */
};

static void write_cell(FILE *out, const struct column *c, const char *text)
{
    fputs(c->number ? "<td class=n>" : "<td class=name>", out);
    if (c->to && *text) {
        fprintf(out, "<a href=\"#%s-", c->to);
        escape_html(out, text);
        fputs("\">", out);
    }
    escape_html_name(out, text);
    fputs(c->to && *text ? "</a></td>" : "</td>", out);
}

/* Writes a row. A run of several experiments has a row in each; only the first has the id that
 * links point to. */
static enum status write_row(void *context, int columns, const char *const *names,
                             const char *const *cells, struct err *e)
{
    struct table *t = context;
    const char *const number = store_cell(cells[0]);
    (void)names;
    (void)e;
    fputs("<tr", t->out);
    if (strcmp(number, t->before) != 0) {
        fprintf(t->out, " id=\"%s-", t->column->name);
        escape_html(t->out, number);
        fputs("\"", t->out);
    }
    fputs(">", t->out);
    snprintf(t->before, sizeof t->before, "%s", number);
    for (int i = 0; i < columns; i++)
        write_cell(t->out, &t->column[i], store_cell(cells[i]));
    fputs("</tr>\n", t->out);
    return ST_OK;
}

/* Writes the answer to a statement as a table with these columns, the first of which is the
 * number of the row. */
static enum status write_table(struct report *r, const char *sql,
                               const struct column *column, int columns, struct err *e)
{
    struct table t = {.out = r->out, .column = column};
    fputs("<div class=wide tabindex=0><table>\n<thead><tr>", r->out);
    for (int i = 0; i < columns; i++)
        fprintf(r->out, "<th scope=col%s>%s</th>", column[i].number ? " class=n" : "",
                column[i].name);
    fputs("</tr></thead>\n<tbody>\n", r->out);
    const enum status st = store_query(r->store, sql, r->params, 2, write_row, &t, e);
    fputs("</tbody></table></div>\n", r->out);
    return st;
}

enum status report_runs(struct report *r, struct err *e)
{
    static const struct column columns[] = {
        {.name = "run", .number = true},
        {.name = "experiment"},
        {.name = "profile"},
        {.name = "cell"},
        {.name = "encoder"},
        {.name = "seed", .number = true},
        {.name = "state"},
        {.name = "steps", .number = true},
        {.name = "seconds", .number = true},
        {.name = "tokens/s", .number = true},
        {.name = "MiB", .number = true},
        {.name = "settings", .number = true, .to = "recipe"},
        {.name = "provenance", .number = true, .to = "provenance"},
    };
    fputs("<p class=filter hidden><label>Only rows with <input type=search "
          "data-filter=runs></label> <output></output></p>\n",
          r->out);
    return write_table(
        r,
        "SELECT run_id, experiment, profile, cell, variant, seed,"
        " state || coalesce(': ' || nullif(error, ''), ''), steps,"
        " iif(wall_s >= 0, printf('%.1f', wall_s), NULL),"
        " CAST(round(tokens_per_s) AS INTEGER), CAST(round(peak_memory_mib) AS INTEGER),"
        " recipe, provenance_id FROM v_run "
        "WHERE profile GLOB ?1 AND experiment GLOB ?2 ORDER BY run_id",
        columns, sizeof columns / sizeof *columns, e);
}

enum status report_provenance(struct report *r, struct err *e)
{
    static const struct column columns[] = {
        {.name = "provenance", .number = true},
        {.name = "runs", .number = true},
        {.name = "version"},
        {.name = "commit"},
        {.name = "sources"},
        {.name = "compiler"},
        {.name = "flags"},
        {.name = "kernels"},
        {.name = "BLAS"},
        {.name = "BLAS core"},
        {.name = "CPU"},
        {.name = "experiment file"},
    };
    return write_table(
        r,
        "SELECT p.id, count(DISTINCT r.run_id), p.version, p.git_commit,"
        " iif(p.dirty, 'with changes', ''), p.compiler, p.flags, p.kernel_isa, p.blas,"
        " p.blas_core, p.cpu, p.yaml_hash "
        "FROM v_run AS r JOIN provenance AS p ON p.id = r.provenance_id "
        "WHERE r.profile GLOB ?1 AND r.experiment GLOB ?2 GROUP BY p.id ORDER BY p.id",
        columns, sizeof columns / sizeof *columns, e);
}

/* --- settings ---------------------------------------------------------------------- */

enum { RECIPE, EXPERIMENT, PROFILE, CELL, VARIANT, RUNS, SEEDS, CONFIG, DIFFERENT, FIRST };

static void write_config(FILE *out, const char *config)
{
    json_t *all = json_loads(config, JSON_REJECT_DUPLICATES, NULL);
    if (all)
        json_object_del(all, "seed");
    char *text = all ? json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    fputs("<pre tabindex=0>", out); /* lets the keyboard scroll it */
    escape_html(out, text ? text : config);
    fputs("</pre>\n", out);
    free(text);
    json_decref(all);
}

static void write_command(FILE *out, const char *const *cells)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return;
    report_word(to, "posbench run FILE.yaml --profile ", store_cell(cells[PROFILE]));
    report_word(to, " --only experiment=", store_cell(cells[EXPERIMENT]));
    if (*store_cell(cells[CELL]))
        report_word(to, " --only cell=", cells[CELL]);
    report_word(to, " --only variant=", store_cell(cells[VARIANT]));
    if (fclose(to) == 0) {
        fputs("<p>The command, with the experiment file of these runs: ", out);
        report_element(out, "code", text);
        fputs("</p>\n", out);
    }
    free(text);
}

/* Writes links back to the runs: "Runs: 17, 18". */
static void write_runs(FILE *out, const char *runs)
{
    fputs("<p>Runs: ", out);
    for (const char *before = ""; *runs; before = ", ") {
        const int n = (int)strcspn(runs, " ");
        fprintf(out, "%s<a href=\"#run-%.*s\">%.*s</a>", before, n, runs, n, runs);
        runs += n + (runs[n] == ' ');
    }
    fputs("</p>\n", out);
}

static enum status take_settings(void *context, int columns, const char *const *names,
                                 const char *const *cells, struct err *e)
{
    const struct report *r = context;
    (void)columns;
    (void)names;
    (void)e;
    if (strcmp(store_cell(cells[FIRST]), "1") == 0)
        fprintf(r->out, "<details id=\"recipe-%s\"><summary>", store_cell(cells[RECIPE]));
    else
        fputs("<details><summary>", r->out);
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
    write_runs(r->out, store_cell(cells[RUNS]));
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
        "  WHERE a.recipe = o.recipe AND a.value IS NOT b.value),"
        " row_number() OVER (PARTITION BY o.recipe"
        "  ORDER BY o.experiment, o.profile, o.cell) "
        "FROM one AS o ORDER BY o.experiment, o.profile, o.cell, o.recipe";
    return store_query(r->store, sql, r->params, 2, take_settings, r, e);
}
