#include "table_names.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

enum { NAME_TEXT = 512, WORDS_MAX = 64 };

/* --- names ------------------------------------------------------------------------ */

const char *table_name(const struct table_data *d, const char *heading)
{
    for (int i = 0; i < d->renameds; i++)
        if (d->renamed[i].from == heading)
            return d->renamed[i].to;
    return heading;
}

/* Renames the heading `from`, unless it has a new name already. Returns 1; 0: no memory (*st). */
static int rename_heading(struct table_data *d, enum dim dim, const char *from,
                          const char *to, enum status *st, struct err *e)
{
    for (int i = 0; i < d->renameds; i++)
        if (d->renamed[i].from == from)
            return 1;
    struct renamed *all = realloc(d->renamed, (size_t)(d->renameds + 1) * sizeof *all);
    if (!all) {
        *st = err_set(e, ST_NOMEM, "no memory for the names of a table");
        return 0;
    }
    d->renamed = all;
    to = table_data_word(d, to, st, e);
    all[d->renameds++] = (struct renamed){dim, from, to};
    return 1;
}

/* Renames headings that are equal to `old`; returns 0 when there is none. */
static int rename_whole(struct table_data *d, const char *old, const char *new,
                        enum status *st, struct err *e)
{
    int n = 0;
    for (int i = 0; i < d->records && *st == ST_OK; i++)
        for (int k = 0; k < DIMS && *st == ST_OK; k++) {
            const char *heading = d->record[i].key[k];
            if (heading && strcmp(heading, old) == 0)
                n += rename_heading(d, (enum dim)k, heading, new, st, e);
        }
    return n;
}

/* Renames headings of encoders that begin with the encoder's name `old`; returns 0 when there is
 * none. */
static int rename_front(struct table_data *d, const char *old, const char *new,
                        enum status *st, struct err *e)
{
    const size_t length = strlen(old);
    char name[NAME_TEXT];
    int n = 0;
    for (int i = 0; i < d->records && *st == ST_OK; i++) {
        const struct record *r = &d->record[i];
        const char *heading = r->key[DIM_VARIANT];
        if (!r->encoder || strcmp(r->encoder, old) != 0 ||
            strncmp(heading, old, length) != 0)
            continue;
        snprintf(name, sizeof name, "%s%s", new, heading + length);
        n += rename_heading(d, DIM_VARIANT, heading, name, st, e);
    }
    return n;
}

static enum status no_heading(const struct table_data *d, const char *text, struct err *e)
{
    const char *words[WORDS_MAX];
    char old[NAME_TEXT];
    int n = 0;
    snprintf(old, sizeof old, "%.*s", (int)strcspn(text, "="), text);
    for (int i = 0; i < d->records; i++)
        for (int k = 0; k < DIM_SEED; k++) {
            const char *heading = d->record[i].key[k];
            int j = 0;
            while (j < n && words[j] != heading)
                j++;
            if (heading && *heading && j == n && n < WORDS_MAX)
                words[n++] = heading;
        }
    return err_set(e, ST_USAGE, "--name \"%.200s\": no heading is \"%.100s\"%s", text, old,
                   suggest_among(old, words, n));
}

/* Reads "OLD=NEW". Names of variants contain '=' too: OLD is the longest part that is a heading. */
static enum status read_name(struct table_data *d, const char *text, struct err *e)
{
    char old[NAME_TEXT];
    enum status st = ST_OK;
    const char *end = strrchr(text, '=');
    if (!end || end == text || !text[strcspn(text, "=") + 1] || strlen(text) >= NAME_TEXT)
        return err_set(e, ST_USAGE,
                       "--name \"%.200s\": expected OLD=NEW, for example cope=CoPE", text);
    for (; end > text; end--) {
        if (*end != '=' || !end[1])
            continue;
        snprintf(old, sizeof old, "%.*s", (int)(end - text), text);
        int n = rename_whole(d, old, end + 1, &st, e);
        if (n == 0 && st == ST_OK)
            n = rename_front(d, old, end + 1, &st, e);
        if (n > 0 || st)
            return st;
    }
    return no_heading(d, text, e);
}

/* Refuses two headings under one name, which would look like one. */
static enum status check_names(const struct table_data *d, struct err *e)
{
    for (int i = 0; i < d->renameds; i++)
        for (int k = 0; k < d->records; k++) {
            const struct renamed *r = &d->renamed[i];
            const char *other = d->record[k].key[r->dim];
            if (other && other != r->from && table_name(d, other) == r->to)
                return err_set(
                    e, ST_USAGE,
                    "--name: \"%.100s\" and \"%.100s\" would both be \"%.100s\"; "
                    "give them different names",
                    r->from, other, r->to);
        }
    return ST_OK;
}

enum status table_names_load(struct table_data *d, const struct table_request *q,
                             struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < q->n_names && d->records && st == ST_OK; i++)
        st = read_name(d, q->names[i], e);
    return st ? st : check_names(d, e);
}

