/* table_extrapolation.c -- prints the table of table_extrapolation.h.
 *
 * Accuracies come from table_data.c, ratios of splits from the runs' configurations. Each run
 * becomes a score (the largest ratio it passes), scores are numbered by profile, row and
 * column, one learning rate of each cell is kept, and the median over seeds is printed.
 * Pitfall: all steps rely on sorted arrays: records by run, sizes by recipe and split, scores
 * by place and then by the ratio passed, so that the middle one is the median. */
#include "table_extrapolation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "no_match.h"
#include "statistics.h"
#include "store_internal.h"
#include "table_data.h"
#include "table_rates.h"

/* The lower bound of accuracy that passes. Fewer than 268 answers, all right, do not reach it
 * (table_extrapolation.h); the text below the table names both numbers. Chosen. */
static const double passing = 0.99;
enum { SPLIT_NAME = 64, LEFT_OUT = 4096 };

/* ---- sizes of splits, from the runs' configurations ---- */

struct size {
    int64_t recipe;
    char split[SPLIT_NAME];
    double ratio;
    bool changed; /* differs from the training law */
};

/* A run on all its splits, in one experiment and profile. */
struct score {
    const struct record *any;
    char cell[RATE_CELL];  /* without the learning rate */
    double loss;           /* on `valid`, after the last step; NaN: not known */
    int profile, row, col; /* numbered by appearance; a row is experiment and cell */
    double best, asked;    /* largest ratio passed with all below it; largest; 0: none */
    bool solved;           /* passed the training law */
};

struct job {
    struct table_data data;
    struct size *size;
    struct score *score;
    int sizes, scores, columns;
    char left_out[LEFT_OUT]; /* splits with too few answers to decide */
};

/* Selects the sizes from one run of each recipe, because all its runs have the same settings. */
static const char sizes_sql[] =
    "SELECT r.recipe_id, s.key,"
    " coalesce(min(1.0 * o.value / b.value) FILTER (WHERE o.type = 'integer'"
    "   AND b.value > 0 AND o.value > b.value), 1.0),"
    " max(o.value IS NOT b.value) "
    "FROM run AS r, json_each(r.config, '$.splits') AS s"
    " LEFT JOIN json_each(s.value, '$.options') AS o"
    " LEFT JOIN json_each(r.config, '$.task.options') AS b ON b.key = o.key "
    "WHERE r.id IN (SELECT min(id) FROM run WHERE state = 'done' GROUP BY recipe_id) "
    "GROUP BY r.recipe_id, s.key";

