#include "verdicts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "escape.h"
#include "json_text.h"
#include "metric_text.h"
#include "statistics.h"
#include "store_internal.h"

static const double alpha = 0.05;
static const double solved_error = 0.01; /* as in table_learning.h */

enum { WIDTH = 80 };

enum { TEXT_COLUMNS = 10 };
enum column { PROFILE, NAME, TEXT, EXPERIMENT, CELL, SPLIT, METRIC, LESS, THAN };

struct claim {
    char *text[TEXT_COLUMNS]; /* owned, by enum column */
    double published_less, published_than;
    struct sample_summary less, than;
    int less_runs, than_runs, settings; /* settings: of the side that has most */
    int64_t less_of, than_of;           /* tokens or sequences of each seed; 0: no count */
    double below, above;                /* corrected p-values */
    enum verdict verdict;
    bool asked; /* to be printed */
};

struct claims {
    struct claim *claim;
    int n;
};

const char *verdict_text(enum verdict v)
{
    static const char *const text[VERDICTS] = {"not run", "reproduced", "contradicted",
                                               "undecided"};
    return text[v];
}

/* `spread` is v_summary over the runs that count; `side` ranks the settings of each name:
 * those to be compared have place 1. */
static const char claims_sql[] =
    "WITH score AS ("
    "  SELECT r.experiment, r.profile, r.cell, r.variant, r.recipe, s.split, s.metric,"
    "         s.value, s.total,"
    "         avg(s.value) OVER (PARTITION BY r.experiment, r.profile, r.cell, r.recipe,"
    "                            s.split, s.metric) AS mean"
    "  FROM v_run AS r JOIN v_score AS s USING (run_id)"
    "  WHERE r.state = 'done'"
    "), spread AS ("
    "  SELECT experiment, profile, cell, variant, recipe, split, metric, count(*) AS runs,"
    "         count(value) AS n, max(mean) AS mean,"
    "         CASE WHEN count(value) > 1"
    "              THEN sqrt(sum((value - mean) * (value - mean)) / (count(value) - 1))"
    "         END AS std, min(total) AS each"
    "  FROM score GROUP BY experiment, profile, cell, variant, recipe, split, metric"
    "), side AS ("
    "  SELECT v.name, w.*, count(*) OVER same AS settings,"
    "         row_number() OVER (same ORDER BY w.runs DESC, w.recipe DESC) AS place"
    "  FROM v_variant_name AS v JOIN spread AS w USING (experiment, profile, cell, variant)"
    "  WINDOW same AS (PARTITION BY w.experiment, w.profile, w.cell, v.name, w.split,"
    "                  w.metric)"
    "), profiles AS ("
    "  SELECT profile, min(run_id) AS first FROM v_run WHERE profile GLOB ?1 GROUP BY profile"
    "  UNION ALL SELECT NULL, 0 WHERE NOT EXISTS (SELECT 1 FROM v_run WHERE profile GLOB ?1)"
    ") "
    "SELECT p.profile, c.name, c.text, c.experiment, c.cell, c.split, c.metric, c.less,"
    " c.than, c.published_less, c.published_than, l.mean, l.std, l.n, l.runs, t.mean, t.std,"
    " t.n, t.runs, max(coalesce(l.settings, 0), coalesce(t.settings, 0)),"
    " c.name GLOB ?2, l.each, t.each "
    "FROM profiles AS p CROSS JOIN claim AS c "
    "LEFT JOIN side AS l ON l.place = 1 AND l.profile = p.profile AND l.name = c.less"
    " AND l.experiment = c.experiment AND l.cell = c.cell AND l.split = c.split"
    " AND l.metric = c.metric "
    "LEFT JOIN side AS t ON t.place = 1 AND t.profile = p.profile AND t.name = c.than"
    " AND t.experiment = c.experiment AND t.cell = c.cell AND t.split = c.split"
    " AND t.metric = c.metric "
    "ORDER BY p.first, c.id";

static double real_or_nan(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) == SQLITE_NULL ? (double)NAN
                                                    : sqlite3_column_double(q, i);
}

