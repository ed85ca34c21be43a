/* table.c -- answers a request with tables, one for each section and metric.
 *
 * The request is checked, table_data.c loads the records of each metric, table_section.c
 * divides them into sections, and each section is printed for people (table_print.c) or
 * collected as CSV and JSON (table_export.c). When nothing is printed, `nothing` says why.
 * Pitfall: all metrics must have the same runs in the same order, because section i of one is
 * taken for section i of all. */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "no_match.h"
#include "option.h"
#include "store_internal.h"
#include "table_export.h"
#include "table_names.h"
#include "table_notes.h"
#include "table_print.h"
#include "table_strata.h"
#include "table_tuning.h"

/* Most metrics of one call, more than a run has, and most bytes of a name; a longer list or name
 * is refused. Chosen. */
enum { METRICS_MAX = 16, METRIC_NAME = 64 };

/* The state of one call of table_print. */
struct job {
    const struct table_request *q;
    struct table_shape shape;
    int metrics;
    char metric[METRICS_MAX][METRIC_NAME];
    struct table_data data[METRICS_MAX];
    struct groups sections[METRICS_MAX]; /* the records of each table */
    int printed;                         /* tables so far */
    int floats;                          /* LaTeX floats so far */
    struct text_table cells;             /* CSV: the cells of all tables */
    json_t *tables;                      /* JSON */
    char *macros; /* the text of all macros, which is printed at the end */
    size_t macro_bytes;
    struct words macro; /* names of the macros */
    FILE *out;
};

static enum status split_metrics(struct job *j, const char *list, struct err *e)
{
    while (*list) {
        const size_t n = strcspn(list, ",");
        if (n == 0 || n >= METRIC_NAME || j->metrics == METRICS_MAX)
            return err_set(e, ST_USAGE,
                           "metrics \"%s\": give names with commas between them, such as "
                           "token_error,perplexity",
                           list);
        char *name = j->metric[j->metrics];
        int k = 0;
        snprintf(name, METRIC_NAME, "%.*s", (int)n, list);
        while (strcmp(j->metric[k], name) != 0)
            k++;
        j->metrics += k == j->metrics; /* a metric named twice is printed once */
        list += n + (list[n] == ',');
    }
    return j->metrics ? ST_OK : err_set(e, ST_USAGE, "the list of metrics is empty");
}

struct names {
    int n;
    char name[64][METRIC_NAME];
};

static enum status take_name(void *context, sqlite3_stmt *q, struct err *e)
{
    struct names *all = context;
    (void)e;
    if (all->n < 64)
        snprintf(all->name[all->n++], METRIC_NAME, "%s",
                 (const char *)sqlite3_column_text(q, 0));
    return ST_OK;
}

static enum status check_metrics(struct store *s, const struct job *j, struct err *e)
{
    struct names all = {.n = 0};
    const char *list[64];
    const enum status st = store_each(s, "SELECT DISTINCT name FROM metric ORDER BY name",
                                      NULL, 0, NULL, take_name, &all, e);
    if (st || all.n == 0)
        return st; /* without numbers, `nothing` gives another message */
    for (int i = 0; i < all.n; i++)
        list[i] = all.name[i];
    for (int i = 0; i < j->metrics; i++) {
        int k = 0;
        while (k < all.n && strcmp(j->metric[i], all.name[k]) != 0)
            k++;
        if (k == all.n)
            return err_set(e, ST_USAGE, "no metric \"%s\"%s", j->metric[i],
                           suggest_among(j->metric[i], list, all.n));
    }
    return ST_OK;
}

/* The default metrics: errors, then those of texts when the database has any. */
#define METRICS_OF_TASKS "token_error,sequence_error"
#define METRICS_OF_TEXTS "perplexity,bits_per_byte"
enum { ERRORS = 2, BITS = 3 }; /* metrics of tasks; the index of bits_per_byte */

static enum status take_texts(void *context, sqlite3_stmt *q, struct err *e)
{
    (void)e;
    *(bool *)context = sqlite3_column_int(q, 0);
    return ST_OK;
}

static enum status default_metrics(struct store *s, struct job *j, struct err *e)
{
    bool texts = false;
    const enum status st =
        store_each(s,
                   "SELECT EXISTS (SELECT 1 FROM metric"
                   " WHERE name IN ('bits_per_byte', 'word_perplexity'))",
                   NULL, 0, NULL, take_texts, &texts, e);
    return st ? st
              : split_metrics(
                    j, texts ? METRICS_OF_TASKS "," METRICS_OF_TEXTS : METRICS_OF_TASKS, e);
}

