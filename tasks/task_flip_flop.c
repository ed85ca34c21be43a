/* task_flip_flop.c -- read back the bit written last.
 *
 * A string of T tokens alternates instructions and bits:
 *
 *     w b  i b  i b  w b  r b  ...  r b
 *
 * The first instruction is w (write), the last is r (read); the others are independent,
 * i (ignore) with probability p_ignore and w or r with half of the rest each. The bit
 * after w or i is uniform; the bit after r repeats the bit after the latest w.
 *
 * With quiet > 0 the inner instructions have three phases: in the middle one, of that share,
 * all are i; before it there are writes but no reads, after it reads but no writes, each with
 * probability 1 - p_ignore.
 *
 * Inputs are the first T - 1 tokens; the bit after each r is the scored target at that
 * r. In clean mode there are no others. In noisy mode every next token is a target, and
 * only the bits after r are scored.
 *
 * Why: the distance to the latest write is unbounded, and everything in between is noise
 * of the same form. Sparse strings (p_ignore 0.98) make the distances longer than in training,
 * dense ones (0.1) put more instructions in between. Phases put a whole phase between writes
 * and reads, which no single p_ignore does at the same length.
 *
 * Chance: 1/2.  Majority: 1/2.  Ceiling: 1, as the first instruction is a write.
 * Reads per string: 1 + (T/2 - 2)(1 - p_ignore)/2, that is 26.4 (T 512, p_ignore 0.8),
 * 3.54 (0.98) and 115.3 (0.1); with quiet 0.5 13.6.
 * Source: Liu et al. 2023, arXiv 2306.00946 (the law FFL(T, p), the splits and their
 * sizes); token ids are those of its public data set. Golovneva et al. 2024,
 * arXiv 2405.18719v2, section 5.1. */
#include "task.h"

#include <assert.h>

enum { LENGTH, P_IGNORE, CLEAN, QUIET };           /* options */
enum { WRITE, READ, IGNORE, BIT, VOCABULARY = 5 }; /* token ids; bit b is BIT + b */

static const struct option options[] = {
    [LENGTH] = {"length", OPTION_INT, .lo = 4, .hi = 1048576, .dflt = 512,
                .help = "tokens of a string, instructions and bits; even"},
    [P_IGNORE] = {"p_ignore", OPTION_REAL, .lo = 0, .hi = 1, .dflt = 0.8,
                  .help = "probability that an inner instruction is `ignore`"},
    [CLEAN] = {"clean", OPTION_BOOL, .dflt = 1,
               .help = "train on the bits after reads only; false: on every next token"},
    [QUIET] = {"quiet", OPTION_REAL, .lo = 0, .hi = 0.9, .dflt = 0, .later = true,
               .help = "share of the inner instructions between writes and reads that is "
                       "ignores alone; 0: no phases"},
    {0},
};

static const struct task_split splits[] = {
    {"valid", 1000, "training law, for choosing settings", {{0}}},
    {"id", 1000, "training law", {{0}}},
    {"ood_sparse", 100000, "few reads and writes, far apart", {{"p_ignore", 0.98}}},
    {"ood_dense", 3000, "many reads and writes", {{"p_ignore", 0.1}}},
    {"ood_drift", 3000, "writes, a long quiet, then reads", {{"quiet", 0.5}}},
    {0},
};

static enum status check(const struct option_values *o, struct err *e)
{
    const int T = (int)o->v[LENGTH];
    if (T % 2 == 0)
        return ST_OK;
    return err_set(e, ST_RANGE,
                   "length: %d is odd, but a string is made of pairs of instruction and "
                   "bit; use %d or %d",
                   T, T - 1, T + 1);
}

static int vocabulary(const struct option_values *o)
{
    (void)o;
    return VOCABULARY;
}

static int max_length(const struct option_values *o)
{
    return (int)o->v[LENGTH] - 1;
}

static int answers(const struct option_values *o)
{
    (void)o;
    return 2;
}

