/* look_report.c -- evaluates the gates of a database's trained models, for the report.
 *
 * The runs whose encoder has the planes of the picture `gates` are read from the database, row by
 * row of its tables. Each model with weights reads the first sequences of `id`, and the sums of
 * its gates (gate_kinds.h) choose head and kind. Planes and tokens of the first sequence are kept
 * for the run with the highest score.
 * Pitfall: weights may be missing or damaged for one run and sound for the next, so a failure of
 * one model is recorded and is no error. */
#include "look_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encoder.h"
#include "gate_kinds.h"
#include "plot.h"

/* COMMONEST: tokens in the table of means, as many as fit into 390 pixels. NAMED: tokens of a
 * kind that are named. Chosen. */
enum { COMMONEST = 8, NAMED = 6 };

/* --- which runs --------------------------------------------------------------------- */

struct candidate {
    char *experiment, *profile, *cell, *variant; /* owned */
    long long recipe, run;
    unsigned long long seed;
    bool weights;
};

struct candidates {
    const char *db;
    struct candidate *at;
    int n, room;
};

static const char *const *gate_planes(void)
{
    return plot_find("gates")->planes;
}

static bool has_gates(const struct encoder *c)
{
    for (int k = 0; c && c->planes && c->planes[k]; k++)
        for (const char *const *name = gate_planes(); *name; name++)
            if (strcmp(c->planes[k], *name) == 0)
                return true;
    return false;
}

/* Returns true when one of the parts of "cope+rope" has gates. */
static bool sum_has_gates(const char *encoder)
{
    char name[64];
    for (const char *at = encoder; *at; at += *at == '+') {
        const int n = (int)strcspn(at, "+");
        snprintf(name, sizeof name, "%.*s", n, at);
        if (has_gates(encoder_find(name)))
            return true;
        at += n;
    }
    return false;
}

static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    enum { EXPERIMENT, PROFILE, CELL, VARIANT, ENCODER, RECIPE, RUN, SEED, IDENTITY };
    struct candidates *c = context;
    (void)columns;
    (void)names;
    if (!sum_has_gates(store_cell(cells[ENCODER])))
        return ST_OK;
    if (c->n == c->room) {
        const int room = c->room ? 2 * c->room : 16;
        struct candidate *all = realloc(c->at, (size_t)room * sizeof *all);
        if (!all)
            return err_set(e, ST_NOMEM, "no memory for the runs of the report");
        c->at = all;
        c->room = room;
    }
    struct candidate *one = &c->at[c->n++];
    *one = (struct candidate){
        .experiment = strdup(store_cell(cells[EXPERIMENT])),
        .profile = strdup(store_cell(cells[PROFILE])),
        .cell = strdup(store_cell(cells[CELL])),
        .variant = strdup(store_cell(cells[VARIANT])),
        .recipe = strtoll(store_cell(cells[RECIPE]), NULL, 10),
        .run = strtoll(store_cell(cells[RUN]), NULL, 10),
        .seed = strtoull(store_cell(cells[SEED]), NULL, 10),
        .weights = model_files_has_weights(c->db, store_cell(cells[IDENTITY]), ""),
    };
    return one->experiment && one->profile && one->cell && one->variant
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for the runs of the report");
}

static void candidates_free(struct candidates *c)
{
    for (int i = 0; i < c->n; i++) {
        free(c->at[i].experiment);
        free(c->at[i].profile);
        free(c->at[i].cell);
        free(c->at[i].variant);
    }
    free(c->at);
}

/* Returns the end of the row that begins with candidate `first`. */
static int row_end(const struct candidates *c, int first)
{
    const struct candidate *a = &c->at[first];
    int i = first + 1;
    while (i < c->n && c->at[i].recipe == a->recipe &&
           strcmp(c->at[i].experiment, a->experiment) == 0 &&
           strcmp(c->at[i].profile, a->profile) == 0 && strcmp(c->at[i].cell, a->cell) == 0)
        i++;
    return i;
}

/* --- one run -------------------------------------------------------------------------- */

static void token_text(const struct look_run *r, int32_t token, char text[LOOK_TOKEN_TEXT])
{
    _Static_assert((int)LOOK_TOKEN_TEXT == (int)TASK_TOKEN_TEXT, "token_text writes these");
    r->run.task->token_text(&r->split.options, token, text);
}

/* Copies the upper left corner [T, T] of a plane. */
static void copy_plane(const struct looking *x, int layer, int head, int plane, int T,
                       float *out)
{
    const real *at = looking_plane(x, layer, head, plane);
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++)
            *out++ = j <= i ? (float)at[(size_t)i * (size_t)x->tokens + (size_t)j] : NAN;
}

