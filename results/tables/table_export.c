#include "table_export.h"

#include <math.h>
#include <stdio.h>

#include "escape.h"
#include "store_internal.h"

/* A cell's values under the names that both formats use. */
struct value {
    const char *name;
    enum { VALUE_TEXT, VALUE_INTEGER, VALUE_REAL } type;
    const char *text; /* NULL: none */
    int64_t integer;  /* negative: none */
    double real;      /* NaN: none */
};

enum { VALUES = 26 };

static struct value text(const char *name, const char *value)
{
    return (struct value){.name = name, .type = VALUE_TEXT, .text = value};
}

static struct value integer(const char *name, int64_t value)
{
    return (struct value){.name = name, .type = VALUE_INTEGER, .integer = value};
}

static struct value real(const char *name, double value)
{
    return (struct value){.name = name, .type = VALUE_REAL, .real = value};
}

/* The seed belongs to a cell only when the table is by seed. */
static const char *seed_of(const struct table_section *s, const struct record *r)
{
    const bool by_seed = s->shape.rows == DIM_SEED || s->shape.cols == DIM_SEED;
    return by_seed ? r->key[DIM_SEED] : NULL;
}

/* What the place in the table says of a dimension, for cells without a run. */
static const char *key_of(const struct table_section *s, int row, int col, enum dim d)
{
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] == d)
            return s->row[row].key[k];
    return s->shape.cols == d ? s->col[col] : s->fixed[d];
}

/* In the metric's own sense, as below the tables for people; NaN where it has none. */
static double reference(const struct table_section *s, const struct record *r,
                        double accuracy, bool guess)
{
    const bool single = r->tokens >= 0 && r->tokens == r->sequences;
    return r->key[DIM_SPLIT] ? metric_of_accuracy(s->data->info, accuracy, guess, single)
                             : (double)NAN;
}

static void collect(const struct table_section *s, int row, int col, const char *note,
                    struct value out[VALUES])
{
    static const struct record none = {.recipe = -1};
    const double nan = (double)NAN;
    const struct table_cell *c = table_cell_at(s, row, col);
    const struct record *r = c->any ? c->any : &none;
    const struct published *p = table_cell_published(s, c);
    const struct value v[VALUES] = {
        text("experiment", key_of(s, row, col, DIM_EXPERIMENT)),
        text("profile", key_of(s, row, col, DIM_PROFILE)),
        text("task", key_of(s, row, col, DIM_TASK)),
        text("cell", key_of(s, row, col, DIM_CELL)),
        text("encoder", r->encoder),
        text("variant", key_of(s, row, col, DIM_VARIANT)),
        text("seed", seed_of(s, r)),
        text("split", key_of(s, row, col, DIM_SPLIT)),
        text("metric", s->data->metric),
        integer("n", c->n),
        real("mean", c->mean),
        real("std", c->std),
        real("min", c->min),
        real("max", c->max),
        real("low", c->interval.low),
        real("high", c->interval.high),
        integer("count", c->count),
        integer("total", c->total),
        real("bound", c->bound),
        real("chance", reference(s, r, r->chance, true)),
        real("majority", reference(s, r, r->majority, false)),
        real("ceiling", reference(s, r, r->ceiling, false)),
        real("published", p ? p->value : nan),
        real("published_std", p ? p->std : nan),
        real("difference", p ? c->mean - p->value : nan),
        text("note", note),
    };
    for (int i = 0; i < VALUES; i++)
        out[i] = v[i];
}

/* The ids of the runs behind a cell. */
static void print_runs(const struct table_section *s, int row, int col,
                       const char *separator, FILE *out)
{
    const char *between = "";
    for (int i = 0; i < s->members; i++)
        if (table_cell_holds(s, row, col, table_member(s, i))) {
            fprintf(out, "%s%lld", between, (long long)table_member(s, i)->run);
            between = separator;
        }
}

void table_export_csv_header(FILE *out)
{
    fputs(
        "experiment,profile,task,cell,encoder,variant,seed,split,metric,n,mean,std,min,max,"
        "low,high,count,total,bound,chance,majority,ceiling,published,published_std,"
        "difference,note,runs\n",
        out);
}

static void print_csv_value(const struct value *v, FILE *out)
{
    char number[REAL_TEXT];
    if (v->type == VALUE_TEXT && v->text)
        escape_csv(out, v->text);
    else if (v->type == VALUE_INTEGER && v->integer >= 0)
        fprintf(out, "%lld", (long long)v->integer);
    else if (v->type == VALUE_REAL && !isnan(v->real)) {
        store_real_text(v->real, number);
        fputs(number, out);
    }
}

void table_export_csv(const struct table_section *s, FILE *out)
{
    struct value v[VALUES];
    char note[CELL_NOTE];
    for (int row = 0; row < s->rows; row++)
        for (int col = 0; col < s->cols; col++) {
            table_cell_note(s, row, col, note);
            collect(s, row, col, note, v);
            for (int i = 0; i < VALUES; i++) {
                print_csv_value(&v[i], out);
                fputc(',', out);
            }
            print_runs(s, row, col, " ", out);
            fputc('\n', out);
        }
}

static void print_json_value(const struct value *v, FILE *out)
{
    escape_json(out, v->name);
    fputs(": ", out);
    if (v->type == VALUE_TEXT)
        escape_json(out, v->text);
    else if (v->type == VALUE_REAL)
        escape_json_real(out, v->real);
    else if (v->integer >= 0)
        fprintf(out, "%lld", (long long)v->integer);
    else
        escape_json(out, NULL);
}

static void print_json_cell(const struct table_section *s, int row, int col, FILE *out)
{
    struct value v[VALUES];
    char note[CELL_NOTE];
    table_cell_note(s, row, col, note);
    collect(s, row, col, *note ? note : NULL, v);
    fputs("    {", out);
    for (int i = 0; i < VALUES; i++) {
        print_json_value(&v[i], out);
        fputs(", ", out);
    }
    fputs("\"runs\": [", out);
    print_runs(s, row, col, ", ", out);
    fputs("]}", out);
}

void table_export_json(const struct table_section *s, FILE *out)
{
    const struct metric_info *m = s->data->info;
    const struct value head[] = {
        text("experiment", s->fixed[DIM_EXPERIMENT]),
        text("profile", s->fixed[DIM_PROFILE]),
        text("metric", s->data->metric),
        text("meaning", m->meaning),
        text("unit", m->percent ? "fraction" : NULL),
        text("better", m->better < 0   ? "lower"
                       : m->better > 0 ? "higher"
                                       : NULL),
        text("rows", dim_name(s->shape.rows)),
        text("cols", dim_name(s->shape.cols)),
        integer("seeds", s->seeds),
    };
    fputs("  {", out);
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        print_json_value(&head[i], out);
        fputs(", ", out);
    }
    fputs("\"cells\": [\n", out);
    for (int i = 0; i < s->rows * s->cols; i++) {
        fputs(i ? ",\n" : "", out);
        print_json_cell(s, i / s->cols, i % s->cols, out);
    }
    fputs("]}", out);
}
