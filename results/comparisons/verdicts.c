/* verdicts.c -- reads claims with the values of both sides, judges and prints them.
 *
 * One statement gives a row for each seed of either side of each claim and profile. Sides
 * are summarised, verdict_rule.h judges families (all claims about one experiment in one
 * profile), and the requested claims are printed, for people or as CSV and JSON.
 * Pitfall: claims that were not requested are read and judged too, because Holm's correction
 * goes over the whole family; keep_asked drops them only afterwards. */
#include "verdicts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "metric_text.h"
#include "no_match.h"
#include "option.h"
#include "paragraphs.h"
#include "prose.h"
#include "statistics.h"
#include "store_internal.h"
#include "table_tuning.h"

static const double solved_error = 0.01; /* as in table_learning.h */

enum { TEXT_COLUMNS = 10 };
enum column { PROFILE, NAME, TEXT, EXPERIMENT, CELL, SPLIT, METRIC, LESS, THAN };
enum { SIDES = 2 }; /* 0: `less`, 1: `than` */

struct side {
    double *value;        /* owned; [n] of the seeds that have one */
    int n, runs;          /* runs: done runs, with a value or without */
    int64_t count, total; /* sums over seeds; -1: no rate */
    double mean, std;
    struct interval interval; /* of the mean */
};

struct claim {
    char *text[TEXT_COLUMNS]; /* owned, by enum column */
    int64_t id;
    double published_less, published_than;
    struct side side[SIDES];
    int settings; /* number of settings, of the side that has most */
    bool asked;   /* is to be printed */
    double effect;
    struct interval interval;
    struct comparison judged;
};

struct claims {
    struct claim *claim;
    int n, room;
};

/* Selects a row for each seed of either side of a claim in a profile, or one row without a value
 * when the side has no run. The settings of each side are ranked: those with place 1 are
 * compared. */
static const char claims_sql[] =
    "WITH asked AS ("
    "  SELECT id, 0 AS side, experiment, cell, split, metric, less AS name FROM claim"
    "  WHERE experiment GLOB ?3"
    "  UNION ALL SELECT id, 1, experiment, cell, split, metric, than FROM claim"
    "  WHERE experiment GLOB ?3"
    "), seed AS MATERIALIZED ("
    "  SELECT a.id, a.side, r.profile, r.recipe, r.seed, s.value, s.count, s.total"
    "  FROM asked AS a"
    "  CROSS JOIN v_variant_name AS v ON v.experiment = a.experiment AND v.cell = a.cell"
    "   AND v.name = a.name"
    "  CROSS JOIN v_run AS r ON r.experiment = v.experiment AND r.profile = v.profile"
    "   AND r.cell = v.cell AND r.variant = v.variant AND r.state = 'done'"
    "  CROSS JOIN v_score AS s ON s.run_id = r.run_id AND s.split = a.split"
    "   AND s.metric = a.metric"
    "), counted AS ("
    "  SELECT *, count(*) OVER (PARTITION BY id, side, profile, recipe) AS seeds FROM seed"
    "), ranked AS ("
    "  SELECT *, dense_rank() OVER (PARTITION BY id, side, profile"
    "                               ORDER BY seeds DESC, recipe DESC) AS place FROM counted"
    "), setting AS MATERIALIZED ("
    "  SELECT * FROM (SELECT *, max(place) OVER (PARTITION BY id, side, profile) AS settings"
    "                 FROM ranked) WHERE place = 1"
    "), profiles AS ("
    "  SELECT profile, min(run_id) AS first FROM v_run WHERE profile GLOB ?1 GROUP BY profile"
    "  UNION ALL SELECT NULL, 0 WHERE NOT EXISTS (SELECT 1 FROM v_run WHERE profile GLOB ?1)"
    ") "
    "SELECT p.profile, c.name, c.text, c.experiment, c.cell, c.split, c.metric, c.less,"
    " c.than, c.published_less, c.published_than, c.name GLOB ?2 AND c.cell GLOB ?4"
    "  AND c.split GLOB ?5 AND (c.less GLOB ?6 OR c.than GLOB ?6), c.id, w.column1,"
    " s.settings, s.seed, s.value, s.count, s.total "
    "FROM profiles AS p CROSS JOIN claim AS c CROSS JOIN (VALUES (0), (1)) AS w "
    "LEFT JOIN setting AS s ON s.id = c.id AND s.side = w.column1 AND s.profile = p.profile "
    "WHERE c.experiment GLOB ?3 "
    "ORDER BY p.first, c.id, w.column1, s.seed";
