/* string_task.h -- code shared by tasks whose samples begin with a string of random symbols.
 *
 *     x[1] ... x[n] | y[1] ... y[n-1]
 *
 * n is uniform in shortest * length..length, each symbol uniform. Token ids below `symbols`
 * are the symbols; the ids after them are marks, the first of which is the separator.
 *
 * A task uses the options (in this order and before its own), the splits, and the hooks that
 * fit it; `task_reverse.c` uses all of them. */
#ifndef STRING_TASK_H
#define STRING_TASK_H

#include <assert.h>
#include <string.h>

#include "sample_write.h"

enum { LENGTH, SHORTEST, SYMBOLS, STRING_OPTION_COUNT };

enum { STRING_LONGEST = 65536 }; /* limit of lengths and alphabets; chosen */

/* Rows of a table of options. `least`: the fewest symbols of a string; `share`, `alphabet`: the
 * defaults of the shortest's share and of the alphabet. STRING_SPLITS extends the default length
 * of 20. */
#define STRING_OPTIONS(least, share, alphabet)                                           \
    [LENGTH] = {"length",      OPTION_INT,                                               \
                .lo = (least), .hi = STRING_LONGEST,                                     \
                .dflt = 20,    .help = "symbols of the longest string"},                 \
    [SHORTEST] = {"shortest",      OPTION_REAL,                                          \
                  .lo = 0,         .hi = 1,                                              \
                  .dflt = (share), .help = "the shortest's symbols as a share of that"}, \
    [SYMBOLS] = {"symbols",                                                              \
                 OPTION_INT,                                                             \
                 .lo = 2,                                                                \
                 .hi = STRING_LONGEST,                                                   \
                 .dflt = (alphabet),                                                     \
                 .help = "different symbols, marks not counted"}

/* Rows of a table of splits: twice and four times as long. */
#define STRING_SPLITS                                                                      \
    {"valid", 1000, "training law, for choosing settings", {{0}}},                         \
        {"id", 1000, "training law", {{0}}},                                               \
        {"ood_longer", 1000, "up to twice as long", {{"length", 40}, {"shortest", 0.51}}}, \
    {                                                                                      \
        "ood_far", 1000, "up to four times as long",                                       \
        {                                                                                  \
            {"length", 80},                                                                \
            {                                                                              \
                "shortest", 0.51                                                           \
            }                                                                              \
        }                                                                                  \
    }

/* ---- tokens ---- */

/* The hook `answers` of a task that answers with symbols, `vocabulary` of one without marks. */
static inline int string_symbols(const struct option_values *o)
{
    return (int)o->v[SYMBOLS];
}

static inline int32_t string_separator(const struct option_values *o)
{
    return (int32_t)o->v[SYMBOLS];
}

/* The hook `vocabulary` of a task whose only mark is the separator. */
static inline int string_vocabulary(const struct option_values *o)
{
    return string_symbols(o) + 1;
}

/* Writes the text of a token; mark i is written as marks[i]. */
static inline void string_text_marks(const struct option_values *o, int32_t token,
                                     const char *marks, char text[TASK_TOKEN_TEXT])
{
    const int symbols = string_symbols(o);
    assert(token >= 0 && token - symbols < (int)strlen(marks));
    if (token < symbols)
        symbol_text(token, symbols, text);
    else
        snprintf(text, TASK_TOKEN_TEXT, "%c", marks[token - symbols]);
}

/* The hook `token_text` of symbols and separator. */
static inline void string_token_text(const struct option_values *o, int32_t token,
                                     char text[TASK_TOKEN_TEXT])
{
    string_text_marks(o, token, "|", text);
}

/* ---- samples ---- */

/* The hook `max_length` of a string alone. */
static inline int string_length(const struct option_values *o)
{
    return (int)o->v[LENGTH];
}

/* The hook `max_length` of a string and an answer of the same length. */
static inline int string_length_twice(const struct option_values *o)
{
    return 2 * (int)o->v[LENGTH];
}

/* Begins a sample with a string of at least `least` symbols; returns how many. */
static inline int put_string(const struct option_values *o, struct rng *r, int least,
                             struct sample *out)
{
    const int n = draw_length(r, o, LENGTH, SHORTEST, least);
    begin(out);
    while (out->length < n)
        put(out, draw_symbol(r, string_symbols(o)));
    return n;
}

/* Returns the place of the separator; `length` without one. */
static inline int find_separator(const struct option_values *o, const int32_t *token,
                                 int length)
{
    return find_token(token, 0, length, string_separator(o));
}

#endif
