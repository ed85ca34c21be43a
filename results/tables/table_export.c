#include "table_export.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "json_text.h"
#include "table_names.h"
#include "table_strata.h"

void table_export_columns(struct text_table *t, bool strata)
{
    static const char *const names[] = {
        "experiment", "profile", "task",     "cell",    "encoder",   "variant",
        "seed",       "split",   "metric",   "n",       "mean",      "std",
        "min",        "max",     "low",      "high",    "count",     "total",
        "bound",      "chance",  "majority", "ceiling", "published", "published_std",
        "difference", "note",    "runs",
    };
    static const char *const hard[] = {"hard_error", "hard_count", "hard_total", "hard"};
    text_table_columns(t, names, sizeof names / sizeof *names);
    if (strata)
        text_table_columns(t, hard, sizeof hard / sizeof *hard);
}

/* Returns the seed of a cell; NULL unless the table is by seed. */
static const char *seed_of(const struct table_section *s, const struct record *r)
{
    const bool by_seed = s->shape.rows == DIM_SEED || s->shape.cols == DIM_SEED;
    return by_seed ? r->key[DIM_SEED] : NULL;
}

/* Returns the value of a dimension from the cell's row and column, for cells without a run. */
static const char *key_of(const struct table_section *s, int row, int col, enum dim d)
{
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] == d)
            return s->row[row].key[k];
    return s->shape.cols == d ? s->col[col] : s->fixed[d];
}

/* Returns a reference accuracy as a value of the metric, as below tables for people; NaN: none. */
static double reference(const struct table_section *s, const struct record *r,
                        double accuracy, bool guess)
{
    const bool single = r->tokens >= 0 && r->tokens == r->sequences;
    return r->key[DIM_SPLIT] ? metric_of_accuracy(s->data->info, accuracy, guess, single)
                             : (double)NAN;
}

/* Adds the ids of the runs behind a cell. */
static void runs(const struct table_section *s, const struct table_cell *c,
                 struct text_table *t)
{
    char *text = NULL;
    size_t bytes = 0;
    const char *between = "";
    FILE *out = open_memstream(&text, &bytes);
    for (int i = 0; i < c->runs && out; i++) {
        fprintf(out, "%s%lld", between, (long long)table_cell_record(s, c, i)->run);
        between = " ";
    }
    if (out && fclose(out) == 0)
        text_table_list(t, text);
    else
        t->failed = true;
    free(text);
}

static void cell(const struct table_section *s, int row, int col, struct text_table *t)
{
    static const struct record none = {.recipe = -1};
    static const enum dim before[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_TASK, DIM_CELL};
    char note[CELL_NOTE];
    const struct table_cell *c = table_cell_at(s, row, col);
    const struct record *r = c->any ? c->any : &none;
    const struct published *p = table_cell_published(s, c);
    const double numbers[] = {c->mean, c->std,          c->min,
                              c->max,  c->interval.low, c->interval.high};
    const double references[] = {
        c->bound,
        reference(s, r, r->chance, true),
        reference(s, r, r->majority, false),
        reference(s, r, r->ceiling, false),
        p ? p->value : (double)NAN,
        p ? p->std : (double)NAN,
        p ? c->mean - p->value : (double)NAN,
    };
    table_cell_note(s, row, col, note);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        text_table_text(t, key_of(s, row, col, before[i]));
    text_table_text(t, r->encoder);
    text_table_text(t, key_of(s, row, col, DIM_VARIANT));
    text_table_text(t, seed_of(s, r));
    text_table_text(t, key_of(s, row, col, DIM_SPLIT));
    text_table_text(t, s->data->metric);
    text_table_integer(t, c->n);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        text_table_real(t, numbers[i]);
    text_table_whole(t, c->count);
    text_table_whole(t, c->total);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        text_table_real(t, references[i]);
    text_table_text(t, *note ? note : NULL);
    runs(s, c, t);
}

static void hard_cell(const struct table_section *s, int row, int col, struct text_table *t)
{
    char text[HARD_TEXT];
    const struct hard_cell c = table_strata_cell(s, row, col);
    text_table_real(t, c.error);
    text_table_whole(t, c.where ? c.wrong : -1);
    text_table_whole(t, c.where ? c.places : -1);
    text_table_text(t, c.where ? table_strata_text(c.where, text) : NULL);
}

void table_export_cells(const struct table_section *s, struct text_table *t, bool strata)
{
    for (int row = 0; row < s->rows; row++)
        for (int col = 0; col < s->cols; col++) {
            cell(s, row, col, t);
            if (strata)
                hard_cell(s, row, col, t);
        }
}

static json_t *text_or_null(const char *text)
{
    return text ? json_bytes(text, strlen(text)) : json_null();
}