enum {
    PUBLISHED_LESS = THAN + 1,
    PUBLISHED_THAN,
    ASKED,
    ID,
    SIDE,
    SETTINGS,
    SEED,
    VALUE,
    COUNT,
    TOTAL
};

static double real_or_nan(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? (double)NAN
                                                    : sqlite3_column_double(q, i);
}

static enum status no_memory(struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for the claims");
}

static enum status append_claim(struct claims *all, sqlite3_stmt *q, struct err *e)
{
    if (all->n == all->room) {
        const int room = 2 * all->room + 16;
        struct claim *list = realloc(all->claim, (size_t)room * sizeof *list);
        if (!list)
            return no_memory(e);
        all->claim = list;
        all->room = room;
    }
    struct claim *c = &all->claim[all->n++];
    *c = (struct claim){
        .id = sqlite3_column_int64(q, ID),
        .published_less = real_or_nan(q, PUBLISHED_LESS),
        .published_than = real_or_nan(q, PUBLISHED_THAN),
        .asked = sqlite3_column_int(q, ASKED) != 0,
        .side = {{.count = -1, .total = -1}, {.count = -1, .total = -1}},
    };
    for (int i = PROFILE; i <= THAN; i++) {
        const char *text = (const char *)sqlite3_column_text(q, i);
        c->text[i] = strdup(text ? text : "");
        if (!c->text[i])
            return no_memory(e);
    }
    return ST_OK;
}

static int64_t whole_or_none(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? -1 : sqlite3_column_int64(q, i);
}

static enum status add_seed(struct side *s, sqlite3_stmt *q, struct err *e)
{
    const double value = real_or_nan(q, VALUE);
    s->runs++;
    if (isnan(value))
        return ST_OK;
    double *all = realloc(s->value, (size_t)(s->n + 1) * sizeof *all);
    if (!all)
        return no_memory(e);
    s->value = all;
    all[s->n++] = value;
    s->count = statistics_add_count(s->count, whole_or_none(q, COUNT));
    s->total = statistics_add_count(s->total, whole_or_none(q, TOTAL));
    return ST_OK;
}

static bool is_about(const struct claim *c, sqlite3_stmt *q)
{
    const char *profile = (const char *)sqlite3_column_text(q, PROFILE);
    return c->id == sqlite3_column_int64(q, ID) &&
           strcmp(c->text[PROFILE], profile ? profile : "") == 0;
}

static enum status take_row(void *context, sqlite3_stmt *q, struct err *e)
{
    struct claims *all = context;
    if (!all->n || !is_about(&all->claim[all->n - 1], q)) {
        const enum status st = append_claim(all, q, e);
        if (st)
            return st;
    }
    if (sqlite3_column_type(q, SEED) == SQLITE_NULL)
        return ST_OK;
    struct claim *c = &all->claim[all->n - 1];
    const int settings = sqlite3_column_int(q, SETTINGS);
    c->settings = settings > c->settings ? settings : c->settings;
    return add_seed(&c->side[sqlite3_column_int(q, SIDE) != 0], q, e);
}

static void claim_free(struct claim *c)
{
    for (int k = 0; k < TEXT_COLUMNS; k++)
        free(c->text[k]);
    for (int k = 0; k < SIDES; k++)
        free(c->side[k].value);
}

static void claims_free(struct claims *all)
{
    for (int i = 0; i < all->n; i++)
        claim_free(&all->claim[i]);
    free(all->claim);
}

/* --- verdicts ------------------------------------------------------------------ */

/* Do both sides err so little that they solve the task? Then the size of this profile cannot test
 * the claim. */
