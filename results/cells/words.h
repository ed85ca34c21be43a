/* words.h -- a set of texts, found by a hash. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

struct words {
    char **text; /* [n] owned, in the order of their first use */
    int n;
    int *slot; /* [slots] a word's place in `text` plus 1; 0: free */
    size_t slots;
};

/* Returns the index of the text, which is appended when it is new; -1: no memory. */
int words_place(struct words *w, const char *text);
void words_free(struct words *w); /* accepts a zeroed struct */

#endif
