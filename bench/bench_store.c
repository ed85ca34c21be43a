/* bench_store -- writes a results database as large as a year of experiments.
 *
 *     bench_store FILE [RUNS [POINTS [CELLS [SEEDS]]]]
 *
 * RUNS done runs (default 10,000) with POINTS points of a learning curve (default 40) on
 * `valid`, final numbers and places of three test splits. An experiment has CELLS cells
 * (default 5) of four encoders with SEEDS seeds (default 5) each, and six claims.
 * bench/store_times prints how long each view, query and command takes on it. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

enum { NAME = 160, TOGETHER = 100 };

struct size {
    int runs, points, cells, seeds; /* cells per experiment, seeds per encoder and cell */
};

static const char *const encoders[] = {"none", "absolute", "rope", "cope"};
enum { ENCODERS = sizeof encoders / sizeof encoders[0] };

static struct err err;

static void must(enum status st)
{
    if (st) {
        fprintf(stderr, "bench_store: %s\n", err.msg);
        exit(1);
    }
}

/* Returns a number in [0, 1) that differs from run to run; it means nothing. */
static double number(int run, int point)
{
    return (double)((run * 7919 + point * 104729) % 10007) / 10007.0;
}

static struct metric_row share(const char *split, const char *name, int step, int count,
                               int total)
{
    return (struct metric_row){split, name, step, (double)count / total, count, total};
}

static void put(struct store *s, int64_t id, const char *split, int step, double error)
{
    const int total = 16000, wrong = (int)(error * total);
    const struct metric_row m[] = {
        share(split, "accuracy", step, total - wrong, total),
        share(split, "token_error", step, wrong, total),
        share(split, "sequence_error", step, wrong / 16, total / 16),
        {split, "loss", step, 2 * error, -1, -1},
        {split, "perplexity", step, 1 + error, -1, -1},
    };
    must(store_metrics(s, id, m, sizeof m / sizeof *m, &err));
}

static void put_floor(struct store *s, int64_t id, const char *split, int step)
{
    const struct metric_row m[] = {{split, "chance", step, 0.5, -1, -1},
                                   {split, "majority", step, 0.52, 8320, 16000},
                                   {split, "ceiling", step, 1, 16000, 16000}};
    must(store_metrics(s, id, m, sizeof m / sizeof *m, &err));
}

enum { DISTANCES = 40, EACH = 25, PLACES = DISTANCES * EACH };

/* Stores the places of a split by two strata like those of Flip-Flop: DISTANCES distances, and
 * two classes. */
static void put_places(struct store *s, int64_t id, const char *split, double error)
{
    uint8_t bits[PLACES / 8] = {0};
    char strata[DISTANCES * 16 + 96];
    int wrong = 0, at = snprintf(strata, sizeof strata, "{\"ignores\":[");
    for (int k = 0; k < DISTANCES; k++) {
        const int here = (int)(error * EACH * k / DISTANCES);
        at += snprintf(strata + at, sizeof strata - (size_t)at, "%s[%d,%d,%d]",
                       k ? "," : "", k, here, EACH);
        wrong += here;
    }
    const int easy = wrong / 4;
    snprintf(strata + at, sizeof strata - (size_t)at, "],\"agree\":[[0,%d,%d],[1,%d,%d]]}",
             easy, PLACES / 2, wrong - easy, PLACES / 2);
    for (int i = wrong; i < PLACES; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | 1U << (i % 8));
    const struct place_row p = {split, PLACES, bits, strata};
    must(store_places(s, id, &p, &err));
}

static int runs_of_experiment(const struct size *z)
{
    return z->cells * ENCODERS * z->seeds;
}

