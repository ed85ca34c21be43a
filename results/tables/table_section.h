/* table_section.h -- one table: which rows and columns it has, and each cell's numbers. */
#ifndef TABLE_SECTION_H
#define TABLE_SECTION_H

#include "groups.h"
#include "statistics.h"
#include "table_data.h"

struct table_shape {
    enum dim rows, cols;
};

struct table_row {
    const char *key[DIMS]; /* [keys], in the order of section.key */
};

struct table_cell {
    const struct record *any; /* one of its records, with numbers if one has; or NULL */
    const int
        *record; /* [runs] in data->record, ascending; one without numbers is in the cells
                          of all splits that its experiment has */
    int runs;    /* runs planned, in whatever state */
    int n;       /* values; below, NaN where n does not allow it */
    double mean, std, min, max;
    struct interval interval; /* 95 %, of the mean */
    int64_t count, total;     /* sums over seeds; -1: none */
    double bound; /* no error in any seed: 95 % upper bound of its rate; else NaN */
    /* Is the mean the best among the encoders it stands beside or, by BEST_INTERVAL, within
     * the 95 % interval of the best, which has the best mean and, of equals, comes first? Of
     * one seed the interval is about that run alone and decides nothing. */
    bool best[BEST_RULES];
};

struct table_section {
    const struct table_data *data; /* borrowed */
    struct table_shape shape;
    const char *fixed[DIMS]; /* a dimension's only value; NULL: it varies or has none */
    enum dim key[DIMS];      /* what tells rows apart */
    int keys, main;          /* key[main] is shape.rows */
    struct table_row *row;   /* [rows] */
    const char **col;        /* [cols] */
    int rows, cols;
    const int *member; /* [members] the records of this table in data->record, borrowed */
    int members;
    struct groups recipe;    /* members of one recipe */
    struct table_cell *cell; /* [rows, cols] */
    int *held;               /* the records of all cells */
    int seeds;               /* most values of any cell */
    bool single;             /* every sequence has one scored token */
};

/* The records of each table: those of one experiment and profile, unless these are asked for.
 * Tables come in the order of their first runs, which is the same for all metrics. */
enum status table_sections_divide(const struct table_data *d, struct table_shape shape,
                                  struct groups *out, struct err *e);

/* The i-th table of those that `sections` has. *out is the caller's, filled or not. */
enum status table_section_init(const struct table_data *d, struct table_shape shape,
                               const struct groups *sections, int i,
                               struct table_section *out, struct err *e);
void table_section_free(struct table_section *s); /* accepts a zeroed struct */

const struct table_cell *table_cell_at(const struct table_section *s, int row, int col);

/* The i-th of the table's records. */
const struct record *table_member(const struct table_section *s, int i);

/* The i-th of the cell's records. */
const struct record *table_cell_record(const struct table_section *s,
                                       const struct table_cell *c, int i);

/* The paper's number for the cell, or NULL. */
const struct published *table_cell_published(const struct table_section *s,
                                             const struct table_cell *c);

/* Puts row order[i] in the place of row i. */
enum status table_section_arrange(struct table_section *s, const int *order, struct err *e);

/* Why the cell has fewer values than others, or "": "2 of 3 seeds; seed 3 failed: ...". */
#define CELL_NOT_AVAILABLE "not available"
enum { CELL_NOTE = 2048 }; /* longer ones are cut */
void table_cell_note(const struct table_section *s, int row, int col, char text[CELL_NOTE]);

/* table_places.c, of the room alone: fills rows, columns and keys of *s from its members, and
 * makes its cells, each with the records that belong to it and nothing else. */
enum status table_places_fill(struct table_section *s, struct err *e);

#endif
