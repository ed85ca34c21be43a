/* task.c -- the table of tasks.
 *
 * task_list.inc holds one line TASK(<name>) for each tasks/task_<name>.c; CMake writes
 * it (cmake/plugins.cmake). A file without its descriptor fails to link, by name, so
 * nothing can go missing in silence. */
#include "task.h"

#include <assert.h>
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

enum { N_TASKS = sizeof table / sizeof table[0], STREAM_NAME = 256 };

int task_count(void)
{
    return N_TASKS;
}

const struct task *task_at(int i)
{
    assert(i >= 0 && i < N_TASKS);
    return table[i];
}

const struct task *task_find(const char *name)
{
    for (int i = 0; i < N_TASKS; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

const struct task_split *task_split_find(const struct task *t, const char *name)
{
    for (const struct task_split *s = t->splits; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

void task_split_options(const struct task *t, const struct task_split *s,
                        const struct option_values *base, struct option_values *out)
{
    *out = *base;
    for (int i = 0; i < TASK_SPLIT_CHANGES && s->change[i].option; i++) {
        const int at = option_find(t->options, s->change[i].option);
        assert(at >= 0);
        out->v[at] = s->change[i].value;
    }
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
