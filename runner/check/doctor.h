/* doctor.h -- checks that the environment has what runs need and that it works correctly.
 *
 * Each check adds findings; a finding that is not fine has a remedy. Tests can replace what a
 * check looks at, to see that it finds a fault. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "gemm.h"
#include "kernels.h"
#include "status.h"
#include "store.h"

enum doctor_level {
    DOCTOR_FINE,
    DOCTOR_ADVICE, /* runs work, but something should be done */
    DOCTOR_FAULT,  /* runs would fail or give wrong numbers */
    DOCTOR_LEVELS
};
const char *doctor_level_text(enum doctor_level l); /* "ok", "advice", "fault" */

/* Chosen. More findings trip an assertion in doctor_say; longer texts are cut. */
enum { FINDINGS_MAX = 64, FINDING_TEXT = 480 };

struct finding {
    enum doctor_level level;
    const char *check;         /* the check's name, such as "disk"; static */
    char text[FINDING_TEXT];   /* what was found */
    char remedy[FINDING_TEXT]; /* "" when it is fine */
};

struct doctor {
    int n;
    struct finding at[FINDINGS_MAX];
};

/* `remedy` may be NULL when the level is DOCTOR_FINE. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *check,
                const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
int doctor_count(const struct doctor *d, enum doctor_level level);

void doctor_versions(struct doctor *d);

typedef void (*doctor_product)(int M, int N, int K, real alpha, struct rows A,
                               struct rows B, real beta, struct rows C);
struct doctor_blas {
    doctor_product nn, nt, tn; /* gemm_nn, ... */
    const char *core;
};
/* Compares products of many shapes, strides and transposes with loops in double. */
void doctor_gemm(struct doctor *d, const struct doctor_blas *blas);
/* Compares a table of vector code with the naive one. */
void doctor_kernels(struct doctor *d, const struct kernels *table,
                    const struct kernels *naive);

void doctor_memory(struct doctor *d);
/* Checks the free space in the database's folder, a write that reaches the disk, and a trial of
 * the write-ahead log. */
void doctor_disk(struct doctor *d, const char *db_path);
/* Checks integrity, references, counts and schema version, and whether the database and the
 * models' folder can be written. */
void doctor_database(struct doctor *d, const char *db_path);
/* Reports spools and runs that a killed scheduler left. */
void doctor_leftovers(struct doctor *d, const char *db_path);

/* Reports weights that differ from those of their runs, and files that wait for their
 * places. */
void doctor_files(struct doctor *d, const char *db_path);

struct doctor_clock {
    double (*wall)(void);   /* seconds since 1970 */
    double (*steady)(void); /* seconds since a fixed moment; never set back */
};
/* Checks that both clocks run at the same speed and that it is later than the newest stored
 * time. */
void doctor_clocks(struct doctor *d, const struct doctor_clock *clock, const char *db_path);

#endif
