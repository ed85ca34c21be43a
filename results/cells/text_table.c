/* text_table.c -- stores columns and cells, and prints rows as CSV and JSON.
 *
 * Cells are kept until enough rows are there to be printed: all rows where widths matter and
 * nobody waits, one row in CSV and JSON. Text is made fit for its format when it is added, so
 * that no printing function can forget it. text_table_draw.c draws the formats for people. */
#include "text_table.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "escape.h"
#include "json_text.h"
#include "option.h"
#include "paragraphs.h"
#include "prose.h"
#include "real_text.h"
#include "text_table_draw.h"

/* The first rows of a stream, which decide the widths of the columns. Chosen. */
enum { FIRST_ROWS = 1000 };

static const char *const names[PRINT_FORMATS] = {
    [PRINT_TEXT] = "text", [PRINT_MD] = "md",   [PRINT_LATEX] = "latex",
    [PRINT_HTML] = "html", [PRINT_CSV] = "csv", [PRINT_JSON] = "json",
};

const char *print_format_name(enum print_format f)
{
    return names[f];
}

enum status print_format_parse(const char *text, enum print_format *out, struct err *e)
{
    for (int i = 0; i < PRINT_FORMATS; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum print_format)i;
            return ST_OK;
        }
    return print_format_unknown(text, NULL, e);
}

enum status print_format_unknown(const char *text, const char *also, struct err *e)
{
    const char *words[PRINT_FORMATS + 1];
    const int n = PRINT_FORMATS + (also != NULL);
    char list[128] = "";
    size_t used = 0;
    memcpy(words, names, sizeof names);
    words[PRINT_FORMATS] = also;
    for (int i = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 words[i]);
    return err_set(e, ST_USAGE, "no output format \"%s\"; there are %s%s", text, list,
                   suggest_text(text, words, n));
}

bool print_format_for_people(enum print_format f)
{
    return f != PRINT_CSV && f != PRINT_JSON;
}

void text_table_init(struct text_table *t, enum print_format f, FILE *out)
{
    *t = (struct text_table){.format = f, .out = out};
    t->limit = f == PRINT_TEXT ? terminal_columns(out) : 0;
    t->hold = print_format_for_people(f) ? 0 : 1;
}

void text_table_stream(struct text_table *t)
{
    t->hold = print_format_for_people(t->format) ? FIRST_ROWS : 1;
}

void text_table_keep(struct text_table *t)
{
    if (t->format == PRINT_JSON)
        t->failed |= (t->rows = json_array()) == NULL;
}

/* ---- columns ---- */

/* Returns a copy of the text with escapes for characters that the format cannot print; NULL: no
 * memory. CSV and JSON keep all that they can quote, because programs read the text back. */
static char *fit(const struct text_table *t, const char *text, size_t *n)
{
    return clean_text(text, n,
                      t->format == PRINT_JSON  ? NULL
                      : t->format == PRINT_CSV ? "\t\r\n"
                                               : "");
}

static bool is_taken(const struct text_table *t, const char *name)
{
    for (int i = 0; i < t->columns; i++)
        if (strcmp(t->column[i].name, name) == 0)
            return true;
    return false;
}

/* Returns `name`, or "name_2" in CSV and JSON when the name is taken. Owns `name`. */
static char *distinct(const struct text_table *t, char *name)
{
    for (int i = 2; name && !print_format_for_people(t->format) && is_taken(t, name); i++) {
        const size_t room = strlen(name) + 16;
        char *other = malloc(room);
        if (other)
            snprintf(other, room, "%s_%d", name, i);
        if (!other || !is_taken(t, other)) {
            free(name);
            return other;
        }
        free(other);
    }
    return name;
}

void text_table_column(struct text_table *t, const char *name, bool right)
{
    struct text_column *all =
        realloc(t->column, (size_t)(t->columns + 1) * sizeof *t->column);
    size_t n = strlen(name);
    assert(t->cells == 0 && t->printed == 0);
    if (all)
        t->column = all;
    char *own = all ? distinct(t, fit(t, name, &n)) : NULL;
    if (own)
        t->column[t->columns++] = (struct text_column){.name = own, .right = right};
    else
        t->failed = true;
}

