/* sequences.h -- reads token ids from a file, one sequence per line.
 *
 * A line is ids separated by blanks, or a JSON object with the key "tokens" (other keys are
 * ignored, so that files of "posbench gen" can be read). */
#ifndef SEQUENCES_H
#define SEQUENCES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "status.h"

struct sequences {
    int n, longest;
    size_t tokens;
    int *length;    /* [n] */
    int32_t *token; /* [tokens], end to end */
    size_t room_n, room_tokens;
};

/* Reads all sequences. ST_CONFIG, "name:line: ...": not a sequence, empty, longer than `longest`,
 * an id outside 0..vocabulary - 1, or a file without lines. `name` is the file's name in
 * messages. Start with a zeroed struct; free with sequences_free, also after an error. */
enum status sequences_read(FILE *in, const char *name, int vocabulary, int longest,
                           struct sequences *s, struct err *e);
/* Appends one sequence. ST_NOMEM. */
enum status sequences_add(struct sequences *s, const int32_t *token, int n, struct err *e);
void sequences_free(struct sequences *s);

#endif
