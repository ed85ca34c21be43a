/* Token files for `posbench predict`: lines of ids or of JSON objects. */
#include <assert.h>
#include <stdio.h>

#include "fuzz.h"
#include "sequences.h"

enum { VOCABULARY = 20, LONGEST_SEQUENCE = 64 };

static void check_sequences(const struct sequences *s)
{
    size_t tokens = 0;
    int longest = 0;
    assert(s->n > 0);
    for (int i = 0; i < s->n; i++) {
        assert(s->length[i] > 0 && s->length[i] <= LONGEST_SEQUENCE);
        longest = s->length[i] > longest ? s->length[i] : longest;
        tokens += (size_t)s->length[i];
    }
    assert(s->longest == longest && s->tokens == tokens);
    for (size_t i = 0; i < tokens; i++)
        assert(s->token[i] >= 0 && s->token[i] < VOCABULARY);
}

void fuzz_one(const uint8_t *data, size_t bytes)
{
    struct sequences s = {0};
    struct err e = {.msg = ""};
    FILE *in = fopen(fuzz_file(data, bytes), "r");
    assert(in);
    if (sequences_read(in, "ids", VOCABULARY, LONGEST_SEQUENCE, &s, &e) == ST_OK)
        check_sequences(&s);
    else
        assert(e.msg[0]);
    fclose(in);
    sequences_free(&s);
}