void text_table_columns(struct text_table *t, const char *const *all, int n)
{
    for (int i = 0; i < n; i++)
        text_table_column(t, all[i], false);
}

/* ---- rows ---- */

static void cell_free(struct text_cell *c)
{
    free(c->text);
    free(c->note);
}

static void free_cells(struct text_table *t)
{
    for (int i = 0; i < t->cells; i++)
        cell_free(&t->cell[i]);
    t->cells = 0;
}

static void csv_cell(FILE *out, const struct text_cell *c)
{
    char number[REAL_TEXT];
    if (c->type == CELL_TEXT || c->type == CELL_LIST)
        escape_csv(out, c->text);
    else if (c->type == CELL_INTEGER)
        fputs(integer_text(c->integer, number), out);
    else if (c->type == CELL_REAL && !isnan(c->real))
        fputs(real_text(c->real, number), out);
}

static void csv_names(const struct text_table *t)
{
    for (int c = 0; c < t->columns; c++) {
        escape_csv(t->out, t->column[c].name);
        fputc(c + 1 < t->columns ? ',' : '\n', t->out);
    }
}

static void csv_row(const struct text_table *t, const struct text_cell *row)
{
    for (int c = 0; c < t->columns; c++) {
        csv_cell(t->out, &row[c]);
        fputc(c + 1 < t->columns ? ',' : '\n', t->out);
    }
}

static json_t *json_list(const char *integers)
{
    json_t *list = json_array();
    char *end;
    for (const char *c = integers; list && *c; c = end + (*end == ' ')) {
        if (json_array_append_new(list, json_integer(strtoll(c, &end, 10))) != 0) {
            json_decref(list);
            return NULL;
        }
        assert(end > c);
    }
    return list;
}

static json_t *json_cell(const struct text_cell *c)
{
    switch (c->type) {
    case CELL_TEXT:
        return json_bytes(c->text, c->bytes);
    case CELL_LIST:
        return json_list(c->text);
    case CELL_INTEGER:
        return json_integer(c->integer);
    case CELL_REAL:
        return isfinite(c->real) ? json_real(c->real) : json_null();
    case CELL_NONE:
        break;
    }
    return json_null();
}

static void json_row(struct text_table *t, const struct text_cell *row)
{
    json_t *object = json_object();
    int failed = !object;
    for (int c = 0; c < t->columns; c++)
        failed |=
            json_object_set_new_nocheck(object, t->column[c].name, json_cell(&row[c])) != 0;
    char *text = t->rows || failed ? NULL : json_show(object, 0);
    if (t->rows)
        failed |= json_array_append(t->rows, object) != 0;
    else if (text)
        fprintf(t->out, "%s\n %s", t->printed ? "," : "[", text);
    t->failed |= failed || !(t->rows || text);
    json_decref(object);
    free(text);
}

/* Prints the kept rows and frees their cells. */
static void flush(struct text_table *t)
{
    if (t->failed || t->columns == 0)
        return;
    if (t->format == PRINT_CSV && t->printed == 0)
        csv_names(t);
    for (int i = 0; i < t->cells && !print_format_for_people(t->format); i += t->columns) {
        (t->format == PRINT_CSV ? csv_row(t, &t->cell[i]) : json_row(t, &t->cell[i]));
        t->printed++;
    }
    if (print_format_for_people(t->format))
        text_table_draw(t);
    free_cells(t);
}

/* ---- cells ---- */

