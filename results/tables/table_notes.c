#include "table_notes.h"

#include <stdlib.h>
#include <string.h>

#include "prose.h"
#include "split_text.h"
#include "table_learning.h"
#include "table_names.h"
#include "table_strata.h"
#include "table_tuning.h"

void table_notes_mark(struct table_notes *n, const char *text, struct text_table *t)
{
    const int place = words_place(&n->foot, text);
    char number[16];
    t->failed |= place < 0;
    snprintf(number, sizeof number, "%d", place + 1);
    text_table_note(t, number);
}

void table_notes_free(struct table_notes *n)
{
    words_free(&n->foot);
    *n = (struct table_notes){0};
}

/* Has `said` the text already? If not, adds it; without memory for it the text is said again. */
static bool is_said(struct words *said, const char *text)
{
    const int n = said->n;
    return words_place(said, text) >= 0 && said->n == n;
}

static void say_source(const struct table_section *s, bool beside, struct prose *p)
{
    const char *before = beside ? "the paper's number: " : "paper: ";
    struct words said = {0};
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct published *q = table_cell_published(s, &s->cell[i]);
        struct prose source = {.used = 0};
        if (!q)
            continue;
        prose_say(&source, "%s, %s", q->paper, q->source);
        if (is_said(&said, source.text))
            continue;
        prose_say(p, "%s%s", before, source.text);
        before = "; ";
    }
    words_free(&said);
    if (beside)
        prose_say(p, "%s", p->used ? "." : "");
    else if (p->used)
        prose_say(p, ". difference: ours minus the paper's%s.",
                  s->data->info->percent ? ", in percentage points" : "");
}

/* Writes "token_error in the hard places: id, ignores 57 and more (24 % of the places); ...". */
static void say_hard(const struct table_section *s, struct prose *p)
{
    const char *before = "token_error in the hard places: ";
    struct words said = {0};
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct hard_places *h = table_strata_cell(s, i / s->cols, i % s->cols).where;
        char text[HARD_TEXT], number[24];
        if (!h)
            continue;
        snprintf(number, sizeof number, "%td", h - s->data->hard);
        if (is_said(&said, number))
            continue;
        prose_say(p, "%s%s%s%s%s%s, %s", before,
                  s->fixed[DIM_EXPERIMENT] ? "" : h->experiment,
                  s->fixed[DIM_EXPERIMENT] ? "" : " ", s->fixed[DIM_CELL] ? "" : h->cell,
                  s->fixed[DIM_CELL] || !*h->cell ? "" : " ", table_name(s->data, h->split),
                  table_strata_text(h, text));
        before = "; ";
    }
    words_free(&said);
    prose_say(p, ".");
}

/* Writes "Text: corpus prose, tokeniser byte.", each source once. */
static void say_text(const struct table_section *s, struct prose *p)
{
    struct words said = {0};
    const char *before = "Text: ";
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        if (!r->source || is_said(&said, r->source))
            continue;
        prose_say(p, "%s%s", before, r->source);
        before = "; ";
    }
    if (p->used)
        prose_say(p, ".");
    words_free(&said);
}

/* --- settings of splits ----------------------------------------------------------------- */

enum { ASKED = 2 * SPLIT_TEXT };

/* Writes what a split asks, "p_ignore 0.98 (id 0.8)", for a text "windows of 64 tokens, ...";
 * "": nothing is known. Returns text. */
static const char *asked_text(const struct table_section *s, const struct record *r,
                              char text[ASKED])
{
    const struct asked *a = table_data_asked(s->data, r);
    const bool same = a && !*a->changes;
    snprintf(text, ASKED, "%s%s%s%s%s", r->windows ? "windows of " : "",
             r->windows ? r->windows : "", r->windows && a && !same ? "; " : "",
             same && !r->windows ? "the settings of " : "",
             !a           ? ""
             : !same      ? a->changes
             : r->windows ? ""
                          : a->base);
    return text;
}

