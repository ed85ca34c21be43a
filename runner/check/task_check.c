/* task_check.c -- tests a task against the contract, measures its laws and its speed.
 *
 * Clauses are tested in order. Then each split's law is simulated and compared with what the
 * task states, and samples are timed on one core. The second half of the file prints the
 * results.
 * Pitfall: when a ground clause is broken, the other clauses are `not looked at` and neither
 * laws nor speed are measured, because they would call functions that may not be called. */
#include "task_check.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "clock.h"

/* ---- speed ---- */

/* How long samples are timed, and how many are drawn between two looks at the clock; chosen. */
#define SPEED_SECONDS 0.2
enum { SPEED_BLOCK = 16 };

/* Times samples of the training stream, drawn one after the other on one core. */
static enum status time_samples(const struct task *t, struct task_check *out, struct err *e)
{
    struct option_values o;
    option_defaults(t->options, &o);
    const size_t n = (size_t)t->max_length(&o);
    struct sample s = {.token = malloc(n * sizeof *s.token),
                       .target = malloc(n * sizeof *s.target),
                       .scored = malloc(n)};
    const bool room = s.token && s.target && s.scored;
    double seconds = 0, tokens = 0;
    uint64_t samples = 0;
    const double start = clock_cpu();
    while (room && seconds < SPEED_SECONDS) {
        for (int i = 0; i < SPEED_BLOCK; i++) {
            struct rng r = task_train_stream(t, 0, samples++);
            t->generate(&o, &r, &s);
            tokens += s.length;
        }
        seconds = clock_cpu() - start;
    }
    free(s.token);
    free(s.target);
    free(s.scored);
    if (!room)
        return err_set(e, ST_NOMEM, "no memory for a sample of %zu tokens", n);
    out->samples_per_s = (double)samples / seconds;
    out->tokens_per_s = tokens / seconds;
    return ST_OK;
}

/* ---- laws ---- */

static double said(double (*law)(const struct option_values *),
                   const struct option_values *o, double otherwise)
{
    const double value = law ? law(o) : otherwise;
    return value < 0 ? (double)NAN : value; /* LAW_UNKNOWN */
}

static enum status measure(const struct task *t, const struct task_split *s, int samples,
                           struct task_check *out, struct err *e)
{
    struct option_values base, o;
    assert(out->laws < TASK_CHECK_LAWS);
    option_defaults(t->options, &base);
    task_split_options(t, s, &base, &o);
    const double chance = 1.0 / t->answers(&o);
    out->law[out->laws].split = s;
    out->law[out->laws].chance = chance;
    out->law[out->laws].majority = said(t->majority, &o, chance);
    out->law[out->laws].ceiling = said(t->ceiling, &o, 1);
    enum status st = contract_measure(t, &o, samples, &out->law[out->laws].law, e);
    if (!st)
        st = contract_overlap(t, s, &out->law[out->laws].overlap, e);
    out->laws += st == ST_OK;
    return st;
}

/* ---- the contract ---- */

static enum status look(const struct contract_clause *c, bool stands,
                        struct task_check *out, struct err *e)
{
    static struct err why;
    const int i = out->clauses++;
    assert(i < TASK_CHECK_CLAUSES);
    out->clause[i].name = c->name;
    out->clause[i].verdict = CLAUSE_NOT_LOOKED_AT;
    if (!stands)
        return ST_OK;
    const enum status st = c->check(out->task, &why);
    if (st == ST_NOMEM)
        return err_set(e, st, "%s: %s", c->name, why.msg);
    out->clause[i].verdict = st ? CLAUSE_BROKEN : CLAUSE_KEPT;
    out->broken += st != ST_OK;
    if (st)
        snprintf(out->clause[i].complaint, TASK_CHECK_COMPLAINT, "%.*s",
                 TASK_CHECK_COMPLAINT - 1, why.msg);
    return ST_OK;
}

