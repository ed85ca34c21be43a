/* choice.c -- reads how trials ended, and finds the smallest mean loss of each choice.
 *
 * The runs of a choice are consecutive in the config (matrix.c). The ends of all runs are read
 * from the database once, sorted by identity; then the losses of each choice are averaged by
 * value.
 * Pitfall: a run that failed for lack of memory tells nothing about its value, one that diverged
 * does. The database tells them apart only by the text of the error. */
#include "choice.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_state.h"
#include "trainer.h"

/* How a run ended. */
struct ended {
    char identity[IDENTITY_TEXT];
    bool done, failed, diverged;
    double loss; /* on `valid`; NaN: none */
};

struct ended_list {
    struct ended *at;
    int n, room;
};

static enum status add_ended(void *context, int columns, const char *const *names,
                             const char *const *cells, struct err *e)
{
    struct ended_list *list = context;
    (void)names;
    assert(columns == 4);
    if (list->n == list->room) {
        const int room = list->room ? 2 * list->room : 64;
        struct ended *more = realloc(list->at, (size_t)room * sizeof *more);
        if (!more)
            return err_set(e, ST_NOMEM, "no memory for %d runs", room);
        list->at = more;
        list->room = room;
    }
    struct ended *x = &list->at[list->n++];
    snprintf(x->identity, sizeof x->identity, "%s", store_cell(cells[0]));
    x->done = cells[1] && strcmp(cells[1], RUN_DONE) == 0;
    x->failed = cells[1] && strcmp(cells[1], RUN_FAILED) == 0;
    x->diverged = x->failed && cells[2] && strstr(cells[2], TRAINER_DIVERGED);
    x->loss = cells[3] ? strtod(cells[3], NULL) : (double)NAN;
    return ST_OK;
}

/* Reads how all runs ended, in the order of identities. */
static enum status read_ended(struct store *db, struct ended_list *list, struct err *e)
{
    return store_query(db,
                       "SELECT r.identity, r.state, r.error, s.value FROM run AS r "
                       "LEFT JOIN v_score AS s ON s.run_id = r.id AND s.split = 'valid' "
                       "AND s.metric = 'loss' WHERE r.removed IS NULL ORDER BY r.identity",
                       NULL, 0, add_ended, list, e);
}

static int by_identity(const void *key, const void *item)
{
    return strcmp(key, ((const struct ended *)item)->identity);
}

static const struct ended *find(const struct ended_list *list, const char *identity)
{
    return list->n
               ? bsearch(identity, list->at, (size_t)list->n, sizeof *list->at, by_identity)
               : NULL;
}

/* Returns the mean loss of a value over its trials; infinite when one of them diverged. */
static double loss_of_value(const struct config *c, const struct choice *x, int value,
                            const struct ended_list *list)
{
    double sum = 0.0;
    int n = 0;
    for (int i = x->first; i < x->end; i++) {
        const struct run_spec *r = &c->run[i];
        if (r->tuned != TUNED_TRIAL || r->value != value)
            continue;
        const struct ended *how = find(list, r->identity);
        sum += how && how->done && !isnan(how->loss) ? how->loss : (double)INFINITY;
        n++;
    }
    return sum / n;
}

static void decide(const struct config *c, const struct ended_list *list, struct choice *x)
{
    int values = 0;
    double best = (double)INFINITY;
    x->value = -1;
    for (int i = x->first; i < x->end; i++) {
        const struct run_spec *r = &c->run[i];
        const struct ended *how = find(list, r->identity);
        values = r->value + 1;
        if (r->tuned != TUNED_TRIAL)
            continue;
        x->trials++;
        x->failed += how && how->failed && !how->diverged;
        x->open += !how || !(how->done || how->failed);
    }
    for (int v = 0; v < values && x->open + x->failed == 0; v++) {
        const double loss = loss_of_value(c, x, v, list);
        if (loss < best) {
            best = loss;
            x->value = v;
        }
    }
}

/* Finds the choices; the runs of a choice are consecutive. */
static void find_choices(const struct config *c, struct choices *out)
{
    for (int i = 0; i < c->runs; i++) {
        const int choice = c->run[i].choice;
        out->of[i] = -1;
        if (!choice)
            continue;
        if (i == 0 || c->run[i - 1].choice != choice)
            out->at[out->n++] = (struct choice){.first = i};
        out->of[i] = out->n - 1;
        out->at[out->n - 1].end = i + 1;
    }
}

enum status choices_read(const struct config *c, struct store *db, struct choices *out,
                         struct err *e)
{
    struct ended_list list = {0};
    *out = (struct choices){0};
    out->at = calloc((size_t)c->runs + 1, sizeof *out->at);
    out->of = calloc((size_t)c->runs + 1, sizeof *out->of);
    if (!out->at || !out->of) {
        choices_free(out);
        return err_set(e, ST_NOMEM, "no memory for %d runs", c->runs);
    }
    find_choices(c, out);
    enum status st = db && out->n ? read_ended(db, &list, e) : ST_OK;
    for (int i = 0; i < out->n && st == ST_OK; i++)
        decide(c, &list, &out->at[i]);
    free(list.at);
    if (st)
        choices_free(out);
    return st;
}

void choices_free(struct choices *c)
{
    free(c->at);
    free(c->of);
    *c = (struct choices){0};
}

bool choices_counts(const struct choices *c, const struct config *config, int i)
{
    const struct run_spec *r = &config->run[i];
    return r->tuned == TUNED_NOT ||
           (r->tuned == TUNED_CANDIDATE && c->at[c->of[i]].value == r->value);
}
