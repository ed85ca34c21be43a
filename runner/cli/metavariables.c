/* metavariables.c -- the table of metavariables, and the functions that offer their values.
 *
 * A kind is split at '|'. Its parts in capitals are looked up in the table below, whose
 * functions offer words through offers_add; only offers_add compares them with what is typed.
 * After "KEY=" the words are the values of the key: offers_key moves `before` there. */
#include "metavariables.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "encoder.h"
#include "filter.h"
#include "run_state.h"
#include "text_table.h"
#include "metric_text.h"
#include "plot.h"
#include "queries.h"
#include "settings.h"
#include "table_data.h"
#include "task.h"

enum { WORD_TEXT = 256 };

void offers_add(struct offers *o, const char *word, const char *about)
{
    char whole[2 * WORD_TEXT];
    const size_t typed = strlen(o->typed + o->before);
    for (const char *c = word; *c; c++)
        if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
            return; /* a shell would have to quote it */
    if (strncmp(word, o->typed + o->before, typed) != 0)
        return;
    const int n = snprintf(whole, sizeof whole, "%.*s%s", (int)o->before, o->typed, word);
    if (n >= (int)sizeof whole || (size_t)n < o->kept)
        return;
    fputs(whole + o->kept, o->out);
    if (*about)
        fprintf(o->out, "\t%s", about);
    fputc('\n', o->out);
}

/* Offers the key itself before its '=' is typed, and then what `values` offers; NULL:
 * nothing. */
static void offers_key(struct offers *o, const char *key, const char *about,
                       void (*values)(struct offers *o))
{
    char word[WORD_TEXT];
    const size_t n = (size_t)snprintf(word, sizeof word, "%s=", key);
    const char *typed = o->typed + o->before;
    if (n >= sizeof word)
        return;
    if (!strchr(typed, '=')) {
        offers_add(o, word, about);
    } else if (values && strncmp(typed, word, n) == 0) {
        struct offers behind = *o;
        behind.before += n;
        values(&behind);
    }
}

static void encoders(struct offers *o)
{
    for (int i = 0; i < encoder_count(); i++)
        offers_add(o, encoder_at(i)->name, encoder_at(i)->summary);
}

static void tasks(struct offers *o)
{
    for (int i = 0; i < task_count(); i++)
        offers_add(o, task_at(i)->name, task_at(i)->summary);
}

/* Offers the profiles of the experiment file that comes with the program; others may be
 * typed. */
static void profiles(struct offers *o)
{
    offers_add(o, "smoke", "");
    offers_add(o, "quick", "");
    offers_add(o, "paper", "");
}

static void formats(struct offers *o)
{
    for (int f = 0; f < PRINT_FORMATS; f++)
        offers_add(o, print_format_name((enum print_format)f), "");
}

static void metrics(struct offers *o)
{
    for (int i = 0; i < metric_count(); i++)
        offers_add(o, metric_at(i)->name, "");
}

static void dimensions(struct offers *o)
{
    for (int d = 0; d < DIMS; d++)
        offers_add(o, dim_name((enum dim)d), "");
}

static void stored_queries(struct offers *o)
{
    for (int i = 0; i < query_count(); i++)
        offers_add(o, query_name(i), "");
}

static void states(struct offers *o)
{
    for (int i = 0; run_states[i]; i++)
        offers_add(o, run_states[i], "");
}

static void experiments(struct offers *o)
{
    o->list(o, LISTED_EXPERIMENTS);
}

static void claims(struct offers *o)
{
    o->list(o, LISTED_CLAIMS);
}

static void runs(struct offers *o)
{
    o->list(o, LISTED_RUNS);
}

static bool has_split(const struct task *t, const char *name)
{
    return task_split_find(t, name) != NULL;
}

static bool has_option(const struct task *t, const char *name)
{
    return option_find(t->options, name) >= 0;
}

/* Returns true when one of the first n tasks has it too. */
static bool seen(int n, const char *name, bool (*has)(const struct task *, const char *))
{
    for (int i = 0; i < n; i++)
        if (has(task_at(i), name))
            return true;
    return false;
}

static void splits(struct offers *o)
{
    for (int i = 0; i < task_count(); i++)
        for (const struct task_split *s = task_at(i)->splits; s->name; s++)
            if (!seen(i, s->name, has_split))
                offers_add(o, s->name, s->help);
}

static void task_options(struct offers *o)
{
    for (int i = 0; i < task_count(); i++)
        for (const struct option *p = task_at(i)->options; p && p->name; p++)
            if (!seen(i, p->name, has_option))
                offers_key(o, p->name, p->help, NULL);
}

