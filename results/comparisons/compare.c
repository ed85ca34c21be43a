#include "compare.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "metric_text.h"
#include "no_match.h"
#include "paired.h"
#include "prose.h"
#include "rank_test.h"
#include "store_internal.h"

enum { KEYS = 5 };
enum key { EXPERIMENT, PROFILE, CELL, SPLIT, VARIANT };
static const char *const key_name[KEYS] = {"experiment", "profile", "cell", "split",
                                           "variant"};
static const double mcnemar_level = 0.05;

/* A run on a split. */
struct answered {
    char *key[KEYS], *examples; /* owned; examples: the settings that make the sequences */
    int64_t recipe, seed;
    uint8_t *bits; /* owned */
    int count;
    double perplexity; /* NaN: the split is no text */
};

/* The runs of one side. Runs with equal keys, and so of one recipe, are adjacent. */
struct side {
    const struct compare_request *q;
    struct answered *run;
    int n, room;
};

/* The runs of one key, which all have one recipe. */
struct group {
    const struct answered *run;
    int n;
};

/* Selects, for each key, the runs of the recipe with most seeds, the newest of equals; other
 * recipes are left out. */
static const char answers_sql[] =
    "WITH seed AS MATERIALIZED ("
    "  SELECT r.*, a.id AS answer, a.split"
    "  FROM v_variant_name AS v"
    "  JOIN v_run AS r USING (experiment, profile, cell, variant)"
    "  JOIN answer AS a USING (run_id)"
    "  WHERE r.state = 'done' AND a.split <> 'valid' AND a.count > 0"
    "   AND v.name = CASE ?1 WHEN '' THEN v.variant ELSE ?1 END"
    "), setting AS ("
    "  SELECT experiment, profile, cell, split, variant, recipe, row_number() OVER ("
    "          PARTITION BY experiment, profile, cell, split, variant"
    "          ORDER BY count(*) DESC, recipe DESC) AS place"
    "  FROM seed GROUP BY experiment, profile, cell, split, variant, recipe"
    ") "
    "SELECT s.experiment, s.profile, s.cell, s.split, s.variant,"
    " json_array(s.task_version, json_extract(s.config, '$.data_seed'),"
    "  json_extract(s.config, '$.task'),"
    "  (SELECT x.value FROM json_each(s.config, '$.splits') AS x WHERE x.key = s.split)),"
    " s.recipe, s.seed, a.count, a.bits, s.task, s.encoder, s.identity, s.config,"
    " (SELECT max(iif(m.name = 'perplexity', m.value, NULL)) FROM metric AS m"
    "  WHERE m.run_id = s.run_id AND m.split = s.split"
    "  HAVING sum(m.name = 'bits_per_byte') > 0) " /* only texts have it */
    "FROM seed AS s"
    " JOIN setting AS t USING (experiment, profile, cell, split, variant, recipe)"
    " JOIN answer AS a ON a.id = s.answer "
    "WHERE t.place = 1 "
    "ORDER BY s.experiment, s.profile, s.cell, s.split, s.variant, s.seed";
enum {
    EXAMPLES = KEYS,
    RECIPE,
    SEED,
    COUNT,
    BITS,
    TASK,
    ENCODER,
    IDENTITY,
    CONFIG,
    PERPLEXITY
};

/* --- reading ------------------------------------------------------------------- */

static const char *text_at(sqlite3_stmt *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q, i);
    return text ? text : "";
}

static bool is_asked(const struct compare_request *r, sqlite3_stmt *q)
{
    static const int column[FILTER_KEYS + 1] = {[FILTER_EXPERIMENT] = EXPERIMENT,
                                                [FILTER_TASK] = TASK,
                                                [FILTER_ENCODER] = ENCODER,
                                                [FILTER_VARIANT] = VARIANT,
                                                [FILTER_CELL] = CELL,
                                                [FILTER_SEED] = SEED,
                                                [FILTER_PROFILE] = PROFILE,
                                                [FILTER_IDENTITY] = IDENTITY,
                                                [FILTER_SPLIT] = SPLIT,
                                                [FILTER_SETTING] = CONFIG};
    const struct filter profile = {.key = FILTER_PROFILE,
                                   .glob = r->profile ? r->profile : "*"};
    if (!filter_fits(&profile, text_at(q, PROFILE)))
        return false;
    for (int i = 0; i < r->n_filters; i++) {
        struct filter f;
        struct err ignored; /* compare_print has checked the filters */
        if (filter_parse(r->filters[i], &f, &ignored) != ST_OK ||
            !filter_fits(&f, f.key == FILTER_STATE ? "done" : text_at(q, column[f.key])))
            return false;
    }
    return true;
}

