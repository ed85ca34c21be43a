/* sample_write.h -- how most tasks write a sample: token by token, left to right.
 *
 *     begin(out);
 *     put(out, token);             an input
 *     ask(out, token, target);     an input at which `target` is predicted and scored
 *     say(out, k, mark, target);   answer k of an output, which begins at `mark`
 *
 * `ask` counts its target as determined, that is, the tokens so far determine it. */
#ifndef SAMPLE_WRITE_H
#define SAMPLE_WRITE_H

#include <math.h>
#include <stdio.h>

#include "task.h"

static inline void begin(struct sample *out)
{
    out->length = out->determined = 0;
}

static inline void put(struct sample *out, int32_t token)
{
    const int t = out->length++;
    out->token[t] = token;
    out->target[t] = TARGET_NONE;
    out->scored[t] = 0;
}

static inline void ask(struct sample *out, int32_t token, int32_t target)
{
    const int t = out->length++;
    out->token[t] = token;
    out->target[t] = target;
    out->scored[t] = 1;
    out->determined++;
}

/* Writes answer k of an output that begins at `mark`: its input is the answer before. */
static inline void say(struct sample *out, int k, int32_t mark, int32_t target)
{
    ask(out, k > 0 ? out->target[out->length - 1] : mark, target);
}

/* Returns a number uniform in lo..hi. */
static inline int draw_between(struct rng *r, int lo, int hi)
{
    return lo + (int)rng_below(r, (uint32_t)(hi - lo) + 1);
}

/* Returns the shortest length of a law, at least `least`. A law of lengths has two options: the
 * longest, and the shortest as a share of it, so a split that multiplies the first scales both. */
static inline int least_length(const struct option_values *o, int longest, int shortest,
                               int least)
{
    const int n = (int)ceil(o->v[shortest] * o->v[longest]);
    return n < least ? least : n;
}

static inline int draw_length(struct rng *r, const struct option_values *o, int longest,
                              int shortest, int least)
{
    return draw_between(r, least_length(o, longest, shortest, least), (int)o->v[longest]);
}

static inline int32_t draw_symbol(struct rng *r, int symbols)
{
    return (int32_t)rng_below(r, (uint32_t)symbols);
}

/* Moves a uniform choice of n of the `all` items to the front, in uniform order. */
static inline void draw_few(struct rng *r, int32_t *item, int all, int n)
{
    for (int i = 0; i < n; i++) {
        const int k = draw_between(r, i, all - 1);
        const int32_t kept = item[i];
        item[i] = item[k];
        item[k] = kept;
    }
}

static inline void no_answers(int32_t *answer, int length)
{
    for (int t = 0; t < length; t++)
        answer[t] = TARGET_NONE;
}

/* Returns the first place from `from` on that holds `wanted`; `length` when none does. */
static inline int find_token(const int32_t *token, int from, int length, int32_t wanted)
{
    while (from < length && token[from] != wanted)
        from++;
    return from;
}

/* Writes a symbol as a letter, or as a number if the alphabet has more than 26 symbols. */
static inline void symbol_text(int32_t symbol, int symbols, char text[TASK_TOKEN_TEXT])
{
    if (symbols <= 26)
        snprintf(text, TASK_TOKEN_TEXT, "%c", 'a' + (int)symbol);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%d", (int)symbol);
}

#endif
