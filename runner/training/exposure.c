/* exposure.c -- finds the test samples that training had, by drawing training again.
 *
 * All test samples are drawn and their hashes sorted. Each training sample's hash is then looked
 * up, and a bit is set for every test sample that has it. The longest input of training and of
 * each split is recorded too.
 * Pitfall: samples are compared by 64-bit hashes of their inputs only. A finite training set is
 * drawn for one epoch only, since later ones repeat it. */
#include "exposure.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { PAUSE_STEPS = 64 }; /* between two checks for a request to stop; chosen */

/* A test sample, identified by its inputs. */
struct question {
    uint64_t hash;
    int split, index;
};

struct questions_list {
    struct question *item; /* [n], sorted by hash */
    size_t n;
};

static uint64_t hash_of(const struct batch *b, int s)
{
    const int from = b->start[s], tokens = b->start[s + 1] - from;
    return XXH3_64bits(b->token + from, (size_t)tokens * sizeof *b->token);
}

static int longest_of(const struct batch *b, int so_far)
{
    for (int s = 0; s < b->sequences; s++) {
        const int tokens = b->start[s + 1] - b->start[s];
        so_far = tokens > so_far ? tokens : so_far;
    }
    return so_far;
}

static int by_hash(const void *a, const void *b)
{
    const struct question *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

void exposure_free(struct exposure *x)
{
    for (int i = 0; i < x->splits; i++)
        free(x->split[i].seen);
    free(x->split);
    *x = (struct exposure){0};
}

static enum status room(const struct run_spec *r, struct exposure *x,
                        struct questions_list *q, struct err *e)
{
    size_t n = 0;
    bool fine = true;
    x->split = calloc((size_t)r->splits + 1, sizeof *x->split);
    x->splits = x->split ? r->splits : 0;
    for (int i = 0; i < x->splits; i++) {
        n += (size_t)r->split[i].count;
        x->split[i].seen = calloc((size_t)r->split[i].count / 8 + 1, 1);
        fine = fine && x->split[i].seen;
    }
    q->item = calloc(n + 1, sizeof *q->item);
    if (x->split && fine && q->item)
        return ST_OK;
    return err_set(e, ST_NOMEM, "no memory to look for %zu test samples in training", n);
}

static enum status list_questions(const struct run_spec *r, struct sampler *s,
                                  const struct exposure_watch *w, struct exposure *x,
                                  struct questions_list *q, struct err *e)
{
    for (int i = 0; i < r->splits; i++)
        for (int first = 0; first < r->split[i].count;) {
            struct sampled b;
            sampler_split(s, &r->split[i], first, r->split[i].count, &b);
            for (int k = 0; k < b.batch.sequences; k++)
                q->item[q->n++] = (struct question){hash_of(&b.batch, k), i, first + k};
            x->split[i].longest = longest_of(&b.batch, x->split[i].longest);
            first += b.batch.sequences;
            const enum status st = w ? w->pause(w->context, e) : ST_OK;
            if (st)
                return st;
        }
    qsort(q->item, q->n, sizeof q->item[0], by_hash);
    return ST_OK;
}

/* Returns the first question whose hash is not smaller. */
static size_t find(const struct questions_list *q, uint64_t hash)
{
    size_t low = 0, high = q->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (q->item[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark(const struct questions_list *q, uint64_t hash, struct exposure *x)
{
    for (size_t i = find(q, hash); i < q->n && q->item[i].hash == hash; i++) {
        uint8_t *byte = &x->split[q->item[i].split].seen[q->item[i].index / 8];
        *byte = (uint8_t)(*byte | 1u << (q->item[i].index % 8));
    }
}

double exposure_bytes(const struct run_spec *r)
{
    double bytes = 0.0;
    /* qsort takes as much memory again as it sorts. */
    for (int i = 0; i < r->splits; i++)
        bytes += r->split[i].count * (2.0 * sizeof(struct question) + 1.0 / 8);
    return bytes;
}

/* Returns the steps that show every training sample once; later epochs repeat them. */
static int telling_steps(const struct train_settings *t)
{
    const int steps = t->optimizer.steps;
    if (t->samples == 0)
        return steps;
    const int64_t epoch = ((int64_t)t->samples + t->batch - 1) / t->batch;
    return epoch < steps ? (int)epoch : steps;
}

static enum status walk_training(const struct run_spec *r, struct sampler *s,
                                 const struct exposure_watch *w, struct exposure *x,
                                 const struct questions_list *q, struct err *e)
{
    const int steps = telling_steps(&r->train);
    for (int step = 0; step < steps; step++) {
        struct sampled b;
        sampler_train(s, step, &b);
        for (int k = 0; k < b.batch.sequences; k++)
            mark(q, hash_of(&b.batch, k), x);
        x->longest = longest_of(&b.batch, x->longest);
        const enum status st =
            w && step % PAUSE_STEPS == 0 ? w->pause(w->context, e) : ST_OK;
        if (st)
            return st;
    }
    return ST_OK;
}

enum status exposure_measure(const struct run_spec *r, struct sampler *s,
                             const struct exposure_watch *watch, struct exposure *out,
                             struct err *e)
{
    struct exposure x = {0};
    struct questions_list q = {0};
    enum status st = room(r, &x, &q, e);
    if (st == ST_OK)
        st = list_questions(r, s, watch, &x, &q, e);
    if (st == ST_OK)
        st = walk_training(r, s, watch, &x, &q, e);
    free(q.item);
    if (st) {
        exposure_free(&x);
        return st;
    }
    *out = x;
    return ST_OK;
}