static enum status check_request(struct store *s, struct job *j, struct err *e)
{
    const struct table_request *q = j->q;
    enum status st = dim_parse(q->rows ? q->rows : "encoder", &j->shape.rows, e);
    if (st == ST_OK)
        st = dim_parse(q->cols ? q->cols : "split", &j->shape.cols, e);
    if (st == ST_OK && j->shape.rows == j->shape.cols)
        st =
            err_set(e, ST_USAGE, "rows and columns are both \"%s\"; choose another for one",
                    dim_name(j->shape.rows));
    if (st == ST_OK)
        st = q->metrics ? split_metrics(j, q->metrics, e) : default_metrics(s, j, e);
    return st || !q->metrics ? st : check_metrics(s, j, e);
}

static enum status export_json(struct job *j, const struct table_section *s, struct err *e)
{
    struct text_table cells;
    text_table_init(&cells, PRINT_JSON, j->out);
    text_table_keep(&cells);
    table_export_columns(&cells, j->q->strata);
    table_export_cells(s, &cells, j->q->strata);
    json_t *table = table_export_json(s, text_table_take(&cells));
    return json_array_append_new(j->tables, table) == 0
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for a table as JSON");
}

static enum status print_section(struct job *j, const struct table_section *s,
                                 struct err *e)
{
    const bool first = j->printed++ == 0;
    if (j->q->macros)
        return table_export_macros(s, j->q, j->out, &j->macro, e);
    switch (j->q->format) {
    case PRINT_CSV:
        table_export_cells(s, &j->cells, j->q->strata);
        return ST_OK;
    case PRINT_JSON:
        return export_json(j, s, e);
    default:
        fputs(first ? "" : "\n", j->out);
        return table_print_section(s, j->q, j->out, &j->floats, e);
    }
}

static bool has_values(const struct table_section *s)
{
    for (int i = 0; i < s->rows * s->cols; i++)
        if (s->cell[i].n > 0)
            return true;
    return false;
}

/* Is the table left out by default? Texts get no errors, because every sequence has some, and no
 * bits per byte where they have none (tokens of words). Other tasks get no perplexity and bits,
 * and no errors per sequence where they equal those per token. */
static bool left_out(const struct job *j, int metric, const struct table_section *s)
{
    bool text = false;
    if (j->q->metrics)
        return false;
    for (int i = 0; i < s->members; i++)
        text |= table_member(s, i)->source != NULL;
    if (text)
        return metric < ERRORS || (metric == BITS && !has_values(s));
    return metric >= ERRORS || (metric > 0 && s->single);
}

static enum status one_table(struct job *j, int metric, int section, struct err *e)
{
    const struct table_data *d = &j->data[metric];
    struct table_section s;
    enum status st = table_section_init(d, j->shape, &j->sections[metric], section, &s, e);
    if (st == ST_OK)
        st = table_order(&s, j->q->sort, e);
    if (st == ST_OK && s.rows * s.cols > 0 && !left_out(j, metric, &s))
        st = print_section(j, &s, e);
    table_section_free(&s);
    return st;
}

enum { SAID_TEXT = 512 };

static enum status take_said(void *context, sqlite3_stmt *q, struct err *e)
{
    const char *text = (const char *)sqlite3_column_text(q, 0);
    (void)e;
    snprintf(context, SAID_TEXT, "%s", text ? text : "no run has such a split");
    return ST_OK;
}

/* Reports a split that only other tasks have. */
static enum status no_such_split(struct store *s, const char *filter, struct err *e)
{
    char said[SAID_TEXT] = "";
    const enum status st =
        store_each(s,
                   "SELECT 'none of these runs has the split; it is one of '"
                   " || group_concat(task, ', ')"
                   " FROM (SELECT DISTINCT task FROM v_result WHERE fits(?1, split))",
                   &filter, 1, NULL, take_said, said, e);
    return st ? st : err_set(e, ST_NOTFOUND, "\"%s\": %s", filter, said);
}

/* Reports why there is no table: a filter matches no run, the runs lack the split, or they have
 * no numbers yet. */
static enum status nothing(struct store *s, const struct job *j, struct err *e)
{
    const struct table_request *q = j->q;
    const int runs = j->data[0].records;
    char advice[FILTER_ADVICE] = "";
    const enum status unfinished = table_data_unfinished(&j->data[0], e);
    if (unfinished)
        return unfinished;
    if (runs)
        return err_set(e, ST_NOTFOUND,
                       "%d runs match but none has numbers for this: `posbench plan` shows "
                       "how far they are, `posbench query accuracy_by_split` the names "
                       "of their splits",
                       runs);
    no_match_request(s, q->experiment, q->profile, q->filters, q->n_filters, advice);
    const char *split = NULL;
    for (int i = 0; i < q->n_filters && !advice[0]; i++) {
        if (strncmp(q->filters[i], "split=", strlen("split=")) != 0)
            continue;
        if (split)
            return err_set(e, ST_NOTFOUND,
                           "nothing matches both \"%s\" and \"%s\"; for either write "
                           "them as one filter, such as split=id,ood_*",
                           split, q->filters[i]);
        split = q->filters[i];
    }
    if (split)
        return no_such_split(s, split, e);
    return err_set(e, ST_NOTFOUND,
                   "no run matches%s; `posbench list runs` shows what there "
                   "is",
                   advice);
}

