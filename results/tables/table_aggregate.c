#include "table_aggregate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "no_match.h"
#include "prose.h"
#include "table_data.h"
#include "table_rates.h"

/* The points of the performance profile; tables for people print those that are `shown`. */
static const struct {
    double score;
    bool shown;
} points[] = {{0.1, false}, {0.2, false}, {0.3, false}, {0.4, false}, {0.5, true},
              {0.6, false}, {0.7, false}, {0.8, false}, {0.9, false}, {0.99, true}};
enum { POINTS = sizeof points / sizeof points[0], STATISTICS = POINTS + 2 };

struct test {
    const struct record *any;
    int encoders; /* number of encoders with a value */
};

struct estimate {
    double value;
    struct interval interval;
};

/* One profile. values[encoder * tests + test] are the scores of that encoder in that test. */
struct field {
    const struct table_data *data;
    const char *profile; /* interned */
    const struct record **encoder;
    struct test *test;
    struct values *values;
    double *score; /* the scores that all values point to */
    double *room;  /* work space of the same size */
    int *has;      /* [encoders] tests of each, before tests that some lack are left out */
    int encoders, tests;
    bool several_rates; /* there were several learning rates, of which one is counted */
};

/* --- scores -------------------------------------------------------------------- */

static double score_of(const struct record *r)
{
    const double floor = !isnan(r->majority) ? r->majority
                         : !isnan(r->chance) ? r->chance
                                             : 0.0;
    const double top = isnan(r->ceiling) ? 1.0 : r->ceiling;
    return (r->value - floor) / (top - floor);
}

static bool counts(const struct field *f, const struct record *r)
{
    return r->key[DIM_PROFILE] == f->profile && r->key[DIM_SPLIT] && isfinite(score_of(r));
}

static bool same_test(const struct record *a, const struct record *b)
{
    return a->key[DIM_EXPERIMENT] == b->key[DIM_EXPERIMENT] &&
           a->key[DIM_CELL] == b->key[DIM_CELL] && a->key[DIM_SPLIT] == b->key[DIM_SPLIT];
}

static int find_test(const struct field *f, const struct record *r)
{
    int i = 0;
    while (i < f->tests && !same_test(f->test[i].any, r))
        i++;
    return i;
}

static int find_encoder(const struct field *f, const struct record *r)
{
    int i = 0;
    while (i < f->encoders && f->encoder[i]->key[DIM_VARIANT] != r->key[DIM_VARIANT])
        i++;
    return i;
}

static void name_all(struct field *f)
{
    for (int i = 0; i < f->data->records; i++) {
        const struct record *r = &f->data->record[i];
        if (!counts(f, r))
            continue;
        const int test = find_test(f, r), encoder = find_encoder(f, r);
        if (test == f->tests)
            f->test[f->tests++] = (struct test){.any = r};
        if (encoder == f->encoders)
            f->encoder[f->encoders++] = r;
    }
}

/* Fills values and score; the scores of one encoder in one test are adjacent in `score`. */
static void count_values(struct field *f)
{
    double *next = f->score;
    for (int i = 0; i < f->data->records; i++) {
        const struct record *r = &f->data->record[i];
        if (counts(f, r))
            f->values[find_encoder(f, r) * f->tests + find_test(f, r)].n++;
    }
    for (int i = 0; i < f->encoders * f->tests; i++) {
        f->test[i % f->tests].encoders += f->values[i].n > 0;
        f->has[i / f->tests] += f->values[i].n > 0;
        f->values[i].at = next;
        next += f->values[i].n;
        f->values[i].n = 0;
    }
    for (int i = 0; i < f->data->records; i++) {
        const struct record *r = &f->data->record[i];
        if (!counts(f, r))
            continue;
        struct values *v = &f->values[find_encoder(f, r) * f->tests + find_test(f, r)];
        f->score[v->at - f->score + v->n++] = score_of(r);
    }
}

/* Keeps only the tests that every encoder has; returns the number of the others. */
static int keep_common(struct field *f)
{
    int kept = 0, k = 0;
    for (int i = 0; i < f->tests; i++)
        kept += f->test[i].encoders == f->encoders;
    for (int i = 0; i < f->encoders * f->tests; i++)
        if (f->test[i % f->tests].encoders == f->encoders)
            f->values[k++] = f->values[i];
    const int left_out = f->tests - kept;
    f->tests = kept;
    return left_out;
}

