/* command_probe.c -- writes the planes of a trained model's attention to a file, and prints their
 * means over sequences of a split. */
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "eval_store.h"
#include "look_run.h"
#include "npy.h"
#include "output.h"
#include "safetensors.h"
#include "targets.h"
#include "text_table.h"

enum { TENSOR_NAME = 128, SEQUENCES_MAX = 10000 };

/* --- the file --- */

struct tensors {
    struct safetensors_tensor *at;
    int n, room;
};

static void tensors_free(struct tensors *t)
{
    for (int i = 0; i < t->n; i++) {
        free((void *)t->at[i].name);
        free(t->at[i].at);
    }
    free(t->at);
}

/* Adds a copy of the numbers under a copy of `name`; returns the numbers, or NULL without
 * memory. */
static real *add_tensor(struct tensors *t, const char *name, int rows, int columns,
                        const real *from)
{
    const size_t n = (size_t)rows * (size_t)columns;
    if (t->n == t->room) {
        const int room = t->room ? 2 * t->room : 64;
        struct safetensors_tensor *all = realloc(t->at, (size_t)room * sizeof *all);
        if (!all)
            return NULL;
        t->at = all;
        t->room = room;
    }
    char *own = strdup(name);
    real *at = malloc(n * sizeof *at);
    if (!own || !at) {
        free(own);
        free(at);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        at[i] = from[i];
    t->at[t->n++] = (struct safetensors_tensor){own, rows, columns, at};
    return at;
}

/* Adds the planes of one sequence: "3.layers.0.heads.1.gate" [T, T], and "3.tokens" [T]. */
static enum status keep(const struct look_run *r, int index, struct tensors *t,
                        struct err *e)
{
    const struct looking *x = &r->looking;
    char name[TENSOR_NAME];
    bool ok = true;
    real *ids = malloc((size_t)x->tokens * sizeof *ids);
    for (int i = 0; ids && i < x->tokens; i++)
        ids[i] = (real)r->sequence.batch.token[i];
    snprintf(name, sizeof name, "%d.tokens", index);
    ok = ids && add_tensor(t, name, 1, x->tokens, ids);
    free(ids);
    for (int l = 0; l < x->layers; l++)
        for (int h = 0; h < x->heads; h++)
            for (int k = 0; k < x->planes && ok; k++) {
                snprintf(name, sizeof name, "%d.layers.%d.heads.%d.%s", index, l, h,
                         looking_name(x, k));
                ok = add_tensor(t, name, x->tokens, x->tokens, looking_plane(x, l, h, k));
            }
    return ok ? ST_OK : err_set(e, ST_NOMEM, "no memory for %d planes", t->n);
}

/* --- means --- */

static double mean(double sum, int64_t n)
{
    return n ? sum / (double)n : (double)NAN;
}

/* Returns the size of the position logits divided by that of the content logits. */
static double logit_ratio(const struct look_logits *l)
{
    return l->pairs && l->content > 0 ? l->added / l->content : (double)NAN;
}

enum { ENTROPY, POSITION_ENTROPY, LOGIT_RATIO, MEANS_OWN };
enum { MEANS_MAX = MEANS_OWN + LOOK_PLANES };

/* Writes the names of the means of a head; returns how many there are. */
static int mean_names(const struct looking *x, const char *name[MEANS_MAX])
{
    name[ENTROPY] = "entropy";
    name[POSITION_ENTROPY] = "position_entropy";
    name[LOGIT_RATIO] = "position_to_content";
    for (int k = LOOK_OWN; k < x->planes; k++)
        name[MEANS_OWN + k - LOOK_OWN] = looking_name(x, k);
    return MEANS_OWN + x->planes - LOOK_OWN;
}

static void means_of(const struct looking *x, const struct look_sum *s,
                     double value[MEANS_MAX])
{
    value[ENTROPY] = mean(s->entropy[LOOK_ATTENTION], s->queries[LOOK_ATTENTION]);
    value[POSITION_ENTROPY] =
        mean(s->entropy[LOOK_POSITION_ATTENTION], s->queries[LOOK_POSITION_ATTENTION]);
    value[LOGIT_RATIO] = logit_ratio(&s->logits);
    for (int k = LOOK_OWN; k < x->planes; k++)
        value[MEANS_OWN + k - LOOK_OWN] = mean(s->sum[k], s->pairs[k]);
}

static void print_means(const struct looking *x, const struct look_sum *sums,
                        struct text_table *t)
{
    const char *name[MEANS_MAX];
    double value[MEANS_MAX];
    const int n = mean_names(x, name);
    text_table_column(t, "layer", true);
    text_table_column(t, "head", true);
    for (int k = 0; k < n; k++)
        text_table_column(t, name[k], true);
    for (int i = 0; i < x->layers * x->heads; i++) {
        text_table_whole(t, i / x->heads);
        text_table_whole(t, i % x->heads);
        means_of(x, &sums[i], value);
        for (int k = 0; k < n; k++)
            text_table_real(t, value[k]);
    }
}

static enum status print_text(const struct look_run *r, int sequences,
                              const struct look_sum *sums, struct err *e)
{
    struct text_table t;
    clean_line(stdout, "run %s: %s %s seed %llu, %d sequences of %s", r->stored.id,
               r->run.experiment, r->run.variant, (unsigned long long)r->run.seed,
               sequences, r->split.name);
    fputs(
        "\nEntropy of the attention of a query, in nats, and of position alone; size of the "
        "logits of\nposition against those of content; means over keys.\n\n",
        stdout);
    text_table_init(&t, PRINT_TEXT, stdout);
    print_means(&r->looking, sums, &t);
    return text_table_end(&t, e);
}

static enum status print_object(const struct look_run *r, int sequences,
                                const struct look_sum *sums, struct err *e)
{
    struct text_table t;
    text_table_init(&t, PRINT_JSON, stdout);
    text_table_keep(&t);
    print_means(&r->looking, sums, &t);
    json_t *heads = text_table_take(&t);
    json_t *all = heads
                      ? json_pack("{si sI ss ss ss ss ss sI ss si so}", "schema", 1, "run",
                                  (json_int_t)strtoll(r->stored.id, NULL, 10), "identity",
                                  r->run.identity, "experiment", r->run.experiment,
                                  "profile", r->run.profile, "cell", r->run.cell, "variant",
                                  r->run.variant, "seed", (json_int_t)r->run.seed, "split",
                                  r->split.name, "sequences", sequences, "heads", heads)
                      : NULL;
    return print_json(all, JSON_INDENT(1), stdout, e);
}

/* --- the database --- */

/* Returns the mean over the heads that have the number. */
static double mean_of_heads(const double *value, int heads, int stride)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < heads; i++)
        if (!isnan(value[(size_t)i * (size_t)stride])) {
            sum += value[(size_t)i * (size_t)stride];
            n++;
        }
    return mean(sum, n);
}

