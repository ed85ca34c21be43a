/* claims.c -- reads the lists `published` and `claims` of an experiment file.
 *
 * Each item is checked for its keys, and its experiment, cell, metric, split and encoders are
 * looked up among the runs of all profiles; percentages become fractions. Published values are
 * read first, since a claim without numbers of its own takes its paper's numbers from them.
 * Pitfall: an experiment with mistakes has too few runs, so names are not looked up in it
 * (experiment_facts.sound); else one mistake would be reported many times. */
#include "claims.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "grid.h"
#include "yaml_read.h"

enum { NAMES_MAX = 256 }; /* names of one kind that are compared; chosen */

/* Errors and accuracies are typed in percent, as papers print them, and kept as fractions; other
 * metrics have no unit to convert. "error" is for papers that do not say whether they count
 * tokens or sequences; our own runs always say so. */
static const struct metric {
    const char *name, *unit;
    double most, scale;
} metrics[] = {
    {"error", "fraction", 100, 100},          {"token_error", "fraction", 100, 100},
    {"sequence_error", "fraction", 100, 100}, {"accuracy", "fraction", 100, 100},
    {"perplexity", "perplexity", 1e12, 1},    {"loss", "nats", 1e12, 1},
    {"bits_per_byte", "bits", 1e12, 1},       {"word_perplexity", "perplexity", 1e12, 1},
};
enum { METRICS = sizeof metrics / sizeof metrics[0] };

/* The subject of an item of either list. */
struct subject {
    const struct experiment_facts *experiment;
    const struct metric *metric;
    char cell[VARIANT_TEXT];
};

/* --- words --------------------------------------------------------------- */

/* Returns the text at `key`, at most `most` bytes; NULL: a problem was noted. CSV prints it byte
 * for byte, so that tables can be joined by it; a text that a spreadsheet would calculate is
 * therefore refused here. */
static const char *read_text(const struct node *item, const char *key, size_t most,
                             struct problems *p)
{
    const struct node *n = node_get(item, key);
    if (!n) {
        problem_at(p, item->at, "%s is missing here", key);
        return NULL;
    }
    if (n->kind != NODE_SCALAR || !*n->text) {
        problem_at(p, n->at, "%s: expected text, found %s", key, node_kind_text(n));
        return NULL;
    }
    if (strlen(n->text) > most) {
        problem_at(p, n->at, "%s: longer than %zu bytes", key, most);
        return NULL;
    }
    if (strchr("=+-@\t\r", n->text[0])) {
        problem_at(
            p, n->at,
            "%s: \"%.64s\" would be a formula to a spreadsheet; begin it with a letter, "
            "a digit or a quote",
            key, n->text);
        return NULL;
    }
    return n->text;
}

enum { ANY_METRIC = 0, OWN_METRICS = 1 }; /* first metric allowed; runs have no "error" */

static const struct metric *read_metric(const struct node *item, int from,
                                        struct problems *p)
{
    const char *names[METRICS];
    const char *text = read_text(item, "metric", NAME_MAX_TEXT - 1, p);
    int n = 0;
    for (int i = from; i < METRICS; i++) {
        if (text && strcmp(metrics[i].name, text) == 0)
            return &metrics[i];
        names[n++] = metrics[i].name;
    }
    if (text)
        problem_unknown(p, node_get(item, "metric")->at, "metric", text, names, n);
    return NULL;
}

static const struct experiment_facts *read_experiment(const struct claims_source *s,
                                                      const struct node *item)
{
    const char *names[NAMES_MAX];
    const char *text = read_text(item, "experiment", NAME_MAX_TEXT - 1, s->problems);
    for (int i = 0; text && i < s->experiments; i++)
        if (strcmp(s->experiment[i].name, text) == 0)
            return &s->experiment[i];
    const int n = s->experiments < NAMES_MAX ? s->experiments : NAMES_MAX;
    for (int i = 0; i < n; i++)
        names[i] = s->experiment[i].name;
    if (text)
        problem_unknown(s->problems, node_get(item, "experiment")->at, "experiment", text,
                        names, n);
    return NULL;
}

/* --- names that some run must have --------------------------------------- */

/* The kinds of names of a run. */
enum kind { KIND_CELL, KIND_SPLIT, KIND_ENCODER };

