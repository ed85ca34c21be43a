#include "threads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct worker {
    struct threads *pool;
    int number;
    pthread_t id;
};

struct threads {
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    int count;   /* threads, the caller included */
    int started; /* workers to be joined */
    int busy;    /* workers that have not finished this round */
    unsigned round;
    bool closing;
    int jobs;
    atomic_int next; /* the next job to hand out */
    threads_fn fn;
    void *context;
    struct worker worker[];
};

static void take_jobs(struct threads *t, int thread)
{
    for (int job = atomic_fetch_add(&t->next, 1); job < t->jobs;
         job = atomic_fetch_add(&t->next, 1))
        t->fn(t->context, job, thread);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct threads *t = w->pool;
    unsigned seen = 0;
    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (t->round == seen && !t->closing)
            pthread_cond_wait(&t->start, &t->lock);
        if (t->closing)
            break;
        seen = t->round;
        pthread_mutex_unlock(&t->lock);
        take_jobs(t, w->number);
        pthread_mutex_lock(&t->lock);
        if (--t->busy == 0)
            pthread_cond_signal(&t->done);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

enum status threads_open(int n, struct threads **out, struct err *e)
{
    struct threads *t = calloc(1, sizeof *t + (size_t)n * sizeof t->worker[0]);
    if (!t)
        return err_set(e, ST_NOMEM, "no memory for %d threads", n);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->start, NULL);
    pthread_cond_init(&t->done, NULL);
    t->count = n;
    for (int i = 1; i < n; i++) {
        struct worker *w = &t->worker[i];
        *w = (struct worker){.pool = t, .number = i};
        const int failed = pthread_create(&w->id, NULL, worker_main, w);
        if (failed) {
            threads_close(t);
            return err_set(e, ST_NOMEM, "thread %d of %d: %s; ask for fewer threads", i, n,
                           strerror(failed));
        }
        t->started = i;
    }
    *out = t;
    return ST_OK;
}

void threads_close(struct threads *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->closing = true;
    pthread_cond_broadcast(&t->start);
    pthread_mutex_unlock(&t->lock);
    for (int i = 1; i <= t->started; i++)
        pthread_join(t->worker[i].id, NULL);
    pthread_cond_destroy(&t->start);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int threads_count(const struct threads *t)
{
    return t->count;
}

void threads_run(struct threads *t, int jobs, threads_fn fn, void *context)
{
    if (t->count == 1) {
        for (int job = 0; job < jobs; job++)
            fn(context, job, 0);
        return;
    }
    pthread_mutex_lock(&t->lock);
    t->jobs = jobs;
    t->fn = fn;
    t->context = context;
    t->busy = t->count - 1;
    t->round++;
    atomic_store(&t->next, 0);
    pthread_cond_broadcast(&t->start);
    pthread_mutex_unlock(&t->lock);
    take_jobs(t, 0);
    pthread_mutex_lock(&t->lock);
    while (t->busy > 0)
        pthread_cond_wait(&t->done, &t->lock);
    pthread_mutex_unlock(&t->lock);
}
