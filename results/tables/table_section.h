/* table_section.h -- one table: its rows and columns, and the numbers of its cells. */
#ifndef TABLE_SECTION_H
#define TABLE_SECTION_H

#include "groups.h"
#include "statistics.h"
#include "table_data.h"

struct table_shape {
    enum dim rows, cols;
};

struct table_row {
    const char *key[DIMS]; /* [keys], in the order of table_section.key */
};

struct table_cell {
    const struct record *any; /* one of its records, with numbers if one has; or NULL */
    const int
        *record; /* [runs] indices in data->record, ascending; a run without numbers is in
                          the cells of all splits of its experiment */
    int runs;    /* planned runs, in any state */
    int n;       /* values; the numbers below are NaN when n is too small for them */
    double mean, std, min, max;
    struct interval interval; /* 95 % interval of the mean */
    int64_t count, total;     /* sums over seeds; -1: none */
    double bound; /* 95 % upper bound of the error rate when no seed errs; else NaN */
    /* BEST_MEAN: the mean is the best among the compared encoders. BEST_INTERVAL: or it is within
     * the 95 % interval of the best, the first among equals. The interval of one seed is only
     * about that run and decides nothing. */
    bool best[BEST_RULES];
};

struct table_section {
    const struct table_data *data; /* borrowed */
    struct table_shape shape;
    const char *fixed[DIMS]; /* a dimension's only value; NULL: it varies or has none */
    enum dim key[DIMS];      /* [keys] the dimensions that tell rows apart */
    int keys, main;          /* key[main] is shape.rows */
    struct table_row *row;   /* [rows] */
    const char **col;        /* [cols] */
    int rows, cols;
    const int *member; /* [members] indices of its records in data->record, borrowed */
    int members;
    struct groups recipe;    /* members grouped by recipe */
    struct table_cell *cell; /* [rows, cols] */
    int *held;               /* the records of all cells */
    int seeds;               /* most values of any cell */
    bool single;             /* every sequence has one scored token */
};

/* Divides the records into tables, by experiment and profile unless these are rows or columns.
 * Tables are in the order of their first runs, which is the same for all metrics. */
enum status table_sections_divide(const struct table_data *d, struct table_shape shape,
                                  struct groups *out, struct err *e);

/* Makes the i-th table of `sections`. The caller frees *out, also after an error. */
enum status table_section_init(const struct table_data *d, struct table_shape shape,
                               const struct groups *sections, int i,
                               struct table_section *out, struct err *e);
void table_section_free(struct table_section *s); /* accepts a zeroed struct */

const struct table_cell *table_cell_at(const struct table_section *s, int row, int col);

/* Returns the i-th of the table's records. */
const struct record *table_member(const struct table_section *s, int i);

/* Returns the i-th of the cell's records. */
const struct record *table_cell_record(const struct table_section *s,
                                       const struct table_cell *c, int i);

/* Returns the paper's number for the cell, or NULL. */
const struct published *table_cell_published(const struct table_section *s,
                                             const struct table_cell *c);

/* Makes row order[i] the new row i, for all i, and marks the best again. */
enum status table_section_arrange(struct table_section *s, const int *order, struct err *e);

/* Writes why the cell has fewer values than others, "2 of 3 seeds; seed 3 failed: ...", or "". */
#define CELL_NOT_AVAILABLE "not available"
enum { CELL_NOTE = 2048 }; /* longer ones are cut */
void table_cell_note(const struct table_section *s, int row, int col, char text[CELL_NOTE]);

/* table_places.c, only for this folder: fills the rows, columns and keys of *s from its members,
 * and makes its cells, which get their records and nothing else. */
enum status table_places_fill(struct table_section *s, struct err *e);

#endif