static void field_free(struct field *f)
{
    free(f->encoder);
    free(f->test);
    free(f->values);
    free(f->score);
    free(f->room);
    free(f->has);
}

/* Fills a field. *left_out receives the number of tests that some encoder lacks. */
static enum status field_fill(struct field *f, int *left_out, struct err *e)
{
    const size_t n = (size_t)f->data->records + 1;
    f->encoder = (const struct record **)malloc(n * sizeof(struct record *));
    f->test = malloc(n * sizeof *f->test);
    f->score = malloc(n * sizeof *f->score);
    f->room = malloc(n * sizeof *f->room);
    f->has = calloc(n, sizeof *f->has);
    if (f->encoder && f->test && f->score && f->room && f->has) {
        name_all(f);
        f->values = calloc((size_t)f->encoders * (size_t)f->tests + 1, sizeof *f->values);
    }
    if (!f->values)
        return err_set(e, ST_NOMEM, "no memory for the scores of %zu runs", n);
    count_values(f);
    *left_out = keep_common(f);
    return ST_OK;
}

/* --- statistics ---------------------------------------------------------------- */

static double iqm(const struct values *stratum, int strata, void *room)
{
    return aggregate_iqm(stratum, strata, room);
}

static double share_above(const struct values *stratum, int strata, void *score)
{
    return aggregate_share_above(stratum, strata, *(const double *)score);
}

/* Returns "better". The strata are the tests of one encoder, then those of each of the others. */
static double better(const struct values *stratum, int strata, void *context)
{
    const int tests = *(const int *)context;
    double sum = 0.0;
    int others = 0;
    /* A higher score is better, so that the others are the reference. */
    for (int i = tests; i < strata; i += tests, others++)
        sum += aggregate_improvement(stratum + i, stratum, tests);
    return sum / others;
}

/* Has every test at least two values? A test with one seed would add nothing to the interval. */
static bool has_spread(const struct values *stratum, int strata)
{
    for (int i = 0; i < strata; i++)
        if (stratum[i].n < 2)
            return false;
    return true;
}

static enum status estimate(const struct values *stratum, int strata,
                            aggregate_statistic *statistic, void *context,
                            struct estimate *out, struct err *e)
{
    out->value = statistic(stratum, strata, context);
    out->interval = (struct interval){.low = (double)NAN, .high = (double)NAN};
    if (!has_spread(stratum, strata))
        return ST_OK;
    return aggregate_interval(stratum, strata, 0, statistic, context, &out->interval, e);
}

/* Returns the values of one encoder, [tests]. */
static const struct values *values_at(const struct field *f, int encoder)
{
    return &f->values[(ptrdiff_t)encoder * f->tests];
}

/* Returns the values of encoder `first`, then those of the others; NULL: no memory. */
static struct values *with_others(const struct field *f, int first)
{
    const size_t each = (size_t)f->tests;
    struct values *all = malloc(((size_t)f->encoders * each + 1) * sizeof *all);
    size_t n = 0;
    for (int k = 0; all && k < f->encoders; k++, n += each)
        memcpy(all + n, values_at(f, (first + k) % f->encoders), each * sizeof *all);
    return all;
}

/* Computes out[STATISTICS]: IQM, the points of the profile, and "better", NaN for a lone encoder.
 * `shown`: computes only the points that tables for people print. */
static enum status measure(const struct field *f, int encoder, bool shown,
                           struct estimate *out, struct err *e)
{
    const struct values *own = values_at(f, encoder);
    int tests = f->tests;
    enum status st = estimate(own, tests, iqm, f->room, &out[0], e);
    for (int k = 0; k < POINTS && st == ST_OK; k++) {
        double score = points[k].score;
        if (shown && !points[k].shown)
            continue;
        st = estimate(own, tests, share_above, &score, &out[1 + k], e);
    }
    out[1 + POINTS] =
        (struct estimate){(double)NAN, {.low = (double)NAN, .high = (double)NAN}};
    if (st || f->encoders < 2)
        return st;
    struct values *all = with_others(f, encoder);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory to compare %d encoders", f->encoders);
    st = estimate(all, f->encoders * tests, better, &tests, &out[1 + POINTS], e);
    free(all);
    return st;
}

/* --- printing ------------------------------------------------------------------ */