static int names_of(const struct run_spec *r, enum kind kind, const char **out)
{
    int n = 0;
    switch (kind) {
    case KIND_CELL:
        out[n++] = r->cell;
        break;
    case KIND_ENCODER:
        out[n++] = r->encoder;
        out[n++] = r->variant;
        break;
    case KIND_SPLIT:
        for (; n < r->splits && n < NAMES_MAX; n++)
            out[n] = r->split[n].name;
        break;
    }
    return n;
}

static int add_name(const char **names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return n;
    if (n < NAMES_MAX && *name)
        names[n++] = name;
    return n;
}

/* Notes a problem unless some profile has a run of the experiment with the name `word`. An
 * experiment with mistakes has too few runs to tell. */
static bool expect_name(const struct claims_source *s, const struct experiment_facts *x,
                        enum kind kind, const char *word, struct mark at)
{
    static const char *const title[] = {
        [KIND_CELL] = "cell", [KIND_SPLIT] = "split", [KIND_ENCODER] = "encoder"};
    const char *known[NAMES_MAX], *names[NAMES_MAX];
    char what[NAME_MAX_TEXT + 32];
    int n = 0;
    if (!x->sound)
        return true;
    for (int i = 0; i < s->runs->n; i++) {
        const struct run_spec *r = &s->runs->item[i];
        if (strcmp(r->experiment, x->name) != 0 || r->tuned == TUNED_TRIAL)
            continue;
        const int found = names_of(r, kind, names);
        for (int k = 0; k < found; k++) {
            if (strcmp(names[k], word) == 0)
                return true;
            n = add_name(known, n, names[k]);
        }
    }
    snprintf(what, sizeof what, "%s in experiment %s", title[kind], x->name);
    if (!*word)
        problem_at(s->problems, at,
                   "experiment %s has a grid in every profile; add its cell, such as the "
                   "one named \"%s\"",
                   x->name, n ? known[0] : "");
    else
        problem_unknown(s->problems, at, what, word, known, n);
    return false;
}

static bool read_cell(const struct claims_source *s, const struct node *item,
                      struct subject *out)
{
    const struct node *map = node_mapping(item, "cell", s->problems);
    if (!map && node_get(item, "cell"))
        return false;
    if (map && !cell_text(map, out->experiment->task, out->cell, s->problems))
        return false;
    return expect_name(s, out->experiment, KIND_CELL, out->cell, map ? map->at : item->at);
}

static bool read_subject(const struct claims_source *s, const struct node *item, int from,
                         struct subject *out)
{
    *out = (struct subject){.experiment = read_experiment(s, item),
                            .metric = read_metric(item, from, s->problems)};
    return out->experiment && read_cell(s, item, out) && out->metric;
}

/* --- published ----------------------------------------------------------- */

static bool read_number(const struct node *n, const char *key, const struct metric *m,
                        double *out, struct problems *p)
{
    const struct option o = {.name = key, .type = OPTION_REAL, .lo = 0, .hi = m->most};
    double v;
    if (!option_read(&o, key, n, &v, p))
        return false;
    *out = v / m->scale;
    return true;
}

/* Reads `9.1`, or `[9.1, 0.3]` with the standard deviation over seeds. */
static bool read_value(const struct node *n, const char *key, const struct metric *m,
                       struct published_value *out, struct problems *p)
{
    out->std = NAN;
    if (n->kind == NODE_SCALAR)
        return read_number(n, key, m, &out->value, p);
    if (n->kind == NODE_LIST && n->n == 2)
        return read_number(n->first->value, key, m, &out->value, p) &&
               read_number(n->last->value, key, m, &out->std, p);
    problem_at(p, n->at, "%s: expected a number, or [mean, standard deviation]", key);
    return false;
}

static struct published_value *append_published(struct config *c, struct problems *p)
{
    struct published_value *list =
        realloc(c->publish, (size_t)(c->published + 1) * sizeof *list);
    if (!list) {
        p->no_memory = true;
        return NULL;
    }
    c->publish = list;
    return &list[c->published++];
}

static bool given_before(const struct config *c, const struct published_value *v)
{
    for (int i = 0; i < c->published; i++) {
        const struct published_value *w = &c->publish[i];
        if (strcmp(v->paper, w->paper) == 0 && strcmp(v->source, w->source) == 0 &&
            strcmp(v->experiment, w->experiment) == 0 && strcmp(v->cell, w->cell) == 0 &&
            strcmp(v->encoder, w->encoder) == 0 && strcmp(v->split, w->split) == 0 &&
            strcmp(v->metric, w->metric) == 0)
            return true;
    }
    return false;
}

