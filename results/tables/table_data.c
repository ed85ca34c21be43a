/* table_data.c -- loads the records of one metric with one statement over v_run and v_score.
 *
 * The statement is composed of the request's filters; a record is a run on a split, or a run
 * alone when it has no numbers. Then runs of one name with different settings get different
 * names, variants are merged on request, and published numbers, caveats, learning curves and
 * settings of splits are read.
 * Pitfall: keys are interned (table_data_word) and compared by address; a text that is not
 * interned equals none. */
#include "ascending.h"
#include "table_data.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "filter.h"
#include "option.h"
#include "split_text.h"
#include "store_internal.h"

static const char *const dim_names[DIMS] = {
    [DIM_EXPERIMENT] = "experiment",
    [DIM_PROFILE] = "profile",
    [DIM_TASK] = "task",
    [DIM_CELL] = "cell",
    [DIM_VARIANT] = "encoder",
    [DIM_SPLIT] = "split",
    [DIM_SEED] = "seed",
    [DIM_TEST] = "test",
};

const char *dim_name(enum dim d)
{
    return dim_names[d];
}

enum status dim_parse(const char *text, enum dim *out, struct err *e)
{
    if (strcmp(text, "variant") == 0) {
        *out = DIM_VARIANT;
        return ST_OK;
    }
    for (int d = 0; d < DIMS; d++)
        if (strcmp(text, dim_names[d]) == 0) {
            *out = (enum dim)d;
            return ST_OK;
        }
    return err_set(e, ST_USAGE,
                   "rows or columns \"%s\": there are experiment, profile, task, cell, "
                   "encoder, split, seed, test%s",
                   text, suggest_text(text, dim_names, DIMS));
}

void *table_data_grown(void *array, int n, size_t size)
{
    if (n & (n - 1))
        return array;
    return realloc(array, (size_t)(n ? 2 * n : 1) * size);
}

const char *table_data_word(struct table_data *d, const char *text, enum status *st,
                            struct err *e)
{
    const int place = text ? words_place(&d->words, text) : -1;
    if (text && place < 0)
        *st = err_set(e, ST_NOMEM, "no memory for the table");
    return place < 0 ? NULL : d->words.text[place];
}

/* --- the statement ---------------------------------------------------------- */

/* A filter takes some 30 letters and up to two parameters. Beyond either limit the message says
 * "too many filters"; both are chosen, not measured. */
enum { SQL_TEXT = 8192, PARAMS_MAX = 80 };

struct statement {
    char sql[SQL_TEXT];
    size_t used;
    const char *param[PARAMS_MAX];
    int params;
    bool full;
};

static void add(struct statement *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct statement *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(t->sql + t->used, SQL_TEXT - t->used, fmt, args);
    va_end(args);
    t->full = t->full || n < 0 || (size_t)n >= SQL_TEXT - t->used;
    t->used += t->full ? 0 : (size_t)n;
}

/* Adds `value` as a parameter and returns its number. */
static int param(struct statement *t, const char *value)
{
    if (t->params == PARAMS_MAX) {
        t->full = true;
        return 1;
    }
    t->param[t->params++] = value;
    return t->params;
}

/* Adds the filters with the key "split" (`split`) or all others. */
static enum status add_filters(struct statement *t, const struct table_request *q,
                               bool split, struct err *e)
{
    for (int i = 0; i < q->n_filters; i++) {
        struct filter f;
        const enum status st = filter_parse(q->filters[i], &f, e);
        if (st)
            return st;
        if ((f.key == FILTER_SPLIT) == split)
            add(t, " AND fits(?%d, %s.%s)", param(t, q->filters[i]), split ? "w" : "r",
                filter_key_name(f.key));
    }
    return ST_OK;
}

static bool filters_by_split(const struct table_request *q)
{
    for (int i = 0; i < q->n_filters; i++)
        if (strncmp(q->filters[i], "split=", 6) == 0)
            return true;
    return false;
}

/* Excludes runs whose task has none of the requested splits. */
static enum status add_split_owners(struct statement *t, const struct table_request *q,
                                    struct err *e)
{
    enum status st = ST_OK;
    if (!filters_by_split(q))
        return ST_OK;
    add(t, " AND (json_type(r.config, '$.splits') IS NULL OR EXISTS (SELECT 1 FROM"
           " json_each(r.config, '$.splits') AS own WHERE 1");
    for (int i = 0; i < q->n_filters && st == ST_OK; i++) {
        struct filter f;
        st = filter_parse(q->filters[i], &f, e);
        if (st == ST_OK && f.key == FILTER_SPLIT)
            add(t, " AND fits(?%d, own.key)", param(t, q->filters[i]));
    }
    add(t, "))");
    return st;
}

