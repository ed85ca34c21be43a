/* data_table.c -- the data that tasks have open: one entry for each task and set of options
 * that select its data. An entry is never changed or moved, so the pointers that task_data
 * returns stay valid. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "task.h"

struct entry {
    const struct task *task;
    struct option_values options;
    struct task_data data;
    struct entry *next;
};

static struct {
    pthread_mutex_t lock;
    struct entry *first;
} opened = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool same_data(const struct task *t, const struct option_values *a,
                      const struct option_values *b)
{
    for (int i = 0; i < option_count(t->options); i++)
        if (t->options[i].data && (a->v[i] < b->v[i] || a->v[i] > b->v[i]))
            return false;
    return true;
}

static struct entry *find(const struct task *t, const struct option_values *o)
{
    struct entry *x = opened.first;
    while (x && (x->task != t || !same_data(t, &x->options, o)))
        x = x->next;
    return x;
}

static enum status add(const struct task *t, const struct option_values *o, struct err *e)
{
    struct entry *x = calloc(1, sizeof *x);
    if (!x)
        return err_set(e, ST_NOMEM, "no memory for the data of %s", t->name);
    *x = (struct entry){.task = t, .options = *o, .next = opened.first};
    const enum status st = t->open(o, &x->data, e);
    if (st) {
        free(x);
        return st;
    }
    opened.first = x;
    return ST_OK;
}

enum status task_open(const struct task *t, const struct option_values *o, struct err *e)
{
    enum status st = ST_OK;
    if (t->open) {
        pthread_mutex_lock(&opened.lock);
        st = find(t, o) ? ST_OK : add(t, o, e);
        pthread_mutex_unlock(&opened.lock);
    }
    return st == ST_OK && t->check ? t->check(o, e) : st;
}

const struct task_data *task_data(const struct task *t, const struct option_values *o)
{
    pthread_mutex_lock(&opened.lock);
    const struct entry *x = find(t, o);
    pthread_mutex_unlock(&opened.lock);
    assert(x);
    return &x->data;
}

void task_data_text(const struct task *t, const struct option_values *o,
                    char text[TASK_HASH_TEXT])
{
    text[0] = 0;
    if (!t->open)
        return;
    const struct task_data *d = task_data(t, o);
    snprintf(text, TASK_HASH_TEXT, "%016llx%016llx", (unsigned long long)d->hash[0],
             (unsigned long long)d->hash[1]);
}

void task_close_all(void)
{
    while (opened.first) {
        struct entry *x = opened.first;
        opened.first = x->next;
        x->task->close(&x->data);
        free(x);
    }
}
