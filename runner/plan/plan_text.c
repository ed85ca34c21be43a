/* plan_text.c -- prints a plan as a table and as JSON.
 *
 * The items are in the order of the matrix. For people, neighbours that differ only in the seed
 * share a line, with totals below; JSON lists every run separately.
 * Pitfall: seconds may be NaN (no time was estimated): the table says so and JSON has null. A
 * field that is added to the JSON is a promise to scripts. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "text_table.h"
#include "units.h"

enum { SEEDS_TEXT = 48 };

/* Returns true when the two may share a line. */
static bool alike(const struct plan_item *a, const struct plan_item *b)
{
    return a->runs == b->runs && strcmp(a->state, b->state) == 0 &&
           strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->run->experiment, b->run->experiment) == 0 &&
           strcmp(a->run->cell, b->run->cell) == 0 &&
           strcmp(a->run->variant, b->run->variant) == 0;
}

/* Writes "1,2,3", cut with "..." when there are many. */
static void seeds_text(const struct plan_item *first, const struct plan_item *end,
                       char text[SEEDS_TEXT])
{
    int used = 0;
    for (const struct plan_item *i = first; i < end; i++) {
        char one[24];
        const int n = snprintf(one, sizeof one, "%s%llu", i == first ? "" : ",",
                               (unsigned long long)i->run->seed);
        if (used + n > SEEDS_TEXT - 5) {
            snprintf(text + used, (size_t)(SEEDS_TEXT - used), ",...");
            return;
        }
        memcpy(text + used, one, (size_t)n + 1);
        used += n;
    }
}

static void add_line(struct text_table *t, const struct plan_item *first,
                     const struct plan_item *end)
{
    const struct run_spec *r = first->run;
    const double n = (double)(end - first);
    char seeds[SEEDS_TEXT] = "", time[UNIT_TEXT];
    double flops = 0.0, seconds = 0.0;
    for (const struct plan_item *i = first; i < end; i++) {
        flops += i->flops;
        seconds += i->seconds;
    }
    seeds_text(first, end, seeds);
    text_table_text(t, r->experiment);
    text_table_text(t, r->cell[0] ? r->cell : "-");
    text_table_text(t, r->variant);
    text_table_text(t, seeds);
    text_table_integer(t, r->train.optimizer.steps);
    text_table_format(t, "%.2g", flops / n);
    text_table_text(t, plan_costs(first) ? units_duration(seconds / n, time) : "-");
    text_table_text(t, first->state);
    text_table_text(t, first->reason);
}

/* How much slower than on a quiet machine, as a ratio and in seconds, deserves a remark;
 * chosen. */
static const double busy_share = 1.3, busy_s = 5.0;

char *plan_time_text(const struct plan_totals *t, char text[PLAN_TIME])
{
    char quiet[UNIT_TEXT], slow[UNIT_TEXT];
    const bool busy =
        t->slow_seconds > busy_share * t->seconds && t->slow_seconds - t->seconds > busy_s;
    units_duration(t->seconds, quiet);
    if (busy)
        snprintf(text, PLAN_TIME, "%s, or %s if the machine stays as busy as it is,", quiet,
                 units_duration(t->slow_seconds, slow));
    else
        snprintf(text, PLAN_TIME, "%s", quiet);
    return text;
}

static void print_totals(const struct plan *p, int jobs, const char *db, FILE *out)
{
    const struct plan_totals sum = plan_sum(p, jobs);
    char time[PLAN_TIME];
    fprintf(out, "\n%d run%s: %d done, %d failed, %d to run", sum.all,
            units_plural(sum.all), sum.done, sum.failed, sum.runs);
    if (sum.waits)
        fprintf(out, ", %d after tuning", sum.waits);
    if (sum.runs + sum.waits)
        fprintf(out, ": %.2g FLOP, about %s with %d at a time", sum.flops,
                plan_time_text(&sum, time), jobs);
    if (sum.stores)
        fprintf(out, "; %d to be stored", sum.stores);
    if (sum.works)
        fprintf(out, "; %d at work", sum.works);
    if (p->bytes > 0.0)
        fprintf(out, "\nmemory: up to %.0f MiB a run, %.0f MiB with %d at a time",
                p->most_bytes / (1 << 20), p->bytes / (1 << 20), jobs);
    fprintf(out, "\nprofile %s, database %s\n", p->profile, db);
    if (sum.failed)
        fprintf(out, "failed runs stay failed; --rerun failed tries them again\n");
}

/* --- what a table of a paper costs --- */

/* The published numbers of one source for one experiment. */
struct published_table {
    const struct config *config;
    const struct published_value *of; /* the first of them */
};

static bool same_table(const struct published_value *a, const struct published_value *b)
{
    return strcmp(a->paper, b->paper) == 0 && strcmp(a->source, b->source) == 0 &&
           strcmp(a->experiment, b->experiment) == 0;
}

/* Returns true when the cell of a run has all words "KEY=VALUE" of `said`. The cell of a trial
 * has one word more than that of the runs it is for. */