/* Returns true when some profile has a run of the experiment with this variant. */
static bool is_variant(const struct claims_source *s, const struct experiment_facts *x,
                       const char *word)
{
    for (int i = 0; i < s->runs->n; i++) {
        const struct run_spec *r = &s->runs->item[i];
        if (strcmp(r->experiment, x->name) == 0 && strcmp(r->variant, word) == 0)
            return true;
    }
    return false;
}

/* Reads an encoder of a paper. The experiment need not have the encoder, but must have the
 * variant if one is named. */
static bool read_published_name(const struct claims_source *s, const struct subject *x,
                                const struct entry *row, struct published_value *v)
{
    struct encoder_stack stack;
    char name[ENCODER_NAME];
    struct err e;
    if (is_variant(s, x->experiment, row->key) || strchr(row->key, '(')) {
        snprintf(v->encoder, sizeof v->encoder, "%s", row->key);
        return expect_name(s, x->experiment, KIND_ENCODER, row->key, row->at);
    }
    if (encoder_stack_parse(row->key, &stack, &e)) {
        problem_at(s->problems, row->at, "%s", e.msg);
        return false;
    }
    encoder_stack_name(&stack, name);
    snprintf(v->encoder, sizeof v->encoder, "%s", name);
    return true;
}

static void read_row(const struct claims_source *s, const struct subject *x,
                     const struct entry *row, const struct published_value *base,
                     struct config *out)
{
    struct published_value v = *base;
    if (!read_published_name(s, x, row, &v))
        return;
    if (row->value->kind != NODE_MAP) {
        problem_at(s->problems, row->value->at, "%s: expected {SPLIT: number}, found %s",
                   row->key, node_kind_text(row->value));
        return;
    }
    for (const struct entry *cell = row->value->first; cell; cell = cell->next) {
        if (!expect_name(s, x->experiment, KIND_SPLIT, cell->key, cell->at) ||
            !read_value(cell->value, cell->key, x->metric, &v, s->problems))
            continue;
        snprintf(v.split, sizeof v.split, "%s", cell->key);
        if (given_before(out, &v)) {
            problem_at(s->problems, cell->at, "%s of %s: %s gives this number twice",
                       v.split, v.encoder, v.source);
            continue;
        }
        struct published_value *kept = append_published(out, s->problems);
        if (kept)
            *kept = v;
    }
}

static void read_published(const struct claims_source *s, const struct node *item,
                           struct config *out)
{
    static const char *const keys[] = {"paper", "source", "experiment",
                                       "cell",  "metric", "values"};
    struct published_value base = {0};
    struct subject x;
    check_keys(item, "published", keys, 6, s->problems);
    const char *paper = read_text(item, "paper", NAME_MAX_TEXT - 1, s->problems);
    const char *source = read_text(item, "source", NAME_MAX_TEXT - 1, s->problems);
    const struct node *rows = node_mapping(item, "values", s->problems);
    if (!node_get(item, "values"))
        problem_at(s->problems, item->at,
                   "values is missing here; add values: {ENCODER: {SPLIT: number}}");
    if (!read_subject(s, item, ANY_METRIC, &x) || !paper || !source || !rows)
        return;
    snprintf(base.paper, sizeof base.paper, "%s", paper);
    snprintf(base.source, sizeof base.source, "%s", source);
    snprintf(base.experiment, sizeof base.experiment, "%s", x.experiment->name);
    snprintf(base.metric, sizeof base.metric, "%s", x.metric->name);
    snprintf(base.unit, sizeof base.unit, "%s", x.metric->unit);
    memcpy(base.cell, x.cell, sizeof base.cell);
    for (const struct entry *row = rows->first; row; row = row->next)
        read_row(s, &x, row, &base, out);
}

/* Calls `read` for every mapping in the list at `key`. */
static void each_item(const struct claims_source *s, const char *key,
                      void (*read)(const struct claims_source *, const struct node *,
                                   struct config *),
                      struct config *out)
{
    const struct node *list = node_get(s->root, key);
    if (list && list->kind != NODE_LIST)
        problem_at(s->problems, list->at, "%s: expected a list, found %s", key,
                   node_kind_text(list));
    if (!list || list->kind != NODE_LIST)
        return;
    for (const struct entry *e = list->first; e; e = e->next) {
        if (e->value->kind == NODE_MAP)
            read(s, e->value, out);
        else
            problem_at(s->problems, e->at, "%s: expected a mapping, found %s", key,
                       node_kind_text(e->value));
    }
}