/* Keeps tokens and planes of the sequence that was evaluated last. */
static enum status keep_sequence(const struct look_run *r, int plane,
                                 struct report_look *out, struct err *e)
{
    const struct looking *x = &r->looking;
    const int T = x->tokens < LOOK_TOKENS ? x->tokens : LOOK_TOKENS;
    const size_t one = (size_t)T * (size_t)T, heads = (size_t)x->layers * (size_t)x->heads;
    out->layers = x->layers;
    out->heads = x->heads;
    out->tokens = T;
    out->task = strdup(r->run.task->summary);
    out->token = calloc((size_t)T, sizeof *out->token);
    out->scored = calloc((size_t)T, sizeof *out->scored);
    out->gate = calloc(heads * one, sizeof *out->gate);
    out->attention = calloc(heads * one, sizeof *out->attention);
    if (!out->task || !out->token || !out->scored || !out->gate || !out->attention)
        return err_set(e, ST_NOMEM, "no memory for the planes of %zu heads", heads);
    for (int i = 0; i < T; i++) {
        token_text(r, r->sequence.batch.token[i], out->token[i]);
        out->scored[i] = r->sequence.scored[i];
    }
    for (int h = 0; h < x->layers * x->heads; h++) {
        copy_plane(x, h / x->heads, h % x->heads, plane, T, out->gate + (size_t)h * one);
        copy_plane(x, h / x->heads, h % x->heads, LOOK_ATTENTION, T,
                   out->attention + (size_t)h * one);
    }
    return ST_OK;
}

/* Keeps the mean gates of the most frequent tokens. */
static enum status keep_means(const struct look_run *r, const struct gate_kinds *g,
                              struct report_look *out, struct err *e)
{
    int token[COMMONEST];
    out->kinds = gate_kinds_commonest(g, token, COMMONEST);
    out->kind = calloc(COMMONEST, sizeof *out->kind);
    out->mean = calloc((size_t)g->heads * COMMONEST, sizeof *out->mean);
    if (!out->kind || !out->mean)
        return err_set(e, ST_NOMEM, "no memory for the means of %d heads", g->heads);
    for (int k = 0; k < out->kinds; k++) {
        token_text(r, token[k], out->kind[k]);
        for (int h = 0; h < g->heads; h++)
            out->mean[(size_t)h * (size_t)out->kinds + (size_t)k] =
                gate_kinds_mean(g, h, token[k]);
    }
    return ST_OK;
}

/* Writes "\"0\", \";\" and 3 more". */
static void name_tokens(const struct look_run *r, const int *token, int n,
                        char text[LOOK_NAMES_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < n && i < NAMED; i++) {
        char one[LOOK_TOKEN_TEXT];
        token_text(r, token[i], one);
        used += (size_t)snprintf(text + used, LOOK_NAMES_TEXT - used, "%s\"%s\"",
                                 i ? ", " : "", one);
    }
    if (n > NAMED)
        snprintf(text + used, LOOK_NAMES_TEXT - used, " and %d more", n - NAMED);
}

/* Finds the kind of each head, and the head whose kind has the highest score; kind.at is NaN
 * where there is none. */
static enum status choose_head(const struct look_run *r, const struct gate_kinds *g,
                               struct report_look *out, struct look_run_kind *chosen,
                               struct err *e)
{
    chosen->kind.at = chosen->kind.other = (double)NAN;
    out->of_head = calloc((size_t)g->heads, sizeof *out->of_head);
    if (!out->of_head)
        return err_set(e, ST_NOMEM, "no memory for the kinds of %d heads", g->heads);
    for (int h = 0; h < g->heads; h++) {
        struct look_kind *one = &out->of_head[h];
        int token[KIND_TOKENS], n;
        gate_kinds_best(g, h, token, &n, one);
        name_tokens(r, token, n, one->names);
        if (look_kind_score(one) <= look_kind_score(&chosen->kind))
            continue;
        chosen->kind = *one;
        chosen->layer = h / r->looking.heads;
        chosen->head = h % r->looking.heads;
    }
    return ST_OK;
}

static enum status look_at_sequences(struct look_run *r, int plane, struct gate_kinds *g,
                                     struct report_look *out, struct err *e)
{
    enum status st = ST_OK;
    out->sequences = r->split.count < LOOK_SEQUENCES ? r->split.count : LOOK_SEQUENCES;
    for (int i = 0; i < out->sequences && st == ST_OK; i++) {
        st = look_run_at(r, i, e);
        if (st == ST_OK && i == 0)
            st = keep_sequence(r, plane, out, e);
        if (st == ST_OK)
            gate_kinds_add(g, r, plane);
    }
    return st;
}