static void settings(struct offers *o)
{
    for (int i = 0; i < setting_count(); i++) {
        char key[SETTING_KEY];
        snprintf(key, sizeof key, "%s.%s", setting_at(i)->section,
                 setting_at(i)->option.name);
        offers_key(o, key, setting_at(i)->option.help, NULL);
    }
}

static void split_filter(struct offers *o)
{
    offers_key(o, filter_key_name(FILTER_SPLIT), "", splits);
}

/* Offers the filters of runs. FILTER_SPLIT is not one: a run has all its splits. */
static void run_filters(struct offers *o)
{
    static void (*const values[FILTER_KEYS])(struct offers *) = {
        [FILTER_EXPERIMENT] = experiments, [FILTER_TASK] = tasks,
        [FILTER_ENCODER] = encoders,       [FILTER_PROFILE] = profiles,
        [FILTER_STATE] = states,
    };
    for (int k = 0; k < FILTER_KEYS; k++)
        if (k != FILTER_SPLIT)
            offers_key(o, filter_key_name((enum filter_key)k), "", values[k]);
    settings(o);
}

static void plots(struct offers *o)
{
    for (int i = 0; i < plot_count(); i++)
        offers_add(o, plot_at(i)->name, plot_at(i)->summary);
}

/* An entry has `offer` or `path`; one with neither offers nothing. */
static const struct metavariable {
    const char *name;
    void (*offer)(struct offers *o);
    const char *path; /* a line that the shell completes itself */
} table[] = {
    {.name = "FILE", .path = ":file"},
    {.name = "DB", .path = ":db"},
    {.name = "DIR", .path = ":dir"},
    {.name = "TASK", .offer = tasks},
    {.name = "ENCODER", .offer = encoders},
    {.name = "SPLIT", .offer = splits},
    {.name = "PROFILE", .offer = profiles},
    {.name = "FORMAT", .offer = formats},
    {.name = "METRIC", .offer = metrics},
    {.name = "KEY", .offer = dimensions},
    {.name = "QUERY", .offer = stored_queries},
    {.name = "KEY=GLOB", .offer = run_filters},
    {.name = "split=GLOB", .offer = split_filter},
    {.name = "KEY=VALUE", .offer = settings},
    {.name = "OPTION=VALUE", .offer = task_options},
    {.name = "OPTION=VALUE,...", .offer = task_options},
    {.name = "EXPERIMENT", .offer = experiments},
    {.name = "CLAIM", .offer = claims},
    {.name = "RUN", .offer = runs},
    {.name = "PLOT", .offer = plots},
    {.name = "OLD=NEW"},
    {.name = "TEXT"},
    {.name = "CELL"},
    {.name = "KEY=N,..."},
    {.name = "I/N"},
    {.name = "N"},
    {.name = "T"},
    {.name = "NAME"},
    {.name = "SECONDS"},
    {.name = "TIME"},
    {.name = "SQL"},
    {0},
};

static const struct metavariable *find(const char *name, size_t length)
{
    for (const struct metavariable *m = table; m->name; m++)
        if (strlen(m->name) == length && strncmp(m->name, name, length) == 0)
            return m;
    return NULL;
}

bool metavariables_known(const char *kind)
{
    kind += *kind == '=';
    while (*kind) {
        const size_t n = strcspn(kind, "|");
        if (n == 0 || (!islower((unsigned char)*kind) && !find(kind, n)))
            return false;
        kind += n + (kind[n] == '|');
    }
    return true;
}

void metavariables_offer(struct offers *o, const char *kind)
{
    kind += *kind == '=';
    while (*kind) {
        const size_t n = strcspn(kind, "|");
        const struct metavariable *m = find(kind, n);
        char word[WORD_TEXT];
        snprintf(word, sizeof word, "%.*s", (int)n, kind);
        if (!m)
            offers_add(o, word, "");
        else if (m->path)
            fprintf(o->out, "%s\n", m->path);
        else if (m->offer)
            m->offer(o);
        kind += n + (kind[n] == '|');
    }
}

static void read_position(const char *word, size_t n, struct position *out)
{
    size_t used = 0;
    *out = (struct position){0};
    assert(n < POSITION_TEXT);
    for (size_t i = 0; i < n; i++)
        if (!strchr("[]", word[i]))
            out->kind[used++] = word[i];
    if (used > 3 && strcmp(out->kind + used - 3, "...") == 0) {
        out->kind[used - 3] = '\0';
        out->repeats = true;
    }
}

int command_positions(const struct command *c, struct position out[POSITIONS_MAX])
{
    int n = 0;
    for (const char *word = c->arguments; word && *word && n < POSITIONS_MAX;) {
        const size_t length = strcspn(word, " ");
        read_position(word, length, &out[n++]);
        word += length + (word[length] == ' ');
    }
    return n;
}
