/* report_findings.c -- writes sentences from the numbers: which encoders lead, and which cannot be
 * told from them.
 *
 * A test of a text, which has bits per byte, is judged by its perplexity, another by its error.
 * Rows of the database are sorted by test (experiment, profile, cell, split), then by recipe,
 * with a row for each seed. The encoders of one test are collected and sorted by their mean, and
 * the first is compared with each of the others. */
#include "report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric_text.h"
#include "rank_test.h"
#include "statistics.h"

static const double alpha = 0.05; /* two-sided, by convention; the page says so */

enum { SEEDS_MAX = 512, NAME_TEXT = 256 }; /* further seeds are left out; chosen */

struct entrant {
    char name[NAME_TEXT];
    long long recipe;
    double mean;
    double value[SEEDS_MAX];
    int seeds;
};

struct contest {
    FILE *out;
    struct report_asks asks;
    char experiment[NAME_TEXT], profile[NAME_TEXT];
    const char *asked;        /* the text above the list; NULL: none yet */
    int tests, undecidable;   /* tests of the list that compare; those with too few seeds */
    char name[4 * NAME_TEXT]; /* "flip_flop quick id" */
    struct entrant *all;      /* [n], room for `room` */
    int n, room;
    const struct metric_info *metric; /* the lower, the better */
    double guess;                     /* its value for a blind guess; NaN: not known */
};

static int by_mean(const void *pa, const void *pb)
{
    const struct entrant *a = pa, *b = pb;
    const int order = (a->mean > b->mean) - (a->mean < b->mean);
    return order ? order : strcmp(a->name, b->name);
}

static struct values values_of(const struct entrant *a)
{
    return (struct values){a->value, a->seeds};
}

static double p_two_sided(const struct entrant *a, const struct entrant *b)
{
    const double below = rank_test_below(values_of(a), values_of(b));
    const double above = rank_test_below(values_of(b), values_of(a));
    return fmin(1.0, 2.0 * fmin(below, above));
}

/* Returns how many entrants have the lowest mean. */
static int leaders(const struct contest *c)
{
    int n = 1;
    while (n < c->n && c->all[n].mean <= c->all[0].mean)
        n++;
    return n;
}

enum { WITH_UNIT = METRIC_TEXT + 2 };

/* Writes a rate as "5.20 %", another metric as "38.39". Returns text. */
static const char *with_unit(const struct metric_info *m, double value,
                             char text[WITH_UNIT])
{
    char number[METRIC_TEXT];
    metric_number(m, value, metric_decimals(m, value), number);
    snprintf(text, WITH_UNIT, "%s%s", number, m->percent ? " %" : "");
    return text;
}

/* Lists the entrants after the leaders that the test finds different from the first one
 * (`different`) or not: "rope (5.20 %), cope (4.48 %)". `to` may be NULL. Returns their number. */
static int list(const struct contest *c, bool different, FILE *to)
{
    char number[WITH_UNIT];
    int n = 0;
    for (int i = leaders(c); i < c->n; i++) {
        const struct entrant *x = &c->all[i];
        if ((p_two_sided(&c->all[0], x) <= alpha) != different)
            continue;
        if (to)
            fprintf(to, "%s%s (%s)", n ? ", " : "", x->name,
                    with_unit(c->metric, x->mean, number));
        n++;
    }
    return n;
}

static bool could_decide(const struct contest *c)
{
    const int n = c->all[0].seeds, m = c->all[leaders(c)].seeds;
    return m > 0 && 2.0 * rank_test_least(n, m) <= alpha;
}

static void say_leaders(const struct contest *c, FILE *to)
{
    const struct entrant *best = &c->all[0];
    const int n = leaders(c);
    int most = best->seeds, least = best->seeds;
    char number[WITH_UNIT];
    for (int i = 0; i < n; i++) {
        fprintf(to, "%s%s", i == 0 ? "" : i < n - 1 ? ", " : " and ", c->all[i].name);
        most = c->all[i].seeds > most ? c->all[i].seeds : most;
        least = c->all[i].seeds < least ? c->all[i].seeds : least;
    }
    if (best->mean > 0.0)
        fprintf(to, " %s the lowest %s, %s", n > 1 ? "have" : "has",
                c->metric->error ? "error" : c->metric->name,
                with_unit(c->metric, best->mean, number));
    else
        fprintf(to, " %s no error", n > 1 ? "make" : "makes");
    if (least < most)
        fprintf(to, " over %d to %d seeds", least, most);
    else
        fprintf(to, " over %d seed%s", most, most == 1 ? "" : "s");
    if (!isnan(c->guess) && best->mean >= 0.9 * c->guess)
        fputs(", no better than a guess", to);
}

/* Nothing where seeds are too few: the list's end says so, once for all its tests. */
static void say_rest(struct contest *c, FILE *to)
{
    if (leaders(c) == c->n)
        return;
    c->tests++;
    if (!could_decide(c)) {
        c->undecidable++;
        return;
    }
    if (list(c, true, NULL)) {
        fprintf(to, "; %s seeds tend to lie below those of ",
                leaders(c) > 1 ? "the first one's" : "its");
        list(c, true, to);
    }
    if (list(c, false, NULL)) {
        fprintf(to, "; %snot told apart from ", leaders(c) > 1 ? "the first one is " : "");
        list(c, false, to);
    }
}