static bool cell_has(const char *cell, const char *said)
{
    char words[VARIANT_TEXT], *rest = NULL;
    snprintf(words, sizeof words, "%s", said);
    for (const char *word = strtok_r(words, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        const size_t n = strlen(word);
        const char *at = strstr(cell, word);
        while (at && !((at == cell || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' ')))
            at = strstr(at + 1, word);
        if (!at)
            return false;
    }
    return true;
}

static bool stands_in(const struct plan_item *item, const void *context)
{
    const struct published_table *t = context;
    const struct config *c = t->config;
    for (const struct published_value *v = t->of; v < c->publish + c->published; v++)
        if (same_table(v, t->of) && strcmp(v->experiment, item->run->experiment) == 0 &&
            cell_has(item->run->cell, v->cell) &&
            (strcmp(v->encoder, item->run->encoder) == 0 ||
             strcmp(v->encoder, item->run->variant) == 0))
            return true;
    return false;
}

static bool is_first_of_table(const struct config *c, int i)
{
    for (int before = 0; before < i; before++)
        if (same_table(&c->publish[before], &c->publish[i]))
            return false;
    return true;
}

/* Prints the cost of each table. A run in two tables is counted in both. */
static enum status print_tables(const struct plan *p, const struct config *c, int jobs,
                                FILE *out, struct err *e)
{
    struct text_table t;
    char time[UNIT_TEXT];
    int rows = 0;
    text_table_init(&t, PRINT_TEXT, out);
    text_table_column(&t, "published in", false);
    text_table_column(&t, "experiment", false);
    text_table_column(&t, "runs", true);
    text_table_column(&t, "to run", true);
    text_table_column(&t, "FLOP", true);
    text_table_column(&t, "time", true);
    for (int i = 0; i < c->published; i++) {
        const struct published_table table = {c, &c->publish[i]};
        const struct plan_totals sum = plan_sum_of(p, jobs, stands_in, &table);
        if (!is_first_of_table(c, i) || sum.runs + sum.waits == 0)
            continue;
        if (rows++ == 0)
            fprintf(out, "\n");
        text_table_format(&t, "%s, %s", c->publish[i].paper, c->publish[i].source);
        text_table_text(&t, c->publish[i].experiment);
        text_table_integer(&t, sum.all);
        text_table_integer(&t, sum.runs + sum.waits);
        text_table_format(&t, "%.2g", sum.flops);
        text_table_text(&t, units_duration(sum.seconds, time));
    }
    if (rows)
        return text_table_end(&t, e);
    text_table_drop(&t);
    return ST_OK;
}

enum status plan_print(const struct plan *p, const struct config *config, int jobs,
                       const char *db, FILE *out, struct err *e)
{
    static const char *const names[] = {"experiment", "cell",  "encoder",
                                        "seeds",      "steps", "FLOP/run",
                                        "time/run",   "state", "why"};
    struct text_table t;
    text_table_init(&t, PRINT_TEXT, out);
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        text_table_column(&t, names[i], i >= 4 && i <= 6); /* numbers */
    for (int i = 0; i < p->n;) {
        int end = i + 1;
        while (end < p->n && alike(&p->item[i], &p->item[end]))
            end++;
        add_line(&t, &p->item[i], &p->item[end]);
        i = end;
    }
    enum status st = text_table_end(&t, e);
    if (st == ST_OK)
        st = print_tables(p, config, jobs, out, e);
    if (st == ST_OK)
        print_totals(p, jobs, db, out);
    return st;
}

/* --- JSON --- */

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *item_json(const struct plan_item *item)
{
    const struct run_spec *r = item->run;
    return json_pack("{ss ss ss ss ss ss ss sI si ss ss sb sb si ss so so}", "identity",
                     r->identity, "experiment", r->experiment, "profile", r->profile,
                     "cell", r->cell, "task", r->task->name, "encoder", r->encoder,
                     "variant", r->variant, "seed", (json_int_t)r->seed, "steps",
                     r->train.optimizer.steps, "state", item->state, "cause", item->cause,
                     "runs", item->runs, "waits", item->waits, "resumed", item->resumed,
                     "reason", item->reason, "flops", number_or_null(item->flops),
                     "seconds", number_or_null(item->seconds));
}

enum status plan_print_json(const struct plan *p, int jobs, FILE *out, struct err *e)
{
    const struct plan_totals sum = plan_sum(p, jobs);
    json_t *runs = json_array();
    int failed = !runs;
    for (int i = 0; i < p->n; i++)
        failed |= json_array_append_new(runs, item_json(&p->item[i])) != 0;
    json_t *all =
        json_pack("{si si si si si si si si so so so so}", "schema", 1, "jobs", jobs,
                  "done", sum.done, "failed", sum.failed, "to_run", sum.runs, "to_store",
                  sum.stores, "at_work", sum.works, "to_wait", sum.waits, "flops",
                  number_or_null(sum.flops), "seconds", number_or_null(sum.seconds),
                  "slow_seconds", number_or_null(sum.slow_seconds), "runs", runs);
    if (failed) {
        json_decref(all);
        all = NULL;
    }
    return print_json(all, JSON_INDENT(1), out, e);
}