static void add(struct store *s, int64_t made_by, int run, const struct size *z)
{
    static const char *const splits[] = {"id", "ood_sparse", "ood_dense"};
    const struct run_cost cost = {z->points * 100, 100000, 1e12, 60, 55, 20000, 60};
    char identity[NAME], experiment[NAME], cell[NAME], config[NAME * 2];
    const int row = run / z->seeds, group = row / ENCODERS, points = z->points;
    const int dim = 8 * (1 + group % z->cells);
    const char *encoder = encoders[row % ENCODERS];
    int64_t id;
    snprintf(identity, sizeof identity, "%032x", run);
    snprintf(experiment, sizeof experiment, "experiment_%d", run / runs_of_experiment(z));
    snprintf(cell, sizeof cell, "model.dim=%d", dim);
    snprintf(config, sizeof config,
             "{\"seed\": %d, \"experiment\": \"%s\", \"encoder\": \"%s\", \"model\": "
             "{\"dim\": %d}, \"train\": {\"steps\": %d, \"group\": %d}}",
             run % z->seeds, experiment, encoder, dim, points * 100, group);
    const struct run_row r = {identity, experiment, "quick", cell, "flip_flop",
                              encoder,  encoder,    config,  1,    run % z->seeds};
    must(store_run(s, &r, &id, NULL, &err));
    must(store_begin(s, id, made_by, &err));
    for (int k = 1; k <= points; k++)
        put(s, id, "valid", k * 100, number(run, k));
    for (int k = 0; k < 3; k++) {
        put(s, id, splits[k], points * 100, number(run, k));
        put_floor(s, id, splits[k], points * 100);
        put_places(s, id, splits[k], number(run, k));
    }
    must(store_done(s, id, &cost, &err));
}

enum { CLAIMS = 6 };

/* Stores the claims about the first cell of an experiment. */
static void claim(struct store *s, int number)
{
    static const char *const splits[] = {"id", "ood_sparse", "ood_dense"};
    char id[CLAIMS][NAME], experiment[NAME];
    struct claim_row c[CLAIMS];
    snprintf(experiment, sizeof experiment, "experiment_%d", number);
    for (int i = 0; i < CLAIMS; i++) {
        snprintf(id[i], sizeof id[i], "claim-%d-%d", number, i);
        c[i] = (struct claim_row){.id = id[i],
                                  .text = "one errs less",
                                  .experiment = experiment,
                                  .cell = "model.dim=8",
                                  .split = splits[i % 3],
                                  .metric = "token_error",
                                  .less = "cope",
                                  .than = i < 3 ? "rope" : "none",
                                  .published_less = (double)NAN,
                                  .published_than = (double)NAN};
    }
    must(store_claims(s, c, CLAIMS, &err));
}

/* Returns argv[i] as a number; `otherwise` if there is none or it is below 1. */
static int argument(int argc, char **argv, int i, int otherwise)
{
    const int n = argc > i ? (int)strtol(argv[i], NULL, 10) : otherwise;
    return n > 0 ? n : 1;
}

int main(int argc, char **argv)
{
    const struct size z = {argument(argc, argv, 2, 10000), argument(argc, argv, 3, 40),
                           argument(argc, argv, 4, 5), argument(argc, argv, 5, 5)};
    const struct provenance p = {"bench", "0",   "cc",   "-O2", "x86-64-v3", "OpenBLAS",
                                 "core",  "cpu", "host", "0",   false,       1};
    struct store *s = NULL;
    int64_t made_by;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_store FILE [RUNS [POINTS [CELLS [SEEDS]]]]\n");
        return 2;
    }
    must(store_open(argv[1], STORE_WRITE, &s, &err));
    must(store_provenance(s, &p, &made_by, &err));
    for (int run = 0; run < z.runs; run += TOGETHER) {
        must(store_together(s, &err));
        for (int k = run; k < z.runs && k < run + TOGETHER; k++)
            add(s, made_by, k, &z);
        must(store_together_end(s, ST_OK, &err));
    }
    must(store_together(s, &err));
    for (int i = 0; i * runs_of_experiment(&z) < z.runs; i++)
        claim(s, i);
    must(store_together_end(s, ST_OK, &err));
    store_close(s);
    return 0;
}
