/* matrix.c -- one experiment of one profile to its runs.
 *
 * Task, seeds, encoders and grid are read once; then for each cell the settings, the law
 * with its splits, then each encoder with its own recipe, then each seed: a run_spec that
 * gets its identity and joins the list. Cells or encoders that are one run under two names
 * are refused.
 * The trap: a cell's splits are lent to its encoders and copied for each seed; and `noted`
 * is compared before and after a step, since mistakes are counted and not returned. */
#include "matrix.h"

#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "experiment.h"
#include "grid.h"
#include "run_spec.h"
#include "settings.h"
#include "yaml_read.h"

const char *const experiment_keys[EXPERIMENT_KEYS] = {
    "task", "splits", "encoders", "seeds", "data_seed", "model", "train", "grid"};

/* What all cells of an experiment have in common while it is being read. */
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

/* Settings that would be read without doing anything are mistakes. */
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

static void refuse_twice(const struct reading *m, int first, struct mark at)
{
    const struct run_list *l = m->out;
    const struct run_spec *last = &l->item[l->n - 1];
    for (int i = first; i < l->n - 1; i++) {
        const struct run_spec *other = &l->item[i];
        if (strcmp(other->identity, last->identity) == 0)
            problem_at(m->problems, at,
                       "encoder \"%s\" is listed twice (an option set to its default "
                       "changes nothing)",
                       last->variant);
        else if (strcmp(other->variant, last->variant) == 0 && other->seed == last->seed)
            problem_at(m->problems, at,
                       "encoder \"%s\" is listed twice with other train settings, and "
                       "tables could not tell which is which; make the setting a grid",
                       last->variant);
        else
            continue;
        return;
    }
}

/* All seeds of one encoder; `cell` has everything but them. */
static void expand_seeds(struct reading *m, const struct run_spec *cell, int first,
                         struct mark at)
{
    struct err e;
    for (int i = 0; i < m->seeds; i++) {
        struct run_spec *r = append(m->out, m->problems);
        if (!r)
            return;
        if (run_spec_copy(cell, r, &e)) {
            m->problems->no_memory = true;
            return;
        }
        r->seed = m->seed[i];
        if (run_spec_identify(r, &e)) {
            m->problems->no_memory = true;
            return;
        }
        if (i == 0)
            refuse_twice(m, first, at);
    }
}

/* The cell's settings with the encoder's own laid over them, but for those that --set
 * gives. NULL: out of memory. */
static const struct node *own_recipe(const struct reading *m, const struct node *root,
                                     const struct encoder_entry *entry)
{
    const struct matrix_source *s = m->source;
    for (const struct entry *x = entry->train->first; x && root; x = x->next) {
        const char *const path[] = {"train", x->key};
        char setting[SETTING_KEY + NAME_MAX_TEXT];
        snprintf(setting, sizeof setting, "train.%s", x->key);
        if (!overrides_set(s->overrides, s->experiment, setting))
            root = tree_with(s->tree, root, path, 2, x->value, s->problems);
    }
    return root;
}

/* The cell with the encoder, its own recipe and the splits that it can be tested on; to be
 * freed. False: noted. */
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
    if (entry->train) {
        root = own_recipe(m, root, entry);
        if (!root)
            return false;
        settings_read(root, out, p);
        if (p->noted == noted)
            recipe_check(root, out, entry->at, p);
    }
    if (run_spec_encoders(out, &e) || run_spec_split_encoders(out, &e))
        problem_at(p, entry->at, "%s", e.msg);
    return p->noted == noted;
}

static void expand_encoders(struct reading *m, struct run_spec *cell,
                            const struct node *root)
{
    const int first = m->out->n;
    struct err e;
    if (model_check(&cell->model, &e)) {
        problem_at(m->problems,
                   mark_of_message(node_get(root, "model"), e.msg, m->source->at), "%s",
                   e.msg);
        return;
    }
    for (int i = 0; i < m->entries && !m->problems->no_memory; i++) {
        struct run_spec own = {0};
        if (encoder_cell(m, cell, root, &m->entry[i], &own))
            expand_seeds(m, &own, first, m->entry[i].at);
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
    /* What does not fit together is told beside what does not fit the model: neither hides the
     * other. Settings that could not be read fit nothing. */
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

static int by_identity(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;
    return strcmp(x->run->identity, y->run->identity);
}

/* Two cells can be one run under two names: model.ff 4x and 256 at dim 64. */
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
    for (int i = 1; i < n; i++)
        if (strcmp(sorted[i - 1].run->identity, sorted[i].run->identity) == 0 &&
            strcmp(sorted[i - 1].run->cell, sorted[i].run->cell) != 0)
            problem_at(m->problems, at, "cells \"%s\" and \"%s\" are the same run",
                       sorted[i - 1].run->cell, sorted[i].run->cell);
    free(sorted);
}

static bool too_many(const struct reading *m, const struct grid *g)
{
    const double runs = (double)g->cells * m->entries * m->seeds;
    if (m->out->n + runs <= RUNS_MAX)
        return false;
    problem_at(m->problems, m->source->at, "more than %d runs in all; split the file",
               RUNS_MAX);
    return true;
}

/* What varies in the grid cannot be the encoder's own, too. False: noted. */
static bool own_settings_check(const struct reading *m, const struct grid *g)
{
    const unsigned long noted = m->problems->noted;
    for (int i = 0; i < m->entries; i++) {
        const struct node *train = m->entry[i].train;
        for (const struct entry *x = train ? train->first : NULL; x; x = x->next) {
            char setting[SETTING_KEY + NAME_MAX_TEXT];
            snprintf(setting, sizeof setting, "train.%s", x->key);
            for (int k = 0; k < g->axes; k++)
                if (strcmp(g->axis[k].key, setting) == 0 &&
                    !overrides_set(m->source->overrides, m->source->experiment, setting))
                    problem_at(m->problems, x->at,
                               "%s varies in the grid; it cannot be set for an encoder too",
                               setting);
        }
    }
    return m->problems->noted == noted;
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
    m->entries = encoders_read(s->merged, s->experiment, s->at, m->entry, s->problems);
    /* The settings are read once even without a grid to walk, for their own mistakes. */
    if (!grid_read(s->merged, m->task, &grid, s->problems) || !m->task) {
        struct run_spec unused = {0};
        settings_read(s->merged, &unused, s->problems);
        return;
    }
    if (!own_settings_check(m, &grid) || too_many(m, &grid))
        return;
    for (int i = 0; i < grid.cells && !s->problems->no_memory; i++) {
        const struct node *values;
        const struct node *root =
            grid_cell(s->tree, s->merged, &grid, i, &values, s->problems);
        if (root)
            expand_cell(m, root, values);
    }
    refuse_same_cells(m, first, grid.at);
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