static enum status take_claim(void *context, sqlite3_stmt *q, struct err *e)
{
    struct claims *all = context;
    struct claim *list = realloc(all->claim, (size_t)(all->n + 1) * sizeof *list);
    if (!list)
        return err_set(e, ST_NOMEM, "no memory for the claims");
    all->claim = list;
    struct claim *c = &list[all->n++];
    *c = (struct claim){
        .published_less = real_or_nan(q, 9),
        .published_than = real_or_nan(q, 10),
        .less = {real_or_nan(q, 11), real_or_nan(q, 12), sqlite3_column_int(q, 13)},
        .less_runs = sqlite3_column_int(q, 14),
        .than = {real_or_nan(q, 15), real_or_nan(q, 16), sqlite3_column_int(q, 17)},
        .than_runs = sqlite3_column_int(q, 18),
        .settings = sqlite3_column_int(q, 19),
        .asked = sqlite3_column_int(q, 20) != 0,
        .less_of = sqlite3_column_int64(q, 21),
        .than_of = sqlite3_column_int64(q, 22),
    };
    for (int i = PROFILE; i <= THAN; i++) {
        const char *text = (const char *)sqlite3_column_text(q, i);
        c->text[i] = strdup(text ? text : "");
        if (!c->text[i])
            return err_set(e, ST_NOMEM, "no memory for the claims");
    }
    return ST_OK;
}

static void claim_free(struct claim *c)
{
    for (int k = 0; k < TEXT_COLUMNS; k++)
        free(c->text[k]);
}

static void claims_free(struct claims *all)
{
    for (int i = 0; i < all->n; i++)
        claim_free(&all->claim[i]);
    free(all->claim);
}

/* --- verdicts ------------------------------------------------------------------ */

static enum verdict judge(const struct claim *c)
{
    if (c->less_runs == 0 || c->than_runs == 0)
        return NOT_RUN;
    if (c->below < alpha)
        return REPRODUCED;
    return c->above < alpha ? CONTRADICTED : UNDECIDED;
}

/* Where all seeds of both sides have the same value, their spread is taken to be no smaller
 * than chance makes it in a count of that size (half a success more and half a failure, so
 * that it is above 0); NaN without a count. */
static double least_std(double mean, int64_t of)
{
    const double n = (double)of, p = (mean * n + 0.5) / (n + 1.0);
    return of > 0 && p > 0 && p < 1 ? sqrt(p * (1 - p) / n) : (double)NAN;
}

static void lend_spread(const struct claim *c, struct sample_summary *less,
                        struct sample_summary *than)
{
    *less = c->less;
    *than = c->than;
    if (less->std > 0 || than->std > 0)
        return;
    less->std = least_std(less->mean, c->less_of);
    than->std = least_std(than->mean, c->than_of);
}

/* Both sides make so few errors that they solve what was asked: the size of this profile
 * cannot test the claim, which is then no part of the family that is corrected for. */
static bool both_solve(const struct claim *c)
{
    return metric_info(c->text[METRIC])->error && c->less.mean <= solved_error &&
           c->than.mean <= solved_error;
}

/* All n claims of one profile: two families, one for each direction. */
static enum status decide(struct claim *c, int n, struct err *e)
{
    double *p = calloc(4 * (size_t)n, sizeof *p);
    double *const below = p, *const above = below + n, *const corrected = above + n;
    if (!p)
        return err_set(e, ST_NOMEM, "no memory for %d claims", n);
    for (int i = 0; i < n; i++) {
        struct sample_summary less, than;
        lend_spread(&c[i], &less, &than);
        const bool tested = !both_solve(&c[i]);
        below[i] = tested ? statistics_welch_below(less, than) : (double)NAN;
        above[i] = tested ? statistics_welch_below(than, less) : (double)NAN;
    }
    statistics_holm(below, n, corrected);
    statistics_holm(above, n, corrected + n);
    for (int i = 0; i < n; i++) {
        c[i].below = corrected[i];
        c[i].above = corrected[n + i];
        c[i].verdict = judge(&c[i]);
    }
    free(p);
    return ST_OK;
}

/* How many claims from c[0] on, of n, are of its profile. */
static int family(const struct claim *c, int n)
{
    int k = 1;
    while (k < n && strcmp(c[k].text[PROFILE], c[0].text[PROFILE]) == 0)
        k++;
    return k;
}

/* Decides all, since the correction goes over all of a profile, and keeps those asked for. */
static enum status decide_all(struct claims *all, struct err *e)
{
    enum status st = ST_OK;
    int kept = 0;
    for (int i = 0; i < all->n && st == ST_OK; i += family(&all->claim[i], all->n - i))
        st = decide(&all->claim[i], family(&all->claim[i], all->n - i), e);
    for (int i = 0; i < all->n; i++) {
        if (all->claim[i].asked)
            all->claim[kept++] = all->claim[i];
        else
            claim_free(&all->claim[i]);
    }
    all->n = kept;
    return st;
}

