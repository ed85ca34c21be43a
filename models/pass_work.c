/* pass_work.c -- the work memory of a thread: sizes and allocation. */
#include "transformer.h"

enum {
    OUTPUT_LOGITS = 1 << 20, /* at most 4 MiB of logits, to be in or near a core's cache, */
    OUTPUT_ROWS = 64         /* but at least the rows that a product needs to be fast */
};

static int widest_keys(const struct model *m)
{
    int most = 0;
    for (int l = 0; l < m->config.layers; l++)
        most = m->layer[l].key_value.out > most ? m->layer[l].key_value.out : most;
    return most;
}

/* Sums the sizes when `a` is NULL, else takes the memory, so one list serves both. */
struct taker {
    struct arena *a;
    size_t bytes;
};

static void *take(struct taker *t, size_t n, size_t size)
{
    if (t->a)
        return arena_take(t->a, n, size);
    t->bytes += arena_bytes(n, size);
    return NULL;
}

static real *take_rows(struct taker *t, int rows, int columns)
{
    return take(t, (size_t)rows * (size_t)columns, sizeof(real));
}

static void take_layer(const struct model *m, int layer, int rows, struct taker *t,
                       struct layer_work *w)
{
    const int C = m->config.dim, F = m->config.ff;
    w->x = take_rows(t, rows, C);
    w->q = take_rows(t, rows, C);
    w->kv = take_rows(t, rows, m->layer[layer].key_value.out);
    w->state = take_rows(t, rows, m->state_width);
    w->o = take_rows(t, rows, C);
    w->mid = take_rows(t, rows, C);
    w->ff = take_rows(t, rows, F);
    w->sum = m->config.norm == NORM_POST ? take_rows(t, rows, C) : NULL;
    w->lse = take_rows(t, rows, m->config.heads);
    w->stats_attention = take_rows(t, rows, 2);
    w->stats_ff = take_rows(t, rows, 2);
}

/* Returns the number of targets in a block of the output layer: all of them if the vocabulary
 * is small. */
static int output_rows(const struct model *m, int rows)
{
    const int most = OUTPUT_LOGITS / m->config.vocabulary;
    const int least = most < OUTPUT_ROWS ? OUTPUT_ROWS : most;
    return rows < least ? rows : least;
}

static void take_all(const struct model *m, int rows, int sequences, struct taker *t,
                     struct pass_work *w)
{
    const int C = m->config.dim, F = m->config.ff;
    w->layer = take(t, (size_t)m->config.layers, sizeof *w->layer);
    for (int l = 0; l < m->config.layers; l++) {
        struct layer_work unused;
        take_layer(m, l, rows, t, w->layer ? &w->layer[l] : &unused);
    }
    w->last = take_rows(t, rows, C);
    w->stats_final = take_rows(t, rows, 2);
    w->logits = take_rows(t, output_rows(m, rows), m->config.vocabulary);
    real **narrow[] = {&w->normed, &w->picked,   &w->d_out, &w->d_in,
                       &w->d_mid,  &w->d_branch, &w->dq};
    for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
        *narrow[i] = take_rows(t, rows, C);
    w->wide = take_rows(t, rows < FF_ROWS ? rows : FF_ROWS, F);
    w->d_wide = take_rows(t, rows < FF_ROWS ? rows : FF_ROWS, F);
    w->dkv = take_rows(t, rows, widest_keys(m));
    w->dstate = take_rows(t, rows, m->state_width);
    w->room = take(t, encoding_room(m), sizeof(real));
    w->turned = take(t, SMALL_WEIGHTS, sizeof(real));
    int **indices[] = {&w->row,        &w->position,        &w->place,
                       &w->target_row, &w->target_position, &w->target_place};
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
        *indices[i] = take(t, (size_t)rows, sizeof(int));
    w->start = take(t, (size_t)sequences + 1, sizeof(int));
    w->target_start = take(t, (size_t)sequences + 1, sizeof(int));
}

size_t pass_work_bytes(const struct model *m, int rows, int sequences)
{
    struct taker t = {NULL, 0};
    struct pass_work unused;
    take_all(m, rows, sequences, &t, &unused);
    return t.bytes + panel_work_bytes(m);
}

void pass_work_take(const struct model *m, int rows, int sequences, struct arena *a,
                    struct pass_work *out)
{
    struct taker t = {a, 0};
    out->rows = rows;
    out->output_rows = output_rows(m, rows);
    take_all(m, rows, sequences, &t, out);
    panel_work_take(m, a, &out->panel);
}