static void end_list(struct contest *c)
{
    if (!c->asked)
        return;
    fputs("</ul>\n", c->out);
    if (c->undecidable) {
        fputs("<p class=notes>", c->out);
        if (c->undecidable < c->tests)
            report_say(
                c->out,
                "In %d of these %d tests, where a sentence names none but the first, "
                "there are too few seeds to tell encoders apart.",
                c->undecidable, c->tests);
        else
            report_say(c->out, "Too few seeds to tell encoders apart.");
        fputs("</p>\n", c->out);
    }
    c->tests = c->undecidable = 0;
}

/* Writes what the tests ask, above the first sentence of an experiment and profile. */
static void say_asked(struct contest *c)
{
    const char *asked = report_asks_find(&c->asks, c->experiment, c->profile);
    if (c->asked && strcmp(asked, c->asked) == 0)
        return;
    end_list(c);
    fprintf(c->out, "%s<ul class=findings>\n", asked);
    c->asked = asked;
}

/* Writes the sentence of a test and empties the contest. */
static void finish(struct contest *c)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = c->n > 1 ? open_memstream(&text, &bytes) : NULL;
    if (to) {
        for (int i = 0; i < c->n; i++)
            c->all[i].mean = statistics_mean(c->all[i].value, c->all[i].seeds);
        qsort(c->all, (size_t)c->n, sizeof *c->all, by_mean);
        say_asked(c);
        say_leaders(c, to);
        say_rest(c, to);
        if (fclose(to) == 0) {
            fputs("<li>", c->out);
            report_element(c->out, "b", c->name);
            report_say(c->out, ": %s.", text);
            fputs("</li>\n", c->out);
        }
        free(text);
    }
    c->n = 0;
}

/* Adds an entrant; NULL: no memory. */
static struct entrant *add(struct contest *c, long long recipe, const char *name)
{
    if (c->n == c->room) {
        const int room = c->room ? 2 * c->room : 16;
        struct entrant *all = realloc(c->all, (size_t)room * sizeof *all);
        if (!all)
            return NULL;
        c->all = all;
        c->room = room;
    }
    struct entrant *x = &c->all[c->n++];
    x->recipe = recipe;
    x->seeds = 0;
    snprintf(x->name, sizeof x->name, "%s", name);
    return x;
}

/* Columns: experiment, profile, cell, split, recipe, variant, metric, value, chance. */
static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    struct contest *c = context;
    char name[sizeof c->name];
    (void)columns;
    (void)names;
    snprintf(name, sizeof name, "%.200s, %.200s%s%.200s, %.200s", store_cell(cells[0]),
             store_cell(cells[1]), *store_cell(cells[2]) ? ", " : "", store_cell(cells[2]),
             store_cell(cells[3]));
    if (strcmp(name, c->name) != 0) {
        finish(c);
        snprintf(c->name, sizeof c->name, "%s", name);
        snprintf(c->experiment, sizeof c->experiment, "%s", store_cell(cells[0]));
        snprintf(c->profile, sizeof c->profile, "%s", store_cell(cells[1]));
        c->metric = metric_info(store_cell(cells[6]));
        c->guess = cells[8]
                       ? metric_of_accuracy(c->metric, strtod(cells[8], NULL), true, true)
                       : (double)NAN;
    }
    const long long recipe = strtoll(store_cell(cells[4]), NULL, 10);
    struct entrant *x = c->n > 0 && c->all[c->n - 1].recipe == recipe
                            ? &c->all[c->n - 1]
                            : add(c, recipe, store_cell(cells[5]));
    if (!x)
        return err_set(e, ST_NOMEM, "no memory for the report");
    if (x->seeds < SEEDS_MAX)
        x->value[x->seeds++] = strtod(store_cell(cells[7]), NULL);
    return ST_OK;
}

enum status report_findings(struct report *r, struct err *e)
{
    static const char sql[] =
        "SELECT r.experiment, r.profile, r.cell, s.split, r.recipe, r.variant, s.metric,"
        " s.value, (SELECT c.value FROM v_score AS c"
        "  WHERE c.run_id = r.run_id AND c.split = s.split AND c.metric = 'chance') "
        "FROM v_run AS r JOIN v_score AS s USING (run_id) "
        "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
        " AND s.value NOT NULL AND s.metric = iif(EXISTS (SELECT 1 FROM v_score AS b"
        "  WHERE b.run_id = r.run_id AND b.split = s.split AND b.metric = 'bits_per_byte'),"
        "  'perplexity', 'token_error')"
        " AND s.split NOT IN ('train', 'valid') "
        "ORDER BY r.experiment, r.profile, r.cell, s.split, r.recipe, r.seed";
    struct contest c = {.out = r->out, .guess = (double)NAN};
    enum status st = report_asks_load(r, &c.asks, e);
    if (st == ST_OK)
        st = store_query(r->store, sql, r->params, 2, take, &c, e);
    if (st == ST_OK)
        finish(&c);
    end_list(&c);
    report_asks_free(&c.asks);
    free(c.all);
    return st;
}