/* Appends an empty cell; NULL: no memory. */
static struct text_cell *append(struct text_table *t, enum cell_type type)
{
    assert(t->failed || t->columns > 0);
    /* Rows are printed here, not after their last cell, which may still get a tail or a note. */
    if (t->hold && t->cells == t->hold * t->columns)
        flush(t);
    if (!t->failed && t->cells == t->room) {
        const int room = t->room ? 2 * t->room : 64;
        struct text_cell *cell = realloc(t->cell, (size_t)room * sizeof *cell);
        if (cell) {
            t->cell = cell;
            t->room = room;
        } else
            t->failed = true;
    }
    if (t->failed)
        return NULL;
    t->cell[t->cells] = (struct text_cell){.type = type};
    return &t->cell[t->cells++];
}

/* Makes `text` the text of a new cell and owns it; NULL means that memory ran out. */
static void append_text(struct text_table *t, enum cell_type type, char *text, size_t n)
{
    struct text_cell *c = text ? append(t, type) : NULL;
    if (c) {
        c->text = text;
        c->bytes = c->head = n;
        return;
    }
    t->failed = true;
    free(text);
}

void text_table_none(struct text_table *t)
{
    append(t, CELL_NONE);
}

void text_table_bytes(struct text_table *t, const char *text, size_t n)
{
    char *own = fit(t, text, &n);
    append_text(t, CELL_TEXT, own, n);
}

void text_table_text(struct text_table *t, const char *text)
{
    if (text)
        text_table_bytes(t, text, strlen(text));
    else
        text_table_none(t);
}

void text_table_list(struct text_table *t, const char *integers)
{
    append_text(t, CELL_LIST, strdup(integers), strlen(integers));
}

void text_table_integer(struct text_table *t, int64_t value)
{
    struct text_cell *c = append(t, CELL_INTEGER);
    if (c)
        c->integer = value;
}

void text_table_whole(struct text_table *t, int64_t value)
{
    if (value < 0)
        text_table_none(t);
    else
        text_table_integer(t, value);
}

void text_table_real(struct text_table *t, double value)
{
    struct text_cell *c = append(t, CELL_REAL);
    if (c)
        c->real = value;
}