/* Returns the next member with the split from *at on, and moves *at behind it; NULL: none. */
static const struct record *next_of_split(const struct table_section *s, const char *split,
                                          int *at)
{
    while (*at < s->members) {
        const struct record *r = table_member(s, (*at)++);
        if (r->key[DIM_SPLIT] == split)
            return r;
    }
    return NULL;
}

/* Returns the distinct texts that the runs of a split are asked. *by_variant: runs in one place
 * are asked different texts. */
static struct words all_asked(const struct table_section *s, const char *split,
                              bool *by_variant)
{
    struct words asked = {0}, place = {0}, both = {0};
    const struct record *r;
    for (int at = 0; (r = next_of_split(s, split, &at));) {
        char text[ASKED], name[RECIPE_NAME], pair[ASKED + RECIPE_NAME];
        if (!*asked_text(s, r, text))
            continue;
        table_place_name(s, r, name);
        snprintf(pair, sizeof pair, "%s\n%s", name, text);
        words_place(&asked, text);
        words_place(&place, name);
        words_place(&both, pair);
    }
    *by_variant = both.n > place.n;
    words_free(&place);
    words_free(&both);
    return asked;
}

/* Writes the runs that are asked this: " in task.length=20, task.length=40". */
static void say_where(const struct table_section *s, const char *split, const char *asked,
                      bool by_variant, struct prose *p)
{
    const char *before = " in ";
    struct words said = {0};
    const struct record *r;
    for (int at = 0; (r = next_of_split(s, split, &at));) {
        char text[ASKED], name[RECIPE_NAME];
        if (strcmp(asked_text(s, r, text), asked) != 0)
            continue;
        (by_variant ? table_recipe_name : table_place_name)(s, r, name);
        if (is_said(&said, name))
            continue;
        prose_say(p, "%s%s", before, name);
        before = ", ";
    }
    words_free(&said);
}

/* Passes a line "ood_sparse: p_ignore 0.98 (id 0.8)." to `line`. */
static void split_line(const struct table_section *s, const char *split, note_fn line,
                       void *to)
{
    struct prose mark = {.used = 0}, p = {.used = 0};
    bool by_variant;
    struct words asked = all_asked(s, split, &by_variant);
    for (int i = 0; i < asked.n; i++) {
        prose_say(&p, "%s%s", i ? "; " : "", asked.text[i]);
        if (asked.n > 1)
            say_where(s, split, asked.text[i], by_variant, &p);
    }
    prose_say(&mark, "%s:", table_name(s->data, split));
    prose_say(&p, ".");
    if (asked.n)
        line(to, mark.text, p.text);
    words_free(&asked);
}

void table_notes_splits(const struct table_section *s, note_fn line, void *to)
{
    struct words said = {0};
    for (int i = 0; i < s->members; i++) {
        const char *split = table_member(s, i)->key[DIM_SPLIT];
        if (split && !is_said(&said, split))
            split_line(s, split, line, to);
    }
    words_free(&said);
}

/* --- encoders whose variants have one name ---------------------------------------------- */

/* Groups merged records by heading, variant and experiment; all other records are one group. */
static int by_merged(const void *context, int a, int b)
{
    const struct record *x = table_member(context, a), *y = table_member(context, b);
    const char *const pair[][2] = {
        {x->key[DIM_VARIANT], y->key[DIM_VARIANT]},
        {x->variant, y->variant},
        {x->key[DIM_EXPERIMENT], y->key[DIM_EXPERIMENT]},
    };
    int order = x->merged - y->merged;
    for (int i = 0; i < 3 && order == 0 && x->merged; i++)
        order = ((uintptr_t)pair[i][0] > (uintptr_t)pair[i][1]) -
                ((uintptr_t)pair[i][0] < (uintptr_t)pair[i][1]);
    return order;
}

/* Writes which variant a name stands for in each experiment: "cope is cope(p_max=64) in counting;
 * cope(scale_position=false) in flip_flop." Group `from` of `merged` is the first of the name. */