static bool both_solve(const struct claim *c)
{
    return metric_info(c->text[METRIC])->error && c->side[0].mean <= solved_error &&
           c->side[1].mean <= solved_error;
}

static bool same_family(const struct claim *a, const struct claim *b)
{
    return strcmp(a->text[PROFILE], b->text[PROFILE]) == 0 &&
           strcmp(a->text[EXPERIMENT], b->text[EXPERIMENT]) == 0;
}

static struct values values_of(const struct side *s)
{
    return (struct values){s->value, s->n};
}

/* Judges the family whose first claim is `first`. `room` is work space, [all->n]. */
static enum status decide(struct claims *all, int first, struct comparison *room,
                          struct err *e)
{
    int n = 0;
    for (int i = first; i < all->n; i++) {
        const struct claim *c = &all->claim[i];
        if (same_family(c, &all->claim[first]))
            room[n++] = (struct comparison){.less = values_of(&c->side[0]),
                                            .than = values_of(&c->side[1]),
                                            .solved = both_solve(c)};
    }
    const enum status st = verdict_rule(room, n, e);
    for (int i = all->n - 1; i >= first && st == ST_OK; i--) {
        struct claim *c = &all->claim[i];
        if (!same_family(c, &all->claim[first]))
            continue;
        c->judged = room[--n];
        /* Both sides were run, but one has no value. */
        if (c->judged.verdict == NOT_RUN && c->side[0].runs > 0 && c->side[1].runs > 0)
            c->judged.verdict = UNDECIDED;
    }
    return st;
}

static bool is_first_of_family(const struct claims *all, int i)
{
    for (int k = 0; k < i; k++)
        if (same_family(&all->claim[k], &all->claim[i]))
            return false;
    return true;
}

static void summarise(struct claim *c)
{
    struct side *less = &c->side[0], *than = &c->side[1];
    for (struct side *s = less; s <= than; s++) {
        s->mean = statistics_mean(s->value, s->n);
        s->std = statistics_std(s->value, s->n);
        s->interval = s->total > 0 ? statistics_rate_interval(s->mean, s->std, s->n,
                                                              s->count, s->total)
                                   : statistics_mean_interval(s->mean, s->std, s->n);
    }
    c->effect = than->mean - less->mean;
    c->interval = (struct interval){(double)NAN, (double)NAN};
    if (less->n > 1 && than->n > 1)
        c->interval = statistics_difference_interval(less->mean, less->interval, than->mean,
                                                     than->interval);
}

static void keep_asked(struct claims *all)
{
    int kept = 0;
    for (int i = 0; i < all->n; i++) {
        if (all->claim[i].asked)
            all->claim[kept++] = all->claim[i];
        else
            claim_free(&all->claim[i]);
    }
    all->n = kept;
}

/* Judges all claims, because the correction goes over whole families, and keeps those that were
 * requested. */
static enum status decide_all(struct claims *all, struct err *e)
{
    struct comparison *room = calloc((size_t)all->n + 1, sizeof *room);
    enum status st = ST_OK;
    if (!room)
        return no_memory(e);
    for (int i = 0; i < all->n; i++)
        summarise(&all->claim[i]);
    for (int i = 0; i < all->n && st == ST_OK; i++)
        if (is_first_of_family(all, i))
            st = decide(all, i, room, e);
    free(room);
    keep_asked(all);
    return st;
}

/* Returns how many of the n claims from c[0] on have its profile. */
static int of_profile(const struct claim *c, int n)
{
    int k = 1;
    while (k < n && strcmp(c[k].text[PROFILE], c[0].text[PROFILE]) == 0)
        k++;
    return k;
}

/* --- printing ------------------------------------------------------------------ */

static void add_side(struct text_table *t, const struct metric_info *m, const char *name,
                     const struct side *s)
{
    char text[METRIC_TEXT];
    if (s->runs == 0)
        text_table_format(t, "%s -", name);
    else
        text_table_format(t, "%s %s (%d)", name, metric_mean_std(m, s->mean, s->std, text),
                          s->n);
}

