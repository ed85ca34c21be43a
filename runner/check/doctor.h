/* doctor.h -- is everything here that runs need, and does it do what it should?
 *
 * Each check adds findings; one that is not fine has a remedy. What a check looks at can
 * be replaced, so that tests can see it find something. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "gemm.h"
#include "kernels.h"
#include "status.h"
#include "store.h"

enum doctor_level {
    DOCTOR_FINE,
    DOCTOR_ADVICE, /* runs work; something is to be done all the same */
    DOCTOR_FAULT,  /* runs would fail, or their numbers be wrong */
    DOCTOR_LEVELS
};
const char *doctor_level_text(enum doctor_level l); /* "ok", "advice", "fault" */

/* More findings stop in doctor_say; longer texts are cut. Chosen. */
enum { FINDINGS_MAX = 64, FINDING_TEXT = 480 };

struct finding {
    enum doctor_level level;
    const char *check;         /* "disk", static */
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
/* Products of many shapes, strides and transposes against loops in double. */
void doctor_gemm(struct doctor *d, const struct doctor_blas *blas);
/* A table of vector code against the naive one. */
void doctor_kernels(struct doctor *d, const struct kernels *table,
                    const struct kernels *naive);

void doctor_memory(struct doctor *d);
/* Free space in the database's folder, a write that reaches the disk, a trial of the
 * write-ahead log. */
void doctor_disk(struct doctor *d, const char *db_path);
/* Integrity, references and counts, schema version; may it and the models' folder be written? */
void doctor_database(struct doctor *d, const char *db_path);
/* Spools and runs that a killed scheduler left. */
void doctor_leftovers(struct doctor *d, const char *db_path);

/* Weights that are not those of their runs, and files that wait for their places. */
void doctor_files(struct doctor *d, const char *db_path);

struct doctor_clock {
    double (*wall)(void);   /* seconds since 1970 */
    double (*steady)(void); /* seconds since some moment, never set back */
};
/* Do both clocks go alike, and is it later than the newest of what is stored? */
void doctor_clocks(struct doctor *d, const struct doctor_clock *clock, const char *db_path);

#endif
