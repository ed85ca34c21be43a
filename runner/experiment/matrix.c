/* matrix.c -- expands one experiment of one profile into its runs.
 *
 * Task, seeds, encoders, grid and tuned settings are read once. The loops are: for each cell,
 * read the settings and the law with its splits; for each encoder, apply its own recipe; for each
 * seed, make a run_spec with its identity and append it. With tuned settings the loops run for
 * each value, and the runs of one encoder in one cell form one choice. Cells or encoders that are
 * the same run under two names are refused.
 * Pitfall: a cell's splits are lent to its encoders and copied for each seed. `noted` is compared
 * before and after a step, since mistakes are counted and not returned. */
#include "matrix.h"

#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "experiment.h"
#include "grid.h"
#include "run_spec.h"
#include "settings.h"
#include "tune.h"
#include "yaml_read.h"

const char *const experiment_keys[EXPERIMENT_KEYS] = {
    "task", "splits", "encoders", "seeds", "data_seed", "model", "train", "grid", "tune"};

/* The state of reading an experiment, shared by its cells. */
struct reading {
    const struct matrix_source *source;
    struct problems *problems;
    struct run_list *out;
    const struct task *task;
    int seeds;
    uint64_t seed[SEEDS_MAX];
    uint64_t data_seed;
    int entries;
    struct encoder_entry entry[ENTRIES_MAX];
    struct tune tune;
    /* The present cell: where its runs begin in `out`, and the encoders for which it is
     * expanded. */
    int first, from, to;
    int choices; /* before this cell */
    int value;   /* index of the tuned value; name of its trial cell */
    char trial[VARIANT_TEXT];
};

void run_list_free(struct run_list *l)
{
    for (int i = 0; i < l->n; i++)
        run_spec_free(&l->item[i]);
    free(l->item);
    *l = (struct run_list){0};
}

static struct run_spec *append(struct run_list *l, struct problems *p)
{
    if (l->n == l->room) {
        const int room = l->room ? 2 * l->room : 64;
        struct run_spec *item = realloc(l->item, (size_t)room * sizeof *item);
        if (!item) {
            p->no_memory = true;
            return NULL;
        }
        l->item = item;
        l->room = room;
    }
    l->item[l->n] = (struct run_spec){0};
    return &l->item[l->n++];
}

/* --- one cell ------------------------------------------------------------ */

/* Notes settings that would have no effect. */
static void recipe_check(const struct node *root, const struct run_spec *r, struct mark at,
                         struct problems *p)
{
    const struct optimizer_config *o = &r->train.optimizer;
    const struct node *train = node_get(root, "train");
    if (o->kind == OPTIMIZER_ADAM && o->weight_decay > 0)
        problem_at(p, mark_of_message(train, "weight_decay", at),
                   "train.weight_decay: adam does not decay weights; set it to 0, or "
                   "optimizer to adamw");
    if (o->warmup > o->steps)
        problem_at(p, mark_of_message(train, "warmup", at),
                   "train.warmup: %d steps of warm-up do not fit into %d steps", o->warmup,
                   o->steps);
    if (r->train.samples > 0 && r->train.samples < r->train.batch)
        problem_at(p, mark_of_message(train, "samples", at),
                   "train.samples: a training set of %d does not fill a batch of %d",
                   r->train.samples, r->train.batch);
}

/* Refuses an encoder that is listed twice. `begun`: the first run of the encoder just
 * expanded. */
static void refuse_twice(const struct reading *m, int begun, struct mark at)
{
    const struct run_spec *mine = &m->out->item[begun];
    for (int i = m->first; i < begun; i++) {
        const struct run_spec *other = &m->out->item[i];
        if (mine->choice && other->choice == mine->choice)
            continue; /* the same encoder with another value */
        if (strcmp(other->identity, mine->identity) == 0)
            problem_at(m->problems, at,
                       "encoder \"%s\" is listed twice (an option set to its default "
                       "changes nothing)",
                       mine->variant);
        else if (strcmp(other->variant, mine->variant) == 0 && other->seed == mine->seed &&
                 other->value == mine->value)
            problem_at(m->problems, at,
                       "encoder \"%s\" is listed twice with other train settings, and "
                       "tables could not tell which is which; make the setting a grid",
                       mine->variant);
        else
            continue;
        return;
    }
}