/* Stores "layers.0.heads.1.gate" of each head, and "gate", the mean over heads, where they are
 * numbers. `value` is [heads, MEANS_MAX]. */
static enum status store_values(const char *db, const struct look_run *r, int sequences,
                                const double *value, struct err *e)
{
    const struct looking *x = &r->looking;
    const char *name[MEANS_MAX];
    const int n = mean_names(x, name), heads = x->layers * x->heads;
    struct metric_row *row = calloc((size_t)(heads + 1) * MEANS_MAX, sizeof *row);
    char(*text)[TENSOR_NAME] = calloc((size_t)(heads + 1) * MEANS_MAX, sizeof *text);
    int rows = 0;
    for (int i = 0; row && text && i <= heads; i++)
        for (int k = 0; k < n; k++) {
            const double v = i < heads ? value[i * MEANS_MAX + k]
                                       : mean_of_heads(value + k, heads, MEANS_MAX);
            if (isnan(v))
                continue;
            if (i < heads)
                snprintf(text[rows], TENSOR_NAME, "layers.%d.heads.%d.%s", i / x->heads,
                         i % x->heads, name[k]);
            else
                snprintf(text[rows], TENSOR_NAME, "%s", name[k]);
            row[rows] = (struct metric_row){
                .name = text[rows], .value = v, .count = -1, .total = -1};
            rows++;
        }
    const enum status st =
        row && text ? eval_store(db, &r->stored, &r->split, sequences, row, rows, e)
                    : err_set(e, ST_NOMEM, "no memory for the means of %d heads", heads);
    free(row);
    free(text);
    return st;
}

static enum status store_means(const char *db, const struct look_run *r, int sequences,
                               const struct look_sum *sums, struct err *e)
{
    const int heads = r->looking.layers * r->looking.heads;
    double *value = calloc((size_t)heads * MEANS_MAX, sizeof *value);
    if (!value)
        return err_set(e, ST_NOMEM, "no memory for the means of %d heads", heads);
    for (int i = 0; i < heads; i++)
        means_of(&r->looking, &sums[i], value + (size_t)i * MEANS_MAX);
    const enum status st = store_values(db, r, sequences, value, e);
    free(value);
    return st;
}

