/* report_asks.c -- what tests ask, for a reader who meets them before their tables: the task in
 * one line, what each split changes, and what the options are that this names. */
#include <stdlib.h>
#include <string.h>

#include "report_parts.h"
#include "split_text.h"
#include "table.h"

/* The tests of the experiment at hand, the last of `all`; `to` writes its html. */
struct writer {
    struct report *report;
    struct report_asks *all;
    struct report_task task; /* its summary NULL: not known */
    FILE *to;                /* NULL: no experiment yet */
    char *html;
    size_t bytes;
    bool named[OPTIONS_MAX]; /* is the option's value told of some split? */
};

static void take_split(void *to, const char *name, const char *asks)
{
    struct writer *w = to;
    fputs("<li>", w->to);
    report_say(w->to, "%s %s", name, asks);
    fputs("</li>\n", w->to);
}

static void take_options(void *to, const char *options)
{
    struct writer *w = to;
    for (int i = 0; w->task.summary && i < option_count(w->task.options); i++)
        w->named[i] |= split_text_names(options, w->task.options[i].name);
}

static enum status finish(struct writer *w, struct err *e)
{
    if (!w->to)
        return ST_OK;
    for (int i = 0; w->task.summary && i < option_count(w->task.options); i++)
        if (w->named[i]) {
            fputs("<li>", w->to);
            report_prose(w->to, "%s: %s.", w->task.options[i].name,
                         w->task.options[i].help);
            fputs("</li>\n", w->to);
        }
    fputs("</ul>\n", w->to);
    const bool failed = fclose(w->to) != 0;
    w->to = NULL;
    w->all->at[w->all->n - 1].html = w->html;
    return failed ? err_set(e, ST_NOMEM, "no memory for the report") : ST_OK;
}

static enum status take_tests(void *to, const char *experiment, const char *profile,
                              const char *task, struct err *e)
{
    struct writer *w = to;
    const report_task_fn find = w->report->request->task;
    const enum status st = finish(w, e);
    if (st)
        return st;
    const size_t n = (size_t)w->all->n;
    struct report_asked *all = realloc(w->all->at, (n + 1) * sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the report");
    w->all->at = all;
    w->all->n++;
    all[n] = (struct report_asked){strdup(experiment), strdup(profile), NULL};
    w->to = open_memstream(&w->html, &w->bytes);
    if (!all[n].experiment || !all[n].profile || !w->to)
        return err_set(e, ST_NOMEM, "no memory for the report");
    memset(w->named, 0, sizeof w->named);
    w->task.summary = NULL;
    fputs("<h3>", w->to);
    report_say(w->to, "%s, %s", experiment, profile);
    fputs("</h3>\n", w->to);
    if (find && find(task, &w->task)) {
        fputs("<p>", w->to);
        report_prose(w->to, "The task: %s.", w->task.summary);
        fputs("</p>\n", w->to);
    }
    fputs("<ul class=notes>\n", w->to);
    return ST_OK;
}

enum status report_asks_load(struct report *r, struct report_asks *out, struct err *e)
{
    const struct table_request q = {.experiment = r->request->experiment,
                                    .profile = r->request->profile};
    struct writer w = {.report = r, .all = out};
    const struct split_listener listener = {take_tests, take_split, take_options, &w};
    *out = (struct report_asks){.n = 0};
    const enum status st = table_splits(r->store, &q, &listener, e);
    struct err ignored;
    const enum status ended = finish(&w, st ? &ignored : e);
    return st ? st : ended;
}

const char *report_asks_find(const struct report_asks *a, const char *experiment,
                             const char *profile)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->at[i].experiment, experiment) == 0 &&
            strcmp(a->at[i].profile, profile) == 0 && a->at[i].html)
            return a->at[i].html;
    return "";
}

void report_asks_free(struct report_asks *a)
{
    for (int i = 0; i < a->n; i++) {
        free(a->at[i].experiment);
        free(a->at[i].profile);
        free(a->at[i].html);
    }
    free(a->at);
    *a = (struct report_asks){.n = 0};
}