void published_read(const struct claims_source *s, struct config *out)
{
    each_item(s, "published", read_published, out);
}

/* --- claims -------------------------------------------------------------- */

static bool answers(const char *published, const char *ours)
{
    const size_t n = strlen(ours);
    return strcmp(published, ours) == 0 || (strcmp(published, "error") == 0 && n > 6 &&
                                            strcmp(ours + n - 6, "_error") == 0);
}

static double find_published(const struct config *c, const struct claim_spec *claim,
                             const char *encoder)
{
    for (int i = 0; i < c->published; i++) {
        const struct published_value *v = &c->publish[i];
        if (strcmp(v->experiment, claim->experiment) == 0 &&
            strcmp(v->cell, claim->cell) == 0 && strcmp(v->split, claim->split) == 0 &&
            answers(v->metric, claim->metric) && strcmp(v->encoder, encoder) == 0)
            return v->value;
    }
    return NAN;
}

static void read_numbers(const struct claims_source *s, const struct node *item,
                         const struct metric *m, const struct config *c,
                         struct claim_spec *claim)
{
    const struct node *map = node_mapping(item, "published", s->problems);
    const char *const names[] = {claim->less, claim->than};
    double *const out[] = {&claim->published_less, &claim->published_than};
    if (map)
        check_keys(map, "published (the two that the claim compares)", names, 2,
                   s->problems);
    for (int i = 0; i < 2; i++) {
        const struct node *n = node_get(map, names[i]);
        *out[i] = find_published(c, claim, names[i]);
        if (n)
            read_number(n, names[i], m, out[i], s->problems);
    }
}

static void refuse_same_id(const struct claims_source *s, const struct node *item,
                           const struct config *c, const char *id)
{
    for (int i = 0; id && i < c->claims; i++)
        if (strcmp(c->claim[i].id, id) == 0)
            problem_at(s->problems, node_get(item, "id")->at,
                       "claim \"%s\" is given twice; ids must differ", id);
}

static void append_claim(const struct claims_source *s, struct config *c,
                         const struct claim_spec *claim, const char *text)
{
    struct claim_spec *list = realloc(c->claim, (size_t)(c->claims + 1) * sizeof *list);
    char *copy = strdup(text);
    if (list)
        c->claim = list;
    if (!list || !copy) {
        free(copy);
        s->problems->no_memory = true;
        return;
    }
    list[c->claims] = *claim;
    list[c->claims++].text = copy;
}

/* Reads the word at `key`, which must be a name of that kind in the experiment. */
static bool read_name(const struct claims_source *s, const struct node *item,
                      const char *key, enum kind kind, const struct experiment_facts *x,
                      char *out, size_t room)
{
    const char *text = read_text(item, key, room - 1, s->problems);
    if (!text || (x && !expect_name(s, x, kind, text, node_get(item, key)->at)))
        return false;
    snprintf(out, room, "%s", text);
    return true;
}

static void read_claim(const struct claims_source *s, const struct node *item,
                       struct config *out)
{
    static const char *const keys[] = {"id",     "text", "experiment", "cell",     "split",
                                       "metric", "less", "than",       "published"};
    struct claim_spec claim = {0};
    struct subject x;
    check_keys(item, "a claim", keys, 9, s->problems);
    const char *id = read_text(item, "id", sizeof claim.id - 1, s->problems);
    const char *text = read_text(item, "text", 1000, s->problems);
    refuse_same_id(s, item, out, id);
    bool good = read_subject(s, item, OWN_METRICS, &x) && id && text;
    good &= read_name(s, item, "split", KIND_SPLIT, x.experiment, claim.split,
                      sizeof claim.split);
    good &= read_name(s, item, "less", KIND_ENCODER, x.experiment, claim.less,
                      sizeof claim.less);
    good &= read_name(s, item, "than", KIND_ENCODER, x.experiment, claim.than,
                      sizeof claim.than);
    if (!good)
        return;
    snprintf(claim.id, sizeof claim.id, "%s", id);
    snprintf(claim.experiment, sizeof claim.experiment, "%s", x.experiment->name);
    snprintf(claim.metric, sizeof claim.metric, "%s", x.metric->name);
    memcpy(claim.cell, x.cell, sizeof claim.cell);
    read_numbers(s, item, x.metric, out, &claim);
    append_claim(s, out, &claim, text);
}

void claims_read(const struct claims_source *s, struct config *out)
{
    each_item(s, "claims", read_claim, out);
}
