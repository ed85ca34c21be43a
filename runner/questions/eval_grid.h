/* eval_grid.h -- lists the points of --grid length=64,128 --grid p_ignore=0.5,0.8: every
 * combination, the last option changing fastest. Without a grid there is one point and no
 * option. */
#ifndef EVAL_GRID_H
#define EVAL_GRID_H

#include "option.h"

/* Limits of --grid, and room for one change; chosen. */
enum { GRID_AXES = 8, GRID_VALUES = 64, GRID_POINTS = 4096, GRID_CHANGE = 160 };

struct eval_grid {
    int axes, points;
    struct {
        char name[OPTION_TEXT];
        char value[GRID_VALUES][OPTION_TEXT];
        int values;
    } axis[GRID_AXES];
};

/* Parses `text` [n] as typed. ST_USAGE: not OPTION=VALUE,..., an option twice, too many
 * points. */
enum status eval_grid_parse(const char *const *text, int n, struct eval_grid *out,
                            struct err *e);

/* Writes the changes of point k: "length=64", one for each axis. */
void eval_grid_point(const struct eval_grid *g, int k, char out[GRID_AXES][GRID_CHANGE]);

#endif