/* Appends one run; `cell` has everything but the seed. NULL: no memory, which is noted. */
static struct run_spec *add_seed(struct reading *m, const struct run_spec *cell,
                                 uint64_t seed)
{
    struct err e;
    struct run_spec *r = append(m->out, m->problems);
    if (!r)
        return NULL;
    if (run_spec_copy(cell, r, &e)) {
        m->problems->no_memory = true;
        return NULL;
    }
    r->seed = seed;
    if (run_spec_identify(r, &e)) {
        m->problems->no_memory = true;
        return NULL;
    }
    return r;
}

/* Appends all seeds of encoder number `k`; where values are tried, the seeds of the trials come
 * first. */
static void expand_seeds(struct reading *m, const struct run_spec *cell, int k)
{
    const bool tunes = m->tune.grid.axes > 0;
    const int begun = m->out->n;
    const int choice = tunes ? m->choices + k + 1 : 0;
    struct run_spec *r = NULL;
    for (int i = 0; tunes && i < m->tune.seeds; i++) {
        r = add_seed(m, cell, m->tune.seed[i]);
        if (!r)
            return;
        r->tuned = TUNED_TRIAL;
        r->choice = choice;
        r->value = m->value;
        memcpy(r->cell, m->trial, sizeof r->cell);
    }
    for (int i = 0; i < m->seeds; i++) {
        r = add_seed(m, cell, m->seed[i]);
        if (!r)
            return;
        r->tuned = tunes ? TUNED_CANDIDATE : TUNED_NOT;
        r->choice = choice;
        r->value = m->value;
        r->is_trial = tunes && tune_has_seed(&m->tune, r->seed);
    }
    if (r)
        refuse_twice(m, begun, m->entry[k].at);
}

/* Returns the settings with the encoder's own ones of a section merged over them, except those
 * that --set gives. NULL: out of memory. */
static const struct node *own_section(const struct reading *m, const struct node *root,
                                      const struct entry *section)
{
    const struct matrix_source *s = m->source;
    for (const struct entry *x = section->value->first; x && root; x = x->next) {
        const char *const path[] = {section->key, x->key};
        char setting[SETTING_KEY + NAME_MAX_TEXT];
        snprintf(setting, sizeof setting, "%s.%s", section->key, x->key);
        if (!overrides_set(s->overrides, s->experiment, setting))
            root = tree_with(s->tree, root, path, 2, x->value, s->problems);
    }
    return root;
}

/* Reads the encoder's own settings. False: noted. */
static bool own_settings(const struct reading *m, const struct node *root,
                         const struct encoder_entry *entry, struct run_spec *out)
{
    struct problems *p = m->problems;
    const unsigned long noted = p->noted;
    struct err e;
    for (const struct entry *x = entry->own->first; x && root; x = x->next)
        root = own_section(m, root, x);
    if (!root)
        return false;
    settings_read(root, out, p);
    if (p->noted == noted)
        recipe_check(root, out, entry->at, p);
    if (p->noted == noted && model_check(&out->model, &e))
        problem_at(p, mark_of_message(node_get(entry->own, "model"), e.msg, entry->at),
                   "%s", e.msg);
    return p->noted == noted;
}

/* Makes the cell with the encoder, its own settings and the splits that it can be tested on; the
 * caller frees it. False: noted. */
static bool encoder_cell(const struct reading *m, const struct run_spec *cell,
                         const struct node *root, const struct encoder_entry *entry,
                         struct run_spec *out)
{
    struct problems *p = m->problems;
    const unsigned long noted = p->noted;
    struct err e;
    if (run_spec_copy(cell, out, &e)) {
        p->no_memory = true;
        return false;
    }
    out->model.encoders = entry->stack;
    if (entry->own && !own_settings(m, root, entry, out))
        return false;
    if (run_spec_encoders(out, &e) || run_spec_split_encoders(out, &e))
        problem_at(p, entry->at, "%s", e.msg);
    return p->noted == noted;
}

