/* task.c -- the table of tasks.
 *
 * task_list.inc holds one line TASK(<name>) for each tasks/task_<name>.c; CMake writes
 * it (cmake/plugins.cmake). If a file lacks its descriptor, the link fails and names it, so
 * no task goes missing silently. */
#include "task.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TASK(stem) extern const struct task task_##stem;
#include "task_list.inc"
#undef TASK

static const struct task *const table[] = {
#define TASK(stem) &task_##stem,
#include "task_list.inc"
#undef TASK
};

enum { N_TASKS = sizeof table / sizeof table[0], MORE_MOST = 64, STREAM_NAME = 256 };

static const struct task *more[MORE_MOST];
static int n_more;

int task_count(void)
{
    return N_TASKS + n_more;
}

const struct task *task_at(int i)
{
    assert(i >= 0 && i < task_count());
    return i < N_TASKS ? table[i] : more[i - N_TASKS];
}

const struct task *task_find(const char *name)
{
    for (int i = 0; i < task_count(); i++)
        if (strcmp(task_at(i)->name, name) == 0)
            return task_at(i);
    return NULL;
}

const char *task_stratum_help(const char *task, const char *stratum)
{
    const struct task *t = task_find(task);
    for (const struct task_stratum *x = t ? t->strata : NULL; x && x->name; x++)
        if (strcmp(x->name, stratum) == 0)
            return x->help;
    return NULL;
}

bool task_is_added(const struct task *t)
{
    for (int i = N_TASKS; i < task_count(); i++)
        if (task_at(i) == t)
            return true;
    return false;
}

bool task_add(const struct task *t)
{
    if (n_more == MORE_MOST)
        return false;
    more[n_more++] = t;
    return true;
}

const struct task_split *task_split_find(const struct task *t, const char *name)
{
    for (const struct task_split *s = t->splits; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

/* Returns the value that a split gives to an option when training has `trained`. */
static double changed(const struct task *t, const struct option *o, double value,
                      double trained)
{
    const bool as_stated = !(trained < o->dflt || trained > o->dflt);
    if (!t->splits_scale || o->type != OPTION_INT || as_stated || o->dflt <= 0)
        return value;
    const double scaled = nearbyint(trained * value / o->dflt);
    return fmin(fmax(scaled, o->lo), o->hi);
}

void task_split_options(const struct task *t, const struct task_split *s,
                        const struct option_values *base, struct option_values *out)
{
    *out = *base;
    for (int i = 0; i < TASK_SPLIT_CHANGES && s->change[i].option; i++) {
        const int at = option_find(t->options, s->change[i].option);
        assert(at >= 0);
        out->v[at] = changed(t, &t->options[at], s->change[i].value, base->v[at]);
    }
}

static void say_not_beyond(const struct option *o, bool up, double trained, double asked,
                           char why[TASK_BEYOND_WHY])
{
    char value[OPTION_TEXT], limit[OPTION_TEXT];
    option_format(o, asked, value);
    option_format(o, trained, limit);
    snprintf(why, TASK_BEYOND_WHY, "%s is %s, but must be %s the %s of training", o->name,
             value, up ? "above" : "below", limit);
}

bool task_split_beyond(const struct task *t, const struct task_split *s,
                       const struct option_values *trained,
                       const struct option_values *asked, char why[TASK_BEYOND_WHY])
{
    bool further = !s->change[0].option;
    for (int i = TASK_SPLIT_CHANGES - 1; i >= 0; i--) {
        if (!s->change[i].option)
            continue;
        const int at = option_find(t->options, s->change[i].option);
        assert(at >= 0);
        const struct option *o = &t->options[at];
        const bool up = s->change[i].value > o->dflt;
        const double step = asked->v[at] - trained->v[at];
        if (!further)
            say_not_beyond(o, up, trained->v[at], asked->v[at], why);
        if (up ? step < 0 : step > 0) {
            say_not_beyond(o, up, trained->v[at], asked->v[at], why);
            return false;
        }
        further = further || (up ? step > 0 : step < 0);
    }
    return further;
}

struct rng task_split_stream(const struct task *t, const char *split, uint64_t data_seed,
                             uint64_t index)
{
    char name[STREAM_NAME]; /* only hashed: the tail of a longer name is ignored */
    snprintf(name, sizeof name, "%s/%s", t->name, split);
    return rng_stream(data_seed, RNG_SPLIT, name, index);
}

struct rng task_train_stream(const struct task *t, uint64_t seed, uint64_t index)
{
    return rng_stream(seed, RNG_TRAIN, t->name, index);
}