/* --- order ------------------------------------------------------------------------ */

static const char by_name[] = "name";

/* Is `key` the column's own name or the one that is printed? */
static bool is_column(const struct table_data *d, const char *col, const char *key)
{
    return col && (strcmp(col, key) == 0 || strcmp(table_name(d, col), key) == 0);
}

enum status table_order_check(const struct table_data *d, struct table_shape shape,
                              const char *key, struct err *e)
{
    const char *words[WORDS_MAX] = {by_name};
    int n = 1;
    if (!key || strcmp(key, by_name) == 0 || d->records == 0)
        return ST_OK;
    for (int i = 0; i < d->records; i++) {
        const char *col = d->record[i].key[shape.cols];
        int j = 1;
        if (is_column(d, col, key))
            return ST_OK;
        while (j < n && words[j] != col)
            j++;
        if (col && j == n && n < WORDS_MAX)
            words[n++] = col;
    }
    return err_set(e, ST_USAGE, "--sort \"%.100s\": no column has this name%s", key,
                   suggest_among(key, words, n));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns the number at *text, or the letter in lower case, and moves *text behind it. */
static double next_part(const char **text)
{
    char *rest;
    if (!is_digit(**text))
        return tolower((unsigned char)*(*text)++);
    const double number = strtod(*text, &rest);
    *text = rest;
    return number;
}

/* Compares names as people order them: case does not count, and "len_9" is before "len_16". */
static int compare_names(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) != is_digit(*b))
            return is_digit(*a) ? -1 : 1;
        const double x = next_part(&a), y = next_part(&b);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (*a != '\0') - (*b != '\0');
}

/* A row to be ordered. */
struct ordered {
    const struct table_section *s;
    int row, block; /* rows of one block share all keys before the main one */
    int col;        /* the column whose means decide; -1: by name */
};

/* Returns above 0 when row a belongs below row b. */
static int compare_rows(const struct ordered *a, const struct ordered *b)
{
    const struct table_section *s = a->s;
    if (a->col < 0)
        return compare_names(table_name(s->data, s->row[a->row].key[s->main]),
                             table_name(s->data, s->row[b->row].key[s->main]));
    const double x = table_cell_at(s, a->row, a->col)->mean;
    const double y = table_cell_at(s, b->row, b->col)->mean;
    const int sense = s->data->info->better > 0 ? -1 : 1;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    return sense * ((x > y) - (x < y));
}

static int by_block(const void *pa, const void *pb)
{
    const struct ordered *a = pa, *b = pb;
    const int order = a->block != b->block ? a->block - b->block : compare_rows(a, b);
    return order ? order : a->row - b->row;
}

/* Do the rows share all keys before the main one? */
static bool share_lead(const struct table_section *s, int a, int b)
{
    for (int k = 0; k < s->main; k++)
        if (s->row[a].key[k] != s->row[b].key[k])
            return false;
    return true;
}

enum status table_order(struct table_section *s, const char *key, struct err *e)
{
    int col = -1;
    if (!key)
        return ST_OK;
    for (int j = 0; j < s->cols && strcmp(key, by_name) != 0; j++)
        if (is_column(s->data, s->col[j], key))
            col = j;
    if (col < 0 && strcmp(key, by_name) != 0)
        return ST_OK;
    struct ordered *all = calloc((size_t)s->rows + 1, sizeof *all);
    int *order = calloc((size_t)s->rows + 1, sizeof *order);
    if (!all || !order) {
        free(all);
        free(order);
        return err_set(e, ST_NOMEM, "no memory to order %d rows", s->rows);
    }
    for (int i = 0, block = 0; i < s->rows; i++) {
        block += i > 0 && !share_lead(s, i, i - 1);
        all[i] = (struct ordered){s, i, block, col};
    }
    qsort(all, (size_t)s->rows, sizeof *all, by_block);
    for (int i = 0; i < s->rows; i++)
        order[i] = all[i].row;
    const enum status st = table_section_arrange(s, order, e);
    free(all);
    free(order);
    return st;
}

void table_place_name(const struct table_section *s, const struct record *r,
                      char text[RECIPE_NAME])
{
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_CELL};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof dims / sizeof *dims && used < RECIPE_NAME; i++)
        if (!s->fixed[dims[i]] && r->key[dims[i]] && *r->key[dims[i]])
            used += (size_t)snprintf(text + used, RECIPE_NAME - used, "%s%s",
                                     used ? " " : "", table_name(s->data, r->key[dims[i]]));
}

void table_recipe_name(const struct table_section *s, const struct record *r,
                       char text[RECIPE_NAME])
{
    table_place_name(s, r, text);
    const size_t used = strlen(text);
    snprintf(text + used, RECIPE_NAME - used, "%s%s", used ? " " : "",
             table_name(s->data, r->key[DIM_VARIANT]));
}
