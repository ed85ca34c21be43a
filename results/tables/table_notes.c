#include "table_notes.h"

#include <stdlib.h>
#include <string.h>

#include "prose.h"
#include "table_learning.h"
#include "table_names.h"
#include "table_strata.h"
#include "table_tuning.h"

void table_notes_mark(struct table_notes *n, const char *text, struct text_table *t)
{
    char number[16];
    int i = 0;
    while (i < n->n && strcmp(n->text[i], text) != 0)
        i++;
    if (i == n->n) {
        char **all = realloc(n->text, (size_t)(n->n + 1) * sizeof *all);
        char *own = all ? strdup(text) : NULL;
        if (all)
            n->text = all;
        if (own)
            n->text[n->n++] = own;
        t->failed |= !own;
    }
    snprintf(number, sizeof number, "%d", i + 1);
    text_table_note(t, number);
}

void table_notes_free(struct table_notes *n)
{
    for (int i = 0; i < n->n; i++)
        free(n->text[i]);
    free(n->text);
    *n = (struct table_notes){0};
}

/* Has a cell before cell n the same source? */
static bool is_said(const struct table_section *s, int n, const struct published *q)
{
    for (int i = 0; i < n; i++) {
        const struct published *p = table_cell_published(s, &s->cell[i]);
        if (p && p->paper == q->paper && p->source == q->source)
            return true;
    }
    return false;
}

static void say_source(const struct table_section *s, bool beside, struct prose *p)
{
    const char *before = beside ? "the paper's number: " : "paper: ";
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct published *q = table_cell_published(s, &s->cell[i]);
        if (!q || is_said(s, i, q))
            continue;
        prose_say(p, "%s%s, %s", before, q->paper, q->source);
        before = "; ";
    }
    if (beside)
        prose_say(p, "%s", p->used ? "." : "");
    else if (p->used)
        prose_say(p, ". difference: ours minus the paper's%s.",
                  s->data->info->percent ? ", in percentage points" : "");
}

/* Has a cell before cell n the same hard places? */
static bool is_hard_said(const struct table_section *s, int n, const struct hard_places *h)
{
    for (int i = 0; i < n; i++)
        if (table_strata_cell(s, i / s->cols, i % s->cols).where == h)
            return true;
    return false;
}

/* "Behind |: id, ignores 57 and more (24 % of the places); ..." */
static void say_hard(const struct table_section *s, struct prose *p)
{
    const char *before = "token_error in the hard places: ";
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct hard_places *h = table_strata_cell(s, i / s->cols, i % s->cols).where;
        char text[HARD_TEXT];
        if (!h || is_hard_said(s, i, h))
            continue;
        prose_say(p, "%s%s%s%s%s%s, %s", before,
                  s->fixed[DIM_EXPERIMENT] ? "" : h->experiment,
                  s->fixed[DIM_EXPERIMENT] ? "" : " ", s->fixed[DIM_CELL] ? "" : h->cell,
                  s->fixed[DIM_CELL] || !*h->cell ? "" : " ", table_name(s->data, h->split),
                  table_strata_text(h, text));
        before = "; ";
    }
    prose_say(p, ".");
}

/* "cope is cope(p_max=64) in counting, cope(scale_position=false) in flip_flop": the name in a
 * row or column, and the variant it stands for in each experiment. */
static void say_variants(const struct table_section *s, const char *name, struct prose *p)
{
    const char *before = " is ";
    const struct record *last = NULL;
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        int k = 0;
        if (!r->merged || r->key[DIM_VARIANT] != name)
            continue;
        while (table_member(s, k)->variant != r->variant ||
               table_member(s, k)->key[DIM_EXPERIMENT] != r->key[DIM_EXPERIMENT])
            k++;
        if (k < i)
            continue;
        if (!last)
            prose_say(p, "%s", table_name(s->data, name));
        if (!last || last->variant != r->variant)
            prose_say(p, "%s%s in ", before, r->variant);
        prose_say(p, "%s%s", last && last->variant == r->variant ? ", " : "",
                  table_name(s->data, r->key[DIM_EXPERIMENT]));
        before = "; ";
        last = r;
    }
}

/* A line for each encoder whose variants have one name here. */
static void each_merged(const struct table_section *s, note_fn line, void *to)
{
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        struct prose p = {.used = 0};
        int k = 0;
        while (!table_member(s, k)->merged ||
               table_member(s, k)->key[DIM_VARIANT] != r->key[DIM_VARIANT]) {
            if (k == i)
                break;
            k++;
        }
        if (k != i || !r->merged)
            continue;
        say_variants(s, r->key[DIM_VARIANT], &p);
        prose_say(&p, ".");
        line(to, "", p.text);
    }
}

