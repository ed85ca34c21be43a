/* plan_text.c -- a plan as a table and as JSON. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "units.h"

enum { SEEDS_TEXT = 48 };

/* May the two stand in one line? */
static bool alike(const struct plan_item *a, const struct plan_item *b)
{
    return a->runs == b->runs && strcmp(a->state, b->state) == 0 &&
           strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->run->experiment, b->run->experiment) == 0 &&
           strcmp(a->run->cell, b->run->cell) == 0 &&
           strcmp(a->run->variant, b->run->variant) == 0;
}

/* "1,2,3", cut with "..." when there are many. */
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

struct widths {
    int experiment, cell, variant;
};

static int wider(int width, const char *text)
{
    const int n = (int)strlen(text);
    return n > width ? n : width;
}

static struct widths measure(const struct plan *p)
{
    struct widths w = {10, 4, 7};
    for (int i = 0; i < p->n; i++) {
        const struct run_spec *r = p->item[i].run;
        w.experiment = wider(w.experiment, r->experiment);
        w.cell = wider(w.cell, r->cell);
        w.variant = wider(w.variant, r->variant);
    }
    return w;
}

static void print_line(const struct plan_item *first, const struct plan_item *end,
                       const struct widths *w, FILE *out)
{
    const struct run_spec *r = first->run;
    char seeds[SEEDS_TEXT] = "", flops[UNIT_TEXT], time[UNIT_TEXT] = "-";
    double sum = 0.0, seconds = 0.0;
    for (const struct plan_item *i = first; i < end; i++) {
        sum += i->flops;
        seconds += i->seconds;
    }
    seeds_text(first, end, seeds);
    snprintf(flops, sizeof flops, "%.2g", sum / (double)(end - first));
    if (first->runs)
        units_duration(seconds / (double)(end - first), time);
    fprintf(out, "%-*s  %-*s  %-*s  %-7s  %6d  %8s  %11s  %-11s  %s\n", w->experiment,
            r->experiment, w->cell, r->cell[0] ? r->cell : "-", w->variant, r->variant,
            seeds, r->train.optimizer.steps, flops, time, first->state, first->reason);
}

void plan_print(const struct plan *p, int jobs, const char *db, FILE *out)
{
    const struct widths w = measure(p);
    const struct plan_totals sum = plan_sum(p, jobs);
    char time[UNIT_TEXT];
    fprintf(out, "%-*s  %-*s  %-*s  %-7s  %6s  %8s  %11s  %-11s  %s\n", w.experiment,
            "experiment", w.cell, "cell", w.variant, "encoder", "seeds", "steps",
            "FLOP/run", "time/run", "state", "why");
    for (int i = 0; i < p->n;) {
        int end = i + 1;
        while (end < p->n && alike(&p->item[i], &p->item[end]))
            end++;
        print_line(&p->item[i], &p->item[end], &w, out);
        i = end;
    }
    fprintf(out, "\n%d runs: %d done, %d failed, %d to run", p->n, sum.done, sum.failed,
            sum.runs);
    if (sum.runs)
        fprintf(out, ": %.2g FLOP, about %s with %d at a time", sum.flops,
                units_duration(sum.seconds, time), jobs);
    fprintf(out, "\nprofile %s, database %s\n", p->item[0].run->profile, db);
    if (sum.failed)
        fprintf(out, "failed runs stay failed; --rerun failed tries them again\n");
}

/* --- JSON --- */

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *item_json(const struct plan_item *item)
{
    const struct run_spec *r = item->run;
    return json_pack("{ss ss ss ss ss ss ss sI si ss sb ss so so}", "identity", r->identity,
                     "experiment", r->experiment, "profile", r->profile, "cell", r->cell,
                     "task", r->task->name, "encoder", r->encoder, "variant", r->variant,
                     "seed", (json_int_t)r->seed, "steps", r->train.optimizer.steps,
                     "state", item->state, "runs", item->runs, "reason", item->reason,
                     "flops", number_or_null(item->flops), "seconds",
                     number_or_null(item->seconds));
}

enum status plan_print_json(const struct plan *p, int jobs, FILE *out, struct err *e)
{
    const struct plan_totals sum = plan_sum(p, jobs);
    json_t *runs = json_array();
    int failed = !runs;
    for (int i = 0; i < p->n; i++)
        failed |= json_array_append_new(runs, item_json(&p->item[i])) != 0;
    json_t *all = json_pack("{si si si si si so so so}", "schema", 1, "jobs", jobs, "done",
                            sum.done, "failed", sum.failed, "to_run", sum.runs, "flops",
                            number_or_null(sum.flops), "seconds",
                            number_or_null(sum.seconds), "runs", runs);
    char *text =
        failed || !all ? NULL : json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    json_decref(all);
    if (!text)
        return err_set(e, ST_NOMEM, "no memory for the plan as JSON");
    fprintf(out, "%s\n", text);
    free(text);
    return ST_OK;
}
