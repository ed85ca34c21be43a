/* task_samples.h -- room for samples and their text, for tests of tasks. */
#ifndef TASK_SAMPLES_H
#define TASK_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"

enum { SAMPLE_TEXT = 4096 };

/* Returns a sample with arrays for n tokens; release it with sample_free. */
static inline struct sample sample_room(int n)
{
    const struct sample s = {.token = calloc((size_t)n, sizeof *s.token),
                             .target = calloc((size_t)n, sizeof *s.target),
                             .scored = calloc((size_t)n, sizeof *s.scored)};
    if (!s.token || !s.target || !s.scored)
        abort();
    return s;
}

static inline void sample_free(struct sample *s)
{
    free(s->token);
    free(s->target);
    free(s->scored);
}

/* The tokens, then `->` and the scored targets, with a space between any two. */
static inline const char *sample_text(const struct task *t, const struct option_values *o,
                                      const struct sample *s)
{
    static char text[SAMPLE_TEXT];
    char word[TASK_TOKEN_TEXT];
    size_t used = 0;
    for (int i = 0; i < s->length && used < sizeof text; i++) {
        t->token_text(o, s->token[i], word);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s ", word);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "->");
    for (int i = 0; i < s->length && used < sizeof text; i++)
        if (s->scored[i]) {
            t->token_text(o, s->target[i], word);
            used += (size_t)snprintf(text + used, sizeof text - used, " %s", word);
        }
    return text;
}

/* The stratum of each scored place, with a space between any two. */
static inline const char *strata_text(const struct task *t, const struct option_values *o,
                                      const struct sample *s, const char *stratum)
{
    static char text[SAMPLE_TEXT];
    const struct task_stratum *x = t->strata;
    int32_t *value = calloc((size_t)s->length, sizeof *value);
    size_t used = 0;
    while (x->name && strcmp(x->name, stratum) != 0)
        x++;
    if (!value || !x->name)
        abort();
    text[0] = 0;
    x->of(o, s, value);
    for (int i = 0; i < s->length && used < sizeof text; i++)
        if (s->scored[i])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%d",
                                     used ? " " : "", (int)value[i]);
    free(value);
    return text;
}

/* Returns the id of a word; -1 when the task has no such word. */
static inline int32_t token_id(const struct task *t, const struct option_values *o,
                               const char *word)
{
    char text[TASK_TOKEN_TEXT];
    for (int32_t id = 0; id < t->vocabulary(o); id++) {
        t->token_text(o, id, text);
        if (strcmp(text, word) == 0)
            return id;
    }
    return -1;
}

/* Reads words separated by single spaces into token[max]; returns how many. */
static inline int read_tokens(const struct task *t, const struct option_values *o,
                              const char *text, int32_t *token, int max)
{
    int n = 0;
    while (*text && n < max) {
        char word[TASK_TOKEN_TEXT] = "";
        const size_t length = strcspn(text, " ");
        memcpy(word, text, length < sizeof word ? length : sizeof word - 1);
        token[n++] = token_id(t, o, word);
        text += length + (text[length] == ' ');
    }
    return n;
}

#endif