static void say_variants(const struct table_section *s, const struct groups *merged,
                         int from, struct prose *p)
{
    const char *name = table_member(s, merged->at[merged->start[from]])->key[DIM_VARIANT];
    const char *last = NULL;
    prose_say(p, "%s", table_name(s->data, name));
    for (int i = from; i < merged->n; i++) {
        const struct record *r = table_member(s, merged->at[merged->start[i]]);
        if (!r->merged || r->key[DIM_VARIANT] != name)
            continue;
        if (last == r->variant)
            prose_say(p, ", ");
        else
            prose_say(p, "%s%s in ", last ? "; " : " is ", r->variant);
        prose_say(p, "%s", table_name(s->data, r->key[DIM_EXPERIMENT]));
        last = r->variant;
    }
    prose_say(p, ".");
}

/* Passes a line for each encoder whose variants have one name here. */
static enum status each_merged(const struct table_section *s, note_fn line, void *to,
                               struct err *e)
{
    struct groups merged;
    struct words said = {0};
    const enum status st = groups_make(s->members, by_merged, s, &merged, e);
    for (int i = 0; i < merged.n; i++) {
        const struct record *r = table_member(s, merged.at[merged.start[i]]);
        struct prose p = {.used = 0};
        if (!r->merged || is_said(&said, r->key[DIM_VARIANT]))
            continue;
        say_variants(s, &merged, i, &p);
        line(to, "", p.text);
    }
    words_free(&said);
    groups_free(&merged);
    return st;
}

/* --- all of them ------------------------------------------------------------------------ */

bool table_notes_any(const struct table_notes *n, const struct table_section *s,
                     const struct table_request *q)
{
    struct prose other = {.used = 0};
    char text[ASKED];
    table_learning_solved(s, &other);
    say_text(s, &other);
    for (int i = 0; i < s->members && !other.used; i++)
        prose_say(&other, "%s", asked_text(s, table_member(s, i), text));
    return n->best || n->bound || n->hard || n->foot.n || q->published || other.used;
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

static void each_text(const struct table_section *s, note_fn line, void *to)
{
    struct prose text = {.used = 0};
    say_text(s, &text);
    if (text.used)
        line(to, "", text.text);
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

/* Has each cell only one seed, without a mean or an interval that decides? */
static bool one_seed(const struct table_section *s)
{
    return s->seeds < 2;
}

static const char *best_rule(const struct table_section *s, const struct table_request *q)
{
    return one_seed(s) ? "the best value among the encoders it stands beside."
           : q->best == BEST_MEAN
               ? "the best mean among the encoders it stands beside."
               : "the best mean among the encoders it stands beside, or a mean within the 95 % "
                 "interval of the best.";
}

enum status table_notes_each(const struct table_notes *n, const struct table_section *s,
                             const struct table_request *q, note_fn line, void *to,
                             struct err *e)
{
    struct prose source = {.used = 0}, hard = {.used = 0};
    if (n->best)
        line(to, q->format == PRINT_TEXT ? "*" : "Bold:", best_rule(s, q));
    if (n->bound)
        line(
            to, "0 (< x)",
            one_seed(s)
                ? "no error in this one seed; x is the 95 % upper bound of its rate, were "
                  "errors independent: further seeds may err more."
                : "no error in any seed; x is the 95 % upper bound of these seeds' rate, were "
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
    const enum status st = each_merged(s, line, to, e);
    table_notes_splits(s, line, to);
    each_text(s, line, to);
    each_learning(s, line, to);
    each_tuning(s, line, to);
    for (int i = 0; i < n->foot.n; i++) {
        char number[16];
        snprintf(number, sizeof number, "[%d]", i + 1);
        line(to, number, n->foot.text[i]);
    }
    return st;
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
            for (int i = 0; i < table_cell_at(s, row, col)->runs; i++)
                add_run(s, row, col, table_cell_record(s, table_cell_at(s, row, col), i),
                        &t);
    fputs("\n", out);
    return text_table_end(&t, e);
}