static enum status compose(struct statement *t, const struct table_request *q,
                           const char *metric, struct err *e)
{
    /* Selects the columns of v_result that a table needs, and the metric, from the scores of
     * each run in one pass; a join with the view would compute it again for each of them. */
    const int m = param(t, metric);
    add(t,
        "SELECT r.run_id, r.recipe, r.experiment, r.profile, r.task, r.cell, r.variant,"
        " w.split, r.seed, r.encoder, r.state, r.error,"
        " max(w.value) FILTER (WHERE w.metric = ?%d),"
        " max(w.count) FILTER (WHERE w.metric = ?%d),"
        " max(w.total) FILTER (WHERE w.metric = ?%d),"
        " max(w.value) FILTER (WHERE w.metric = 'chance'),"
        " max(w.value) FILTER (WHERE w.metric = 'majority'),"
        " max(w.value) FILTER (WHERE w.metric = 'ceiling'),"
        " max(w.total) FILTER (WHERE w.metric IN ('accuracy', 'token_error', 'majority',"
        "                                         'ceiling')),"
        " max(w.total) FILTER (WHERE w.metric IN ('sequence_accuracy',"
        "                                         'sequence_error')),"
        " max(w.value) FILTER (WHERE w.metric = 'seen'),"
        " CASE WHEN w.split IS NOT NULL AND instr(r.config, '\"data\":\"') > 0"
        "  THEN json_extract(r.config, '$.splits.\"' || w.split || '\".options') END"
        " FROM v_run AS r LEFT JOIN v_score AS w ON w.run_id = r.run_id"
        " AND w.split <> 'train' AND r.state = 'done'",
        m, m, m);
    if (!filters_by_split(q))
        add(t,
            " AND (w.split NOT IN ('valid', 'train') OR NOT EXISTS (SELECT 1 FROM metric"
            " WHERE run_id = r.run_id AND split NOT IN ('valid', 'train'))%s)",
            q->published ? " OR EXISTS (SELECT 1 FROM published AS p"
                           " WHERE p.experiment = r.experiment AND p.split = w.split)"
                         : "");
    enum status st = add_filters(t, q, true, e);
    if (st)
        return st;
    add(t, " WHERE 1");
    if (q->experiment)
        add(t, " AND r.experiment GLOB ?%d", param(t, q->experiment));
    if (q->profile)
        add(t, " AND r.profile GLOB ?%d", param(t, q->profile));
    st = add_filters(t, q, false, e);
    if (st == ST_OK)
        st = add_split_owners(t, q, e);
    if (st)
        return st;
    add(t,
        " GROUP BY r.run_id, r.experiment, r.profile, w.split"
        " ORDER BY r.run_id, r.experiment, r.profile,"
        " min(w.metric_id) FILTER (WHERE w.metric = ?%d)",
        m);
    return t->full ? err_set(e, ST_USAGE, "too many filters; at most 60 are read") : ST_OK;
}

/* --- rows -------------------------------------------------------------------- */

static double real_or_nan(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? (double)NAN
                                                    : sqlite3_column_double(q, i);
}

static int64_t count_or_none(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, i);
}

/* Sets the source and the windows of a text from the split's options; other tasks have none. */
static enum status take_text_options(struct table_data *d, const char *options,
                                     struct record *r, struct err *e)
{
    enum status st = ST_OK;
    char text[SPLIT_TEXT];
    json_t *const read = options ? json_loads(options, 0, NULL) : NULL;
    if (!read)
        return ST_OK;
    split_text_source(read, text);
    r->source = table_data_word(d, text, &st, e);
    split_text_windows(read, text);
    r->windows = table_data_word(d, text, &st, e);
    json_decref(read);
    return st;
}

