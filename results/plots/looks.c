/* looks.c -- gives each name a look, and another one where two of a picture would be alike.
 *
 * A name's look is a hash of it, so that an encoder looks the same in every picture. There are 49
 * pairs of colour and mark (and, for names with options, ten marks of a colour), so that two
 * names of a picture may collide. First all names that can keep their look do; then each of the
 * others takes the next free one. A further name thus changes few others. */
#include "looks.h"

#include <stdlib.h>
#include <string.h>

/* Okabe and Ito's colours without yellow, which is faint on white. */
static const char *const palette[] = {"#000000", "#E69F00", "#56B4E9", "#009E73",
                                      "#0072B2", "#D55E00", "#CC79A7"};
/* Marks of gnuplot, filled ones first. A name's own mark is before PLAIN, with options before OWN;
 * the marks from OWN on are only for names whose own look is taken. */
static const int shapes[] = {7, 5, 9, 11, 13, 6, 4, 8, 10, 12, 1, 2, 3, 14, 15};
enum {
    COLOURS = sizeof palette / sizeof *palette,
    PLAIN = 7,
    OWN = 10,
    SHAPES = sizeof shapes / sizeof *shapes
};

/* A terminal shows marks as capital letters; further marks are these characters themselves. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
enum { CAPITALS = 26, LETTERS = sizeof letters - 1, TEXT_MARKS = CAPITALS + LETTERS };

/* Returns FNV-1a with a final mix, over the name without the options in brackets or only over
 * these. The basis was searched so that all encodings known at the time, and two sums, look
 * different, and those of the CoPE paper, of posbench-20 and of the text experiments differ in
 * colour. */
static uint32_t look_hash(const char *name, bool options)
{
    uint32_t h = 2166136261U ^ 203934U;
    int depth = 0;
    for (; *name; name++) {
        depth += *name == '(';
        if ((depth > 0) == options)
            h = (h ^ (unsigned char)*name) * 16777619U;
        depth -= *name == ')' && depth > 0;
    }
    h ^= h >> 15;
    h *= 0x2c1b3c6dU;
    return h ^ (h >> 12);
}

/* A look, as indices of its colour and mark. */
struct places {
    int colour, mark, dash;
};

static struct places own_places(const char *name)
{
    const uint32_t h = look_hash(name, false);
    struct places p = {(int)(h % COLOURS), (int)(h / COLOURS % PLAIN),
                       1 + (int)(h / 49 % 4)};
    if (strchr(name, '(')) {
        const uint32_t o = look_hash(name, true);
        /* The mark is never that of the name without options. */
        p.mark = (p.mark + 1 + (int)(o % (OWN - 1))) % OWN;
        p.dash = 1 + (int)(o / (OWN - 1) % 4);
    }
    return p;
}

static struct look look_at(struct places p, bool text)
{
    struct look l = {.dash = p.dash};
    memcpy(l.colour, palette[p.colour], sizeof l.colour);
    l.mark = text              ? 1 + p.mark
             : p.mark < SHAPES ? shapes[p.mark]
                               : CAPITALS + 1 + p.mark - SHAPES;
    return l;
}

struct look look_of(const char *name)
{
    return look_at(own_places(name), false);
}

void looks_point(FILE *out, int mark)
{
    if (mark <= CAPITALS)
        fprintf(out, "%d", mark);
    else
        fprintf(out, "'%c'", letters[mark - CAPITALS - 1]);
}

/* --- one picture ------------------------------------------------------------------- */

struct named {
    const char *name;
    struct places places;
    bool settled;
};

struct looks {
    struct named *all; /* sorted by name */
    int n;
    bool text;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct named *find(const struct looks *l, const char *name)
{
    const struct named key = {.name = name};
    return l ? bsearch(&key, l->all, (size_t)l->n, sizeof key, by_name) : NULL;
}

/* Returns the number of colours; text has none, and its marks are letters. */
static int colours(const struct looks *l)
{
    return l->text ? 1 : COLOURS;
}

static int marks(const struct looks *l)
{
    return l->text ? TEXT_MARKS : SHAPES + LETTERS;
}

static bool alike(const struct looks *l, struct places a, struct places b)
{
    return a.mark == b.mark && (l->text || a.colour == b.colour);
}

/* Has a settled name of the picture this look? */
static bool taken(const struct looks *l, struct places p)
{
    for (int i = 0; i < l->n; i++)
        if (l->all[i].settled && alike(l, l->all[i].places, p))
            return true;
    return false;
}

/* Has a settled name that shares a box with `name` this look? */
static bool taken_beside(const struct looks *l, const struct plot_data *d, const char *name,
                         struct places p)
{
    for (int i = 0, end; i < d->n; i = end) {
        bool here = false, met = false;
        end = plot_panel_end(d, i);
        for (int k = i; k < end; k = plot_series_end(d, k)) {
            const struct named *other = find(l, d->row[k].series);
            here = here || strcmp(d->row[k].series, name) == 0;
            met = met || (other->settled && alike(l, other->places, p));
        }
        if (here && met)
            return true;
    }
    return false;
}

/* Gives a name the next free look; when the whole picture has none, one free in the name's
 * boxes. */
static void settle(struct looks *l, const struct plot_data *d, struct named *at)
{
    const struct places own = at->places;
    for (int beside = 0; beside < 2; beside++)
        for (int i = 0; i < colours(l) * marks(l); i++) {
            const struct places p = {(own.colour + i / marks(l)) % COLOURS,
                                     (own.mark + i % marks(l)) % marks(l), own.dash};
            if (beside ? taken_beside(l, d, at->name, p) : taken(l, p))
                continue;
            at->places = p;
            at->settled = true;
            return;
        }
}

static void settle_all(struct looks *l, const struct plot_data *d)
{
    for (int options = 0; options < 2; options++)
        for (int i = 0; i < l->n; i++)
            if ((strchr(l->all[i].name, '(') != NULL) == options)
                l->all[i].settled = !taken(l, l->all[i].places);
    for (int i = 0; i < l->n; i++)
        if (!l->all[i].settled)
            settle(l, d, &l->all[i]);
}

struct looks *looks_new(const struct plot_data *d, bool text)
{
    struct looks *l = calloc(1, sizeof *l);
    int series = 0, kept = 0;
    for (int i = 0; i < d->n; i = plot_series_end(d, i))
        series++;
    if (l)
        l->all = calloc((size_t)series + 1, sizeof *l->all);
    if (!l || !l->all) {
        free(l);
        return NULL;
    }
    l->text = text;
    for (int i = 0; i < d->n; i = plot_series_end(d, i))
        l->all[l->n++].name = d->row[i].series;
    qsort(l->all, (size_t)l->n, sizeof *l->all, by_name);
    for (int i = 0; i < l->n; i++)
        if (kept == 0 || strcmp(l->all[i].name, l->all[kept - 1].name) != 0)
            l->all[kept++] = l->all[i];
    l->n = kept;
    for (int i = 0; i < l->n; i++) {
        struct places *p = &l->all[i].places;
        *p = own_places(l->all[i].name);
        p->mark = text ? shapes[p->mark] - 1 : p->mark; /* gnuplot's letter for the mark */
    }
    settle_all(l, d);
    return l;
}

struct look looks_find(const struct looks *all, const char *name)
{
    const struct named *at = find(all, name);
    return at ? look_at(at->places, all->text) : look_of(name);
}

void looks_free(struct looks *all)
{
    if (all)
        free(all->all);
    free(all);
}
