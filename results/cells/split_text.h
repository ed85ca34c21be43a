/* split_text.h -- what a split asks, in words, from the options of its task. */
#ifndef SPLIT_TEXT_H
#define SPLIT_TEXT_H

#include <stdbool.h>

#include <jansson.h>

enum { SPLIT_TEXT = 1200 }; /* longer ones are cut */

/* Of a text: "corpus prose, tokeniser bpe of up to 1024 tokens by the pattern of gpt2". */
void split_text_source(const json_t *options, char text[SPLIT_TEXT]);

/* Of a text: "256 tokens, the last 64 scored, stride 64": as task_text.c has it. */
void split_text_windows(const json_t *options, char text[SPLIT_TEXT]);

/* "p_ignore 0.98 (id 0.8), length 40 (id 20)": the options of the law `split` of a run's
 * configuration that are not those of `base`, which is called `name`, and its encoder where
 * that is another; "" where there is none. Of a text without what its windows tell. `options`:
 * the names of these options, for split_text_names. */
void split_text_changes(const json_t *split, const json_t *base, const char *name,
                        char text[SPLIT_TEXT], char options[SPLIT_TEXT]);
bool split_text_names(const char *options, const char *option);

#endif