enum status task_check(const struct task *t, int samples, const volatile sig_atomic_t *stop,
                       struct task_check *out, struct err *e)
{
    bool stands = true;
    enum status st = ST_OK;
    *out = (struct task_check){.task = t};
    for (const struct contract_clause *c = contract_clauses; !st && c->name; c++) {
        st = *stop ? err_set(e, ST_INTERRUPTED, "%s: not checked to the end", t->name)
                   : look(c, stands, out, e);
        if (!st && c->ground && out->clause[out->clauses - 1].verdict == CLAUSE_BROKEN)
            stands = false;
    }
    for (const struct task_split *s = t->splits; !st && stands && s->name; s++)
        st = *stop ? err_set(e, ST_INTERRUPTED, "%s: not checked to the end", t->name)
                   : measure(t, s, samples, out, e);
    return st || !stands ? st : time_samples(t, out, e);
}

/* ---- the report ---- */

static const char *const verdicts[] = {"kept", "broken", "not looked at"};

static void clause_rows(const struct task_check *c, struct text_table *t)
{
    static const char *const names[] = {"clause", "verdict", "complaint"};
    text_table_columns(t, names, 3);
    for (int i = 0; i < c->clauses; i++) {
        text_table_text(t, c->clause[i].name);
        text_table_text(t, verdicts[c->clause[i].verdict]);
        text_table_text(t, c->clause[i].complaint[0] ? c->clause[i].complaint : NULL);
    }
}

/* Adds a share: in per cent with two decimals for people, unchanged for programs; NaN:
 * unknown. */
static void share(struct text_table *t, double x)
{
    if (!print_format_for_people(t->format))
        text_table_real(t, x);
    else if (isnan(x))
        text_table_text(t, "unknown");
    else
        text_table_format(t, "%.2f", 100 * x);
}

static void law_rows(const struct task_check *c, struct text_table *t)
{
    static const char *const people[] = {
        "split",    "answers a sample", "chance %", "measured",      "majority %",
        "measured", "ceiling %",        "measured", "in training %", "by chance %"};
    static const char *const programs[] = {"split",       "scored",
                                           "chance",      "measured_chance",
                                           "majority",    "measured_majority",
                                           "ceiling",     "measured_ceiling",
                                           "in_training", "by_chance"};
    const bool p = print_format_for_people(t->format);
    for (int i = 0; i < 10; i++)
        text_table_column(t, p ? people[i] : programs[i], i > 0);
    for (int i = 0; i < c->laws; i++) {
        text_table_text(t, c->law[i].split->name);
        if (p)
            text_table_format(t, "%.1f", c->law[i].law.scored);
        else
            text_table_real(t, c->law[i].law.scored);
        share(t, c->law[i].chance);
        share(t, c->law[i].law.chance);
        share(t, c->law[i].majority);
        share(t, c->law[i].law.majority);
        share(t, c->law[i].ceiling);
        share(t, c->law[i].law.ceiling);
        share(t, c->law[i].overlap.split);
        share(t, c->law[i].overlap.chance);
    }
}

static enum status print_for_people(const struct task_check *c, enum print_format f,
                                    FILE *out, struct err *e)
{
    struct text_table t;
    clean_line(out, "%s version %d: %s", c->task->name, c->task->version, c->task->summary);
    fputc('\n', out);
    text_table_init(&t, f, out);
    clause_rows(c, &t);
    enum status st = text_table_end(&t, e);
    if (st || c->laws == 0)
        return st;
    fputc('\n', out);
    text_table_init(&t, f, out);
    law_rows(c, &t);
    st = text_table_end(&t, e);
    fprintf(out, "\n%.0f samples/s, %.3g tokens/s on one core\n", c->samples_per_s,
            c->tokens_per_s);
    return st;
}

static json_t *rows_of(const struct task_check *c,
                       void (*rows)(const struct task_check *, struct text_table *),
                       FILE *out)
{
    struct text_table t;
    text_table_init(&t, PRINT_JSON, out);
    text_table_keep(&t);
    rows(c, &t);
    return text_table_take(&t);
}

enum status task_check_print(const struct task_check *c, enum print_format f, FILE *out,
                             struct err *e)
{
    if (f != PRINT_JSON)
        return print_for_people(c, f, out, e);
    json_t *all =
        json_pack("{s:s, s:i, s:b, s:o, s:o, s:f, s:f}", "task", c->task->name, "version",
                  c->task->version, "kept", c->broken == 0, "clauses",
                  rows_of(c, clause_rows, out), "laws", rows_of(c, law_rows, out),
                  "samples_per_s", c->samples_per_s, "tokens_per_s", c->tokens_per_s);
    return print_json(all, JSON_COMPACT, out, e);
}