static void add_percent(struct text_table *t, const struct estimate *x)
{
    if (isnan(x->value)) {
        text_table_text(t, "n/a");
        return;
    }
    text_table_format(t, "%.1f", 100 * x->value);
    if (!isnan(x->interval.low))
        text_table_tail(t, " [%.1f, %.1f]", 100 * x->interval.low, 100 * x->interval.high);
}

static void add_columns(struct text_table *t)
{
    text_table_column(t, "encoder", false);
    text_table_column(t, "IQM", true);
    for (int k = 0; k < POINTS; k++)
        if (points[k].shown) {
            char name[32];
            snprintf(name, sizeof name, "> %g", 100 * points[k].score);
            text_table_column(t, name, true);
        }
    text_table_column(t, "better", true);
}

static void add_for_people(struct text_table *t, const struct field *f, int encoder,
                           const struct estimate *x)
{
    text_table_text(t, f->encoder[encoder]->key[DIM_VARIANT]);
    add_percent(t, &x[0]);
    for (int k = 0; k < POINTS; k++)
        if (points[k].shown)
            add_percent(t, &x[1 + k]);
    add_percent(t, &x[1 + POINTS]);
}

static int values_of(const struct field *f, int encoder)
{
    int n = 0;
    for (int i = 0; i < f->tests; i++)
        n += values_at(f, encoder)[i].n;
    return n;
}

static void add_rows(struct text_table *t, const struct field *f, int encoder,
                     const struct estimate *x)
{
    for (int k = 0; k < STATISTICS; k++) {
        char name[32] = "iqm";
        if (k == 1 + POINTS)
            snprintf(name, sizeof name, "better");
        else if (k > 0)
            snprintf(name, sizeof name, "above_%g", points[k - 1].score);
        text_table_text(t, f->profile);
        text_table_text(t, f->encoder[encoder]->key[DIM_VARIANT]);
        text_table_text(t, name);
        text_table_real(t, x[k].value);
        text_table_real(t, x[k].interval.low);
        text_table_real(t, x[k].interval.high);
        text_table_integer(t, f->tests);
        text_table_integer(t, values_of(f, encoder));
    }
}

static const char *say_intervals(const struct field *f)
{
    int without = 0;
    for (int i = 0; i < f->encoders; i++)
        without += !has_spread(values_at(f, i), f->tests);
    return without == 0
               ? "In brackets: 95 % intervals of a bootstrap over seeds within tests."
           : without == f->encoders
               ? "No intervals: each encoder has a test with one seed alone, which says nothing "
                 "about others."
               : "In brackets: 95 % intervals of a bootstrap over seeds within tests; none where "
                 "a test has one seed alone.";
}

static void say_head(struct text_table *t, const struct field *f, int left_out)
{
    struct prose said = {.used = 0};
    prose_say(&said, "Over tests, profile %s", f->profile);
    text_table_title(t, said.text);
    text_table_label(t, "aggregate-%s", f->profile);
    said.used = 0;
    prose_say(
        &said,
        "Normalised scores in percent over %d test%s (experiment, cell and split)%s: 0 "
        "for the commonest answer, 100 for all that can be known. IQM: mean of the "
        "middle half of all values. > s: share of values above s. Better: share of "
        "pairs of runs, over tests and the other encoders, in which this one is higher. "
        "%s%s",
        f->tests, f->tests == 1 ? "" : "s",
        left_out ? " of which every encoder has values" : "",
        f->several_rates ? "Of several learning rates each encoder has in each cell the "
                           "one with the smallest mean loss on valid. "
                         : "",
        say_intervals(f));
    text_table_say(t, said.text);
}

static enum status add_profile(const struct field *f, const struct table_request *q,
                               struct text_table *t, struct err *e)
{
    const bool shown = print_format_for_people(q->format);
    enum status st = ST_OK;
    for (int i = 0; i < f->encoders && st == ST_OK; i++) {
        struct estimate x[STATISTICS];
        st = measure(f, i, shown, x, e);
        if (st == ST_OK)
            (shown ? add_for_people : add_rows)(t, f, i, x);
    }
    return st;
}

static enum status print_profile(const struct field *f, const struct table_request *q,
                                 int left_out, FILE *out, struct err *e)
{
    struct text_table t;
    text_table_init(&t, q->format, out);
    say_head(&t, f, left_out);
    add_columns(&t);
    const enum status st = add_profile(f, q, &t, e);
    if (st == ST_OK)
        return text_table_end(&t, e);
    text_table_drop(&t);
    return st;
}