static void answered_free(struct answered *r)
{
    for (int k = 0; k < KEYS; k++)
        free(r->key[k]);
    free(r->examples);
    free(r->bits);
}

static bool fill_answered(struct answered *r, sqlite3_stmt *q)
{
    const void *bits = sqlite3_column_blob(q, BITS);
    const size_t bytes = (size_t)sqlite3_column_bytes(q, BITS);
    const bool none = sqlite3_column_type(q, PERPLEXITY) == SQLITE_NULL;
    *r = (struct answered){.recipe = sqlite3_column_int64(q, RECIPE),
                           .seed = sqlite3_column_int64(q, SEED),
                           .count = sqlite3_column_int(q, COUNT),
                           .perplexity =
                               none ? (double)NAN : sqlite3_column_double(q, PERPLEXITY),
                           .examples = strdup(text_at(q, EXAMPLES)),
                           .bits = malloc(bytes + 1)};
    bool whole = r->examples && r->bits;
    if (r->bits && bytes)
        memcpy(r->bits, bits, bytes);
    for (int k = 0; k < KEYS; k++) {
        r->key[k] = strdup(text_at(q, k));
        whole &= r->key[k] != NULL;
    }
    return whole;
}

/* Checks the number of answers, because a stranger's database may hold what CHECKs refuse. */
static enum status check_answers(sqlite3_stmt *q, struct err *e)
{
    const int64_t count = sqlite3_column_int64(q, COUNT);
    if (count > 0 && count <= INT_MAX - 7 &&
        sqlite3_column_bytes(q, BITS) == (int)((count + 7) / 8))
        return ST_OK;
    return err_set(e, ST_DB,
                   "run %.32s: its answers to the split %.64s are not as many as it says; "
                   "restore a copy of the database, or leave the split out with --only",
                   text_at(q, IDENTITY), text_at(q, SPLIT));
}

static enum status take_answered(void *context, sqlite3_stmt *q, struct err *e)
{
    struct side *s = context;
    if (!is_asked(s->q, q))
        return ST_OK;
    const enum status st = check_answers(q, e);
    if (st)
        return st;
    if (s->n == s->room) {
        const int room = 2 * s->room + 16;
        struct answered *all = realloc(s->run, (size_t)room * sizeof *all);
        if (!all)
            return err_set(e, ST_NOMEM, "no memory for the answers of %d runs", room);
        s->run = all;
        s->room = room;
    }
    return fill_answered(&s->run[s->n++], q)
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for the answers of %d runs", s->n);
}

static enum status load(struct store *db, const char *name, struct side *s, struct err *e)
{
    const char *const params[] = {s->q->databases ? "" : name};
    enum status st = store_each(db, answers_sql, params, 1, NULL, take_answered, s, e);
    if (st == ST_OK && s->n == 0) {
        char wanted[256], advice[FILTER_ADVICE];
        const char *const filter[] = {wanted};
        snprintf(wanted, sizeof wanted, "encoder=%s", name);
        no_match_request(db, NULL, s->q->profile, s->q->filters, s->q->n_filters, advice);
        if (!advice[0])
            no_match_advice(db, filter, s->q->databases ? 0 : 1, advice);
        st = err_set(e, ST_NOTFOUND,
                     "%s: no run that is done matches and has its answers stored%s", name,
                     advice);
    }
    return st;
}

static void side_free(struct side *s)
{
    for (int i = 0; i < s->n; i++)
        answered_free(&s->run[i]);
    free(s->run);
}

/* --- numbers ------------------------------------------------------------------- */

struct pair {
    const char *const *key;
    bool of_text; /* errors are perplexities, and the numbers below are not known */
    int seeds_a, seeds_b, examples;
    double error_a, error_b, effect, improvement;
    struct interval interval;
    /* Pairs of runs with the same seed, except of texts. */
    int pairs, better_a, better_b; /* better: by McNemar's test */
    struct discordant only;        /* sums over the pairs */
};

/* Are the first `keys` keys equal? Encoders are compared by those up to SPLIT, databases by the
 * variant too. */
static bool same_key(const struct answered *a, const struct answered *b, int keys)
{
    for (int k = 0; k < keys; k++)
        if (strcmp(a->key[k], b->key[k]) != 0)
            return false;
    return true;
}

static struct group group_at(const struct side *s, int i)
{
    struct group g = {&s->run[i], 1};
    while (i + g.n < s->n && same_key(&s->run[i], &s->run[i + g.n], KEYS))
        g.n++;
    return g;
}

