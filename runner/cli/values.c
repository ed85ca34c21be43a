#include "values.h"

#include <ctype.h>
#include <string.h>

#include "encoder.h"
#include "filter.h"
#include "grid.h"
#include "metric_text.h"
#include "queries.h"
#include "settings.h"
#include "table_data.h"
#include "task.h"

static void encoders(FILE *out)
{
    for (int i = 0; i < encoder_count(); i++)
        fprintf(out, " %s", encoder_at(i)->name);
}

static void tasks(FILE *out)
{
    for (int i = 0; i < task_count(); i++)
        fprintf(out, " %s", task_at(i)->name);
}

/* Those of the experiment file that comes with the program; others may be typed. */
static void profiles(FILE *out)
{
    fputs(" smoke quick paper", out);
}

static void formats(FILE *out)
{
    for (int f = 0; f < PRINT_FORMATS; f++)
        fprintf(out, " %s", print_format_name((enum print_format)f));
}

static void metrics(FILE *out)
{
    for (int i = 0; i < metric_count(); i++)
        fprintf(out, " %s", metric_at(i)->name);
}

static void dimensions(FILE *out)
{
    for (int d = 0; d < DIMS; d++)
        fprintf(out, " %s", dim_name((enum dim)d));
}

static void stored_queries(FILE *out)
{
    for (int i = 0; i < query_count(); i++)
        fprintf(out, " %s", query_name(i));
}

static void filters(FILE *out)
{
    for (int k = 0; k < FILTER_KEYS; k++)
        fprintf(out, " %s=", filter_key_name((enum filter_key)k));
}

static void states(FILE *out)
{
    for (int i = 0; filter_states[i]; i++)
        fprintf(out, " %s", filter_states[i]);
}

static void settings(FILE *out)
{
    for (int i = 0; i < setting_count(); i++)
        fprintf(out, " %s.%s=", setting_at(i)->section, setting_at(i)->option.name);
}

static bool has_split(const struct task *t, const char *name)
{
    return task_split_find(t, name) != NULL;
}

static bool has_option(const struct task *t, const char *name)
{
    return option_find(t->options, name) >= 0;
}

/* Has a task before task n it too? */
static bool seen(int n, const char *name, bool (*has)(const struct task *, const char *))
{
    for (int i = 0; i < n; i++)
        if (has(task_at(i), name))
            return true;
    return false;
}

static void splits(FILE *out)
{
    for (int i = 0; i < task_count(); i++)
        for (const struct task_split *s = task_at(i)->splits; s->name; s++)
            if (!seen(i, s->name, has_split))
                fprintf(out, " %s", s->name);
}

static void task_options(FILE *out)
{
    for (int i = 0; i < task_count(); i++)
        for (const struct option *o = task_at(i)->options; o && o->name; o++)
            if (!seen(i, o->name, has_option))
                fprintf(out, " %s=", o->name);
}

const struct value values[] = {
    {.name = "FILE", .how = VALUE_PATH},
    {.name = "DB", .how = VALUE_PATH},
    {.name = "DIR", .how = VALUE_PATH},
    {.name = "TASK", .how = VALUE_WORDS, .words = tasks},
    {.name = "ENCODER", .how = VALUE_WORDS, .words = encoders},
    {.name = "SPLIT", .how = VALUE_WORDS, .words = splits},
    {.name = "PROFILE", .how = VALUE_WORDS, .words = profiles},
    {.name = "FORMAT", .how = VALUE_WORDS, .words = formats},
    {.name = "METRIC", .how = VALUE_WORDS, .words = metrics},
    {.name = "KEY", .how = VALUE_WORDS, .words = dimensions},
    {.name = "QUERY", .how = VALUE_WORDS, .words = stored_queries},
    {.name = "KEY=GLOB", .how = VALUE_WORDS, .words = filters},
    {.name = "task=", .how = VALUE_WORDS, .words = tasks},
    {.name = "encoder=", .how = VALUE_WORDS, .words = encoders},
    {.name = "profile=", .how = VALUE_WORDS, .words = profiles},
    {.name = "state=", .how = VALUE_WORDS, .words = states},
    {.name = "split=", .how = VALUE_WORDS, .words = splits},
    {.name = "experiment=", .how = VALUE_LISTED, .list = "experiments"},
    {.name = "KEY=VALUE", .how = VALUE_WORDS, .words = settings},
    {.name = "OPTION=VALUE", .how = VALUE_WORDS, .words = task_options},
    {.name = "EXPERIMENT", .how = VALUE_LISTED, .list = "experiments"},
    {.name = "CLAIM", .how = VALUE_LISTED, .list = "claims"},
    {.name = "RUN", .how = VALUE_LISTED, .list = "runs"},
    {.name = "KEY=N,...", .how = VALUE_FREE},
    {.name = "I/N", .how = VALUE_FREE},
    {.name = "N", .how = VALUE_FREE},
    {.name = "SECONDS", .how = VALUE_FREE},
    {.name = "TIME", .how = VALUE_FREE},
    {.name = "SQL", .how = VALUE_FREE},
    {0},
};

const struct value *value_find(const char *name, size_t length)
{
    for (const struct value *v = values; v->name; v++)
        if (strlen(v->name) == length && strncmp(v->name, name, length) == 0)
            return v;
    return NULL;
}

bool value_known(const char *kind)
{
    while (*kind) {
        const size_t n = strcspn(kind, "|");
        if (n == 0 || (!islower((unsigned char)*kind) && !value_find(kind, n)))
            return false;
        kind += n + (kind[n] == '|');
    }
    return true;
}