static enum status take_record(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct record *all = table_data_grown(d->record, d->records, sizeof *all);
    enum status st = ST_OK;
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->record = all;
    struct record *r = &all[d->records];
    *r = (struct record){
        .run = sqlite3_column_int64(q, 0),
        .recipe = sqlite3_column_int64(q, 1),
        .value = real_or_nan(q, 12),
        .count = count_or_none(q, 13),
        .total = count_or_none(q, 14),
        .chance = real_or_nan(q, 15),
        .majority = real_or_nan(q, 16),
        .ceiling = real_or_nan(q, 17),
        .tokens = count_or_none(q, 18),
        .sequences = count_or_none(q, 19),
        .seen = real_or_nan(q, 20),
    };
    const char *text[12];
    for (int i = 2; i < 12; i++)
        text[i] = table_data_word(d, (const char *)sqlite3_column_text(q, i), &st, e);
    for (int k = 0; k <= DIM_SEED; k++)
        r->key[k] = text[2 + k];
    if (r->key[DIM_SPLIT]) {
        char test[512];
        const char *cell = r->key[DIM_CELL] ? r->key[DIM_CELL] : "";
        snprintf(test, sizeof test, "%.150s%s%.150s %.150s", r->key[DIM_EXPERIMENT],
                 *cell ? " " : "", cell, r->key[DIM_SPLIT]);
        r->key[DIM_TEST] = table_data_word(d, test, &st, e);
    }
    r->variant = r->key[DIM_VARIANT];
    r->encoder = text[9];
    r->state = text[10];
    r->error = text[11];
    d->records++;
    if (st == ST_OK)
        st = take_text_options(d, (const char *)sqlite3_column_text(q, 21), r, e);
    return st;
}

static enum status take_published(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct published *all = table_data_grown(d->published, d->publisheds, sizeof *all);
    enum status st = ST_OK;
    const char *text[7];
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->published = all;
    for (int i = 0; i < 7; i++)
        text[i] = table_data_word(d, (const char *)sqlite3_column_text(q, i), &st, e);
    all[d->publisheds] = (struct published){
        .order = d->publisheds,
        .experiment = text[0],
        .profile = text[1],
        .cell = text[2],
        .variant = text[3],
        .split = text[4],
        .paper = text[5],
        .source = text[6],
        .ambiguous = sqlite3_column_int(q, 7) != 0,
        .value = real_or_nan(q, 8),
        .std = real_or_nan(q, 9),
    };
    d->publisheds++;
    return st;
}

static enum status take_caveat(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct caveat *all = table_data_grown(d->caveat, d->caveats, sizeof *all);
    enum status st = ST_OK;
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->caveat = all;
    all[d->caveats] = (struct caveat){
        .run = sqlite3_column_int64(q, 0),
        .order = d->caveats,
        .text = table_data_word(d, (const char *)sqlite3_column_text(q, 1), &st, e),
    };
    d->caveats++;
    return st;
}

/* Selects the splits of the first run of each recipe, each with its base for comparison: the
 * split "id", or, for "id" itself and where there is none, the task in training. */
static const char asked_sql[] =
    "SELECT recipe_id, key, value, iif(by_id, json_extract(config, '$.splits.id'),"
    "  json_extract(config, '$.task')), iif(by_id, 'id', 'training') "
    "FROM (SELECT r.recipe_id, r.config, s.key, s.value,"
    "  s.key <> 'id' AND json_type(r.config, '$.splits.id') IS 'object' AS by_id"
    "  FROM (SELECT min(id) AS id FROM run WHERE removed IS NULL GROUP BY recipe_id) AS o"
    "  JOIN run AS r USING (id), json_each(r.config, '$.splits') AS s"
    "  WHERE s.type = 'object' AND json_type(r.config, '$.task') IS 'object') "
    "ORDER BY recipe_id";

static enum status take_asked(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct asked *all = table_data_grown(d->asked, d->askeds, sizeof *all);
    const char *const name = (const char *)sqlite3_column_text(q, 4);
    enum status st = ST_OK;
    char text[SPLIT_TEXT], options[SPLIT_TEXT];
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->asked = all;
    json_t *split = json_loads((const char *)sqlite3_column_text(q, 2), 0, NULL);
    json_t *base = json_loads((const char *)sqlite3_column_text(q, 3), 0, NULL);
    split_text_changes(split, base, strcmp(name, "id") == 0 ? name : "in training", text,
                       options);
    json_decref(split);
    json_decref(base);
    all[d->askeds++] = (struct asked){
        .recipe = sqlite3_column_int64(q, 0),
        .split = table_data_word(d, (const char *)sqlite3_column_text(q, 1), &st, e),
        .changes = table_data_word(d, text, &st, e),
        .options = table_data_word(d, options, &st, e),
        .base = table_data_word(d, name, &st, e),
    };
    return st;
}

