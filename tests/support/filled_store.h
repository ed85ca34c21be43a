/* filled_store.h -- a results database in a folder of its own, and runs to put into it. */
#ifndef FILLED_STORE_H
#define FILLED_STORE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "scratch.h"
#include "store.h"

/* Fails the test with the message of the error. */
#define assert_ok(call)                              \
    do {                                             \
        const enum status got_ = (call);             \
        if (got_)                                    \
            print_error("%s: %s\n", #call, err.msg); \
        assert_int_equal(got_, ST_OK);               \
    } while (0)

struct fixture {
    char folder[SCRATCH_TEXT], path[96];
    struct store *store;
};

static struct err err;

static inline int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    scratch_make(f->folder);
    snprintf(f->path, sizeof f->path, "%s/results.db", f->folder);
    *state = f;
    return store_open(f->path, STORE_WRITE, &f->store, &err);
}

static inline int close_fixture(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

/* The fields that a test sets of a run; fields left 0 have defaults. */
struct fake_run {
    const char *experiment, *profile, *cell, *variant, *encoder;
    int seed;
    int steps;         /* in the configuration; 0: 100 */
    const char *lr;    /* likewise; NULL: none */
    const char *state; /* NULL: done */
    const char *error;
    const char *more; /* members of the configuration: "\"task\": {...}, ..."; NULL: none */
};

/* Adds a run whose identity is the text of what makes the run, so that equal runs are one. */
static inline int64_t add_run(struct store *s, struct fake_run r)
{
    char identity[256], config[1024];
    int64_t id = 0;
    const char *const experiment = r.experiment ? r.experiment : "flip_flop";
    const char *const profile = r.profile ? r.profile : "quick";
    const char *const cell = r.cell ? r.cell : "";
    const int steps = r.steps ? r.steps : 100;
    const struct run_cost cost = {.steps = steps,
                                  .parameters = 7,
                                  .flops = 1e9,
                                  .wall_s = 2.5,
                                  .cpu_s = 2,
                                  .tokens_per_s = 1000,
                                  .peak_memory_mib = 64};
    snprintf(identity, sizeof identity, "%s/%s/%s/%s/%d/%d", experiment, profile, cell,
             r.variant, r.seed, steps);
    snprintf(config, sizeof config, "{\"seed\": %d, \"train\": {\"steps\": %d%s%s}%s%s}",
             r.seed, steps, r.lr ? ", \"lr\": " : "", r.lr ? r.lr : "", r.more ? ", " : "",
             r.more ? r.more : "");
    const struct run_row row = {.identity = identity,
                                .experiment = experiment,
                                .profile = profile,
                                .cell = cell,
                                .task = experiment,
                                .encoder = r.encoder ? r.encoder : r.variant,
                                .variant = r.variant,
                                .config = config,
                                .task_version = 1,
                                .seed = r.seed};
    assert_ok(store_run(s, &row, &id, NULL, &err));
    if (!r.state || strcmp(r.state, "done") == 0)
        assert_ok(store_done(s, id, &cost, &err));
    else if (strcmp(r.state, "new") != 0)
        assert_ok(store_stopped(s, id, r.state, r.error, &err));
    return id;
}

static inline void put(struct store *s, int64_t run, const char *split, const char *name,
                       double value)
{
    const struct metric_row m = {.split = split,
                                 .name = name,
                                 .step = 100,
                                 .value = value,
                                 .count = -1,
                                 .total = -1};
    assert_ok(store_metrics(s, run, &m, 1, &err));
}

/* Stores what a run stores at its end of a split of 10 sequences: `wrong` of `tokens`
 * scored tokens and `wrong_sequences` of the sequences wrong; wrong < 0: not available. */
static inline void put_split(struct store *s, int64_t run, const char *split, int wrong,
                             int tokens, int wrong_sequences)
{
    const double nan = (double)NAN;
    const int none = wrong < 0;
    const double error = none ? nan : (double)wrong / tokens;
    const double sequence = none ? nan : wrong_sequences / 10.0;
    const struct metric_row m[] = {
        {split, "accuracy", 100, 1 - error, none ? -1 : tokens - wrong, none ? -1 : tokens},
        {split, "token_error", 100, error, none ? -1 : wrong, none ? -1 : tokens},
        {split, "sequence_accuracy", 100, 1 - sequence, none ? -1 : 10 - wrong_sequences,
         none ? -1 : 10},
        {split, "sequence_error", 100, sequence, none ? -1 : wrong_sequences,
         none ? -1 : 10},
        {split, "loss", 100, error, -1, -1},
        {split, "perplexity", 100, exp(error), -1, -1},
        {split, "chance", 100, 0.5, -1, -1},
        {split, "majority", 100, 0.52, tokens * 52 / 100, tokens},
        {split, "ceiling", 100, 1, tokens, tokens},
    };
    assert_ok(store_metrics(s, run, m, sizeof m / sizeof *m, &err));
}

static inline json_t *parse_json(const char *text)
{
    json_error_t why;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        print_error("line %d: %s\n%s\n", why.line, why.text, text);
    assert_non_null(root);
    return root;
}

/* Returns how often `part` occurs in `text`. */
static inline int occurrences(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        n++;
    return n;
}

#endif
