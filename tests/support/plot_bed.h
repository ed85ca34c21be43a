/* plot_bed.h -- a database with what plots draw, and macros for the text that they write. */
#ifndef PLOT_BED_H
#define PLOT_BED_H

#include "filled_store.h"
#include "plot.h"

/* Adds three seeds of an encoder on one split, with a curve of two points on `valid`. */
static inline void add_curves(struct fixture *f, const char *variant, const double *last)
{
    for (int seed = 1; seed <= 3; seed++) {
        const int64_t id = add_run(
            f->store,
            (struct fake_run){.variant = variant, .encoder = variant, .seed = seed});
        const struct metric_row rows[] = {
            {"valid", "token_error", 50, 0.5, 50, 100},
            {"valid", "token_error", 100, 0.1 * seed, 10L * seed, 100},
            {"ood_long", "token_error", 100, last[seed - 1], 0, 300},
        };
        assert_ok(store_metrics(f->store, id, rows, 3, &err));
        const struct place_row places = {"ood_long", 100, NULL,
                                         "{\"far\":[[0,0,50],[4,5,30],[9,10,20]]}"};
        assert_ok(store_places(f->store, id, &places, &err));
    }
}

/* Adds two seeds evaluated at lengths 64 and 128 and p_ignore 0.5 and 0.9; the number of
 * sequences and the option `quiet` do not vary. */
static inline void add_surface(struct fixture *f, const char *variant, double error[2][4])
{
    for (int seed = 1; seed <= 2; seed++) {
        const int64_t id = add_run(
            f->store,
            (struct fake_run){.variant = variant, .encoder = variant, .seed = seed});
        for (int i = 0; i < 4; i++) {
            char options[96];
            const struct metric_row m = {"id", "token_error", 0, error[seed - 1][i], -1,
                                         -1};
            const struct evaluation_row r = {variant, "id", options, 20, &m, 1};
            snprintf(options, sizeof options,
                     "{\"length\":%d,\"p_ignore\":%g,\"quiet\":0.0}", i < 2 ? 64 : 128,
                     i % 2 ? 0.9 : 0.5);
            assert_ok(store_evaluation(f->store, id, &r, &err));
        }
    }
}

/* Adds claims about two encoders of add_curves, whose runs are the first six. The second
 * claim has no run on its second side; the third comes after one of another metric. */
static inline void add_claims(struct fixture *f, const char *less, const char *than)
{
    const double nan = (double)NAN;
    const struct claim_row rows[] = {
        {"c1", "t", "flip_flop", "", "ood_long", "token_error", less, than, 0.01, 0.21},
        {"c2", "t", "flip_flop", "", "ood_long", "token_error", less, "absent", nan, nan},
        {"c3", "t", "flip_flop", "", "ood_long", "loss", less, than, nan, nan},
        {"c4", "t", "flip_flop", "", "ood_long", "token_error", than, less, nan, nan},
    };
    for (int run = 1; run <= 6; run++)
        put(f->store, run, "ood_long", "loss", 0.5 + 0.1 * run);
    assert_ok(store_claims(f->store, rows, 4, &err));
}

static inline struct plot_data read_plot(struct fixture *f, const char *name,
                                         struct plot_request *q)
{
    struct plot_data d = {0};
    const struct plot *p = plot_find(name);
    assert_non_null(p);
    q->metric = p->metric;
    assert_ok(p->read(f->store, q, &d, &err));
    return d;
}

/* Sets `text` to what `call` writes to `out`. */
#define TEXT_OF(text, bytes, call)                     \
    do {                                               \
        FILE *out = open_memstream(&(text), &(bytes)); \
        call;                                          \
        fclose(out);                                   \
    } while (0)

#endif