static enum status take_learning(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    struct learning *all = table_data_grown(d->learning, d->learnings, sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    d->learning = all;
    all[d->learnings++] = (struct learning){
        .run = sqlite3_column_int64(q, 0),
        .error = real_or_nan(q, 1),
        .majority = real_or_nan(q, 2),
        .loss = real_or_nan(q, 3),
        .before = real_or_nan(q, 4),
    };
    return ST_OK;
}

/* Selects the learning of every run that is done, by the key of `curve`, so that large databases
 * answer at once. The last point between 3/4 and 9/10 of the steps stands for 9/10. */
static const char learning_sql[] =
    "SELECT r.id, e.token_error, e.majority, e.loss,"
    " (SELECT b.loss FROM curve AS b WHERE b.run_id = r.id AND b.split = 'valid'"
    "  AND b.step BETWEEN 0.75 * r.steps AND 0.9 * r.steps ORDER BY b.step DESC LIMIT 1) "
    "FROM run AS r JOIN curve AS e ON e.run_id = r.id AND e.split = 'valid'"
    " AND e.step = r.steps WHERE r.state = 'done' ORDER BY r.id";

/* --- runs of one name with several settings ---------------------------------- */

/* A record to be sorted by name and recipe. `first` is the first record of its recipe under any
 * name. */
struct named {
    const struct record *record;
    int first;
};

/* Compares interned strings by address; the order has no meaning. */
static int by_name(const struct record *a, const struct record *b)
{
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_CELL};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        const int order = ascending_pointers(a->key[dims[i]], b->key[dims[i]]);
        if (order)
            return order;
    }
    return ascending_pointers(a->variant, b->variant);
}

static int by_recipe(const void *pa, const void *pb)
{
    const struct record *a = ((const struct named *)pa)->record;
    const struct record *b = ((const struct named *)pb)->record;
    if (a->recipe != b->recipe)
        return a->recipe < b->recipe ? -1 : 1;
    return (a > b) - (a < b);
}

static int by_name_then_recipe(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    const int order = by_name(a->record, b->record);
    return order ? order : by_recipe(pa, pb);
}

/* Returns the end of the records from `from` on that share its name (and, `recipe`, its recipe). */
static int end_of(const struct named *all, int n, int from, bool recipe)
{
    int i = from + 1;
    while (i < n && by_name(all[i].record, all[from].record) == 0 &&
           (!recipe || all[i].record->recipe == all[from].record->recipe))
        i++;
    return i;
}

/* Counts the runs with numbers among records that are sorted by run. */
static int runs_done(const struct named *all, int from, int end)
{
    int64_t before = -1;
    int n = 0;
    for (int i = from; i < end; i++) {
        const struct record *r = all[i].record;
        n += r->run != before && r->key[DIM_SPLIT];
        before = r->run;
    }
    return n;
}

/* Returns the recipe that keeps the plain name among those that share it, all[from..end): the one
 * with most runs done, the newest among equals. */
static int64_t plain_recipe(const struct named *all, int from, int end)
{
    int64_t best = -1;
    int most = -1;
    for (int i = from, next; i < end; i = next) {
        next = end_of(all, end, i, true);
        const int done = runs_done(all, i, next);
        if (done >= most) {
            best = all[i].record->recipe;
            most = done;
        }
    }
    return best;
}

static enum status take_text(void *context, sqlite3_stmt *q, struct err *e)
{
    char *text = context;
    (void)e;
    snprintf(text, 256, "%s", (const char *)sqlite3_column_text(q, 0));
    return ST_OK;
}

/* Renames the record to "cope {train.steps=100}", with the settings that differ from those of
 * `plain`; with more than three differences, to "cope {as run 17}". */