/* Returns the group whose first `keys` keys are those of `like`; n is 0 when there is none. */
static struct group group_like(const struct side *s, const struct answered *like, int keys)
{
    for (int i = 0; i < s->n; i++)
        if (same_key(&s->run[i], like, keys))
            return group_at(s, i);
    return (struct group){NULL, 0};
}

static bool is_text(struct group g)
{
    return !isnan(g.run->perplexity);
}

/* Returns the share of sequences with a mistake, or the perplexity of a text. */
static double error_of(const struct answered *r)
{
    int wrong = 0;
    if (!isnan(r->perplexity))
        return r->perplexity;
    for (int i = 0; i < r->count; i++)
        wrong += !(r->bits[i / 8] >> (i % 8) & 1);
    return (double)wrong / r->count;
}

static void compare_seeds(struct group a, struct group b, struct pair *p)
{
    for (int i = 0; i < a.n; i++)
        for (int k = 0; k < b.n; k++) {
            if (a.run[i].seed != b.run[k].seed)
                continue;
            const uint8_t *const right_a = a.run[i].bits, *const right_b = b.run[k].bits;
            const struct discordant d = paired_discordant(
                (struct answers){&right_a, 1}, (struct answers){&right_b, 1}, p->examples);
            const bool told = paired_mcnemar(d) <= mcnemar_level;
            p->pairs++;
            p->better_a += told && d.only_a > d.only_b;
            p->better_b += told && d.only_b > d.only_a;
            p->only.only_a += d.only_a;
            p->only.only_b += d.only_b;
        }
}

/* Work space for both sides: the error of each run, and a pointer to its answers. */
struct room {
    double *error;
    const uint8_t **right;
};

static void lay_out(struct group g, struct room r, struct answers *answers,
                    struct values *errors)
{
    for (int i = 0; i < g.n; i++) {
        r.error[i] = error_of(&g.run[i]);
        r.right[i] = g.run[i].bits;
    }
    *answers = (struct answers){r.right, g.n};
    *errors = (struct values){r.error, g.n};
}

static struct interval over_seeds(struct values v)
{
    return statistics_mean_interval(statistics_mean(v.at, v.n), statistics_std(v.at, v.n),
                                    v.n);
}

static enum status compare(struct group a, struct group b, struct room r, struct pair *p,
                           struct err *e)
{
    struct answers right_a, right_b;
    struct values error_a, error_b;
    lay_out(a, r, &right_a, &error_a);
    lay_out(b, (struct room){r.error + a.n, r.right + a.n}, &right_b, &error_b);
    *p = (struct pair){.key = (const char *const *)a.run->key,
                       .of_text = is_text(a),
                       .seeds_a = a.n,
                       .seeds_b = b.n,
                       .examples = a.run->count,
                       .error_a = statistics_mean(error_a.at, a.n),
                       .error_b = statistics_mean(error_b.at, b.n),
                       .improvement = rank_test_improvement(error_a, error_b)};
    if (p->of_text) {
        p->effect = p->error_b - p->error_a;
        p->interval = statistics_difference_interval(p->error_a, over_seeds(error_a),
                                                     p->error_b, over_seeds(error_b));
        return ST_OK;
    }
    compare_seeds(a, b, p);
    return paired_effect(right_a, right_b, p->examples, &p->effect, &p->interval, e);
}

struct pairs {
    struct pair *at;
    int n, left_out; /* left_out: pairs with different examples */
};

static bool same_examples(struct group a, struct group b)
{
    return a.run->count == b.run->count && is_text(a) == is_text(b) &&
           strcmp(a.run->examples, b.run->examples) == 0;
}

static enum status compare_all(const struct side *a, const struct side *b,
                               struct pairs *out, struct err *e)
{
    const size_t most = (size_t)a->n + (size_t)b->n + 1;
    struct room r = {malloc(most * sizeof(double)),
                     (const uint8_t **)malloc(most * sizeof(uint8_t *))};
    enum status st = ST_OK;
    out->at = malloc(most * sizeof *out->at);
    if (!r.error || !r.right || !out->at) {
        free(r.error);
        free(r.right);
        return err_set(e, ST_NOMEM, "no memory to compare %zu runs", most);
    }
    for (int i = 0; i < a->n && st == ST_OK;) {
        const struct group ga = group_at(a, i);
        const struct group gb = group_like(b, ga.run, a->q->databases ? KEYS : VARIANT);
        if (gb.n && !same_examples(ga, gb))
            out->left_out++;
        else if (gb.n)
            st = compare(ga, gb, r, &out->at[out->n++], e);
        i += ga.n;
    }
    free(r.error);
    free(r.right);
    return st;
}

