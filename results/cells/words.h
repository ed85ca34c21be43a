/* words.h -- texts that are kept once each, found by a hash. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

struct words {
    char **text; /* [n] owned, in the order in which they came */
    int n;
    int *slot; /* [slots] a word's place in `text` plus 1; 0: free */
    size_t slots;
};

/* The place of the text among the words, a new one at the end; -1: no memory. */
int words_place(struct words *w, const char *text);
void words_free(struct words *w); /* accepts a zeroed struct */

#endif