static enum status take_size(void *context, sqlite3_stmt *q, struct err *e)
{
    struct job *j = context;
    struct size *all = realloc(j->size, (size_t)(j->sizes + 1) * sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    j->size = all;
    all[j->sizes] = (struct size){.recipe = sqlite3_column_int64(q, 0),
                                  .ratio = sqlite3_column_double(q, 2),
                                  .changed = sqlite3_column_int(q, 3) != 0};
    snprintf(all[j->sizes++].split, SPLIT_NAME, "%s",
             (const char *)sqlite3_column_text(q, 1));
    return ST_OK;
}

static int by_split(const void *pa, const void *pb)
{
    const struct size *a = pa, *b = pb;
    if (a->recipe != b->recipe)
        return a->recipe < b->recipe ? -1 : 1;
    return strcmp(a->split, b->split);
}

/* Returns the size of the record's split; NULL: the split has no ratio. */
static const struct size *size_of(const struct job *j, const struct record *r)
{
    struct size key = {.recipe = r->recipe};
    snprintf(key.split, sizeof key.split, "%s", r->key[DIM_SPLIT]);
    const struct size *found =
        j->sizes ? bsearch(&key, j->size, (size_t)j->sizes, sizeof key, by_split) : NULL;
    return found && found->changed && found->ratio <= 1 ? NULL : found;
}

/* ---- scores of runs ---- */

static bool can_decide(const struct record *r)
{
    return r->total > 0 && statistics_wilson_low(r->total, r->total) >= passing;
}

static bool passes(const struct record *r)
{
    return !isnan(r->value) && statistics_wilson_low(r->count, r->total) >= passing;
}

static void leave_out(struct job *j, const struct record *r)
{
    char one[2 * SPLIT_NAME + 64];
    const size_t used = strlen(j->left_out);
    snprintf(one, sizeof one, "%.63s/%.63s (%lld)", r->key[DIM_EXPERIMENT],
             r->key[DIM_SPLIT], (long long)r->total);
    if (!strstr(j->left_out, one))
        snprintf(j->left_out + used, sizeof j->left_out - used, "%s%s", used ? ", " : "",
                 one);
}

/* Returns the largest ratio asked below `failed`; 0: none. */
static double largest_below(const struct job *j, int from, int end, double failed)
{
    double largest = 0;
    for (int i = from; i < end; i++) {
        const struct record *r = &j->data.record[i];
        const struct size *s = r->key[DIM_SPLIT] ? size_of(j, r) : NULL;
        if (s && can_decide(r) && s->ratio < failed)
            largest = fmax(largest, s->ratio);
    }
    return largest;
}

static enum status score_run(struct job *j, int from, int end, struct err *e)
{
    struct score *all = realloc(j->score, (size_t)(j->scores + 1) * sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    struct score x = {.any = &j->data.record[from],
                      .loss = table_rates_loss(&j->data, &j->data.record[from])};
    double failed = (double)INFINITY; /* the smallest ratio with a split not passed */
    table_rates_cell(x.any->key[DIM_CELL], x.cell);
    for (int i = from; i < end; i++) {
        const struct record *r = &j->data.record[i];
        const struct size *s = r->key[DIM_SPLIT] ? size_of(j, r) : NULL;
        if (!s)
            continue;
        if (r->total >= 0 && !can_decide(r)) {
            leave_out(j, r);
            continue;
        }
        x.asked = fmax(x.asked, s->ratio);
        x.solved = x.solved || !s->changed;
        if (can_decide(r) && !passes(r))
            failed = fmin(failed, s->ratio);
    }
    x.best = largest_below(j, from, end, failed);
    x.solved = x.solved && failed > 1;
    j->score = all;
    if (x.asked > 0)
        all[j->scores++] = x;
    return ST_OK;
}

/* Scores all runs. Records are sorted by run, experiment and profile. */
static enum status score_runs(struct job *j, struct err *e)
{
    const struct record *all = j->data.record;
    enum status st = ST_OK;
    for (int i = 0, end; !st && i < j->data.records; i = end) {
        for (end = i + 1; end < j->data.records && all[end].run == all[i].run &&
                          all[end].key[DIM_EXPERIMENT] == all[i].key[DIM_EXPERIMENT] &&
                          all[end].key[DIM_PROFILE] == all[i].key[DIM_PROFILE];)
            end++;
        st = score_run(j, i, end, e);
    }
    return st;
}

/* ---- cells: groups of scores ---- */

static bool same_profile(const struct score *a, const struct score *b)
{
    return a->any->key[DIM_PROFILE] == b->any->key[DIM_PROFILE];
}

static bool same_row(const struct score *a, const struct score *b)
{
    return a->any->key[DIM_EXPERIMENT] == b->any->key[DIM_EXPERIMENT] &&
           strcmp(a->cell, b->cell) == 0;
}

static bool same_column(const struct score *a, const struct score *b)
{
    return a->any->key[DIM_VARIANT] == b->any->key[DIM_VARIANT];
}

typedef bool same_fn(const struct score *a, const struct score *b);

/* Returns the number of the kind of score i, which is a new kind if no score before is the same.
 * kind[*kinds] holds the first score of each kind. */
static int number(const struct job *j, int i, int *kind, int *kinds, same_fn *same)
{
    int k = 0;
    while (k < *kinds && !same(&j->score[kind[k]], &j->score[i]))
        k++;
    if (k == *kinds)
        kind[(*kinds)++] = i;
    return k;
}

static int by_place(const void *pa, const void *pb)
{
    const struct score *a = pa, *b = pb;
    if (a->profile != b->profile)
        return a->profile - b->profile;
    if (a->row != b->row)
        return a->row - b->row;
    return a->col - b->col;
}

/* Sorts by place, then by cell with its learning rate. */
static int by_rate(const void *pa, const void *pb)
{
    const struct score *a = pa, *b = pb;
    const int order = by_place(pa, pb);
    return order ? order : strcmp(a->any->key[DIM_CELL], b->any->key[DIM_CELL]);
}

static int by_best(const void *pa, const void *pb)
{
    const struct score *a = pa, *b = pb;
    const int order = by_place(pa, pb);
    return order ? order : (a->best > b->best) - (a->best < b->best);
}

static enum status number_scores(struct job *j, struct err *e)
{
    const size_t n = (size_t)j->scores;
    int *kind = calloc(3 * n + 1, sizeof *kind);
    int profiles = 0, rows = 0;
    if (!kind)
        return err_set(e, ST_NOMEM, "no memory for the table");
    for (int i = 0; i < j->scores; i++) {
        struct score *x = &j->score[i];
        x->profile = number(j, i, kind, &profiles, same_profile);
        x->row = number(j, i, kind + n, &rows, same_row);
        x->col = number(j, i, kind + 2 * n, &j->columns, same_column);
    }
    free(kind);
    return ST_OK;
}

/* Returns the end of the scores from `from` on that are equal in `order`. */
static int end_of(const struct job *j, int from, int (*order)(const void *, const void *))
{
    int end = from + 1;
    while (end < j->scores && order(&j->score[end], &j->score[from]) == 0)
        end++;
    return end;
}

static double mean_loss(const struct job *j, int from, int end)
{
    double sum = 0;
    for (int i = from; i < end; i++)
        sum += j->score[i].loss;
    return isnan(sum) ? (double)INFINITY : sum / (end - from);
}

/* Keeps the learning rate of each cell with the smallest mean loss on `valid`, the first among
 * equals. */
static void select_rates(struct job *j)
{
    int kept = 0;
    qsort(j->score, (size_t)j->scores, sizeof *j->score, by_rate);
    for (int from = 0, end; from < j->scores; from = end) {
        int best = from;
        end = end_of(j, from, by_place);
        for (int i = from; i < end; i = end_of(j, i, by_rate))
            if (mean_loss(j, i, end_of(j, i, by_rate)) <
                mean_loss(j, best, end_of(j, best, by_rate)))
                best = i;
        const int n = end_of(j, best, by_rate) - best;
        memmove(j->score + kept, j->score + best, (size_t)n * sizeof *j->score);
        kept += n;
    }
    j->scores = kept;
    qsort(j->score, (size_t)j->scores, sizeof *j->score, by_best);
}

struct cell {
    const struct score *any;
    int seeds, solved;
    double ratio, asked;
};

/* Returns the cell that begins with score `from`; its scores are sorted by `best`. */
static struct cell cell_at(const struct job *j, int from)
{
    const int end = end_of(j, from, by_place);
    struct cell c = {.any = &j->score[from], .seeds = end - from};
    for (int i = from; i < end; i++) {
        c.solved += j->score[i].solved;
        c.asked = fmax(c.asked, j->score[i].asked);
    }
    c.ratio = c.any[(c.seeds - 1) / 2].best;
    return c;
}

/* ---- printing ---- */

/* Adds a cell; "≥4" when the largest ratio asked was passed. */
static void add_cell(struct text_table *t, const struct cell *c)
{
    if (c->ratio > 0)
        text_table_format(t, "%s%.3g", c->asked > 1 && c->ratio >= c->asked ? "≥" : "",
                          c->ratio);
    else
        text_table_text(t, "-");
    text_table_tail(t, " (%d/%d)", c->solved, c->seeds);
}

/* Returns for each column one plus the index of one of its scores in the profile, 0 when it has
 * none: [columns]. The caller frees it; NULL: no memory. */
static int *columns_of(const struct job *j, int profile)
{
    int *all = calloc((size_t)j->columns + 1, sizeof *all);
    for (int i = 0; all && i < j->scores; i++)
        if (j->score[i].profile == profile)
            all[j->score[i].col] = i + 1;
    return all;
}

/* Prints the row that begins with score `at`; returns where the next row begins. */
static int print_row(const struct job *j, int at, const int *column, struct text_table *t)
{
    const struct score *first = &j->score[at];
    text_table_format(t, "%s%s%s", first->any->key[DIM_EXPERIMENT], *first->cell ? " " : "",
                      first->cell);
    for (int k = 0; k < j->columns; k++) {
        const struct score *x = at < j->scores ? &j->score[at] : first;
        if (column[k] &&
            (x->profile != first->profile || x->row != first->row || x->col != k))
            text_table_none(t);
        else if (column[k]) {
            const struct cell c = cell_at(j, at);
            add_cell(t, &c);
            at += c.seeds;
        }
    }
    return at;
}

static void say_around(const struct job *j, int at, struct text_table *t)
{
    char text[LEFT_OUT + 256];
    snprintf(text, sizeof text, "Extrapolation, profile %s",
             j->score[at].any->key[DIM_PROFILE]);
    text_table_title(t, text);
    text_table_label(t, "extrapolation-%s", j->score[at].any->key[DIM_PROFILE]);
    text_table_say(
        t,
        "The largest ratio to the sizes of training up to which, at each ratio asked, the "
        "lower 95 % bound of accuracy is at least 99 %: the median over seeds; behind it the "
        "seeds that pass the training law. Of several learning rates each cell has the one "
        "with the smallest mean loss on valid.");
    text_table_below(
        t, "",
        "-: at no ratio, the training law included. ≥: no split is larger. Splits that "
        "change the law but raise no size are not counted.");
    if (*j->left_out) {
        snprintf(text, sizeof text,
                 "Too few scored tokens to decide, so left out: %s. 268 are needed.",
                 j->left_out);
        text_table_below(t, "", text);
    }
}

/* Prints the table of a profile from score *at on, and moves *at to its end. */
static enum status print_profile(const struct job *j, int *at,
                                 const struct table_request *q, FILE *out, struct err *e)
{
    const int profile = j->score[*at].profile;
    int *column = columns_of(j, profile);
    struct text_table t;
    if (!column)
        return err_set(e, ST_NOMEM, "no memory for the table");
    text_table_init(&t, q->format, out);
    say_around(j, *at, &t);
    text_table_column(&t, "task", false);
    for (int k = 0; k < j->columns; k++)
        if (column[k])
            text_table_column(&t, j->score[column[k] - 1].any->key[DIM_VARIANT], true);
    while (*at < j->scores && j->score[*at].profile == profile)
        *at = print_row(j, *at, column, &t);
    free(column);
    return text_table_end(&t, e);
}

/* Returns the splits of j->left_out, a string each; NULL: no memory. */
static json_t *left_out_splits(const struct job *j)
{
    json_t *all = json_array();
    for (const char *c = j->left_out; *c && all;) {
        const size_t n = strcspn(c, ",");
        if (json_array_append_new(all, json_bytes(c, n)) != 0) {
            json_decref(all);
            return NULL;
        }
        c += n + strspn(c + n, ", ");
    }
    return all;
}

static enum status print_for_programs(const struct job *j, const struct table_request *q,
                                      FILE *out, struct err *e)
{
    static const char *const names[] = {"profile", "experiment", "cell",  "task",
                                        "encoder", "chosen",     "ratio", "asked",
                                        "solved",  "seeds"};
    struct text_table t;
    text_table_init(&t, q->format, out);
    text_table_keep(&t);
    text_table_columns(&t, names, 10);
    for (int i = 0; i < j->scores;) {
        const struct cell c = cell_at(j, i);
        const char *const *key = c.any->any->key;
        int bytes;
        const char *chosen = table_rates_of(key[DIM_CELL], &bytes);
        text_table_text(&t, key[DIM_PROFILE]);
        text_table_text(&t, key[DIM_EXPERIMENT]);
        text_table_text(&t, c.any->cell);
        text_table_text(&t, key[DIM_TASK]);
        text_table_text(&t, key[DIM_VARIANT]);
        text_table_format(&t, "%.*s", bytes, chosen);
        text_table_real(&t, c.ratio);
        text_table_real(&t, c.asked);
        text_table_integer(&t, c.solved);
        text_table_integer(&t, c.seeds);
        i += c.seeds;
    }
    if (q->format == PRINT_CSV)
        return text_table_end(&t, e);
    return print_json(json_pack("{si sf so so}", "schema", 1, "passing", passing,
                                "left_out", left_out_splits(j), "extrapolations",
                                text_table_take(&t)),
                      JSON_INDENT(1), out, e);
}

static enum status print_all(const struct job *j, const struct table_request *q, FILE *out,
                             struct err *e)
{
    enum status st = ST_OK;
    if (!print_format_for_people(q->format))
        return print_for_programs(j, q, out, e);
    for (int at = 0; !st && at < j->scores;) {
        fputs(at ? "\n" : "", out);
        st = print_profile(j, &at, q, out, e);
    }
    return st;
}

static enum status nothing(struct store *s, const struct table_request *q, struct err *e)
{
    char advice[FILTER_ADVICE];
    no_match_request(s, q->experiment, q->profile, q->filters, q->n_filters, advice);
    return err_set(e, ST_NOTFOUND,
                   "no run that matches has splits whose answers are judged right or wrong "
                   "(those of texts are not)%s; `posbench list "
                   "runs` shows what there is",
                   advice);
}

enum status table_extrapolation(struct store *s, const struct table_request *q, FILE *out,
                                struct err *e)
{
    struct job j = {.sizes = 0};
    enum status st = table_data_load(s, q, "accuracy", &j.data, e);
    if (!st)
        st = store_each(s, sizes_sql, NULL, 0, NULL, take_size, &j, e);
    if (!st && j.sizes)
        qsort(j.size, (size_t)j.sizes, sizeof *j.size, by_split);
    if (!st)
        st = score_runs(&j, e);
    if (!st)
        st = number_scores(&j, e);
    if (!st && j.scores > 0)
        select_rates(&j);
    if (!st && j.scores == 0)
        st = nothing(s, q, e);
    if (!st)
        st = print_all(&j, q, out, e);
    table_data_free(&j.data);
    free(j.size);
    free(j.score);
    return st;
}