/* --- printing ------------------------------------------------------------------ */

/* Returns the first pair that is of texts, or is not; NULL: none. */
static const struct pair *first_of(const struct pairs *p, bool of_text)
{
    for (int i = 0; i < p->n; i++)
        if (p->at[i].of_text == of_text)
            return &p->at[i];
    return NULL;
}

/* Does the key differ between rows? Tables for people leave out keys that do not. */
static bool varies(const struct pairs *p, bool of_text, int key)
{
    const struct pair *first = first_of(p, of_text);
    for (int i = 0; i < p->n; i++)
        if (p->at[i].of_text == of_text && strcmp(p->at[i].key[key], first->key[key]) != 0)
            return true;
    return false;
}

static enum status say_title(const struct compare_request *q, const struct pairs *p,
                             bool of_text, struct text_table *t, struct err *e)
{
    const struct pair *first = first_of(p, of_text);
    char *text = NULL;
    size_t bytes = 0;
    FILE *line = open_memstream(&text, &bytes);
    if (!line)
        return err_set(e, ST_NOMEM, "no memory for a title");
    fprintf(line, "A %s, B %s", q->name_a, q->name_b);
    for (int k = 0; k < (q->databases ? KEYS : VARIANT); k++)
        if (!varies(p, of_text, k) && *first->key[k])
            fprintf(line, "; %s %s", key_name[k], first->key[k]);
    if (fclose(line) == 0) {
        text_table_title(t, text);
        text_table_label(t, "compare-%s", text);
    }
    free(text);
    return ST_OK;
}

static void say_columns(const struct pairs *p, bool of_text, struct text_table *t)
{
    struct prose said = {.used = 0};
    prose_say(
        &said, "%s",
        of_text
            ? "Perplexity, mean (seeds). B - A: above 0 where A is better, with its 95 % "
              "interval over seeds. Pairs: share of pairs of seeds in which A is better."
            : "Sequences with a mistake, %, mean (seeds). B - A: above 0 where A errs "
              "less, with its 95 % interval over seeds and sequences. Pairs: share of "
              "pairs of seeds in which A errs less. McNemar: in how many pairs of the "
              "same seed A or B errs less on the same sequences, p at most 0.05.");
    if (p->left_out)
        prose_say(&said, " Left out: %d split%s with other sequences on either side.",
                  p->left_out, p->left_out == 1 ? "" : "s");
    text_table_say(t, said.text);
}

static void add_error(struct text_table *t, const struct metric_info *m, double error,
                      int seeds)
{
    char text[METRIC_TEXT];
    text_table_format(t, "%s (%d)",
                      metric_number(m, error, metric_decimals(m, error), text), seeds);
}

static const char *metric_of(const struct pair *p)
{
    return p->of_text ? "perplexity" : "sequence_error";
}

static void add_for_people(struct text_table *t, const struct pair *p)
{
    const struct metric_info *m = metric_info(metric_of(p));
    const int decimals = p->of_text ? metric_decimals(m, p->error_a) : 2;
    char effect[METRIC_TEXT], low[METRIC_TEXT], high[METRIC_TEXT];
    add_error(t, m, p->error_a, p->seeds_a);
    add_error(t, m, p->error_b, p->seeds_b);
    text_table_format(t, "%s [%s, %s]", metric_number(m, p->effect, decimals, effect),
                      metric_number(m, p->interval.low, decimals, low),
                      metric_number(m, p->interval.high, decimals, high));
    text_table_format(t, "%.0f %%", 100 * p->improvement);
    if (p->of_text)
        return;
    if (p->pairs)
        text_table_format(t, "A %d, B %d of %d", p->better_a, p->better_b, p->pairs);
    else
        text_table_text(t, "no pair");
}

static enum status print_people(const struct compare_request *q, const struct pairs *p,
                                bool of_text, FILE *out, struct err *e)
{
    static const char *const names[] = {"A (seeds)", "B (seeds)", "B - A", "pairs"};
    struct text_table t;
    if (!first_of(p, of_text))
        return ST_OK;
    if (of_text && first_of(p, false))
        fputc('\n', out);
    text_table_init(&t, q->format, out);
    enum status st = say_title(q, p, of_text, &t, e);
    if (st)
        return st;
    say_columns(p, of_text, &t);
    for (int k = 0; k < (q->databases ? KEYS : VARIANT); k++)
        if (varies(p, of_text, k))
            text_table_column(&t, key_name[k], false);
    for (int k = 0; k < 4; k++)
        text_table_column(&t, names[k], true);
    if (!of_text)
        text_table_column(&t, "McNemar", false);
    for (int i = 0; i < p->n; i++) {
        if (p->at[i].of_text != of_text)
            continue;
        for (int k = 0; k < (q->databases ? KEYS : VARIANT); k++)
            if (varies(p, of_text, k))
                text_table_text(&t, p->at[i].key[k]);
        add_for_people(&t, &p->at[i]);
    }
    return text_table_end(&t, e);
}