static enum status mark_settings(struct store *s, struct table_data *d, struct record *r,
                                 int64_t plain, struct err *e)
{
    static const char sql[] =
        "WITH both AS (SELECT min(id) AS run, recipe_id AS recipe FROM run"
        "  WHERE recipe_id IN (?1, ?2) GROUP BY recipe_id),"
        "leaf AS (SELECT recipe AS id, fullkey, CASE type WHEN 'true' THEN 'true'"
        "  WHEN 'false' THEN 'false' ELSE atom END AS atom FROM both JOIN run"
        "  ON run.id = both.run, json_tree(run.config) WHERE type NOT IN ('object', 'array')"
        "  AND fullkey <> '$.seed')"
        "SELECT CASE WHEN count(*) BETWEEN 1 AND 3"
        "  THEN group_concat(substr(a.fullkey, 3) || '=' || a.atom, ' ')"
        "  ELSE 'as run ' || (SELECT run FROM both WHERE recipe = ?1) END "
        "FROM leaf AS a LEFT JOIN leaf AS b ON b.id = ?2 AND b.fullkey = a.fullkey "
        "WHERE a.id = ?1 AND a.atom IS NOT b.atom";
    char ours[24], theirs[24], settings[256] = "", name[512];
    snprintf(ours, sizeof ours, "%lld", (long long)r->recipe);
    snprintf(theirs, sizeof theirs, "%lld", (long long)plain);
    enum status st =
        store_each(s, sql, (const char *[]){ours, theirs}, 2, NULL, take_text, settings, e);
    if (st)
        return st;
    snprintf(name, sizeof name, "%.200s {%s}", r->variant, settings);
    r->key[DIM_VARIANT] = table_data_word(d, name, &st, e);
    return st;
}

/* Gives all records of a recipe, under any name, the mark that its first record needs. `all` is
 * work space, [records]. */
static enum status mark_recipes(struct store *s, struct table_data *d, struct named *all,
                                struct err *e)
{
    const int n = d->records;
    enum status st = ST_OK;
    for (int i = 0; i < n; i++)
        all[i].record = &d->record[i];
    qsort(all, (size_t)n, sizeof *all, by_recipe);
    for (int i = 0, first = 0; i < n; i++) {
        first = all[i].record->recipe == all[first].record->recipe ? first : i;
        all[i].first = (int)(all[first].record - d->record);
    }
    qsort(all, (size_t)n, sizeof *all, by_name_then_recipe);
    for (int i = 0, next; i < n && st == ST_OK; i = next) {
        next = end_of(all, n, i, false);
        const int64_t plain = plain_recipe(all, i, next);
        for (int k = i; k < next && st == ST_OK; k++) {
            struct record *r = &d->record[all[k].record - d->record];
            if (r->recipe != plain && r == &d->record[all[k].first])
                st = mark_settings(s, d, r, plain, e);
        }
    }
    for (int i = 0; i < n; i++)
        d->record[all[i].record - d->record].key[DIM_VARIANT] =
            d->record[all[i].first].key[DIM_VARIANT];
    return st;
}

static enum status tell_recipes_apart(struct store *s, struct table_data *d, struct err *e)
{
    struct named *all = calloc((size_t)d->records + 1, sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    const enum status st = mark_recipes(s, d, all, e);
    free(all);
    return st;
}

static const char published_sql[] =
    "SELECT v.experiment, v.profile, v.cell, v.variant, p.split, p.paper, p.source,"
    " p.metric = 'error', p.value, p.std "
    "FROM published AS p JOIN v_variant_name AS v"
    "  ON v.experiment = p.experiment AND v.cell = p.cell AND v.name = p.encoder "
    "WHERE p.metric = ?1"
    "  OR (p.metric = 'error' AND ?1 IN ('token_error', 'sequence_error')) "
    "ORDER BY p.id";

/* Sorts records by experiment, profile, cell and encoder. */
static int by_encoder(const void *pa, const void *pb)
{
    const struct record *a = ((const struct named *)pa)->record;
    const struct record *b = ((const struct named *)pb)->record;
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_CELL};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        const int order = ascending_pointers(a->key[dims[i]], b->key[dims[i]]);
        if (order)
            return order;
    }
    return ascending_pointers(a->encoder, b->encoder);
}

/* Replaces the variant by the encoder's name where an experiment, profile and cell has only one
 * variant of the encoder. Records with the mark of other settings keep their name. */