static enum status print_all(struct store *s, struct job *j, struct err *e)
{
    enum status st = ST_OK;
    for (int m = 0; m < j->metrics && st == ST_OK; m++)
        st = table_sections_divide(&j->data[m], j->shape, &j->sections[m], e);
    for (int i = 0; i < j->sections[0].n && st == ST_OK; i++)
        for (int m = 0; m < j->metrics && st == ST_OK; m++)
            st = one_table(j, m, i, e);
    const bool none = st == ST_OK && j->printed == 0;
    if (st == ST_OK && j->q->format == PRINT_CSV && !none)
        st = text_table_end(&j->cells, e);
    if (st == ST_OK && j->q->format == PRINT_JSON)
        st = print_json(json_pack("{si sO}", "schema", 1, "tables", j->tables),
                        JSON_INDENT(1), j->out, e);
    return none && st == ST_OK ? nothing(s, j, e) : st;
}

/* Loads one metric. Only token_error has errors by place. */
static enum status load(struct store *s, struct job *j, int m, struct err *e)
{
    struct table_data *d = &j->data[m];
    enum status st = table_data_load(s, j->q, j->metric[m], d, e);
    if (st == ST_OK)
        st = table_names_load(d, j->q, e);
    if (st == ST_OK)
        st = table_order_check(d, j->shape, j->q->sort, e);
    if (st == ST_OK)
        st = table_tuning_load(s, d, e);
    if (st || !j->q->strata || strcmp(j->metric[m], "token_error") != 0)
        return st;
    return table_strata_load(s, d, e);
}

enum status table_print(struct store *s, const struct table_request *q, FILE *out,
                        struct err *e)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return err_set(e, ST_NOMEM, "no memory for a table");
    j->q = q;
    j->out = q->macros ? open_memstream(&j->macros, &j->macro_bytes) : out;
    j->tables = json_array();
    text_table_init(&j->cells, q->format, out);
    table_export_columns(&j->cells, q->strata);
    enum status st = j->tables && j->out ? check_request(s, j, e)
                                         : err_set(e, ST_NOMEM, "no memory for a table");
    for (int m = 0; m < j->metrics && st == ST_OK; m++)
        st = load(s, j, m, e);
    if (st == ST_OK)
        st = print_all(s, j, e);
    if (q->macros && j->out && fclose(j->out) == 0 && st == ST_OK)
        fputs(j->macros, out);
    free(j->macros);
    words_free(&j->macro);
    for (int m = 0; m < j->metrics; m++) {
        table_data_free(&j->data[m]);
        groups_free(&j->sections[m]);
    }
    text_table_drop(&j->cells);
    json_decref(j->tables);
    free(j);
    return st;
}

/* --- settings of splits --------------------------------------------------------------- */

static enum status tell_splits(const struct table_data *d, const struct groups *sections,
                               int i, const struct split_listener *l, struct err *e)
{
    const struct table_shape shape = {DIM_VARIANT, DIM_SPLIT};
    struct table_section s;
    enum status st = table_section_init(d, shape, sections, i, &s, e);
    if (st == ST_OK && s.members > 0) {
        const struct record *any = table_member(&s, 0);
        st = l->tests(l->to, any->key[DIM_EXPERIMENT], any->key[DIM_PROFILE],
                      any->key[DIM_TASK], e);
        if (st == ST_OK)
            table_notes_splits(&s, l->split, l->to);
        for (int m = 0; st == ST_OK && m < s.members; m++) {
            const struct asked *asked = table_data_asked(d, table_member(&s, m));
            if (asked)
                l->options(l->to, asked->options);
        }
    }
    table_section_free(&s);
    return st;
}

enum status table_splits(struct store *s, const struct table_request *q,
                         const struct split_listener *listener, struct err *e)
{
    const struct table_shape shape = {DIM_VARIANT, DIM_SPLIT};
    struct table_data d = {.records = 0};
    struct groups sections = {.n = 0};
    enum status st = table_data_load(s, q, "token_error", &d, e);
    if (st == ST_OK)
        st = table_sections_divide(&d, shape, &sections, e);
    for (int i = 0; i < sections.n && st == ST_OK; i++)
        st = tell_splits(&d, &sections, i, listener, e);
    groups_free(&sections);
    table_data_free(&d);
    return st;
}