json_t *table_export_json(const struct table_section *s, json_t *cells)
{
    const struct metric_info *m = s->data->info;
    if (!cells)
        return NULL;
    return json_pack("{so so so so so so so so si so}", "experiment",
                     text_or_null(s->fixed[DIM_EXPERIMENT]), "profile",
                     text_or_null(s->fixed[DIM_PROFILE]), "metric",
                     text_or_null(s->data->metric), "meaning", text_or_null(m->meaning),
                     "unit", text_or_null(m->percent ? "fraction" : NULL), "better",
                     text_or_null(m->better < 0   ? "lower"
                                  : m->better > 0 ? "higher"
                                                  : NULL),
                     "rows", text_or_null(dim_name(s->shape.rows)), "cols",
                     text_or_null(dim_name(s->shape.cols)), "seeds", s->seeds, "cells",
                     cells);
}

/* --- macros ------------------------------------------------------------------------- */

enum { MACRO_NAME = 512 };

static void add_letters(char name[MACRO_NAME], const char *word)
{
    const size_t used = strlen(name);
    snprintf(name + used, MACRO_NAME - used, "%s", word);
}

/* Is the byte an ASCII letter? Other letters of the locale are none to TeX. */
static bool is_letter(char c)
{
    return (unsigned char)c < 0x80 && isalpha((unsigned char)c);
}

/* Appends the text to the name of a macro, which may have only letters: "ood_len_16" becomes
 * "OodLenOneSix". */
static void add_words(char name[MACRO_NAME], const char *text)
{
    static const char *const digit[] = {"Zero", "One", "Two",   "Three", "Four",
                                        "Five", "Six", "Seven", "Eight", "Nine"};
    char before = '_';
    for (; text && *text; before = *text++) {
        const char letter[] = {*text, '\0'};
        const char capital[] = {(char)toupper((unsigned char)*text), '\0'};
        if (is_letter(*text))
            add_letters(name, is_letter(before) ? letter : capital);
        else if (*text >= '0' && *text <= '9')
            add_letters(name, digit[*text - '0']);
    }
}

static void macro_name(const struct table_section *s, int row, int col,
                       char name[MACRO_NAME])
{
    static const enum dim before[] = {DIM_EXPERIMENT, DIM_PROFILE};
    name[0] = '\0';
    for (int i = 0; i < 2; i++)
        if (s->fixed[before[i]])
            add_words(name, table_name(s->data, s->fixed[before[i]]));
    add_words(name, s->data->metric);
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] > DIM_PROFILE || !s->fixed[s->key[k]])
            add_words(name, table_name(s->data, s->row[row].key[k]));
    if (s->shape.cols > DIM_PROFILE || !s->fixed[s->shape.cols])
        add_words(name, table_name(s->data, s->col[col]));
}

static void define(FILE *out, const char *name, const char *end, const char *value)
{
    fprintf(out, "\\newcommand{\\pb%s%s}{", name, end);
    escape_latex(out, value);
    fputs("}\n", out);
}

static void define_spread(const struct table_section *s, const struct table_cell *c,
                          enum spread spread, const char *name, FILE *out)
{
    const struct metric_info *m = s->data->info;
    const int decimals = metric_decimals(m, c->mean);
    const double low = spread == SPREAD_RANGE ? c->min : c->interval.low;
    const double high = spread == SPREAD_RANGE ? c->max : c->interval.high;
    char a[METRIC_TEXT], b[METRIC_TEXT], text[2 * METRIC_TEXT + 8];
    if (!isnan(c->bound))
        snprintf(text, sizeof text, "< %s", metric_bound(m, c->bound, a));
    else if (c->n < 2)
        return;
    else if (spread == SPREAD_STD)
        snprintf(text, sizeof text, "%s", metric_number(m, c->std, decimals, a));
    else
        snprintf(text, sizeof text, "%s to %s", metric_number(m, low, decimals, a),
                 metric_number(m, high, decimals, b));
    define(out, name, "Spread", text);
}

enum status table_export_macros(const struct table_section *s,
                                const struct table_request *q, FILE *out,
                                struct words *known, struct err *e)
{
    const struct metric_info *m = s->data->info;
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct table_cell *c = &s->cell[i];
        char name[MACRO_NAME], spread[MACRO_NAME + 8], value[METRIC_TEXT];
        const int before = known->n;
        if (c->runs == 0)
            continue;
        macro_name(s, i / s->cols, i % s->cols, name);
        snprintf(spread, sizeof spread, "%sSpread", name);
        const int place = words_place(known, name);
        if (place < 0 || words_place(known, spread) < 0)
            return err_set(e, ST_NOMEM, "no memory for the names of macros");
        if (place < before)
            return err_set(
                e, ST_USAGE,
                "two numbers would have the name \\pb%s; give one of their headings "
                "another with --name OLD=NEW",
                name);
        define(out, name, "",
               isnan(c->bound)
                   ? metric_number(m, c->mean, metric_decimals(m, c->mean), value)
                   : "0");
        define_spread(s, c, q->spread, name, out);
    }
    return ST_OK;
}
