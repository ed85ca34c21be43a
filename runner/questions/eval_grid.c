#include "eval_grid.h"

#include <stdio.h>
#include <string.h>

static enum status not_a_grid(const char *text, struct err *e)
{
    return err_set(e, ST_USAGE,
                   "--grid wants OPTION=VALUE,VALUE,..., such as length=64,128, not \"%s\"",
                   text);
}

static enum status parse_axis(const char *text, struct eval_grid *g, struct err *e)
{
    const size_t n = strcspn(text, "=");
    if (n == 0 || n >= OPTION_TEXT || text[n] != '=')
        return not_a_grid(text, e);
    if (g->axes == GRID_AXES)
        return err_set(e, ST_USAGE, "--grid: at most %d options", GRID_AXES);
    char *name = g->axis[g->axes].name;
    snprintf(name, OPTION_TEXT, "%.*s", (int)n, text);
    for (int i = 0; i < g->axes; i++)
        if (strcmp(g->axis[i].name, name) == 0)
            return err_set(e, ST_USAGE, "--grid %s: the option stands there twice", name);
    int *values = &g->axis[g->axes].values;
    for (const char *at = text + n; *at;) {
        const size_t length = strcspn(++at, ",");
        if (length == 0 || length >= OPTION_TEXT)
            return not_a_grid(text, e);
        if (*values == GRID_VALUES)
            return err_set(e, ST_USAGE, "--grid %s: at most %d values", name, GRID_VALUES);
        snprintf(g->axis[g->axes].value[(*values)++], OPTION_TEXT, "%.*s", (int)length, at);
        at += length;
    }
    g->axes++;
    g->points *= *values;
    return g->points <= GRID_POINTS
               ? ST_OK
               : err_set(e, ST_USAGE, "--grid: more than %d points", GRID_POINTS);
}

enum status eval_grid_parse(const char *const *text, int n, struct eval_grid *out,
                            struct err *e)
{
    enum status st = ST_OK;
    *out = (struct eval_grid){.points = 1};
    for (int i = 0; i < n && st == ST_OK; i++)
        st = parse_axis(text[i], out, e);
    return st;
}

void eval_grid_point(const struct eval_grid *g, int k, char out[GRID_AXES][GRID_CHANGE])
{
    for (int i = g->axes - 1; i >= 0; i--) {
        const int values = g->axis[i].values;
        snprintf(out[i], GRID_CHANGE, "%s=%s", g->axis[i].name,
                 g->axis[i].value[k % values]);
        k /= values;
    }
}