/* Formats a new string as printf does; NULL: no memory. */
static char *format(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *text = malloc((size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, args);
    return text;
}

void text_table_format(struct text_table *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = format(fmt, args);
    va_end(args);
    if (text)
        text_table_text(t, text);
    else
        t->failed = true;
    free(text);
}

/* Returns a and b joined, with a separator when a is not empty; frees a. NULL: no memory. */
static char *join(char *a, const char *separator, const char *b)
{
    const size_t used = a ? strlen(a) : 0, more = strlen(separator) + strlen(b) + 1;
    char *text = realloc(a, used + more);
    if (!text) {
        free(a);
        return NULL;
    }
    snprintf(text + used, more, "%s%s", used ? separator : "", b);
    return text;
}

static struct text_cell *last(struct text_table *t)
{
    assert(t->failed || t->cells > 0);
    return t->failed || t->cells == 0 ? NULL : &t->cell[t->cells - 1];
}

void text_table_tail(struct text_table *t, const char *fmt, ...)
{
    struct text_cell *c = last(t);
    va_list args;
    if (!c)
        return;
    va_start(args, fmt);
    char *tail = format(fmt, args);
    va_end(args);
    c->text = tail ? join(c->text, "", tail) : c->text;
    t->failed |= !tail || !c->text;
    c->bytes = c->text ? strlen(c->text) : 0;
    free(tail);
}

void text_table_best(struct text_table *t)
{
    struct text_cell *c = last(t);
    if (c)
        c->best = true;
}

void text_table_note(struct text_table *t, const char *mark)
{
    struct text_cell *c = last(t);
    if (!c)
        return;
    c->note = join(c->note, ",", mark);
    t->failed |= !c->note;
}

void text_table_rule(struct text_table *t)
{
    struct text_cell *c = last(t);
    if (c)
        c->rule = true;
}

void text_table_indent(struct text_table *t)
{
    struct text_cell *c = last(t);
    if (c)
        c->indent = true;
}

void text_table_repeats(struct text_table *t)
{
    struct text_cell *c = last(t);
    if (c)
        c->repeats = true;
}

/* ---- around the table ---- */

void text_table_caption(struct text_table *t, const char *caption)
{
    free(t->caption);
    t->caption = strdup(caption);
    t->failed |= !t->caption;
}

/* Adds a byte to a label: in hex when it is not ASCII, so that names made only of such letters
 * stay distinct; other signs that labels lack become "-". */
static void say_label_letter(struct prose *label, unsigned char c)
{
    if (c >= 0x80)
        prose_say(label, "%02x", c);
    else
        prose_say(label, "%c", isalnum(c) || c == '_' ? c : '-');
}

void text_table_label(struct text_table *t, const char *fmt, ...)
{
    struct prose text = {.used = 0}, label = {.used = 0};
    va_list args;
    va_start(args, fmt);
    vsnprintf(text.text, sizeof text.text, fmt, args);
    va_end(args);
    prose_say(&label, "tab:");
    for (const char *c = text.text; *c; c++)
        say_label_letter(&label, (unsigned char)*c);
    free(t->label);
    t->label = strdup(label.text);
    t->failed |= !t->label;
}

void text_table_below(struct text_table *t, const char *mark, const char *text)
{
    struct text_note *all = realloc(t->note, (size_t)(t->notes + 1) * sizeof *all);
    if (!all) {
        t->failed = true;
        return;
    }
    t->note = all;
    t->note[t->notes] = (struct text_note){strdup(mark), strdup(text)};
    t->failed |= !t->note[t->notes].mark || !t->note[t->notes].text;
    t->notes++;
}

void text_table_title(struct text_table *t, const char *title)
{
    if (t->format == PRINT_LATEX)
        text_table_caption(t, title);
    else
        paragraph_title(t->format, title, t->out);
}

void text_table_say(struct text_table *t, const char *text)
{
    if (t->format == PRINT_LATEX)
        text_table_below(t, "", text);
    else {
        paragraph_plain(t->format, text, t->out);
        fputc('\n', t->out);
    }
}

static void say_below(const struct text_table *t)
{
    for (int i = 0; i < t->notes; i++) {
        fputs(i == 0 || t->format == PRINT_MD ? "\n" : "", t->out);
        paragraph_plain(t->format, t->note[i].text, t->out);
    }
}

/* ---- the end ---- */

void text_table_drop(struct text_table *t)
{
    free_cells(t);
    free(t->cell);
    for (int i = 0; i < t->columns; i++)
        free(t->column[i].name);
    free(t->column);
    for (int i = 0; i < t->notes; i++) {
        free(t->note[i].mark);
        free(t->note[i].text);
    }
    free(t->note);
    free(t->caption);
    free(t->label);
    json_decref(t->rows);
    *t = (struct text_table){0};
}

enum status text_table_end(struct text_table *t, struct err *e)
{
    assert(t->failed || t->columns == 0 || t->cells % t->columns == 0);
    flush(t);
    if (t->format == PRINT_JSON && !t->failed)
        fputs(t->printed ? "\n]\n" : "[]\n", t->out);
    else if (!t->failed && print_format_for_people(t->format))
        text_table_draw_end(t);
    if (!t->failed && print_format_for_people(t->format) && t->format != PRINT_LATEX)
        say_below(t);
    const bool failed = t->failed;
    text_table_drop(t);
    return failed ? err_set(e, ST_NOMEM, "no memory for the table; ask for less of it")
                  : ST_OK;
}

json_t *text_table_take(struct text_table *t)
{
    flush(t);
    json_t *rows = t->failed ? NULL : json_incref(t->rows);
    text_table_drop(t);
    return rows;
}

enum status print_json(json_t *all, size_t flags, FILE *out, struct err *e)
{
    char *text = all ? json_show(all, flags) : NULL;
    json_decref(all);
    if (!text)
        return err_set(e, ST_NOMEM, "no memory for the answer as JSON");
    fprintf(out, "%s\n", text);
    free(text);
    return ST_OK;
}