/* Fills all of *out but its texts and list of runs. */
static enum status look_at(struct look_run *r, struct report_look *out,
                           struct look_run_kind *chosen, struct err *e)
{
    struct gate_kinds g = {.heads = 0};
    const int plane = looking_find(&r->looking, gate_planes());
    if (plane < 0)
        return err_set(e, ST_NOTFOUND, "%s has no gates", r->run.variant);
    snprintf(out->plane, sizeof out->plane, "%s", looking_name(&r->looking, plane));
    enum status st = gate_kinds_open(r->looking.layers * r->looking.heads,
                                     r->run.task->vocabulary(&r->split.options), &g, e);
    if (st == ST_OK)
        st = look_at_sequences(r, plane, &g, out, e);
    if (st == ST_OK)
        st = keep_means(r, &g, out, e);
    if (st == ST_OK)
        st = choose_head(r, &g, out, chosen, e);
    gate_kinds_close(&g);
    return st;
}

/* --- one row -------------------------------------------------------------------------- */

/* Moves everything that was kept of a run's sequences to *to. */
static void take_sequences(struct report_look *from, struct report_look *to)
{
    struct report_look mine = *from;
    mine.experiment = to->experiment;
    mine.profile = to->profile;
    mine.cell = to->cell;
    mine.variant = to->variant;
    mine.run = to->run;
    mine.runs = to->runs;
    mine.without = to->without;
    *from = *to;
    from->experiment = from->profile = from->cell = from->variant = NULL;
    from->run = NULL;
    *to = mine;
}

/* Adds a run to the row: its own line, and its sequences when its score is the highest so far. */
static enum status add_run(const char *db, const struct candidate *c,
                           struct report_look *row, struct err *why, struct err *e)
{
    char name[STORED_ID_TEXT];
    struct look_run r = {.sampler = NULL};
    struct report_look own = {.runs = 0};
    struct look_run_kind line = {.run = c->run, .seed = c->seed};
    struct err fault = {.msg = ""};
    snprintf(name, sizeof name, "%lld", c->run);
    enum status st = look_run_open(db, name, "id", &r, &fault);
    if (st == ST_OK)
        st = look_at(&r, &own, &line, &fault);
    look_run_close(&r);
    if (st == ST_OK) {
        const double score = look_kind_score(&line.kind);
        row->run[row->runs++] = line;
        if (row->runs == 1 || score > look_kind_score(&row->run[row->shown].kind)) {
            const int shown = row->runs - 1;
            take_sequences(&own, row);
            row->shown = shown;
        }
    } else {
        row->without++;
        if (!why->msg[0])
            *why = fault;
    }
    report_look_free(&own);
    return st == ST_NOMEM ? err_set(e, st, "%s", fault.msg) : ST_OK;
}

static enum status open_row(const struct candidate *c, int runs, struct report_look *out,
                            struct err *e)
{
    *out = (struct report_look){.experiment = strdup(c->experiment),
                                .profile = strdup(c->profile),
                                .cell = strdup(c->cell),
                                .variant = strdup(c->variant),
                                .run = calloc((size_t)runs, sizeof *out->run)};
    return out->experiment && out->profile && out->cell && out->variant && out->run
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for %d runs", runs);
}

/* Adds the row of candidates first..end - 1. A row without a usable model is left out. */
static enum status add_row(const struct candidates *c, int first, int end,
                           struct report_looks *out, struct err *e)
{
    struct report_look *row = &out->at[out->n];
    enum status st = open_row(&c->at[first], end - first, row, e);
    for (int i = first; i < end && st == ST_OK; i++) {
        if (c->at[i].weights && row->runs < LOOK_SEEDS)
            st = add_run(c->db, &c->at[i], row, &out->why, e);
        else
            row->without += !c->at[i].weights;
    }
    if (st == ST_OK && row->runs > 0)
        out->n++;
    else
        report_look_free(row);
    return st;
}

static bool some_weights(const struct candidates *c, int first, int end)
{
    for (int i = first; i < end; i++)
        if (c->at[i].weights)
            return true;
    return false;
}

enum status look_report(struct store *s, const char *db, const char *profile,
                        const char *experiment, struct report_looks *out, struct err *e)
{
    static const char sql[] =
        "SELECT experiment, profile, cell, variant, encoder, recipe, run_id, seed, identity "
        "FROM v_run WHERE state = 'done' AND profile GLOB ?1 AND experiment GLOB ?2 "
        "ORDER BY experiment, profile, cell, recipe, seed";
    const char *const params[] = {profile ? profile : "*", experiment ? experiment : "*"};
    struct candidates c = {.db = db};
    *out = (struct report_looks){.at = calloc(LOOK_ROWS, sizeof *out->at)};
    enum status st = out->at ? store_query(s, sql, params, 2, take, &c, e)
                             : err_set(e, ST_NOMEM, "no memory for the report");
    out->gated = c.n;
    for (int i = 0, end; i < c.n && st == ST_OK; i = end) {
        end = row_end(&c, i);
        if (!some_weights(&c, i, end))
            continue;
        if (out->n < LOOK_ROWS)
            st = add_row(&c, i, end, out, e);
        else
            out->more++;
    }
    candidates_free(&c);
    return st;
}