static void add_row(const struct compare_request *q, struct text_table *t,
                    const struct pair *p)
{
    text_table_text(t, q->name_a);
    text_table_text(t, q->name_b);
    for (int k = 0; k < KEYS; k++)
        text_table_text(t, k == VARIANT && !q->databases ? NULL : p->key[k]);
    text_table_real(t, p->error_a);
    text_table_real(t, p->error_b);
    text_table_real(t, p->effect);
    text_table_real(t, p->interval.low);
    text_table_real(t, p->interval.high);
    text_table_real(t, p->improvement);
    text_table_integer(t, p->seeds_a);
    text_table_integer(t, p->seeds_b);
    text_table_whole(t, p->of_text ? -1 : p->examples);
    text_table_whole(t, p->of_text ? -1 : p->pairs);
    text_table_whole(t, p->of_text ? -1 : p->better_a);
    text_table_whole(t, p->of_text ? -1 : p->better_b);
    text_table_whole(t, p->of_text ? -1 : p->only.only_a);
    text_table_whole(t, p->of_text ? -1 : p->only.only_b);
    text_table_text(t, metric_of(p));
}

static enum status print_programs(const struct compare_request *q, const struct pairs *p,
                                  FILE *out, struct err *e)
{
    static const char *const names[] = {"a",
                                        "b",
                                        "experiment",
                                        "profile",
                                        "cell",
                                        "split",
                                        "variant",
                                        "error_a",
                                        "error_b",
                                        "effect",
                                        "effect_low",
                                        "effect_high",
                                        "improvement",
                                        "seeds_a",
                                        "seeds_b",
                                        "examples",
                                        "seed_pairs",
                                        "mcnemar_a",
                                        "mcnemar_b",
                                        "only_a_right",
                                        "only_b_right",
                                        "metric"};
    struct text_table t;
    text_table_init(&t, q->format, out);
    text_table_keep(&t);
    text_table_columns(&t, names, sizeof names / sizeof *names);
    for (int i = 0; i < p->n; i++)
        add_row(q, &t, &p->at[i]);
    if (q->format == PRINT_CSV)
        return text_table_end(&t, e);
    return print_json(json_pack("{si si so}", "schema", 1, "left_out", p->left_out,
                                "comparisons", text_table_take(&t)),
                      JSON_INDENT(1), out, e);
}

static enum status nothing_in_common(const struct compare_request *q, const struct pairs *p,
                                     struct err *e)
{
    if (p->left_out)
        return err_set(
            e, ST_NOTFOUND,
            "%s and %s answered other sequences in all %d splits: the options of "
            "the task, its version or the numbers of sequences differ",
            q->name_a, q->name_b, p->left_out);
    return err_set(e, ST_NOTFOUND,
                   "%s and %s have no split of one experiment, profile and cell in common; "
                   "`posbench list runs` shows what there is",
                   q->name_a, q->name_b);
}

enum status compare_print(const struct compare_request *q, FILE *out, struct err *e)
{
    struct side a = {.q = q}, b = {.q = q};
    struct pairs p = {.n = 0};
    enum status st = ST_OK;
    for (int i = 0; i < q->n_filters && st == ST_OK; i++) {
        struct filter f;
        st = filter_parse(q->filters[i], &f, e);
    }
    if (st == ST_OK)
        st = load(q->a, q->name_a, &a, e);
    if (st == ST_OK)
        st = load(q->b, q->name_b, &b, e);
    if (st == ST_OK)
        st = compare_all(&a, &b, &p, e);
    if (st == ST_OK && p.n == 0)
        st = nothing_in_common(q, &p, e);
    if (st == ST_OK && !print_format_for_people(q->format)) {
        st = print_programs(q, &p, out, e);
    } else if (st == ST_OK) {
        st = print_people(q, &p, false, out, e);
        if (st == ST_OK)
            st = print_people(q, &p, true, out, e);
    }
    free(p.at);
    side_free(&a);
    side_free(&b);
    return st;
}