/* Is record i the first with its profile? */
static bool is_new_profile(const struct table_data *d, int i)
{
    for (int k = 0; k < i; k++)
        if (d->record[k].key[DIM_PROFILE] == d->record[i].key[DIM_PROFILE])
            return false;
    return true;
}

/* The state of one call of table_aggregate. */
struct job {
    struct table_data data;
    const struct table_request *q;
    FILE *out;
    int printed; /* profiles printed so far */
    bool several_rates;
    struct prose lacking; /* how many tests each encoder has, when none is common to all */
};

/* Writes "of 9 tests in profile quick rope has 9, relative has 3". */
static void say_lacking(const struct field *f, int tests, struct prose *said)
{
    said->used = 0;
    prose_say(said, "of %d tests in profile %s", tests, f->profile);
    for (int i = 0; i < f->encoders; i++)
        prose_say(said, "%s%s has %d", i ? ", " : " ", f->encoder[i]->key[DIM_VARIANT],
                  f->has[i]);
}

/* Adds each profile to `rows` or, when that is NULL, prints it as a table for people. */
static enum status each_profile(struct job *j, struct text_table *rows, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < j->data.records && st == ST_OK; i++) {
        struct field f = {.data = &j->data,
                          .profile = j->data.record[i].key[DIM_PROFILE],
                          .several_rates = j->several_rates};
        int left_out = 0;
        if (!is_new_profile(&j->data, i))
            continue;
        st = field_fill(&f, &left_out, e);
        if (st == ST_OK && f.tests > 0 && rows)
            st = add_profile(&f, j->q, rows, e);
        else if (st == ST_OK && f.tests > 0) {
            fputs(j->printed ? "\n" : "", j->out);
            st = print_profile(&f, j->q, left_out, j->out, e);
        } else if (st == ST_OK && left_out)
            say_lacking(&f, left_out, &j->lacking);
        j->printed += f.tests > 0;
        field_free(&f);
    }
    return st;
}

static enum status for_programs(struct job *j, struct err *e)
{
    static const char *const names[] = {"profile", "encoder", "statistic", "value",
                                        "low",     "high",    "tests",     "values"};
    struct text_table t;
    text_table_init(&t, j->q->format, j->out);
    text_table_keep(&t);
    text_table_columns(&t, names, sizeof names / sizeof *names);
    const enum status st = each_profile(j, &t, e);
    if (st || (j->q->format == PRINT_CSV && !j->printed)) {
        text_table_drop(&t);
        return st;
    }
    if (j->q->format == PRINT_CSV)
        return text_table_end(&t, e);
    return print_json(json_pack("{si so}", "schema", 1, "aggregates", text_table_take(&t)),
                      JSON_INDENT(1), j->out, e);
}

static enum status nothing(struct store *s, const struct job *j, struct err *e)
{
    const struct table_request *q = j->q;
    char advice[FILTER_ADVICE];
    no_match_request(s, q->experiment, q->profile, q->filters, q->n_filters, advice);
    if (j->data.records == 0)
        return err_set(e, ST_NOTFOUND,
                       "no run matches%s; `posbench list runs` shows what there is",
                       advice);
    const enum status unfinished = table_data_unfinished(&j->data, e);
    if (unfinished)
        return unfinished;
    if (!j->lacking.used)
        return err_set(
            e, ST_NOTFOUND,
            "no run that matches has splits whose answers are judged right or wrong "
            "(those of texts are not); `posbench list runs` shows what there is");
    return err_set(
        e, ST_NOTFOUND,
        "no test has a score of every encoder: %s; choose encoders that share tests "
        "with --only encoder=NAME,NAME%s%s",
        j->lacking.text,
        j->q->merge ? "" : ", or take variants for one with --merge-variants",
        j->q->experiment ? "" : ", or name one experiment");
}

enum status table_aggregate(struct store *s, const struct table_request *q, FILE *out,
                            struct err *e)
{
    struct job j = {.q = q, .out = out};
    enum status st = table_data_load(s, q, "accuracy", &j.data, e);
    if (st == ST_OK)
        st = table_rates_choose(&j.data, &j.several_rates, e);
    if (st == ST_OK)
        st = print_format_for_people(q->format) ? each_profile(&j, NULL, e)
                                                : for_programs(&j, e);
    if (st == ST_OK && !j.printed)
        st = nothing(s, &j, e);
    table_data_free(&j.data);
    return st;
}