static void expand_encoders(struct reading *m, struct run_spec *cell,
                            const struct node *root)
{
    struct err e;
    if (model_check(&cell->model, &e)) {
        problem_at(m->problems,
                   mark_of_message(node_get(root, "model"), e.msg, m->source->at), "%s",
                   e.msg);
        return;
    }
    for (int i = m->from; i < m->to && !m->problems->no_memory; i++) {
        struct run_spec own = {0};
        if (encoder_cell(m, cell, root, &m->entry[i], &own))
            expand_seeds(m, &own, i);
        run_spec_free(&own);
    }
}

static void expand_cell(struct reading *m, const struct node *root,
                        const struct node *values)
{
    struct problems *p = m->problems;
    const unsigned long noted = p->noted;
    struct run_spec cell = {.task = m->task, .data_seed = m->data_seed};
    snprintf(cell.experiment, sizeof cell.experiment, "%s", m->source->experiment);
    snprintf(cell.profile, sizeof cell.profile, "%s", m->source->profile);
    settings_read(root, &cell, p);
    /* Settings that contradict each other are reported together with those that the model
     * refuses, so that neither hides the other. Settings that could not be read are not
     * compared. */
    const bool read = p->noted == noted;
    if (read)
        recipe_check(root, &cell, m->source->at, p);
    const unsigned long before = p->noted;
    if (cell_text(values, m->task, cell.cell, p) && law_read(root, &cell, p) &&
        p->noted == before && read)
        expand_encoders(m, &cell, root);
    run_spec_free(&cell);
}

/* --- the experiment ------------------------------------------------------ */

struct pick {
    const struct run_spec *run;
};

/* Sorts by identity; trials of a run are consecutive and come before it as a candidate. */
static int by_identity(const void *a, const void *b)
{
    const struct run_spec *x = ((const struct pick *)a)->run,
                          *y = ((const struct pick *)b)->run;
    const int order = strcmp(x->identity, y->identity);
    return order ? order : (int)x->tuned - (int)y->tuned;
}

/* Refuses two cells that are the same run, such as model.ff 4x and 256 at dim 64. */
static void refuse_same_cells(const struct reading *m, int first, struct mark at)
{
    const int n = m->out->n - first;
    struct pick *sorted = calloc((size_t)n + 1, sizeof *sorted);
    if (!sorted) {
        m->problems->no_memory = true;
        return;
    }
    for (int i = 0; i < n; i++)
        sorted[i].run = &m->out->item[first + i];
    qsort(sorted, (size_t)n, sizeof sorted[0], by_identity);
    for (int i = 1; i < n; i++) {
        const struct run_spec *a = sorted[i - 1].run, *b = sorted[i].run;
        if (strcmp(a->identity, b->identity) == 0 && a->tuned == b->tuned &&
            strcmp(a->cell, b->cell) != 0)
            problem_at(m->problems, at, "cells \"%s\" and \"%s\" are the same run", a->cell,
                       b->cell);
    }
    free(sorted);
}

static bool too_many(const struct reading *m, const struct grid *g)
{
    const bool tunes = m->tune.grid.axes > 0;
    const double runs = (double)g->cells * m->entries * m->tune.grid.cells *
                        (m->seeds + (tunes ? m->tune.seeds : 0));
    if (m->out->n + runs <= RUNS_MAX)
        return false;
    problem_at(m->problems, m->source->at, "more than %d runs in all; split the file",
               RUNS_MAX);
    return true;
}

/* Refuses a setting of an encoder's own that also varies in the grid or is tuned. */
static void own_setting_check(const struct reading *m, const struct grid *g,
                              const char *varies, const char *setting, struct mark at)
{
    for (int k = 0; k < g->axes; k++)
        if (strcmp(g->axis[k].key, setting) == 0 &&
            !overrides_set(m->source->overrides, m->source->experiment, setting))
            problem_at(m->problems, at, "%s %s; it cannot be set for an encoder too",
                       setting, varies);
}