bool table_notes_any(const struct table_notes *n, const struct table_section *s,
                     const struct table_request *q)
{
    struct prose learning = {.used = 0};
    table_learning_solved(s, &learning);
    return n->best || n->bound || n->hard || n->n || q->published || learning.used;
}

static void each_learning(const struct table_section *s, note_fn line, void *to)
{
    struct prose solved = {.used = 0}, unfinished = {.used = 0};
    table_learning_solved(s, &solved);
    if (solved.used)
        line(to, "", solved.text);
    table_learning_unfinished(s, &unfinished);
    if (unfinished.used)
        line(to, "", unfinished.text);
}

static void each_tuning(const struct table_section *s, note_fn line, void *to)
{
    struct prose chosen = {.used = 0}, parameters = {.used = 0};
    table_tuning_say(s, &chosen);
    if (chosen.used)
        line(to, "", chosen.text);
    table_tuning_parameters(s, &parameters);
    if (parameters.used)
        line(to, "", parameters.text);
}

/* Of one seed no interval decides. */
static const char *best_rule(const struct table_section *s, const struct table_request *q)
{
    return q->best == BEST_MEAN || s->seeds < 2
               ? "the best mean among the encoders it stands beside."
               : "the best mean among the encoders it stands beside, or a mean within the 95 % "
                 "interval of the best.";
}

void table_notes_each(const struct table_notes *n, const struct table_section *s,
                      const struct table_request *q, note_fn line, void *to)
{
    struct prose source = {.used = 0}, hard = {.used = 0};
    if (n->best)
        line(to, q->format == PRINT_TEXT ? "*" : "Bold:", best_rule(s, q));
    if (n->bound)
        line(to, "0 (< x)",
             "no error in any seed; x is the 95 % upper bound of these seeds' rate, were "
             "errors independent: further seeds may err more.");
    if (n->hard) {
        say_hard(s, &hard);
        line(to, "|", hard.text);
    }
    if (q->published)
        say_source(s, q->published == PUBLISHED_BESIDE, &source);
    if (source.used)
        line(to, n->beside ? "(y)" : "", source.text);
    else if (q->published)
        line(to, "", "No paper's number is known for these cells.");
    if (n->ambiguous)
        line(to, "",
             "The paper does not say whether it counts tokens or sequences: its number "
             "stands beside both.");
    each_merged(s, line, to);
    each_learning(s, line, to);
    each_tuning(s, line, to);
    for (int i = 0; i < n->n; i++) {
        char number[16];
        snprintf(number, sizeof number, "[%d]", i + 1);
        line(to, number, n->text[i]);
    }
}

/* --- the runs behind each cell -------------------------------------------------------- */

static void add_run(const struct table_section *s, int row, int col, const struct record *r,
                    struct text_table *t)
{
    const struct metric_info *m = s->data->info;
    char text[METRIC_TEXT];
    for (int k = 0; k < s->keys; k++)
        text_table_text(t, table_name(s->data, s->row[row].key[k]));
    text_table_text(t, table_name(s->data, s->col[col]));
    text_table_integer(t, r->run);
    text_table_text(t, r->key[DIM_SEED]);
    text_table_text(t, metric_number(m, r->value, metric_decimals(m, r->value), text));
    text_table_text(t, r->state);
}

enum status table_notes_runs(const struct table_section *s, const struct table_request *q,
                             FILE *out, struct err *e)
{
    struct text_table t;
    text_table_init(&t, q->format, out);
    for (int k = 0; k < s->keys; k++)
        text_table_column(&t, dim_name(s->key[k]), false);
    text_table_column(&t, dim_name(s->shape.cols), false);
    text_table_column(&t, "run", true);
    text_table_column(&t, "seed", true);
    text_table_column(&t, s->data->metric, true);
    text_table_column(&t, "state", false);
    for (int row = 0; row < s->rows; row++)
        for (int col = 0; col < s->cols; col++)
            for (int i = 0; i < s->members; i++)
                if (table_cell_holds(s, row, col, table_member(s, i)))
                    add_run(s, row, col, table_member(s, i), &t);
    fputs("\n", out);
    return text_table_end(&t, e);
}
