#include "table_learning.h"

#include <math.h>

#include "table_names.h"

/* The three thresholds of table_learning.h; chosen. verdicts.c has the first too. */
static const double solved_error = 0.01;
static const double chance_share = 0.9;
static const double falling = 0.9;

/* The seeds of one recipe. */
struct group {
    int seeds, solved, at_chance, curves;
    double error, loss, before; /* sums over seeds; of losses, over seeds with a curve */
};

static int by_run(const void *key, const void *item)
{
    const int64_t run = *(const int64_t *)key;
    const struct learning *x = item;
    return (run > x->run) - (run < x->run);
}

static const struct learning *find(const struct table_data *d, int64_t run)
{
    int low = 0, high = d->learnings;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const int side = by_run(&run, &d->learning[middle]);
        if (side == 0)
            return &d->learning[middle];
        if (side > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void take(struct group *g, const struct learning *x)
{
    if (isnan(x->error))
        return;
    g->seeds++;
    g->error += x->error;
    g->solved += x->error <= solved_error;
    g->at_chance += !isnan(x->majority) && x->error > solved_error &&
                    x->error >= chance_share * (1 - x->majority);
    if (isnan(x->loss) || isnan(x->before))
        return;
    g->curves++;
    g->loss += x->loss;
    g->before += x->before;
}

/* Returns the first record of the recipe *at, with the learning of its seeds in *g, and moves *at
 * on; NULL: no recipe is left. */
static const struct record *next_group(const struct table_section *s, int *at,
                                       struct group *g)
{
    const struct groups *all = &s->recipe;
    int64_t before = -1;
    *g = (struct group){0};
    if (*at == all->n)
        return NULL;
    for (int k = all->start[*at]; k < all->start[*at + 1]; k++) {
        const int64_t run = table_member(s, all->at[k])->run;
        const struct learning *l = run != before ? find(s->data, run) : NULL;
        if (l)
            take(g, l);
        before = run;
    }
    return table_member(s, all->at[all->start[(*at)++]]);
}

static void add_name(const struct table_section *s, const struct record *r, struct prose *p)
{
    char name[RECIPE_NAME];
    table_recipe_name(s, r, name);
    prose_say(p, "%s", name);
}

void table_learning_solved(const struct table_section *s, struct prose *p)
{
    const char *before = "Seeds with at most 1 % of tokens wrong on valid: ";
    const struct record *r;
    struct group g;
    for (int at = 0; (r = next_group(s, &at, &g));) {
        if (g.seeds == 0 || r->source)
            continue;
        prose_say(p, "%s", before);
        before = "; ";
        add_name(s, r, p);
        prose_say(p, " %d of %d", g.solved, g.seeds);
        if (g.at_chance)
            prose_say(p, " (%d at chance)", g.at_chance);
    }
    if (p->used)
        prose_say(p, ".");
}

void table_learning_unfinished(const struct table_section *s, struct prose *p)
{
    const struct record *r;
    struct group g;
    int names = 0;
    for (int at = 0; (r = next_group(s, &at, &g));) {
        if (g.curves == 0 || g.error / g.seeds <= solved_error ||
            g.loss >= falling * g.before)
            continue;
        prose_say(p, "%s",
                  names++
                      ? "; "
                      : "Not finished, as the loss on valid fell by more than a tenth in "
                        "the last tenth of training and more than 1 % is wrong: ");
        add_name(s, r, p);
    }
    if (names)
        prose_say(p, names == 1 ? ". Its numbers are a snapshot."
                                : ". Their numbers are a snapshot.");
}
