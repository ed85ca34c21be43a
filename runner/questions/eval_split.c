#include "eval_split.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 64 };

static enum status no_split(const struct run_spec *r, const char *typed, struct err *e)
{
    const char *names[NAMES_MAX];
    int n = 0;
    for (int i = 0; i < r->splits && n < NAMES_MAX; i++)
        names[n++] = r->split[i].name;
    for (const struct task_split *s = r->task->splits; s->name && n < NAMES_MAX; s++) {
        int i = 0;
        while (i < r->splits && strcmp(names[i], s->name) != 0)
            i++;
        if (i == r->splits)
            names[n++] = s->name;
    }
    return err_set(e, ST_NOTFOUND, "no split \"%s\"%s", typed,
                   suggest_among(typed, names, n));
}

static const struct split_spec *own_split(const struct run_spec *r, const char *name)
{
    for (int i = 0; i < r->splits; i++)
        if (strcmp(r->split[i].name, name) == 0)
            return &r->split[i];
    return NULL;
}

/* Finds the run's own split of that name, or else the task's, applied to the run's training
 * law. */
static enum status find_split(const struct run_spec *r, const char *name,
                              struct split_spec *out, struct err *e)
{
    const struct split_spec *own = own_split(r, name);
    if (own) {
        *out = *own;
        return ST_OK;
    }
    const struct task_split *s = task_split_find(r->task, name);
    if (!s)
        return no_split(r, name, e);
    snprintf(out->name, sizeof out->name, "%s", s->name);
    out->count = s->count;
    task_split_options(r->task, s, &r->task_options, &out->options);
    return ST_OK;
}

/* Checks that the task's split goes beyond what this run was trained on. */
static enum status check_beyond(const struct run_spec *r, const struct split_spec *s,
                                struct err *e)
{
    char why[TASK_BEYOND_WHY];
    if (task_split_beyond(r->task, task_split_find(r->task, s->name), &r->task_options,
                          &s->options, why))
        return ST_OK;
    return err_set(e, ST_USAGE, "split %s of this run: %s; choose it with --set", s->name,
                   why);
}

/* Applies "p_ignore=0.9", an option of the task, or "count=500". */
static enum status change(const struct task *t, const char *text, struct split_spec *s,
                          struct err *e)
{
    static const struct option count = {
        .name = "count", .type = OPTION_INT, .lo = 1, .hi = SPLIT_COUNT_MAX};
    const char *names[OPTIONS_MAX + 1] = {count.name};
    const char *equals = strchr(text, '=');
    char name[OPTION_TEXT];
    const int n = option_count(t->options);
    double value;
    if (!equals || equals == text || equals - text >= (int)sizeof name)
        return err_set(e, ST_USAGE, "--set wants OPTION=VALUE, not \"%s\"", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    if (strcmp(name, count.name) == 0) {
        const enum status st = option_parse(&count, equals + 1, &value, e);
        s->count = st ? s->count : (int)value;
        return st;
    }
    const int i = option_find(t->options, name);
    if (i >= 0)
        return option_parse(&t->options[i], equals + 1, &s->options.v[i], e);
    for (int k = 0; k < n; k++)
        names[k + 1] = t->options[k].name;
    return err_set(e, ST_USAGE, "%s has no option \"%s\"%s", t->name, name,
                   suggest_among(name, names, n + 1));
}

enum status eval_split_choose(const struct run_spec *r, const char *name,
                              const char *const *set, int n, struct split_spec *out,
                              struct err *e)
{
    char why[TOKENS_WHY];
    *out = (struct split_spec){0};
    enum status st = find_split(r, name, out, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = change(r->task, set[i], out, e);
    if (st == ST_OK)
        st = task_open(r->task, &out->options, e);
    if (st == ST_OK && !own_split(r, out->name))
        st = check_beyond(r, out, e);
    if (st == ST_OK && !run_spec_same_tokens(r->task, &r->task_options, &out->options, why))
        st = err_set(e, ST_USAGE, "with these options the split %s", why);
    return st;
}