static enum status merge_variants(struct table_data *d, struct err *e)
{
    struct named *all = calloc((size_t)d->records + 1, sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    for (int i = 0; i < d->records; i++)
        all[i].record = &d->record[i];
    qsort(all, (size_t)d->records, sizeof *all, by_encoder);
    for (int i = 0, next; i < d->records; i = next) {
        bool one = true;
        for (next = i; next < d->records && by_encoder(&all[next], &all[i]) == 0; next++)
            one = one && all[next].record->variant == all[i].record->variant;
        for (int k = i; k < next && one; k++) {
            struct record *r = &d->record[all[k].record - d->record];
            if (r->key[DIM_VARIANT] != r->variant)
                continue;
            r->merged = r->variant != r->encoder;
            r->key[DIM_VARIANT] = r->encoder;
        }
    }
    free(all);
    return ST_OK;
}

static int by_owner(const void *pa, const void *pb)
{
    const struct published *a = pa, *b = pb;
    const char *const pair[][2] = {{a->experiment, b->experiment},
                                   {a->profile, b->profile},
                                   {a->cell, b->cell},
                                   {a->variant, b->variant},
                                   {a->split, b->split}};
    int order = 0;
    for (size_t i = 0; i < sizeof pair / sizeof *pair && order == 0; i++)
        order = ascending_pointers(pair[i][0], pair[i][1]);
    return order;
}

static int by_owner_then_order(const void *pa, const void *pb)
{
    const struct published *a = pa, *b = pb;
    const int order = by_owner(a, b);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

const struct published *table_data_published(const struct table_data *d,
                                             const struct published *of)
{
    int low = 0, high = d->publisheds;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (by_owner(&d->published[middle], of) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < d->publisheds && by_owner(&d->published[low], of) == 0 ? &d->published[low]
                                                                        : NULL;
}

static int by_run(const void *pa, const void *pb)
{
    const struct caveat *a = pa, *b = pb;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

int table_data_caveats(const struct table_data *d, int64_t run)
{
    int low = 0, high = d->caveats;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (d->caveat[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct asked *table_data_asked(const struct table_data *d, const struct record *r)
{
    int low = 0, high = d->askeds;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (d->asked[middle].recipe < r->recipe)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < d->askeds && d->asked[low].recipe == r->recipe; low++)
        if (d->asked[low].split == r->key[DIM_SPLIT])
            return &d->asked[low];
    return NULL;
}

/* Sorts the arrays that are searched later. */
static void sort_all(struct table_data *d)
{
    if (d->publisheds)
        qsort(d->published, (size_t)d->publisheds, sizeof *d->published,
              by_owner_then_order);
    if (d->caveats)
        qsort(d->caveat, (size_t)d->caveats, sizeof *d->caveat, by_run);
}

enum status table_data_load(struct store *s, const struct table_request *q,
                            const char *metric, struct table_data *out, struct err *e)
{
    struct statement t = {.sql = ""};
    *out = (struct table_data){.metric = metric, .info = metric_info(metric)};
    enum status st = compose(&t, q, metric, e);
    if (st == ST_OK)
        st = store_each(s, t.sql, t.param, t.params, NULL, take_record, out, e);
    if (st == ST_OK)
        st = tell_recipes_apart(s, out, e);
    if (st == ST_OK && q->merge)
        st = merge_variants(out, e);
    if (st == ST_OK)
        st = store_each(s, published_sql, &metric, 1, NULL, take_published, out, e);
    if (st == ST_OK)
        st = store_each(s,
                        "SELECT run_id, text FROM event WHERE level = 'caveat' ORDER BY id",
                        NULL, 0, NULL, take_caveat, out, e);
    if (st == ST_OK)
        st = store_each(s, learning_sql, NULL, 0, NULL, take_learning, out, e);
    if (st == ST_OK)
        st = store_each(s, asked_sql, NULL, 0, NULL, take_asked, out, e);
    sort_all(out);
    return st;
}

enum status table_data_unfinished(const struct table_data *d, struct err *e)
{
    for (int i = 0; i < d->records; i++)
        if (d->record[i].state && strcmp(d->record[i].state, "done") == 0)
            return ST_OK;
    return d->records == 0
               ? ST_OK
               : err_set(
                     e, ST_NOTFOUND,
                     "none of the runs that match is done yet: `posbench plan` shows how "
                     "far they are, `posbench run` trains them");
}

void table_data_free(struct table_data *d)
{
    words_free(&d->words);
    free(d->record);
    free(d->published);
    free(d->caveat);
    free(d->learning);
    free(d->hard);
    free(d->renamed);
    free(d->trial);
    free(d->asked);
    *d = (struct table_data){0};
}
