#include "places.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

static enum status no_memory(const struct places *p, struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for %lld scored places", (long long)p->count);
}

/* Makes room for one more bit. */
static enum status grow_bits(struct places *p, struct err *e)
{
    const size_t at = (size_t)(p->count / 8);
    if (p->count >= PLACES_MAX) {
        free(p->bits);
        p->bits = NULL;
        return ST_OK;
    }
    if (at < p->room)
        return ST_OK;
    const size_t room = p->room ? 2 * p->room : 256;
    uint8_t *bits = realloc(p->bits, room);
    if (!bits)
        return no_memory(p, e);
    memset(bits + p->room, 0, room - p->room);
    p->bits = bits;
    p->room = room;
    return ST_OK;
}

/* Makes room for `value` in stratum i. */
static enum status grow_stratum(struct places *p, int i, int32_t value, struct err *e)
{
    const int32_t before = p->stratum[i].room;
    int32_t room = before ? before : 16;
    while (room <= value)
        room *= 2;
    if (room == before)
        return ST_OK;
    struct place_sum *of = realloc(p->stratum[i].of, (size_t)room * sizeof *of);
    if (!of)
        return no_memory(p, e);
    memset(of + before, 0, (size_t)(room - before) * sizeof *of);
    p->stratum[i].of = of;
    p->stratum[i].room = room;
    return ST_OK;
}

static enum status add_place(struct places *p, const struct sampled *b, int t, bool right,
                             double nats, struct err *e)
{
    enum status st = grow_bits(p, e);
    if (st == ST_OK && p->bits && right)
        p->bits[p->count / 8] = (uint8_t)(p->bits[p->count / 8] | 1u << (p->count % 8));
    for (int i = 0; i < TASK_STRATA_MAX && b->stratum[i] && st == ST_OK; i++) {
        const int32_t value = b->stratum[i][t];
        assert(value >= 0);
        st = grow_stratum(p, i, value, e);
        if (st == ST_OK) {
            struct place_sum *sum = &p->stratum[i].of[value];
            sum->wrong += !right;
            sum->places++;
            sum->nats += nats;
        }
    }
    p->count += st == ST_OK;
    return st;
}

enum status places_add(struct places *p, const struct sampled *b, const int32_t *best,
                       const float *loss, struct err *e)
{
    const int tokens = b->batch.start[b->batch.sequences];
    enum status st = ST_OK;
    for (int t = 0; t < tokens && st == ST_OK; t++)
        if (b->scored[t])
            st = add_place(p, b, t, best[t] == b->batch.target[t], (double)loss[t], e);
    return st;
}

/* Returns [value, wrong, places], followed by the nats in a split of text. */
static json_t *value_json(const struct places *p, int32_t value,
                          const struct place_sum *sum)
{
    json_t *one = json_pack("[I, I, I]", (json_int_t)value, (json_int_t)sum->wrong,
                            (json_int_t)sum->places);
    const bool known = isfinite(sum->nats);
    if (!p->task->measure ||
        json_array_append_new(one, known ? json_real(sum->nats) : json_null()) == 0)
        return one;
    json_decref(one);
    return NULL;
}

/* Returns the values that occur. */
static json_t *stratum_json(const struct places *p, int i)
{
    json_t *values = json_array();
    for (int32_t value = 0; value < p->stratum[i].room; value++) {
        const struct place_sum *sum = &p->stratum[i].of[value];
        if (sum->places && json_array_append_new(values, value_json(p, value, sum)) != 0) {
            json_decref(values);
            return NULL;
        }
    }
    return values;
}

enum status places_row(const struct places *p, const char *split, struct place_row *out,
                       char **text, struct err *e)
{
    json_t *all = json_object();
    int failed = !all;
    for (int i = 0; p->task->strata && p->task->strata[i].name; i++)
        failed |=
            json_object_set_new(all, p->task->strata[i].name, stratum_json(p, i)) != 0;
    *text = failed ? NULL : json_write(all, JSON_COMPACT);
    json_decref(all);
    if (!*text)
        return no_memory(p, e);
    *out = (struct place_row){
        .split = split, .count = p->count, .bits = p->bits, .strata = *text};
    if (p->count == 0)
        out->bits = (const uint8_t *)""; /* NULL would mean too many places */
    return ST_OK;
}

/* The array of bits may have twice the needed size; the row has two digits for each byte. */
double places_bytes(double count)
{
    return fmin(count, (double)PLACES_MAX) / 8 * 4;
}

void places_free(struct places *p)
{
    free(p->bits);
    for (int i = 0; i < TASK_STRATA_MAX; i++)
        free(p->stratum[i].of);
    *p = (struct places){.task = p->task};
}