/* --- printing ------------------------------------------------------------------ */

static void add_side(struct text_table *t, const struct metric_info *m, const char *name,
                     const struct sample_summary *s, int runs)
{
    char text[METRIC_TEXT];
    if (runs == 0)
        text_table_format(t, "%s -", name);
    else
        text_table_format(t, "%s %s (%d)", name, metric_mean_std(m, s->mean, s->std, text),
                          s->n);
}

static void add_paper(struct text_table *t, const struct metric_info *m,
                      const struct claim *c)
{
    char a[METRIC_TEXT], b[METRIC_TEXT];
    if (isnan(c->published_less) || isnan(c->published_than))
        text_table_none(t);
    else
        text_table_format(
            t, "%s, %s",
            metric_number(m, c->published_less, metric_decimals(m, c->published_less), a),
            metric_number(m, c->published_than, metric_decimals(m, c->published_than), b));
}

static void fill(struct text_table *t, const struct claim *c, int n)
{
    static const char *const names[] = {"claim",          "verdict", "smaller (seeds)",
                                        "larger (seeds)", "p",       "paper"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        text_table_column(t, names[i], *names[i] == 'p' && !names[i][1]);
    for (int i = 0; i < n; i++) {
        const struct metric_info *m = metric_info(c[i].text[METRIC]);
        text_table_text(t, c[i].text[NAME]);
        text_table_text(t, verdict_text(c[i].verdict));
        add_side(t, m, c[i].text[LESS], &c[i].less, c[i].less_runs);
        add_side(t, m, c[i].text[THAN], &c[i].than, c[i].than_runs);
        if (isnan(c[i].below) || isnan(c[i].above))
            text_table_text(t, c[i].verdict == NOT_RUN ? "" : "n/a");
        else
            text_table_format(t, "%.2g", fmin(c[i].below, c[i].above));
        add_paper(t, m, &c[i]);
    }
}

/* A paragraph of its own, or an item of a list. */
static void print_words(enum print_format f, bool item, const char *text, FILE *out)
{
    if (f == PRINT_TEXT) {
        clean_wrap(out, 0, 0, WIDTH, text);
        return;
    }
    fputs(!item ? "" : f == PRINT_MD ? "- " : "\\item ", out);
    (f == PRINT_MD ? escape_md : escape_latex)(out, text);
    fputc('\n', out);
}

static void print_details(const struct claim *c, int n, enum print_format f, FILE *out)
{
    for (int i = 0; i < n; i++) {
        const char *const *t = (const char *const *)c[i].text;
        char *text = NULL;
        size_t bytes = 0;
        FILE *line = open_memstream(&text, &bytes);
        if (!line)
            return;
        fprintf(line, "%s: %s (%s%s%s, %s, %s%s)%s", t[NAME], t[TEXT], t[EXPERIMENT],
                *t[CELL] ? ", " : "", t[CELL], t[SPLIT], t[METRIC],
                metric_info(t[METRIC])->percent ? ", %" : "",
                c[i].settings > 1
                    ? "; runs with several settings exist: those with most seeds count"
                    : "");
        if (fclose(line) == 0)
            print_words(f, true, text, out);
        free(text);
    }
}

static void print_rule(const struct claim *c, enum print_format f, FILE *out)
{
    char title[256];
    snprintf(title, sizeof title, "Claims, profile %s",
             *c->text[PROFILE] ? c->text[PROFILE] : "(no run yet)");
    fputs(f == PRINT_MD ? "### " : f == PRINT_LATEX ? "\\noindent " : "", out);
    print_words(f, false, title, out);
    print_words(
        f, false,
        "Reproduced: the first mean is below the second, contradicted: above, by a "
        "one-sided Welch test with p < 0.05 after Holm's correction over all claims "
        "of the profile. Where both err on at most 1 % both solve the task, and the claim "
        "is not tested (p n/a).",
        out);
    fputc('\n', out);
}

/* Moves the claims that have a run on some side to the front, in order; returns how many.
 * All of them when none has, so that there is something to print. */
static int with_runs_first(struct claim *c, int n)
{
    int front = 0;
    for (int i = 0; i < n; i++) {
        if (!c[i].less_runs && !c[i].than_runs)
            continue;
        const struct claim moved = c[i];
        memmove(&c[front + 1], &c[front], (size_t)(i - front) * sizeof *c);
        c[front++] = moved;
    }
    return front ? front : n;
}

static enum status print_family(const struct claim *c, int n, int hidden,
                                enum print_format f, FILE *out, struct err *e)
{
    char more[160];
    struct text_table t;
    print_rule(c, f, out);
    text_table_init(&t, f, out);
    fill(&t, c, n);
    const enum status st = text_table_end(&t, e);
    if (st)
        return st;
    if (hidden) {
        snprintf(more, sizeof more,
                 "%d more claim%s no run on either side; `posbench claims \"*\"` lists "
                 "them.",
                 hidden, hidden == 1 ? " has" : "s have");
        fputc('\n', out);
        print_words(f, false, more, out);
    }
    fputs(f == PRINT_LATEX ? "\\begin{itemize}\n" : "\n", out);
    print_details(c, n, f, out);
    fputs(f == PRINT_LATEX ? "\\end{itemize}\n" : "", out);
    return ST_OK;
}

/* A row a claim: the verdict, texts, numbers and counts. */
static void add_columns(struct text_table *t)
{
    static const char *const names[] = {
        "verdict",   "profile",  "claim",    "text",    "experiment",     "cell",
        "split",     "metric",   "less",     "than",    "less_mean",      "less_std",
        "than_mean", "than_std", "p_below",  "p_above", "published_less", "published_than",
        "less_n",    "than_n",   "settings",
    };
    text_table_columns(t, names, sizeof names / sizeof *names);
}

static void add_claim(struct text_table *t, const struct claim *c)
{
    const double numbers[] = {c->less.mean,      c->less.std,      c->than.mean,
                              c->than.std,       c->below,         c->above,
                              c->published_less, c->published_than};
    text_table_text(t, verdict_text(c->verdict));
    for (int k = PROFILE; k <= THAN; k++)
        text_table_text(t, c->text[k]);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        text_table_real(t, numbers[k]);
    text_table_integer(t, c->less.n);
    text_table_integer(t, c->than.n);
    text_table_integer(t, c->settings);
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
    return print_json(
        json_pack("{si sf so}", "schema", 1, "alpha", alpha, "claims", text_table_take(&t)),
        JSON_INDENT(1), out, e);
}

/* `short_list`: leave out of text for people what no run speaks about. */
static enum status print_claims(struct claims *all, enum print_format f, bool short_list,
                                FILE *out, struct err *e)
{
    enum status st = ST_OK;
    if (!print_format_for_people(f))
        return export_claims(all, f, out, e);
    for (int i = 0; i < all->n && st == ST_OK;) {
        const int n = family(&all->claim[i], all->n - i);
        const int shown = short_list ? with_runs_first(&all->claim[i], n) : n;
        fputs(i ? "\n" : "", out);
        st = print_family(&all->claim[i], shown, n - shown, f, out, e);
        i += n;
    }
    return st;
}

/* Are runs named, by profile or file, none of which is done? */
static bool asks_for_no_run(const struct verdicts_request *q, const struct claims *all)
{
    bool some = !q->profile && !q->chosen;
    for (int i = 0; i < all->n; i++)
        some |= all->claim[i].less_runs > 0 || all->claim[i].than_runs > 0;
    return !some;
}

enum status verdicts_print(struct store *s, const struct verdicts_request *q, FILE *out,
                           int tally[VERDICTS], struct err *e)
{
    struct claims all = {.n = 0};
    const char *const params[] = {q->profile ? q->profile : "*", q->name ? q->name : "*"};
    enum status st = store_each(s, claims_sql, params, 2, NULL, take_claim, &all, e);
    if (st == ST_OK)
        st = decide_all(&all, e);
    const bool none = st == ST_OK && (all.n == 0 || asks_for_no_run(q, &all));
    if (none && q->format == PRINT_JSON)
        st = export_claims(&(struct claims){.n = 0}, PRINT_JSON, out, e);
    if (none && st == ST_OK)
        st = all.n ? err_set(e, ST_NOTFOUND,
                             "no run that is done matches; `posbench list runs` shows what "
                             "there is")
                   : err_set(e, ST_NOTFOUND,
                             "no claim matches; an experiment file lists them under "
                             "\"claims\", and `posbench run` stores them");
    for (int v = 0; v < VERDICTS && tally; v++)
        tally[v] = 0;
    for (int i = 0; i < all.n && tally && st == ST_OK; i++)
        tally[all.claim[i].verdict]++;
    if (st == ST_OK)
        st = print_claims(&all, q->format, !q->name, out, e);
    claims_free(&all);
    return st;
}
