/* sample_text.h -- draws samples of a task and writes them for people and files. */
#ifndef SAMPLE_TEXT_H
#define SAMPLE_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "task.h"

/* A law to draw samples from: a split of the task, or "train", its training stream. */
struct sample_source {
    const struct task *task;
    struct option_values options;
    const char *split; /* borrowed */
    bool train;
    uint64_t seed; /* the seed of the data for a split, of the run for train */
    int count;     /* sequences of the split; 0 for train, which has none */
};

/* Sets the split's options and then n_set changes "option=value". ST_NOTFOUND: no such task or
 * split. ST_USAGE, ST_RANGE: an impossible change. */
enum status sample_source_init(const char *task, const char *split, uint64_t seed,
                               const char *const *set, int n_set, struct sample_source *out,
                               struct err *e);

/* Allocates the buffers for one sample of the source; free with sample_free. */
enum status sample_init(const struct sample_source *s, struct sample *out, struct err *e);
void sample_free(struct sample *s); /* accepts a zeroed struct */
void sample_draw(const struct sample_source *s, uint64_t index, struct sample *out);

enum sample_format {
    SAMPLE_JSONL,    /* one object a line: index, tokens, targets, scored */
    SAMPLE_TEXT,     /* tokens as text, a tab, the answers */
    SAMPLE_FLIPFLOP, /* a character per token, without separators, with answers */
    SAMPLE_RELEASED, /* context, question and answer in words, like the released CoPE code */
    SAMPLE_WORDS /* no samples: the words of the tokens, one a line in the order of ids */
};

/* Finds the format. ST_USAGE: no such format (with a suggestion), or a token of the task does not
 * fit it. */
enum status sample_format_find(const char *name, const struct sample_source *s,
                               enum sample_format *out, struct err *e);

/* Writes one line. */
void sample_write(const struct sample_source *s, enum sample_format f, uint64_t index,
                  const struct sample *x, FILE *out);

/* Prints a sample for a terminal in lines of at most 80 columns. "r[1]" is a token after which
 * the answer 1 is scored, "r(1)" one that is trained on but not scored. */
void sample_show(const struct sample_source *s, const struct sample *x, bool colour,
                 FILE *out);

/* Prints three samples of `id` in Markdown, for the task's page; of long ones both ends. The task
 * need not be in the registry. */
enum status sample_gallery(const struct task *t, FILE *out, struct err *e);

#endif
