#include "listing.h"

#include <assert.h>

#include "escape.h"

void listing_open(struct listing *l, enum print_format f, const char *const *names,
                  int columns, unsigned right)
{
    *l = (struct listing){.format = f, .names = names, .columns = columns};
    if (f == PRINT_JSON)
        return;
    grid_init(&l->grid, columns, right);
    for (int i = 0; i < columns; i++)
        grid_add(&l->grid, names[i]);
}

/* Up to the value of the next cell. */
static void json_name(struct listing *l)
{
    const int column = l->cells % l->columns;
    if (column == 0)
        fputs(l->cells ? ",\n {" : "[\n {", stdout);
    else
        fputs(", ", stdout);
    escape_json(stdout, l->names[column]);
    fputs(": ", stdout);
}

static void json_end(const struct listing *l)
{
    if (l->cells % l->columns == 0)
        fputc('}', stdout);
}

void listing_text(struct listing *l, const char *text)
{
    if (l->format != PRINT_JSON) {
        grid_add(&l->grid, text);
        return;
    }
    json_name(l);
    escape_json(stdout, text);
    l->cells++;
    json_end(l);
}

void listing_number(struct listing *l, long value)
{
    if (l->format != PRINT_JSON) {
        grid_addf(&l->grid, "%ld", value);
        return;
    }
    json_name(l);
    printf("%ld", value);
    l->cells++;
    json_end(l);
}

enum status listing_close(struct listing *l, struct err *e)
{
    enum status st = ST_OK;
    assert(l->cells % l->columns == 0);
    if (l->format == PRINT_JSON)
        fputs(l->cells ? "\n]\n" : "[]\n", stdout);
    else
        st = grid_print(&l->grid, l->format, stdout, e);
    grid_free(&l->grid);
    return st;
}

enum status listing_format(const struct invocation *v, enum print_format *out,
                           struct err *e)
{
    const char *text = flag_text(v, "output", NULL);
    if (text && flag_given(v, "json"))
        return err_set(e, ST_USAGE, "--json and -o %s: choose one", text);
    return print_format_parse(flag_given(v, "json") ? "json"
                              : text                ? text
                                                    : "text",
                              out, e);
}