/* Checks the encoders' own settings against the grid. False: noted. */
static bool own_settings_check(const struct reading *m, const struct grid *g)
{
    const unsigned long noted = m->problems->noted;
    for (int i = 0; i < m->entries; i++) {
        const struct node *own = m->entry[i].own;
        for (const struct entry *s = own ? own->first : NULL; s; s = s->next)
            for (const struct entry *x = s->value->first; x; x = x->next) {
                char setting[SETTING_KEY + NAME_MAX_TEXT];
                snprintf(setting, sizeof setting, "%s.%s", s->key, x->key);
                own_setting_check(m, g, "varies in the grid", setting, x->at);
                own_setting_check(m, &m->tune.grid, "is tuned", setting, x->at);
            }
    }
    return m->problems->noted == noted;
}

/* Appends the runs of one cell with encoder number `k`, for every value that is tried. */
static void expand_choice(struct reading *m, const struct node *root,
                          const struct node *values, int k)
{
    const struct matrix_source *s = m->source;
    m->from = k;
    m->to = k + 1;
    for (int v = 0; v < m->tune.grid.cells && !s->problems->no_memory; v++) {
        const struct node *tried;
        const struct node *with =
            grid_cell(s->tree, root, &m->tune.grid, v, &tried, s->problems);
        tried = with ? tree_merge(s->tree, values, tried, s->problems) : NULL;
        m->value = v;
        if (tried && cell_text(tried, m->task, m->trial, s->problems))
            expand_cell(m, with, values);
    }
}

static void expand_grid(struct reading *m, const struct grid *grid)
{
    const struct matrix_source *s = m->source;
    for (int i = 0; i < grid->cells && !s->problems->no_memory; i++) {
        const struct node *values;
        const struct node *root =
            grid_cell(s->tree, s->merged, grid, i, &values, s->problems);
        m->first = m->out->n;
        m->from = 0;
        m->to = m->entries;
        if (root && m->tune.grid.axes == 0)
            expand_cell(m, root, values);
        m->choices = m->out->choices;
        for (int k = 0; root && m->tune.grid.axes && k < m->entries; k++)
            expand_choice(m, root, values, k);
        m->out->choices += m->entries;
    }
}

/* Checks the length of the profile's name, to which the profile of trials adds a suffix. False:
 * noted. */
static bool profile_check(const struct reading *m)
{
    if (m->tune.grid.axes == 0 ||
        strlen(m->source->profile) + sizeof TUNING_PROFILE <= NAME_MAX_TEXT)
        return true;
    problem_at(m->problems, m->source->at,
               "tune: profile \"%s\" has a name longer than %zu letters, too long for the "
               "profile of its trials",
               m->source->profile, NAME_MAX_TEXT - sizeof TUNING_PROFILE);
    return false;
}

static void read_experiment(struct reading *m)
{
    const struct matrix_source *s = m->source;
    const int first = m->out->n;
    struct grid grid;
    check_keys(s->merged, s->experiment, experiment_keys, EXPERIMENT_KEYS, s->problems);
    m->task = task_read(s->merged, s->experiment, s->at, s->problems);
    m->seeds = seeds_read(s->merged, m->seed, s->problems);
    data_seed_read(s->merged, &m->data_seed, s->problems);
    m->entries =
        encoders_read(s->tree, s->merged, s->experiment, s->at, m->entry, s->problems);
    /* The settings are read once even without a grid, to note their mistakes. */
    if (!grid_read(s->merged, "grid", m->task, &grid, s->problems) ||
        !tune_read(s->tree, s->merged, &grid, m->task, m->seed[0], &m->tune, s->problems) ||
        !m->task) {
        struct run_spec unused = {0};
        settings_read(s->merged, &unused, s->problems);
        return;
    }
    if (!profile_check(m) || !own_settings_check(m, &grid) || too_many(m, &grid))
        return;
    expand_grid(m, &grid);
    refuse_same_cells(m, first, grid.axes ? grid.at : m->tune.grid.at);
}

void matrix_expand(const struct matrix_source *m, struct run_list *out)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) {
        m->problems->no_memory = true;
        return;
    }
    *r = (struct reading){.source = m, .problems = m->problems, .out = out};
    if (m->merged->kind == NODE_MAP)
        read_experiment(r);
    else
        problem_at(m->problems, m->merged->at,
                   "experiment \"%s\": expected a mapping, found %s", m->experiment,
                   node_kind_text(m->merged));
    free(r);
}
