/* task_grid_navigation.c -- what was seen at this place before?
 *
 *     o[0]  m[1] o[1]  m[2] o[2]  ...  m[T]      T = `steps`
 *
 * The world is a ring (dimensions 1) or a torus (2), `width` cells on each side. A cell is
 * empty, written _, with probability p_empty, else holds one of `objects` objects, all equally
 * likely. A walk begins at some cell and makes T moves, all directions equally likely: left
 * and right, and in two dimensions up and down. Token o[t] is what is seen after move t. It is
 * predicted at the token m[t]: the target is there, scored, if that cell was seen before and
 * holds an object. A sample without any such place is drawn again.
 *
 * Why: moves have signs and cancel, so the place is their sum, not their number. An encoding
 * that adds up the moves can represent the map; one that counts tokens or words cannot. In two
 * dimensions it needs two sums.
 *
 * Chance: 1/objects.  Majority: 1/objects.  Ceiling: 1.
 * Source: Rambaud et al. 2025, arXiv 2511.19279, table 2 (T 128, width 64, p_empty 0.5;
 * tested at 64, 32, 0.2 and 256, 128, 0.8), after Whittington et al. 2020. Here all sizes
 * are a quarter of these; that empty cells are not asked for, the number of objects and
 * the splits' sizes are ours. */
#include "sample_write.h"

#include <assert.h>

enum { DIMENSIONS, STEPS, WIDTH, P_EMPTY, OBJECTS }; /* options */
enum { WIDTH_MOST = 128, UNSEEN = -1 }; /* WIDTH_MOST sizes an array on the stack; chosen */
enum { MOVES = 4 }; /* ids: objects, the empty cell, left, right, up, down */

static const struct option options[] = {
    [DIMENSIONS] = {"dimensions", OPTION_INT, .lo = 1, .hi = 2, .dflt = 1,
                    .help = "1: a ring; 2: a torus"},
    [STEPS] = {"steps", OPTION_INT, .lo = 4, .hi = 65536, .dflt = 32,
               .help = "moves of a walk; a sample has twice as many tokens"},
    [WIDTH] = {"width", OPTION_INT, .lo = 2, .hi = WIDTH_MOST, .dflt = 16,
               .help = "cells to each side"},
    [P_EMPTY] = {"p_empty", OPTION_REAL, .lo = 0, .hi = 0.95, .dflt = 0.5,
                 .help = "probability that a cell is empty"},
    [OBJECTS] = {"objects", OPTION_INT, .lo = 2, .hi = 1000, .dflt = 8,
                 .help = "different objects"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_dense",
     1000,
     "shorter walks in a smaller, fuller world",
     {{"steps", 16}, {"width", 8}, {"p_empty", 0.2}}},
    {"ood_sparse",
     1000,
     "longer walks in a larger, emptier world",
     {{"steps", 64}, {"width", 32}, {"p_empty", 0.8}}},
    {"ood_longer", 1000, "four times as many moves in the same world", {{"steps", 128}}},
    {0},
};

static int32_t empty(const struct option_values *o)
{
    return (int32_t)o->v[OBJECTS];
}

static int32_t move_id(const struct option_values *o, int move)
{
    return empty(o) + 1 + move;
}

static int vocabulary(const struct option_values *o)
{
    return move_id(o, 2 * (int)o->v[DIMENSIONS]);
}

static int max_length(const struct option_values *o)
{
    return 2 * (int)o->v[STEPS];
}

static int answers(const struct option_values *o)
{
    return (int)o->v[OBJECTS];
}

/* The content of a cell is drawn when it is first seen. */
struct world {
    int x, y;
    int16_t cell[WIDTH_MOST][WIDTH_MOST];
};

static int around(int place, int width)
{
    return place < 0 ? width - 1 : place == width ? 0 : place;
}

static void go(const struct option_values *o, struct world *w, int move)
{
    const int width = (int)o->v[WIDTH];
    w->x = around(w->x + (move == 1) - (move == 0), width);
    w->y = around(w->y + (move == 3) - (move == 2), width);
}

static int16_t draw_cell(const struct option_values *o, struct rng *r)
{
    if (rng_chance(r, o->v[P_EMPTY]))
        return (int16_t)empty(o);
    return (int16_t)draw_symbol(r, (int)o->v[OBJECTS]);
}

static void walk(const struct option_values *o, struct rng *r, struct sample *out)
{
    struct world w = {.x = 0};
    begin(out);
    for (int x = 0; x < (int)o->v[WIDTH]; x++)
        for (int y = 0; y < (int)o->v[WIDTH]; y++)
            w.cell[x][y] = UNSEEN;
    w.cell[0][0] = draw_cell(o, r);
    for (int t = 0; t < (int)o->v[STEPS]; t++) {
        put(out, w.cell[w.x][w.y]);
        const int move = draw_symbol(r, 2 * (int)o->v[DIMENSIONS]);
        go(o, &w, move);
        int16_t *seen = &w.cell[w.x][w.y];
        if (*seen != UNSEEN && *seen != empty(o))
            ask(out, move_id(o, move), *seen);
        else
            put(out, move_id(o, move));
        if (*seen == UNSEEN)
            *seen = draw_cell(o, r);
    }
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    do
        walk(o, r, out);
    while (out->determined == 0);
}

/* Returns the token at which the cell that the move at place t leads to was last seen, -1 if it
 * was not: goes back along the walk until the moves since cancel. */
static int seen_at(const struct option_values *o, const int32_t *token, int t)
{
    const int width = (int)o->v[WIDTH];
    int sum[2] = {0, 0};
    for (; t > 0; t -= 2) {
        const int move = token[t] - move_id(o, 0);
        sum[move / 2] += move % 2 ? 1 : -1;
        if (sum[0] % width == 0 && sum[1] % width == 0)
            return t - 1;
    }
    return -1;
}

static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    no_answers(answer, length);
    for (int t = 1; t < length; t += 2) {
        const int at = seen_at(o, token, t);
        answer[t] = at < 0 ? TARGET_NONE : token[at];
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token < empty(o))
        symbol_text(token, (int)o->v[OBJECTS], text);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%c", "_<>^v"[token - empty(o)]);
}

static void steps(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    for (int t = 0; t < s->length; t++)
        stratum[t] = s->scored[t] ? (t + 1 - seen_at(o, s->token, t)) / 2 : STRATUM_NONE;
}

static const struct task_stratum strata[] = {
    {"steps", "moves", "moves since the cell was seen last", steps},
    {0},
};

const struct task task_grid_navigation = {
    .name = "grid_navigation",
    .version = 1,
    .summary = "what was seen before at the place that the moves lead to",
    .source = "Rambaud et al. 2025, arXiv 2511.19279, table 2",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