/* --- the command --- */

static enum status look_at_all(struct look_run *r, int sequences, struct look_sum *sums,
                               struct tensors *t, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < sequences && st == ST_OK; i++) {
        st = look_run_at(r, i, e);
        if (st == ST_OK)
            looking_add(&r->looking, sums);
        if (st == ST_OK && t)
            st = keep(r, i, t, e);
    }
    return st;
}

static bool ends_in(const char *path, const char *end)
{
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, end) == 0;
}

static enum status write_npz(const char *path, const struct tensors *t, struct err *e)
{
    struct output *o = NULL;
    enum status st = output_open(path, true, &o, e); /* check_output has checked the path */
    if (st == ST_OK)
        st = npz_write(output_file(o), t->at, t->n, e);
    if (st == ST_OK)
        st = output_commit(o, e);
    output_close(o);
    return st;
}

static enum status write_file(const struct look_run *r, const char *path,
                              const struct tensors *t, struct err *e)
{
    if (ends_in(path, ".npz"))
        return write_npz(path, t, e);
    const struct safetensors_note notes[] = {{"identity", r->run.identity},
                                             {"variant", r->run.variant},
                                             {"split", r->split.name}};
    return safetensors_write(path, t->at, t->n, notes, 3, e);
}

static enum status probe(const struct invocation *v, struct look_run *r, const char *db,
                         int sequences, struct err *e)
{
    const char *path = flag_text(v, "output", NULL);
    const size_t heads = (size_t)r->looking.layers * (size_t)r->looking.heads;
    struct look_sum *sums = calloc(heads, sizeof *sums);
    struct tensors t = {.at = NULL};
    if (!sums)
        return err_set(e, ST_NOMEM, "no memory for %zu heads", heads);
    enum status st = look_at_all(r, sequences, sums, path ? &t : NULL, e);
    if (st == ST_OK && path)
        st = write_file(r, path, &t, e);
    if (st == ST_OK && flag_given(v, "store"))
        st = store_means(db, r, sequences, sums, e);
    if (st == ST_OK)
        st = flag_given(v, "json") ? print_object(r, sequences, sums, e)
                                   : print_text(r, sequences, sums, e);
    tensors_free(&t);
    free(sums);
    return st;
}

static enum status check_output(const struct invocation *v, struct err *e)
{
    const char *path = flag_text(v, "output", NULL);
    if (path && !ends_in(path, ".npz") && !ends_in(path, ".safetensors"))
        return err_set(e, ST_USAGE, "%s: name a file that ends in .npz or .safetensors",
                       path);
    FILE *f = path && !flag_given(v, "force") ? fopen(path, "re") : NULL;
    if (!f)
        return ST_OK;
    fclose(f);
    return err_set(e, ST_IO, "%s is there; use --force to replace it", path);
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct look_run r = {.sampler = NULL};
    char db[PATH_MAX];
    long sequences;
    enum status st = flag_integer(v, "count", 1, SEQUENCES_MAX, 10, &sequences, e);
    if (st == ST_OK)
        st = check_output(v, e);
    if (st == ST_OK)
        st = look_run_open(target_database(v, "", db), argument_at(v, 0),
                           flag_text(v, "split", "id"), &r, e);
    if (st == ST_OK && sequences > r.split.count)
        sequences = r.split.count;
    if (st == ST_OK)
        st = probe(v, &r, db, (int)sequences, e);
    look_run_close(&r);
    return st;
}

static const struct flag flags[] = {
    {"split", 0, "SPLIT", false, "split of the run or of its task (default id)"},
    {"count", 'n', "N", false, "the first N sequences of the split (default 10)"},
    {"output", 'o', "FILE", false,
     "also write the planes of each sequence, layer and head: FILE.npz or FILE.safetensors"},
    {"force", 'f', NULL, false, "replace FILE if it is there"},
    {"store", 0, NULL, false, "keep the means in the database (table evaluation)"},
    {"json", 0, NULL, false, "the means as a JSON object"},
    FLAG_DB,
    {0},
};

const struct command command_probe = {
    .name = "probe",
    .group = GROUP_LOOK,
    .summary = "what the attention of a trained model does, head by head",
    .arguments = "RUN",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench probe 12\n"
                "posbench probe 12 --split ood_sparse -n 100 --json\n"
                "posbench probe 12 -n 200 --store\n"
                "posbench probe 12 -n 3 -o planes.npz",
    .flags = flags,
    .run = run,
};
