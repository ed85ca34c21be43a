/* task_cycle_navigation.c -- where on a ring does a walk end?
 *
 *     m[1] m[2] ... m[n] ?      m[i] in {=, +, -}, n uniform in shortest * length..length
 *
 * The ring has `states` places; the walk begins at 0; = stays, + goes one place on, - one
 * place back. + and - have weight 1 each, = has weight w_stay. The only target, scored,
 * is at `?`: the place where the walk ends.
 *
 * Why: a sum of signed moves modulo a number. Only the numbers of moves matter, not their
 * order or places.
 *
 * Chance: 1/states.  Majority: place 0 = mean over n of
 *     1/M sum_k ((w + 2 cos(2 pi k / M)) / (w + 2))^n,   M = states, w = w_stay, k = 0..M-1
 * which is 0.21 by default (short walks end near 0).  Ceiling: 1.
 * Source: Deletang et al. 2023, arXiv 2207.02098, tasks of the regular level ("cycle
 * navigation", 5 places, the three moves alike; lengths to 40, tested to 500). The splits
 * and their sizes are ours. */
#include "sample_write.h"

#include <assert.h>
#include <math.h>

enum { LENGTH, SHORTEST, STATES, W_STAY }; /* options */
enum { STAY, ON, BACK, ASK, PLACE };       /* token ids; place p is PLACE + p */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 65536, .dflt = 40,
                .help = "moves of the longest walk"},
    [SHORTEST] = {"shortest", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.05,
                  .help = "the shortest's moves as a share of that"},
    [STATES] = {"states", OPTION_INT, .lo = 3, .hi = 1000, .dflt = 5,
                .help = "places on the ring"},
    [W_STAY] = {"w_stay", OPTION_INT, .lo = 1, .hi = 10000, .dflt = 1,
                .help = "weight of staying; moving on and moving back weigh 1 each"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_longer", 1000, "up to twice as long", {{"length", 80}, {"shortest", 0.51}}},
    {"ood_far", 1000, "up to four times as long", {{"length", 160}, {"shortest", 0.51}}},
    {"ood_sparse",
     1000,
     "longer walks that stay nine times in ten",
     {{"length", 80}, {"shortest", 0.51}, {"w_stay", 18}}},
    {0},
};

static int vocabulary(const struct option_values *o)
{
    return PLACE + (int)o->v[STATES];
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH] + 1;
}

static int answers(const struct option_values *o)
{
    return (int)o->v[STATES];
}

static double majority(const struct option_values *o)
{
    const int lo = least_length(o, LENGTH, SHORTEST, 1), hi = (int)o->v[LENGTH];
    const int M = (int)o->v[STATES];
    const double w = o->v[W_STAY], turn = 6.283185307179586 / M;
    double at_zero = 0;
    for (int k = 0; k < M; k++)
        for (int n = lo; n <= hi; n++)
            at_zero += pow((w + 2 * cos(turn * k)) / (w + 2), n);
    return at_zero / M / (hi - lo + 1);
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, 1);
    const int M = (int)o->v[STATES];
    int place = 0;
    begin(out);
    for (int i = 0; i < n; i++) {
        const int32_t k = draw_symbol(r, (int)o->v[W_STAY] + 2);
        const int32_t move = k == 0 ? ON : k == 1 ? BACK : STAY;
        if (move == ON)
            place = place + 1 == M ? 0 : place + 1;
        if (move == BACK)
            place = place == 0 ? M - 1 : place - 1;
        put(out, move);
    }
    ask(out, ASK, PLACE + place);
}

/* Counts the moves in each direction and reduces the difference once. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    const int M = (int)o->v[STATES];
    int on = 0, back = 0;
    for (int t = 0; t < length; t++) {
        on += token[t] == ON;
        back += token[t] == BACK;
        answer[t] = token[t] == ASK ? PLACE + ((on - back) % M + M) % M : TARGET_NONE;
    }
}

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    assert(token >= 0 && token < vocabulary(o));
    if (token < PLACE)
        snprintf(text, TASK_TOKEN_TEXT, "%c", "=+-?"[token]);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)token - PLACE);
}

static void moves(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    int32_t n = 0;
    (void)o;
    for (int t = 0; t < s->length; t++) {
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
        n += s->token[t] == ON || s->token[t] == BACK;
    }
}

static const struct task_stratum strata[] = {
    {"moves", "moves", "moves that are not stays", moves},
    {0},
};

const struct task task_cycle_navigation = {
    .name = "cycle_navigation",
    .version = 1,
    .summary = "where on a ring a walk of steps on, back and stays ends",
    .source = "Deletang et al. 2023, arXiv 2207.02098, the regular tasks",
    .options = options,
    .splits = splits,
    .splits_scale = true,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .majority = majority,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