static void add_effect(struct text_table *t, const struct metric_info *m,
                       const struct claim *c)
{
    char effect[METRIC_TEXT], low[METRIC_TEXT], high[METRIC_TEXT];
    const int decimals = metric_decimals(m, c->effect);
    if (isnan(c->effect)) {
        text_table_text(t, "");
        return;
    }
    metric_number(m, c->effect, decimals, effect);
    if (isnan(c->interval.low))
        text_table_text(t, effect);
    else
        text_table_format(t, "%s [%s, %s]", effect,
                          metric_number(m, c->interval.low, decimals, low),
                          metric_number(m, c->interval.high, decimals, high));
}

/* Adds the smaller p-value of the two directions, before and after correction. */
static void add_p(struct text_table *t, const struct comparison *j)
{
    const bool below = j->below <= j->above;
    if (isnan(j->below)) {
        text_table_text(t, "");
        text_table_text(t, j->verdict == BOTH_SOLVE ? "n/a" : "");
        return;
    }
    text_table_format(t, "%.2g", below ? j->below : j->above);
    text_table_format(t, "%.2g", below ? j->below_corrected : j->above_corrected);
}

static void fill(struct text_table *t, const struct claim *c, int n)
{
    static const struct {
        const char *name;
        bool right;
    } columns[] = {{"claim", false},
                   {"verdict", false},
                   {"smaller (seeds)", false},
                   {"larger (seeds)", false},
                   {"difference", false},
                   {"pairs", true},
                   {"p", true},
                   {"Holm", true}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        text_table_column(t, columns[i].name, columns[i].right);
    for (int i = 0; i < n; i++) {
        const struct metric_info *m = metric_info(c[i].text[METRIC]);
        const struct comparison *j = &c[i].judged;
        text_table_text(t, c[i].text[NAME]);
        if (j->seeds > 0)
            text_table_format(t, "%s (%d)", verdict_text(j->verdict), j->seeds);
        else
            text_table_text(t, verdict_text(j->verdict));
        add_side(t, m, c[i].text[LESS], &c[i].side[0]);
        add_side(t, m, c[i].text[THAN], &c[i].side[1]);
        add_effect(t, m, &c[i]);
        if (isnan(j->improvement))
            text_table_text(t, "");
        else
            text_table_format(t, "%.0f %%", 100 * j->improvement);
        add_p(t, j);
    }
}

/* Writes ", paper 4.90 and 20.30" when the paper has both numbers. */
static void write_paper(const struct claim *c, FILE *out)
{
    const struct metric_info *m = metric_info(c->text[METRIC]);
    const double less = c->published_less, than = c->published_than;
    char a[METRIC_TEXT], b[METRIC_TEXT];
    if (!isnan(less) && !isnan(than))
        fprintf(out, ", paper %s and %s",
                metric_number(m, less, metric_decimals(m, less), a),
                metric_number(m, than, metric_decimals(m, than), b));
}

/* Prints what the claims say. In LaTeX they are comments, from which authors take what they need,
 * because as notes they would not fit on the page of the table. */
static void print_details(const struct claim *c, int n, enum print_format f, FILE *out)
{
    for (int i = 0; i < n; i++) {
        const char *const *t = (const char *const *)c[i].text;
        char *text = NULL;
        size_t bytes = 0;
        FILE *line = open_memstream(&text, &bytes);
        if (!line)
            return;
        fprintf(line, "%s: %s (%s%s%s, %s, %s%s", t[NAME], t[TEXT], t[EXPERIMENT],
                *t[CELL] ? ", " : "", t[CELL], t[SPLIT], t[METRIC],
                metric_info(t[METRIC])->percent ? ", %" : "");
        write_paper(&c[i], line);
        fputs(c[i].settings > 1
                  ? "); runs with several settings exist: those with most seeds count"
                  : ")",
              line);
        if (fclose(line) == 0) {
            fputs(f == PRINT_LATEX ? "% " : "", out);
            (f == PRINT_LATEX ? paragraph_plain : paragraph_item)(f, text, out);
        }
        free(text);
    }
}

static void say_rule(const struct claim *c, struct text_table *t)
{
    char title[256];
    snprintf(title, sizeof title, "Claims, profile %s",
             *c->text[PROFILE] ? c->text[PROFILE] : "(no run yet)");
    text_table_title(t, title);
    text_table_label(t, "claims-%s", *c->text[PROFILE] ? c->text[PROFILE] : "no-run");
    text_table_say(
        t,
        "Reproduced: by an exact rank-sum test over seeds the first encoder's values are "
        "below the second's, p at most 0.025 after Holm's correction over all claims of the "
        "experiment, and at least 75 % of the pairs of seeds agree. Contradicted: the other "
        "way round. Too few seeds: no outcome of so many could decide. Both solve: both "
        "means are at most 1 %, and the claim is not tested. In brackets: how many seeds a side "
        "would decide with probability 0.8, did pairs agree as often as now. Difference: "
        "second less first, with its 95 % interval over seeds.");
}

static bool has_runs(const struct claim *c)
{
    return c->side[0].runs > 0 || c->side[1].runs > 0;
}

/* Moves the claims with a run on some side to the front, in order, and returns their number; n
 * when no claim has a run, so that there is something to print. */
static int with_runs_first(struct claim *c, int n)
{
    int front = 0;
    for (int i = 0; i < n; i++) {
        if (!has_runs(&c[i]))
            continue;
        const struct claim moved = c[i];
        memmove(&c[front + 1], &c[front], (size_t)(i - front) * sizeof *c);
        c[front++] = moved;
    }
    return front ? front : n;
}

/* Adds a name to "KEY=A,B" unless it is there; the options of an encoder are left out. */
static void add_to_list(struct prose *list, const char *name)
{
    const size_t n = strcspn(name, "(");
    for (const char *at = strchr(list->text, '=') + 1; *at;) {
        const size_t length = strcspn(at, ",");
        if (length == n && strncmp(at, name, n) == 0)
            return;
        at += length + (at[length] == ',');
    }
    prose_say(list, "%s%.*s", list->text[list->used - 1] == '=' ? "" : ",", (int)n, name);
}

/* Adds a note below the claims on the tuned settings, such as learning rates, of their encoders. */
static enum status say_tuning(struct store *s, const struct claim *c, int n,
                              struct text_table *t, struct err *e)
{
    struct prose experiments = {.used = 0}, encoders = {.used = 0}, said = {.used = 0};
    const char *filters[] = {experiments.text, encoders.text};
    const struct table_request q = {
        .profile = c->text[PROFILE], .filters = filters, .n_filters = 2};
    prose_say(&experiments, "experiment=");
    prose_say(&encoders, "encoder=");
    for (int i = 0; i < n; i++) {
        add_to_list(&experiments, c[i].text[EXPERIMENT]);
        add_to_list(&encoders, c[i].text[LESS]);
        add_to_list(&encoders, c[i].text[THAN]);
    }
    const enum status st = table_tuning_of(s, &q, &said, e);
    if (st == ST_OK && said.used)
        text_table_below(t, "", said.text);
    return st;
}

static enum status print_profile(struct store *s, const struct claim *c, int n, int hidden,
                                 enum print_format f, FILE *out, struct err *e)
{
    char more[160];
    struct text_table t;
    text_table_init(&t, f, out);
    say_rule(c, &t);
    fill(&t, c, n);
    if (hidden) {
        snprintf(more, sizeof more,
                 "%d more claim%s no run on either side; `posbench claims \"*\"` lists "
                 "them.",
                 hidden, hidden == 1 ? " has" : "s have");
        text_table_below(&t, "", more);
    }
    enum status st = *c->text[PROFILE] ? say_tuning(s, c, n, &t, e) : ST_OK;
    if (st == ST_OK)
        st = text_table_end(&t, e);
    if (st) {
        text_table_drop(&t);
        return st;
    }
    fputs(f == PRINT_LATEX ? "" : f == PRINT_HTML ? "<ul class=notes>\n" : "\n", out);
    print_details(c, n, f, out);
    fputs(f == PRINT_HTML ? "</ul>\n" : "", out);
    return ST_OK;
}

/* Adds the columns for programs, which have a row per claim: verdict, texts, numbers, counts. */
static void add_columns(struct text_table *t)
{
    static const char *const names[] = {
        "verdict",       "profile",        "claim",          "text",        "experiment",
        "cell",          "split",          "metric",         "less",        "than",
        "less_mean",     "less_std",       "than_mean",      "than_std",    "p_below",
        "p_above",       "published_less", "published_than", "less_n",      "than_n",
        "settings",      "effect",         "effect_low",     "effect_high", "improvement",
        "p_below_alone", "p_above_alone",  "seeds_needed",
    };
    text_table_columns(t, names, sizeof names / sizeof *names);
}

static void add_reals(struct text_table *t, const double *x, size_t n)
{
    for (size_t k = 0; k < n; k++)
        text_table_real(t, x[k]);
}

static void add_claim(struct text_table *t, const struct claim *c)
{
    const struct side *less = &c->side[0], *than = &c->side[1];
    const struct comparison *j = &c->judged;
    const double means[] = {less->mean, less->std, than->mean, than->std};
    const double corrected[] = {j->below_corrected, j->above_corrected, c->published_less,
                                c->published_than};
    const double effect[] = {c->effect,      c->interval.low, c->interval.high,
                             j->improvement, j->below,        j->above};
    text_table_text(t, verdict_text(j->verdict));
    for (int k = PROFILE; k <= THAN; k++)
        text_table_text(t, c->text[k]);
    add_reals(t, means, sizeof means / sizeof *means);
    add_reals(t, corrected, sizeof corrected / sizeof *corrected);
    text_table_integer(t, less->n);
    text_table_integer(t, than->n);
    text_table_integer(t, c->settings);
    add_reals(t, effect, sizeof effect / sizeof *effect);
    text_table_whole(t, j->seeds > 0 ? j->seeds : -1);
}

static enum status export_claims(const struct claims *all, enum print_format f, FILE *out,
                                 struct err *e)
{
    struct text_table t;
    text_table_init(&t, f, out);
    text_table_keep(&t);
    add_columns(&t);
    for (int i = 0; i < all->n; i++)
        add_claim(&t, &all->claim[i]);
    if (f == PRINT_CSV)
        return text_table_end(&t, e);
    return print_json(json_pack("{si sf sf so}", "schema", 1, "alpha", VERDICT_ALPHA,
                                "least_improvement", VERDICT_IMPROVEMENT, "claims",
                                text_table_take(&t)),
                      JSON_INDENT(1), out, e);
}

/* Prints the claims. `short_list`: formats for people leave out claims without a run. */
static enum status print_claims(struct store *s, struct claims *all, enum print_format f,
                                bool short_list, FILE *out, struct err *e)
{
    enum status st = ST_OK;
    if (!print_format_for_people(f))
        return export_claims(all, f, out, e);
    for (int i = 0; i < all->n && st == ST_OK;) {
        const int n = of_profile(&all->claim[i], all->n - i);
        const int shown = short_list ? with_runs_first(&all->claim[i], n) : n;
        fputs(i ? "\n" : "", out);
        st = print_profile(s, &all->claim[i], shown, n - shown, f, out, e);
        i += n;
    }
    return st;
}

/* Does the request name runs, by profile or file, and none of them is done? */
static bool asks_for_no_run(const struct verdicts_request *q, const struct claims *all)
{
    bool some = !q->profile && !q->chosen;
    for (int i = 0; i < all->n; i++)
        some |= has_runs(&all->claim[i]);
    return !some;
}

static const char *or_all(const char *glob)
{
    return glob ? glob : "*";
}

/* Reads and judges the requested claims. */
static enum status read_claims(struct store *s, const struct verdicts_request *q,
                               struct claims *all, struct err *e)
{
    const char *const params[] = {or_all(q->profile),    or_all(q->name),
                                  or_all(q->experiment), or_all(q->cell),
                                  or_all(q->split),      or_all(q->encoder)};
    const enum status st = store_each(s, claims_sql, params, 6, NULL, take_row, all, e);
    return st ? st : decide_all(all, e);
}

enum { NAMES_MAX = 256, NAME_TEXT = 128 };

struct names {
    int n;
    char name[NAMES_MAX][NAME_TEXT];
};

static enum status take_name(void *context, sqlite3_stmt *q, struct err *e)
{
    struct names *all = context;
    (void)e;
    if (all->n < NAMES_MAX)
        snprintf(all->name[all->n++], NAME_TEXT, "%s",
                 (const char *)sqlite3_column_text(q, 0));
    return ST_OK;
}

/* Reports that no claim has the requested name, or that there are no claims. */
static enum status no_such_claim(struct store *s, const char *name, struct err *e)
{
    struct names *all = calloc(1, sizeof *all);
    const char *list[NAMES_MAX];
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the names of claims");
    enum status st = store_each(s, "SELECT DISTINCT name FROM claim ORDER BY name", NULL, 0,
                                NULL, take_name, all, e);
    for (int i = 0; i < all->n; i++)
        list[i] = all->name[i];
    if (st == ST_OK && all->n > 0 && name)
        st = err_set(e, ST_NOTFOUND, "no claim matches \"%s\"%s", name,
                     suggest_among(name, list, all->n));
    else if (st == ST_OK)
        st = err_set(e, ST_NOTFOUND,
                     "no claim matches; an experiment file lists them under "
                     "\"claims\", and `posbench run` stores them");
    free(all);
    return st;
}

static enum status nothing(struct store *s, const struct verdicts_request *q,
                           const struct claims *all, struct err *e)
{
    char advice[FILTER_ADVICE];
    no_match_request(s, NULL, q->profile, NULL, 0, advice);
    if (all->n == 0 && !advice[0])
        return no_such_claim(s, q->name, e);
    return err_set(
        e, ST_NOTFOUND,
        "no run that is done matches%s; `posbench list runs` shows what there is", advice);
}

enum status verdicts_print(struct store *s, const struct verdicts_request *q, FILE *out,
                           int tally[VERDICTS], struct err *e)
{
    struct claims all = {.n = 0};
    enum status st = read_claims(s, q, &all, e);
    const bool none = st == ST_OK && (all.n == 0 || asks_for_no_run(q, &all));
    if (none && q->format == PRINT_JSON)
        st = export_claims(&(struct claims){.n = 0}, PRINT_JSON, out, e);
    if (none && st == ST_OK)
        st = nothing(s, q, &all, e);
    for (int v = 0; v < VERDICTS && tally; v++)
        tally[v] = 0;
    for (int i = 0; i < all.n && tally && st == ST_OK; i++)
        tally[all.claim[i].judged.verdict]++;
    if (st == ST_OK)
        st = print_claims(s, &all, q->format, !q->name, out, e);
    claims_free(&all);
    return st;
}

/* --- for other rooms -------------------------------------------------------------- */

static struct claim_verdict as_seen(const struct claim *c)
{
    char *const *t = c->text;
    return (struct claim_verdict){.profile = t[PROFILE],
                                  .name = t[NAME],
                                  .experiment = t[EXPERIMENT],
                                  .cell = t[CELL],
                                  .split = t[SPLIT],
                                  .metric = t[METRIC],
                                  .less = t[LESS],
                                  .than = t[THAN],
                                  .effect = c->effect,
                                  .published = c->published_than - c->published_less,
                                  .interval = c->interval,
                                  .judged = &c->judged};
}

enum status verdicts_each(struct store *s, const struct verdicts_request *q,
                          enum status (*take)(void *context, const struct claim_verdict *c,
                                              struct err *e),
                          void *context, struct err *e)
{
    struct claims all = {.n = 0};
    enum status st = read_claims(s, q, &all, e);
    for (int i = 0; i < all.n && st == ST_OK; i++) {
        const struct claim_verdict seen = as_seen(&all.claim[i]);
        st = take(context, &seen, e);
    }
    claims_free(&all);
    return st;
}