/* Draws inner instruction k of n. */
static int32_t draw_instruction(const struct option_values *o, struct rng *r, int k, int n)
{
    const double quiet = o->v[QUIET], loud = (1 - quiet) / 2; /* each other phase */
    const bool phases = quiet > 0, writes = k < loud * n, reads = k >= (1 - loud) * n;
    if ((phases && !writes && !reads) || rng_chance(r, o->v[P_IGNORE]))
        return IGNORE;
    if (phases)
        return writes ? WRITE : READ;
    return rng_below(r, 2) ? WRITE : READ;
}

static void generate(const struct option_values *o, struct rng *r, struct sample *out)
{
    const int T = (int)o->v[LENGTH];
    const bool clean = o->v[CLEAN] != 0;
    int32_t memory = BIT, bit = BIT;
    assert(T >= 4 && T % 2 == 0);
    out->length = T - 1;
    out->determined = 0;
    for (int t = 0; t < T; t += 2) {
        const int32_t instruction = t == 0 ? WRITE
                                    : t == T - 2
                                        ? READ
                                        : draw_instruction(o, r, t / 2 - 1, T / 2 - 2);
        const bool read = instruction == READ;
        if (t > 0) { /* the bit before this instruction */
            out->token[t - 1] = bit;
            out->target[t - 1] = clean ? TARGET_NONE : instruction;
            out->scored[t - 1] = 0;
        }
        bit = read ? memory : BIT + (int32_t)rng_below(r, 2);
        if (instruction == WRITE)
            memory = bit;
        out->token[t] = instruction;
        out->target[t] = read || !clean ? bit : TARGET_NONE;
        out->scored[t] = read;
        out->determined += read;
    }
}

/* Goes from each read back to the nearest write. */
static void solve(const struct option_values *o, const int32_t *token, int length,
                  int32_t *answer)
{
    (void)o;
    for (int t = 0; t < length; t++) {
        answer[t] = TARGET_NONE;
        if (token[t] != READ)
            continue;
        int back = t;
        while (back >= 0 && token[back] != WRITE)
            back--;
        if (back >= 0)
            answer[t] = token[back + 1];
    }
}

/* The number of ignores between a read and the write that it repeats. */
static void ignores(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    int32_t n = 0;
    (void)o;
    for (int t = 0; t < s->length; t++) {
        stratum[t] = s->scored[t] ? n : STRATUM_NONE;
        if (t % 2 == 0)
            n = s->token[t] == WRITE ? 0 : n + (s->token[t] == IGNORE);
    }
}

/* 1 at reads before which all writes wrote the same bit, so that finding any of them is enough. */
static void agree(const struct option_values *o, const struct sample *s, int32_t *stratum)
{
    bool wrote[2] = {false, false};
    (void)o;
    for (int t = 0; t < s->length; t++) {
        stratum[t] = s->scored[t] ? wrote[0] != wrote[1] : STRATUM_NONE;
        if (t % 2 == 0 && s->token[t] == WRITE)
            wrote[s->token[t + 1] - BIT] = true;
    }
}

static const struct task_stratum strata[] = {
    {"ignores", "ignores", "ignored bits between the write and its read", ignores},
    {"agree", "", "1: all writes so far wrote the same bit", agree},
    {0},
};

static void token_text(const struct option_values *o, int32_t token,
                       char text[TASK_TOKEN_TEXT])
{
    (void)o;
    assert(token >= 0 && token < VOCABULARY);
    text[0] = "wri01"[token];
    text[1] = 0;
}

const struct task task_flip_flop = {
    .name = "flip_flop",
    .version = 1,
    .summary = "read back (r) the bit written (w) last, past any ignored (i) bits",
    .source = "Liu et al. 2023, arXiv 2306.00946; Golovneva et al. 2024, arXiv "
              "2405.18719v2, section 5.1",
    .options = options,
    .splits = splits,
    .on_request = 1, /* ood_drift */
    .check = check,
    .vocabulary = vocabulary,
    .max_length = max_length,
    .answers = answers,
    .generate = generate,
    .solve = solve,
    .token_text = token_text,
    .strata = strata,
};
