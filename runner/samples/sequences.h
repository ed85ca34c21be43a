/* sequences.h -- token ids from a file, a sequence a line.
 *
 * A line is a JSON object with the key "tokens" (others are passed over, so that files of
 * "posbench gen" can be read), or ids divided by blanks. */
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

/* ST_CONFIG, "name:line: ...": not a sequence, empty, longer than `longest`, or an id that
 * is not in 0..vocabulary - 1; and a file without a line. `name` is what messages call the
 * file. Free with sequences_free even when it fails; start with a zeroed struct. */
enum status sequences_read(FILE *in, const char *name, int vocabulary, int longest,
                           struct sequences *s, struct err *e);
/* Appends one. ST_NOMEM. */
enum status sequences_add(struct sequences *s, const int32_t *token, int n, struct err *e);
void sequences_free(struct sequences *s);

#endif
